/** All captures of a data folder: started, stopped, imported, recovered, deleted. */

import { randomBytes } from 'node:crypto';
import { EventEmitter } from 'node:events';
import { existsSync, mkdirSync, readdirSync, rmSync } from 'node:fs';
import { basename, join } from 'node:path';
import { MessageChannel } from 'node:worker_threads';
import type { IndexTotals } from '../index/capture-index.js';
import { removeIndex } from '../index/sqlite-writer.js';
import { sendChunks } from '../recording/chunks.js';
import type { SourceRequest, StopRules } from '../recording/messages.js';
import { indexFolder, Recording, type RecordingResult } from '../recording/recording.js';
import { repairSegment } from '../segments/repair.js';
import { indexPath, listSegments, segmentPath } from '../segments/segment-files.js';
import type { SegmentLimits } from '../segments/segment-log.js';
import { CaptureError, type CaptureInterface, type EngineName, type SourceStatistics } from '../sources/source.js';
import {
  type CaptureOrigin,
  type CaptureRecord,
  currentBootId,
  loadCapture,
  type RingRules,
  saveCapture,
} from './capture-file.js';
import { type DataFolder, openDataFolder } from './data-folder.js';
import { appendMark, type Mark } from './marks.js';

export interface LiveRequest {
  readonly name?: string;
  readonly engine: EngineName;
  readonly interfaces: readonly string[];
  readonly captureFilter?: string;
  /** BPF condition whose packets are left out besides: netglass's own traffic. */
  readonly leaveOut?: string;
  readonly snapLength?: number;
  readonly promiscuous?: boolean;
  readonly bufferBytes?: number;
  readonly stop?: StopRules;
  readonly ring?: RingRules;
}

/** Emitted with the capture's id. `progress`: packets were indexed, or counters moved; `ended`: it runs no more. */
interface StoreEvents {
  progress: [id: string];
  ended: [id: string];
  deleted: [id: string];
  /** The index is about to be thrown away. */
  reindexing: [id: string];
}

interface Entry {
  readonly folder: string;
  readonly record: CaptureRecord;
  recording?: Recording;
  /** Resolves when the capture has stopped and its record is saved. */
  ended: Promise<void>;
  baseTime?: bigint;
}

export class CaptureStore extends EventEmitter<StoreEvents> {
  private readonly entries = new Map<string, Entry>();

  private constructor(private readonly data: DataFolder) {
    super();
    this.setMaxListeners(0);
  }

  /**
   * Opens a data folder and recovers what a crash left running: torn blocks are cut off, and packets that are in the
   * log but not in the index are indexed.
   *
   * @throws CaptureError `io`
   */
  static async open(path: string): Promise<CaptureStore> {
    const store = new CaptureStore(openDataFolder(path));
    for (const id of readdirSync(store.data.captures).sort()) await store.load(id);
    return store;
  }

  list(): readonly CaptureRecord[] {
    return [...this.entries.values()].map((entry) => entry.record);
  }

  get(id: string): CaptureRecord | undefined {
    return this.entries.get(id)?.record;
  }

  /** The folder of a capture's files. */
  folder(id: string): string {
    return this.entry(id).folder;
  }

  /** Resolves when the capture runs no more. */
  async ended(id: string): Promise<void> {
    await this.entry(id).ended;
  }

  /** Starts a live capture; resolves once it is capturing. @throws CaptureError nothing is left behind then */
  async start(request: LiveRequest): Promise<CaptureRecord> {
    const { engine, interfaces, captureFilter, leaveOut, snapLength, promiscuous, bufferBytes } = request;
    const origin = (leftOut: string | undefined): CaptureOrigin & { kind: 'live' } => ({
      kind: 'live',
      engine,
      interfaces,
      ...defined({ captureFilter, leftOut, snapLength, promiscuous, bufferBytes }),
    });
    const attempt = (leftOut: string | undefined) => {
      const filter = bothFilters(captureFilter, leftOut);
      return this.begin(
        request.name ?? interfaces.join(', '),
        origin(leftOut),
        {
          kind: 'live',
          engine,
          options: { interfaces, ...defined({ captureFilter: filter, snapLength, promiscuous, bufferBytes }) },
        },
        request.stop ?? {},
        request.ring ?? {},
      );
    };
    if (leaveOut === undefined || engine === 'raw-socket') return attempt(undefined);
    try {
      return await attempt(leaveOut);
    } catch (error) {
      // A link type without IP takes no such condition; the words about the user's own filter must be about that alone.
      if (error instanceof CaptureError && error.code === 'bad-filter') return attempt(undefined);
      throw error;
    }
  }

  /** Imports a file by its path; resolves when every packet is stored. @throws CaptureError when it is no capture */
  async importFile(path: string, name = basename(path)): Promise<CaptureRecord> {
    return this.import(name, { kind: 'file', path });
  }

