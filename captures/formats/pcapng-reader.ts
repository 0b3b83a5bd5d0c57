/**
 * pcapng (draft-ietf-opsawg-pcapng): both byte orders, any number of sections and interfaces.
 *
 * Blocks are turned into the form of `Block` where they stand in the window: an Enhanced Packet Block keeps its
 * length whatever its byte order and clock, so most files are handed over without a copy, and ours with nothing
 * changed. Only what changes its length (Simple Packet Blocks, packets with unsound options) is built anew.
 */
import { BLOCK_BYTES, type Block, type CaptureInterface, type PacketSource } from '../sources/source.js';
import type { Clock } from './clock.js';
import { BLOCK_TYPE, BlockBuilder, BYTE_ORDER_MAGIC, EPB, padded } from './epb.js';
import { convertStatistics, setFrame, swapBlock } from './pcapng-blocks.js';
import { Sections } from './pcapng-headers.js';
import { soundPacketOptions, swapOptions } from './pcapng-options.js';
import { addSimplePacket, rebuildPacket } from './pcapng-rebuild.js';
import { type FormatReader, grouped, MAXIMUM_BLOCK } from './reader.js';
import type { InputWindow } from './window.js';

/** Octets that a block has at least: type and two lengths. */
const MINIMUM_BLOCK = 12;
/** A run of blocks at least this long is handed over where it stands; shorter ones are gathered. */
const RUN_BYTES = 1 << 16;
/** Warnings kept at most: a file may give cause for one with every packet. */
const MAXIMUM_WARNINGS = 20;
/** What `convert` answers: the block stands as it should; it has to be set aside; it is damaged. */
const KEPT = 0;
const ASIDE = 1;
const BROKEN = 2;

export class PcapngReader implements FormatReader {
  readonly warnings: string[] = [];
  needed = MINIMUM_BLOCK;
  problem: string | undefined;

  private readonly builder = new BlockBuilder();
  private readonly sections = new Sections();
  private packets = 0;
  /** Octets of converted blocks from `window.start` on, which are not handed out and must not be converted again. */
  private runBytes = 0;
  private runPackets = 0;
  private fault = '';

  constructor(private readonly window: InputWindow) {}

  get interfaces(): readonly CaptureInterface[] {
    return this.sections.interfaces;
  }

  get section(): PacketSource['section'] {
    return this.sections.first;
  }

  read(): Block | null {
    const { window, builder } = this;
    while (this.problem === undefined) {
      const fate = this.runBytes > 0 ? KEPT : this.walk();
      const { runBytes } = this;
      if (runBytes > 0) {
        if (runBytes >= RUN_BYTES && builder.bytes === 0) {
          return this.takeRun();
        }
        const end = window.start + runBytes;
        if (runBytes >= RUN_BYTES || !builder.addRaw(window.bytes, window.start, end, this.runPackets)) {
          return builder.take();
        }
        this.dropRun();
      } else if (fate === KEPT) {
        return null;
      } else if (fate === ASIDE && this.fault === '') {
        const length = this.length(window.start);
        if (!this.setAside(window.start, length)) {
          return builder.take();
        }
        // A block in which a fault was found stays where it is.
        window.start += this.fault === '' ? length : 0;
      }
      if (this.fault !== '' && this.runBytes === 0) {
        if (builder.bytes > 0) {
          return builder.take();
        }
        this.problem = this.fault;
      }
    }
    return null;
  }

  take(): Block | null {
    return this.builder.take();
  }

  cutOff(): string {
    const { start, end } = this.window;
    const whole = this.needed > MINIMUM_BLOCK ? ` of ${grouped(this.needed)}` : '';
    return (
      `the file ends in the middle of a block after packet ${grouped(this.packets)}, at octet ` +
      `${grouped(this.window.offsetOf(start))}: ${grouped(end - start)}${whole} octets are there`
    );
  }

  private takeRun(): Block {
    const { bytes, start } = this.window;
    const block = { bytes: bytes.subarray(start, start + this.runBytes), packets: this.runPackets };
    this.dropRun();
    return block;
  }

  private dropRun(): void {
    this.window.start += this.runBytes;
    this.runBytes = 0;
    this.runPackets = 0;
  }

