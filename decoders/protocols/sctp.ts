/** Stream Control Transmission Protocol, RFC 9260, with the chunks of its extensions. */

import { ChecksumStatus, checksumStatusLabels, transportChecksum } from '../core/checksum.js';
import { type Body, protocol, REST, uint } from '../core/index.js';
import { chunkFields, chunkNames, padding, readChunk } from './sctp-chunks.js';

const HEADER_OCTETS = 12;
const CHUNK_HEADER = 4;
const DATA = 0;
const DATA_HEADER = 16;
const CHECKSUM_AT = 8;

const CRC32C = Int32Array.from({ length: 256 }, (_, index) => {
  let value = index;
  // Castagnoli's polynomial, reflected (RFC 9260, appendix A).
  for (let bit = 0; bit < 8; bit++) value = (value & 1) === 0 ? value >>> 1 : (value >>> 1) ^ 0x82f63b78;
  return value;
});

/**
 * CRC-32C of the packet from `start` to `end`, with zeros in the place of the sum itself (RFC 9260, appendix A). In the packet
 * it stands with its least significant octet first.
 */
export function packetSum(view: DataView, start: number, end: number): number {
  let crc = -1;
  for (let at = start; at < end; at++) {
    const octet = at >= start + CHECKSUM_AT && at < start + HEADER_OCTETS ? 0 : view.getUint8(at);
    crc = CRC32C[(crc ^ octet) & 0xff] ^ (crc >>> 8);
  }
  return ~crc >>> 0;
}

/** Where the user data of the first DATA chunk stands: [at, to), or undefined without such a chunk. */
function findData(view: DataView, start: number, end: number): number {
  let at = start + HEADER_OCTETS;
  while (at + CHUNK_HEADER <= end) {
    const length = view.getUint16(at + 2);
    if (view.getUint8(at) === DATA && length > DATA_HEADER && at + DATA_HEADER <= end) return at;
    if (length < CHUNK_HEADER) return -1;
    at += length + padding(length);
  }
  return -1;
}

/** SCTP; its payload is the user data of the first DATA chunk, and what follows that is read as its trailer. */
export const sctp = protocol('sctp', 'Stream Control Transmission Protocol', {
  reference: 'RFC 9260, section 3',
  role: 'transport',
  carriedBy: { 'ip.proto': 132, 'ipv6.nxt': 132, 'udp.port': 9899 },
  header: {
    srcport: uint(16, 'Source port', { column: 'sourcePort' }),
    dstport: uint(16, 'Destination port', { column: 'destinationPort' }),
    verification_tag: uint(32, 'Verification tag', { base: 16 }),
    checksum: uint(32, 'Checksum', { base: 16 }),
  },
  fields: {
    'checksum.status': uint(8, 'Checksum Status', { labels: checksumStatusLabels }),
    ...chunkFields,
  },
  either: { port: ['srcport', 'dstport'] },
  headerLength: (_read, view, start, end) => {
    const data = findData(view, start, end);
    return data < 0 ? REST : data + DATA_HEADER - start;
  },
  payloadEnd: (_read, view, start, end, walk) => {
    const data = findData(view, start, end < walk.capturedEnd ? end : walk.capturedEnd);
    return data < 0 ? end : Math.min(end, data + view.getUint16(data + 2));
  },
  next: [
    {
      table: 'sctp.ppi',
      value: (_read, view, start, end, walk) => {
        const data = findData(view, start, end < walk.capturedEnd ? end : walk.capturedEnd);
        return data < 0 ? -1 : view.getUint32(data + 12);
      },
    },
    { table: 'sctp.port', value: (read, view, start) => read.srcport(view, start) },
    { table: 'sctp.port', value: (read, view, start) => read.dstport(view, start) },
  ],
  body: (body, field, read) => {
    const { view, start, walk, depth } = body;
    const end = depth > 0 ? walk.end[depth - 1] : walk.capturedEnd;
    const whole = end <= walk.capturedEnd && walk.fragmented[depth] === 0 && !body.quoted;
    // The sum is sent with its least significant octet first.
    const good = whole && packetSum(view, start, end) === view.getUint32(start + CHECKSUM_AT, true);
    const status = whole ? (good ? ChecksumStatus.good : ChecksumStatus.bad) : ChecksumStatus.unverified;
    const offloaded = status === ChecksumStatus.bad && read.checksum(view, start) === 0;
    if (offloaded) {
      body.derived(field['checksum.status'], status, undefined, start + CHECKSUM_AT);
      body.report('offload', 'the SCTP checksum is 0: the network card was to compute it');
    } else transportChecksum(body, field['checksum.status'], status, start + CHECKSUM_AT, 'SCTP checksum');
    while (body.remaining > 0) readChunk(body, field);
  },
  trailer: (body, field) => {
    const odd = padding(body.start - body.layerStart);
    if (odd > 0 && body.remaining > 0) body.take(field.chunk_padding, Math.min(odd, body.remaining));
    while (body.remaining > 0) readChunk(body, field);
  },
  info: (_layer, body) => summary(body),
});

/** The names of the chunks, as the list shows them. */
function summary({ view, start, walk, depth }: Body): string {
  let out = '';
  const end = Math.min(depth > 0 ? walk.end[depth - 1] : walk.capturedEnd, walk.capturedEnd);
  let at = start + HEADER_OCTETS;
  while (at + CHUNK_HEADER <= end) {
    const type = view.getUint8(at);
    const length = view.getUint16(at + 2);
    out += `${chunkNames[type] ?? 'UNKNOWN'} `;
    if (type === DATA && at + 8 <= end) out += `(TSN=${view.getUint32(at + 4)}) `;
    if (type === 3 && at + 12 <= end) out += `(Ack=${view.getUint32(at + 4)}, Arwnd=${view.getUint32(at + 8)}) `;
    if (length < CHUNK_HEADER) break;
    at += length + padding(length);
  }
  return out;
}
