/** What decoding alone costs, in memory and on one thread: a guard against a slow line in the hot path. */

import { EPB, packetBlockBytes } from '../captures/formats/epb.js';
import { BLOCK_BYTES } from '../captures/sources/source.js';
import { ConversationTable } from '../decoders/conversations/conversation-table.js';
import { FlowTable } from '../decoders/conversations/flow-table.js';
import { TcpAnalysis } from '../decoders/conversations/tcp-analysis.js';
import { BATCH_ROWS, Columns, dissect, summarizePacket, Walk } from '../decoders/core/index.js';
import { registry } from '../decoders/protocols/index.js';
import type { Bench, Row } from './harness/bench.js';
import type { Result } from './harness/result.js';
import { median, shown } from './harness/samples.js';
import { Conversations } from './traffic/conversations.js';
import { planFlows } from './traffic/flow-plan.js';
import { FrameWriter } from './traffic/frame.js';

const ETHERNET = 1;
const TCP = 6;
const FLOWS = 150;
const LARGEST_FRAME = 1514;
/** Blocks before the first one that counts: the compiler has seen enough by then. */
const WARM_UP = 100;
/** Blocks that are one measurement. */
const REPEATS = 10;
/** Short headers without payload, to tell the walk from the checksums over the payload. */
const SNAP = 66;

/** Millions of packets a second on one core, and octets that one packet may allocate: less than one is the measurement's own. */
const RATE = 4;
const ALLOCATED = 1;

/**
 * Nanoseconds a packet that must not be passed: about three times what they were when this was written. TCP analysis is
 * wanted for 1.5 million packets a second.
 */
const LIMITS = { summarize: 750, headers: 300, track: 300, analyse: 667, dissect: 45_000 } as const;

/** A block as the log has them: about 1 MiB, which the processor's cache holds, and frames aligned to four octets. */
interface Batch {
  readonly view: DataView;
  readonly rows: number;
  readonly start: Int32Array;
  readonly length: Int32Array;
}

function makeBatch(): Batch {
  const bytes = new Uint8Array(BLOCK_BYTES);
  const start = new Int32Array(BATCH_ROWS);
  const length = new Int32Array(BATCH_ROWS);
  const conversations = new Conversations(planFlows(FLOWS, BATCH_ROWS));
  const writer = new FrameWriter(bytes);
  let rows = 0;
  for (let at: number = EPB.data; at + LARGEST_FRAME <= BLOCK_BYTES; rows++) {
    start[rows] = at;
    length[rows] = conversations.next(writer, at);
    at += packetBlockBytes(length[rows]);
  }
  return { view: new DataView(bytes.buffer), rows, start, length };
}

/** Nanoseconds of CPU a packet, `count` times: other programs on the same cores change them little. */
function timed(count: number, packets: number, work: () => void): number[] {
  for (let i = 0; i < WARM_UP; i++) work();
  return Array.from({ length: count }, () => {
    const before = process.cpuUsage();
    for (let i = 0; i < REPEATS; i++) work();
    const { user, system } = process.cpuUsage(before);
    return ((user + system) * 1000) / packets / REPEATS;
  });
}

/** All packets into columns; `snap` keeps so many octets of each. */
function summarizeAll(batch: Batch, columns: Columns, walk: Walk, snap = 65_536): void {
  const { view, rows, start, length } = batch;
  for (let row = 0; row < rows; row++) {
    const captured = Math.min(length[row], snap);
    columns.time[row] = row;
    columns.length[row] = length[row];
    summarizePacket(registry, view, ETHERNET, start[row], captured, length[row], walk, columns, row);
  }
  columns.rows = rows;
}

/** TCP analysis of all packets that are TCP. When the batch comes again, its connections begin anew: nothing is sent twice. */
class Analysis {
  private readonly tcp: TcpAnalysis;
  private readonly table = new ConversationTable(50_000, (place) => this.tcp.forget(place));
  private frame = 0;
  private round = 0;
  private readonly rounds = new Uint32Array(FLOWS * 2);
  /** Segments that were looked at. */
  segments = 0;

  constructor() {
    this.tcp = new TcpAnalysis(this.table.capacity);
  }

