import {
  ChecksumStatus,
  checksumStatusLabels,
  checkTransport,
  flagTransport,
  transportChecksum,
} from '../core/checksum.js';
import { bytes, int, ipv4Address, onesComplementSum, protocol, uint, type Walk } from '../core/index.js';
import { icmpCodes, icmpTypes } from '../labels/icmp.js';
import { extensionFields, readExtensions } from './icmp-extensions.js';

const PROTOCOL_NUMBER = 1;
const UNREACHABLE = 3;
const QUENCH = 4;
const REDIRECT = 5;
const EXCEEDED = 11;
const PARAMETER = 12;

/** Errors quote the packet that they are about: destination unreachable, source quench, redirect, time exceeded, parameter problem. */
function isError(type: number): boolean {
  return type === UNREACHABLE || type === QUENCH || type === REDIRECT || type === EXCEEDED || type === PARAMETER;
}

/** Errors that may carry extensions have the length of what they quote, in 32-bit words, in their sixth octet (RFC 4884). */
function quotedOctets(view: DataView, start: number): number {
  const type = view.getUint8(start);
  return type === UNREACHABLE || type === EXCEEDED || type === PARAMETER ? view.getUint8(start + 5) * 4 : 0;
}

/** Octets of the quotation behind which equipment from before RFC 4884 put extensions without saying so (section 5.5). */
const UNANNOUNCED_QUOTE = 128;
const EXTENSION_VERSION = 2;

/** Whether extensions stand there all the same: their version and their checksum say so. */
function hasUnannounced(view: DataView, start: number, end: number): boolean {
  const at = start + 8 + UNANNOUNCED_QUOTE;
  if (at + 8 > end || view.getUint8(at) >> 4 !== EXTENSION_VERSION) return false;
  return view.getUint16(at + 2) !== 0 && onesComplementSum(view, at, end - at) === 0xffff;
}

/** Octets of a message's header; what follows is data, or the packet that an error quotes. */
function headerLength(view: DataView, start: number, end: number): number {
  const type = view.getUint8(start);
  if (
    isError(type) ||
    type === 0 ||
    type === 8 ||
    type === 10 ||
    type === 15 ||
    type === 16 ||
    type === 42 ||
    type === 43
  )
    return 8;
  if (type === 9) return start + 8 > end ? 8 : 8 + view.getUint8(start + 4) * view.getUint8(start + 5) * 4;
  if (type === 13 || type === 14) return 20;
  if (type === 17 || type === 18) return 12;
  return 4;
}

/** The checksum covers all of IP's payload, also the extensions behind a quoted packet. */
function messageEnd(walk: Walk, depth: number): number {
  return depth === 0 ? walk.end[0] : walk.end[depth - 1];
}

