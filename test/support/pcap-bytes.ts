/** Capture files byte by byte, in either byte order, for tests: as the specifications draw them, sound or not. */
import { hasTime, nanoseconds, viewOf } from '../../captures/formats/epb.js';
import type { PacketSource } from '../../captures/sources/source.js';

/** Appends numbers in one byte order. */
export class Octets {
  private readonly bytes: number[] = [];
  constructor(readonly little = true) {}

  int(value: number | bigint, width: number): this {
    for (let i = 0; i < width; i++) {
      const shift = BigInt(8 * (this.little ? i : width - 1 - i));
      this.bytes.push(Number((BigInt(value) >> shift) & 0xffn));
    }
    return this;
  }

  raw(octets: ArrayLike<number>, pad = 1): this {
    for (let i = 0; i < octets.length; i++) {
      this.bytes.push(octets[i]);
    }
    while (this.bytes.length % pad !== 0) {
      this.bytes.push(0);
    }
    return this;
  }

  done(): Uint8Array {
    return Uint8Array.from(this.bytes);
  }
}

export interface TestRecord {
  readonly seconds: number;
  readonly fraction: number;
  readonly data: Uint8Array;
  readonly original?: number;
  /** Instead of the length of `data`. */
  readonly captured?: number;
}

export interface TestPcap {
  readonly magic?: number;
  readonly little?: boolean;
  readonly major?: number;
  readonly minor?: number;
  readonly snapLength?: number;
  readonly network?: number;
  readonly records?: readonly TestRecord[];
  /** Octets behind each record's header (the modified form has 8). */
  readonly extra?: readonly number[];
}

/** A classic pcap file. */
export function pcapBytes(file: TestPcap): Uint8Array {
  const out = new Octets(file.little ?? true);
  out
    .int(file.magic ?? 0xa1b2c3d4, 4)
    .int(file.major ?? 2, 2)
    .int(file.minor ?? 4, 2)
    .int(0, 8);
  out.int(file.snapLength ?? 65535, 4).int(file.network ?? 1, 4);
  for (const record of file.records ?? []) {
    out.int(record.seconds, 4).int(record.fraction, 4);
    out.int(record.captured ?? record.data.length, 4).int(record.original ?? record.data.length, 4);
    out.raw(file.extra ?? []).raw(record.data);
  }
  return out.done();
}

export type TestOption = readonly [code: number, value: ArrayLike<number>];

/** Options with their `opt_endofopt`. */
export function options(list: readonly TestOption[], little = true): Uint8Array {
  const out = new Octets(little);
  for (const [code, value] of list) {
    out.int(code, 2).int(value.length, 2).raw(value, 4);
  }
  return list.length === 0 ? out.done() : out.int(0, 4).done();
}

/** One pcapng block. */
export function block(type: number, body: Uint8Array, little = true): Uint8Array {
  const length = 12 + ((body.length + 3) & ~3);
  return new Octets(little).int(type, 4).int(length, 4).raw(body, 4).int(length, 4).done();
}

/** A section header, version 1.0 unless told. */
export function shb(little = true, opts: readonly TestOption[] = [], major = 1, minor = 0): Uint8Array {
  const body = new Octets(little).int(0x1a2b3c4d, 4).int(major, 2).int(minor, 2).int(-1n, 8);
  return block(0x0a0d0d0a, body.raw(options(opts, little)).done(), little);
}

/** An interface description. */
export function idb(little = true, opts: readonly TestOption[] = [], linkType = 1, snapLength = 0): Uint8Array {
  const body = new Octets(little).int(linkType, 2).int(0, 2).int(snapLength, 4).raw(options(opts, little));
  return block(1, body.done(), little);
}

