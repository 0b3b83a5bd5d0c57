/** ICMPv6 messages that are seldom seen: renumbering, node information, mobility, SEND, multicast routers, 6LoWPAN, ILNP. */

import { hexNumber } from '../core/format.js';
import {
  type Body,
  bits,
  bytes,
  type Field,
  flag,
  group,
  ipv4Address,
  ipv6Address,
  text,
  uint,
} from '../core/index.js';
import { readLabels } from './dns-name.js';

const RENUMBERING_RESULT = 1;
const HANDOVER_INITIATE = 4;

export const messageFields = {
  'rr.sequence_number': uint(32, 'Sequence Number'),
  'rr.segment_number': uint(8, 'Segment Number'),
  'rr.flag': bits(
    8,
    'Flags',
    {
      t: flag('Test Command'),
      r: flag('Result requested'),
      a: flag('All Interfaces'),
      s: flag('Site-specific'),
      p: flag('Processed previously'),
      rsv: uint(3, 'Reserved'),
    },
    { base: 16 },
  ),
  'rr.maxdelay': uint(16, 'Max Delay'),
  'rr.pco.mp': group('Match-Prefix Part'),
  'rr.pco.mp.opcode': uint(8, 'OpCode', { labels: { 1: 'Add', 2: 'Change', 3: 'Set Global' } }),
  'rr.pco.mp.oplength': uint(8, 'OpLength'),
  'rr.pco.mp.ordinal': uint(8, 'Ordinal', { base: 16 }),
  'rr.pco.mp.matchlen': uint(8, 'MatchLen'),
  'rr.pco.mp.minlen': uint(8, 'MinLen'),
  'rr.pco.mp.maxlen': uint(8, 'MaxLen'),
  'rr.pco.mp.matchprefix': ipv6Address('MatchPrefix'),
  'rr.pco.up': group('Use-Prefix Part'),
  'rr.pco.up.uselen': uint(8, 'UseLen'),
  'rr.pco.up.keeplen': uint(8, 'KeepLen'),
  'rr.pco.up.flagmask': bits(
    8,
    'FlagMask',
    {
      l: flag('On-link flag(L)'),
      a: flag('Autonomous address-configuration flag(A)'),
      reserved: uint(6, 'Reserved'),
    },
    { base: 16 },
  ),
  // The flags that the mask is for, with the mask's names.
  raFlags: bits(
    8,
    'RAFlags',
    {
      l: flag('On-link flag(L)', { filter: 'icmpv6.rr.pco.up.flagmask.l' }),
      a: flag('Autonomous address-configuration flag(A)', { filter: 'icmpv6.rr.pco.up.flagmask.a' }),
      reserved: uint(6, 'Reserved', { filter: 'icmpv6.rr.pco.up.flagmask.reserved' }),
    },
    { base: 16, filter: 'icmpv6.rr.pco.up.raflags' },
  ),
  'rr.pco.up.validlifetime': uint(32, 'Valid Lifetime', { unit: 's' }),
  'rr.pco.up.preferredlifetime': uint(32, 'Preferred Lifetime', { unit: 's' }),
  'rr.pco.up.flag': bits(
    32,
    'Flags',
    {
      v: flag('Decrement valid lifetime'),
      p: flag('Decrement preferred lifetime'),
      reserved: uint(30, 'Reserved'),
    },
    { base: 16 },
  ),
  'rr.pco.up.useprefix': ipv6Address('UsePrefix'),
  'rr.rm': group('Result Message'),
  'rr.rm.flag': bits(
    16,
    'Flags',
    { reserved: uint(14, 'Reserved'), b: flag('Bounds'), f: flag('Forbidden') },
    { base: 16 },
  ),
  'rr.rm.ordinal': uint(8, 'Ordinal', { base: 16 }),
  'rr.rm.matchedlen': uint(8, 'MatchedLen'),
  'rr.rm.interfaceindex': uint(32, 'InterfaceIndex'),
  'rr.rm.matchedprefix': ipv6Address('MatchedPrefix'),
  'ni.qtype': uint(16, 'Qtype', {
    labels: { 0: 'NOOP', 2: 'Node Name', 3: 'Node addresses', 4: 'IPv4 node addresses' },
  }),
  'ni.flag': bits(
    16,
    'Flags',
    {
      rsv: uint(10, 'Reserved', { base: 16 }),
      g: flag('Global-scope addresses'),
      s: flag('Site-local addresses'),
      l: flag('Link-local addresses'),
      c: flag('Compression'),
      a: flag('Unicast Addresses'),
      t: flag('Truncated'),
    },
    { base: 16 },
  ),
  'ni.nonce': uint(64, 'Nonce', { base: 16 }),
  'ni.query.subject_ipv6': ipv6Address('IPv6 subject address'),
  'ni.query.subject_fqdn': text('FQDN subject'),
  'ni.query.subject_ipv4': ipv4Address('IPv4 subject address'),
  'ni.reply.node_ttl': uint(32, 'TTL', { unit: 's' }),
  'ni.reply.node_name': text('Name Node'),
  'ni.reply.node_address': ipv6Address('IPv6 Node address'),
  'ni.reply.ipv4_address': ipv4Address('IPv4 Node address'),
  'mip6.identifier': uint(16, 'Identifier'),
  'mip6.home_agent_address': ipv6Address('Home Agent Address'),
  'mip6.flag': bits(
    16,
    'Flags',
    {
      m: flag('Managed address configuration'),
      o: flag('Other configuration'),
      rsv: uint(14, 'Reserved'),
    },
    { base: 16 },
  ),
  'send.identifier': uint(16, 'Identifier'),
  'send.all_components': uint(16, 'All Components'),
  'send.component': uint(16, 'Component'),
  'mcast_ra.query_interval': uint(16, 'Query Interval', { unit: 's' }),
  'mcast_ra.robustness_variable': uint(16, 'Robustness Variable'),
  'fmip6.subtype': uint(8, 'Subtype', {
    labels: {
      2: 'Router Solicitation for Proxy Advertisement',
      3: 'Proxy Router Advertisement',
      4: 'Handover Initiate',
      5: 'Handover Acknowledge',
    },
  }),
  'fmip6.hi.flag': bits(
    8,
    'Flag',
    { s: flag('Assigned address configuration'), a: flag('Buffer'), reserved: uint(6, 'Reserved') },
    { base: 16 },
  ),
  'fmip6.identifier': uint(16, 'Identifier'),
  'ilnp.nb_locs': uint(8, 'Num of Locs'),
  'ilnp.nb_locator': uint(64, 'Locator', { base: 16 }),
  'ilnp.nb_preference': uint(16, 'Preference'),
  'ilnp.nb_lifetime': uint(16, 'Lifetime', { unit: 's' }),
  '6lowpannd.da.status': uint(8, 'Status', {
    labels: { 0: 'Success', 1: 'Duplicate Exists', 2: 'Neighbor Cache Full' },
  }),
  '6lowpannd.da.rsv': uint(8, 'Reserved'),
  '6lowpannd.da.lifetime': uint(16, 'Lifetime', { unit: '× 60 s' }),
  '6lowpannd.da.eui64': bytes(8, 'EUI-64', { colons: true }),
  '6lowpannd.da.reg_addr': ipv6Address('Registered Address'),
};