  /** Imports what a stream yields, in bounded memory; otherwise as `importFile`. */
  async importStream(input: AsyncIterable<Uint8Array>, name: string): Promise<CaptureRecord> {
    const { port1, port2 } = new MessageChannel();
    const sent = sendChunks(input, port1);
    try {
      const record = await this.import(name, { kind: 'stream', name, port: port2 });
      await sent;
      return record;
    } finally {
      port1.close();
    }
  }

  /** Stops a running capture; resolves when everything is indexed. Does nothing for one that runs no more. */
  async stop(id: string): Promise<CaptureRecord> {
    const entry = this.entry(id);
    entry.recording?.stop();
    await entry.ended;
    return entry.record;
  }

  rename(id: string, change: { name?: string; comment?: string }): CaptureRecord {
    const { folder, record } = this.entry(id);
    if (change.name !== undefined) record.name = change.name;
    if (change.comment !== undefined) record.comment = change.comment;
    saveCapture(folder, record);
    return record;
  }

  /** Deletes a capture with its files; a running one is stopped first. */
  async delete(id: string): Promise<void> {
    await this.stop(id);
    const { folder } = this.entry(id);
    this.entries.delete(id);
    this.emit('deleted', id);
    rmSync(folder, { recursive: true, force: true });
  }

  /** Adds a mark to a capture; `time` in nanoseconds since 1970. */
  mark(id: string, text: string, time: bigint): Mark {
    const entry = this.entry(id);
    const mark = appendMark(entry.folder, { text, time: time.toString() });
    this.emit('progress', id);
    return mark;
  }

  /** Throws the index of a stopped capture away and builds it again from the segments. */
  async reindex(id: string): Promise<CaptureRecord> {
    const entry = this.entry(id);
    if (entry.recording !== undefined)
      throw new CaptureError('unsupported', `Capture ${id} is running.`, 'Stop it before it is indexed again.');
    this.emit('reindexing', id);
    removeIndex(indexPath(entry.folder));
    const indexing = this.indexAgain(entry);
    entry.ended = indexing.then(
      () => {},
      () => {},
    );
    await indexing;
    saveCapture(entry.folder, entry.record);
    this.emit('ended', id);
    return entry.record;
  }

  /** Stops everything that runs and gives the data folder free. */
  async close(): Promise<void> {
    await Promise.all([...this.entries.keys()].map((id) => this.stop(id)));
    this.data.release();
  }

  private entry(id: string): Entry {
    const entry = this.entries.get(id);
    if (entry === undefined) throw new CaptureError('io', `There is no capture ${id}.`);
    return entry;
  }

  private async import(name: string, source: SourceRequest): Promise<CaptureRecord> {
    const record = await this.begin(name, { kind: 'import', file: name }, source, {}, {});
    await this.entry(record.id).ended;
    return record;
  }

  private async begin(
    name: string,
    origin: CaptureOrigin,
    source: SourceRequest,
    stop: StopRules,
    ring: RingRules,
  ): Promise<CaptureRecord> {
    const id = this.newId();
    const folder = join(this.data.captures, id);
    mkdirSync(folder, { mode: 0o700 });
    const record: CaptureRecord = {
      id,
      name,
      state: origin.kind === 'live' ? 'running' : 'importing',
      source: origin,
      stop,
      ring,
      interfaces: [],
      startedAt: new Date().toISOString(),
      stoppedAt: null,
      packets: 0,
      bytes: 0,
      firstTime: null,
      lastTime: null,
      loss: { kernel: null, interface: null, daemon: null, truncated: 0, malformed: 0 },
      firstPacket: 1,
      bootId: currentBootId(),
      warnings: [],
    };
    saveCapture(folder, record);
    let recording: Recording;
    try {
      recording = await Recording.start(folder, source, stop, segmentLimitsOf(ring));
    } catch (error) {
      rmSync(folder, { recursive: true, force: true });
      throw error;
    }
    const entry: Entry = { folder, record, recording, ended: Promise.resolve() };
    this.entries.set(id, entry);
    entry.ended = this.follow(entry, recording);
    record.interfaces = recording.interfaces.map(shownInterface);
    saveCapture(folder, record);
    return record;
  }

  /** Keeps the record up to date until the recording is through. */
  private async follow(entry: Entry, recording: Recording): Promise<void> {
    const { record, folder } = entry;
    recording.on('committed', (_checkpoint, totals, baseTime) => {
      applyTotals(record, totals, baseTime);
      this.emit('progress', record.id);
    });
    recording.on('statistics', (statistics, warnings) => {
      applyStatistics(record, statistics);
      record.warnings = [...warnings];
      this.emit('progress', record.id);
    });
    recording.on('interfaces', (interfaces) => {
      record.interfaces = interfaces.map(shownInterface);
    });
    recording.on('expired', (firstPacket) => {
      record.firstPacket = firstPacket;
      saveCapture(folder, record);
    });
    const result = await recording.done;
    delete entry.recording;
    applyResult(record, result);
    record.stoppedAt = new Date().toISOString();
    saveCapture(folder, record);
    this.emit('ended', record.id);
  }

