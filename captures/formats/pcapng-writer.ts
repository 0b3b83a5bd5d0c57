/**
 * Our pcapng (draft-ietf-opsawg-pcapng): little-endian, one section, nanoseconds. No I/O here: every method answers
 * with the octets to append.
 */
import { type CaptureInterface, MAXIMUM_SNAP_LENGTH } from '../sources/source.js';
import { BLOCK_TYPE, BYTE_ORDER_MAGIC, EPB, nextBlock, OPTION, packetOptions, padded, viewOf } from './epb.js';
import { BlockWriter } from './pcapng-block-writer.js';
import { type PacketSelector, selectBlocks } from './select.js';

/** The texts of a section header (section 4.1). */
export interface SectionTexts {
  readonly comment?: string;
  readonly hardware?: string;
  readonly os?: string;
  readonly application?: string;
}

/** One address and its names, for a Name Resolution Block. */
export interface ResolvedName {
  /** 4 octets (IPv4) or 16 (IPv6). */
  readonly address: Uint8Array;
  /** At least one. */
  readonly names: readonly string[];
}

/** What an Interface Statistics Block says (section 4.6). Times in nanoseconds since 1970. */
export interface InterfaceStatistics {
  readonly interfaceId: number;
  /** When the counters were read. */
  readonly time: bigint;
  readonly startTime?: bigint;
  readonly endTime?: bigint;
  /** Packets that the interface received. */
  readonly received?: bigint;
  /** Packets lost by the interface for want of resources. */
  readonly interfaceDropped?: bigint;
  /** Packets that the capture filter accepted. */
  readonly filterAccepted?: bigint;
  /** Packets lost by the operating system. */
  readonly osDropped?: bigint;
  /** Packets that were delivered to the user. */
  readonly delivered?: bigint;
  readonly comment?: string;
}

/** `Secrets Type` of a Decryption Secrets Block (section 4.7): "TLSK", a key log in NSS form. */
export const TLS_KEY_LOG = 0x544c534b;

/** A section header of unknown section length. */
export function sectionHeader(texts: SectionTexts = {}): Uint8Array {
  const writer = new BlockWriter(BLOCK_TYPE.sectionHeader);
  writer.u32(BYTE_ORDER_MAGIC);
  writer.u16(1);
  writer.u16(0);
  // A section length of -1: not known.
  writer.u64(0xffff_ffff_ffff_ffffn);
  writer.text(OPTION.comment, texts.comment);
  writer.text(OPTION.shbHardware, texts.hardware);
  writer.text(OPTION.shbOs, texts.os);
  writer.text(OPTION.shbUserApplication, texts.application);
  return writer.finish();
}

/**
 * The description of one interface: the n-th of a section must be that of id n. Always of nanosecond resolution. A
 * snap length of "no limit" or above libpcap's largest is written as that largest, which every reader accepts.
 */
export function interfaceDescription(described: CaptureInterface): Uint8Array {
  const writer = new BlockWriter(BLOCK_TYPE.interfaceDescription);
  const { snapLength } = described;
  writer.u16(described.linkType);
  writer.u16(0);
  writer.u32(snapLength === 0 ? MAXIMUM_SNAP_LENGTH : Math.min(snapLength, MAXIMUM_SNAP_LENGTH));
  writer.text(OPTION.comment, described.comment);
  writer.text(OPTION.ifName, described.name);
  writer.text(OPTION.ifDescription, described.description);
  if (described.macAddress !== undefined) {
    writer.option(OPTION.ifMacAddress, described.macAddress);
  }
  if (described.speed !== undefined) {
    writer.optionU64(OPTION.ifSpeed, described.speed);
  }
  writer.option(OPTION.ifTimeResolution, Uint8Array.of(9));
  if (described.filter) {
    // The first octet says that the filter is text.
    writer.text(OPTION.ifFilter, `\0${described.filter}`);
  }
  writer.text(OPTION.ifOs, described.os);
  writer.text(OPTION.ifHardware, described.hardware);
  return writer.finish();
}

/** A Name Resolution Block (section 4.5). Throws a RangeError for an address of any length but 4 or 16. */
export function nameResolution(entries: readonly ResolvedName[]): Uint8Array {
  const writer = new BlockWriter(BLOCK_TYPE.nameResolution);
  for (const { address, names } of entries) {
    if (address.length !== 4 && address.length !== 16) {
      throw new RangeError(`an address has 4 or 16 octets, not ${address.length}`);
    }
    const text = new TextEncoder().encode(names.map((name) => `${name}\0`).join(''));
    const value = new Uint8Array(address.length + text.length);
    value.set(address);
    value.set(text, address.length);
    writer.record(address.length === 4 ? 1 : 2, value);
  }
  writer.record(0, new Uint8Array(0));
  return writer.finish();
}

/** A Decryption Secrets Block (section 4.7). It must stand before the packets that it decrypts. */
export function decryptionSecrets(secrets: Uint8Array, secretsType: number = TLS_KEY_LOG): Uint8Array {
  const writer = new BlockWriter(BLOCK_TYPE.decryptionSecrets);
  writer.u32(secretsType);
  writer.u32(secrets.length);
  writer.octets(secrets);
  return writer.finish();
}

