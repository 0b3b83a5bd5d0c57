/** IPv4 options: RFC 791 section 3.1, and those that IANA's "IP Option Numbers" has added. */

import { type Body, bits, bytes, type Field, flag, group, ipv4Address, text, uint } from '../core/index.js';

/** Option types, by the whole octet (copied flag, class and number). */
const names: Readonly<Record<number, string>> = {
  0: 'End of Options List (EOL)',
  1: 'No-Operation (NOP)',
  7: 'Record Route',
  11: 'MTU Probe',
  12: 'MTU Reply',
  25: 'Quick-Start',
  68: 'Time Stamp',
  82: 'Traceroute',
  130: 'Security',
  131: 'Loose Source Route',
  133: 'Extended Security',
  134: 'Commercial Security',
  136: 'Stream ID',
  137: 'Strict Source Route',
  148: 'Router Alert',
  149: 'Selective Directed Broadcast',
};

const classes = { 0: 'Control', 1: 'Reserved', 2: 'Debugging and measurement', 3: 'Reserved' };

const optionGroup = (title: string, key: string) => group(`IP Option - ${title}`, { filter: `ip.options.${key}` });

export const optionFields = {
  options: group('Options', { filter: 'ip.options' }),
  eol: optionGroup('End of Options List (EOL)', 'eol'),
  nop: optionGroup('No-Operation (NOP)', 'nop'),
  record_route: optionGroup('Record Route', 'record_route'),
  mtu_probe: optionGroup('MTU Probe', 'mtu_probe'),
  mtu_reply: optionGroup('MTU Reply', 'mtu_reply'),
  qs: optionGroup('Quick-Start', 'qs'),
  timestamp: optionGroup('Time Stamp', 'timestamp'),
  traceroute: optionGroup('Traceroute', 'traceroute'),
  security: optionGroup('Security', 'security'),
  route: optionGroup('Loose Source Route', 'route'),
  ext_security: optionGroup('Extended Security', 'ext_security'),
  cipso: optionGroup('Commercial Security', 'cipso'),
  sid: optionGroup('Stream ID', 'sid'),
  source_route: optionGroup('Strict Source Route', 'source_route'),
  routeralert: optionGroup('Router Alert', 'routeralert'),
  sdb: optionGroup('Selective Directed Broadcast', 'sdb'),
  unknownOption: group('IP Option - Unknown', { filter: 'ip.options.unknown' }),
  'opt.type': bits(
    8,
    'Type',
    { copy: flag('Copy on fragmentation'), class: uint(2, 'Class', { labels: classes }), number: uint(5, 'Number') },
    { labels: names },
  ),
  'opt.len': uint(8, 'Length'),
  'opt.ptr': uint(8, 'Pointer'),
  'opt.addr': ipv4Address('IP Address'),
  'opt.sid': uint(16, 'Stream Identifier'),
  'opt.mtu': uint(16, 'MTU'),
  'opt.ra': uint(16, 'Router Alert', { labels: { 0: 'Router shall examine packet' } }),
  'opt.id_number': uint(16, 'ID Number'),
  'opt.ohc': uint(16, 'Outbound Hop Count'),
  'opt.rhc': uint(16, 'Return Hop Count'),
  'opt.originator': ipv4Address('Originator IP Address'),
  qsFunctionAndRate: bits(
    8,
    'Function and rate',
    {
      qs_func: uint(4, 'Function', { filter: 'ip.opt.qs_func' }),
      qs_rate: uint(4, 'Rate', { filter: 'ip.opt.qs_rate' }),
    },
    { bare: true },
  ),
  'opt.qs_ttl': uint(8, 'QS TTL'),
  'opt.qs_unused': uint(8, 'Not Used'),
  qsNonce: bits(
    32,
    'Nonce',
    {
      nonce: uint(30, 'QS Nonce', { base: 16, filter: 'ip.opt.qs_nonce' }),
      reserved: uint(2, 'Reserved', { base: 16, hexBits: 32, filter: 'ip.opt.qs_reserved' }),
    },
    { bare: true },
  ),
  timestampFlags: bits(
    8,
    'Overflow and flag',
    {
      overflow: uint(4, 'Overflow', { filter: 'ip.opt.overflow' }),
      flag: uint(4, 'Flag', {
        base: 16,
        filter: 'ip.opt.flag',
        labels: { 0: 'Time stamps only', 1: 'Time stamp and address', 3: 'Time stamps for prespecified addresses' },
      }),
    },
    { bare: true },
  ),
  'opt.time_stamp': uint(32, 'Time stamp'),
  'opt.time_stamp_addr': ipv4Address('Address'),
  'opt.sec_rfc791_sec': uint(16, 'Security', { base: 16 }),
  'opt.sec_rfc791_comp': uint(16, 'Compartments'),
  'opt.sec_rfc791_hr': text('Handling Restrictions'),
  'opt.sec_rfc791_tcc': text('Transmission Control Code'),
  'opt.sec_cl': uint(8, 'Classification Level', { base: 16 }),
  'opt.sec_prot_auth_flags': uint(8, 'Protection Authority Flags', { base: 16 }),
  'opt.ext_sec_add_sec_info_format_code': uint(8, 'Additional Security Info Format Code', { base: 16 }),
  'opt.ext_sec_add_sec_info': bytes(0, 'Additional Security Info'),
  'cipso.doi': uint(32, 'DOI'),
  'cipso.tag_data': bytes(0, 'Tag data'),
  rec_rt: ipv4Address('Recorded Route'),
  src_rt: ipv4Address('Source Route'),
  empty_rt: ipv4Address('Empty Route'),
  'opt.padding': bytes(0, 'Padding'),
};

type OptionFields = { readonly [K in keyof typeof optionFields]: Field };