  /** Loads a capture from its folder, and finishes what a crash left unfinished. */
  private async load(id: string): Promise<void> {
    const folder = join(this.data.captures, id);
    let record: CaptureRecord;
    try {
      record = loadCapture(folder);
    } catch {
      // Not a capture's folder, or one that was being made when the power went: without a record it has no packets
      // that anybody was told of, and whatever it holds is left alone.
      return;
    }
    const entry: Entry = { folder, record, ended: Promise.resolve() };
    this.entries.set(id, entry);
    if (record.state === 'running' || record.state === 'importing') await this.recover(entry);
  }

  private async recover(entry: Entry): Promise<void> {
    const { folder, record } = entry;
    const last = listSegments(folder).at(-1);
    const removed = last === undefined ? 0 : repairSegment(segmentPath(folder, last)).removed;
    const imported = record.state === 'importing';
    record.state = 'stopped';
    record.stoppedAt = new Date().toISOString();
    record.warnings.push(
      removed === 0
        ? 'netglass ended without stopping this capture; every packet in the log was recovered.'
        : `netglass ended without stopping this capture; a torn last block (${removed} octets) was cut off, and every packet before it was recovered.`,
    );
    if (imported) record.error = 'The import was interrupted: the packets after the last one shown are missing.';
    try {
      // The index is not synchronized with the disk while a capture runs: a power failure may have left anything of it.
      if (record.bootId !== currentBootId()) removeIndex(indexPath(folder));
      if (last !== undefined) await this.indexAgain(entry);
    } catch (error) {
      record.state = 'failed';
      record.error = `${(error as Error).message} The packets are safe in ${folder}.`;
    }
    saveCapture(folder, record);
  }

  private async indexAgain(entry: Entry): Promise<void> {
    const { totals, baseTime } = await indexFolder(entry.folder, entry.record.firstPacket);
    applyTotals(entry.record, totals, baseTime);
  }

  /** Sorts by time, reads well in an address bar, and two within a second differ. */
  private newId(): string {
    const stamp = new Date().toISOString().replace(/[-:]/g, '').replace('T', '-').slice(0, 15);
    for (;;) {
      const id = `${stamp}-${randomBytes(2).toString('hex')}`;
      if (!existsSync(join(this.data.captures, id))) return id;
    }
  }
}

function applyTotals(record: CaptureRecord, totals: IndexTotals, baseTime: bigint | undefined): void {
  record.packets = record.firstPacket - 1 + totals.packets;
  record.bytes = totals.bytes;
  record.loss.truncated = totals.truncated;
  record.loss.malformed = totals.malformed;
  if (baseTime === undefined || totals.firstTime === null || totals.lastTime === null) return;
  record.firstTime = (baseTime + BigInt(totals.firstTime)).toString();
  record.lastTime = (baseTime + BigInt(totals.lastTime)).toString();
}

function applyStatistics(record: CaptureRecord, statistics: SourceStatistics): void {
  record.loss.kernel = statistics.kernel;
  record.loss.interface = statistics.interface;
  record.loss.daemon = statistics.daemon;
}

function applyResult(record: CaptureRecord, result: RecordingResult): void {
  applyStatistics(record, result.statistics);
  record.warnings = [...result.warnings];
  const { reason, detail } = result.end;
  // A damaged file is a finished import with an error; a live capture that broke off has failed.
  record.state = reason === 'damaged' && record.source.kind === 'live' ? 'failed' : 'stopped';
  const error = detail ?? result.indexError;
  if (error !== undefined) record.error = error;
  if (result.indexError !== undefined) record.state = 'failed';
}

function segmentLimitsOf({ bytes, segments, seconds }: RingRules): SegmentLimits {
  return defined({ ringBytes: bytes, ringSegments: segments, ringSeconds: seconds });
}

function bothFilters(filter: string | undefined, leftOut: string | undefined): string | undefined {
  if (leftOut === undefined) return filter;
  const without = `not (${leftOut})`;
  return filter === undefined || filter.trim() === '' ? without : `(${filter}) and ${without}`;
}

function shownInterface({
  id,
  name,
  description,
  linkType,
  comment,
}: CaptureInterface): CaptureRecord['interfaces'][number] {
  return { id, name, linkType, ...defined({ description, comment }) };
}

/** The same object without the members that are undefined. */
function defined<T extends object>(object: T): { [K in keyof T]: Exclude<T[K], undefined> } {
  return Object.fromEntries(Object.entries(object).filter(([, value]) => value !== undefined)) as never;
}
