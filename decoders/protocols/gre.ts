import { ChecksumStatus, checksumStatusLabels } from '../core/checksum.js';
import { bits, bytes, flag, onesComplementSum, protocol, spare, uint } from '../core/index.js';
import { etherTypes } from '../labels/ethertypes.js';

const CHECKSUM = 0x8000;
const ROUTING = 0x4000;
const KEY = 0x2000;
const SEQUENCE = 0x1000;
const ACKNOWLEDGMENT = 0x0080;
/** PPTP's form (RFC 2637, section 4.1): the key is a length and a call, and acknowledgments ride along. */
const ENHANCED = 1;

const PPP = 0x880b;
const WCCP = 0x883e;
const BRIDGING = 0x6558;
const ETHERNET_LINK = 1;
const ERSPAN = 0x88be;

const protocolTypes: Readonly<Record<number, string>> = {
  ...etherTypes,
  0: 'Possible GRE keepalive packet',
  [PPP]: 'PPP',
  [WCCP]: 'WCCP',
  [ERSPAN]: 'ERSPAN',
  0x22eb: 'ERSPAN III',
  0x2001: 'NHRP',
  0x00fe: 'ISO CLNS',
};

/** Octets of the list of source routes, which an entry of length 0 ends (RFC 1701); -1 when it does not end. */
function routingOctets(view: DataView, at: number, end: number): number {
  let position = at;
  while (position + 4 <= end) {
    const length = view.getUint8(position + 3);
    const last = length === 0 && view.getUint16(position) === 0;
    position += 4 + length;
    if (last) return position - at;
  }
  return -1;
}

/** Octets behind the four that every header has. */
function optionalOctets(flags: number): number {
  let octets = 0;
  if ((flags & (CHECKSUM | ROUTING)) !== 0) octets += 4;
  if ((flags & KEY) !== 0) octets += 4;
  if ((flags & SEQUENCE) !== 0) octets += 4;
  if ((flags & 7) === ENHANCED && (flags & ACKNOWLEDGMENT) !== 0) octets += 4;
  return octets;
}

/** Cisco's Web Cache Communication Protocol may put four octets of its own between the header and the IP packet. */
function redirectOctets(view: DataView, at: number, end: number): number {
  return at < end && view.getUint8(at) >> 4 !== 4 ? 4 : 0;
}