export type MessageFields = { readonly [K in keyof typeof messageFields]: Field } & { readonly reserved: Field };

/** What follows the checksum in messages of these types; options of Neighbor Discovery may follow. */
export const rareMessages: Readonly<Record<number, (body: Body, field: MessageFields, code: number) => void>> = {
  138: renumbering,
  139: (body, field, code) => {
    nodeInformation(body, field);
    if (body.remaining === 0) return;
    if (code === 0) while (body.remaining > 0) body.take(field['ni.query.subject_ipv6']);
    else if (code === 1) name(body, field['ni.query.subject_fqdn']);
    else if (code === 2) while (body.remaining > 0) body.take(field['ni.query.subject_ipv4']);
  },
  140: (body, field) => {
    const kind = nodeInformation(body, field);
    // RFC 4620, section 6: a time to live goes before each answer.
    while (body.remaining > 0 && kind >= 2 && kind <= 4) {
      body.number(field['ni.reply.node_ttl']);
      if (kind === 2) name(body, field['ni.reply.node_name']);
      else body.take(field[kind === 3 ? 'ni.reply.node_address' : 'ni.reply.ipv4_address']);
    }
  },
  144: identifiedWithReserve,
  145: (body, field) => {
    identifiedWithReserve(body, field);
    while (body.remaining > 0) body.take(field['mip6.home_agent_address']);
  },
  146: identifiedWithReserve,
  147: (body, field) => {
    body.number(field['mip6.identifier']);
    body.number(field['mip6.flag']);
  },
  148: (body, field) => {
    body.number(field['send.identifier']);
    body.number(field['send.component']);
  },
  149: (body, field) => {
    body.number(field['send.identifier']);
    body.number(field['send.all_components']);
    body.number(field['send.component']);
    body.take(field.reserved, 2);
  },
  151: (body, field) => {
    body.number(field['mcast_ra.query_interval']);
    body.number(field['mcast_ra.robustness_variable']);
  },
  152: () => undefined,
  153: () => undefined,
  154: (body, field) => {
    const subtype = body.number(field['fmip6.subtype']);
    if (subtype === HANDOVER_INITIATE) body.number(field['fmip6.hi.flag']);
    else body.take(field.reserved, 1);
    body.number(field['fmip6.identifier']);
  },
  156: (body, field) => {
    const locators = body.number(field['ilnp.nb_locs']);
    body.take(field.reserved, 1);
    body.take(field.reserved, 2);
    for (let i = 0; i < locators; i++) {
      body.take(field['ilnp.nb_locator']);
      body.number(field['ilnp.nb_preference']);
      body.number(field['ilnp.nb_lifetime']);
    }
  },
  157: duplicateAddress,
  158: duplicateAddress,
  // MPL (RFC 7731, section 6.3): what stands in it depends on bits that count its octets.
  159: (body) => body.skip(body.remaining),
};

