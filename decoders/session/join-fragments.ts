/** Finds the fragment in a packet, and makes a packet again of the datagram that it completes. */

import { onesComplementSum } from '../core/bytes.js';
import type { Registry } from '../core/registry.js';
import type { Walk } from '../core/walk.js';
import type { Fragments } from './fragments.js';

export interface JoinedFragment {
  /** Depth of the layer whose payload is the fragment. */
  readonly depth: number;
  /** Name of the buffer. */
  readonly name: string;
  /** The datagram, when this fragment was the last that was missing. */
  readonly whole?: {
    /** The network header, with the length it would have had, and the payload. */
    readonly bytes: Uint8Array;
    /** Registry id of the network layer. */
    readonly network: number;
    /** Layers at the front that the packet shows already. */
    readonly skip: number;
  };
}

const IPV6_FRAGMENT_OCTETS = 8;

/** @returns undefined when the packet is no fragment, was not captured whole, or is not to be put together */
export function joinFragments(
  registry: Registry,
  { view, walk }: { readonly view: DataView; readonly walk: Walk },
  fragments: Fragments,
  options: {
    readonly defragmentIpv4?: boolean;
    readonly defragmentIpv6?: boolean;
    /** Where checksums are verified, those of fragments are too. */
    readonly verifyTcpChecksum?: boolean;
  } = {},
): JoinedFragment | undefined {
  const { network } = walk;
  if (network < 0 || (!walk.moreFragments && walk.fragmentOffset === 0)) return undefined;
  const version4 = registry.runtime(walk.protocol[network]).protocol.filter === 'ip';
  if ((version4 ? options.defragmentIpv4 : options.defragmentIpv6) === false) return undefined;
  const depth = version4 ? network : fragmentHeader(registry, walk, network);
  if (depth < 0 || walk.end[depth] > walk.capturedEnd || walk.problem !== 'none') return undefined;
  const start = walk.start[network];
  if (
    options.verifyTcpChecksum === true &&
    version4 &&
    onesComplementSum(view, start, walk.headerEnd[network] - start) !== 0xffff
  )
    return undefined;
  const payload = walk.headerEnd[depth];
  const octets = new Uint8Array(view.buffer, view.byteOffset + payload, walk.end[depth] - payload);
  const key = version4 ? ipv4Key(view, start) : ipv6Key(view, start, walk.start[depth]);
  const whole = fragments.add(key, walk.fragmentOffset * 8, walk.moreFragments, octets);
  const name = version4 ? 'Reassembled IPv4' : 'Reassembled IPv6';
  if (whole === undefined) return { depth, name };
  const header = new Uint8Array(view.buffer, view.byteOffset + start, payload - start);
  const bytes = new Uint8Array(header.length + whole.length);
  bytes.set(header);
  bytes.set(whole, header.length);
  const out = new DataView(bytes.buffer);
  if (version4) {
    // A total length beyond 16 bits cannot be: the payload was bounded to 65535 octets, and 0 means "to the end".
    out.setUint16(2, bytes.length > 0xffff ? 0 : bytes.length);
    out.setUint16(6, 0);
  } else {
    out.setUint16(4, bytes.length - 40 > 0xffff ? 0 : bytes.length - 40);
    out.setUint16(header.length - IPV6_FRAGMENT_OCTETS + 2, 0);
  }
  return { depth, name, whole: { bytes, network: walk.protocol[network], skip: depth - network + 1 } };
}

function fragmentHeader(registry: Registry, walk: Walk, network: number): number {
  const id = registry.idOf('ipv6.fraghdr');
  for (let depth = network + 1; depth < walk.depth; depth++) if (walk.protocol[depth] === id) return depth;
  return -1;
}

/** RFC 791, section 3.2: source, destination, protocol and identification. */
function ipv4Key(view: DataView, start: number): string {
  return `4 ${view.getUint32(start + 12)} ${view.getUint32(start + 16)} ${view.getUint8(start + 9)} ${view.getUint16(start + 4)}`;
}

/** RFC 8200, section 4.5: source, destination and identification. */
function ipv6Key(view: DataView, start: number, fragment: number): string {
  const words: number[] = [];
  for (let at = start + 8; at < start + 40; at += 4) words.push(view.getUint32(at));
  return `6 ${words.join(' ')} ${view.getUint32(fragment + 4)}`;
}
