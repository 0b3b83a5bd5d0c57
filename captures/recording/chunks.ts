/** A byte stream across threads, with credits: the sender stops when the receiver does not keep up. */

import { once } from 'node:events';
import type { MessagePort } from 'node:worker_threads';
import type { ChunkMessage, CreditMessage } from './messages.js';

/** Octets that may be under way. */
const WINDOW = 8 << 20;

/** The receiving side: an async iterable of the chunks. */
export async function* receiveChunks(port: MessagePort): AsyncGenerator<Uint8Array, void, undefined> {
  const queue: ChunkMessage[] = [];
  let wake: () => void = () => {};
  port.on('message', (message: ChunkMessage) => {
    queue.push(message);
    wake();
  });
  port.on('close', () => {
    queue.push({ broken: 'the sender went away' });
    wake();
  });
  try {
    for (;;) {
      const message = queue.shift();
      if (message === undefined) {
        await new Promise<void>((resolve) => {
          wake = resolve;
        });
        continue;
      }
      if ('end' in message) return;
      if ('broken' in message) throw new Error(message.broken);
      yield message.chunk;
      port.postMessage({ credit: message.chunk.length } satisfies CreditMessage);
    }
  } finally {
    port.close();
  }
}

/**
 * The sending side: passes on what `input` yields until it ends or the receiver closes the port.
 * An input that breaks off is passed on as broken, so that what came before is kept.
 */
export async function sendChunks(input: AsyncIterable<Uint8Array>, port: MessagePort): Promise<void> {
  let underWay = 0;
  let closed = false;
  const freed = new EventTarget();
  port.on('message', (message: CreditMessage) => {
    underWay -= message.credit;
    freed.dispatchEvent(new Event('credit'));
  });
  port.on('close', () => {
    closed = true;
    freed.dispatchEvent(new Event('credit'));
  });
  try {
    for await (const chunk of input) {
      // A copy of its own: the chunk may be a slice of a pool that others use.
      const copy = new Uint8Array(chunk);
      underWay += copy.length;
      port.postMessage({ chunk: copy } satisfies ChunkMessage, [copy.buffer]);
      while (underWay > WINDOW && !closed) await once(freed, 'credit');
      if (closed) return;
    }
    port.postMessage({ end: true } satisfies ChunkMessage);
  } catch (error) {
    port.postMessage({ broken: (error as Error).message } satisfies ChunkMessage);
  }
}
