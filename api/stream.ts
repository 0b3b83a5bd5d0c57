/** Answers that are longer than memory, or never end. */

import type { Request, Response } from 'express';

/**
 * Lets an answer live as long as it likes: a stream in which nothing happens is not a client that went to sleep.
 * Calls `whenGone` once the client has gone, or the answer is finished.
 */
export function keepOpen(request: Request, response: Response, whenGone: () => void): void {
  request.socket.setTimeout(0);
  // Small pieces are to arrive now: a feed that lags is no live feed.
  request.socket.setNoDelay(true);
  response.once('close', whenGone);
}

/** Whether a client wants Server-Sent Events. */
export function acceptsEvents(request: Request): boolean {
  return /\btext\/event-stream\b/i.test(request.get('Accept') ?? '');
}

/**
 * Writes a piece, and waits until the system has all of it: its memory is then used again.
 *
 * @returns false once the client has gone
 */
function write(response: Response, piece: Uint8Array): Promise<boolean> {
  if (response.destroyed || response.writableEnded) return Promise.resolve(false);
  return new Promise((resolve) => {
    const gone = () => resolve(false);
    response.once('close', gone);
    response.write(piece, (error) => {
      response.off('close', gone);
      // A client that has gone is no error: nobody is there to tell.
      resolve(error == null && !response.destroyed);
    });
  });
}

/**
 * Sends what a generator yields. It is asked for its first piece before anything is answered, so that what is wrong with
 * the question is still an error with a status; it is ended when the client goes.
 *
 * @param head sets status and headers
 */
export async function sendPieces(
  request: Request,
  response: Response,
  pieces: AsyncGenerator<Uint8Array, void, undefined>,
  head: () => void,
): Promise<void> {
  let gone = false;
  keepOpen(request, response, () => {
    gone = true;
    // A generator that waits for more packets would wait on; what it thought of being ended is nobody's business now.
    pieces.return().catch(() => undefined);
  });
  try {
    let piece = await pieces.next();
    head();
    if (request.method === 'HEAD') {
      response.end();
      return;
    }
    response.flushHeaders();
    for (; piece.done !== true; piece = await pieces.next()) if (!(await write(response, piece.value))) return;
    response.end();
  } catch (error) {
    if (!gone) throw error;
  } finally {
    await pieces.return();
  }
}
