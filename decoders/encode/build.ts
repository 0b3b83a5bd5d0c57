/** Packets from layers that are given as JSON, by the same declarations that decode them. */

import { type Codec, type EncodedLayer, numberOf, PacketOctets, type Random, type Varying } from './codec.js';
import { dnsCodec, writeLength } from './dns.js';
import { PacketError } from './error.js';
import { Given } from './given.js';
import { icmpCodec, isIcmpError } from './icmp.js';
import { icmpv6Codec, isIcmpv6Error } from './icmpv6.js';
import { ipv4Codec, ipv6Codec } from './ip.js';
import { arpCodec, ethernetCodec, serviceVlanCodec, vlanCodec } from './link.js';
import { Octets } from './octets.js';
import { writeHeader } from './parts.js';
import { tcpCodec, udpCodec } from './transport.js';
import { hexOctets } from './value.js';

const codecs: readonly Codec[] = [
  ethernetCodec,
  vlanCodec,
  serviceVlanCodec,
  arpCodec,
  ipv4Codec,
  ipv6Codec,
  icmpCodec,
  icmpv6Codec,
  udpCodec,
  tcpCodec,
  dnsCodec,
];
const codecByName = new Map(codecs.map((one) => [one.protocol.filter, one]));

/** Filter names of the protocols that a packet can be made of. */
export const encodable: readonly string[] = [...codecByName.keys()];

/** LINKTYPE_ETHERNET and LINKTYPE_RAW (https://www.tcpdump.org/linktypes.html). */
export const ETHERNET = 1;
export const RAW_IP = 101;

/** More layers than any packet has. */
const MOST_LAYERS = 64;

/** One layer as it is given: `{"ip": {"dst": "127.0.0.1"}}`, or `{"payload": "text"}`, the last one. */
export type LayerSpec = Readonly<Record<string, unknown>>;

export interface BuildOptions {
  /** Values for fields that are not given, of the outermost layer of a protocol: `{"ip.src": "10.0.0.1"}`. */
  readonly fill?: Readonly<Record<string, unknown>>;
  /** For identifications and ports that are not given; default `Math.random`. */
  readonly random?: Random;
}

export interface BuiltLayer {
  /** Filter name of the protocol. */
  readonly protocol: string;
  /** Offset of its header in the packet. */
  readonly start: number;
  /** Full names of the fields that were given, in the order in which they were. */
  readonly given: readonly string[];
}

export interface BuiltPacket {
  readonly bytes: Uint8Array;
  /** LINKTYPE_ETHERNET, or LINKTYPE_RAW when the outermost layer is IP. */
  readonly linkType: number;
  readonly layers: readonly BuiltLayer[];
  /** What is to differ in copies of it: identifications and sequence numbers that were not given. */
  readonly varying: readonly Varying[];
}

/**
 * Makes a packet. Fields have Wireshark's names, with or without their protocol's prefix. Lengths, checksums,
 * identifications and the numbers of next protocols are computed unless they are given; what is given stands in the
 * packet as it is, right or wrong.
 *
 * The last layer may be `{"payload": …}`: a text, which is sent as UTF-8, or octets as `"0x…"` or `{"hex": "…"}`.
 *
 * @param specs outermost first; the first is `eth`, `ip` or `ipv6`
 * @throws PacketError in one sentence for whatever cannot be made: an unknown layer or field, a value that does not fit,
 *   an order that makes no sense, more octets than a packet has
 */
export function buildPacket(specs: readonly unknown[], options: BuildOptions = {}): BuiltPacket {
  const random = options.random ?? ((most: number) => Math.floor(Math.random() * (most + 1)));
  const { layers, payload } = readSpecs(specs, options.fill ?? {});
  for (const layer of layers) {
    const { codec, given, out } = layer;
    writeHeader(out, given, codec.protocol.header, codec.defaults?.(layer, random) ?? {});
    codec.body?.(layer, random);
  }
  const whole = new Octets();
  for (const layer of layers) {
    // RFC 1035, section 4.2.2: over TCP a message has its length in front.
    if (layer.codec === dnsCodec && layer.under?.codec === tcpCodec)
      whole.append(writeLength(layer, layer.out.length + payload.length));
    layer.start = whole.length;
    whole.append(layer.out.take());
    layer.given.finish();
  }
  whole.append(payload);
  const packet = new PacketOctets(whole.take());
  for (const layer of [...layers].reverse()) layer.codec.finish?.(layer, packet);
  return {
    bytes: packet.bytes,
    linkType: layers[0].codec === ethernetCodec ? ETHERNET : RAW_IP,
    layers: layers.map(({ codec, start, given }) => ({
      protocol: codec.protocol.filter,
      start,
      given: given.fullNames(),
    })),
    varying: packet.varying(),
  };
}

type OpenLayer = { -readonly [K in keyof EncodedLayer]: EncodedLayer[K] };