/** Internet Control Message Protocol, RFC 792. */
export const icmp = protocol('icmp', 'Internet Control Message Protocol', {
  reference: 'RFC 792, RFC 1191, RFC 4884',
  role: 'quotes',
  carriedBy: { 'ip.proto': PROTOCOL_NUMBER, 'ipv6.nxt': PROTOCOL_NUMBER },
  header: {
    type: uint(8, 'Type', { labels: icmpTypes }),
    code: uint(8, 'Code'),
    checksum: uint(16, 'Checksum', { base: 16 }),
  },
  fields: {
    'checksum.status': uint(8, 'Checksum Status', { labels: checksumStatusLabels }),
    ident: uint(16, 'Identifier (BE)'),
    ident_le: uint(16, 'Identifier (LE)'),
    seq: uint(16, 'Sequence Number (BE)'),
    seq_le: uint(16, 'Sequence Number (LE)'),
    unused: bytes(0, 'Unused'),
    length: uint(8, 'Length'),
    'length.original_datagram': uint(8, 'Length of original datagram', { unit: 'bytes' }),
    mtu: uint(16, 'MTU of next hop'),
    redir_gw: ipv4Address('Gateway Address'),
    pointer: uint(8, 'Pointer'),
    reserved: bytes(0, 'Reserved'),
    num_addrs: uint(8, 'Number of addresses'),
    addr_entry_size: uint(8, 'Address entry size'),
    lifetime: uint(16, 'Lifetime', { unit: 's' }),
    router_address: ipv4Address('Router address'),
    pref_level: int(32, 'Preference level'),
    originate_timestamp: uint(32, 'Originate Timestamp', { unit: 'ms after midnight UTC' }),
    receive_timestamp: uint(32, 'Receive Timestamp', { unit: 'ms after midnight UTC' }),
    transmit_timestamp: uint(32, 'Transmit Timestamp', { unit: 'ms after midnight UTC' }),
    address_mask: ipv4Address('Address Mask'),
    'ext.echo.seq': uint(8, 'Sequence Number'),
    'ext.echo.flags': uint(8, 'Flags', { base: 16 }),
    ...extensionFields,
  },
  headerLength: (_read, view, start, end) => headerLength(view, start, end),
  payloadEnd: (_read, view, start, end, walk) => {
    const type = view.getUint8(start);
    if (type !== UNREACHABLE && type !== EXCEEDED && type !== PARAMETER) return end;
    const octets = quotedOctets(view, start);
    if (octets !== 0) return start + 8 + octets < end ? start + 8 + octets : end;
    return end <= walk.capturedEnd && hasUnannounced(view, start, end) ? start + 8 + UNANNOUNCED_QUOTE : end;
  },
  next: {
    table: 'raw.version',
    value: (_read, view, start, _end, walk) => {
      if (!isError(view.getUint8(start)) || start + 8 >= walk.capturedEnd) return -1;
      return view.getUint8(start + 8) >> 4 === 4 ? 4 : -1;
    },
  },
  inspect: (_read, view, start, _end, walk) => {
    flagTransport(
      walk,
      checkTransport(view, walk, walk.depth, start, messageEnd(walk, walk.depth), -1, view.getUint16(start + 2)),
    );
  },
  body: (body, field, read) => {
    const { view, walk, depth, start } = body;
    const type = read.type(view, start);
    const checksum = read.checksum(view, start);
    // As in Wireshark, a quoted message is not verified.
    const sum = body.quoted
      ? ChecksumStatus.unverified
      : checkTransport(view, walk, depth, start, messageEnd(walk, depth), -1, checksum);
    transportChecksum(body, field['checksum.status'], sum, start + 2, 'ICMP checksum');
    switch (type) {
      case 0:
      case 8:
      case 15:
      case 16:
        identified();
        break;
      case UNREACHABLE:
        if (read.code(view, start) === 4) {
          quoteLength(2);
          body.number(field.mtu);
        } else quoteLength(4);
        break;
      case QUENCH:
        body.take(field.unused, 4);
        break;
      case REDIRECT:
        body.take(field.redir_gw);
        break;
      case EXCEEDED:
        quoteLength(4);
        break;
      case PARAMETER:
        body.number(field.pointer);
        quoteLength(3);
        break;
      case 9:
        routerAdvertisement();
        break;
      case 10:
        body.take(field.reserved, 4);
        break;
      case 13:
      case 14:
        identified();
        body.number(field.originate_timestamp);
        body.number(field.receive_timestamp);
        body.number(field.transmit_timestamp);
        break;
      case 17:
      case 18:
        identified();
        body.take(field.address_mask);
        break;
      case 42:
      case 43:
        both(field.ident, field.ident_le);
        body.number(field['ext.echo.seq']);
        body.number(field['ext.echo.flags']);
        break;
      default:
    }

    function both(big: typeof field.ident, little: typeof field.ident): void {
      const at = body.position;
      body.number(big);
      body.derived(little, view.getUint16(at, true), undefined, at, 2);
    }

    function identified(): void {
      both(field.ident, field.ident_le);
      both(field.seq, field.seq_le);
    }

    /** The sixth octet is a length only where there is one (RFC 4884); otherwise it is as unused as those around it. */
    function quoteLength(octets: number): void {
      const quoted = quotedOctets(view, start);
      if (quoted === 0) {
        body.take(field.unused, octets);
        return;
      }
      const end = body.position + octets;
      if (body.position < start + 5) body.take(field.unused, start + 5 - body.position);
      body.number(field.length);
      body.derived(field['length.original_datagram'], quoted, undefined, start + 5);
      if (body.position < end) body.take(field.unused, end - body.position);
    }

    /** RFC 1256, section 3; an entry is an address and a preference, and may be longer some day. */
    function routerAdvertisement(): void {
      const count = body.number(field.num_addrs);
      const words = body.number(field.addr_entry_size);
      body.number(field.lifetime);
      for (let i = 0; i < count && words >= 2 && body.remaining > 0; i++) {
        body.take(field.router_address);
        body.number(field.pref_level);
        if (words > 2) body.skip((words - 2) * 4);
      }
    }
  },
  trailer: (body, field) => {
    // What is behind a quoted packet but inside its declared length is padding, and becomes a gap.
    if (body.start === body.walk.end[body.depth] && body.remaining >= 4) readExtensions(body, field);
  },
  info: (_layer, { view, start, end, walk, depth }) => {
    if (start + 2 > end) return 'Cut ICMP header';
    const type = view.getUint8(start);
    const code = view.getUint8(start + 1);
    const name = icmpTypes[type];
    if (name === undefined) return `Unknown ICMP type ${type}, code ${code}`;
    const codes = icmpCodes[type];
    // Wireshark writes the names in a column of 20 characters.
    if (codes !== undefined) return `${name.padEnd(20)} (${codes[code] ?? `Unknown code: ${code}`})`;
    if (!hasSequence(type) || start + 8 > end) return name;
    const id = view
      .getUint16(start + 4)
      .toString(16)
      .padStart(4, '0');
    const sequence = `${view.getUint16(start + 6)}/${view.getUint16(start + 6, true)}`;
    const network = walk.networkUnder[depth];
    const ttl = network < 0 ? '' : `, ttl=${view.getUint8(walk.start[network] + 8)}`;
    return `${name.padEnd(20)} id=0x${id}, seq=${sequence}${ttl}`;
  },
});

/** Queries and replies that have an identifier and a sequence number. */
function hasSequence(type: number): boolean {
  return type === 0 || type === 8 || (type >= 13 && type <= 18);
}
