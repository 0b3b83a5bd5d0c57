/** sharkd, Wireshark's daemon for programs: asked over its standard input, one line of JSON-RPC a question. */

import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { atEnd } from './clean-up.js';

export class Sharkd {
  private readonly child: ChildProcessWithoutNullStreams = spawn('sharkd', ['-']);
  private readonly lines = createInterface({ input: this.child.stdout });
  private readonly forget = atEnd(() => this.child.kill('SIGKILL'));
  private asked = 0;

  private constructor() {
    // It reports what it does there; a full pipe would hold it up.
    this.child.stderr.resume();
  }

  /** Starts it and has it load a file. @throws when it cannot */
  static async load(file: string): Promise<Sharkd> {
    const sharkd = new Sharkd();
    await sharkd.ask('load', { file });
    return sharkd;
  }

  /** The tree and the octets of a packet. @returns milliseconds that the answer took */
  async frame(number: number): Promise<number> {
    const start = performance.now();
    await this.ask('frame', { frame: number, proto: true, bytes: true });
    return performance.now() - start;
  }

  stop(): void {
    this.lines.close();
    this.forget();
  }

  private async ask(method: string, params: object): Promise<void> {
    this.asked++;
    const answer = once(this.lines, 'line') as Promise<[string]>;
    this.child.stdin.write(`${JSON.stringify({ jsonrpc: '2.0', id: this.asked, method, params })}\n`);
    const [line] = await answer;
    const { error } = JSON.parse(line) as { error?: { message: string } };
    if (error !== undefined) throw new Error(`sharkd ${method}: ${error.message}`);
  }
}
