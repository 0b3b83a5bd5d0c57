/** IPv6 extension headers, RFC 8200 section 4. Lengths are in units of 8 octets, the first of them not counted. */

import { type Body, bits, bytes, type Field, flag, ipv6Address, PacketFlag, protocol, uint } from '../core/index.js';
import { ipProtocols } from '../labels/ip-protocols.js';
import { optionFields, readOptions } from './ipv6-options.js';

const UNIT = 8;
const ADDRESS_OCTETS = 16;

/** Hop-by-Hop Options, RFC 8200 section 4.3. */
export const hopByHop = protocol('ipv6.hopopts', 'IPv6 Hop-by-Hop Option', {
  reference: 'RFC 8200, section 4.3',
  column: 'IPv6',
  carriedBy: { 'ip.proto': 0, 'ipv6.nxt': 0 },
  header: { nxt: uint(8, 'Next Header', { labels: ipProtocols }), len: uint(8, 'Length') },
  fields: { len_oct: uint(16, 'Length', { unit: 'bytes' }), ...optionFields },
  headerLength: (_read, view, start) => (view.getUint8(start + 1) + 1) * UNIT,
  next: { table: 'ipv6.nxt', value: (_read, view, start) => view.getUint8(start) },
  body: (body, field) => {
    totalLength(body, field.len_oct);
    readOptions(body, field);
  },
  info: () => 'IPv6 hop-by-hop options',
});

/** Destination Options, RFC 8200 section 4.6. */
export const destinationOptions = protocol('ipv6.dstopts', 'Destination Options for IPv6', {
  reference: 'RFC 8200, section 4.6',
  column: 'IPv6',
  carriedBy: { 'ip.proto': 60, 'ipv6.nxt': 60 },
  header: { nxt: uint(8, 'Next Header', { labels: ipProtocols }), len: uint(8, 'Length') },
  fields: { len_oct: uint(16, 'Length', { unit: 'bytes' }), ...optionFields },
  headerLength: (_read, view, start) => (view.getUint8(start + 1) + 1) * UNIT,
  next: { table: 'ipv6.nxt', value: (_read, view, start) => view.getUint8(start) },
  body: (body, field) => {
    totalLength(body, field.len_oct);
    readOptions(body, field);
  },
  info: () => 'IPv6 destination options',
});

/** IANA "IPv6 Routing Types". */
const routingTypes = {
  0: 'Source Route (deprecated)',
  1: 'Nimrod (deprecated)',
  2: 'Type 2',
  3: 'RPL Source Route Header',
  4: 'Segment Routing',
  5: 'Compact Routing (16-bit)',
  6: 'Compact Routing (32-bit)',
};

const SEGMENT_ROUTING = 4;

/**
 * Routing header, RFC 8200 section 4.4: source route (RFC 2460, deprecated by RFC 5095), Mobile IPv6 (RFC 6275),
 * RPL (RFC 6554), Segment Routing (RFC 8754).
 */
