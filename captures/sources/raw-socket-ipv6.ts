/**
 * The IPv6 header that a raw socket does not deliver (RFC 3542 section 3), rebuilt from what is known.
 *
 * The destination is found by trial: ICMPv6, TCP and UDP checksums cover it (RFC 8200 section 8.1), so of the few
 * addresses that this machine answers to, the one with which the checksum comes out right is it.
 */
import { networkInterfaces } from 'node:os';
import { addressOctets } from '../../decoders/filter/octets.js';

const HEADER_BYTES = 40;
/** Milliseconds that the list of own addresses is used for. */
const ADDRESSES_AGE = 1000;
/** ff02::1, all nodes (RFC 4291 section 2.7.1): where router advertisements go. */
const ALL_NODES = 'ff02::1';
/** The first 13 octets of a solicited-node address; the last three are the unicast address's. */
const SOLICITED_NODE = 'ff02:0:0:0:0:1:ff00:0';

/** Where the checksum stands tells whether there is one: protocols whose checksum covers the addresses. */
const CHECKED_PROTOCOLS = new Set([6, 17, 58]);

/** Sixteen octets of an IPv6 address in text, a zone (`%eth0`) left out. The text comes from the system: it is valid. */
function ipv6Octets(text: string): Uint8Array {
  return addressOctets(text) ?? new Uint8Array(16);
}

/** Sum of the big-endian 16-bit words, folded to 16 bits (RFC 1071). */
function wordSum(data: Uint8Array, start: number): number {
  let sum = start;
  const even = data.length & ~1;
  for (let i = 0; i < even; i += 2) {
    sum += (data[i] << 8) | data[i + 1];
  }
  if (even < data.length) {
    sum += data[even] << 8;
  }
  while (sum > 0xffff) {
    sum = (sum & 0xffff) + Math.floor(sum / 65536);
  }
  return sum;
}

/** Builds headers for the packets of one raw socket. */
export class Ipv6Header {
  #candidates: Uint8Array[] = [];
  #until = 0;
  #packet = Buffer.alloc(0);

  /** @param protocol the next header value, 1 … 254 */
  constructor(private readonly protocol: number) {}

  /**
   * The packet with an IPv6 header before it. Valid until the next call.
   *
   * @param payload what the socket delivered, 0 … 65535 octets
   * @param from the source address in text
   */
  rebuild(payload: Uint8Array, from: string): Uint8Array {
    const total = HEADER_BYTES + payload.length;
    if (this.#packet.length < total) {
      this.#packet = Buffer.alloc(total);
    }
    const packet = this.#packet.subarray(0, total);
    packet.writeUInt32BE(6 << 28, 0); // traffic class and flow label are not known
    packet.writeUInt16BE(payload.length, 4);
    packet[6] = this.protocol;
    packet[7] = 0; // nor is the hop limit
    const source = ipv6Octets(from);
    packet.set(source, 8);
    const destination = this.#destination(source, payload);
    if (destination === undefined) {
      packet.fill(0, 24, HEADER_BYTES);
    } else {
      packet.set(destination, 24);
    }
    packet.set(payload, HEADER_BYTES);
    return packet;
  }

  #destination(source: Uint8Array, payload: Uint8Array): Uint8Array | undefined {
    if (!CHECKED_PROTOCOLS.has(this.protocol)) {
      return undefined;
    }
    const partial = wordSum(payload, wordSum(source, payload.length + this.protocol));
    return this.#own().find((candidate) => wordSum(candidate, partial) === 0xffff);
  }

  /** Unicast addresses first: only 1 in 65536 foreign checksums fits by chance, and these are the likelier ones. */
  #own(): readonly Uint8Array[] {
    const now = performance.now();
    if (now >= this.#until) {
      this.#until = now + ADDRESSES_AGE;
      const all = Object.values(networkInterfaces()).flatMap((list) => list ?? []);
      const unicast = all.filter((one) => one.family === 'IPv6').map((one) => ipv6Octets(one.address));
      const solicited = unicast.map((address) => {
        const group = ipv6Octets(SOLICITED_NODE);
        group.set(address.subarray(13), 13);
        return group;
      });
      this.#candidates = [...unicast, ipv6Octets(ALL_NODES), ...solicited];
    }
    return this.#candidates;
  }
}
