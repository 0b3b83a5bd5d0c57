/** The real program: `netglass start`, asked over REST. */

import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { request } from 'node:http';
import { fileURLToPath } from 'node:url';
import { atEnd } from './clean-up.js';

/** The compiled command line. */
export const CLI = fileURLToPath(new URL('../../src/cli.js', import.meta.url));

const START_MILLISECONDS = 60_000;

export interface Answer {
  readonly milliseconds: number;
  readonly text: string;
}

export class Daemon {
  private constructor(
    private readonly child: ChildProcess,
    readonly address: string,
    private readonly forget: () => void,
  ) {}

  /**
   * Starts it; resolves when it says `ready`, by default its address.
   *
   * @param before what stands before the command: `ip netns exec …`, which becomes the program itself
   * @throws when it ends, or says nothing for a minute
   */
  static async start(data: string, args: string[], before: string[] = [], ready = / at (http:\S+)/): Promise<Daemon> {
    const command = [...before, process.execPath, CLI, 'start', '--port', '0', '--data', data, ...args];
    const child = spawn(command[0], command.slice(1), { stdio: ['ignore', 'pipe', 'pipe'] });
    const forget = atEnd(() => child.kill('SIGKILL'));
    let said = '';
    for (const stream of [child.stdout, child.stderr])
      stream.on('data', (text) => {
        said += text;
      });
    const deadline = Date.now() + START_MILLISECONDS;
    while (!ready.test(said)) {
      if (child.exitCode !== null || child.signalCode !== null || Date.now() > deadline)
        throw new Error(`netglass did not start: ${said}`);
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
    return new Daemon(child, / at (http:\S+)/.exec(said)?.[1] ?? '', forget);
  }

  get pid(): number {
    return this.child.pid as number;
  }

  /** Asks and reads the whole answer. @throws when the status is not 2xx */
  ask(method: string, path: string, body?: unknown): Promise<Answer> {
    const start = performance.now();
    const headers = body === undefined ? {} : { 'Content-Type': 'application/json' };
    return new Promise((resolve, reject) => {
      const asked = request(this.address + path, { method, headers, agent: false }, (response) => {
        let text = '';
        response.setEncoding('utf8').on('data', (piece) => {
          text += piece;
        });
        response.on('error', reject).on('end', () => {
          const { statusCode = 0 } = response;
          if (statusCode >= 200 && statusCode < 300) resolve({ milliseconds: performance.now() - start, text });
          else reject(new Error(`${method} ${path}: ${statusCode} ${text}`));
        });
      });
      asked.on('error', reject).end(body === undefined ? undefined : JSON.stringify(body));
    });
  }

  async json<T>(method: string, path: string, body?: unknown): Promise<T> {
    return JSON.parse((await this.ask(method, path, body)).text) as T;
  }

  async stop(): Promise<void> {
    if (this.child.exitCode === null && this.child.signalCode === null) {
      const exit = once(this.child, 'exit');
      this.child.kill('SIGINT');
      await exit;
    }
    this.forget();
  }
}
