/** Finding packets without hiding the others: a filter that jumps. */

import { create } from 'zustand';
import { get } from '../api/client';
import { quoted } from '../filter/combine';
import { effectiveFilter, useView } from '../state/view';
import { reveal } from './list-state';

export type FindKind = 'filter' | 'text';

export interface Find {
  readonly open: boolean;
  readonly typed: string;
  readonly kind: FindKind;
  readonly busy: boolean;
  /** The packet that was found last, and whether the search went round the end. */
  readonly found: { readonly number: number; readonly wrapped: boolean; readonly forward: boolean } | null;
  /** Whether nothing matches. */
  readonly none: boolean;
  readonly error: unknown;
}

const NOTHING = { found: null, none: false, error: undefined } as const;

export const useFind = create<Find>(() => ({ open: false, typed: '', kind: 'filter', busy: false, ...NOTHING }));

/** Changes what is looked for. */
export function setFind(change: Partial<Pick<Find, 'typed' | 'kind' | 'open'>>): void {
  useFind.setState({ ...change, ...NOTHING });
}

/** What is looked for, within what the list shows. */
function condition(): string {
  const { typed, kind } = useFind.getState();
  const find = kind === 'text' ? `frame contains ${quoted(typed)}` : `(${typed})`;
  const filter = effectiveFilter(useView.getState());
  return filter.trim() === '' ? find : `(${filter}) && ${find}`;
}

let question: AbortController | undefined;

/** Selects the next packet that matches, or the one before; round the end where there is none. */
export async function find(forward: boolean): Promise<void> {
  const { typed } = useFind.getState();
  if (typed.trim() === '') {
    useFind.setState({ open: true });
    return;
  }
  question?.abort();
  const mine = new AbortController();
  question = mine;
  const { capture, packet } = useView.getState();
  const filter = condition();
  const ask = async (from: number) => {
    const query = { filter, limit: 1, [forward ? 'after' : 'before']: from };
    return (await get('/api/captures/{id}/packets', { id: capture }, query, mine.signal)).packets[0]?.number;
  };
  useFind.setState({ busy: true, ...NOTHING });
  try {
    const end = forward ? 0 : Number.MAX_SAFE_INTEGER;
    const near = packet === null ? undefined : await ask(packet);
    const number = near ?? (await ask(end));
    if (mine.signal.aborted) return;
    if (number === undefined) useFind.setState({ none: true });
    else {
      useFind.setState({ found: { number, wrapped: near === undefined && packet !== null, forward } });
      await reveal(number);
    }
  } catch (error) {
    if (!mine.signal.aborted) useFind.setState({ error });
  } finally {
    if (question === mine) useFind.setState({ busy: false });
  }
}
