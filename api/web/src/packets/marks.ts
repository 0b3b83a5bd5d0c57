/** Marks: words that stand between the packets, made here, by the capture's trigger or by somebody's own code. */

import { useQuery, useQueryClient } from '@tanstack/react-query';
import { useEffect } from 'react';
import { change, get, queryClient } from '../api/client';
import type { Mark, PacketRow } from '../api/types';
import { onEvent, useLive } from '../state/live';
import { useView } from '../state/view';

/** Milliseconds after which a mark that a program made is seen. */
const AGAIN_MS = 1000;
/** Marks of one place that are shown. */
export const MOST_MARKS = 4;

const NONE: readonly Mark[] = [];

/** The capture's marks by time. */
export function useMarks(): readonly Mark[] {
  const id = useView((view) => view.capture);
  const running = useLive(({ capture }) => capture?.state === 'running');
  const client = useQueryClient();
  const { data } = useQuery({
    queryKey: ['marks', id],
    queryFn: ({ signal }) => get('/api/captures/{id}/marks', { id }, {}, signal),
    enabled: id !== null,
    refetchInterval: running ? AGAIN_MS : false,
  });
  useEffect(() => onEvent('mark', () => void client.invalidateQueries({ queryKey: ['marks', id] })), [client, id]);
  return data?.marks ?? NONE;
}

/**
 * The marks between two rows. Times are RFC 3339 in UTC with nine decimals, which sort as text.
 * @param before the row before; undefined: there is none, or it is not here yet
 * @param isFirst whether there is none
 */
export function marksBetween(
  marks: readonly Mark[],
  before: PacketRow | undefined,
  row: PacketRow | undefined,
  isFirst: boolean,
): readonly Mark[] {
  const to = row?.time ?? null;
  const from = before?.time ?? null;
  if (marks.length === 0 || to === null || (from === null && !isFirst)) return NONE;
  const found: Mark[] = [];
  for (let at = firstAfter(marks, from ?? ''); at < marks.length && marks[at].time <= to; at++) {
    if (found.length === MOST_MARKS) break;
    found.push(marks[at]);
  }
  return found;
}

/** The marks behind the last packet. */
export function marksAfter(marks: readonly Mark[], row: PacketRow | undefined): readonly Mark[] {
  if (marks.length === 0 || row?.time === undefined || row.time === null) return NONE;
  return marks.slice(firstAfter(marks, row.time)).slice(-MOST_MARKS);
}

function firstAfter(marks: readonly Mark[], time: string): number {
  let [low, high] = [0, marks.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (marks[middle].time > time) high = middle;
    else low = middle + 1;
  }
  return low;
}

/**
 * Puts words before a packet.
 * @throws {ServiceError} what the service says is wrong with them
 */
export async function mark(capture: string, text: string, time: string): Promise<void> {
  await change('POST', '/api/captures/{id}/marks', { id: capture }, { text, time });
  await queryClient.invalidateQueries({ queryKey: ['marks', capture] });
}
