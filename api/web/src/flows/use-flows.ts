/** The conversations of a capture, page after page as somebody goes down the list. */

import { keepPreviousData, useInfiniteQuery } from '@tanstack/react-query';
import { get } from '../api/client';
import { useLive } from '../state/live';
import { effectiveFilter, useView } from '../state/view';

export const SORTS = ['id', 'packets', 'bytes', 'firstTime', 'lastTime', 'duration'] as const;
export type Sort = (typeof SORTS)[number];

const PAGE = 200;
/** Pages that are kept, so that ten million conversations do not fill the memory. */
const MOST_PAGES = 50;
const REFRESH_MS = 2000;

export function useFlows(sort: Sort) {
  const id = useView((view) => view.capture);
  const filter = useView(effectiveFilter);
  const live = useLive(({ connection }) => connection === 'live');
  return useInfiniteQuery({
    queryKey: ['flows', id, filter, sort],
    queryFn: ({ pageParam, signal }) =>
      get('/api/captures/{id}/flows', { id: id ?? '' }, { filter, sort, limit: PAGE, after: pageParam }, signal),
    initialPageParam: undefined as number | undefined,
    getNextPageParam: ({ next }, pages) => (pages.length >= MOST_PAGES ? undefined : (next ?? undefined)),
    enabled: id !== null,
    placeholderData: keepPreviousData,
    // Every page is asked for again: far down the list that would be too much, twice a second.
    refetchInterval: ({ state }) => (live && (state.data?.pages.length ?? 0) <= 3 ? REFRESH_MS : false),
  });
}
