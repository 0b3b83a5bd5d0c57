/** Encoders of IPv4 with its options, and IPv6. */

import { ipv4 } from '../protocols/ipv4.js';
import { sourceRouteEnd } from '../protocols/ipv4-options.js';
import { ipv6 } from '../protocols/ipv6.js';
import { type Codec, codec, type EncodedLayer, numberOf, placeOf } from './codec.js';
import { PacketError } from './error.js';
import { type OptionKind, writeOptions } from './options.js';

/** For a payload that is nobody's protocol: "use for experimentation and testing" (RFC 3692). */
const EXPERIMENTAL = 253;
const NO_NEXT_HEADER = 59;
/** Initial TTL (RFC 1700), and the hop limit that goes with it. */
const HOPS = 64;

/** The number of what stands on it. */
function nextOf({ codec: own, next, hasPayload }: EncodedLayer, nothing: number): number {
  if (next === undefined) return hasPayload ? EXPERIMENTAL : nothing;
  return numberOf(own, next.codec) ?? EXPERIMENTAL;
}

/** What stands in the options of RFC 791, section 3.1, RFC 2113, RFC 1063, RFC 1393 and RFC 1108, behind type and length. */
const optionKinds: Readonly<Record<number, OptionKind>> = {
  0: { alone: true },
  1: { alone: true },
  7: { parts: ['opt.ptr', { many: 'rec_rt' }, { many: 'empty_rt' }], defaults: { 'opt.ptr': 4 } },
  11: { parts: ['opt.mtu'] },
  12: { parts: ['opt.mtu'] },
  68: {
    parts: ['opt.ptr', 'timestampFlags', { pairs: ['opt.time_stamp_addr', 'opt.time_stamp'] }],
    defaults: { 'opt.ptr': 5 },
  },
  82: { parts: ['opt.id_number', 'opt.ohc', 'opt.rhc', 'opt.originator'] },
  131: { parts: ['opt.ptr', { many: 'rec_rt' }, { many: 'src_rt' }], defaults: { 'opt.ptr': 4 } },
  136: { parts: ['opt.sid'] },
  137: { parts: ['opt.ptr', { many: 'rec_rt' }, { many: 'src_rt' }], defaults: { 'opt.ptr': 4 } },
  148: { parts: ['opt.ra'] },
  149: { parts: [{ many: 'opt.addr' }] },
};

/** RFC 791, section 3.1. */
export const ipv4Codec: Codec = codec(ipv4, {
  table: 'ip.proto',
  defaults: (layer, random) => ({
    version: 4,
    hdr_len: 20,
    // Never 0: the kernel takes that for "fill it in" (raw(7)).
    id: 1 + random(0xfffe),
    ttl: HOPS,
    proto: nextOf(layer, EXPERIMENTAL),
  }),
  body: (layer) => {
    requireAddress(layer, 'dst');
    writeOptions(layer, { type: 'opt.type', length: 'opt.len', data: 'opt.data', kinds: optionKinds, most: 40 });
  },
  finish: (layer, packet) => {
    const header = layer.out.length;
    packet.compute(layer, 'hdr_len', header);
    packet.compute(layer, 'len', packet.end - layer.start);
    packet.identifies(layer, 'id', placeOf(layer, 'id'));
    packet.checksum(layer, layer.start, layer.start + header);
  },
});

/** RFC 8200, section 3. */
export const ipv6Codec: Codec = codec(ipv6, {
  table: 'ipv6.nxt',
  defaults: (layer) => ({ version: 6, nxt: nextOf(layer, NO_NEXT_HEADER), hlim: HOPS }),
  body: (layer) => requireAddress(layer, 'dst'),
  finish: (layer, packet) => packet.compute(layer, 'plen', packet.end - layer.start - layer.out.length),
});

function requireAddress({ given, codec: { protocol } }: EncodedLayer, name: string): void {
  if (given.has(name)) return;
  const example = protocol.filter === 'ip' ? '127.0.0.1' : '::1';
  throw new PacketError(
    `${given.where}: ${protocol.filter}.${name} is missing: where is it to go? For example {"${name}": "${example}"}.`,
  );
}

/** Where the destination stands that checksums are over, when a source route has another; -1: in the header. */
export function finalDestination(view: DataView, network: EncodedLayer): number {
  return network.codec === ipv4Codec ? sourceRouteEnd(view, network.start) : -1;
}
