/** What all rows share: sizes, a temporary folder, capture files, and captures that were imported once. */

import { mkdtempSync, rmSync, statfsSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { makeCapture } from '../traffic/make-capture.js';
import { atEnd } from './clean-up.js';
import { CLI } from './daemon.js';
import type { Result } from './result.js';
import { type Cost, Tools } from './tools.js';

/** Octets that a packet of the made traffic takes in a file, its log or its index, with room to spare. */
const BYTES_PER_PACKET = 700;

export interface Row {
  readonly name: string;
  /** Why it cannot run here, or undefined. */
  impossible?(): string | undefined;
  run(bench: Bench): Promise<Result>;
}

export interface Imported {
  readonly data: string;
  readonly id: string;
}

export class Bench {
  readonly folder = mkdtempSync(join(tmpdir(), 'netglass-bench-'));
  readonly tools: Tools;
  private readonly files = new Map<number, string>();
  private readonly kept = new Map<number, Imported>();
  private counter = 0;

  /** @param quick smaller and fewer: to see whether it works, not how fast it is */
  constructor(readonly quick: boolean) {
    atEnd(() => rmSync(this.folder, { recursive: true, force: true }));
    this.tools = new Tools(this.folder);
  }

  /** Rounds of every measurement. */
  get rounds(): number {
    return this.quick ? 2 : 5;
  }

  /** A count of the table, a tenth of it when quick. */
  size(packets: number): number {
    return this.quick ? packets / 10 : packets;
  }

  say(line: string): void {
    process.stderr.write(`  ${line}\n`);
  }

  /** A path in the temporary folder that nobody has used. */
  path(name: string): string {
    this.counter++;
    return join(this.folder, `${this.counter}-${name}`);
  }

  remove(path: string): void {
    rmSync(path, { recursive: true, force: true });
  }

  /** A pcap of mixed traffic with so many packets, made when it is first asked for. @throws when the disk is too small */
  capture(packets: number): string {
    let file = this.files.get(packets);
    if (file === undefined) {
      this.needRoom(packets * BYTES_PER_PACKET);
      file = this.path(`${packets}.pcap`);
      const octets = makeCapture(file, packets);
      this.say(`made a pcap of ${packets.toLocaleString('en-GB')} packets, ${(octets / 1e6).toFixed(0)} MB`);
      this.files.set(packets, file);
    }
    return file;
  }

  /** The first `packets` packets of a file, as a file. */
  async slice(file: string, packets: number): Promise<string> {
    const slice = this.path('slice.pcap');
    await this.tools.run('tcpdump', '-Z', 'root', '-r', file, '-c', `${packets}`, '-w', slice);
    return slice;
  }

  /** `netglass import` into a data folder of its own, in a process of its own. */
  async import(packets: number): Promise<Imported & { cost: Cost }> {
    const file = this.capture(packets);
    this.needRoom(packets * BYTES_PER_PACKET);
    const data = this.path('data');
    // Nobody listens there, so that the command works on the folder itself.
    const port = `${await freePort()}`;
    const cost = await this.tools.run(process.execPath, CLI, 'import', file, '--data', data, '--port', port);
    const [, count, id] = /: ([\d,]+) packets, capture (\S+)/.exec(cost.output) ?? [];
    if (Number(count?.replaceAll(',', '')) !== packets) throw new Error(`not everything was imported: ${cost.output}`);
    return { data, id, cost };
  }

  /** An imported capture of so many packets to ask questions about; the rows share it. */
  async imported(packets: number): Promise<Imported> {
    const known = this.kept.get(packets);
    if (known !== undefined) return known;
    const made = await this.import(packets);
    this.kept.set(packets, made);
    return made;
  }

  /** Lets the other rows ask a capture that a row has imported; otherwise removes it. */
  keepOrRemove(packets: number, imported: Imported): void {
    if (this.kept.has(packets)) this.remove(imported.data);
    else this.kept.set(packets, imported);
  }

  private needRoom(bytes: number): void {
    const { bavail, bsize } = statfsSync(this.folder);
    if (bavail * bsize < bytes * 1.1)
      throw new Error(
        `${this.folder} has not the ${(bytes / 1e9).toFixed(0)} GB that are needed: set TMPDIR, or use --quick`,
      );
  }
}

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer()
      .on('error', reject)
      .listen(0, '127.0.0.1', () => {
        const address = server.address();
        server.close(() => resolve(typeof address === 'object' && address !== null ? address.port : 0));
      });
  });
}
