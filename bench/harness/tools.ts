/** The two small C programs of the bench, and running commands with one of them. */

import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { atEnd } from './clean-up.js';

/** The sources are not copied by the compiler: from dist/bench/harness back to bench/. */
const SOURCES = fileURLToPath(new URL('../../../bench/', import.meta.url));

/** What a command cost, with its threads and children. */
export interface Cost {
  readonly seconds: number;
  readonly cpuSeconds: number;
  readonly peakMegabytes: number;
  readonly output: string;
  readonly errors: string;
}

export class Tools {
  private counter = 0;

  /** Compiles into `folder`. @throws when there is no C compiler or it fails */
  constructor(private readonly folder: string) {
    for (const name of ['sender', 'usage'])
      execFileSync('cc', ['-O2', '-o', join(folder, name), join(SOURCES, `${name}.c`)], { stdio: 'pipe' });
  }

  get sender(): string {
    return join(this.folder, 'sender');
  }

  /** Starts a command whose cost is told when it ends. */
  start(...command: string[]): Running {
    this.counter++;
    return new Running(join(this.folder, 'usage'), join(this.folder, `usage-${this.counter}.txt`), command);
  }

  /** Runs a command to its end. @throws when its status is not 0 */
  run(...command: string[]): Promise<Cost> {
    return this.start(...command).ended();
  }
}

export class Running {
  private readonly child: ChildProcess;
  private readonly exit: Promise<[number | null]>;
  private readonly forget: () => void;
  private output = '';
  private errors = '';

  constructor(
    usage: string,
    private readonly file: string,
    private readonly command: readonly string[],
  ) {
    const child = spawn(usage, [file, ...command], { stdio: ['ignore', 'pipe', 'pipe'] });
    this.child = child;
    this.exit = once(child, 'exit') as Promise<[number | null]>;
    // usage's own child goes with it (PR_SET_PDEATHSIG).
    this.forget = atEnd(() => child.kill('SIGKILL'));
    child.stdout.on('data', (text) => {
      this.output += text;
    });
    child.stderr.on('data', (text) => {
      this.errors += text;
    });
  }

  /** Resolves when the program has said so on standard error. @throws after 10 s, or when it ends before */
  async said(what: RegExp): Promise<void> {
    const deadline = Date.now() + 10_000;
    while (!what.test(this.errors)) {
      if (Date.now() > deadline || this.child.exitCode !== null)
        throw new Error(`${this.command.join(' ')} did not start: ${this.errors}`);
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  }

  /** Asks it to stop (SIGINT) and tells what it cost. */
  stop(): Promise<Cost> {
    this.child.kill('SIGINT');
    return this.ended();
  }

  /** @throws when its status is not 0 */
  async ended(): Promise<Cost> {
    const [status] = await this.exit;
    this.forget();
    if (status !== 0) throw new Error(`${this.command.join(' ')} ended with status ${status}: ${this.errors}`);
    const numbers = readFileSync(this.file, 'utf8').match(/\d+/g) ?? [];
    const [user, system, peak, wall] = numbers.map(Number);
    return {
      seconds: wall / 1e6,
      cpuSeconds: (user + system) / 1e6,
      peakMegabytes: (peak * 1024) / 1e6,
      output: this.output,
      errors: this.errors,
    };
  }
}