/** Those of them that options of Neighbor Discovery follow. */
export const withOptions: ReadonlySet<number> = new Set([147, 148, 149, 154]);

function identifiedWithReserve(body: Body, field: MessageFields): void {
  body.number(field['mip6.identifier']);
  body.take(field.reserved, 2);
}

/** RFC 6775, section 4.4. */
function duplicateAddress(body: Body, field: MessageFields): void {
  body.number(field['6lowpannd.da.status']);
  body.number(field['6lowpannd.da.rsv']);
  body.number(field['6lowpannd.da.lifetime']);
  body.take(field['6lowpannd.da.eui64']);
  body.take(field['6lowpannd.da.reg_addr']);
}

/** RFC 4620, section 4; returns the type of the question. */
function nodeInformation(body: Body, field: MessageFields): number {
  const kind = body.number(field['ni.qtype']);
  body.number(field['ni.flag']);
  body.take(field['ni.nonce']);
  return kind;
}

function name(body: Body, field: Field): void {
  const found = readLabels(body.view, body.position, body.end, body.position);
  if (found.problem !== undefined) body.fail(found.problem);
  body.found(field, found.text, body.position, found.end - body.position);
  body.position = found.end;
}

/** RFC 2894, section 3. */
function renumbering(body: Body, field: MessageFields, code: number): void {
  body.number(field['rr.sequence_number']);
  body.number(field['rr.segment_number']);
  body.number(field['rr.flag']);
  body.number(field['rr.maxdelay']);
  body.take(field.reserved, 4);
  if (code === 0 && body.remaining > 0) prefixControl(body, field);
  else if (code === RENUMBERING_RESULT) while (body.remaining > 0) result(body, field);
}

function prefixControl(body: Body, field: MessageFields): void {
  body.group(field['rr.pco.mp'], () => {
    body.number(field['rr.pco.mp.opcode']);
    body.number(field['rr.pco.mp.oplength']);
    body.number(field['rr.pco.mp.ordinal']);
    const length = body.number(field['rr.pco.mp.matchlen']);
    body.number(field['rr.pco.mp.minlen']);
    body.number(field['rr.pco.mp.maxlen']);
    body.take(field.reserved, 2);
    body.describe(`${body.take(field['rr.pco.mp.matchprefix']).display}/${length}`);
  });
  while (body.remaining > 0)
    body.group(field['rr.pco.up'], () => {
      const length = body.number(field['rr.pco.up.uselen']);
      body.number(field['rr.pco.up.keeplen']);
      body.number(field['rr.pco.up.flagmask']);
      body.number(field.raFlags);
      body.number(field['rr.pco.up.validlifetime']);
      body.number(field['rr.pco.up.preferredlifetime']);
      body.number(field['rr.pco.up.flag']);
      body.describe(`${body.take(field['rr.pco.up.useprefix']).display}/${length}`);
    });
}

function result(body: Body, field: MessageFields): void {
  body.group(field['rr.rm'], () => {
    body.number(field['rr.rm.flag']);
    const ordinal = body.number(field['rr.rm.ordinal']);
    const length = body.number(field['rr.rm.matchedlen']);
    body.number(field['rr.rm.interfaceindex']);
    const prefix = body.take(field['rr.rm.matchedprefix']).display;
    body.describe(`${prefix}/${length}, ordinal ${hexNumber(ordinal, 8)}`);
  });
}
