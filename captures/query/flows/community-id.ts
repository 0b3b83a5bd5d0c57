/** Community ID version 1 (https://github.com/corelight/community-id-spec), seed 0. */

import { createHash } from 'node:crypto';

/** Transports whose ports take part, ICMP with what stands for them; for all others the two fields are left out. */
const WITH_PORTS = new Set([1, 6, 17, 58, 132]);

export function hasPorts(transport: number): boolean {
  return WITH_PORTS.has(transport);
}

/** The ends of a flow as the specification takes them. */
export interface CommunityTuple {
  /** Address in network byte order, 4 or 16 octets. */
  readonly source: Uint8Array;
  readonly destination: Uint8Array;
  readonly sourcePort: number;
  readonly destinationPort: number;
  /** IP protocol number. */
  readonly transport: number;
  /** ICMP messages without an answer: the ends are not put in order. */
  readonly oneWay?: boolean;
}

/** @returns `1:` and the base64 of a SHA-1 */
export function communityId(tuple: CommunityTuple): string {
  const { source, destination, sourcePort, destinationPort, transport, oneWay = false } = tuple;
  const order = oneWay ? 0 : Buffer.compare(source, destination) || sourcePort - destinationPort;
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