/** An Enhanced Packet Block; `time` in units of the interface. */
export function epb(
  time: bigint,
  data: Uint8Array,
  little = true,
  opts: readonly TestOption[] = [],
  interfaceId = 0,
  original = data.length,
): Uint8Array {
  const body = new Octets(little)
    .int(interfaceId, 4)
    .int(time >> 32n, 4)
    .int(time & 0xffff_ffffn, 4);
  body.int(data.length, 4).int(original, 4).raw(data, 4).raw(options(opts, little));
  return block(6, body.done(), little);
}

export function joined(...parts: readonly Uint8Array[]): Uint8Array {
  return Uint8Array.from(Buffer.concat(parts));
}

/** The octets in pieces of `size`, as a stream would bring them. */
export async function* inPieces(bytes: Uint8Array, size = bytes.length || 1): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += size) {
    yield bytes.subarray(at, at + size);
  }
}

export interface SeenPacket {
  readonly interfaceId: number;
  /** Nanoseconds since 1970, or null for a packet without a time. */
  readonly time: bigint | null;
  readonly original: number;
  readonly data: Uint8Array;
  /** The options as they stand, with `opt_endofopt`. */
  readonly options: Uint8Array;
}

export interface Drained {
  readonly packets: SeenPacket[];
  /** Whole blocks that are no packets. */
  readonly others: Uint8Array[];
  readonly blocks: number;
  /** All octets of all blocks. */
  readonly bytes: Uint8Array;
}

/**
 * Reads a source to its end and checks the form of every block on the way (see `Block`). Padding must be zero unless
 * `anyPadding`: a pcapng file's own is kept, whatever it is.
 */
export async function drain(source: PacketSource, anyPadding = false): Promise<Drained> {
  const packets: SeenPacket[] = [];
  const others: Uint8Array[] = [];
  const parts: Uint8Array[] = [];
  for (let block = await source.next(); block !== null; block = await source.next()) {
    const bytes = block.bytes.slice();
    parts.push(bytes);
    if (block.bytes.byteOffset % 4 !== 0) {
      throw new Error(`a block at octet ${block.bytes.byteOffset} of its buffer is not aligned`);
    }
    const before = packets.length;
    const view = viewOf(bytes);
    for (let at = 0; at < bytes.length; ) {
      const length = view.getUint32(at + 4, true);
      if (length < 12 || length % 4 !== 0 || view.getUint32(at + length - 4, true) !== length) {
        throw new Error(`block lengths at ${at}`);
      }
      if (view.getUint32(at, true) === 6) {
        packets.push(seenPacket(source, bytes, view, at, length, anyPadding));
      } else {
        others.push(bytes.slice(at, at + length));
      }
      at += length;
    }
    if (packets.length - before !== block.packets) {
      throw new Error(`a block says ${block.packets} packets and holds ${packets.length - before}`);
    }
  }
  return { packets, others, blocks: parts.length, bytes: joined(...parts) };
}

function seenPacket(
  source: PacketSource,
  bytes: Uint8Array,
  view: DataView,
  at: number,
  length: number,
  anyPadding: boolean,
): SeenPacket {
  const captured = view.getUint32(at + 20, true);
  const interfaceId = view.getUint32(at + 8, true);
  const data = at + 28;
  const end = data + ((captured + 3) & ~3);
  if (source.interfaces[interfaceId]?.id !== interfaceId) {
    throw new Error(`a packet of interface ${interfaceId}, which is not listed`);
  }
  if (end > at + length - 4) {
    throw new Error(`the packet at ${at} overruns its block`);
  }
  if (!anyPadding && bytes.subarray(data + captured, end).some((octet) => octet !== 0)) {
    throw new Error(`the padding of the packet at ${at} is not zero`);
  }
  return {
    interfaceId,
    time: hasTime(view, at) ? nanoseconds(view.getUint32(at + 12, true), view.getUint32(at + 16, true)) : null,
    original: view.getUint32(at + 24, true),
    data: bytes.slice(data, data + captured),
    options: bytes.slice(end, at + length - 4),
  };
}
