/** All captures of a data folder: started, stopped, imported, recovered, deleted. */

import { randomBytes } from 'node:crypto';
import { EventEmitter } from 'node:events';
import { existsSync, mkdirSync, readdirSync, renameSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { MessageChannel } from 'node:worker_threads';
import { defined } from '../defined.js';
import { removeIndex } from '../index/sqlite-files.js';
import { ProgramWatcher } from '../programs/program-watcher.js';
import { sendChunks } from '../recording/chunks.js';
import { indexFlows } from '../recording/indexing.js';
import type { SourceRequest, StopRules } from '../recording/messages.js';
import { Recording } from '../recording/recording.js';
import { StoredSecrets } from '../secrets/capture-secrets.js';
import type { Taken } from '../secrets/key-log.js';
import { indexPath } from '../segments/segment-files.js';
import { CaptureError } from '../sources/source.js';
import {
  type CaptureOrigin,
  type CaptureRecord,
  loadCapture,
  newRecord,
  type RingRules,
  saveCapture,
  type Trigger,
} from './capture-file.js';
import { type DataFolder, openDataFolder } from './data-folder.js';
import { type LiveRequest, liveSource, segmentLimitsOf, triggerOf } from './live-request.js';
import { appendMarks, type Mark } from './marks.js';
import { applyEnd, applyIndex, applyRecording } from './record-updates.js';
import { indexAgain, recordFromLog, recoverCapture } from './recovery.js';

/** Folders that are being deleted: a crash in the middle must not leave half a capture. */
const DELETED = '.deleted-';

export type { LiveRequest } from './live-request.js';

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
  /** While its index is being built again. */
  reindexing?: Promise<CaptureRecord>;
  /** The index on flows is there, is being built, or could not be. */
  flowsIndexed?: true;
  /** Those that it has, once somebody has asked for them. */
  secrets?: StoredSecrets;
  /** Why its record on the disk is older than this one. */
  unsaved?: string;
}

