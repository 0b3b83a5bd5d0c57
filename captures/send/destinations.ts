/** Where packets may go: to this machine, and to private networks that it is directly in, unless somebody allows more. */

import { networkInterfaces } from 'node:os';
import { ipv6FromWords } from '../../decoders/core/format.js';
import { addressOctets, samePrefix } from '../../decoders/filter/octets.js';
import { interfaceTowards } from '../query/why/why-route.js';
import { CaptureError } from '../sources/source.js';
import { addressesOf, readHeaders } from './headers.js';

/** What IANA's registries of special-purpose addresses (RFC 6890) do not let leave a network. */
const PRIVATE = [
  '0.0.0.0/32',
  '10.0.0.0/8',
  '100.64.0.0/10',
  '127.0.0.0/8',
  '169.254.0.0/16',
  '172.16.0.0/12',
  '192.0.2.0/24',
  '192.168.0.0/16',
  '198.18.0.0/15',
  '198.51.100.0/24',
  '203.0.113.0/24',
  '::/127',
  '2001:db8::/32',
  'fc00::/7',
  'fe80::/10',
].map(networkOf);

/** What stays on its link: broadcast and link-local multicast (RFC 5771, section 4; RFC 4291, section 2.7). */
const LINK_LOCAL = ['224.0.0.0/24', '255.255.255.255/32', '169.254.0.0/16', 'fe80::/10', 'ff02::/16', 'ff12::/16'].map(
  networkOf,
);

interface Network {
  readonly octets: Uint8Array;
  readonly bits: number;
}

function networkOf(text: string): Network {
  const [address, bits] = text.split('/');
  const octets = addressOctets(address);
  if (octets === undefined) throw new Error(`${text} is no network`);
  return { octets, bits: Number(bits) };
}

function isIn(networks: readonly Network[], address: Uint8Array): boolean {
  return networks.some(({ octets, bits }) => octets.length === address.length && samePrefix(octets, address, bits));
}

/** An address as text. */
export function addressText(octets: Uint8Array): string {
  if (octets.length === 4) return octets.join('.');
  const view = new DataView(octets.buffer, octets.byteOffset, 16);
  return ipv6FromWords(view.getUint32(0), view.getUint32(4), view.getUint32(8), view.getUint32(12));
}

/** Decides packet by packet, by the addresses that this machine has when it is made. */
export class Destinations {
  private readonly networks = new Map<string, Network[]>();
  private readonly loopbacks = new Set<string>(['lo']);
  /** The last destination and what was decided: most packets go where the one before went. */
  private lastAddress = '';
  private lastAnswer: string | undefined;

  /** @param anywhere nothing is refused */
  constructor(private readonly anywhere: boolean) {
    for (const [name, list = []] of Object.entries(networkInterfaces())) {
      this.networks.set(
        name,
        list.flatMap(({ cidr }) => (cidr === null ? [] : [networkOf(cidr.replace(/%[^/]*/, ''))])),
      );
      if (list.some(({ internal }) => internal)) this.loopbacks.add(name);
    }
  }

  /** Whether frames that leave by the interface come back to this machine. */
  isLoopback(name: string): boolean {
    return this.loopbacks.has(name);
  }

  /**
   * Why a packet may not be sent, or undefined when it may.
   *
   * @param outgoing the interface that it leaves by; undefined: by the one of the route
   */
  refusal(view: DataView, linkType: number, outgoing: string | undefined): string | undefined {
    if (this.anywhere || (outgoing !== undefined && this.loopbacks.has(outgoing))) return undefined;
    const headers = readHeaders(view, linkType);
    if (headers === undefined || headers.kind === 'arp') {
      return outgoing === undefined ? 'it is no whole IP packet' : this.publicNetwork(outgoing);
    }
    const { destination, length } = addressesOf(headers);
    const address = new Uint8Array(view.buffer, view.byteOffset + destination, length);
    const text = addressText(address);
    if (text !== this.lastAddress) {
      this.lastAddress = text;
      this.lastAnswer = this.decide(address, text, outgoing ?? interfaceTowards(text));
    }
    return this.lastAnswer ?? sourceRouted(view, headers.network, headers.kind);
  }

  /** @throws CaptureError `not-allowed` when the packet may not be sent */
  require(view: DataView, linkType: number, outgoing: string | undefined): void {
    const why = this.refusal(view, linkType, outgoing);
    if (why === undefined) return;
    throw new CaptureError(
      'not-allowed',
      `The packet may not be sent: ${why}.`,
      'Packets go to loopback and to directly connected private networks only, unless sending was allowed anywhere: --send-anywhere',
    );
  }

  private decide(address: Uint8Array, text: string, outgoing: string | undefined): string | undefined {
    if (outgoing === undefined) return `there is no route to ${text}`;
    if (this.loopbacks.has(outgoing)) return undefined;
    if (isIn(LINK_LOCAL, address)) return this.publicNetwork(outgoing);
    if (!isIn(PRIVATE, address)) return `${text} is in a public network`;
    const own = this.networks.get(outgoing) ?? [];
    // An interface without addresses, such as one end of a cable for tests, has no network that could be left.
    if (own.length === 0 || isIn(own, address)) return undefined;
    return `${text} is not in a network that ${outgoing} is directly in`;
  }

  private publicNetwork(name: string): string | undefined {
    const own = this.networks.get(name) ?? [];
    return own.every(({ octets }) => isIn(PRIVATE, octets)) ? undefined : `${name} is in a public network`;
  }
}

/** A source route goes on behind its first destination (RFC 791, section 3.1). */
function sourceRouted(view: DataView, network: number, kind: 'ip' | 'ipv6'): string | undefined {
  if (kind === 'ipv6') return hasRoutingHeader(view, network) ? 'it has a routing header' : undefined;
  const end = Math.min(view.byteLength, network + (view.getUint8(network) & 15) * 4);
  for (let at = network + 20; at < end; ) {
    const type = view.getUint8(at);
    if (type === 131 || type === 137) return 'it has a source route';
    if (type === 0) return undefined;
    const length = type === 1 ? 1 : at + 1 < end ? view.getUint8(at + 1) : 0;
    if (length === 0) return undefined;
    at += length;
  }
  return undefined;
}

const HOP_BY_HOP = 0;
const ROUTING = 43;
const DESTINATION_OPTIONS = 60;

/** Only options may stand before a routing header (RFC 8200, section 4.1). */
function hasRoutingHeader(view: DataView, network: number): boolean {
  let next = view.getUint8(network + 6);
  for (let at = network + 40; at + 2 <= view.byteLength; at += 8 + view.getUint8(at + 1) * 8) {
    if (next !== HOP_BY_HOP && next !== DESTINATION_OPTIONS) break;
    next = view.getUint8(at);
  }
  return next === ROUTING;
}
