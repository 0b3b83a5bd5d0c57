/** Section Header Blocks and Interface Description Blocks as a reader sees them (sections 4.1 and 4.2). */
import { defined } from '../defined.js';
import { CaptureError, type CaptureInterface, type PacketSource } from '../sources/source.js';
import { Clock } from './clock.js';
import { BLOCK_TYPE, BYTE_ORDER_MAGIC, OPTION } from './epb.js';
import { optionText, type RawOption, readOptions } from './pcapng-options.js';
import { largestPacket } from './reader.js';

/** Octets of the smallest section header. */
export const SECTION_HEADER_BYTES = 28;

/** Whether pcapng starts at `at`: the section header's type, and a byte-order magic of either order. */
export function isPcapng(bytes: Uint8Array, at: number, end: number): boolean {
  if (end - at < 12) {
    return false;
  }
  const view = new DataView(bytes.buffer, bytes.byteOffset + at, 12);
  return (
    view.getUint32(0, true) === BLOCK_TYPE.sectionHeader &&
    (view.getUint32(8, true) === BYTE_ORDER_MAGIC || view.getUint32(8, false) === BYTE_ORDER_MAGIC)
  );
}

/** @throws CaptureError `unsupported` when the section header at `at` has a version that nobody reads. */
export function checkPcapngVersion(bytes: Uint8Array, at: number): void {
  const view = new DataView(bytes.buffer, bytes.byteOffset + at, 16);
  const little = view.getUint32(8, true) === BYTE_ORDER_MAGIC;
  if (!soundVersion(view, 0, little)) {
    const version = `${view.getUint16(12, little)}.${view.getUint16(14, little)}`;
    throw new CaptureError('unsupported', `this pcapng file has version ${version}; versions 1.0 and 1.2 are read`);
  }
}

/** 1.2 was written by some and is to be read as 1.0 (section 4.1). */
export function soundVersion(view: DataView, at: number, little: boolean): boolean {
  const minor = view.getUint16(at + 14, little);
  return view.getUint16(at + 12, little) === 1 && (minor === 0 || minor === 2);
}

/** An interface of the section being read, with what its packets need. */
export interface SectionInterface {
  readonly shown: CaptureInterface;
  readonly clock: Clock;
  /** Octets of one packet at most. */
  readonly largest: number;
}

/** The texts of a section header; undefined when its options overrun the block. */
export function readSection(
  bytes: Uint8Array,
  view: DataView,
  at: number,
  length: number,
  little: boolean,
): NonNullable<PacketSource['section']> | undefined {
  const options = readOptions(view, at + 24, at + length - 4, little);
  if (options === undefined) {
    return undefined;
  }
  const text = (code: number): string | undefined => textOf(bytes, options, code);
  return defined({
    comment: text(OPTION.comment),
    hardware: text(OPTION.shbHardware),
    os: text(OPTION.shbOs),
    application: text(OPTION.shbUserApplication),
  });
}

/**
 * One interface description of at least 20 octets.
 * @param id its number over all sections
 * @param section its section, from 0
 * @returns undefined when its options overrun the block.
 */
export function readInterface(
  bytes: Uint8Array,
  view: DataView,
  at: number,
  length: number,
  little: boolean,
  id: number,
  section: number,
): SectionInterface | undefined {
  const options = readOptions(view, at + 16, at + length - 4, little);
  if (options === undefined) {
    return undefined;
  }
  const text = (code: number): string | undefined => textOf(bytes, options, code);
  const value = (code: number, octets: number): RawOption | undefined =>
    options.find((option) => option.code === code && option.length === octets);
  const mac = value(OPTION.ifMacAddress, 6);
  const speed = value(OPTION.ifSpeed, 8);
  const resolution = value(OPTION.ifTimeResolution, 1);
  const offset = value(OPTION.ifTimeOffset, 8);
  // The first octet of if_filter says what follows: 0 is text, 1 is BPF code, which nothing here shows.
  const filter = options.find(
    (option) => option.code === OPTION.ifFilter && option.length > 1 && bytes[option.at] === 0,
  );
  const linkType = view.getUint16(at + 8, little);
  const rawResolution = resolution === undefined ? 6 : bytes[resolution.at];
  return {
    shown: {
      id,
      name: text(OPTION.ifName) ?? '',
      linkType,
      snapLength: view.getUint32(at + 12, little),
      originalResolution: rawResolution,
      section,
      ...defined({
        description: text(OPTION.ifDescription),
        filter: filter && optionText(bytes, { ...filter, at: filter.at + 1, length: filter.length - 1 }),
        os: text(OPTION.ifOs),
        hardware: text(OPTION.ifHardware),
        comment: text(OPTION.comment),
        macAddress: mac && bytes.slice(mac.at, mac.at + 6),
        speed: speed && view.getBigUint64(speed.at, little),
      }),
    },
    clock: new Clock(rawResolution, offset === undefined ? 0n : view.getBigInt64(offset.at, little)),
    largest: largestPacket(linkType),
  };
}

/** The first option of a code as text; several comments are joined by a line break. */
function textOf(bytes: Uint8Array, options: readonly RawOption[], code: number): string | undefined {
  const found = options.filter((option) => option.code === code);
  const kept = code === OPTION.comment ? found : found.slice(0, 1);
  return kept.length === 0 ? undefined : kept.map((option) => optionText(bytes, option)).join('\n');
}

/** The section being read, and all interfaces so far. */
export class Sections {
  /** The byte order of the section being read. */
  little = true;
  /** The interfaces of the section being read. */
  declared: SectionInterface[] = [];
  /** The interfaces of all sections, numbered in order of appearance. */
  readonly interfaces: CaptureInterface[] = [];
  /** The texts of the first section's header. */
  first: PacketSource['section'];
  private count = 0;

  /** Takes the section header at `at`; answers what is wrong with it, if anything. */
  open(bytes: Uint8Array, view: DataView, at: number, length: number): string | undefined {
    const little = view.getUint32(at + 8, true) === BYTE_ORDER_MAGIC;
    const sound = length >= SECTION_HEADER_BYTES && view.getUint32(at + length - 4, little) === length;
    const section = sound ? readSection(bytes, view, at, length, little) : undefined;
    if (section === undefined) {
      return 'a section header whose lengths contradict each other';
    }
    if (!soundVersion(view, at, little)) {
      return `a section of version ${view.getUint16(at + 12, little)}.${view.getUint16(at + 14, little)}`;
    }
    this.little = little;
    this.declared = [];
    this.first = this.count === 0 ? section : this.first;
    this.count++;
    return undefined;
  }

  /** Takes the interface description at `at`; answers what is wrong with it, if anything. */
  declare(bytes: Uint8Array, view: DataView, at: number, length: number): string | undefined {
    const id = this.interfaces.length;
    const declared = length >= 20 ? readInterface(bytes, view, at, length, this.little, id, this.count - 1) : undefined;
    if (declared === undefined) {
      return 'an interface description whose options are longer than it';
    }
    this.declared.push(declared);
    this.interfaces.push(declared.shown);
    return undefined;
  }
}
