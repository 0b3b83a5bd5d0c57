/**
 * The log of what was sent: every packet, in pcapng files that Wireshark opens (`sent/<start>/000001.pcapng`, with the time
 * at which it left and the interface), and every request, as a line of JSON (`sent/requests.jsonl`). Both are bounded.
 */

import { appendFileSync, existsSync, mkdirSync, readdirSync, renameSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { hostTexts } from '../recording/section.js';
import { SegmentLog } from '../segments/segment-log.js';
import { CaptureError, type CaptureInterface } from '../sources/source.js';

/** Octets of packets that are kept of one run of the daemon; the oldest go. */
const RING_BYTES = 64 << 20;
/** Runs whose packets are kept, of the service and of commands each. */
const RUNS = 10;
/** Octets of requests, twice: the file is begun anew when it has so many, and the one before is kept. */
const REQUEST_BYTES = 4 << 20;
/** Characters of one request that are kept. */
const LONGEST_REQUEST = 4000;

export class SentLog {
  private readonly interfaces: CaptureInterface[] = [];
  private log: SegmentLog | undefined;
  private path: string | undefined;

  /**
   * @param folder made when something is sent
   * @param suffix of the names of its runs: those of a service and of commands are counted apart, so that many commands
   *   beside a service do not make it lose what it has sent
   */
  constructor(
    private readonly folder: string,
    private readonly suffix: '' | '-alone' = '',
  ) {}

  /** Where the packets go that are sent now; undefined before the first. */
  get packets(): string | undefined {
    return this.path;
  }

  /** The interface id that blocks of these packets must have. @throws CaptureError `io` */
  interfaceId(name: string, linkType: number): number {
    const known = this.interfaces.find((one) => one.name === name && one.linkType === linkType);
    if (known !== undefined) return known.id;
    const id = this.interfaces.length;
    this.interfaces.push({ id, name, linkType, snapLength: 0 });
    this.open().describe(this.interfaces);
    return id;
  }

  /** Appends packets that left. @throws CaptureError `io` when the disk takes no more */
  append(bytes: Uint8Array, packets: number): void {
    if (packets === 0) return;
    const log = this.open();
    log.append({ bytes, packets });
    log.retain(Number.POSITIVE_INFINITY);
  }

  /** Writes down who asked for what. @throws CaptureError `io` */
  request(entry: Readonly<Record<string, unknown>>): void {
    this.open();
    const file = join(this.folder, 'requests.jsonl');
    const line = JSON.stringify({ time: new Date().toISOString(), ...entry });
    const short =
      line.length <= LONGEST_REQUEST
        ? line
        : JSON.stringify({ time: new Date().toISOString(), cut: line.slice(0, LONGEST_REQUEST) });
    try {
      if (existsSync(file) && statSync(file).size > REQUEST_BYTES)
        renameSync(file, join(this.folder, 'requests.1.jsonl'));
      appendFileSync(file, `${short}\n`, { mode: 0o600 });
    } catch (error) {
      throw unwritable(error);
    }
  }

  close(): void {
    this.log?.close();
    this.log = undefined;
  }

  private open(): SegmentLog {
    if (this.log !== undefined) return this.log;
    try {
      mkdirSync(this.folder, { recursive: true, mode: 0o700 });
      this.forgetOld();
      const path = join(this.folder, new Date().toISOString().replace(/[:.]/g, '-') + this.suffix);
      mkdirSync(path, { mode: 0o700 });
      this.path = path;
      this.log = new SegmentLog(path, hostTexts(undefined, true), { ringBytes: RING_BYTES });
      return this.log;
    } catch (error) {
      throw unwritable(error);
    }
  }

  private forgetOld(): void {
    const runs = readdirSync(this.folder, { withFileTypes: true })
      .filter((entry) => entry.isDirectory())
      .map(({ name }) => name)
      .filter((name) => name.endsWith('-alone') === (this.suffix === '-alone'))
      .sort();
    for (const name of runs.slice(0, Math.max(0, runs.length - RUNS + 1)))
      rmSync(join(this.folder, name), { recursive: true, force: true });
  }
}

function unwritable(error: unknown): CaptureError {
  if (error instanceof CaptureError) return error;
  return new CaptureError('io', `The log of what is sent cannot be written: ${(error as Error).message}`);
}