/** An Interface Statistics Block (section 4.6). */
export function interfaceStatistics(statistics: InterfaceStatistics): Uint8Array {
  const writer = new BlockWriter(BLOCK_TYPE.interfaceStatistics);
  writer.u32(statistics.interfaceId);
  writer.time(statistics.time);
  writer.text(OPTION.comment, statistics.comment);
  if (statistics.startTime !== undefined) {
    writer.optionTime(OPTION.isbStartTime, statistics.startTime);
  }
  if (statistics.endTime !== undefined) {
    writer.optionTime(OPTION.isbEndTime, statistics.endTime);
  }
  const counters: readonly [number, bigint | undefined][] = [
    [OPTION.isbReceived, statistics.received],
    [OPTION.isbInterfaceDropped, statistics.interfaceDropped],
    [OPTION.isbFilterAccepted, statistics.filterAccepted],
    [OPTION.isbOsDropped, statistics.osDropped],
    [OPTION.isbDelivered, statistics.delivered],
  ];
  for (const [code, value] of counters) {
    if (value !== undefined) {
      writer.optionU64(code, value);
    }
  }
  return writer.finish();
}

/** The Enhanced Packet Block at `at` with one more `opt_comment` behind its other options. Text of at most 65535 octets. */
export function withComment(bytes: Uint8Array, at: number, comment: string): Uint8Array {
  const view = viewOf(bytes);
  const end = endOfOptions(view, at);
  const writer = new BlockWriter(BLOCK_TYPE.enhancedPacket);
  writer.octets(bytes.subarray(at + 8, end));
  writer.text(OPTION.comment, comment);
  return writer.finish();
}

/** Where the options of a packet end: at `opt_endofopt`, or at the trailing length when there is none. */
function endOfOptions(view: DataView, at: number): number {
  const end = nextBlock(view, at) - 4;
  let offset = packetOptions(view, at);
  while (offset + 4 <= end && view.getUint16(offset, true) !== OPTION.endOfOptions) {
    offset += 4 + padded(view.getUint16(offset + 2, true));
  }
  return Math.min(offset, end);
}

/**
 * Writes one section: `header()`, then blocks as a source or a segment has them. Interfaces may be added at any time
 * before the first block that refers to them.
 */
export class PcapngWriter {
  private described = 0;
  private buffer = new Uint8Array(0);

  constructor(private readonly texts: SectionTexts = {}) {}

  /** The section header and the interfaces known so far: an empty capture is these octets alone. */
  header(interfaces: readonly CaptureInterface[] = []): Uint8Array {
    return concatenate([sectionHeader(this.texts), this.describe(interfaces)]);
  }

  /** The descriptions of the interfaces that were not described yet, in the order of their ids; often no octets. */
  describe(interfaces: readonly CaptureInterface[]): Uint8Array {
    const blocks: Uint8Array[] = [];
    for (; this.described < interfaces.length; this.described++) {
      if (interfaces[this.described].id !== this.described) {
        throw new RangeError(`interface ${interfaces[this.described].id} stands at place ${this.described}`);
      }
      blocks.push(interfaceDescription(interfaces[this.described]));
    }
    return concatenate(blocks);
  }

  /**
   * The blocks of `bytes`, or of it the packets that `select` takes (asked with a packet's index in `bytes`, in order)
   * and all blocks that are no packets. Valid until the next call, and without `select` the same octets.
   */
  writeBlock(bytes: Uint8Array, select?: PacketSelector): Uint8Array {
    if (select === undefined) {
      return bytes;
    }
    if (this.buffer.length < bytes.length) {
      this.buffer = new Uint8Array(bytes.length);
    }
    return this.buffer.subarray(0, selectBlocks(bytes, select, this.buffer));
  }

  /**
   * As `writeBlock`, with comments: `commentOf` answers the text to add to the packet of that index, or undefined.
   * Asked only for packets that were selected.
   */
  writeCommented(
    bytes: Uint8Array,
    commentOf: (packetIndex: number) => string | undefined,
    select?: PacketSelector,
  ): Uint8Array {
    const view = viewOf(bytes);
    const parts: Uint8Array[] = [];
    let index = 0;
    let runStart = 0;
    for (let at = 0; at < bytes.length; at = nextBlock(view, at)) {
      if (view.getUint32(at + EPB.type, true) !== BLOCK_TYPE.enhancedPacket) {
        continue;
      }
      const packet = index++;
      const wanted = select === undefined || select(packet);
      const comment = wanted ? commentOf(packet) : undefined;
      if (!wanted || comment !== undefined) {
        parts.push(bytes.subarray(runStart, at));
        runStart = nextBlock(view, at);
        if (comment !== undefined) {
          parts.push(withComment(bytes, at, comment));
        }
      }
    }
    parts.push(bytes.subarray(runStart));
    return parts.length === 1 ? bytes : concatenate(parts);
  }
}

function concatenate(parts: readonly Uint8Array[]): Uint8Array {
  const whole = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}
