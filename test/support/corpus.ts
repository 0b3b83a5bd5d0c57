/** The shared corpus of captures, beside the checkout on the machines that have it, and what tshark says of its packets. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { EPB, nextBlock, nextPacket, viewOf } from '../../captures/formats/epb.js';
import { openFile } from '../../captures/sources/file.js';
import { CaptureError } from '../../captures/sources/source.js';

/** Where the corpus is unless somebody names another folder. */
export const corpusFolder = join(process.cwd(), '..', 'shared', 'corpus');

/** Whether the corpus is there; tests that need it say so and are skipped otherwise. */
export const hasCorpus = existsSync(join(corpusFolder, 'oracle'));

/** One packet of a capture file; its octets are valid until the next one is asked for. */
export interface CorpusPacket {
  readonly view: DataView;
  readonly start: number;
  readonly captured: number;
  readonly original: number;
  readonly linkType: number;
  /** Nanoseconds since 1970: `timeHigh` × 2^32 + `timeLow`. */
  readonly timeHigh: number;
  readonly timeLow: number;
}

/** Names of the capture files, in a fixed order; none when there is no corpus. */
export function corpusFiles(folder = corpusFolder): string[] {
  const captures = join(folder, 'captures');
  return existsSync(captures) ? readdirSync(captures).sort() : [];
}

export function corpusPath(file: string, folder = corpusFolder): string {
  return join(folder, 'captures', file);
}

/** The packets of a file up to its end or its damage; none when it is no capture that is read. */
export async function* corpusPackets(file: string, folder = corpusFolder): AsyncGenerator<CorpusPacket> {
  let source: Awaited<ReturnType<typeof openFile>>;
  try {
    source = await openFile(corpusPath(file, folder));
  } catch (error) {
    if (error instanceof CaptureError) return;
    throw error;
  }
  try {
    for (let block = await source.next(); block !== null; block = await source.next()) {
      const view = viewOf(block.bytes);
      const end = block.bytes.length;
      for (let at = nextPacket(view, 0, end); at >= 0; at = nextPacket(view, nextBlock(view, at), end))
        yield {
          view,
          start: at + EPB.data,
          captured: view.getUint32(at + EPB.captured, true),
          original: view.getUint32(at + EPB.original, true),
          linkType: source.interfaces[view.getUint32(at + EPB.interface, true)]?.linkType ?? -1,
          timeHigh: view.getUint32(at + EPB.timeHigh, true),
          timeLow: view.getUint32(at + EPB.timeLow, true),
        };
    }
  } finally {
    await source.stop();
  }
}

/** `pkt`: each packet by itself. `app`: with everything put together that spans packets. */
export type Mode = 'pkt' | 'app';

/** What tshark says of the packets of a file: a value a column. */
export interface Sheet {
  readonly columns: readonly string[];
  /** By packet, from 1; a packet that is not there has nothing in any column. */
  readonly rows: ReadonlyMap<number, readonly string[]>;
}

/** The answers that lie beside the corpus; undefined when there are none for the file. */
export function oracleSheet(file: string, mode: Mode, folder = corpusFolder): Sheet | undefined {
  const path = join(folder, 'oracle', `${file}.${mode}.tsv.gz`);
  if (!existsSync(path)) return undefined;
  const [header, ...lines] = gunzipSync(readFileSync(path)).toString('utf8').replace(/\n$/, '').split('\n');
  const columns = header.split('\t');
  const packet = columns.indexOf('pkt');
  const rows = new Map<number, readonly string[]>();
  for (const line of lines) {
    const values = line.split('\t');
    rows.set(Number(values[packet]), values);
  }
  return { columns, rows };
}
