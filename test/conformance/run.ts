/** Every packet of a capture through the decoders, beside what tshark says of it. */

import { dissect } from '../../decoders/core/index.js';
import type { LayerNode } from '../../decoders/core/tree.js';
import { registry } from '../../decoders/protocols/index.js';
import type { SessionOptions } from '../../decoders/session/options.js';
import { Session } from '../../decoders/session/session.js';
import { type CorpusPacket, corpusPackets, type Mode, type Sheet } from '../support/corpus.js';
import { type Column, Comparison, knownColumns } from './compare.js';
import { Tallies } from './tally.js';

export interface RunOptions {
  readonly mode: Mode;
  /** The corpus's folder. */
  readonly folder?: string;
  /** Filter name: only the fields of this protocol. */
  readonly only?: string;
}

/** The corpus's answers were made with checksums verified, and with sequence numbers as they are (`oracle.sh`). */
const asAsked: SessionOptions = { verifyTcpChecksum: true, relativeSequenceNumbers: false };

/** Columns for which alone the corpus keeps no row of a packet: where there is none, they are not said to be empty. */
const BESIDE: ReadonlySet<string> = new Set(['tcp.stream', 'udp.stream']);

/** Milliseconds that the slowest packet may take. */
export const LONGEST_MS = 50;
/** Times that a file with a slow packet is decoded again. */
const AGAIN = 8;

export class Conformance {
  readonly tallies = new Tallies();
  private readonly comparison: Comparison;
  private readonly columns = new Map<string, Column[]>();
  /** Milliseconds of each packet of the file that is being compared. */
  private times: number[] = [];

  constructor(private readonly options: RunOptions) {
    this.comparison = new Comparison(this.tallies, options.mode === 'app');
  }

  async file(file: string, sheet: Sheet): Promise<void> {
    const protocols = sheet.columns.indexOf('frame.protocols');
    const length = sheet.columns.indexOf('frame.cap_len');
    const columns = this.columnsOf(sheet.columns);
    const withoutRow = this.columnsOf(sheet.columns.filter((name) => !BESIDE.has(name)));
    const session = this.options.mode === 'app' ? new Session(registry, asAsked) : undefined;
    let number = 0;
    this.times = [];
    for await (const packet of corpusPackets(file, this.options.folder)) {
      number++;
      const row = sheet.rows.get(number);
      if (session === undefined && row === undefined) break;
      // A file whose packets are counted otherwise by tshark would shift every row.
      if (length >= 0 && row !== undefined && Number(row[length]) !== packet.captured) break;
      const layers = this.decode(session, packet, number, file);
      if (layers === undefined) continue;
      this.comparison.packet(
        { file, number, layers, row, protocols: row?.[protocols] ?? '' },
        row ? columns : withoutRow,
      );
    }
    this.comparison.endOfFile(file);
    // What threw once would throw again.
    if (this.tallies.failures.length === 0) await this.noteSlowest(file);
  }

  private columnsOf(names: readonly string[]): Column[] {
    const key = names.join();
    let columns = this.columns.get(key);
    if (columns === undefined) {
      columns = knownColumns(names, this.options.only, this.options.mode);
      this.columns.set(key, columns);
    }
    return columns;
  }

  private decode(
    session: Session | undefined,
    packet: CorpusPacket,
    number: number,
    file: string,
  ): readonly LayerNode[] | undefined {
    const { tallies } = this;
    const before = performance.now();
    try {
      const tree = session === undefined ? dissect(registry, packet) : session.dissect({ ...packet, number });
      this.times.push(performance.now() - before);
      return tree.layers;
    } catch (error) {
      tallies.failures.push(`${file} #${number}: ${(error as Error).stack}`);
      return undefined;
    }
  }

  /** Notes the file's slowest packet. The machine may have been busy elsewhere: it is slow only when it always is. */
  private async noteSlowest(file: string): Promise<void> {
    for (let round = 0; round < AGAIN && slowest(this.times) > LONGEST_MS / 5; round++) await this.timeAgain(file);
    const most = slowest(this.times);
    this.tallies.took(most, `${file} #${this.times.indexOf(most) + 1}`);
  }

  private async timeAgain(file: string): Promise<void> {
    const { times } = this;
    const session = this.options.mode === 'app' ? new Session(registry, asAsked) : undefined;
    let index = 0;
    for await (const packet of corpusPackets(file, this.options.folder)) {
      if (index === times.length) return;
      const before = performance.now();
      if (session === undefined) dissect(registry, packet);
      else session.dissect({ ...packet, number: index + 1 });
      times[index] = Math.min(times[index], performance.now() - before);
      index++;
    }
  }
}

function slowest(times: readonly number[]): number {
  return times.reduce((most, time) => Math.max(most, time), 0);
}
