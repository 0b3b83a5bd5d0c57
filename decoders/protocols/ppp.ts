/** The Point-to-Point Protocol, and PPP over Ethernet, which carries it. */

import { hexNumber, utf8Text } from '../core/format.js';
import { type Body, bytes, type Field, protocol, text, uint } from '../core/index.js';
import { pppProtocols } from '../labels/ppp.js';

const ALL_STATIONS = 0xff;
const IPV4 = 0x0021;
const IPV6 = 0x0057;

/** Octets of the address and control fields, which may be left out: no protocol begins with that octet (RFC 1661, section 6.5). */
function framing(view: DataView, start: number, end: number): number {
  return start < end && view.getUint8(start) === ALL_STATIONS ? 2 : 0;
}

/** Octets of the protocol number: an odd first octet is all there is of it (RFC 1661, sections 2 and 6.5). */
function numberOctets(view: DataView, at: number, end: number): number {
  return at < end && (view.getUint8(at) & 1) === 1 ? 1 : 2;
}

function numberOf(view: DataView, start: number, end: number): number {
  const at = start + framing(view, start, end);
  return numberOctets(view, at, end) === 1 ? view.getUint8(at) : view.getUint16(at);
}

/** Point-to-Point Protocol, RFC 1661, with the framing of RFC 1662 where it is kept. */
export const ppp = protocol('ppp', 'Point-to-Point Protocol', {
  reference: 'RFC 1661, section 2; RFC 1662, section 3.1',
  // 50 is LINKTYPE_PPP_HDLC; GRE carries it for PPTP.
  carriedBy: { linktype: [9, 50], 'gre.proto': 0x880b, 'pppoe.session': 1 },
  header: {},
  fields: {
    address: uint(8, 'Address', { base: 16 }),
    control: uint(8, 'Control', { base: 16 }),
    protocol: uint(16, 'Protocol', { base: 16, labels: pppProtocols }),
  },
  headerLength: (_read, view, start, end) => {
    const octets = framing(view, start, end);
    return octets + numberOctets(view, start + octets, end);
  },
  next: [
    { table: 'ppp.protocol', value: (_read, view, start, _end, walk) => numberOf(view, start, walk.capturedEnd) },
    {
      table: 'raw.version',
      value: (_read, view, start, _end, walk) => {
        const number = numberOf(view, start, walk.capturedEnd);
        return number === IPV4 ? 4 : number === IPV6 ? 6 : -1;
      },
    },
  ],
  body: (body, field) => {
    const { view, start, end } = body;
    if (framing(view, start, end) > 0) {
      body.number(field.address);
      body.number(field.control);
    }
    if (numberOctets(view, body.position, end) === 2) body.number(field.protocol);
    else {
      body.found(field.protocol, body.peek8(), body.position, 1);
      body.position++;
    }
    const number = numberOf(view, start, end);
    if (pppProtocols[number] === undefined) body.column = hexNumber(number, 16);
  },
  info: (_layer, { view, start, end }) => {
    const at = start + framing(view, start, end);
    const octets = numberOctets(view, at, end);
    if (at + octets > end) return 'Cut PPP header';
    const number = octets === 1 ? view.getUint8(at) : view.getUint16(at);
    return pppProtocols[number] ?? `PPP Unknown (${hexNumber(number, 16)})`;
  },
});

/** RFC 2516, section 4 and appendix A. */
const codes: Readonly<Record<number, string>> = {
  0x00: 'Session Data',
  0x07: 'Active Discovery Offer (PADO)',
  0x09: 'Active Discovery Initiation (PADI)',
  0x0a: 'Active Discovery Session-Grant (PADG)',
  0x0b: 'Active Discovery Session-Credit Response (PADC)',
  0x0c: 'Active Discovery Quality (PADQ)',
  0x19: 'Active Discovery Request (PADR)',
  0x65: 'Active Discovery Session-confirmation (PADS)',
  0xa7: 'Active Discovery Terminate (PADT)',
  0xd3: 'Active Discovery Message (PADM)',
  0xd4: 'Active Discovery Network (PADN)',
};

const pppoeHeader = {
  version: uint(4, 'Version', { filter: 'pppoe.version' }),
  type: uint(4, 'Type', { filter: 'pppoe.type' }),
  code: uint(8, 'Code', { base: 16, labels: codes, filter: 'pppoe.code' }),
  session: uint(16, 'Session ID', { base: 16, filter: 'pppoe.session_id' }),
  length: uint(16, 'Payload Length', { filter: 'pppoe.payload_length' }),
};

/** IANA "PPP over Ethernet (PPPoE) TAG Values". */
const tags: Readonly<Record<number, string>> = {
  0x0000: 'End-Of-List',
  0x0101: 'Service-Name',
  0x0102: 'AC-Name',
  0x0103: 'Host-Uniq',
  0x0104: 'AC-Cookie',
  0x0105: 'Vendor-Specific',
  0x0106: 'Credits',
  0x0107: 'Metrics',
  0x0108: 'Sequence Number',
  0x0109: 'Credit Scale Factor',
  0x0110: 'Relay-Session-Id',
  0x0111: 'HURL',
  0x0112: 'MOTM',
  0x0120: 'PPP-Max-Payload',
  0x0121: 'IP Route Add',
  0x0201: 'Service-Name-Error',
  0x0202: 'AC-System-Error',
  0x0203: 'Generic-Error',
};
const SERVICE_NAME = 0x0101;
const AC_NAME = 0x0102;
const FIXED_OCTETS = 6;

