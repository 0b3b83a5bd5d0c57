import {
  ChecksumStatus,
  checksumStatusLabels,
  checkTransport,
  flagTransport,
  transportChecksum,
} from '../core/checksum.js';
import { etherText, ipv6Text } from '../core/format.js';
import { type Body, bits, bytes, type Field, flag, group, ipv6Address, protocol, REST, uint } from '../core/index.js';
import { icmpv6Codes, icmpv6Types } from '../labels/icmp.js';
import { messageFields, type MessageFields as RareFields, rareMessages, withOptions } from './icmpv6-messages.js';
import { optionFields, readOptions } from './icmpv6-options.js';
import { type RplFields, readRpl, rplFields } from './icmpv6-rpl.js';

const PROTOCOL_NUMBER = 58;
/** Errors quote the packet that they are about (RFC 4443, section 2.1); those that may come some day need not begin alike. */
const LAST_KNOWN_ERROR = 4;
const ECHO_REQUEST = 128;
const ECHO_REPLY = 129;
const REDIRECT = 137;
const RPL = 155;
/** The Neighbor Discovery option that quotes the redirected packet (RFC 4861, section 4.6.3). */
const REDIRECTED_HEADER = 4;

/** RFC 8335, section 3. */
const echoStates = {
  0: 'Reserved',
  1: 'Incomplete',
  2: 'Reachable',
  3: 'Stale',
  4: 'Delay',
  5: 'Probe',
  6: 'Failed',
};

const recordTypes = {
  1: 'Include',
  2: 'Exclude',
  3: 'Changed to include',
  4: 'Changed to exclude',
  5: 'Allow new sources',
  6: 'Block old sources',
};

/** Octets of a Redirect before the packet that it quotes, 0 when it quotes none that is whole enough to be one. */
function redirectedAt(view: DataView, start: number, end: number): number {
  let at = start + 40;
  while (at + 8 < end) {
    const length = view.getUint8(at + 1) * 8;
    if (view.getUint8(at) === REDIRECTED_HEADER && view.getUint8(at + 8) >> 4 === 6) return at + 8 - start;
    if (length === 0) return 0;
    at += length;
  }
  return 0;
}

function isError(type: number): boolean {
  return type <= LAST_KNOWN_ERROR;
}