export class CaptureStore extends EventEmitter<StoreEvents> {
  private readonly entries = new Map<string, Entry>();
  /** Captures that are about to begin. */
  private readonly beginning = new Set<Promise<unknown>>();
  private closed = false;
  /** Knows the machine's sockets and their programs. */
  readonly programs = new ProgramWatcher();

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
    try {
      const folders = readdirSync(store.data.captures, { withFileTypes: true }).filter((entry) => entry.isDirectory());
      for (const { name } of folders.sort((a, b) => (a.name < b.name ? -1 : 1))) await store.load(name);
      return store;
    } catch (error) {
      store.data.release();
      throw error;
    }
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
    const attempt = (leftOut: string | undefined) => {
      const { origin, source } = liveSource(request, leftOut);
      return this.begin(
        request.name ?? request.interfaces.join(', '),
        origin,
        source,
        request.stop ?? {},
        request.ring ?? {},
        triggerOf(request),
      );
    };
    if (request.leaveOut === undefined || request.engine === 'raw-socket') return attempt(undefined);
    try {
      return await attempt(request.leaveOut);
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
      return await this.import(name, { kind: 'stream', name, port: port2 });
    } finally {
      // What the import did not want, a damaged file's rest, is not waited for.
      port1.close();
      await sent;
    }
  }

  /** Stops a running capture; resolves when everything is indexed. Does nothing for one that runs no more. */
  async stop(id: string): Promise<CaptureRecord> {
    const entry = this.entry(id);
    entry.recording?.stop();
    await entry.ended;
    return entry.record;
  }

  /** @throws CaptureError `io` when the disk takes no change; the old words then stay */
  rename(id: string, change: { name?: string; comment?: string }): CaptureRecord {
    const { folder, record } = this.entry(id);
    const changed = { ...record, ...defined(change) };
    try {
      saveCapture(folder, changed);
    } catch (error) {
      throw new CaptureError('io', `The change could not be stored: ${(error as Error).message}.`);
    }
    return Object.assign(record, defined(change));
  }

  /** Deletes a capture with its files; a running one is stopped first. */
  async delete(id: string): Promise<void> {
    const entry = this.entry(id);
    entry.recording?.stop();
    await entry.ended;
    // Somebody else was quicker.
    if (this.entries.get(id) !== entry) return;
    this.entries.delete(id);
    this.emit('deleted', id);
    const gone = join(this.data.captures, `${DELETED}${id}`);
    renameSync(entry.folder, gone);
    await removeFolder(gone);
  }

  /** The packet that a capture's trigger has waited for is there; `time` in nanoseconds since 1970. */
  fire(id: string, packet: number, time: string | null): void {
    const entry = this.entry(id);
    if (entry.record.trigger === undefined) return;
    entry.record.trigger = { ...entry.record.trigger, packet, time };
    this.save(entry);
    this.emit('progress', id);
  }

  /** Adds a mark to a capture; `time` in nanoseconds since 1970. */
  mark(id: string, text: string, time: bigint): Mark {
    return this.marks(id, [{ text, time }])[0];
  }

  /** Adds several marks at once, in the order in which they are given. */
  marks(id: string, marks: readonly { readonly text: string; readonly time: bigint }[]): Mark[] {
    const added = appendMarks(
      this.entry(id).folder,
      marks.map(({ text, time }) => ({ text, time: time.toString() })),
    );
    this.emit('progress', id);
    return added;
  }

  /**
   * Adds the secrets of whole lines of a key log to a capture; its questions find them from then on.
   *
   * @throws CaptureError when they cannot be stored
   */
  async addSecrets(id: string, lines: string): Promise<Taken> {
    const secrets = await this.secretsOf(id);
    const before = secrets.keyLog.changes;
    const taken = secrets.add(lines);
    if (secrets.keyLog.changes !== before) this.emit('progress', id);
    return taken;
  }

  /** How many secrets of each label a capture has, and of how many TLS sessions. */
  async secretCounts(id: string): Promise<{ labels: Record<string, number>; sessions: number }> {
    const { keyLog } = await this.secretsOf(id);
    return { labels: keyLog.counts(), sessions: keyLog.size };
  }

  /** Reads them a slice at a time: there may be 64 MiB. */
  private async secretsOf(id: string): Promise<StoredSecrets> {
    const entry = this.entry(id);
    entry.secrets ??= new StoredSecrets(entry.folder);
    while (entry.secrets.step()) await new Promise((resolve) => setImmediate(resolve));
    return entry.secrets;
  }

  /** Throws the index of a stopped capture away and builds it again from the segments. @throws CaptureError */
  async reindex(id: string): Promise<CaptureRecord> {
    const entry = this.entry(id);
    if (entry.recording !== undefined)
      throw new CaptureError('unsupported', `Capture ${id} is running.`, 'Stop it before it is indexed again.');
    // Several questions may find at once that the index is unusable.
    if (entry.reindexing !== undefined) return entry.reindexing;
    // What is being done to the index comes to its end first: it would leave its side files beside the new one.
    const reindexing = entry.ended
      .then(() => this.rebuildIndex(entry))
      .finally(() => {
        delete entry.reindexing;
      });
    entry.reindexing = reindexing;
    entry.ended = reindexing.then(
      () => undefined,
      () => undefined,
    );
    return reindexing;
  }

  /**
   * Makes look-ups by flow quick in a stopped capture, some time later; a running one is left alone, since the index
   * would slow it down. Does nothing the second time.
   */
  indexFlows(id: string): void {
    const entry = this.entries.get(id);
    if (entry === undefined || entry.recording !== undefined || entry.reindexing !== undefined) return;
    if (entry.flowsIndexed === true || this.closed) return;
    entry.flowsIndexed = true;
    const indexing = indexFlows(entry.folder).catch((error: Error) => {
      entry.record.warnings.push(`Look-ups by flow stay slow in this capture: ${error.message}`);
    });
    // Whoever deletes the capture or stops the service waits for it.
    entry.ended = Promise.all([entry.ended, indexing]).then(() => undefined);
  }

  /** Stops everything that runs and gives the data folder free. */
  async close(): Promise<void> {
    this.closed = true;
    await Promise.allSettled(this.beginning);
    await Promise.all([...this.entries.keys()].map((id) => this.stop(id)));
    await this.programs.close();
    // What the disk had no room for may find some now.
    for (const entry of this.entries.values()) if (entry.unsaved !== undefined) this.save(entry);
    this.data.release();
  }

  private async rebuildIndex(entry: Entry): Promise<CaptureRecord> {
    const { folder, record } = entry;
    this.emit('reindexing', record.id);
    delete entry.flowsIndexed;
    removeIndex(indexPath(folder));
    try {
      await indexAgain(folder, record);
    } catch (error) {
      record.indexError = (error as Error).message;
      throw error;
    } finally {
      this.save(entry);
      this.emit('ended', record.id);
    }
    return record;
  }

  /** Writes the record. A disk that is full must not end a capture a second time: it is written when there is room. */
  private save(entry: Entry): void {
    const { folder, record } = entry;
    try {
      saveCapture(folder, record);
      delete entry.unsaved;
    } catch (error) {
      entry.unsaved = `capture.json could not be written: ${(error as Error).message}`;
      if (!record.warnings.includes(entry.unsaved)) record.warnings.push(entry.unsaved);
    }
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

  private begin(
    name: string,
    origin: CaptureOrigin,
    source: SourceRequest,
    stop: StopRules,
    ring: RingRules,
    trigger?: Trigger,
  ): Promise<CaptureRecord> {
    if (this.closed) return Promise.reject(new CaptureError('io', 'netglass is stopping.'));
    const id = this.newId();
    const beginning = this.beginRecording(
      { ...newRecord(id, name, origin), stop, ring, ...defined({ trigger }) },
      source,
    );
    this.beginning.add(beginning);
    return beginning.finally(() => this.beginning.delete(beginning));
  }

  private async beginRecording(record: CaptureRecord, source: SourceRequest): Promise<CaptureRecord> {
    const folder = join(this.data.captures, record.id);
    let recording: Recording;
    try {
      mkdirSync(folder, { mode: 0o700 });
      saveCapture(folder, record);
      const programs = source.kind === 'live' ? this.programs.open(record.id) : undefined;
      recording = await Recording.start(folder, source, record.stop, segmentLimitsOf(record.ring), programs);
    } catch (error) {
      this.programs.over(record.id);
      await removeFolder(folder);
      throw error instanceof CaptureError
        ? error
        : new CaptureError('io', `The capture could not be begun: ${(error as Error).message}.`);
    }
    const entry: Entry = { folder, record, recording, ended: Promise.resolve() };
    this.entries.set(record.id, entry);
    entry.ended = this.follow(entry, recording);
    this.save(entry);
    return record;
  }

  /** Keeps the record up to date until the recording is through. Never rejects. */
  private async follow(entry: Entry, recording: Recording): Promise<void> {
    const { record } = entry;
    const update = (): void => {
      const expired = record.expired.packets;
      applyRecording(record, recording, entry.unsaved);
      if (recording.index !== undefined) applyIndex(record, recording.index);
      // Where the numbering of what is left begins is nowhere else, should the index be lost.
      if (record.expired.packets !== expired) this.save(entry);
      this.emit('progress', record.id);
    };
    for (const event of ['committed', 'counted', 'interfaces'] as const) recording.on(event, update);
    recording.on('indexFailed', (error) => {
      record.indexError = error;
      record.error ??= error;
      update();
    });
    update();
    const result = await recording.done;
    this.programs.over(record.id);
    delete entry.recording;
    update();
    applyEnd(record, result);
    this.save(entry);
    this.emit('ended', record.id);
  }

  /** Loads a capture from its folder, and finishes what a crash left unfinished. */
  private async load(id: string): Promise<void> {
    const folder = join(this.data.captures, id);
    if (id.startsWith(DELETED)) return removeFolder(folder);
    let record: CaptureRecord | undefined;
    try {
      record = loadCapture(folder);
    } catch {
      record = await recordFromLog(folder);
    }
    // Not a capture's folder, or one that was being made: there are no packets in it. It is left alone.
    if (record === undefined) return;
    const entry: Entry = { folder, record: { ...record, id }, ended: Promise.resolve() };
    this.entries.set(id, entry);
    const unfinished = record.state === 'running' || record.state === 'importing';
    if (unfinished) await recoverCapture(folder, entry.record);
    if (unfinished) this.save(entry);
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

async function removeFolder(folder: string): Promise<void> {
  // A query thread may be opening the index in it at this moment, which makes files of its own.
  await rm(folder, { recursive: true, force: true, maxRetries: 5 });
}
