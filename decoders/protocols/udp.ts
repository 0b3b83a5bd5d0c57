import {
  ChecksumStatus,
  checksumStatusLabels,
  checkTransport,
  flagTransport,
  transportChecksum,
} from '../core/checksum.js';
import { bytes, protocol, uint } from '../core/index.js';
import { notesOf, readStream, streamFields } from './tcp-analysis-fields.js';

const PROTOCOL_NUMBER = 17;

/** User Datagram Protocol, RFC 768. */
export const udp = protocol('udp', 'User Datagram Protocol', {
  reference: 'RFC 768',
  role: 'transport',
  carriedBy: { 'ip.proto': PROTOCOL_NUMBER, 'ipv6.nxt': PROTOCOL_NUMBER },
  header: {
    srcport: uint(16, 'Source Port', { column: 'sourcePort' }),
    dstport: uint(16, 'Destination Port', { column: 'destinationPort' }),
    length: uint(16, 'Length', { unit: 'bytes' }),
    checksum: uint(16, 'Checksum', { base: 16 }),
  },
  fields: {
    'checksum.status': uint(8, 'Checksum Status', { labels: checksumStatusLabels }),
    ...streamFields,
    payload: bytes(0, 'UDP payload'),
  },
  either: { port: ['srcport', 'dstport'] },
  // Length 0 over IPv6 is a jumbogram (RFC 2675, section 4), and on a super-frame the length did not fit. A first
  // fragment carries only the beginning of the datagram that its length describes.
  payloadEnd: (_read, view, start, end, walk) => {
    const length = view.getUint16(start + 4);
    return length === 0 || walk.moreFragments ? end : start + length;
  },
  next: { table: 'udp.port', ports: ['srcport', 'dstport'] },
  inspect: (_read, view, start, end, walk) => {
    flagTransport(walk, checkUdp(view, walk, walk.depth, start, end, view.getUint16(start + 6)));
  },
  body: (body, field, read) => {
    const { view, walk, depth, start } = body;
    const length = view.getUint16(start + 4);
    const notes = notesOf(body);
    if (notes !== undefined) readStream(body, field, notes);
    // Nothing behind a length that cannot be is believed.
    if (length !== 0 && length < 8) return;
    const sum = checkUdp(view, walk, depth, start, walk.end[depth], read.checksum(view, start));
    transportChecksum(body, field['checksum.status'], sum, start + 6, 'UDP checksum');
    const end = Math.min(walk.end[depth], walk.capturedEnd);
    if (end > body.end) body.behind(field.payload, end);
  },
  info: (_layer, { view, start, end, walk, depth }) => {
    if (start + 8 > end) return 'Cut UDP header';
    const ports = `${view.getUint16(start)} → ${view.getUint16(start + 2)}`;
    const length = view.getUint16(start + 4);
    if (length > 0 && length < 8) return `${ports} [BAD UDP LENGTH ${length} < 8]`;
    return `${ports} Len=${length === 0 ? walk.end[depth] - start - 8 : length - 8}`;
  },
});

/** What is to be said of the checksum of a datagram, as `checkTransport` says it. */
export function checkUdp(
  view: DataView,
  walk: Parameters<typeof checkTransport>[1],
  depth: number,
  start: number,
  end: number,
  field: number,
): number {
  if (field !== 0) return checkTransport(view, walk, depth, start, end, PROTOCOL_NUMBER, field);
  // RFC 768: an all-zero checksum means that none was made; RFC 8200, section 8.1: IPv6 forbids that.
  const network = walk.networkUnder[depth];
  return network >= 0 && view.getUint8(walk.start[network]) >> 4 === 6 ? ChecksumStatus.illegal : ChecksumStatus.absent;
}
