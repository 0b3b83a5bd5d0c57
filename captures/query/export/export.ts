/** A capture, or a filter's matches in it, as a file: read from the log front to back, and written piece by piece. */

import { BLOCK_TYPE, EPB, hasTime, nanoseconds } from '../../formats/epb.js';
import { PcapWriter } from '../../formats/pcap-writer.js';
import { PcapngWriter, sectionHeader } from '../../formats/pcapng-writer.js';
import { applicationName } from '../../recording/section.js';
import { type BlockScanner, scanSegment } from '../../segments/block-scanner.js';
import { segmentPath } from '../../segments/segment-files.js';
import { CaptureError } from '../../sources/source.js';
import type { Mark } from '../../store/marks.js';
import type { CaptureReader } from '../capture-reader.js';
import { FilterRun } from '../filters/filter-run.js';
import type { ExportQuery } from '../query-types.js';

/** Answers, once it is settled, whether the capture still runs: the index has new packets or the capture has ended. */
export type Wait = () => Promise<boolean>;

/** Packets that are looked at together: as many as hold up other questions for some hundredths of a second. */
const LOOK_AHEAD = 20_000;

/** The matches of a filter in order, pulled as the log is read. */
class Selection {
  private pending: number[] = [];
  private next = 0;
  private looked = 0;
  /** The last run, which knows of the packets so far. */
  private run: FilterRun | undefined;

  /** @throws FilterError */
  constructor(
    private readonly reader: CaptureReader,
    private readonly filter: string,
  ) {
    // A wrong filter is refused before the first piece.
    new FilterRun(reader, filter);
  }

  /** Whether packet `number` matches; asked in ascending order, for packets that are in the index. */
  has(number: number): boolean {
    if (number > this.looked) this.look(number);
    while (this.next < this.pending.length && this.pending[this.next] < number) this.next++;
    return this.pending[this.next] === number;
  }

  private look(number: number): void {
    // Some way ahead, so that the next many questions are answered already.
    const to = Math.min(this.reader.lastNumber, number + LOOK_AHEAD);
    this.pending = [];
    this.next = 0;
    this.run = new FilterRun(this.reader, this.filter, this.run);
    for (const { rows } of this.run.matches(number, to)) for (const row of rows) this.pending.push(row.number);
    this.looked = to;
  }
}

/**
 * The pieces of a pcapng or pcap file; empty ones where a filter finds nothing, so that others get their turn. Without
 * `follow` it ends with the packets that are there now.
 *
 * @param readMarks asked at the start and whenever there is more
 * @param prologue blocks of a pcapng that stand before all packets, such as names
 * @param newSecrets blocks of those that were given since it was asked last; they stand before the packets that come next
 * @param room memory to read the log into: a piece that is as the log has it lies there
 * @param waitForMore for `follow`: settles when there is more, or the capture has ended (false)
 * @throws CaptureError `unsupported` for a pcap of several link types; FilterError
 */
export async function* exportPackets(
  reader: CaptureReader,
  readMarks: () => readonly Mark[],
  query: ExportQuery,
  waitForMore: Wait,
  prologue: () => Promise<readonly Uint8Array[]> = async () => [],
  newSecrets: () => readonly Uint8Array[] = () => [],
  room?: () => Uint8Array,
): AsyncGenerator<Uint8Array, void, undefined> {
  const selection = query.filter ? new Selection(reader, query.filter) : undefined;
  const file = query.format === 'pcap' ? new PcapFile(reader) : new PcapngFile();
  yield file.header();
  if (query.format === 'pcapng') for (const block of await prologue()) yield block;
  let segment = 0;
  let number = 1;
  let goesOn = true;
  let scanner: BlockScanner | undefined;
  try {
    for (;;) {
      const { checkpoint } = reader;
      file.setMarks(readMarks());
      if (query.format === 'pcapng') yield* newSecrets();
      for (;;) {
        if (scanner === undefined) {
          // A ring may have deleted segments meanwhile: numbers go on with those that are left.
          const next = reader.segmentFrom(segment + 1);
          if (next === undefined || next.id > checkpoint.segment) break;
          segment = next.id;
          number = next.first_packet;
          file.segmentBegins();
          scanner = scanSegment(segmentPath(reader.folder, segment));
          if (scanner === undefined) continue;
        }
        const end = segment < checkpoint.segment ? Number.POSITIVE_INFINITY : checkpoint.offset;
        for (let run = scanner.next(end, room?.()); run !== null; run = scanner.next(end, room?.())) {
          const start = number;
          yield file.piece(
            run.bytes.subarray(0, run.length),
            selection === undefined ? undefined : (index) => selection.has(start + index),
          );
          number += file.packets;
        }
        if (segment >= checkpoint.segment) break;
        scanner.close();
        scanner = undefined;
      }
      if (!query.follow || !goesOn) return;
      // Once more after the end: the last packets and the statistics came with it.
      goesOn = await waitForMore();
    }
  } finally {
    scanner?.close();
  }
}

