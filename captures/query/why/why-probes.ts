/** Frames that never were: to ask a capture filter what it would have done with them. */

import { isIPv6 } from 'node:net';
import { addressOctets } from '../../../decoders/filter/octets.js';
import { loadNative } from '../../native/binding.js';
import { CaptureError } from '../../sources/source.js';

const ETHERNET = 1;
const TCP = 6;
const UDP = 17;
/** Of the other end, which nobody asked about: RFC 5737, RFC 3849, and a port of the dynamic range. */
const OTHER_V4 = '198.51.100.1';
const OTHER_V6 = '2001:db8::1';
const OTHER_PORT = 50_000;

/** Who is asked about; what is undefined may be anything. */
export interface Subject {
  readonly address: string | undefined;
  readonly port: number | undefined;
  readonly transports: readonly number[];
}

/** Frames to and from the subject, by each of its transports. */
export function probes({ address, port, transports }: Subject): Uint8Array[] {
  const v6 = address !== undefined && isIPv6(address);
  const other = v6 ? OTHER_V6 : OTHER_V4;
  // Without an address the other end's stands for anyone's.
  const own = address ?? '192.0.2.1';
  return transports.flatMap((transport) => [
    frame(own, other, transport, port ?? OTHER_PORT, OTHER_PORT),
    frame(other, own, transport, OTHER_PORT, port ?? OTHER_PORT),
  ]);
}

/** How many of the frames a capture filter lets through; undefined where that cannot be found out. */
export function letThrough(filter: string, frames: readonly Uint8Array[]): number | undefined {
  const native = loadNative();
  if (native instanceof CaptureError) return undefined;
  try {
    return frames.filter((one) => native.filterAccepts(filter, ETHERNET, one)).length;
  } catch {
    // A filter for another link type than Ethernet: what it does with these frames tells nothing.
    return undefined;
  }
}

function frame(source: string, destination: string, transport: number, from: number, to: number): Uint8Array {
  const v6 = isIPv6(source);
  const payload = Buffer.alloc(transport === TCP ? 20 : 8);
  if (transport === TCP || transport === UDP) {
    payload.writeUInt16BE(from, 0);
    payload.writeUInt16BE(to, 2);
    if (transport === TCP) payload.writeUInt16BE(0x5002, 12);
    else payload.writeUInt16BE(8, 4);
  } else payload[0] = v6 ? 128 : 8;
  const link = Buffer.concat([
    Buffer.from([2, 0, 0, 0, 0, 1, 2, 0, 0, 0, 0, 2]),
    Buffer.from(v6 ? [0x86, 0xdd] : [8, 0]),
  ]);
  return Buffer.concat([
    link,
    v6 ? ipv6Header(source, destination, transport) : ipv4Header(source, destination, transport),
    payload,
  ]);
}

function ipv4Header(source: string, destination: string, protocol: number): Buffer {
  return Buffer.from([0x45, 0, 0, 40, 0, 0, 0x40, 0, 64, protocol, 0, 0, ...octets(source), ...octets(destination)]);
}

function ipv6Header(source: string, destination: string, next: number): Buffer {
  return Buffer.from([0x60, 0, 0, 0, 0, 20, next, 64, ...octets(source), ...octets(destination)]);
}

/** Those of an address that was checked before. */
const octets = (address: string): Uint8Array => addressOctets(address) ?? new Uint8Array(0);
