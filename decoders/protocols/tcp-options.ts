/** TCP options: RFC 9293 section 3.2 and IANA "TCP Option Kind Numbers". */

import { type Body, bytes, type Field, flag, group, uint } from '../core/index.js';
import { multipathFields, readMultipath } from './tcp-multipath.js';

const kinds: Readonly<Record<number, string>> = {
  0: 'End of Option List',
  1: 'No-Operation',
  2: 'Maximum Segment Size',
  3: 'Window Scale',
  4: 'SACK Permitted',
  5: 'SACK',
  6: 'Echo',
  7: 'Echo Reply',
  8: 'Time Stamp Option',
  9: 'Partial Order Connection Permitted',
  10: 'Partial Order Service Profile',
  11: 'CC',
  12: 'CC.NEW',
  13: 'CC.ECHO',
  14: 'TCP Alternate Checksum Request',
  15: 'TCP Alternate Checksum Data',
  18: 'Trailer Checksum Option',
  19: 'MD5 Signature Option',
  20: 'SCPS Capabilities',
  21: 'Selective Negative Acknowledgements',
  22: 'Record Boundaries',
  23: 'Corruption experienced',
  27: 'Quick-Start Response',
  28: 'User Timeout Option',
  29: 'TCP Authentication Option',
  30: 'Multipath TCP',
  34: 'TCP Fast Open Cookie',
  69: 'Encryption Negotiation',
  172: 'Accurate ECN Order 0',
  174: 'Accurate ECN Order 1',
  253: 'RFC3692-style Experiment 1',
  254: 'RFC3692-style Experiment 2',
};

const heading = (title: string, key: string) => group(`TCP Option - ${title}`, { filter: `tcp.options.${key}` });

export const optionFields = {
  options: bytes(0, 'TCP Options'),
  eol: heading('End of Option List (EOL)', 'eol'),
  nop: heading('No-Operation (NOP)', 'nop'),
  mss: heading('Maximum segment size', 'mss'),
  wscale: heading('Window scale', 'wscale'),
  sack_perm: heading('SACK permitted', 'sack_perm'),
  sack: heading('SACK', 'sack'),
  echo: heading('Echo', 'echo'),
  echoreply: heading('Echo reply', 'echoreply'),
  timestamp: heading('Timestamps', 'timestamp'),
  cc: heading('CC', 'cc'),
  ccnew: heading('CC.NEW', 'ccnew'),
  ccecho: heading('CC.ECHO', 'ccecho'),
  md5: heading('TCP MD5 signature', 'md5'),
  scps: heading('SCPS capabilities', 'scps'),
  snack: heading('Selective Negative Acknowledgment', 'snack'),
  qs: heading('Quick-Start', 'qs'),
  user_to: heading('User Timeout', 'user_to'),
  ao: heading('TCP AO', 'ao'),
  mptcp: heading('Multipath TCP', 'mptcp'),
  tfo: heading('TCP Fast Open', 'tfo'),
  acc_ecn: heading('Accurate ECN', 'acc_ecn'),
  experimental: heading('Experimental', 'experimental'),
  unknown: heading('Unknown', 'unknown'),
  option_kind: uint(8, 'Kind', { labels: kinds }),
  option_len: uint(8, 'Length'),
  'options.mss_val': uint(16, 'MSS Value'),
  'options.wscale.shift': uint(8, 'Shift count'),
  'options.wscale.multiplier': uint(16, 'Multiplier'),
  'options.sack_le': uint(32, 'TCP SACK Left Edge'),
  'options.sack_re': uint(32, 'TCP SACK Right Edge'),
  'options.sack.count': uint(8, 'TCP SACK Count'),
  'options.echo_value': uint(32, 'TCP Echo Option'),
  'options.timestamp.tsval': uint(32, 'Timestamp value'),
  'options.timestamp.tsecr': uint(32, 'Timestamp echo reply'),
  'options.cc_value': uint(32, 'TCP CC Option'),
  'options.md5.digest': bytes(0, 'MD5 digest'),
  'options.scps.vector': uint(8, 'TCP SCPS Capabilities Vector', { base: 16 }),
  'options.scps.binding': uint(8, 'Connection ID'),
  'options.snack.offset': uint(16, 'TCP SNACK Offset'),
  'options.snack.size': uint(16, 'TCP SNACK Size'),
  qsRate: {
    ...uint(8, 'Quick-Start rate'),
    bare: true,
    parts: {
      reserved: uint(4, 'Reserved', { filter: 'tcp.options.qs.reserved' }),
      rate: uint(4, 'QS Rate', { filter: 'tcp.options.qs.rate' }),
    },
  },
  'options.qs.ttl_diff': uint(8, 'TTL difference'),
  userTimeout: {
    ...uint(16, 'User timeout'),
    bare: true,
    parts: {
      granularity: flag('Granularity', { filter: 'tcp.options.user_to_granularity' }),
      value: uint(15, 'User Timeout', { filter: 'tcp.options.user_to_val' }),
    },
  },
  'options.ao.keyid': uint(8, 'AO KeyID'),
  'options.ao.rnextkeyid': uint(8, 'AO RNextKeyID'),
  'options.ao.mac': bytes(0, 'AO MAC'),
  'options.tfo.request': group('Fast Open Cookie Request'),
  'options.tfo.cookie': bytes(0, 'Fast Open Cookie'),
  'options.acc_ecn.ee0b': uint(24, 'Accurate ECN Echo ECT(0) Byte Counter'),
  'options.acc_ecn.eceb': uint(24, 'Accurate ECN Echo CE Byte Counter'),
  'options.acc_ecn.ee1b': uint(24, 'Accurate ECN Echo ECT(1) Byte Counter'),
  'options.experimental.exid': uint(16, 'Experiment Identifier', { base: 16 }),
  'options.experimental.data': bytes(0, 'Data'),
  'options.unknown.payload': bytes(0, 'Payload'),
  ...multipathFields,
};

