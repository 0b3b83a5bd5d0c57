import {
  ChecksumStatus,
  checkCovered,
  checksumStatusLabels,
  flagTransport,
  transportChecksum,
} from '../core/checksum.js';
import { bytes, protocol, uint, type Walk } from '../core/index.js';

const PROTOCOL_NUMBER = 136;
const HEADER_OCTETS = 8;

/** Lightweight User Datagram Protocol, RFC 3828: the checksum may cover only the beginning. */
export const udplite = protocol('udplite', 'Lightweight User Datagram Protocol', {
  reference: 'RFC 3828, section 3',
  role: 'transport',
  column: 'UDP-Lite',
  prefix: 'udp',
  carriedBy: { 'ip.proto': PROTOCOL_NUMBER, 'ipv6.nxt': PROTOCOL_NUMBER },
  header: {
    srcport: uint(16, 'Source Port', { column: 'sourcePort' }),
    dstport: uint(16, 'Destination Port', { column: 'destinationPort' }),
    checksum_coverage: uint(16, 'Checksum coverage', { unit: 'bytes' }),
    checksum: uint(16, 'Checksum', { base: 16 }),
  },
  fields: {
    'checksum.status': uint(8, 'Checksum Status', { labels: checksumStatusLabels }),
    payload: bytes(0, 'UDP payload'),
  },
  next: { table: 'udp.port', ports: ['srcport', 'dstport'] },
  inspect: (_read, view, start, end, walk) => {
    flagTransport(walk, status(view, walk, walk.depth, start, end));
  },
  body: (body, field) => {
    const { view, walk, depth, start } = body;
    const sum = status(view, walk, depth, start, walk.end[depth]);
    transportChecksum(body, field['checksum.status'], sum, start + 6, 'UDP-Lite checksum');
    const coverage = view.getUint16(start + 4);
    if ((coverage > 0 && coverage < HEADER_OCTETS) || coverage > walk.end[depth] - start)
      body.report('malformed', `a checksum coverage of ${coverage} octets cannot be`);
    const end = Math.min(walk.end[depth], walk.capturedEnd);
    if (end > body.end) body.behind(field.payload, end);
  },
  info: (_layer, { view, start, end, walk, depth }) => {
    if (start + HEADER_OCTETS > end) return 'Cut UDP-Lite header';
    const ports = `${view.getUint16(start)} → ${view.getUint16(start + 2)}`;
    return `${ports} Len=${walk.end[depth] - start - HEADER_OCTETS}`;
  },
});

/** Coverage 0 is all of the packet; the pseudo-header has the packet's length in any case (RFC 3828, section 3.1). */
function status(view: DataView, walk: Walk, depth: number, start: number, end: number): number {
  const length = end - start;
  const coverage = view.getUint16(start + 4) === 0 ? length : view.getUint16(start + 4);
  if (coverage < HEADER_OCTETS || coverage > length) return ChecksumStatus.bad;
  return checkCovered(view, walk, depth, start, end, PROTOCOL_NUMBER, coverage);
}