/** PPPoE discovery, RFC 2516 section 5. */
export const pppoeDiscovery = protocol('pppoed', 'PPP-over-Ethernet Discovery', {
  reference: 'RFC 2516, section 4',
  column: 'PPPoED',
  carriedBy: { 'eth.type': 0x8863 },
  header: pppoeHeader,
  fields: {
    tag: uint(16, 'Tag', { base: 16, labels: tags }),
    tag_length: uint(16, 'Tag Length'),
    'tags.service_name': text('Service-Name'),
    'tags.ac_name': text('AC-Name'),
    'tags.host_uniq': bytes(0, 'Host-Uniq'),
    'tags.ac_cookie': bytes(0, 'AC-Cookie'),
    'tags.vendor_id': uint(32, 'Vendor id'),
    'tags.vendor_unspecified': bytes(0, 'Vendor unspecified'),
    'tags.relay_session_id': bytes(0, 'Relay-Session-Id'),
    'tags.hurl': bytes(0, 'HURL'),
    'tags.motm': bytes(0, 'MOTM'),
    'tags.max_payload': bytes(0, 'PPP-Max-Payload'),
    'tags.ip_route_add': bytes(0, 'IP Route Add'),
    'tags.seq_num': uint(16, 'Sequence Number', { base: 16 }),
    'tags.credit_scale': uint(16, 'Credit Scale Factor'),
    'tags.service_name_error': text('Service-Name-Error'),
    'tags.ac_system_error': text('AC-System-Error'),
    'tags.generic_error': text('Generic-Error'),
    'tag.unknown_data': bytes(0, 'Unknown Data'),
  },
  headerLength: (read, view, start) => FIXED_OCTETS + read.length(view, start),
  payloadEnd: (read, view, start) => start + FIXED_OCTETS + read.length(view, start),
  body: (body, field) => {
    const byTag: Readonly<Record<number, Field>> = {
      [SERVICE_NAME]: field['tags.service_name'],
      [AC_NAME]: field['tags.ac_name'],
      0x0103: field['tags.host_uniq'],
      0x0104: field['tags.ac_cookie'],
      0x0108: field['tags.seq_num'],
      0x0109: field['tags.credit_scale'],
      0x0110: field['tags.relay_session_id'],
      0x0111: field['tags.hurl'],
      0x0112: field['tags.motm'],
      0x0120: field['tags.max_payload'],
      0x0121: field['tags.ip_route_add'],
      0x0201: field['tags.service_name_error'],
      0x0202: field['tags.ac_system_error'],
      0x0203: field['tags.generic_error'],
    };
    while (body.remaining > 0) {
      const tag = body.number(field.tag);
      const length = body.number(field.tag_length);
      if (tag === 0 && length === 0) break;
      if (length === 0) continue;
      body.need(length, tags[tag] ?? 'PPPoE tag');
      if (tag === 0x0105 && length >= 4) {
        body.number(field['tags.vendor_id']);
        if (length > 4) body.take(field['tags.vendor_unspecified'], length - 4);
      } else body.take(byTag[tag] ?? field['tag.unknown_data'], length);
    }
  },
  info: (_layer, body) => discoverySummary(body),
});

/** The message, and the names that its tags give. */
function discoverySummary({ view, start, end }: Body): string {
  if (start + FIXED_OCTETS > end) return 'Cut PPPoE header';
  const code = view.getUint8(start + 1);
  let out = codes[code] ?? `Unknown (0x${code.toString(16).padStart(2, '0')})`;
  for (let at = start + FIXED_OCTETS; at + 4 <= end; ) {
    const tag = view.getUint16(at);
    const length = view.getUint16(at + 2);
    at += 4;
    if (tag === 0 || at + length > end) break;
    if (length > 0 && tag === AC_NAME) out += ` AC-Name='${utf8Text(view, at, length)}'`;
    at += length;
  }
  return out;
}

/** PPPoE session, RFC 2516 section 6. */
export const pppoeSession = protocol('pppoes', 'PPP-over-Ethernet Session', {
  reference: 'RFC 2516, section 6',
  column: 'PPPoES',
  carriedBy: { 'eth.type': 0x8864 },
  header: pppoeHeader,
  payloadEnd: (read, view, start, end) => Math.min(end, start + FIXED_OCTETS + read.length(view, start)),
  next: { table: 'pppoe.session', value: () => 1 },
  info: (_layer, { view, start, end }) =>
    start + FIXED_OCTETS > end ? 'Cut PPPoE header' : (codes[view.getUint8(start + 1)] ?? 'Unknown'),
});