/** Which heading and which contents an option type has. */
const known: Readonly<
  Record<number, readonly [keyof OptionFields, (body: Body, field: OptionFields, length: number) => void]>
> = {
  7: ['record_route', (body, field, length) => route(body, field, length, 'rec_rt', 'empty_rt')],
  11: ['mtu_probe', (body, field) => void body.number(field['opt.mtu'])],
  12: ['mtu_reply', (body, field) => void body.number(field['opt.mtu'])],
  25: ['qs', quickStart],
  68: ['timestamp', timestamps],
  82: ['traceroute', traceroute],
  130: ['security', security],
  131: ['route', (body, field, length) => route(body, field, length, 'rec_rt', 'src_rt')],
  133: ['ext_security', extendedSecurity],
  134: ['cipso', cipso],
  136: ['sid', (body, field) => void body.number(field['opt.sid'])],
  137: ['source_route', (body, field, length) => route(body, field, length, 'rec_rt', 'src_rt')],
  148: ['routeralert', (body, field) => void body.number(field['opt.ra'])],
  149: ['sdb', directedBroadcast],
};

/** Reads all options of a header: `body` stands behind the fixed part. */
export function readOptions(body: Body, field: OptionFields): void {
  if (body.remaining === 0) return;
  body.group(
    field.options,
    () => {
      body.describe(`${body.remaining} bytes`);
      while (body.remaining > 0) {
        const type = body.peek8();
        if (type === 0) {
          body.group(field.eol, () => void body.number(field['opt.type']));
          // RFC 791: what follows the end of the list is padding.
          if (body.remaining > 0) body.take(field['opt.padding'], body.remaining);
        } else if (type === 1) body.group(field.nop, () => void body.number(field['opt.type']));
        else option(body, field, type);
      }
    },
    body.remaining,
  );
}

function option(body: Body, field: OptionFields, type: number): void {
  const [key, read] = known[type] ?? ['unknownOption', undefined];
  body.group(field[key], () => {
    const start = body.position;
    body.number(field['opt.type']);
    const length = body.number(field['opt.len']);
    if (length < 2) body.fail(`IP option ${type} has length ${length}; the least is 2`);
    const end = start + length;
    body.describe(`${names[type] ?? `Type ${type}`} (${length} bytes)`);
    body.within(end, () => read?.(body, field, length));
    if (body.position < end) body.skip(end - body.position);
  });
}

/** Addresses up to the pointer were passed, those from it on are still to come. */
function route(body: Body, field: OptionFields, length: number, passed: 'rec_rt', ahead: 'src_rt' | 'empty_rt'): void {
  const pointer = body.number(field['opt.ptr']);
  for (let at = 4; at + 3 <= length; at += 4) body.take(at < pointer ? field[passed] : field[ahead]);
}

function timestamps(body: Body, field: OptionFields): void {
  body.number(field['opt.ptr']);
  const kind = body.number(field.timestampFlags) & 0x0f;
  const size = kind === 0 ? 4 : 8;
  while (body.remaining >= size) {
    if (kind !== 0) body.take(field['opt.time_stamp_addr']);
    body.number(field['opt.time_stamp']);
  }
}

/** RFC 1393, section 2.2. */
function traceroute(body: Body, field: OptionFields): void {
  body.number(field['opt.id_number']);
  body.number(field['opt.ohc']);
  body.number(field['opt.rhc']);
  body.take(field['opt.originator']);
}

/** RFC 4782, section 3.1. */
function quickStart(body: Body, field: OptionFields): void {
  const isRequest = body.number(field.qsFunctionAndRate) >> 4 === 0;
  body.number(isRequest ? field['opt.qs_ttl'] : field['opt.qs_unused']);
  body.number(field.qsNonce);
}

/** The long form is RFC 791's, every other one the basic security option of RFC 1108. */
function security(body: Body, field: OptionFields, length: number): void {
  if (length === 11) {
    body.number(field['opt.sec_rfc791_sec']);
    body.number(field['opt.sec_rfc791_comp']);
    body.text(field['opt.sec_rfc791_hr'], 2);
    body.text(field['opt.sec_rfc791_tcc'], 3);
    return;
  }
  body.number(field['opt.sec_cl']);
  while (body.remaining > 0) if ((body.number(field['opt.sec_prot_auth_flags']) & 1) === 0) return;
}

/** RFC 1108, section 2.3. */
function extendedSecurity(body: Body, field: OptionFields): void {
  body.number(field['opt.ext_sec_add_sec_info_format_code']);
  if (body.remaining > 0) body.take(field['opt.ext_sec_add_sec_info'], body.remaining);
}

/** draft-ietf-cipso-ipsecurity-01, section 3. */
function cipso(body: Body, field: OptionFields): void {
  body.number(field['cipso.doi']);
  if (body.remaining > 0) body.take(field['cipso.tag_data'], body.remaining);
}

function directedBroadcast(body: Body, field: OptionFields): void {
  while (body.remaining >= 4) body.take(field['opt.addr']);
}

/**
 * Where the last address of a source route stands that is not at its end yet, or -1. That one is the destination that
 * checksums are over (RFC 1122, section 3.2.1.8).
 */
export function sourceRouteEnd(view: DataView, header: number): number {
  const end = header + (view.getUint8(header) & 15) * 4;
  let at = header + 20;
  while (at + 1 < end) {
    const type = view.getUint8(at);
    if (type === 0) return -1;
    if (type === 1) {
      at++;
      continue;
    }
    const length = view.getUint8(at + 1);
    if (length < 2 || at + length > end) return -1;
    if ((type === 131 || type === 137) && length >= 7 && view.getUint8(at + 2) <= length) return at + length - 4;
    at += length;
  }
  return -1;
}
