/** The thread that watches the machine's sockets, for all captures together. */

import { setPriority } from 'node:os';
import { type MessagePort, parentPort } from 'node:worker_threads';
import { loadNative } from '../native/binding.js';
import { CaptureError } from '../sources/source.js';
import type { AskFlowsMessage, MainAnswer, MainMessage } from './messages.js';
import { Watcher } from './watcher.js';

const main = parentPort as MessagePort;

/** On Linux, niceness is each thread's own. */
const URGENT = -10;
try {
  // Who has a socket can only be seen while it is open. The budget keeps the others from suffering by it.
  setPriority(URGENT);
} catch {
  // Only root may: on a machine that is busy with other things, some short-lived sockets then stay without a program.
}

const native = loadNative();
// An addon of another version may lack the functions: the files say the same.
const usable = !(native instanceof CaptureError) && typeof native.socketHolders === 'function';
/** By capture. */
const ports = new Map<string, MessagePort>();
const watcher = new Watcher(usable ? native : undefined);

main.on('message', (message: MainMessage) => {
  if (message.type === 'open') open(message.capture, message.port);
  else if (message.type === 'over') over(message.capture);
  else if (message.type === 'sockets') answer(message.id);
  else {
    watcher.stop();
    for (const port of ports.values()) port.close();
    main.close();
  }
});

function open(capture: string, port: MessagePort): void {
  port.on('message', ({ flows }: AskFlowsMessage) => watcher.ask(capture, flows));
  // The indexer has closed its end: the capture is over.
  port.on('close', () => over(capture));
  ports.set(capture, port);
  watcher.open(capture, (message) => port.postMessage(message));
}

function over(capture: string): void {
  ports.get(capture)?.close();
  if (ports.delete(capture)) watcher.close(capture);
}

function answer(id: number): void {
  try {
    main.postMessage({ type: 'sockets', id, list: watcher.sockets() } satisfies MainAnswer);
  } catch (error) {
    main.postMessage({ type: 'failed', id, message: (error as Error).message } satisfies MainAnswer);
  }
}
