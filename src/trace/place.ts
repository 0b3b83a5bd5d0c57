/** Where a trace finds its packets and puts its marks: a capture of the service, or one of its own. */

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { defined } from '../../captures/defined.js';
import type { PacketRow } from '../../captures/query/query-types.js';
import { CaptureError } from '../../captures/sources/source.js';
import { timeText } from '../../decoders/core/frame.js';
import { TRACE_FIELDS } from '../../lab/trace/packets.js';
import { type Client, type ServiceOptions, serviceOf } from '../client.js';

/** Packets of one page. */
const PAGE = 10_000;
/** Marks of one request. */
const BATCH = 500;

export interface TraceMark {
  readonly text: string;
  /** Nanoseconds since 1970. */
  readonly time: bigint;
}

export interface TracePlace {
  /** Id of the capture; undefined where it is gone with the trace. */
  readonly capture: string | undefined;
  /** Puts marks. @returns their ids */
  mark(marks: readonly TraceMark[]): Promise<number[]>;
  /** How many packets are indexed so far. */
  count(): Promise<number>;
  /** Packets since the beginning of the trace that meet a display filter, `most` at most. */
  packets(filter: string, most: number): Promise<PacketRow[]>;
  /** The packets since its beginning with the marks, as a pcapng file. */
  export(filter: string): Promise<AsyncIterable<Uint8Array>>;
  close(): Promise<void>;
}

export interface PlaceOptions extends ServiceOptions {
  readonly interface: readonly string[];
  /** What a capture of its own is called. */
  readonly name: string;
}

/** @throws CaptureError where nothing can be captured */
export async function tracePlace(options: PlaceOptions): Promise<TracePlace> {
  const client = await serviceOf(options);
  return client === undefined ? here(options) : inService(client, options);
}

interface Captured {
  readonly id: string;
  readonly state: string;
  readonly packets: number;
}

async function inService(client: Client, options: PlaceOptions): Promise<TracePlace> {
  const { record, own } = await captureInService(client, options);
  const path = `/api/captures/${encodeURIComponent(record.id)}`;
  const after = record.packets;
  return {
    capture: record.id,
    mark: async (marks) => {
      const ids: number[] = [];
      for (let at = 0; at < marks.length; at += BATCH) {
        const some = marks.slice(at, at + BATCH).map(({ text, time }) => ({ text, time: timeText(time) }));
        const made = await client.exchange<{ marks: { id: number }[] }>('POST', `${path}/marks/batch`, { marks: some });
        ids.push(...made.marks.map(({ id }) => id));
      }
      return ids;
    },
    count: async () => (await client.exchange<Captured>('GET', path)).packets,
    packets: (filter, most) =>
      pages(after, most, (from) => {
        const limit = String(PAGE);
        const query = new URLSearchParams({ filter, after: String(from), limit, fields: TRACE_FIELDS.join(',') });
        return client.exchange('GET', `${path}/packets?${query}`);
      }),
    export: async (filter) => {
      const query = new URLSearchParams({ format: 'pcapng', filter: since(filter, after) });
      return ((await client.ask('GET', `${path}/export?${query}`)).body ?? []) as AsyncIterable<Uint8Array>;
    },
    close: async () => {
      if (own) await client.exchange('POST', `${path}/stop`);
    },
  };
}

/** The capture that was asked for, or the current one, or where none runs a new one. */
async function captureInService(
  client: Client,
  { capture, interface: interfaces, name }: PlaceOptions,
): Promise<{ record: Captured; own: boolean }> {
  if (capture !== undefined) {
    const record = await client.exchange<Captured>('GET', `/api/captures/${encodeURIComponent(capture)}`);
    if (record.state !== 'running')
      throw new CaptureError('bad-option', `Capture ${capture} is not running.`, 'Give the id of a running one.');
    return { record, own: false };
  }
  const captures = await client.exchange<Captured[]>('GET', '/api/captures');
  const running = captures.findLast(({ state }) => state === 'running');
  if (running !== undefined && interfaces.length === 0) return { record: running, own: false };
  const asked = { name, interfaces: interfacesOf(interfaces) };
  return { record: await client.exchange<Captured>('POST', '/api/captures', asked), own: true };
}

/** A store of its own, which is gone afterwards. */
async function here({ interface: interfaces, name }: PlaceOptions): Promise<TracePlace> {
  const [{ CaptureStore }, { QueryService }] = await Promise.all([
    import('../../captures/store/capture-store.js'),
    import('../../captures/query/thread/query-service.js'),
  ]);
  const folder = mkdtempSync(join(tmpdir(), 'netglass-trace-'));
  const store = await CaptureStore.open(folder);
  const queries = new QueryService(store);
  const close = async (): Promise<void> => {
    await queries.close();
    await store.close();
    rmSync(folder, { recursive: true, force: true });
  };
  try {
    const { id } = await store.start({ name, engine: 'native', interfaces: interfacesOf(interfaces) });
    return {
      capture: undefined,
      mark: async (marks) => store.marks(id, marks).map((mark) => mark.id),
      count: async () => store.get(id)?.packets ?? 0,
      packets: (filter, most) =>
        pages(0, most, (after) => queries.packets(id, { filter, after, limit: PAGE, fields: TRACE_FIELDS })),
      export: async (filter) => queries.export(id, { format: 'pcapng', ...defined({ filter }) }),
      close,
    };
  } catch (error) {
    await close();
    throw error;
  }
}

const interfacesOf = (given: readonly string[]): string[] => (given.length === 0 ? ['any'] : [...given]);

const since = (filter: string, after: number): string => `frame.number > ${after} && (${filter})`;

type Page = Promise<{ readonly packets: readonly PacketRow[]; readonly next: number | null }>;

async function pages(after: number, most: number, read: (after: number) => Page): Promise<PacketRow[]> {
  const rows: PacketRow[] = [];
  for (let from: number | null = after; from !== null && rows.length < most; ) {
    const page: Awaited<Page> = await read(from);
    rows.push(...page.packets);
    from = page.next;
  }
  return rows.slice(0, most);
}
