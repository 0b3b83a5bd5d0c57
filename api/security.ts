/**
 * Who may ask. Packets are other people's secrets, and a browser asks on behalf of every page that is open in it:
 * the name in the address must be one that this daemon listens as (against DNS rebinding), the page that asks must be
 * this daemon's own, and whoever can reach it from another machine must know the token.
 */

import { createHash, timingSafeEqual } from 'node:crypto';
import { hostname, networkInterfaces } from 'node:os';
import type { NextFunction, Request, RequestHandler, Response } from 'express';
import { ApiError } from './problem.js';
import { isPageFile, mayAsk, tokenInPath, WATCH_PREFIX, type Watch, type Watches } from './watches.js';

export interface Access {
  /** The address it listens on, as it was given. */
  readonly host: string;
  /** Further names that clients use for it: behind a proxy, or in a hosts file. */
  readonly allowedHosts: readonly string[];
  /** undefined: whoever reaches it may ask, which is only for loopback. */
  readonly token: string | undefined;
}

export const TOKEN_COOKIE = 'netglass_token';

/** Whether an address can be reached from this machine only. */
export function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || /^127\.\d{1,3}\.\d{1,3}\.\d{1,3}$/.test(host);
}

/** Addresses that stand for every address of the machine. */
export function isWildcard(host: string): boolean {
  return host === '0.0.0.0' || host === '::' || host === '';
}

/** The name or address in a Host header or an origin, without port and brackets, in lower case. */
export function hostName(authority: string): string | undefined {
  try {
    const { hostname: name, username, pathname } = new URL(`http://${authority}`);
    if (username !== '' || pathname !== '/') return undefined;
    return plain(name);
  } catch {
    return undefined; // what is no address at all is nobody's name
  }
}

function plain(name: string): string {
  return name
    .replace(/^\[(.*)\]$/, '$1')
    .replace(/\.$/, '')
    .toLowerCase();
}

/** Whether the daemon listens as this name. Addresses are looked up anew, for they come and go. */
function isOwnName(name: string, { host, allowedHosts }: Access): boolean {
  if (name === 'localhost' || name === '127.0.0.1' || name === '::1' || name === plain(host)) return true;
  if (allowedHosts.some((allowed) => plain(allowed) === name)) return true;
  if (!isWildcard(host)) return false;
  if (name === hostname().toLowerCase()) return true;
  return Object.values(networkInterfaces()).some((addresses) => addresses?.some(({ address }) => address === name));
}

const contentSecurity = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self' data:",
  "connect-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join('; ');

/** Headers that keep a browser from doing anything with an answer but what was meant. */
export function strictHeaders(_request: Request, response: Response, next: NextFunction): void {
  response.set({
    'Content-Security-Policy': contentSecurity,
    'X-Content-Type-Options': 'nosniff',
    'X-Frame-Options': 'DENY',
    'Referrer-Policy': 'no-referrer',
    'Cross-Origin-Opener-Policy': 'same-origin',
    'Cross-Origin-Resource-Policy': 'same-origin',
    'Permissions-Policy': 'camera=(), microphone=(), geolocation=()',
    'Cache-Control': 'no-store',
  });
  next();
}

/** Refuses what a page elsewhere makes a browser ask. */
export function sameSite(access: Access): RequestHandler {
  return (request, _response, next) => {
    const authority = request.headers.host ?? '';
    const name = hostName(authority);
    if (name === undefined || !isOwnName(name, access))
      throw new ApiError(403, 'foreign-host', `netglass does not answer as ${JSON.stringify(authority)}.`, {
        hint: 'Use the address that netglass printed, or start it with --allow-host NAME.',
      });
    const { origin } = request.headers;
    if (origin !== undefined && !sameOrigin(origin, authority))
      throw new ApiError(403, 'foreign-origin', `A page of ${origin} may not ask this netglass.`);
    // Another port of this very machine is the "same site", and not this service's page either.
    const from = request.headers['sec-fetch-site'] ?? 'none';
    if (from !== 'same-origin' && from !== 'none' && !isVisit(request))
      throw new ApiError(403, 'foreign-origin', 'Only netglass’s own page may ask it from a browser.');
    next();
  };
}

