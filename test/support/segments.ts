/** TCP segments in Ethernet frames, as somebody writes a conversation down: for tests of what tells about their order. */

import type { TestPacket } from './packets.js';

export interface WrittenSegment {
  /** Milliseconds since the first. */
  readonly at: number;
  /** From the server, 10.0.0.2 port 80; otherwise from the client, 10.0.0.1 port `port`. */
  readonly back?: boolean;
  readonly port?: number;
  readonly seq: number;
  /** Without it, the segment has no ACK. */
  readonly ack?: number;
  readonly flags?: 'S' | 'F' | 'R' | 'P' | '';
  readonly length?: number;
  readonly window?: number;
  /** Options in hexadecimal digits; a multiple of four octets. */
  readonly options?: string;
}

const bits = { S: 2, F: 1, R: 4, P: 8, '': 0 };
const START = 1_700_000_000_000_000_000n;

/** The frame of a segment; its checksums are left out. */
export function segmentFrame(segment: WrittenSegment): Buffer {
  const { back = false, port = 40000, seq, ack, flags = '', length = 0, window = 1000, options = '' } = segment;
  const extra = Buffer.from(options, 'hex');
  const frame = Buffer.alloc(54 + extra.length + length, 0x61);
  frame.fill(0, 0, 54);
  frame.set([2, 0, 0, 0, 0, 2, 2, 0, 0, 0, 0, 1, 8, 0, 0x45, 0]);
  frame.writeUInt16BE(40 + extra.length + length, 16);
  frame.set([64, 6, 0, 0, 10, 0, 0, back ? 2 : 1, 10, 0, 0, back ? 1 : 2], 22);
  frame.writeUInt16BE(back ? 80 : port, 34);
  frame.writeUInt16BE(back ? port : 80, 36);
  frame.writeUInt32BE(seq >>> 0, 38);
  frame.writeUInt32BE((ack ?? 0) >>> 0, 42);
  frame.set([(5 + extra.length / 4) << 4, bits[flags] | (ack === undefined ? 0 : 16)], 46);
  frame.writeUInt16BE(window, 48);
  frame.set(extra, 54);
  return frame;
}

export function segmentPackets(segments: readonly WrittenSegment[]): TestPacket[] {
  return segments.map((segment) => ({
    time: START + BigInt(Math.round(segment.at * 1000)) * 1000n,
    data: segmentFrame(segment),
  }));
}

/** A handshake from ISN `client` and `server`, one millisecond a step, as the beginning of a conversation. */
export function handshake(client: number, server: number, at = 0, port = 40000): WrittenSegment[] {
  return [
    { at, port, seq: client, flags: 'S', options: '020405b4' },
    { at: at + 1, port, back: true, seq: server, ack: client + 1, flags: 'S', options: '020405b4' },
    { at: at + 2, port, seq: client + 1, ack: server + 1 },
  ];
}
