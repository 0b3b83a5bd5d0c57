/**
 * `netglass import`, `export` and `reindex`: through the service when one runs, for it has the data folder to itself, and
 * on the folder otherwise.
 */

import { open } from 'node:fs/promises';
import { basename } from 'node:path';
import { Readable } from 'node:stream';
import { Command, Option } from 'commander';
import type { ExportFormat } from '../../captures/query/query-types.js';
import { QueryService } from '../../captures/query/thread/query-service.js';
import { CaptureError } from '../../captures/sources/source.js';
import { CaptureStore } from '../../captures/store/capture-store.js';
import { FilterError } from '../../decoders/filter/error.js';
import { Client } from '../client.js';
import { writeAll } from '../read/output.js';
import { shared } from '../settings.js';
import { filterInWords, UsageError } from './failure.js';

interface Place {
  host: string;
  port: number;
  token?: string;
  data: string;
}

function command(name: string, description: string): Command {
  return new Command(name)
    .description(description)
    .addOption(shared.host())
    .addOption(shared.port())
    .addOption(shared.token())
    .addOption(shared.data())
    .addHelpText(
      'after',
      '\nA running service is asked over HTTP; when there is none, the data folder is used directly.',
    );
}

/** Through the service, or with the folder. */
async function either<T>(
  place: Place,
  asked: (client: Client) => Promise<T>,
  direct: (store: CaptureStore) => Promise<T>,
): Promise<T> {
  const client = await Client.find(place);
  if (client !== undefined) return asked(client);
  const store = await CaptureStore.open(place.data);
  try {
    return await direct(store);
  } finally {
    await store.close();
  }
}

interface Imported {
  readonly id: string;
  readonly packets: number;
  readonly error?: string;
}

export function importCommand(): Command {
  return command('import', 'import capture files: pcap or pcapng, gzip or not')
    .argument('<file...>', 'capture files')
    .action(async (files: string[], place: Place) => {
      let damaged = false;
      await either(
        place,
        async (client) => {
          for (const file of files) damaged = tellImported(file, await upload(client, file)) || damaged;
        },
        async (store) => {
          for (const file of files) damaged = tellImported(file, await store.importFile(file)) || damaged;
        },
      );
      if (damaged) process.exitCode = 1;
    });
}

async function upload(client: Client, file: string): Promise<Imported> {
  let handle: Awaited<ReturnType<typeof open>>;
  try {
    handle = await open(file);
  } catch (error) {
    throw new CaptureError('io', `${file} cannot be opened: ${(error as Error).message}`);
  }
  try {
    const { size } = await handle.stat();
    if (size === 0) throw new CaptureError('not-a-capture', `${file} is empty`);
    const body = Readable.toWeb(handle.createReadStream({ autoClose: false })) as ReadableStream<Uint8Array>;
    const answer = await client.ask('POST', `/api/captures/import?name=${encodeURIComponent(basename(file))}`, body);
    return (await answer.json()) as Imported;
  } finally {
    await handle.close();
  }
}

/** @returns whether the file was damaged */
function tellImported(file: string, { id, packets, error }: Imported): boolean {
  console.log(`${file}: ${packets.toLocaleString('en-GB')} packets, capture ${id}`);
  if (error !== undefined) console.error(`netglass: ${file}: ${error}`);
  return error !== undefined;
}

export function exportCommand(): Command {
  return command('export', 'write a capture, or what a display filter leaves of it, as a file')
    .argument('<id>', 'the capture’s id, as GET /api/captures lists it')
    .requiredOption('-w, --write <file>', 'file to write; - for standard output')
    .option('-Y, --display-filter <filter>', 'only packets that meet this display filter')
    .addOption(
      new Option('-F, --format <format>', 'what to write').choices(['pcapng', 'pcap', 'csv', 'json']).default('pcapng'),
    )
    .action(exportCapture);
}

async function exportCapture(
  id: string,
  options: Place & { write: string; displayFilter?: string; format: ExportFormat },
): Promise<void> {
  const { format, displayFilter: filter, write } = options;
  const copy = (pieces: AsyncIterable<Uint8Array>) => writeAll(write, pieces);
  await either(
    options,
    async (client) => {
      const query = new URLSearchParams({ format, ...(filter === undefined ? {} : { filter }) });
      const answer = await client.ask('GET', `/api/captures/${encodeURIComponent(id)}/export?${query}`);
      if (answer.body !== null) await copy(answer.body as unknown as AsyncIterable<Uint8Array>);
    },
    async (store) => {
      if (store.get(id) === undefined) throw unknown(id, store);
      const queries = new QueryService(store);
      try {
        await copy(queries.export(id, { format, ...(filter === undefined ? {} : { filter }) }));
      } catch (error) {
        throw error instanceof FilterError ? new UsageError(filterInWords(error, filter ?? '')) : error;
      } finally {
        await queries.close();
      }
    },
  );
}

export function reindexCommand(): Command {
  return command('reindex', 'build the index of a stopped capture again from its packet log')
    .argument('<id>', 'the capture’s id')
    .action(async (id: string, place: Place) => {
      const { packets } = await either(
        place,
        async (client) =>
          (await (await client.ask('POST', `/api/captures/${encodeURIComponent(id)}/reindex`)).json()) as Imported,
        async (store): Promise<Imported> => {
          if (store.get(id) === undefined) throw unknown(id, store);
          return store.reindex(id);
        },
      );
      console.log(`${id}: ${packets.toLocaleString('en-GB')} packets indexed`);
    });
}

function unknown(id: string, store: CaptureStore): CaptureError {
  const ids = store.list().map((record) => record.id);
  return new CaptureError(
    'bad-option',
    `There is no capture ${JSON.stringify(id)}.`,
    ids.length === 0 ? 'There are no captures in this data folder.' : `Captures here: ${ids.slice(-20).join(', ')}`,
  );
}