export const routing = protocol('ipv6.routing', 'Routing Header for IPv6', {
  reference: 'RFC 8200, section 4.4',
  column: 'IPv6',
  carriedBy: { 'ip.proto': 43, 'ipv6.nxt': 43 },
  header: {
    nxt: uint(8, 'Next Header', { labels: ipProtocols }),
    len: uint(8, 'Length'),
    type: uint(8, 'Type', { labels: routingTypes }),
    segleft: uint(8, 'Segments Left'),
  },
  fields: {
    len_oct: uint(16, 'Length', { unit: 'bytes' }),
    'src.reserved': bytes(4, 'Reserved'),
    'src.addr': ipv6Address('Address'),
    'mipv6.reserved': bytes(4, 'Reserved'),
    'mipv6.home_address': ipv6Address('Home Address'),
    rplSizes: bits(
      32,
      'Compression and padding',
      {
        cmprI: uint(4, 'Compressed Internal Octets (CmprI)', { filter: 'ipv6.routing.rpl.cmprI' }),
        cmprE: uint(4, 'Compressed Final Octets (CmprE)', { filter: 'ipv6.routing.rpl.cmprE' }),
        pad: uint(4, 'Padding Bytes', { filter: 'ipv6.routing.rpl.pad' }),
        reserved: uint(20, 'Reserved', { filter: 'ipv6.routing.rpl.reserved' }),
      },
      { bare: true },
    ),
    'rpl.address': bytes(0, 'Address'),
    'srh.last_entry': uint(8, 'Last Entry'),
    'srh.flags': uint(8, 'Flags', { base: 16 }),
    'srh.tag': bytes(2, 'Tag'),
    'srh.addr': ipv6Address('Address'),
    unknown_data: bytes(0, 'Type-Specific Data'),
  },
  headerLength: (_read, view, start) => (view.getUint8(start + 1) + 1) * UNIT,
  next: { table: 'ipv6.nxt', value: (_read, view, start) => view.getUint8(start) },
  // RFC 8200, section 8.1: the pseudo-header has the final destination, which the last segment on the way puts in place.
  inspect: (_read, view, start, _end, walk) => {
    if (view.getUint8(start + 3) === 0) return;
    const type = view.getUint8(start + 2);
    const octets = (view.getUint8(start + 1) + 1) * UNIT;
    if (octets < UNIT + ADDRESS_OCTETS) return;
    // Segment Routing lists the way backwards: its first entry is the final one (RFC 8754, section 2).
    if (type === SEGMENT_ROUTING) walk.finalDestination = start + UNIT;
    else if (type === 0 || type === 2) walk.finalDestination = start + octets - ADDRESS_OCTETS;
  },
  body: (body, field, read) => {
    totalLength(body, field.len_oct);
    switch (read.type(body.view, body.start)) {
      case 0:
        body.take(field['src.reserved']);
        while (body.remaining >= ADDRESS_OCTETS) body.take(field['src.addr']);
        break;
      case 2:
        body.take(field['mipv6.reserved']);
        if (body.remaining >= ADDRESS_OCTETS) body.take(field['mipv6.home_address']);
        break;
      case 3: {
        const sizes = body.number(field.rplSizes);
        rplAddresses(body, field['rpl.address'], sizes);
        break;
      }
      case SEGMENT_ROUTING: {
        const last = body.number(field['srh.last_entry']);
        body.number(field['srh.flags']);
        body.take(field['srh.tag']);
        for (let i = 0; i <= last && body.remaining >= ADDRESS_OCTETS; i++) body.take(field['srh.addr']);
        break;
      }
      default:
    }
    if (body.remaining > 0) body.take(field.unknown_data, body.remaining);
  },
  info: (_layer, { view, start, end }) =>
    start + 4 > end
      ? 'IPv6 routing header'
      : `${routingTypes[view.getUint8(start + 2) as keyof typeof routingTypes] ?? 'Routing'}, segments left ${view.getUint8(start + 3)}`,
});

/** RFC 6554, section 3: addresses without the octets that they share with the destination. */
function rplAddresses(body: Body, address: Field, sizes: number): void {
  const internal = ADDRESS_OCTETS - (sizes >>> 28);
  const final = ADDRESS_OCTETS - ((sizes >>> 24) & 15);
  const padding = (sizes >>> 20) & 15;
  while (body.remaining - padding - final >= internal) body.take(address, internal);
  if (body.remaining - padding >= final) body.take(address, final);
}

/** Fragment header, RFC 8200 section 4.5. */
export const fragment = protocol('ipv6.fraghdr', 'Fragment Header for IPv6', {
  reference: 'RFC 8200, section 4.5',
  column: 'IPv6',
  carriedBy: { 'ip.proto': 44, 'ipv6.nxt': 44 },
  header: {
    nxt: uint(8, 'Next header', { labels: ipProtocols }),
    reserved_octet: uint(8, 'Reserved octet', { base: 16 }),
    offset: uint(13, 'Offset'),
    reserved_bits: uint(2, 'Reserved bits'),
    more: flag('More Fragments'),
    ident: uint(32, 'Identification', { base: 16 }),
  },
  inspect: (_read, view, start, _end, walk) => {
    const word = view.getUint16(start + 2);
    walk.fragmentOffset = word >> 3;
    walk.moreFragments = (word & 1) !== 0;
    // An atomic fragment (RFC 6946) is whole.
    if ((word & 0xfff9) !== 0 && !walk.quoted) walk.flags |= PacketFlag.fragment;
  },
  next: {
    table: 'ipv6.nxt',
    value: (_read, view, start) => (view.getUint16(start + 2) >> 3 === 0 ? view.getUint8(start) : -1),
  },
  info: (_layer, { view, start, end }) => {
    if (start + 8 > end) return 'IPv6 fragment';
    const word = view.getUint16(start + 2);
    const ident = view
      .getUint32(start + 4)
      .toString(16)
      .padStart(8, '0');
    return `IPv6 fragment (off=${word & 0xfff8} more=${(word & 1) === 0 ? 'n' : 'y'} ident=0x${ident} nxt=${view.getUint8(start)})`;
  },
});

function totalLength(body: Body, field: Field): void {
  body.derived(field, (body.view.getUint8(body.start + 1) + 1) * UNIT, undefined, body.start + 1);
}
