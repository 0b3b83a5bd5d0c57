/**
 * The process that sends by the npm package `raw-socket`, started by raw-output.ts with Node's IPC: the package may abort
 * the process that it is in. Its sockets are of IPPROTO_RAW with IP_HDRINCL: IP's header is the sender's own (raw(7)).
 */

import { EPB, nextBlock, nextPacket, viewOf } from '../formats/epb.js';
import { loadRawSocket, type RawSocket, type RawSocketPackage } from '../sources/raw-socket.js';
import { CaptureError } from '../sources/source.js';
import { addressText } from './destinations.js';
import { addressesOf, LinkType, readHeaders } from './headers.js';
import type { FromRawHost, ToRawHost } from './raw-messages.js';

/** Nothing is received by such a socket. */
const IPPROTO_RAW = 255;
const NANOSECONDS = 1e6;

const sockets = new Map<4 | 16, RawSocket>();

function say(message: FromRawHost): void {
  // The parent may be gone; `disconnect` then ends this process.
  if (process.connected) process.send?.(message);
}

function open(raw: RawSocketPackage, length: 4 | 16): RawSocket {
  const { AddressFamily, SocketLevel, SocketOption } = raw;
  const addressFamily = length === 4 ? AddressFamily.IPv4 : AddressFamily.IPv6;
  const socket = raw.createSocket({ addressFamily, protocol: IPPROTO_RAW, bufferSize: 64 });
  // IPv6 has its own option for this since Linux 4.20; a socket of IPPROTO_RAW implies it in all versions.
  if (length === 4) {
    socket.setOption(SocketLevel.IPPROTO_IP, SocketOption.IP_HDRINCL, 1);
    // Without it, the kernel refuses broadcasts (socket(7)); where packets may go is decided before they come here.
    socket.setOption(SocketLevel.SOL_SOCKET, SocketOption.SO_BROADCAST, 1);
  }
  socket.on('error', (error) => process.emitWarning(error));
  return socket;
}

/** Resolves when the kernel has taken the packet. */
function sendOne(raw: RawSocketPackage, packet: DataView): Promise<void> {
  const headers = readHeaders(packet, LinkType.raw);
  if (headers === undefined) return Promise.reject(new Error('the packet has no IP header'));
  const { destination, length } = addressesOf(headers);
  let socket = sockets.get(length);
  if (socket === undefined) {
    socket = open(raw, length);
    sockets.set(length, socket);
  }
  const bytes = Buffer.from(packet.buffer, packet.byteOffset, packet.byteLength);
  const to = addressText(new Uint8Array(packet.buffer, packet.byteOffset + destination, length));
  const chosen = socket;
  return new Promise((resolve, reject) => {
    chosen.send(bytes, 0, bytes.length, to, undefined, (error) => (error === null ? resolve() : reject(error)));
  });
}

async function send(raw: RawSocketPackage, { blocks, due }: ToRawHost): Promise<void> {
  const view = viewOf(blocks);
  const times = new Float64Array(due.length);
  let sent = 0;
  try {
    const end = blocks.length;
    for (let at = nextPacket(view, 0, end); at >= 0; at = nextPacket(view, nextBlock(view, at), end)) {
      const wait = due[sent] / NANOSECONDS - Number(process.hrtime.bigint()) / NANOSECONDS;
      if (wait > 0) await new Promise((resolve) => setTimeout(resolve, wait));
      const captured = view.getUint32(at + EPB.captured, true);
      await sendOne(raw, new DataView(blocks.buffer, blocks.byteOffset + at + EPB.data, captured));
      times[sent++] = performance.timeOrigin + performance.now();
    }
    say({ say: 'sent', times });
  } catch (error) {
    say({ say: 'sent', times: times.slice(0, sent), error: error instanceof Error ? error.message : String(error) });
  }
}

async function start(): Promise<void> {
  try {
    const raw = await loadRawSocket();
    sockets.set(4, open(raw, 4));
    process.on('message', (message: ToRawHost) => {
      void send(raw, message);
    });
    say({ say: 'opened' });
  } catch (error) {
    if (error instanceof CaptureError) {
      const { code, message, hint } = error;
      say({ say: 'failed', code, message, ...(hint === undefined ? {} : { hint }) });
    } else {
      const message = error instanceof Error ? error.message : String(error);
      say({ say: 'failed', code: /permi/i.test(message) ? 'no-permission' : 'io', message });
    }
  }
}

// The parent decides when to end: a Ctrl-C in the terminal reaches this process too.
process.on('SIGINT', () => undefined);
process.on('disconnect', () => process.exit(0));
await start();