/** Internet Control Message Protocol for IPv6, with Neighbor Discovery and Multicast Listener Discovery. */
export const icmpv6 = protocol('icmpv6', 'Internet Control Message Protocol v6', {
  reference: 'RFC 4443, RFC 4861, RFC 2710, RFC 3810',
  role: 'quotes',
  column: 'ICMPv6',
  carriedBy: { 'ip.proto': PROTOCOL_NUMBER, 'ipv6.nxt': PROTOCOL_NUMBER },
  header: {
    type: uint(8, 'Type', { labels: icmpv6Types }),
    code: uint(8, 'Code'),
    checksum: uint(16, 'Checksum', { base: 16 }),
  },
  fields: {
    'checksum.status': uint(8, 'Checksum Status', { labels: checksumStatusLabels }),
    reserved: bytes(0, 'Reserved'),
    mtu: uint(32, 'MTU'),
    pointer: uint(32, 'Pointer'),
    'echo.identifier': uint(16, 'Identifier', { base: 16 }),
    'echo.sequence_number': uint(16, 'Sequence'),
    'ext.echo.seq': uint(8, 'Sequence number'),
    echoRequest: bits(
      8,
      'Flags',
      {
        res: uint(7, 'Reserved', { base: 16, filter: 'icmpv6.ext.echo.req.res' }),
        local: flag('Local bit', { filter: 'icmpv6.ext.echo.req.local' }),
      },
      { bare: true },
    ),
    echoReply: bits(
      8,
      'State and flags',
      {
        state: uint(3, 'State', { filter: 'icmpv6.ext.echo.rsp.state', labels: echoStates }),
        res: uint(2, 'Reserved', { base: 16, filter: 'icmpv6.ext.echo.rsp.res' }),
        active: flag('Active bit', { filter: 'icmpv6.ext.echo.rsp.active' }),
        ipv4: flag('IPv4 bit', { filter: 'icmpv6.ext.echo.rsp.ipv4' }),
        ipv6: flag('IPv6 bit', { filter: 'icmpv6.ext.echo.rsp.ipv6' }),
      },
      { bare: true },
    ),
    'nd.ra.cur_hop_limit': uint(8, 'Cur hop limit'),
    'nd.ra.flag': bits(
      8,
      'Flags',
      {
        m: flag('Managed address configuration'),
        o: flag('Other configuration'),
        h: flag('Home Agent'),
        prf: uint(2, 'Prf (Default Router Preference)', {
          labels: { 0: 'Medium', 1: 'High', 2: 'Reserved', 3: 'Low' },
        }),
        p: flag('Proxy'),
        rsv: uint(2, 'Reserved'),
      },
      { base: 16 },
    ),
    'nd.ra.router_lifetime': uint(16, 'Router lifetime', { unit: 's' }),
    'nd.ra.reachable_time': uint(32, 'Reachable time', { unit: 'ms' }),
    'nd.ra.retrans_timer': uint(32, 'Retrans timer', { unit: 'ms' }),
    'nd.ns.target_address': ipv6Address('Target Address'),
    'nd.na.flag': bits(
      32,
      'Flags',
      { r: flag('Router'), s: flag('Solicited'), o: flag('Override'), rsv: uint(29, 'Reserved') },
      { base: 16 },
    ),
    'nd.na.target_address': ipv6Address('Target Address'),
    'nd.rd.target_address': ipv6Address('Target Address'),
    'rd.na.destination_address': ipv6Address('Destination Address'),
    'mld.maximum_response_delay': uint(16, 'Maximum Response Delay', { unit: 'ms' }),
    'mld.maximum_response_code': uint(16, 'Maximum Response Code'),
    'mld.multicast_address': ipv6Address('Multicast Address'),
    'mld.flag': bits(
      8,
      'Flags',
      {
        reserved: uint(4, 'Reserved'),
        s: flag('Suppress Router-Side Processing'),
        qrv: uint(3, "QRV (Querier's Robustness Variable)"),
      },
      { base: 16 },
    ),
    'mld.qqi': uint(8, "QQIC (Querier's Query Interval Code)"),
    'mld.nb_sources': uint(16, 'Number of Sources'),
    'mld.source_address': ipv6Address('Source Address'),
    'mldr.nb_mcast_records': uint(16, 'Number of Multicast Address Records'),
    'mldr.mar': group('Multicast Address Record'),
    'mldr.mar.record_type': uint(8, 'Record Type', { labels: recordTypes }),
    'mldr.mar.aux_data_len': uint(8, 'Aux Data Len'),
    'mldr.mar.nb_sources': uint(16, 'Number of Sources'),
    'mldr.mar.multicast_address': ipv6Address('Multicast Address'),
    'mldr.mar.source_address': ipv6Address('Source Address'),
    'mldr.mar.auxiliary_data': bytes(0, 'Auxiliary Data'),
    data: bytes(0, 'Data'),
    ...optionFields,
    ...messageFields,
    ...rplFields,
  },
  headerLength: (_read, view, start, end) => {
    const type = view.getUint8(start);
    if (type === REDIRECT) return redirectedAt(view, start, end) || REST;
    return isError(type) || type === ECHO_REQUEST || type === ECHO_REPLY ? 8 : REST;
  },
  next: {
    table: 'raw.version',
    value: (_read, view, start, _end, walk) => {
      const at = walk.headerEnd[walk.depth - 1];
      const quotes = isError(view.getUint8(start)) || view.getUint8(start) === REDIRECT;
      return quotes && at < walk.capturedEnd && view.getUint8(at) >> 4 === 6 ? 6 : -1;
    },
  },
  inspect: (_read, view, start, end, walk) => {
    flagTransport(walk, checkTransport(view, walk, walk.depth, start, end, PROTOCOL_NUMBER, view.getUint16(start + 2)));
  },
  body: (body, field, read) => {
    const { view, walk, depth, start } = body;
    const checksum = read.checksum(view, start);
    // As in Wireshark, a quoted message is not verified.
    const sum = body.quoted
      ? ChecksumStatus.unverified
      : checkTransport(view, walk, depth, start, walk.end[depth], PROTOCOL_NUMBER, checksum);
    transportChecksum(body, field['checksum.status'], sum, start + 2, 'ICMPv6 checksum');
    message(body, field, read.type(view, start), read.code(view, start));
  },
  info: (_layer, body) => summary(body),
});

type MessageFields = Readonly<Record<string, Field>>;

function message(
  body: Body,
  field: MessageFields & Parameters<typeof readOptions>[1] & RplFields & RareFields,
  type: number,
  code: number,
): void {
  switch (type) {
    case 1:
    case 3:
      body.take(field['reserved'], 4);
      break;
    case 2:
      body.number(field['mtu']);
      break;
    case 4:
      body.number(field['pointer']);
      break;
    case ECHO_REQUEST:
    case ECHO_REPLY:
      body.number(field['echo.identifier']);
      body.number(field['echo.sequence_number']);
      break;
    // RFC 8335, section 2.
    case 160:
    case 161:
      body.number(field['echo.identifier']);
      body.number(field['ext.echo.seq']);
      body.number(field[type === 160 ? 'echoRequest' : 'echoReply']);
      // The object that names the interface (section 2.1).
      if (body.remaining > 0) body.skip(body.remaining);
      break;
    case 130:
      listenerQuery(body, field);
      break;
    case 131:
    case 132:
      body.number(field['mld.maximum_response_delay']);
      body.take(field['reserved'], 2);
      body.take(field['mld.multicast_address']);
      break;
    case 133:
      body.take(field['reserved'], 4);
      readOptions(body, field);
      break;
    case 134:
      body.number(field['nd.ra.cur_hop_limit']);
      body.number(field['nd.ra.flag']);
      body.number(field['nd.ra.router_lifetime']);
      body.number(field['nd.ra.reachable_time']);
      body.number(field['nd.ra.retrans_timer']);
      readOptions(body, field);
      break;
    case 135:
      body.take(field['reserved'], 4);
      body.take(field['nd.ns.target_address']);
      readOptions(body, field);
      break;
    case 136:
      body.number(field['nd.na.flag']);
      body.take(field['nd.na.target_address']);
      readOptions(body, field);
      break;
    case 137:
      body.take(field['reserved'], 4);
      body.take(field['nd.rd.target_address']);
      body.take(field['rd.na.destination_address']);
      readOptions(body, field);
      break;
    case 141:
    case 142:
      body.take(field['reserved'], 4);
      readOptions(body, field);
      break;
    case 143:
      listenerReport(body, field);
      break;
    case RPL:
      readRpl(body, field, code);
      break;
    default:
      if (rareMessages[type] !== undefined) rareMessages[type](body, field, code);
      else if (body.remaining > 0) body.take(field['data'], body.remaining);
      if (withOptions.has(type)) readOptions(body, field);
  }
}

