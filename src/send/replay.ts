/** Sends the packets of a capture again, and prints what came of it. */

import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { defined } from '../../captures/defined.js';
import type { ReplayReport } from '../../captures/send/replay.js';
import { CaptureError, type PacketSource } from '../../captures/sources/source.js';
import { FilterError } from '../../decoders/filter/error.js';
import { Client } from '../client.js';
import { filterInWords, UsageError } from '../commands/failure.js';
import type { SendOptions } from '../commands/send.js';
import { ownRoom, untilInterrupted } from './room.js';
import { byService } from './service.js';

/** @param capture an id, or the path of a file */
export async function replay(capture: string, name: string, options: SendOptions): Promise<void> {
  const { count: packets, rate, speed, displayFilter: filter } = options;
  const request = { interface: name, ...defined({ packets, rate, speed }) };
  const isFile = existsSync(capture);
  const client = options.alone === true || isFile ? undefined : await Client.find(options);
  const report =
    client === undefined
      ? await alone(capture, isFile, request, options)
      : await byService<ReplayReport>(client, `/api/captures/${encodeURIComponent(capture)}/replay`, {
          ...request,
          ...defined({ filter }),
        });
  if (options.json === true) {
    console.log(JSON.stringify(report, undefined, 2));
    return;
  }
  const { sent, bytes, seconds, notes, log } = report;
  console.log(`sent ${sent.toLocaleString('en-GB')} packets, ${bytes} octets, in ${seconds.toFixed(3)} s by ${name}`);
  for (const note of notes) console.log(`note: ${note}`);
  if (log !== null) console.log(`every packet is in ${log}`);
}

async function alone(
  capture: string,
  isFile: boolean,
  request: { interface: string; packets?: number; rate?: number; speed?: number },
  options: SendOptions,
): Promise<ReplayReport> {
  const { openReplay } = await import('../../captures/send/replay.js');
  const room = await ownRoom(options);
  const { signal, done } = untilInterrupted();
  const stored = await openStored(capture, isFile, options);
  try {
    const ready = await openReplay(request, stored.linkTypes, room, stored.open);
    room.log.request({ what: 'replay', capture, request });
    return await ready.run(signal, { packets: 0, bytes: 0 });
  } finally {
    done();
    await stored.close();
    room.log.close();
  }
}

interface Stored {
  readonly linkTypes: readonly number[];
  open(): Promise<PacketSource>;
  close(): Promise<void>;
}

/** A file as it is when nothing is to be left out of it; otherwise a store, in which filters are answered. */
async function openStored(capture: string, isFile: boolean, { data, displayFilter }: SendOptions): Promise<Stored> {
  const { openFile, openStream } = await import('../../captures/sources/file.js');
  const filter = displayFilter?.trim() ?? '';
  if (isFile && filter === '') return { linkTypes: [], open: () => openFile(capture), close: async () => undefined };
  const [{ CaptureStore }, { QueryService }] = await Promise.all([
    import('../../captures/store/capture-store.js'),
    import('../../captures/query/thread/query-service.js'),
  ]);
  const own = isFile ? mkdtempSync(join(tmpdir(), 'netglass-send-')) : undefined;
  const store = await CaptureStore.open(own ?? data);
  const queries = new QueryService(store);
  const close = async (): Promise<void> => {
    await queries.close();
    await store.close();
    if (own !== undefined) rmSync(own, { recursive: true, force: true });
  };
  try {
    const checked = await queries.checkFilter(filter);
    if (filter !== '' && !checked.valid)
      throw new UsageError(filterInWords(new FilterError(checked.error, checked.position), filter));
    const record = isFile ? await store.importFile(capture) : store.get(capture);
    if (record === undefined)
      throw new CaptureError(
        'bad-option',
        `There is neither a capture nor a file called ${JSON.stringify(capture)}.`,
        'See GET /api/captures, or the data folder.',
      );
    const query = { format: 'pcapng' as const, ...(filter === '' ? {} : { filter }) };
    return {
      linkTypes: [...new Set(record.interfaces.map((one) => one.linkType))],
      open: () => openStream(queries.export(record.id, query), capture),
      close,
    };
  } catch (error) {
    await close();
    throw error;
  }
}