  /** Converts blocks in place from `window.start` on, and says what stopped it; `runBytes` is how far. */
  private walk(): number {
    const { end } = this.window;
    const limit = this.window.start + BLOCK_BYTES;
    let fate = KEPT;
    let at = this.window.start;
    this.needed = MINIMUM_BLOCK;
    while (at < limit && end - at >= MINIMUM_BLOCK) {
      const length = this.length(at);
      if (this.fault !== '' || length > end - at) {
        this.needed = length;
        break;
      }
      fate = this.convert(at, length);
      if (fate !== KEPT) {
        break;
      }
      at += length;
    }
    this.runBytes = at - this.window.start;
    return this.fault === '' ? fate : BROKEN;
  }

  /** The total length of the block at `at`, checked as far as its start allows; sets `fault`. */
  private length(at: number): number {
    const { view } = this.window;
    let little = this.sections.little;
    if (view.getUint32(at, little) === BLOCK_TYPE.sectionHeader) {
      // The magic of a section says in which order its own length stands.
      little = view.getUint32(at + 8, true) === BYTE_ORDER_MAGIC;
      if (!little && view.getUint32(at + 8, false) !== BYTE_ORDER_MAGIC) {
        this.fail(at, 'a section header without a byte-order magic');
        return MINIMUM_BLOCK;
      }
    }
    const length = view.getUint32(at + 4, little);
    if (length < MINIMUM_BLOCK || length % 4 !== 0) {
      this.fail(at, `a block whose length is ${grouped(length)}: it must be a multiple of 4, and 12 or more`);
    } else if (length > MAXIMUM_BLOCK) {
      this.fail(at, `a block whose length is ${grouped(length)}; ${grouped(MAXIMUM_BLOCK)} octets are the most`);
    }
    return length;
  }

  private convert(at: number, length: number): number {
    const { bytes, view } = this.window;
    const little = this.sections.little;
    const type = view.getUint32(at, little);
    if (type === BLOCK_TYPE.sectionHeader) {
      return ASIDE;
    }
    if (view.getUint32(at + length - 4, little) !== length) {
      const trailer = grouped(view.getUint32(at + length - 4, little));
      return this.fail(at, `a block whose length is ${grouped(length)} at its start and ${trailer} at its end`);
    }
    switch (type) {
      case BLOCK_TYPE.enhancedPacket:
        return this.convertPacket(at, length, view.getUint32(at + EPB.interface, little), 0);
      case BLOCK_TYPE.packet: {
        // 16 bits of interface and 16 of packets dropped since the last one, 0xffff when that is unknown.
        const dropped = view.getUint16(at + 10, little);
        return this.convertPacket(at, length, view.getUint16(at + 8, little), dropped === 0xffff ? 0 : dropped);
      }
      case BLOCK_TYPE.interfaceStatistics:
        return this.convertStatistics(at, length);
      case BLOCK_TYPE.interfaceDescription:
      case BLOCK_TYPE.simplePacket:
        return ASIDE;
      default:
        if (!little) {
          swapBlock(bytes, view, at, type, length);
        }
        return KEPT;
    }
  }

  /** The checks of every packet with an interface; the fields of both packet blocks stand in the same places. */
  private convertPacket(at: number, length: number, interfaceIndex: number, dropped: number): number {
    const { bytes, view } = this.window;
    const little = this.sections.little;
    if (interfaceIndex >= this.sections.declared.length || length < EPB.overhead) {
      return this.fail(
        at,
        length < EPB.overhead
          ? `a packet block of ${length} octets, too short for its own fields`
          : `a packet of interface ${interfaceIndex}, where the section declares ${this.sections.declared.length}`,
      );
    }
    const { shown, clock, largest } = this.sections.declared[interfaceIndex];
    const captured = view.getUint32(at + EPB.captured, little);
    if (captured > largest || padded(captured) > length - EPB.overhead) {
      return this.fail(at, `a packet that claims ${grouped(captured)} octets in a block of ${grouped(length)}`);
    }
    const options = at + EPB.data + ((captured + 3) & ~3);
    const end = at + length - 4;
    if (dropped > 0 || (options < end && !soundPacketOptions(view, options, end, little))) {
      return ASIDE;
    }
    this.packets++;
    this.runPackets++;
    if (
      little &&
      clock.identity &&
      shown.id === interfaceIndex &&
      view.getUint32(at, true) === BLOCK_TYPE.enhancedPacket
    ) {
      // As our own files are: nothing to change.
      return KEPT;
    }
    if (!clock.identity || !little) {
      clock.convert(view.getUint32(at + EPB.timeHigh, little), view.getUint32(at + EPB.timeLow, little));
      view.setUint32(at + EPB.timeHigh, clock.high, true);
      view.setUint32(at + EPB.timeLow, clock.low, true);
      this.noteWrapped(clock, shown.id);
    }
    if (!little) {
      view.setUint32(at + EPB.captured, captured, true);
      view.setUint32(at + EPB.original, view.getUint32(at + EPB.original, false), true);
      swapOptions(bytes, view, options, end, 'packet');
    }
    view.setUint32(at + EPB.interface, shown.id, true);
    setFrame(view, at, BLOCK_TYPE.enhancedPacket, length);
    return KEPT;
  }

