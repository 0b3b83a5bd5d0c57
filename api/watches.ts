/**
 * Captures that others may watch: a token for each, which opens that capture alone and changes nothing, and what the
 * presenter is looking at. All of it is forgotten when the daemon ends.
 */

import { createHash, randomBytes } from 'node:crypto';
import { EventEmitter } from 'node:events';
import { networkInterfaces } from 'node:os';
import type { Response } from 'express';
import type { CaptureStore } from '../captures/store/capture-store.js';
import { ApiError } from './problem.js';

/** Begins every token, so that one whose watch has ended is known for what it was. */
export const WATCH_PREFIX = 'watch-';
/** Answers to viewers that may be open at once, for one capture: a lecture hall with some tabs each. */
const MOST_ANSWERS = 2000;

export interface Watch {
  readonly capture: string;
  readonly token: string;
  /** What the presenter looks at; null until the page has said so. */
  view: object | null;
  /** Grows with every view. */
  revision: number;
  /** Who follows the view. */
  followers: number;
  /** Answers to viewers that are open. */
  readonly answers: Set<Response>;
}

/** Emitted with the capture's id. */
interface WatchEvents {
  view: [capture: string];
  ended: [capture: string];
}

export class Watches extends EventEmitter<WatchEvents> {
  private readonly byCapture = new Map<string, Watch>();
  /** By the digest of the token: finding one takes a time that does not tell how much of it is right. */
  private readonly byDigest = new Map<string, Watch>();

  constructor(store: CaptureStore) {
    super();
    this.setMaxListeners(0);
    store.on('deleted', (id) => this.end(id));
  }

  /** Lets a capture be watched; a second time it stays as it is. */
  begin(capture: string): Watch {
    let watch = this.byCapture.get(capture);
    if (watch === undefined) {
      const token = `${WATCH_PREFIX}${randomBytes(18).toString('base64url')}`;
      watch = { capture, token, view: null, revision: 0, followers: 0, answers: new Set() };
      this.byCapture.set(capture, watch);
      this.byDigest.set(digest(token), watch);
    }
    return watch;
  }

  isOpen(capture: string): boolean {
    return this.byCapture.has(capture);
  }

  /** @throws ApiError 404 when nobody may watch it */
  of(capture: string): Watch {
    const watch = this.byCapture.get(capture);
    if (watch === undefined)
      throw new ApiError(404, 'no-watch', `Capture ${capture} is not open for watching.`, {
        hint: `POST /api/captures/${capture}/watch opens it.`,
      });
    return watch;
  }

  /** The watch that a token opens; undefined when it opens none (any more). */
  byToken(token: string): Watch | undefined {
    return this.byDigest.get(digest(token));
  }

  /** What the presenter looks at now. @throws ApiError 404 */
  show(capture: string, view: object): Watch {
    const watch = this.of(capture);
    watch.view = view;
    watch.revision++;
    this.emit('view', capture);
    return watch;
  }

  /** The token opens nothing any more, and what is being answered to viewers breaks off. */
  end(capture: string): void {
    const watch = this.byCapture.get(capture);
    if (watch === undefined) return;
    this.byCapture.delete(capture);
    this.byDigest.delete(digest(watch.token));
    this.emit('ended', capture);
    for (const answer of watch.answers) if (!answer.writableEnded) answer.destroy();
  }

  /** An answer to a viewer begins. @throws ApiError 503 when there are too many */
  enter(watch: Watch, answer: Response): void {
    if (watch.answers.size >= MOST_ANSWERS)
      throw new ApiError(503, 'too-many-viewers', 'Too many are watching at once.', {
        headers: { 'Retry-After': '5' },
      });
    watch.answers.add(answer);
    answer.once('close', () => watch.answers.delete(answer));
  }
}

/** The watch that an answer is given under; undefined for somebody who may see everything. */
export function watchOf(response: Response): Watch | undefined {
  return response.locals['watch'] as Watch | undefined;
}

const digest = (token: string): string => createHash('sha256').update(token).digest('base64');

/** A GET that a viewer of a capture may ask: what the page shows, and nothing that leaves as a file with secrets in it. */
const SHOWN =
  /^(\/(packets(\/(count|\d+))?|flows(\/\d+(\/(packets|stream|sequence))?)?|sequence|statistics\/[a-z]+|names|marks|events|view))?$/;
/** What is the same for every capture. */
const GENERAL = /^\/api\/(watch|health|fields|filters\/(check|complete)|openapi\.json)$/;

/** Whether somebody who watches a capture may ask this. Everything that is not known here is refused. */
export function mayAsk({ capture }: Watch, method: string, path: string): boolean {
  if (method !== 'GET' && method !== 'HEAD') return false;
  if (isPageFile(path) || GENERAL.test(path)) return true;
  const [, id, rest] = /^\/api\/captures\/([^/]+)(\/.*)?$/.exec(path) ?? [];
  return id === encodeURIComponent(capture) && SHOWN.test(rest ?? '');
}

/** The page's own scripts, styles and pictures: they are the same everywhere, and hold nothing that was captured. */
export function isPageFile(path: string): boolean {
  return /^\/(assets\/[\w.-]+|icon\.svg)$/.test(path) || tokenInPath(path) !== undefined;
}

/** The token in the page's address, `/watch/TOKEN`. */
export function tokenInPath(path: string): string | undefined {
  return /^\/watch\/([\w-]+)$/.exec(path)?.[1];
}

/**
 * Under which addresses viewers on other machines open a path: none when the daemon listens on loopback.
 *
 * @param address that the daemon was reached at its port `port`
 */
export function viewerAddresses(host: string, port: number, path: string): string[] {
  const all = Object.values(networkInterfaces()).flatMap((addresses) => addresses ?? []);
  // Link-local ones need a zone, which differs from machine to machine and is not allowed in a browser's address.
  const outside = all.filter(({ internal, address }) => !internal && !/^fe80:/i.test(address));
  const own = outside.filter(
    ({ address, family }) =>
      host === '::' || host === '' || host === address || (host === '0.0.0.0' && family === 'IPv4'),
  );
  return own.map(({ address }) => `http://${address.includes(':') ? `[${address}]` : address}:${port}${path}`);
}
