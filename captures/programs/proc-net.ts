/** `/proc/net/{tcp,udp,raw,icmp}*` (proc(5)): what the kernel tells of sockets in text. */

import { readFileSync } from 'node:fs';
import { AF_INET, AF_INET6, LITTLE_ENDIAN, RECORD, RECORD_BYTES } from './diag-record.js';

/** `sl: local:port remote:port state tx:rx timer:when retrans uid timeout inode …`, all but the last three in hex. */
const LINE =
  /^\s*\d+: ([\dA-F]+):([\dA-F]{4}) ([\dA-F]+):([\dA-F]{4}) ([\dA-F]{2}) ([\dA-F]{8}):([\dA-F]{8}) \S+ \S+\s+(\d+)\s+\d+ (\d+)/;

/** Above any inode: the numbers that stand for sockets without one. */
const WITHOUT_INODE = 2 ** 33;

/**
 * The sockets of one file as records.
 *
 * @returns null when there is no such file
 */
export function readProcNet(name: string): Uint8Array | null {
  let text: string;
  try {
    text = readFileSync(`/proc/net/${name}`, 'latin1');
  } catch {
    // The kernel was built without that protocol.
    return null;
  }
  return parseProcNet(text);
}

/** The lines of such a file as records; what is no such line is left out. */
export function parseProcNet(text: string): Uint8Array {
  const lines = text.split('\n');
  const records = new Uint8Array(lines.length * RECORD_BYTES);
  const view = new DataView(records.buffer);
  let at = 0;
  for (const line of lines) {
    const parts = LINE.exec(line);
    if (parts === null || parts[1].length !== parts[3].length) continue;
    if (parts[1].length !== 8 && parts[1].length !== 32) continue;
    const [, local, localPort, remote, remotePort, state, sent, received, uid, inode] = parts;
    view.setUint8(at + RECORD.family, local.length === 8 ? AF_INET : AF_INET6);
    view.setUint8(at + RECORD.state, Number.parseInt(state, 16));
    view.setUint16(at + RECORD.localPort, Number.parseInt(localPort, 16));
    view.setUint16(at + RECORD.remotePort, Number.parseInt(remotePort, 16));
    writeWords(view, at + RECORD.local, local);
    writeWords(view, at + RECORD.remote, remote);
    const cookie = Number(inode) === 0 ? WITHOUT_INODE + hash(local + localPort + remote + remotePort) : Number(inode);
    view.setUint32(at + RECORD.cookie, cookie % 2 ** 32, LITTLE_ENDIAN);
    view.setUint32(at + RECORD.cookie + 4, Math.floor(cookie / 2 ** 32), LITTLE_ENDIAN);
    view.setUint32(at + RECORD.receiveQueue, Number.parseInt(received, 16), LITTLE_ENDIAN);
    view.setUint32(at + RECORD.sendQueue, Number.parseInt(sent, 16), LITTLE_ENDIAN);
    view.setUint32(at + RECORD.uid, Number(uid), LITTLE_ENDIAN);
    view.setUint32(at + RECORD.inode, Number(inode), LITTLE_ENDIAN);
    at += RECORD_BYTES;
  }
  return records.subarray(0, at);
}

/** An address stands there as words in the machine's order, each of which has its octets in network order. */
function writeWords(view: DataView, at: number, hex: string): void {
  for (let digit = 0; digit < hex.length; digit += 8)
    view.setUint32(at + digit / 2, Number.parseInt(hex.slice(digit, digit + 8), 16), LITTLE_ENDIAN);
}

function hash(text: string): number {
  let value = 0x811c9dc5;
  for (let i = 0; i < text.length; i++) value = Math.imul(value ^ text.charCodeAt(i), 0x01000193);
  return value >>> 0;
}
