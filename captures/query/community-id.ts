/** Community ID version 1 (https://github.com/corelight/community-id-spec), seed 0. */

import { createHash } from 'node:crypto';

/** Transports whose ports take part; for all others the two port fields are left out. */
const WITH_PORTS = new Set([1, 6, 17, 58, 132]);

/**
 * @param source address in network byte order, 4 or 16 octets; `destination` likewise
 * @param transport IP protocol number
 * @returns `1:` and the base64 of a SHA-1
 */
export function communityId(
  source: Uint8Array,
  destination: Uint8Array,
  sourcePort: number,
  destinationPort: number,
  transport: number,
): string {
  const order = Buffer.compare(source, destination) || sourcePort - destinationPort;
  const [a, b, portA, portB] =
    order <= 0
      ? [source, destination, sourcePort, destinationPort]
      : [destination, source, destinationPort, sourcePort];
  const ports = Buffer.alloc(4);
  ports.writeUInt16BE(portA);
  ports.writeUInt16BE(portB, 2);
  const hash = createHash('sha1').update(Buffer.alloc(2)).update(a).update(b).update(Uint8Array.of(transport, 0));
  if (WITH_PORTS.has(transport)) hash.update(ports);
  return `1:${hash.digest('base64')}`;
}
