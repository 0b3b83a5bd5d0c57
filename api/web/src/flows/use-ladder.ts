/** The steps of a ladder: page after page, and what comes while the capture runs. */

import { useCallback, useEffect, useRef, useState } from 'react';
import { get, ServiceError } from '../api/client';
import type { SequencePage } from '../api/types';
import type { Step } from './ladder-layout';
import { isMark } from './ladder-layout';

export interface Rungs {
  readonly hosts: SequencePage['hosts'];
  readonly steps: readonly Step[];
  /** Steps between hosts that have no lifeline any more. */
  readonly left: number;
  /** Whether there is more to be asked for. */
  readonly more: boolean;
}

interface LadderState extends Rungs {
  readonly problem: unknown;
  readonly loading: boolean;
  readonly loadMore: () => void;
}

const PAGE = 500;
/** A picture that a browser can still draw, and more than anybody follows. */
export const MOST_STEPS = 10_000;
/** Lifelines beside each other. */
const MOST_HOSTS = 40;
const AGAIN_MS = 1000;

const NOTHING: Rungs = { hosts: [], steps: [], left: 0, more: false };

/** Adds a page. Of several conversations each page has its own lifelines: they become one list. */
export function added(before: Rungs, page: SequencePage): Rungs {
  const hosts = [...before.hosts];
  const places = new Map(hosts.map((host, at) => [`${host.address} ${host.port}`, at]));
  const here = page.hosts.map((host) => {
    const key = `${host.address} ${host.port}`;
    let place = places.get(key);
    if (place === undefined && hosts.length < MOST_HOSTS) {
      place = hosts.push(host) - 1;
      places.set(key, place);
    }
    return place;
  });
  // Marks behind the last packet are told again, with the packets before them that have come meanwhile.
  const last = before.steps.findLastIndex((step) => !isMark(step));
  const steps = before.steps.slice(0, last + 1);
  let { left } = before;
  for (const step of page.steps) {
    if (isMark(step)) {
      steps.push(step);
      continue;
    }
    const [from, to] = [here[step.from], here[step.to]];
    if (from === undefined || to === undefined) left++;
    else steps.push({ ...step, from, to });
  }
  return { hosts, steps: steps.slice(0, MOST_STEPS), left, more: page.next !== null };
}

interface Asked {
  readonly id: string;
  /** Id of the conversation; null: everything that the filter shows. */
  readonly flow: number | null;
  readonly filter: string;
  /** Whether more may come; undefined: not known yet. */
  readonly growing: boolean | undefined;
  /** Another text: there is more, whether or not the capture still runs. */
  readonly news: string;
}

export function useLadder({ id, flow, filter, growing, news }: Asked): LadderState {
  const [rungs, setRungs] = useState<Rungs | null>(null);
  const [problem, setProblem] = useState<unknown>(null);
  const [loading, setLoading] = useState(true);
  const ask = useRef<() => void>(() => undefined);
  const grows = useRef(growing);
  grows.current = growing;
  const wanted = flow === null ? filter : '';
  const known = growing !== undefined;

  useEffect(() => {
    if (!known) return;
    const over = new AbortController();
    let timer: ReturnType<typeof setTimeout> | undefined;
    let after: number | undefined;
    let full = false;
    let busy = false;
    setRungs(null);
    setProblem(null);
    setLoading(true);
    const again = () => {
      clearTimeout(timer);
      if (!over.signal.aborted) timer = setTimeout(() => ask.current(), AGAIN_MS);
    };
    ask.current = () => {
      if (busy || full || over.signal.aborted) return;
      busy = true;
      // What was missing when the capture ended is asked for once more.
      const last = grows.current !== true;
      const asked =
        flow === null
          ? get('/api/captures/{id}/sequence', { id }, { filter: wanted, limit: PAGE, after }, over.signal)
          : get('/api/captures/{id}/flows/{flow}/sequence', { id, flow }, { limit: PAGE, after }, over.signal);
      asked
        .then((page) => {
          after = page.next ?? page.position;
          setRungs((before) => {
            const now = added(before ?? NOTHING, page);
            full = now.steps.length >= MOST_STEPS;
            return before !== null && page.steps.length === 0 && !before.more ? before : now;
          });
          setProblem(null);
          if (page.next === null && !last) again();
        })
        .catch((error: unknown) => {
          if (over.signal.aborted) return;
          setProblem(error);
          if (!(error instanceof ServiceError)) again();
        })
        .finally(() => {
          busy = false;
          if (!over.signal.aborted) setLoading(false);
        });
    };
    ask.current();
    return () => {
      over.abort();
      clearTimeout(timer);
    };
  }, [id, flow, wanted, known]);

  // biome-ignore lint/correctness/useExhaustiveDependencies: the text itself says nothing
  useEffect(() => ask.current(), [news]);
  const loadMore = useCallback(() => {
    setLoading(true);
    ask.current();
  }, []);
  return { ...(rungs ?? NOTHING), problem, loading, loadMore };
}
