/** The watching thread as the main thread sees it: it starts with the first capture, or the first question. */

import { MessageChannel, type MessagePort, Worker } from 'node:worker_threads';
import { CaptureError } from '../sources/source.js';
import type { MainAnswer, MainMessage, SocketList } from './messages.js';

interface Asked {
  resolve(list: SocketList): void;
  reject(error: Error): void;
}

export class ProgramWatcher {
  private worker: Worker | undefined;
  private readonly asked = new Map<number, Asked>();
  private nextId = 1;

  /** A port by which a capture's indexer asks for the programs of its flows; undefined where nobody can tell. */
  open(capture: string): MessagePort | undefined {
    if (process.platform !== 'linux') return undefined;
    const { port1, port2 } = new MessageChannel();
    this.start().postMessage({ type: 'open', capture, port: port1 } satisfies MainMessage, [port1]);
    return port2;
  }

  /** A capture is over. Its port says so too, but not if it was closed before the thread had it. */
  over(capture: string): void {
    this.worker?.postMessage({ type: 'over', capture } satisfies MainMessage);
  }

  /** The machine's sockets now. @throws CaptureError `unsupported` on systems other than Linux */
  sockets(): Promise<SocketList> {
    if (process.platform !== 'linux')
      return Promise.reject(
        new CaptureError(
          'unsupported',
          'Sockets and their programs are only known on Linux.',
          'On this system: lsof -i -n -P',
        ),
      );
    const id = this.nextId++;
    return new Promise((resolve, reject) => {
      this.asked.set(id, { resolve, reject });
      this.start().postMessage({ type: 'sockets', id } satisfies MainMessage);
    });
  }

  /** Ends the thread. */
  async close(): Promise<void> {
    const { worker } = this;
    if (worker === undefined) return;
    await new Promise<void>((resolve) => {
      worker.once('exit', () => resolve());
      worker.postMessage({ type: 'close' } satisfies MainMessage);
    });
  }

  private start(): Worker {
    if (this.worker !== undefined) return this.worker;
    const worker = new Worker(new URL('./watcher-worker.js', import.meta.url));
    this.worker = worker;
    worker.on('message', (answer: MainAnswer) => {
      const asked = this.asked.get(answer.id);
      this.asked.delete(answer.id);
      if (answer.type === 'sockets') asked?.resolve(answer.list);
      else asked?.reject(new CaptureError('io', `The sockets cannot be read: ${answer.message}.`));
    });
    // Captures go on without: their flows then have no programs. The next capture starts another thread.
    worker.on('error', (error) => process.emitWarning(`Programs are no longer watched: ${error.message}`));
    worker.on('exit', () => {
      this.worker = undefined;
      for (const { reject } of this.asked.values()) reject(new CaptureError('io', 'netglass is stopping.'));
      this.asked.clear();
    });
    return worker;
  }
}
