/** What a protocol's encoder adds to its declaration: what is computed, and what varies. */

import { onesComplementSum, writeBits } from '../core/bytes.js';
import { pseudoHeaderSum } from '../core/checksum.js';
import type { Field, Protocol } from '../core/index.js';
import { PacketError } from './error.js';
import { FieldNames, type Given } from './given.js';
import type { Octets } from './octets.js';
import type { Defaults } from './parts.js';

/** An encoder beside its protocol's declaration. */
export interface Codec {
  readonly protocol: Protocol;
  readonly names: FieldNames;
  /** The dispatch table in which a payload's number is found, as decoding has it; absent: nothing stands on it. */
  readonly table?: string;
  /** Header fields that are not given and not zero. Lengths and checksums come later, by `finish`. */
  readonly defaults?: (layer: EncodedLayer, random: Random) => Defaults;
  /** Writes what stands before and behind the fixed header; absent: nothing does. */
  readonly body?: (layer: EncodedLayer, random: Random) => void;
  /** Fills in lengths and checksums; what stands on the layer is finished already. */
  readonly finish?: (layer: EncodedLayer, packet: PacketOctets) => void;
}

/** A whole number from 0 to `most`. */
export type Random = (most: number) => number;

/** One layer while its packet is being made. */
export interface EncodedLayer {
  /** Counted from 1, as errors name it. */
  readonly number: number;
  readonly codec: Codec;
  readonly given: Given;
  /** The layer's own octets: header and variable part. */
  readonly out: Octets;
  readonly under: EncodedLayer | undefined;
  readonly next: EncodedLayer | undefined;
  /** Whether there is a payload without a protocol above it. */
  readonly hasPayload: boolean;
  /** Offset in the packet of the fixed header; known when `finish` runs. */
  start: number;
}

/** 16 bits of a packet that differ from copy to copy, and the checksum that follows them. */
export interface Varying {
  readonly at: number;
  /** Offset of the checksum that covers them; -1: none does, or a given one. */
  readonly checksum: number;
}

interface Sum {
  readonly at: number;
  readonly from: number;
  readonly to: number;
}

/** The octets of the whole packet, while lengths and checksums are filled in. */
export class PacketOctets {
  readonly view: DataView;
  private readonly sums: Sum[] = [];
  private readonly identifiers: number[] = [];

  constructor(readonly bytes: Uint8Array) {
    this.view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  }

  get end(): number {
    return this.bytes.length;
  }

  /** Writes a computed header field, unless it was given. @throws PacketError when the number does not fit into it */
  compute(layer: EncodedLayer, name: string, value: number): void {
    if (layer.given.has(name)) return;
    const field = layer.codec.names.field(name);
    const raw = value / (field.scale ?? 1);
    if (raw >= 2 ** field.bits)
      throw new PacketError(
        `${layer.given.where}: ${value} octets do not fit into ${layer.codec.protocol.filter}.${name}; the most is ${(2 ** field.bits - 1) * (field.scale ?? 1)}. Give less payload, or the length.`,
      );
    writeBits(this.view, layer.start * 8 + field.bitOffset, field.bits, raw);
  }

  /**
   * Writes the Internet checksum (RFC 1071) over [from, to) of the packet, unless one was given.
   *
   * @param pseudo sum of a pseudo-header, or 0
   * @param zeroMeansNone a sum of 0 is sent as all ones (RFC 768)
   */
  checksum(layer: EncodedLayer, from: number, to: number, pseudo = 0, zeroMeansNone = false): void {
    if (layer.given.has('checksum')) return;
    const at = from + layer.codec.names.field('checksum').bitOffset / 8;
    this.view.setUint16(at, 0);
    const sum = ~onesComplementSum(this.view, from, to - from, pseudo) & 0xffff;
    this.view.setUint16(at, sum === 0 && zeroMeansNone ? 0xffff : sum);
    this.sums.push({ at, from, to });
  }

  /** The sum of the pseudo-header of what stands on the nearest IP header below. */
  pseudoHeader(layer: EncodedLayer, protocol: number, length: number, destination: (network: EncodedLayer) => number) {
    let under = layer.under;
    while (under !== undefined && under.codec.protocol.role !== 'network') under = under.under;
    return under === undefined ? 0 : pseudoHeaderSum(this.view, under.start, protocol, length, destination(under));
  }

  /** Says that 16 bits identify the packet: copies get others. Not when they were given. */
  identifies(layer: EncodedLayer, name: string, at: number): void {
    if (!layer.given.has(name)) this.identifiers.push(at);
  }

  /** What differs in copies of the packet, with the innermost checksum over it: those around it stay as they are. */
  varying(): Varying[] {
    return this.identifiers.map((at) => {
      const over = this.sums.filter(({ from, to }) => from <= at && at < to);
      over.sort((a, b) => a.to - a.from - (b.to - b.from));
      return { at, checksum: over[0]?.at ?? -1 };
    });
  }
}

/** Declares an encoder; see `Codec`. */
export function codec(
  protocol: Protocol,
  parts: Omit<Codec, 'protocol' | 'names'>,
  aliases?: Readonly<Record<string, string>>,
): Codec {
  return { protocol, names: new FieldNames(protocol, aliases), ...parts };
}

/** Where a header field stands in the packet, in octets. */
export function placeOf(layer: EncodedLayer, name: string): number {
  const field: Field = layer.codec.names.field(name);
  return layer.start + field.bitOffset / 8;
}

/** The number by which a layer's table knows what stands on it; undefined when it does not. */
export function numberOf(codec: Codec, next: Codec): number | undefined {
  if (codec.table === undefined) return undefined;
  const values = next.protocol.carriedBy[codec.table];
  return typeof values === 'number' ? values : values?.[0];
}
