/** Questions to the service, typed by its OpenAPI document. */

import { QueryClient } from '@tanstack/react-query';
import { plain } from '../parts/plain';
import type { Answers, Bodies, Problem } from './types';

/** What the service said that is wrong, in its own words. */
export class ServiceError extends Error {
  constructor(
    readonly status: number,
    readonly problem: Partial<Problem> | undefined,
    message: string,
  ) {
    // It may quote what a packet or a file's name has.
    super(plain(message));
  }

  /** The change that mends it, where there is one. */
  get hint(): string | undefined {
    return this.problem?.hint === undefined ? undefined : plain(this.problem.hint);
  }

  /** 0-based character of the filter at which it is wrong. */
  get position(): number | undefined {
    return this.problem?.position;
  }
}

/** The service did not answer at all: it is not running, or the network is gone. */
export class UnreachableError extends Error {}

type Value = string | number | boolean | readonly string[] | null | undefined;
export type Parameters = Readonly<Record<string, Value>>;

/** The token of a watched capture, which its page below `/watch/` has in its own address; null elsewhere. */
export const watchToken: string | null = /^\/watch\/([\w-]+)/.exec(window.location.pathname)?.[1] ?? null;

/** Fills `{id}` and its like from `path`, and appends `query`; what is null, undefined or '' is left out. */
export function address(template: string, path: Parameters = {}, query: Parameters = {}): string {
  const place = template.replace(/\{(\w+)\}/g, (_, name: string) => encodeURIComponent(String(path[name])));
  const search = new URLSearchParams();
  for (const [name, value] of Object.entries(query)) {
    if (value === null || value === undefined || value === '') continue;
    search.set(name, Array.isArray(value) ? value.join(',') : String(value));
  }
  if (watchToken !== null) search.set('token', watchToken);
  const text = search.toString();
  return text === '' ? place : `${place}?${text}`;
}

async function send(url: string, init: RequestInit): Promise<unknown> {
  let answer: Response;
  try {
    answer = await fetch(url, init);
  } catch (error) {
    if (error instanceof DOMException && error.name === 'AbortError') throw error;
    throw new UnreachableError('The service does not answer.', { cause: error });
  }
  const text = await answer.text();
  if (answer.ok) return text === '' ? undefined : JSON.parse(text);
  const problem = parsed(text);
  throw new ServiceError(
    answer.status,
    problem,
    problem?.detail ?? `The service answered with status ${answer.status}.`,
  );
}

function parsed(text: string): Partial<Problem> | undefined {
  try {
    return JSON.parse(text) as Partial<Problem>;
  } catch {
    return undefined; // not from netglass, but from something between
  }
}

type Gets = keyof Answers extends infer Call ? (Call extends `GET ${infer Path}` ? Path : never) : never;
type Method = 'POST' | 'PATCH' | 'DELETE' | 'PUT';

/**
 * The JSON answer to a GET.
 * @throws {ServiceError} with the service's words; {@link UnreachableError}; an AbortError when `signal` says so
 */
export function get<P extends Gets>(
  template: P,
  path: Parameters = {},
  query: Parameters = {},
  signal?: AbortSignal,
): Promise<Answers[`GET ${P}` & keyof Answers]> {
  return send(address(template, path, query), signal === undefined ? {} : { signal }) as Promise<
    Answers[`GET ${P}` & keyof Answers]
  >;
}

type BodyOf<C> = C extends keyof Bodies ? Bodies[C] : undefined;
type AnswerOf<C> = C extends keyof Answers ? Answers[C] : undefined;

/**
 * Changes something: `change('POST', '/api/captures/{id}/stop', { id })`.
 * @throws as {@link get}
 */
export function change<M extends Method, P extends string>(
  method: M,
  template: P,
  path: Parameters = {},
  body?: BodyOf<`${M} ${P}`>,
): Promise<AnswerOf<`${M} ${P}`>> {
  const init: RequestInit = { method };
  if (body !== undefined) {
    init.body = JSON.stringify(body);
    init.headers = { 'Content-Type': 'application/json' };
  }
  return send(address(template, path), init) as Promise<AnswerOf<`${M} ${P}`>>;
}

/** A question that was wrong stays wrong; one that did not arrive is asked again. */
export const queryClient = new QueryClient({
  defaultOptions: {
    queries: {
      retry: (count, error) => error instanceof UnreachableError && count < 3,
      staleTime: 2000,
      refetchOnWindowFocus: false,
      networkMode: 'always',
    },
    mutations: { networkMode: 'always' },
  },
});
