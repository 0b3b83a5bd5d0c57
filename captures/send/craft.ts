/** Packets made of layers and sent: how, where to, and with what the kernel would have filled in. */

import type { BuiltPacket, LayerSpec } from '../../decoders/encode/index.js';
import { addressOctets } from '../../decoders/filter/octets.js';
import { interfaceTowards } from '../query/why/why-route.js';
import { interfaceNames } from '../sources/interfaces.js';
import { noSuchInterface } from '../sources/live.js';
import { CaptureError } from '../sources/source.js';
import type { Destinations } from './destinations.js';
import { addressOf, hardwareAddress, neighbour, sourceTowards } from './route.js';

export type SendEngine = 'native' | 'raw-socket';

/** What somebody wants to be sent. */
export interface SendRequest {
  /** Outermost first; see `buildPacket`. */
  readonly layers: readonly unknown[];
  /** Default: `native` when the layers begin with `eth` or an interface is named, else `raw-socket`. */
  readonly engine?: SendEngine | undefined;
  /** Where frames leave; default: where the routes lead. */
  readonly interface?: string | undefined;
  /** Default 1. */
  readonly count?: number | undefined;
  /** Seconds from one packet to the next; default 0: as the rate lets them. */
  readonly interval?: number | undefined;
  /** Packets a second at most; default and most: the limit. */
  readonly rate?: number | undefined;
  /** Seconds to wait for answers; 0, the default: none are waited for. */
  readonly wait?: number | undefined;
}

/** A packet ready to be sent. */
export interface Crafted {
  readonly packet: BuiltPacket;
  readonly engine: SendEngine;
  /** Undefined: raw sockets, where the routes lead. */
  readonly interface: string | undefined;
  /** Sentences on what was decided for the sender. */
  readonly notes: readonly string[];
}

const LOOPBACK_HARDWARE = '00:00:00:00:00:00';

/**
 * Makes the packet of a request.
 *
 * @throws PacketError for layers of which nothing can be made
 * @throws CaptureError `bad-option` when it cannot be known where it is to leave or to whom, `not-allowed` for a
 *   destination that is not allowed
 */
export async function craft(request: SendRequest, destinations: Destinations): Promise<Crafted> {
  // Only here, for who never sends need not load it.
  const { buildPacket } = await import('../../decoders/encode/index.js');
  const first = firstLayer(request.layers);
  const engine = request.engine ?? (first === 'eth' || request.interface !== undefined ? 'native' : 'raw-socket');
  const notes: string[] = [];
  const destination = destinationOf(request.layers);
  let layers = request.layers;
  let outgoing: string | undefined;
  if (engine === 'raw-socket') {
    if (first === 'eth')
      throw new CaptureError(
        'bad-option',
        'A raw socket sends IP packets, and these layers begin with eth.',
        'Leave out {"eth": …}, or send by the native engine.',
      );
    if (request.interface !== undefined)
      throw new CaptureError(
        'bad-option',
        'A raw socket sends where the routes lead; no interface can be named.',
        'Leave out the interface, or send by the native engine.',
      );
  } else {
    outgoing = request.interface ?? outgoingFor(destination);
    const existing = await interfaceNames();
    if (!existing.includes(outgoing)) throw noSuchInterface(outgoing, existing);
    if (first === 'ip' || first === 'ipv6') {
      layers = [{ eth: {} }, ...layers];
      notes.push('An Ethernet header was put in front, for the native engine sends frames.');
    }
  }
  const fill = await filled(destination, outgoing, destinations);
  const packet = buildPacket(layers, { fill });
  const { bytes, linkType } = packet;
  destinations.require(new DataView(bytes.buffer, bytes.byteOffset, bytes.length), linkType, outgoing);
  if (outgoing !== undefined) requireHardware(layers, fill, destination, outgoing);
  return { packet, engine, interface: outgoing, notes };
}

function firstLayer(layers: readonly unknown[]): string | undefined {
  const [first] = layers;
  return typeof first === 'object' && first !== null ? Object.keys(first)[0] : undefined;
}

