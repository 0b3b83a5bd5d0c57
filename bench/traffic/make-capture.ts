/** Makes a capture file of mixed traffic: `node make-capture.js FILE PACKETS [FLOWS]`. */

import { closeSync, openSync, writeSync } from 'node:fs';
import { pathToFileURL } from 'node:url';
import { Conversations } from './conversations.js';
import { planFlows } from './flow-plan.js';
import { FrameWriter } from './frame.js';

const RECORD_HEADER = 16;
const LARGEST_RECORD = RECORD_HEADER + 1514;
const CHUNK = 4 << 20;
/** 2026-01-01T00:00:00Z */
const START_SECONDS = 1767225600;
/** 100,000 packets a second, about 400 Mbit/s. */
const MICROSECONDS_BETWEEN = 10;
/** Packets of a flow on average. */
export const PACKETS_PER_FLOW = 100;

/**
 * Writes a pcap (microseconds, little-endian, Ethernet) of exactly `packets` packets in `flows` flows: TCP with
 * handshake, data and end, UDP, DNS; IPv4 and IPv6; about 520 octets a record. The same arguments make the same file.
 *
 * @returns octets written
 */
export function makeCapture(file: string, packets: number, flows = Math.ceil(packets / PACKETS_PER_FLOW)): number {
  const conversations = new Conversations(planFlows(flows, packets));
  const chunk = Buffer.alloc(CHUNK);
  const view = new DataView(chunk.buffer, chunk.byteOffset, chunk.length);
  const writer = new FrameWriter(chunk);
  const fd = openSync(file, 'w');
  try {
    let at = putFileHeader(view);
    let written = 0;
    const flush = () => {
      for (let done = 0; done < at; ) done += writeSync(fd, chunk, done, at - done);
      written += at;
      at = 0;
    };
    for (let number = 0; ; number++) {
      if (at + LARGEST_RECORD > CHUNK) flush();
      const length = conversations.next(writer, at + RECORD_HEADER);
      if (length === 0) break;
      const microseconds = number * MICROSECONDS_BETWEEN;
      view.setUint32(at, START_SECONDS + Math.floor(microseconds / 1e6), true);
      view.setUint32(at + 4, microseconds % 1e6, true);
      view.setUint32(at + 8, length, true);
      view.setUint32(at + 12, length, true);
      at += RECORD_HEADER + length;
    }
    flush();
    return written;
  } finally {
    closeSync(fd);
  }
}

/** draft-ietf-opsawg-pcap, section 4. */
function putFileHeader(view: DataView): number {
  view.setUint32(0, 0xa1b2c3d4, true);
  view.setUint16(4, 2, true);
  view.setUint16(6, 4, true);
  view.setUint32(16, 262144, true);
  view.setUint32(20, 1, true);
  return 24;
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  const [file, packets, flows] = process.argv.slice(2);
  if (file === undefined || !(Number(packets) > 0)) {
    process.stderr.write('usage: make-capture FILE PACKETS [FLOWS]\n');
    process.exit(2);
  }
  const octets = makeCapture(file, Number(packets), flows === undefined ? undefined : Number(flows));
  process.stdout.write(`${file}: ${octets} octets\n`);
}