function sameOrigin(origin: string, authority: string): boolean {
  const given = /^https?:\/\/(.+)$/i.exec(origin)?.[1];
  return given !== undefined && given.toLowerCase() === authority.toLowerCase();
}

/** A link that somebody followed to the page itself: the page that has the link learns nothing of the answer. */
function isVisit(request: Request): boolean {
  return (
    request.method === 'GET' && request.headers['sec-fetch-mode'] === 'navigate' && !request.path.startsWith('/api')
  );
}

/**
 * Demands the token where there is one; a visit with `?token=` leaves it in a cookie, so that the page can ask. The token of
 * a watch limits whoever gives it to that capture, also where none is demanded. It never becomes a cookie: the browser of
 * a presenter who looks at the viewers' page would be limited by it everywhere.
 */
export function tokenCheck({ token }: Access, watches: Watches): RequestHandler {
  return (request, response, next) => {
    const inAddress = new URL(request.url, 'http://localhost').searchParams.get('token');
    const given = inAddress ?? bearer(request) ?? cookie(request);
    const full = token !== undefined && given !== undefined && equal(given, token);
    if (!full && given?.startsWith(WATCH_PREFIX)) {
      const watch = openWatch(watches, given);
      limit(request, watch);
      watches.enter(watch, response);
      response.locals['watch'] = watch;
    } else if (!full && token !== undefined) demandToken(request, given, watches);
    if (full && inAddress !== null)
      response.append('Set-Cookie', `${TOKEN_COOKIE}=${encodeURIComponent(token)}; Path=/; HttpOnly; SameSite=Strict`);
    next();
  };
}

/** Lets the page's own files through, and viewers to the page. @throws ApiError 401 */
function demandToken(request: Request, given: string | undefined, watches: Watches): void {
  if (isReading(request) && isPageFile(request.path)) {
    const watched = tokenInPath(request.path);
    if (watched !== undefined) openWatch(watches, watched);
    return;
  }
  throw new ApiError(
    401,
    'token-required',
    given === undefined ? 'This netglass demands a token.' : 'The token is wrong.',
    {
      hint: 'Give the token that netglass printed at its start: Authorization: Bearer TOKEN, or ?token=TOKEN.',
      headers: { 'WWW-Authenticate': 'Bearer realm="netglass"' },
    },
  );
}

const isReading = ({ method }: Request): boolean => method === 'GET' || method === 'HEAD';

/** @throws ApiError 401 */
function openWatch(watches: Watches, token: string): Watch {
  const watch = watches.byToken(token);
  if (watch === undefined)
    throw new ApiError(401, 'watch-ended', 'There is nothing to watch here (any more).', {
      hint: 'Ask the presenter for the present address.',
      headers: { 'WWW-Authenticate': 'Bearer realm="netglass"' },
    });
  return watch;
}

/** @throws ApiError 403 */
function limit({ method, path }: Request, watch: Watch): void {
  if (!mayAsk(watch, method, path))
    throw new ApiError(
      403,
      'watch-only',
      `Whoever watches may look at capture ${watch.capture} alone, and change nothing.`,
      {
        hint: 'GET /api/watch names the capture; its packets, flows, statistics, names, marks, events and view can be read.',
      },
    );
}

function bearer(request: Request): string | undefined {
  return /^Bearer +(.+)$/i.exec(request.headers.authorization ?? '')?.[1];
}

function cookie(request: Request): string | undefined {
  for (const part of (request.headers.cookie ?? '').split(';')) {
    const [name, value] = part.trim().split('=', 2);
    if (name !== TOKEN_COOKIE || value === undefined) continue;
    try {
      return decodeURIComponent(value);
    } catch {
      return value; // not what this daemon set, so it will not be equal
    }
  }
  return undefined;
}

/** In a time that does not tell how much of it is right, nor how long the right one is. */
function equal(given: string, token: string): boolean {
  const digest = (text: string) => createHash('sha256').update(text).digest();
  return timingSafeEqual(digest(given), digest(token));
}