type Select = ((index: number) => boolean) | undefined;

/** Segments without the section headers and interface descriptions that each of them repeats. */
class PcapngFile {
  /** Packets in the piece that was made last. */
  packets = 0;
  private readonly writer = new PcapngWriter();
  private described = 0;
  private inSegment = 0;
  /** Marks for packets to come, in the order of their times. */
  private marks: Mark[] = [];
  /** Ids of those that are written. */
  private readonly written = new Set<number>();

  setMarks(marks: readonly Mark[]): void {
    this.marks = marks.filter((mark) => !this.written.has(mark.id));
  }

  header(): Uint8Array {
    return sectionHeader({ application: applicationName() });
  }

  segmentBegins(): void {
    this.inSegment = 0;
  }

  piece(bytes: Uint8Array, select: Select): Uint8Array {
    const body = this.withoutRepeats(bytes);
    if (this.marks.length > 0) return this.writer.writeCommented(body, this.commenter(body), select);
    return this.writer.writeBlock(body, select);
  }

  private withoutRepeats(bytes: Uint8Array): Uint8Array {
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
    const parts: Uint8Array[] = [];
    let kept = 0;
    this.packets = 0;
    for (let at = 0; at < bytes.length; at += view.getUint32(at + 4, true)) {
      const type = view.getUint32(at, true);
      if (type === BLOCK_TYPE.enhancedPacket) this.packets++;
      const repeated =
        type === BLOCK_TYPE.sectionHeader ||
        // Those of an imported file are among the capture's, which stand in front.
        type === BLOCK_TYPE.decryptionSecrets ||
        (type === BLOCK_TYPE.interfaceDescription && ++this.inSegment <= this.described);
      if (type === BLOCK_TYPE.interfaceDescription) this.described = Math.max(this.described, this.inSegment);
      if (!repeated) continue;
      if (at > kept) parts.push(bytes.subarray(kept, at));
      kept = at + view.getUint32(at + 4, true);
    }
    // Where they stand in front, as at a segment's start, nothing needs to be moved.
    if (parts.length === 0) return bytes.subarray(kept);
    parts.push(bytes.subarray(kept));
    return Buffer.concat(parts);
  }

  /** The words for the packet of an index: those of all marks made since the packet before it. */
  private commenter(bytes: Uint8Array): (index: number) => string | undefined {
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
    const places: number[] = [];
    for (let at = 0; at < bytes.length; at += view.getUint32(at + 4, true))
      if (view.getUint32(at, true) === BLOCK_TYPE.enhancedPacket) places.push(at);
    return (index) => {
      const at = places[index];
      if (!hasTime(view, at)) return undefined;
      const time = nanoseconds(view.getUint32(at + EPB.timeHigh, true), view.getUint32(at + EPB.timeLow, true));
      const texts: string[] = [];
      while (this.marks.length > 0 && BigInt(this.marks[0].time) <= time) {
        const [mark] = this.marks.splice(0, 1);
        this.written.add(mark.id);
        texts.push(mark.text);
      }
      return texts.length === 0 ? undefined : texts.join('\n');
    };
  }
}

class PcapFile {
  packets = 0;
  private readonly writer: PcapWriter;

  constructor(reader: CaptureReader) {
    const interfaces = reader.allInterfaces();
    this.writer = new PcapWriter(
      interfaces.map(({ link_type, snap_length }) => ({ linkType: link_type, snapLength: snap_length })),
    );
    if (interfaces.length === 0) throw new CaptureError('unsupported', 'This capture has no interface to export.');
  }

  header(): Uint8Array {
    return this.writer.header();
  }

  segmentBegins(): void {
    // The format has no segments, and no place for comments.
  }

  setMarks(): void {
    // See above.
  }

  piece(bytes: Uint8Array, select: Select): Uint8Array {
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
    this.packets = 0;
    for (let at = 0; at < bytes.length; at += view.getUint32(at + 4, true))
      if (view.getUint32(at, true) === BLOCK_TYPE.enhancedPacket) this.packets++;
    return this.writer.writeBlock(bytes, select);
  }
}
