/** Addresses between the summary's words, the index's octets in network byte order, and text. */

import { etherText, ipv4Text, ipv6Text } from '../../decoders/core/format.js';
import { AddressFamily } from '../../decoders/core/index.js';

/** The octets of an address held as four words at `row`: 4 for IPv4, 16 for IPv6, 6 for Ethernet. */
export function addressBytes(family: number, words: Uint32Array, row: number): Buffer {
  const at = row * 4;
  if (family === AddressFamily.ipv4) {
    const bytes = Buffer.allocUnsafe(4);
    bytes.writeUInt32BE(words[at]);
    return bytes;
  }
  if (family === AddressFamily.ether) {
    const bytes = Buffer.allocUnsafe(6);
    bytes.writeUInt16BE(words[at]);
    bytes.writeUInt32BE(words[at + 1], 2);
    return bytes;
  }
  const bytes = Buffer.allocUnsafe(16);
  for (let i = 0; i < 4; i++) bytes.writeUInt32BE(words[at + i], i * 4);
  return bytes;
}

/** Writes an address of 4, 16 or 6 octets into the four words at `row`. */
export function addressWords(bytes: Buffer, words: Uint32Array, row: number): void {
  const at = row * 4;
  words.fill(0, at, at + 4);
  if (bytes.length === 4) words[at] = bytes.readUInt32BE();
  else if (bytes.length === 6) {
    words[at] = bytes.readUInt16BE();
    words[at + 1] = bytes.readUInt32BE(2);
  } else for (let i = 0; i < 4; i++) words[at + i] = bytes.readUInt32BE(i * 4);
}

/** An address of 4, 16 or 6 octets as text. */
export function addressText(bytes: Uint8Array): string {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  if (bytes.length === 4) return ipv4Text(view, 0);
  return bytes.length === 6 ? etherText(view, 0) : ipv6Text(view, 0);
}