  all({ view }: Batch, columns: Columns): void {
    const { table, tcp, rounds } = this;
    this.round++;
    for (let row = 0; row < columns.rows; row++) {
      this.frame++;
      if (columns.transport[row] !== TCP) continue;
      const start = columns.transportOffset[row];
      const headerEnd = start + (view.getUint8(start + 12) >> 4) * 4;
      const place = table.find(columns, row, TCP, columns.sourcePort[row], columns.destinationPort[row]);
      if (table.capacity > tcp.connections.stream.length) tcp.grow(table.capacity);
      if (rounds[place] !== this.round) tcp.begin(place, this.frame * 1000);
      rounds[place] = this.round;
      const length = columns.transportEnd[row] - headerEnd;
      tcp.segment(place, table.reversed ? 1 : 0, view, start, headerEnd, true, length, this.frame * 1000, this.frame);
      this.segments++;
    }
  }
}

function dissectSome(batch: Batch, walk: Walk): number {
  let layers = 0;
  for (let row = 0; row < batch.rows; row++) {
    const length = batch.length[row];
    const packet = {
      view: batch.view,
      start: batch.start[row],
      captured: length,
      original: length,
      linkType: ETHERNET,
    };
    layers += dissect(registry, packet, walk).layers.length;
  }
  return layers;
}

/** Octets that are allocated a packet, the measurement's own included: the least of several, as collections interrupt. */
function allocated(packets: number, work: () => void): number {
  const used = Array.from({ length: 5 }, () => {
    const before = process.memoryUsage().heapUsed;
    for (let i = 0; i < REPEATS; i++) work();
    return Math.max(0, process.memoryUsage().heapUsed - before) / packets / REPEATS;
  });
  return Math.min(...used);
}

async function run(bench: Bench): Promise<Result> {
  const runs = bench.rounds * 4;
  const batch = makeBatch();
  const columns = new Columns();
  const walk = new Walk();
  const flows = new FlowTable(registry);
  summarizeAll(batch, columns, walk);
  const analysis = new Analysis();
  analysis.all(batch, columns);
  const segments = analysis.segments;
  const measured: Record<keyof typeof LIMITS, number[]> = {
    headers: timed(runs, batch.rows, () => summarizeAll(batch, columns, walk, SNAP)),
    summarize: timed(runs, batch.rows, () => summarizeAll(batch, columns, walk)),
    track: timed(runs, batch.rows, () => {
      flows.track(columns, batch.view, 1);
      flows.drain(() => {
        // Only so that the list of changed flows stays short, as after a commit.
      });
    }),
    analyse: timed(runs, segments, () => analysis.all(batch, columns)),
    dissect: timed(runs, batch.rows, () => dissectSome(batch, walk)),
  };
  const rates = measured.summarize.map((nanoseconds) => 1000 / nanoseconds);
  const garbage = allocated(batch.rows, () => summarizeAll(batch, columns, walk));
  const octets = batch.length.reduce((sum, length) => sum + length, 0) / batch.rows;
  const names: Record<keyof typeof LIMITS, string> = {
    headers: `summarize, the first ${SNAP} octets`,
    summarize: `summarize, with checksums over ${shown(Math.round(octets))} octets`,
    track: 'track its flow',
    analyse: 'TCP analysis, a segment',
    dissect: 'the whole tree',
  };
  const all = Object.keys(names) as (keyof typeof LIMITS)[];
  return {
    title: `decode: mixed traffic in memory, ns of CPU a packet`,
    programs: ['netglass'],
    lines: [
      ...all.map((name) => ({ what: names[name], values: { netglass: measured[name] } })),
      { what: 'summarize, M packets/s', values: { netglass: rates } },
      { what: 'summarize, octets allocated a packet', values: { netglass: [garbage] } },
    ],
    goals: [
      ...all.map((name) => ({
        what: names[name],
        target: `at most ${shown(LIMITS[name])} ns`,
        measured: `${shown(median(measured[name]))} ns`,
        reached: median(measured[name]) <= LIMITS[name],
      })),
      {
        what: 'summarize, with checksums',
        target: `at least ${RATE} M packets/s`,
        measured: `${shown(median(rates))} M packets/s`,
        reached: median(rates) >= RATE,
      },
      {
        what: 'summarize allocates',
        target: 'nothing',
        measured: `${shown(garbage)} octets a packet`,
        reached: garbage < ALLOCATED,
      },
    ],
    notes: ['No peer: the limits in nanoseconds guard against a slow line; they are no aim.'],
  };
}

export const decode: Row = { name: 'decode', run };
