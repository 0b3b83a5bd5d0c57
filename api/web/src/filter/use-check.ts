/** Whether what is typed is a filter: asked a moment after the last key. */

import { useEffect, useState } from 'react';
import { get, UnreachableError } from '../api/client';
import type { Answers } from '../api/types';

export type Check = Answers['GET /api/filters/check'];
/** `unknown`: nothing is typed. `checking`: the answer is under way. */
export type Verdict =
  | { readonly state: 'unknown' | 'checking' | 'good' | 'unreachable' }
  | { readonly state: 'bad'; readonly error: string; readonly position: number };

const WAIT_MS = 120;

/** @param asking false where it is known to be right, because it is applied */
export function useCheck(filter: string, asking: boolean): Verdict {
  const [known, setKnown] = useState<{ filter: string; verdict: Verdict }>();
  const wanted = asking && filter.trim() !== '';
  useEffect(() => {
    if (!wanted) return;
    const question = new AbortController();
    const timer = setTimeout(async () => {
      try {
        const answer = await get('/api/filters/check', {}, { filter }, question.signal);
        setKnown({ filter, verdict: verdictOf(answer) });
      } catch (error) {
        if (question.signal.aborted) return;
        const state = error instanceof UnreachableError ? 'unreachable' : 'bad';
        setKnown({ filter, verdict: { state, error: error instanceof Error ? error.message : '', position: 0 } });
      }
    }, WAIT_MS);
    return () => {
      clearTimeout(timer);
      question.abort();
    };
  }, [filter, wanted]);
  if (!wanted) return { state: 'unknown' };
  // While the next answer is under way the last one stays, so that nothing flickers as somebody types.
  if (known === undefined) return { state: 'checking' };
  return known.filter === filter
    ? known.verdict
    : known.verdict.state === 'good'
      ? known.verdict
      : { state: 'checking' };
}

function verdictOf({ valid, error, position }: Check): Verdict {
  return valid ? { state: 'good' } : { state: 'bad', error: error ?? '', position: position ?? 0 };
}
