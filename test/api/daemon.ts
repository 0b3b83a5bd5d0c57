/** A real daemon as a child process, on a port of its own and a data folder of its own, and questions to it. */

import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { sampleFile } from '../../src/sample.js';

export const CLI = fileURLToPath(new URL('../../src/cli.js', import.meta.url));
export const isRoot = process.getuid?.() === 0;

/** Takes the privilege to capture away from root, and nothing else: the checkout stays readable. */
export const WITHOUT_PRIVILEGE = ['setpriv', '--bounding-set=-net_raw,-net_admin,-sys_admin'];

export interface Finished {
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
  readonly milliseconds: number;
}

/** The environment without the settings of whoever runs the tests. */
function cleanEnvironment(more: Record<string, string> = {}): NodeJS.ProcessEnv {
  const kept = Object.entries(process.env).filter(([name]) => !name.startsWith('NETGLASS_'));
  return { ...Object.fromEntries(kept), ...more };
}

/** Runs `netglass ARGS` to its end. */
export async function netglass(
  args: readonly string[],
  options: { input?: Uint8Array; under?: readonly string[]; env?: Record<string, string> } = {},
): Promise<Finished> {
  const [command, ...rest] = [...(options.under ?? []), process.execPath, CLI, ...args];
  const started = performance.now();
  const child = spawn(command, rest, { env: cleanEnvironment(options.env), stdio: ['pipe', 'pipe', 'pipe'] });
  const stdout: Buffer[] = [];
  const stderr: Buffer[] = [];
  child.stdout.on('data', (chunk: Buffer) => stdout.push(chunk));
  child.stderr.on('data', (chunk: Buffer) => stderr.push(chunk));
  child.stdin.on('error', () => child.stdin.destroy());
  child.stdin.end(options.input ?? '');
  const [status] = (await once(child, 'close')) as [number | null];
  return {
    status,
    stdout: Buffer.concat(stdout).toString(),
    stderr: Buffer.concat(stderr).toString(),
    milliseconds: performance.now() - started,
  };
}

export class TestDaemon {
  private constructor(
    private readonly child: ChildProcess,
    readonly base: string,
    readonly data: string,
    /** Everything that it printed. */
    readonly output: string[],
  ) {}

  get port(): number {
    return Number(new URL(this.base).port);
  }

  /** For signals to it. */
  get pid(): number {
    return this.child.pid!;
  }

  /** Starts one; without further arguments it only serves. `under`: a command that runs it. */
  static async start(args: readonly string[] = ['--no-capture'], under: readonly string[] = []): Promise<TestDaemon> {
    const data = mkdtempSync(join(tmpdir(), 'netglass-api-'));
    const [command, ...rest] = [...under, process.execPath, CLI, 'start', '--port', '0', '--data', data, ...args];
    const child = spawn(command, rest, { env: cleanEnvironment(), stdio: ['ignore', 'pipe', 'pipe'] });
    process.once('exit', () => child.kill('SIGKILL'));
    const output: string[] = [];
    const base = await new Promise<string>((resolve, reject) => {
      const listen = (chunk: Buffer) => {
        output.push(chunk.toString());
        const found = / at (http:\/\/[^/\s]+)/.exec(output.join(''));
        // The line after it says whether it captures.
        if (found !== null && (args.includes('--no-capture') || /capture \d/.test(output.join('')))) resolve(found[1]);
      };
      child.stdout?.on('data', listen);
      child.stderr?.on('data', listen);
      child.once('exit', (status) => reject(new Error(`the daemon ended with ${status}: ${output.join('')}`)));
    });
    return new TestDaemon(child, base, data, output);
  }

  fetch(path: string, init: RequestInit = {}): Promise<Response> {
    return fetch(`${this.base}${path}`, init);
  }

  /** The JSON answer to a GET, or with a body to a POST. */
  async json<T = Record<string, unknown>>(
    path: string,
    body?: unknown,
    method = body === undefined ? 'GET' : 'POST',
  ): Promise<{ status: number; headers: Headers; body: T }> {
    const init =
      body === undefined ? {} : { body: JSON.stringify(body), headers: { 'Content-Type': 'application/json' } };
    const answer = await this.fetch(path, { method, ...init });
    const text = await answer.text();
    return { status: answer.status, headers: answer.headers, body: (text === '' ? undefined : JSON.parse(text)) as T };
  }

  async import(file: Uint8Array, name = 'sample.pcapng'): Promise<{ status: number; body: CaptureBody }> {
    const answer = await this.fetch(`/api/captures/import?name=${encodeURIComponent(name)}`, {
      method: 'POST',
      body: file as NonNullable<RequestInit['body']>,
    });
    return { status: answer.status, body: (await answer.json()) as CaptureBody };
  }

  /** Imports the sample. @returns its id */
  async sample(): Promise<string> {
    const { status, body } = await this.import(sampleFile());
    if (status !== 201) throw new Error(JSON.stringify(body));
    return body.id;
  }

  /** Ends it as Ctrl-C does, and removes its folder. @returns the exit status */
  async stop(signal: NodeJS.Signals = 'SIGINT'): Promise<number | null> {
    let status = this.child.exitCode;
    if (status === null) {
      const exit = once(this.child, 'exit');
      this.child.kill(signal);
      [status] = (await exit) as [number | null];
    }
    rmSync(this.data, { recursive: true, force: true });
    return status;
  }
}

export interface CaptureBody {
  id: string;
  name: string;
  comment?: string;
  state: string;
  packets: number;
  bytes: number;
  firstTime: string | null;
  loss: Record<string, number | null>;
  error?: string;
  warnings: string[];
  linkTypes: number[];
}

export interface ProblemBody {
  type: string;
  title: string;
  status: number;
  detail: string;
  hint?: string;
  position?: number;
}

/** What tshark prints of `file`, which stands for its `-r`; its complaints go to `complaints`. */
export async function tshark(
  file: Uint8Array,
  args: readonly string[] = [],
): Promise<{ output: string; complaints: string }> {
  // tshark reads no pipe with -r, and only packets as they come with -i.
  const { path, remove } = temporaryFile('capture', file);
  try {
    const { stdout, stderr } = await promisify(execFile)('tshark', ['-r', path, ...args], { maxBuffer: 1 << 26 });
    const complaints = stderr.split('\n').filter((line) => line !== '' && !line.startsWith('Running as user'));
    return { output: stdout, complaints: complaints.join('\n') };
  } finally {
    remove();
  }
}

/** Writes a file into a fresh folder. */
export function temporaryFile(name: string, content: Uint8Array): { path: string; remove(): void } {
  const folder = mkdtempSync(join(tmpdir(), 'netglass-file-'));
  const path = join(folder, name);
  writeFileSync(path, content);
  return { path, remove: () => rmSync(folder, { recursive: true, force: true }) };
}

/** Waits until `probe` answers something else than undefined. */
export async function eventually<T>(probe: () => Promise<T | undefined>, milliseconds = 5000): Promise<T> {
  const end = performance.now() + milliseconds;
  for (;;) {
    const found = await probe();
    if (found !== undefined) return found;
    if (performance.now() > end) throw new Error(`waited ${milliseconds} ms in vain`);
    await new Promise((resolve) => setTimeout(resolve, 25));
  }
}
