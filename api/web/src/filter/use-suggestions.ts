/** What can be chosen below the filter: what could come next, and without anything typed, recent filters and examples. */

import { useEffect, useState } from 'react';
import { get } from '../api/client';
import type { Answers } from '../api/types';
import { useSettings } from '../state/settings';
import { text } from '../text';

type Completion = Answers['GET /api/filters/complete']['completions'][number];

export interface Suggestion {
  /** What the filter will be, with what is behind the cursor. */
  readonly filter: string;
  /** Where the cursor will be. */
  readonly cursor: number;
  /** What is shown. */
  readonly shown: string;
  readonly title: string;
  readonly kind: Completion['kind'] | 'recent' | 'example';
}

const WAIT_MS = 100;
const MOST = 40;
const RECENT = 6;

/** Recent filters and examples: whole filters, which take the place of what is typed. */
export function useWholeFilters(): readonly Suggestion[] {
  const recent = useSettings((settings) => settings.filters);
  const whole = (filter: string, title: string, kind: Suggestion['kind']): Suggestion => ({
    filter,
    cursor: filter.length,
    shown: filter,
    title,
    kind,
  });
  return [
    ...recent.slice(0, RECENT).map((filter) => whole(filter, '', 'recent')),
    ...text.filter.exampleList.map(([title, filter]) => whole(filter, title, 'example')),
  ];
}

/** @param prefix what is typed before the cursor; undefined: nothing is asked */
export function useCompletions(prefix: string | undefined, behind: string): readonly Suggestion[] {
  const [found, setFound] = useState<{ prefix: string; list: readonly Completion[] }>({ prefix: '', list: [] });
  useEffect(() => {
    if (prefix === undefined) return;
    const question = new AbortController();
    const timer = setTimeout(async () => {
      try {
        const query = { prefix, limit: MOST };
        const { completions } = await get('/api/filters/complete', {}, query, question.signal);
        setFound({ prefix, list: completions });
      } catch {
        // Nobody waits for suggestions; that the service is away is said elsewhere.
        if (!question.signal.aborted) setFound({ prefix, list: [] });
      }
    }, WAIT_MS);
    return () => {
      clearTimeout(timer);
      question.abort();
    };
  }, [prefix]);
  // What was suggested for a shorter text does not fit the longer one.
  if (prefix === undefined || found.prefix !== prefix) return [];
  // A number is no beginning of a name, though some have digits in them.
  const isNumber = /(^|[^\w.-])\d[\w.:]*$/.test(prefix);
  return found.list
    .filter(({ kind }) => !isNumber || kind === 'value' || kind === 'operator')
    .map((completion) => applied(completion, prefix, behind))
    .filter(({ filter, cursor }) => !(cursor === prefix.length && filter === prefix + behind));
}

function applied({ text: word, kind, title, from }: Completion, prefix: string, behind: string): Suggestion {
  // The rest of a word that the cursor stands in goes with its beginning.
  const rest = behind.replace(/^[\w.-]+/, '');
  const gap = (kind === 'field' || kind === 'operator') && !rest.startsWith(' ') ? ' ' : '';
  const start = prefix.slice(0, from) + word + gap;
  return { filter: start + rest, cursor: start.length, shown: word, title, kind };
}
