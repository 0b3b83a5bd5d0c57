/** The conversations of a capture: pages of them as somebody goes down the list, asked for again while it grows. */

import { useQueries } from '@tanstack/react-query';
import { useEffect } from 'react';
import { create } from 'zustand';
import { get } from '../api/client';
import type { Flow } from '../api/types';
import { useLive } from '../state/live';
import { effectiveFilter, useView } from '../state/view';

export const SORTS = ['id', 'packets', 'bytes', 'firstTime', 'lastTime', 'duration'] as const;
export type Sort = (typeof SORTS)[number];

export const PAGE = 100;
const REFRESH_MS = 2000;
/** Milliseconds that a page which is out of sight is kept. */
const KEPT_MS = 10_000;

interface Known {
  /** What is listed: capture, filter and order. */
  readonly of: string;
  /** What each page is asked for with (`after`): the first one with nothing, the others with the `next` before them. */
  readonly starts: readonly (number | undefined)[];
  /** Rows of the last page. */
  readonly last: number;
}

interface Place extends Known {
  readonly sort: Sort;
  /** The row that is selected, and the conversation in it: in another order it is elsewhere. */
  readonly at: number;
  readonly chosen: number | null;
  /** CSS pixels that are scrolled away. */
  readonly top: number;
}

const BEGIN = { starts: [undefined], last: 0, at: 0, chosen: null, top: 0 } as const;

/** Where somebody is in the list. It stays while one conversation is looked at. */
export const useFlowPlace = create<Place>(() => ({ of: '', sort: 'id', ...BEGIN }));

/** The list in another order, from its beginning. */
export function sortBy(sort: Sort): void {
  useFlowPlace.setState({ sort, of: '', ...BEGIN });
}

export interface FlowList {
  /** Rows that are known of; those of pages out of sight are not here. */
  readonly count: number;
  readonly row: (at: number) => Flow | undefined;
  /** Where a conversation is among the rows that are here; undefined: it is not among them. */
  readonly placeOf: (id: number) => number | undefined;
  /** Whether there are more behind them. */
  readonly more: boolean;
  readonly loading: boolean;
  readonly error: unknown;
}

/** @param sight first and last row that are shown */
export function useFlows(sight: readonly [number, number]): FlowList {
  const id = useView((view) => view.capture);
  const filter = useView(effectiveFilter);
  const sort = useFlowPlace((place) => place.sort);
  const growing = useLive(({ capture }) => capture?.state === 'running' || capture?.state === 'importing');
  const of = JSON.stringify([id, filter, sort]);
  const place = useFlowPlace();
  const { starts, last }: Known = place.of === of ? place : { of, ...BEGIN };

  const end = starts.length - 1;
  const [from, to] = sight.map((row) => Math.min(end, Math.max(0, Math.floor(row / PAGE))));
  // The last one tells whether there are more, wherever somebody looks.
  const pages = [...new Set([...Array.from({ length: to - from + 1 }, (_, at) => from + at), end])];
  const answers = useQueries({
    queries: pages.map((page) => ({
      queryKey: ['flows', id, filter, sort, page, starts[page]],
      queryFn: ({ signal }: { signal: AbortSignal }) =>
        get('/api/captures/{id}/flows', { id: id ?? '' }, { filter, sort, limit: PAGE, after: starts[page] }, signal),
      enabled: id !== null,
      gcTime: KEPT_MS,
      refetchInterval: growing ? REFRESH_MS : false,
    })),
  });

  const found = answers.map(({ data }) => data);
  const told = JSON.stringify(found.map((data) => [data?.next, data?.flows.length]));
  // biome-ignore lint/correctness/useExhaustiveDependencies: `told` is what of the answers matters here
  useEffect(() => {
    const known = pages.reduce((before: Known, page, at) => learned(before, page, to, found[at]), { of, starts, last });
    if (place.of !== of) useFlowPlace.setState({ ...BEGIN, ...known });
    else if (known.starts !== starts || known.last !== last) useFlowPlace.setState(known);
  }, [of, told, to]);

  const first = answers[pages.indexOf(end)];
  const error = answers.find((answer) => answer.error !== null)?.error ?? null;
  return {
    count: end * PAGE + last,
    row: (at) => found[pages.indexOf(Math.floor(at / PAGE))]?.flows[at % PAGE],
    placeOf: (wanted) => {
      for (const [at, page] of pages.entries()) {
        const place = found[at]?.flows.findIndex((flow) => flow.id === wanted) ?? -1;
        if (place >= 0) return page * PAGE + place;
      }
      return undefined;
    },
    more: first.data === undefined ? end > 0 : first.data.next !== null,
    loading: first.data === undefined && error === null,
    error,
  };
}

/** What is known of the pages after another answer: what comes behind one may change while the capture grows. */
function learned(
  known: Known,
  page: number,
  seen: number,
  answer: { readonly next: number | null; readonly flows: readonly Flow[] } | undefined,
): Known {
  if (answer === undefined || page >= known.starts.length) return known;
  const { of, starts } = known;
  const { next, flows } = answer;
  if (next === null)
    return { of, starts: page === starts.length - 1 ? starts : starts.slice(0, page + 1), last: flows.length };
  if (page < starts.length - 1)
    return starts[page + 1] === next ? known : { ...known, starts: starts.with(page + 1, next) };
  // The next page is asked for only when somebody comes near.
  return seen < page ? { of, starts, last: flows.length } : { of, starts: [...starts, next], last: 0 };
}
