/** The user data of SCTP packets (RFC 9260, section 3.3.1), each chunk once. */

import type { TransportPacket } from './flow-packets.js';
import type { Said } from './said.js';

const HEADER = 12;
const CHUNK_HEADER = 4;
const DATA = 0;
const DATA_HEADER = 16;
/** Transmission sequence numbers that are remembered for each direction; a window is far smaller. */
const REMEMBERED = 4096;

export class SctpData {
  private readonly seen = { client: new Set<number>(), server: new Set<number>() };

  read({ view, offset, number, fromServer, capturedEnd, time }: TransportPacket): Said[] {
    const from = fromServer ? 'server' : 'client';
    const seen = this.seen[from];
    const said: Said[] = [];
    // The summary's end is that of the first DATA chunk: the packet's is where the captured octets end.
    for (let at = offset + HEADER; at + CHUNK_HEADER <= capturedEnd; ) {
      const length = view.getUint16(at + 2);
      if (length < CHUNK_HEADER) break;
      if (view.getUint8(at) === DATA && length >= DATA_HEADER && at + DATA_HEADER <= capturedEnd) {
        const tsn = view.getUint32(at + 4);
        if (!seen.has(tsn)) {
          remember(seen, tsn);
          const stop = Math.min(at + length, capturedEnd);
          const start = at + DATA_HEADER;
          const bytes = new Uint8Array(view.buffer, view.byteOffset + start, stop - start).slice();
          said.push({ from, packet: number, time, bytes, stream: view.getUint16(at + 8) });
          if (at + length > stop) said.push({ from, gap: at + length - stop });
        }
      }
      at += length + ((4 - (length & 3)) & 3);
    }
    return said;
  }
}

function remember(seen: Set<number>, tsn: number): void {
  seen.add(tsn);
  if (seen.size <= REMEMBERED) return;
  const [oldest] = seen;
  seen.delete(oldest);
}
