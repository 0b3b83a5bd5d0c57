/** The course of the capture, asked again while it grows, but never faster than it can be answered. */

import { keepPreviousData, useQuery } from '@tanstack/react-query';
import { get, UnreachableError } from '../api/client';
import type { Answers, Capture } from '../api/types';
import { useLive } from '../state/live';
import { useView } from '../state/view';
import { intervalOf, nanoseconds } from './buckets';

export type Timeline = Answers['GET /api/captures/{id}/statistics/timeline'];

export interface Course {
  readonly timeline: Timeline;
  /** Seconds from the capture's first packet to the beginning of the first bucket. */
  readonly offset: number;
  /** Milliseconds that the answer took. */
  readonly took: number;
}

const LEAST_MS = 1000;
/** Seconds after which what has been counted so far is shown. */
const WAIT = 2;
/** Seconds. */
const YOUNG = 1;

function durationOf({ firstTime, lastTime }: Capture): number {
  return firstTime === null || lastTime === null ? 0 : Number(nanoseconds(lastTime) - nanoseconds(firstTime)) / 1e9;
}

async function ask(id: string, filter: string, signal: AbortSignal): Promise<Course> {
  const { capture } = useLive.getState();
  const known = capture?.id === id ? capture : await get('/api/captures/{id}', { id }, {}, signal);
  const asked = performance.now();
  const lasted = durationOf(known);
  // What has just begun is many times as long when the question arrives: then the service chooses.
  const young = known.state === 'running' && lasted < YOUNG;
  const interval = young ? undefined : intervalOf(lasted, known.packets);
  const query = { filter, interval, wait: WAIT };
  const timeline = await get('/api/captures/{id}/statistics/timeline', { id }, query, signal);
  const offset =
    timeline.start === null || known.firstTime === null
      ? 0
      : Number(nanoseconds(timeline.start) - nanoseconds(known.firstTime)) / 1e9;
  return { timeline, offset, took: performance.now() - asked };
}

/** @param shown nothing is asked for what nobody sees */
export function useTimeline(shown: boolean) {
  const id = useView((view) => view.capture);
  // The limits of time are drawn, not applied: they could not be moved otherwise.
  const filter = useView((view) => view.filter);
  const growing = useLive(({ capture }) => capture?.state === 'running' || capture?.state === 'importing');
  const known = useLive(({ capture }) => capture !== null && capture.id === id);
  return useQuery({
    queryKey: ['timeline', id, filter, growing],
    queryFn: ({ signal }) => ask(id ?? '', filter, signal),
    enabled: shown && id !== null && known,
    placeholderData: (before, query) => (query?.queryKey[1] === id ? keepPreviousData(before) : undefined),
    refetchInterval: ({ state: { data, error } }) =>
      growing || data?.timeline.complete === false || error instanceof UnreachableError
        ? Math.max(LEAST_MS, 3 * (data?.took ?? 0))
        : false,
  });
}
