/** A live source whose engine runs in a process of its own (engines-host.ts). */
import { type ChildProcess, fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import type { FromHost, HostedEngine, SourceState, ToHost } from './engines-protocol.js';
import type { CheckedOptions, InterfaceStatistics, LiveSource } from './live.js';
import { type Block, CaptureError, type CaptureInterface, type SourceEnd, type SourceStatistics } from './source.js';

const HOST = fileURLToPath(new URL('./engines-host.js', import.meta.url));
/** Characters of the process's last words that are kept, for the day it crashes. */
const LAST_WORDS = 2000;

/**
 * Opens an engine in a process of its own; resolves once it captures.
 *
 * @throws CaptureError as the engine does
 */
export async function openRemote(engine: HostedEngine, options: CheckedOptions): Promise<LiveSource> {
  const source = new RemoteSource(engine);
  await source.open(options);
  return source;
}

class RemoteSource implements LiveSource {
  readonly #child: ChildProcess;
  #state: SourceState | undefined;
  #lastWords = '';
  #waiting: Block[] = [];
  #asked = false;
  #stopping = false;
  #received = 0;
  #over: SourceEnd | undefined;
  #end: SourceEnd | undefined;
  #sleepers: (() => void)[] = [];
  #isOver!: () => void;
  readonly #whenOver: Promise<void>;

  constructor(private readonly engine: HostedEngine) {
    this.#whenOver = new Promise((resolve) => {
      this.#isOver = resolve;
    });
    // No options of ours (a debugger's port, a test runner's loader) are for the child.
    this.#child = fork(HOST, [], {
      execArgv: [],
      serialization: 'advanced',
      stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
    });
    this.#child.stderr?.setEncoding('utf8').on('data', (text: string) => {
      this.#lastWords = (this.#lastWords + text).slice(-LAST_WORDS);
    });
  }

  open(options: CheckedOptions): Promise<void> {
    return new Promise((resolve, reject) => {
      const child = this.#child;
      child.on('message', (message: FromHost) => {
        if (message.say === 'opened') {
          this.#state = message.state;
          resolve();
        } else if (message.say === 'failed') {
          reject(new CaptureError(message.code, message.message, message.hint));
          child.disconnect();
        } else {
          this.#hear(message);
        }
      });
      child.on('error', (error) => {
        reject(new CaptureError('io', `The process for the ${this.engine} engine does not start: ${error.message}`));
      });
      // `close` comes after the last message and the last words.
      child.on('close', (status, signal) => {
        const detail = this.#obituary(status, signal);
        reject(new CaptureError('io', detail));
        this.#finish({ reason: 'lost', detail });
      });
      this.#tell({ say: 'open', engine: this.engine, options });
    });
  }

  get interfaces(): readonly CaptureInterface[] {
    return this.#state?.interfaces ?? [];
  }

  get warnings(): readonly string[] {
    return this.#state?.warnings ?? [];
  }

  get end(): SourceEnd | undefined {
    return this.#end;
  }

  async next(): Promise<Block | null> {
    for (;;) {
      const block = this.#waiting.shift();
      if (block !== undefined) {
        this.#received += block.packets;
        return block;
      }
      if (this.#over !== undefined) {
        this.#end = this.#over;
        return null;
      }
      this.#ask();
      await new Promise<void>((resolve) => this.#sleepers.push(resolve));
    }
  }

  statistics(): SourceStatistics {
    const daemon = this.#state?.statistics.daemon ?? null;
    return { received: this.#received, kernel: null, interface: null, daemon };
  }

  interfaceStatistics(): readonly InterfaceStatistics[] {
    return this.#state?.interfaceStatistics ?? [];
  }

  /** Resolves when all that was captured is here (at most the 65 MiB that the process held) and the process is let go. */
  async stop(): Promise<void> {
    if (!this.#stopping && this.#over === undefined) {
      this.#stopping = true;
      this.#tell({ say: 'stop' });
      this.#ask();
    }
    await this.#whenOver;
  }

  #hear(message: FromHost & { say: 'block' | 'state' | 'end' }): void {
    this.#state = message.state;
    if (message.say === 'block') {
      this.#asked = false;
      this.#waiting.push({ bytes: message.bytes, packets: message.packets });
      if (this.#stopping) {
        this.#ask();
      }
      this.#wake();
    } else if (message.say === 'end') {
      this.#asked = false;
      this.#finish(message.end);
      this.#child.disconnect();
    }
  }

  #ask(): void {
    if (!this.#asked && this.#over === undefined) {
      this.#asked = true;
      this.#tell({ say: 'next' });
    }
  }

  #tell(message: ToHost): void {
    // Nothing to do when the process is gone: `close` follows, and ends the source.
    if (this.#child.connected) {
      this.#child.send(message);
    }
  }

  #finish(over: SourceEnd): void {
    this.#over ??= over;
    this.#isOver();
    this.#wake();
  }

  #wake(): void {
    const sleepers = this.#sleepers;
    this.#sleepers = [];
    for (const wake of sleepers) {
      wake();
    }
  }

  /** What to say when the process has ended by itself. */
  #obituary(status: number | null, signal: NodeJS.Signals | null): string {
    const how = signal === null ? `with status ${status}` : `by ${signal}`;
    const words = this.#lastWords.trim().split('\n').at(-1) ?? '';
    const why = words === '' ? '' : `: ${words}`;
    const cause =
      this.engine === 'cap' ? ' (the package aborts when an interface goes away; the native engine waits for it)' : '';
    return `The process of the ${this.engine} engine ended ${how}${cause}${why}`;
  }
}
