/** Made-up conversations over Ethernet and IPv4 between 10.0.0.1 (the client) and 10.0.0.2, for streams and ladders. */
import { START, type TestPacket } from './packets.js';

export const CLIENT = { address: '10.0.0.1', port: 40000 };
export const SERVER = { address: '10.0.0.2', port: 80 };
const FLAGS: Readonly<Record<string, number>> = { F: 1, S: 2, R: 4, P: 8, A: 16, U: 32 };

export interface Segment {
  /** `>`: from the client; `<`: from the server. */
  readonly from: '>' | '<';
  readonly seq: number;
  readonly ack?: number;
  /** Letters of the control bits; `A` is added where there is an `ack`. Default only that. */
  readonly flags?: string;
  readonly data?: string | Uint8Array;
  readonly window?: number;
}

/** A segment in Ethernet; its checksums are left out. */
export function segmentFrame({ from, seq, ack, flags = '', data = '', window = 64240 }: Segment): Buffer {
  const payload = typeof data === 'string' ? Buffer.from(data) : Buffer.from(data);
  const frame = Buffer.alloc(54 + payload.length);
  frame.set([2, 0, 0, 0, 0, 2, 2, 0, 0, 0, 0, 1, 8, 0, 0x45, 0]);
  frame.writeUInt16BE(40 + payload.length, 16);
  const ends = from === '>' ? [CLIENT, SERVER] : [SERVER, CLIENT];
  frame.set([64, 6, 0, 0, ...ends.flatMap(({ address }) => address.split('.').map(Number))], 22);
  frame.writeUInt16BE(ends[0].port, 34);
  frame.writeUInt16BE(ends[1].port, 36);
  frame.writeUInt32BE(seq >>> 0, 38);
  frame.writeUInt32BE((ack ?? 0) >>> 0, 42);
  frame[46] = 0x50;
  for (const letter of flags) frame[47] |= FLAGS[letter];
  if (ack !== undefined) frame[47] |= 16;
  frame.writeUInt16BE(window, 48);
  frame.set(payload, 54);
  return frame;
}

/** Packets a millisecond apart. */
export function packetsOf(frames: readonly Uint8Array[]): TestPacket[] {
  return frames.map((data, index) => ({ time: START + BigInt(index) * 1_000_000n, data }));
}

/** A handshake, then what the two say in turns, each acknowledged by the next; at the end both close. */
export function conversation(turns: readonly (readonly ['>' | '<', string | Uint8Array])[]): Segment[] {
  const next = { '>': 1001, '<': 5001 };
  const segments: Segment[] = [
    { from: '>', seq: 1000, flags: 'S' },
    { from: '<', seq: 5000, ack: 1001, flags: 'S' },
    { from: '>', seq: 1001, ack: 5001 },
  ];
  for (const [from, data] of turns) {
    const other = from === '>' ? '<' : '>';
    segments.push({ from, seq: next[from], ack: next[other], flags: 'P', data });
    next[from] += Buffer.byteLength(data);
  }
  segments.push(
    { from: '>', seq: next['>'], ack: next['<'], flags: 'F' },
    { from: '<', seq: next['<'], ack: next['>'] + 1, flags: 'F' },
    { from: '>', seq: next['>'] + 1, ack: next['<'] + 1 },
  );
  return segments;
}