function readSpecs(specs: readonly unknown[], fill: Readonly<Record<string, unknown>>) {
  if (specs.length === 0)
    throw new PacketError('There are no layers: give at least one, such as {"ip": {"dst": "127.0.0.1"}}.');
  if (specs.length > MOST_LAYERS)
    throw new PacketError(`There are ${specs.length} layers; a packet here has at most ${MOST_LAYERS}.`);
  const layers: OpenLayer[] = [];
  let payload: Uint8Array | undefined;
  for (const [index, spec] of specs.entries()) {
    const number = index + 1;
    const [name, value] = entryOf(spec, number);
    if (payload !== undefined)
      throw new PacketError(`Layer ${number}: ${name} stands behind the payload, which is the last layer.`);
    if (name === 'payload') {
      if (layers.length === 0) throw new PacketError('Layer 1: a payload needs a header in front, such as {"ip": …}.');
      payload = payloadOctets(value, number);
      continue;
    }
    const codec = codecByName.get(name);
    if (codec === undefined)
      throw new PacketError(
        `Layer ${number}: no packet can be made of ${JSON.stringify(name)}; possible are ${encodable.join(', ')} and payload.`,
      );
    const isFirst = !layers.some((layer) => layer.codec === codec);
    const given = new Given(`Layer ${number} (${name})`, codec.names, value, isFirst ? fill : {});
    const under = layers.at(-1);
    const layer: OpenLayer = {
      number,
      codec,
      given,
      out: new Octets(),
      under,
      next: undefined,
      hasPayload: false,
      start: 0,
    };
    if (under !== undefined) under.next = layer;
    checkOrder(layer);
    layers.push(layer);
  }
  if (payload !== undefined) layers[layers.length - 1].hasPayload = true;
  return { layers, payload: payload ?? new Uint8Array(0) };
}

function entryOf(spec: unknown, number: number): [string, unknown] {
  const entries = typeof spec === 'object' && spec !== null && !Array.isArray(spec) ? Object.entries(spec) : [];
  if (entries.length !== 1)
    throw new PacketError(
      `Layer ${number}: a layer is an object with one member, its protocol, such as {"udp": {"dstport": 53}}.`,
    );
  return entries[0];
}

/** @throws PacketError when nobody could tell from the layer below that this one follows */
function checkOrder(layer: EncodedLayer): void {
  const { number, codec, under } = layer;
  const name = codec.protocol.filter;
  if (under === undefined) {
    if (codec !== ethernetCodec && codec !== ipv4Codec && codec !== ipv6Codec)
      throw new PacketError(`Layer 1: a packet begins with eth, ip or ipv6, not with ${name}.`);
    return;
  }
  const below = under.codec.protocol.filter;
  if (!canCarry(under.codec, codec)) {
    const carriers = codecs.filter((one) => canCarry(one, codec)).map((one) => one.protocol.filter);
    const where = `Layer ${number}: ${name} does not stand on ${below}`;
    throw new PacketError(`${where}, but on ${carriers.join(', ')}${carriers.length === 0 ? 'nothing' : ''}.`);
  }
  const quotes = under.codec === icmpCodec ? isIcmpError(under) : under.codec !== icmpv6Codec || isIcmpv6Error(under);
  if (!quotes)
    throw new PacketError(
      `Layer ${number}: ${name} on ${below} is a packet that an error quotes, and this type of ${below} is no error; give ${below}.type, such as ${below === 'icmp' ? 3 : 1}.`,
    );
}

/** ICMP quotes packets of its own IP only. */
function canCarry(under: Codec, codec: Codec): boolean {
  if (under === icmpCodec) return codec === ipv4Codec;
  if (under === icmpv6Codec) return codec === ipv6Codec;
  return numberOf(under, codec) !== undefined;
}

function payloadOctets(value: unknown, number: number): Uint8Array {
  const member = typeof value === 'object' && value !== null && !Array.isArray(value) ? Object.entries(value) : [];
  const [kind, content] = member.length === 1 ? member[0] : ['', value];
  const digits = kind === 'hex' || (kind === '' && typeof content === 'string' && /^0x/i.test(content));
  if (typeof content === 'string' && (digits || kind === '' || kind === 'text')) {
    if (!digits) return new TextEncoder().encode(content);
    const octets = hexOctets(content);
    if (octets !== undefined) return octets;
    throw new PacketError(`Layer ${number} (payload): ${shorten(content)} is not pairs of hexadecimal digits.`);
  }
  throw new PacketError(
    `Layer ${number} (payload): give a text, or octets as "0x0a1b" or {"hex": "0a1b"}; {"text": "0x"} is a text in any case.`,
  );
}

function shorten(text: string): string {
  return JSON.stringify(text.length > 40 ? `${text.slice(0, 39)}…` : text);
}