/** Generic Routing Encapsulation: RFC 2784 with RFC 2890, its first form RFC 1701, and PPTP's, RFC 2637. */
export const gre = protocol('gre', 'Generic Routing Encapsulation', {
  reference: 'RFC 2784, RFC 2890, RFC 2637',
  carriedBy: { 'ip.proto': 47, 'ipv6.nxt': 47 },
  header: {
    flags_and_version: bits(
      16,
      'Flags and Version',
      {
        checksum: flag('Checksum Bit', { filter: 'gre.flags.checksum' }),
        routing: flag('Routing Bit', { filter: 'gre.flags.routing' }),
        key: flag('Key Bit', { filter: 'gre.flags.key' }),
        sequence: flag('Sequence Number Bit', { filter: 'gre.flags.sequence_number' }),
        strict: flag('Strict Source Route Bit', { filter: 'gre.flags.strict_source_route' }),
        recursion: uint(3, 'Recursion control', { filter: 'gre.flags.recursion_control' }),
        ack: flag('Acknowledgment', { filter: 'gre.flags.ack', when: (whole) => (whole & 7) === ENHANCED }),
        reserved: uint(4, 'Flags (Reserved)', { filter: 'gre.flags.reserved' }),
        version: uint(3, 'Version', { filter: 'gre.flags.version', labels: { 0: 'GRE', 1: 'Enhanced GRE' } }),
      },
      { base: 16 },
    ),
    proto: uint(16, 'Protocol Type', { base: 16, labels: protocolTypes }),
  },
  fields: {
    checksum: uint(16, 'Checksum', { base: 16 }),
    'checksum.status': uint(8, 'Checksum Status', { labels: checksumStatusLabels }),
    offset: uint(16, 'Offset'),
    key: uint(32, 'Key', { base: 16 }),
    'key.payload_length': uint(16, 'Payload Length'),
    'key.call_id': uint(16, 'Call ID'),
    sequence_number: uint(32, 'Sequence Number'),
    ack_number: uint(32, 'Acknowledgment Number'),
    'routing.address_family': uint(16, 'Address Family'),
    'routing.sre_offset': uint(8, 'SRE Offset'),
    'routing.src_length': uint(8, 'SRE Length'),
    'routing.information': bytes(0, 'Routing Information'),
    redirect: bits(
      8,
      'Redirect Header',
      {
        spare: spare(5),
        valid: flag('WCCP Redirect header is valid', { filter: 'gre.wccp.redirect_header_valid' }),
        alternative: flag('Alternative bucket used', { filter: 'gre.wccp.alternative_bucket_used' }),
        dynamic: flag('Dynamic Service', { filter: 'gre.wccp.dynamic_service' }),
      },
      { bare: true },
    ),
    'wccp.service_id': uint(8, 'Service ID'),
    'wccp.alternative_bucket': uint(8, 'Alternative Bucket'),
    'wccp.primary_bucket': uint(8, 'Primary Bucket'),
  },
  headerLength: (_read, view, start, end) => {
    const flags = view.getUint16(start);
    let length = 4 + optionalOctets(flags);
    if ((flags & ROUTING) !== 0) {
      const routes = routingOctets(view, start + length, end);
      length = routes < 0 ? Math.max(length, end - start) : length + routes;
    }
    return view.getUint16(start + 2) === WCCP ? length + redirectOctets(view, start + length, end) : length;
  },
  next: [
    // A bridged frame is Ethernet's, whatever the link below is.
    { table: 'linktype', value: (read, view, start) => (read.proto(view, start) === BRIDGING ? ETHERNET_LINK : -1) },
    { table: 'gre.proto', value: (_read, view, start) => view.getUint16(start + 2) },
    {
      table: 'eth.type',
      value: (_read, view, start) => (view.getUint16(start + 2) === WCCP ? 0x0800 : view.getUint16(start + 2)),
    },
  ],
  body: (body, field) => {
    const { view, start, walk, depth } = body;
    const flags = view.getUint16(start);
    if ((flags & (CHECKSUM | ROUTING)) !== 0) {
      body.number(field.checksum);
      if ((flags & CHECKSUM) !== 0) {
        const end = walk.end[depth];
        const whole = end <= walk.capturedEnd && walk.fragmented[depth] === 0;
        const good = whole && onesComplementSum(view, start, end - start) === 0xffff;
        const status = whole ? (good ? ChecksumStatus.good : ChecksumStatus.bad) : ChecksumStatus.unverified;
        body.derived(field['checksum.status'], status, undefined, start + 4);
        if (status === ChecksumStatus.bad) body.report('checksum', 'the GRE checksum does not match the packet');
      }
      body.number(field.offset);
    }
    if ((flags & KEY) !== 0) {
      if ((flags & 7) === ENHANCED) {
        body.number(field['key.payload_length']);
        body.number(field['key.call_id']);
      } else body.number(field.key);
    }
    if ((flags & SEQUENCE) !== 0) body.number(field.sequence_number);
    if ((flags & 7) === ENHANCED && (flags & ACKNOWLEDGMENT) !== 0) body.number(field.ack_number);
    if ((flags & ROUTING) !== 0) routes();
    if (view.getUint16(start + 2) === WCCP && body.remaining > 0) {
      body.number(field.redirect);
      body.number(field['wccp.service_id']);
      body.number(field['wccp.alternative_bucket']);
      body.number(field['wccp.primary_bucket']);
    }

    function routes(): void {
      for (;;) {
        const family = body.number(field['routing.address_family']);
        body.number(field['routing.sre_offset']);
        const length = body.number(field['routing.src_length']);
        if (length > 0) body.take(field['routing.information'], length);
        if (family === 0 && length === 0) return;
      }
    }
  },
  info: (_layer, { view, start, end }) => {
    if (start + 4 > end) return 'Cut GRE header';
    const type = view.getUint16(start + 2);
    return `Encapsulated ${protocolTypes[type] ?? `0x${type.toString(16).toUpperCase().padStart(4, '0')} (unknown)`}`;
  },
});