/** The text that was given as the outermost destination, whether it is an address or not. */
function destinationOf(layers: readonly unknown[]): string | undefined {
  for (const layer of layers) {
    if (typeof layer !== 'object' || layer === null) return undefined;
    for (const name of ['ip', 'ipv6'] as const) {
      const fields = (layer as LayerSpec)[name] as LayerSpec | undefined;
      const given = fields?.['dst'] ?? fields?.[`${name}.dst`];
      if (fields !== undefined) return typeof given === 'string' ? given : undefined;
    }
  }
  return undefined;
}

function outgoingFor(destination: string | undefined): string {
  const found =
    destination === undefined || addressOctets(destination) === undefined ? undefined : interfaceTowards(destination);
  if (found !== undefined) return found;
  throw new CaptureError(
    'bad-option',
    'It is not said by which interface the frames are to leave.',
    'Name one, such as "interface": "lo"; "netglass interfaces" lists them.',
  );
}

/** What the kernel would fill in for a program that sends through an ordinary socket. */
async function filled(
  destination: string | undefined,
  outgoing: string | undefined,
  destinations: Destinations,
): Promise<Record<string, unknown>> {
  const fill: Record<string, unknown> = {};
  const octets = destination === undefined ? undefined : addressOctets(destination);
  if (destination !== undefined && octets !== undefined) {
    const family = octets.length === 4 ? 'IPv4' : 'IPv6';
    const own = outgoing === undefined || destinations.isLoopback(outgoing) ? undefined : addressOf(outgoing, family);
    const source = own ?? (await sourceTowards(destination));
    if (source !== undefined) fill[family === 'IPv4' ? 'ip.src' : 'ipv6.src'] = source;
  }
  if (outgoing === undefined) return fill;
  if (destinations.isLoopback(outgoing)) return { ...fill, 'eth.src': LOOPBACK_HARDWARE, 'eth.dst': LOOPBACK_HARDWARE };
  const hardware = hardwareAddress(outgoing);
  const address = addressOf(outgoing, 'IPv4');
  const next = octets === undefined ? undefined : (groupHardware(octets) ?? neighbour(`${destination}`, outgoing));
  return {
    ...fill,
    ...(hardware === undefined ? {} : { 'eth.src': hardware, 'arp.src.hw_mac': hardware }),
    ...(address === undefined ? {} : { 'arp.src.proto_ipv4': address }),
    ...(next === undefined ? {} : { 'eth.dst': next }),
  };
}

/** The frames of a group (RFC 1112, section 6.4; RFC 2464, section 7), and of all. */
function groupHardware(address: Uint8Array): string | undefined {
  const octets =
    address.length === 16
      ? address[0] === 0xff && [0x33, 0x33, ...address.subarray(12)]
      : address[0] >= 224 && address[0] < 240
        ? [0x01, 0x00, 0x5e, address[1] & 0x7f, address[2], address[3]]
        : address.every((octet) => octet === 255) && Array<number>(6).fill(255);
  return octets === false ? undefined : octets.map((octet) => octet.toString(16).padStart(2, '0')).join(':');
}

/** A packet to one host in a frame to all is dropped by that host: RFC 1122, section 3.3.6 has it do so. */
function requireHardware(
  layers: readonly unknown[],
  fill: Readonly<Record<string, unknown>>,
  destination: string | undefined,
  outgoing: string,
): void {
  const eth = (layers[0] as LayerSpec)['eth'] as LayerSpec | undefined;
  if (destination === undefined || eth?.['dst'] !== undefined || eth?.['eth.dst'] !== undefined) return;
  if (fill['eth.dst'] !== undefined) return;
  throw new CaptureError(
    'bad-option',
    `Which host on ${outgoing} has ${destination} is not known: eth.dst is missing.`,
    `Give {"eth": {"dst": "…"}}; "ip neigh show dev ${outgoing}" lists what the kernel knows, and ping ${destination} asks.`,
  );
}
