/** Statistics under the filter of the view, counted on while they are not complete, and again while a capture grows. */

import { keepPreviousData, useQuery } from '@tanstack/react-query';
import { get, UnreachableError } from '../api/client';
import type { Answers } from '../api/types';
import { useLive } from '../state/live';
import { effectiveFilter, useView } from '../state/view';

export type Kind = 'protocols' | 'problems' | 'conversations' | 'endpoints';
type Answer<K extends Kind> = Answers[`GET /api/captures/{id}/statistics/${K}`];

/** Seconds after which what has been counted so far is shown. */
const WAIT = 2;
const LEAST_MS = 2000;
/** Milliseconds that an answer, which may be large, is kept after nobody shows it. */
const KEPT_MS = 20_000;

/** @param type the layer whose addresses are counted, for conversations and endpoints */
export function useStatistic<K extends Kind>(kind: K, type?: string) {
  const id = useView((view) => view.capture);
  const filter = useView(effectiveFilter);
  const growing = useLive(({ capture }) => capture?.state === 'running' || capture?.state === 'importing');
  return useQuery({
    queryKey: ['statistics', id, kind, type, filter, growing],
    queryFn: async ({ signal }) => {
      const asked = performance.now();
      const query = { filter, type, wait: WAIT };
      const answer = await get(`/api/captures/{id}/statistics/${kind}`, { id }, query, signal);
      return { answer: answer as Answer<K>, took: performance.now() - asked };
    },
    enabled: id !== null,
    gcTime: KEPT_MS,
    placeholderData: (before, query) => {
      const [, ofCapture, ofKind, ofType] = query?.queryKey ?? [];
      return ofCapture === id && ofKind === kind && ofType === type ? keepPreviousData(before) : undefined;
    },
    refetchInterval: ({ state: { data, error } }) => {
      if (data !== undefined && !data.answer.complete) return 250;
      // Large answers are asked for less often.
      return growing || error instanceof UnreachableError ? Math.max(LEAST_MS, 5 * (data?.took ?? 0)) : false;
    },
  });
}
