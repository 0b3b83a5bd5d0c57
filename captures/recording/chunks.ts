/** A byte stream across threads, with credits: the sender stops when the receiver does not keep up. */

import type { MessagePort } from 'node:worker_threads';
import type { ChunkMessage, CreditMessage } from './messages.js';

/** Octets that may be under way. */
const WINDOW = 8 << 20;

/**
 * The receiving side: an async iterable of the chunks. No generator, because that answers `return` only after the chunk
 * that it waits for: a sender that has stalled could never be left.
 */
export function receiveChunks(port: MessagePort): AsyncIterable<Uint8Array> {
  const queue: ChunkMessage[] = [];
  let wake: (() => void) | undefined;
  let left = false;
  const over = { done: true, value: undefined } as const;
  const leave = (): void => {
    left = true;
    port.close();
    wake?.();
  };
  port.on('message', (message: ChunkMessage) => {
    queue.push(message);
    wake?.();
  });
  port.on('close', () => {
    queue.push({ broken: 'the sender went away' });
    wake?.();
  });
  const next = async (): Promise<IteratorResult<Uint8Array>> => {
    while (queue.length === 0 && !left)
      await new Promise<void>((resolve) => {
        wake = resolve;
      });
    const message = queue.shift();
    if (left || message === undefined) return over;
    if ('chunk' in message) {
      port.postMessage({ credit: message.chunk.length } satisfies CreditMessage);
      return { done: false, value: message.chunk };
    }
    leave();
    if ('broken' in message) throw new Error(message.broken);
    return over;
  };
  return {
    [Symbol.asyncIterator]: () => ({
      next,
      return: async () => {
        leave();
        return over;
      },
    }),
  };
}

/**
 * The sending side: passes on what `input` yields until it ends or either side closes the port; then the input is let
 * go, even when it is not going to yield any more. An input that breaks off is passed on as broken, so that what came
 * before is kept.
 */
export async function sendChunks(input: AsyncIterable<Uint8Array>, port: MessagePort): Promise<void> {
  let underWay = 0;
  let closed = false;
  let wake: (() => void) | undefined;
  let giveUp: (() => void) | undefined;
  port.on('message', (message: CreditMessage) => {
    underWay -= message.credit;
    wake?.();
  });
  port.on('close', () => {
    closed = true;
    wake?.();
    giveUp?.();
  });
  const iterator = input[Symbol.asyncIterator]();
  /** Undefined when the port is closed meanwhile. Not a race against one promise, which would keep every chunk alive. */
  const nextChunk = () =>
    new Promise<IteratorResult<Uint8Array> | undefined>((resolve, reject) => {
      giveUp = () => resolve(undefined);
      iterator.next().then(resolve, reject);
    });
  try {
    while (!closed) {
      const next = await nextChunk();
      if (next === undefined) break;
      if (next.done === true) {
        port.postMessage({ end: true } satisfies ChunkMessage);
        return;
      }
      // A copy of its own: the chunk may be a slice of a pool that others use.
      const copy = new Uint8Array(next.value);
      underWay += copy.length;
      port.postMessage({ chunk: copy } satisfies ChunkMessage, [copy.buffer]);
      while (underWay > WINDOW && !closed)
        await new Promise<void>((resolve) => {
          wake = resolve;
        });
    }
  } catch (error) {
    port.postMessage({ broken: (error as Error).message } satisfies ChunkMessage);
    return;
  }
  // Not awaited: a generator answers only after the chunk that it waits for, and that may never come.
  iterator.return?.().catch(() => undefined);
}