export type OptionFields = { readonly [K in keyof typeof optionFields]: Field };
type Read = (body: Body, field: OptionFields, base: number) => string | undefined;

const echo: Read = (body, field) => `${body.number(field['options.echo_value'])}`;
const connectionCount: Read = (body, field) => `${body.number(field['options.cc_value'])}`;

/** The heading of an option kind and what reads the rest of it; the text it returns goes into the heading. */
const known: Readonly<Record<number, readonly [keyof OptionFields, Read]>> = {
  2: ['mss', (body, field) => `${body.number(field['options.mss_val'])} bytes`],
  3: ['wscale', windowScale],
  4: ['sack_perm', () => undefined],
  5: ['sack', selectiveAcknowledgment],
  6: ['echo', echo],
  7: ['echoreply', echo],
  8: ['timestamp', timestamps],
  11: ['cc', connectionCount],
  12: ['ccnew', connectionCount],
  13: ['ccecho', connectionCount],
  19: ['md5', (body, field) => void body.take(field['options.md5.digest'], body.remaining)],
  20: ['scps', scps],
  21: ['snack', snack],
  27: ['qs', quickStart],
  28: ['user_to', (body, field) => void body.number(field.userTimeout)],
  29: ['ao', authentication],
  30: ['mptcp', readMultipath],
  34: ['tfo', fastOpen],
  172: [
    'acc_ecn',
    (body, field) => accurateEcn(body, field, ['options.acc_ecn.ee0b', 'options.acc_ecn.eceb', 'options.acc_ecn.ee1b']),
  ],
  174: [
    'acc_ecn',
    (body, field) => accurateEcn(body, field, ['options.acc_ecn.ee1b', 'options.acc_ecn.eceb', 'options.acc_ecn.ee0b']),
  ],
  253: ['experimental', experiment],
  254: ['experimental', experiment],
};

/**
 * Reads all options of a header: `body` stands behind the fixed part.
 *
 * @param base number from which the edges of SACK blocks count
 */
export function readOptions(body: Body, field: OptionFields, base: number): void {
  if (body.remaining === 0) return;
  body.group(
    field.options,
    () => {
      body.describe(`${body.remaining} bytes`);
      while (body.remaining > 0) {
        const kind = body.peek8();
        if (kind === 1) body.group(field.nop, () => void body.number(field.option_kind));
        else if (kind === 0) {
          // RFC 9293: the list ends at the first; the zeros that pad the header look like more of them.
          while (body.remaining > 0 && body.peek8() === 0)
            body.group(field.eol, () => void body.number(field.option_kind));
          if (body.remaining > 0) body.skip(body.remaining);
        } else option(body, field, kind, base);
      }
    },
    body.remaining,
  );
}

function option(body: Body, field: OptionFields, kind: number, base: number): void {
  const [key, read] = known[kind] ?? (['unknown', unknownOption] as const);
  body.group(field[key], () => {
    const start = body.position;
    body.number(field.option_kind);
    const length = body.number(field.option_len);
    if (length < 2) body.fail(`TCP option ${kind} has length ${length}; the least is 2`);
    const end = start + length;
    body.within(end, () => {
      const label = read(body, field, base);
      if (label !== undefined) body.describe(label);
    });
    if (body.position < end) body.skip(end - body.position);
  });
}

