/** The shared corpus of captures, beside the checkout on the machines that have it, and what tshark says of its packets. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { EPB, nextBlock, nextPacket, viewOf } from '../../captures/formats/epb.js';
import { openFile } from '../../captures/sources/file.js';
import { CaptureError } from '../../captures/sources/source.js';

const folder = join(process.cwd(), '..', 'shared', 'corpus');

/** Whether the corpus is there; tests that need it say so and are skipped otherwise. */
export const hasCorpus = existsSync(join(folder, 'oracle'));

/** One packet of a capture file; its octets are valid until the next one is asked for. */
export interface CorpusPacket {
  readonly view: DataView;
  readonly start: number;
  readonly captured: number;
  readonly original: number;
  readonly linkType: number;
}

/** Names of the capture files, in a fixed order. */
export function corpusFiles(): string[] {
  return hasCorpus ? readdirSync(join(folder, 'captures')).sort() : [];
}

/** The packets of a file up to its end or its damage; none when it is no capture that is read. */
export async function* corpusPackets(file: string): AsyncGenerator<CorpusPacket> {
  let source: Awaited<ReturnType<typeof openFile>>;
  try {
    source = await openFile(join(folder, 'captures', file));
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
        };
    }
  } finally {
    await source.stop();
  }
}

/** One packet as the oracle has it: a value a column. */
export type OracleRow = Readonly<Record<string, string>>;

/** The oracle's rows of a file, one a packet; empty when there are none. */
export function oracleRows(file: string): OracleRow[] {
  const path = join(folder, 'oracle', `${file}.pkt.tsv.gz`);
  if (!existsSync(path)) return [];
  const [header, ...lines] = gunzipSync(readFileSync(path)).toString('utf8').trimEnd().split('\n');
  const columns = header.split('\t');
  return lines.map((line) => {
    const values = line.split('\t');
    return Object.fromEntries(columns.map((column, index) => [column, values[index] ?? '']));
  });
}

/** The oracle's column names. */
export function oracleColumns(file: string): string[] {
  const path = join(folder, 'oracle', `${file}.pkt.tsv.gz`);
  if (!existsSync(path)) return [];
  return gunzipSync(readFileSync(path)).toString('utf8').split('\n', 1)[0].split('\t');
}
