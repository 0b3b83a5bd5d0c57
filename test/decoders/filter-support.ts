/** Packets for the filters' tests: made by hand, made at random, and read from files. */

import { Walk, walkPacket } from '../../decoders/core/index.js';
import type { FilterPacket } from '../../decoders/filter/index.js';
import { registry } from '../../decoders/protocols/index.js';

export interface PacketMeta {
  readonly linkType?: number;
  readonly original?: number;
  readonly number?: number;
  readonly time?: bigint;
  readonly relative?: number;
  readonly interfaceId?: number;
  readonly interfaceName?: string;
}

/** A packet, walked, as a filter takes it. */
export function packetOf(octets: Uint8Array, meta: PacketMeta = {}): FilterPacket {
  const view = new DataView(octets.buffer, octets.byteOffset, octets.byteLength);
  const linkType = meta.linkType ?? 1;
  const original = meta.original ?? octets.length;
  const time = meta.time ?? 1_700_000_000_123_456_789n;
  const walk = new Walk();
  walkPacket(registry, view, linkType, 0, octets.length, original, walk);
  return {
    view,
    start: 0,
    captured: octets.length,
    original,
    linkType,
    number: meta.number ?? 1,
    timeHigh: Number(time >> 32n),
    timeLow: Number(time & 0xffffffffn),
    relativeNanoseconds: meta.relative ?? 0,
    interfaceId: meta.interfaceId ?? 0,
    interfaceName: meta.interfaceName ?? '',
    walk,
  };
}

export function octets(hex: string): Uint8Array {
  return Uint8Array.from(hex.replace(/\s+/g, '').match(/../g) ?? [], (pair) => Number.parseInt(pair, 16));
}

export interface UdpOptions {
  readonly source?: string;
  readonly destination?: string;
  readonly ports?: readonly [number, number];
  readonly ttl?: number;
  /** Hexadecimal. */
  readonly payload?: string;
  /** The 16 bits of flags and fragment offset. */
  readonly fragment?: number;
}

const hex = (value: number, digits: number): string => value.toString(16).padStart(digits, '0');
const address = (text: string): string =>
  text
    .split('.')
    .map((part) => hex(Number(part), 2))
    .join('');

/** An IPv4 packet, in hexadecimal. */
export function ipv4(protocol: number, payload: string, options: UdpOptions = {}): string {
  const length = 20 + payload.length / 2;
  const { source = '10.0.0.1', destination = '10.0.0.2', ttl = 64, fragment = 0x4000 } = options;
  return `4500${hex(length, 4)}1234${hex(fragment, 4)}${hex(ttl, 2)}${hex(protocol, 2)}0000${address(source)}${address(destination)}${payload}`;
}

/** A UDP datagram in IPv4, in hexadecimal. */
export function udpInIpv4(options: UdpOptions = {}): string {
  const { ports = [40000, 40001], payload = '68656c6c6f' } = options;
  const datagram = `${hex(ports[0], 4)}${hex(ports[1], 4)}${hex(8 + payload.length / 2, 4)}0000${payload}`;
  return ipv4(17, datagram, options);
}

/** In an Ethernet frame. */
export function frame(packet: string, type = '0800'): Uint8Array {
  return octets(`00005e005301 02005e005302 ${type} ${packet}`);
}