function unknownOption(body: Body, field: OptionFields): undefined {
  if (body.remaining > 0) body.take(field['options.unknown.payload'], body.remaining);
}

/** RFC 7323, section 2.2; a shift above 14 counts as 14. */
function windowScale(body: Body, field: OptionFields): string {
  const at = body.position;
  const shift = body.number(field['options.wscale.shift']);
  const multiplier = 1 << Math.min(shift, 14);
  body.derived(field['options.wscale.multiplier'], multiplier, undefined, at);
  return `${shift} (multiply by ${multiplier})`;
}

/** RFC 2018, section 3. */
function selectiveAcknowledgment(body: Body, field: OptionFields, base: number): string {
  const edges: string[] = [];
  const blocks = Math.floor(body.remaining / 8);
  const edge = (declared: Field): number => {
    const value = (body.view.getUint32(body.position) - base) >>> 0;
    body.found(declared, value, body.position, 4);
    body.position += 4;
    return value;
  };
  while (body.remaining >= 8) edges.push(`${edge(field['options.sack_le'])}-${edge(field['options.sack_re'])}`);
  body.derived(field['options.sack.count'], blocks);
  return edges.join(' ');
}

function timestamps(body: Body, field: OptionFields): string {
  return `TSval ${body.number(field['options.timestamp.tsval'])}, TSecr ${body.number(field['options.timestamp.tsecr'])}`;
}

function scps(body: Body, field: OptionFields): undefined {
  body.number(field['options.scps.vector']);
  body.number(field['options.scps.binding']);
}

function snack(body: Body, field: OptionFields): undefined {
  body.number(field['options.snack.offset']);
  body.number(field['options.snack.size']);
}

/** RFC 4782, section 4.1. */
function quickStart(body: Body, field: OptionFields): undefined {
  body.number(field.qsRate);
  body.number(field['options.qs.ttl_diff']);
}

/** RFC 5925, section 2.2. */
function authentication(body: Body, field: OptionFields): undefined {
  body.number(field['options.ao.keyid']);
  body.number(field['options.ao.rnextkeyid']);
  if (body.remaining > 0) body.take(field['options.ao.mac'], body.remaining);
}

/** RFC 7413, section 4.1.1: without a cookie it asks for one. */
function fastOpen(body: Body, field: OptionFields): undefined {
  if (body.remaining === 0) body.group(field['options.tfo.request'], () => body.describe(''));
  else body.take(field['options.tfo.cookie'], body.remaining);
}

/** RFC 9768, section 3.2.3: as many of the three counters as there is room for. */
function accurateEcn(body: Body, field: OptionFields, order: readonly (keyof OptionFields)[]): undefined {
  for (const key of order) if (body.remaining >= 3) body.number(field[key]);
}

/** RFC 6994: experiments name themselves with 16 (or 32) bits. Fast Open began as one. */
function experiment(body: Body, field: OptionFields): undefined {
  if (body.remaining >= 2) body.number(field['options.experimental.exid']);
  if (body.remaining > 0) body.take(field['options.experimental.data'], body.remaining);
}

/** What the `info` column says of the options, in the order in which they stand. */
export function optionSummary(view: DataView, start: number, end: number, base: number): string {
  let out = '';
  let at = start;
  while (at < end) {
    const kind = view.getUint8(at);
    if (kind === 0) break;
    if (kind === 1) {
      at++;
      continue;
    }
    const length = at + 1 < end ? view.getUint8(at + 1) : 0;
    if (length < 2 || at + length > end) break;
    out += optionText(view, at, kind, length, base);
    at += length;
  }
  return out;
}

function optionText(view: DataView, at: number, kind: number, length: number, base: number): string {
  if (kind === 2 && length === 4) return ` MSS=${view.getUint16(at + 2)}`;
  if (kind === 3 && length === 3) return ` WS=${1 << Math.min(view.getUint8(at + 2), 14)}`;
  if (kind === 4) return ' SACK_PERM';
  if (kind === 5) {
    let edges = '';
    for (let edge = at + 2; edge + 8 <= at + length; edge += 8)
      edges += ` SLE=${(view.getUint32(edge) - base) >>> 0} SRE=${(view.getUint32(edge + 4) - base) >>> 0}`;
    return edges;
  }
  if (kind === 8 && length === 10) return ` TSval=${view.getUint32(at + 2)} TSecr=${view.getUint32(at + 6)}`;
  if (kind === 19) return ' MD5';
  if (kind === 28 && length === 4) return ` USER_TO=${view.getUint16(at + 2) & 0x7fff}`;
  if (kind === 34) return length === 2 ? ' TFO=R' : ' TFO=C';
  return '';
}