/** RFC 2710 has 24 octets; RFC 3810, section 5.1 adds flags and sources. */
function listenerQuery(body: Body, field: MessageFields): void {
  const second = body.end - body.start >= 28;
  body.number(field[second ? 'mld.maximum_response_code' : 'mld.maximum_response_delay']);
  body.take(field['reserved'], 2);
  body.take(field['mld.multicast_address']);
  if (!second) return;
  body.number(field['mld.flag']);
  body.number(field['mld.qqi']);
  const sources = body.number(field['mld.nb_sources']);
  for (let i = 0; i < sources; i++) body.take(field['mld.source_address']);
}

/** RFC 3810, section 5.2. */
function listenerReport(body: Body, field: MessageFields): void {
  body.take(field['reserved'], 2);
  const records = body.number(field['mldr.nb_mcast_records']);
  for (let i = 0; i < records; i++)
    body.group(field['mldr.mar'], () => {
      const type = body.number(field['mldr.mar.record_type']);
      const words = body.number(field['mldr.mar.aux_data_len']);
      const sources = body.number(field['mldr.mar.nb_sources']);
      const address = body.take(field['mldr.mar.multicast_address']);
      body.describe(`${recordTypes[type as keyof typeof recordTypes] ?? `Type ${type}`}: ${address.display}`);
      for (let j = 0; j < sources; j++) body.take(field['mldr.mar.source_address']);
      if (words > 0) body.take(field['mldr.mar.auxiliary_data'], words * 4);
    });
}

function summary({ view, start, end, walk, depth }: Body): string {
  if (start + 2 > end) return 'Cut ICMPv6 header';
  const type = view.getUint8(start);
  const code = view.getUint8(start + 1);
  const name = icmpv6Types[type] ?? `Unknown (${type})`;
  const codes = icmpv6Codes[type];
  if (codes !== undefined) return `${name} (${codes[code] ?? `Unknown code ${code}`})`;
  if ((type === ECHO_REQUEST || type === ECHO_REPLY) && start + 8 <= end) {
    const id = view
      .getUint16(start + 4)
      .toString(16)
      .padStart(4, '0');
    const network = walk.networkUnder[depth];
    const hops = network < 0 ? '' : `, hop limit=${view.getUint8(walk.start[network] + 7)}`;
    return `${name} id=0x${id}, seq=${view.getUint16(start + 6)}${hops}`;
  }
  if (type === 133) return `${name}${from(view, start + 8, end, 1)}`;
  if (type === 134) return `${name}${from(view, start + 16, end, 1)}`;
  if (type === 135 && start + 24 <= end)
    return `${name} for ${ipv6Text(view, start + 8)}${from(view, start + 24, end, 1)}`;
  if (type === 136 && start + 24 <= end) {
    const set = [
      [0x80, 'rtr'],
      [0x40, 'sol'],
      [0x20, 'ovr'],
    ] as const;
    const flags = set.filter(([mask]) => (view.getUint8(start + 4) & mask) !== 0).map(([, short]) => short);
    const shown = flags.length === 0 ? '' : ` (${flags.join(', ')})`;
    const link = linkAddress(view, start + 24, end, 2);
    return `${name} ${ipv6Text(view, start + 8)}${shown}${link === undefined ? '' : ` is at ${link}`}`;
  }
  return name;
}

function from(view: DataView, at: number, end: number, option: number): string {
  const link = linkAddress(view, at, end, option);
  return link === undefined ? '' : ` from ${link}`;
}

/** The Ethernet address of the first option of that type, for the summary. */
function linkAddress(view: DataView, at: number, end: number, option: number): string | undefined {
  let position = at;
  while (position + 8 <= end) {
    if (view.getUint8(position) === option) return etherText(view, position + 2);
    const length = view.getUint8(position + 1) * 8;
    if (length === 0) return undefined;
    position += length;
  }
  return undefined;
}