  private convertStatistics(at: number, length: number): number {
    const { bytes, view } = this.window;
    const declared = length >= 24 ? this.sections.declared[view.getUint32(at + 8, this.sections.little)] : undefined;
    if (declared === undefined) {
      return this.fail(at, 'interface statistics that are too short, or of an interface that the section lacks');
    }
    convertStatistics(bytes, view, at, length, this.sections.little, declared.shown.id, declared.clock);
    return KEPT;
  }

  /** Takes a block that cannot stay where it is. False when the builder has to be handed over first. */
  private setAside(at: number, length: number): boolean {
    const { bytes, view } = this.window;
    switch (view.getUint32(at, this.sections.little)) {
      case BLOCK_TYPE.sectionHeader:
        this.failIf(at, this.sections.open(bytes, view, at, length));
        return true;
      case BLOCK_TYPE.interfaceDescription:
        this.failIf(at, this.sections.declare(bytes, view, at, length));
        return true;
      case BLOCK_TYPE.simplePacket:
        return this.addSimple(at, length);
      default:
        return this.addRebuilt(at, length);
    }
  }

  private addSimple(at: number, length: number): boolean {
    const { bytes, view } = this.window;
    if (this.sections.declared.length === 0 || length < 16) {
      this.fail(at, 'a simple packet without an interface, or too short for its own fields');
      return true;
    }
    const { shown, largest } = this.sections.declared[0];
    const original = view.getUint32(at + 8, this.sections.little);
    const captured = Math.min(original, shown.snapLength || original);
    if (captured > largest || padded(captured) > length - 16) {
      this.fail(at, `a packet that claims ${grouped(captured)} octets in a block of ${grouped(length)}`);
      return true;
    }
    const added = addSimplePacket(this.builder, bytes, at + 12, captured, original, shown.id);
    this.packets += added ? 1 : 0;
    return added;
  }

  private addRebuilt(at: number, length: number): boolean {
    const { bytes, view } = this.window;
    const { little } = this.sections;
    const obsolete = view.getUint32(at, little) === BLOCK_TYPE.packet;
    const index = obsolete ? view.getUint16(at + 8, little) : view.getUint32(at + EPB.interface, little);
    const dropped = obsolete ? view.getUint16(at + 10, little) % 0xffff : 0;
    const { shown, clock } = this.sections.declared[index];
    const captured = view.getUint32(at + EPB.captured, little);
    const { builder } = this;
    if (!rebuildPacket(builder, bytes, view, at, length, little, shown.id, clock, captured, dropped)) {
      return false;
    }
    this.packets++;
    const options = at + EPB.data + padded(captured);
    if (!soundPacketOptions(view, options, at + length - 4, little)) {
      this.warn(`packet ${grouped(this.packets)} has options of a length that no reader accepts: they were left out`);
    }
    return true;
  }

  private noteWrapped(clock: Clock, id: number): void {
    if (clock.wrapped) {
      this.warn(`interface ${id} has time stamps outside 1970 … 2554: they are kept modulo 2^64 nanoseconds`);
      clock.wrapped = false;
    }
  }

  private warn(warning: string): void {
    if (!this.warnings.includes(warning) && this.warnings.length < MAXIMUM_WARNINGS) {
      this.warnings.push(warning);
    }
  }

  private failIf(at: number, what: string | undefined): void {
    if (what !== undefined) {
      this.fail(at, what);
    }
  }

  private fail(at: number, what: string): number {
    const where = grouped(this.window.offsetOf(at));
    this.fault = `at octet ${where}, after packet ${grouped(this.packets)}: ${what}`;
    return BROKEN;
  }
}
