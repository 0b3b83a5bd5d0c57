/** Checks as they are typed, and as they are sent. */

import { create } from 'zustand';
import type { Bodies } from '../api/types';

export type Sent = Bodies['POST /api/captures/{id}/checks']['checks'];

export interface Typed {
  readonly kind: 'expect' | 'no';
  readonly filter: string;
  /** '' for at least one, `2`, or `1-5`. */
  readonly count: string;
  /** Seconds after the expectation before; '' for any time. */
  readonly within: string;
}

/** As many as the service takes. */
export const MOST_CHECKS = 200;
export const EMPTY: Typed = { kind: 'expect', filter: '', count: '', within: '' };

/** They stay while other parts of the page are looked at. */
export const useChecks = create<{ readonly list: readonly Typed[] }>(() => ({ list: [EMPTY] }));

type Count = number | { min?: number; max?: number };

/** @returns undefined for what is no number and no range; null for nothing */
function countOf(text: string): Count | null | undefined {
  if (text.trim() === '') return null;
  const [, first, dash, second] = /^\s*(\d{1,9})\s*(-?)\s*(\d{0,9})\s*$/.exec(text) ?? [];
  if (first === undefined || (dash === '' && second !== '')) return undefined;
  if (dash === '') return Number(first);
  return { min: Number(first), ...(second === '' ? {} : { max: Number(second) }) };
}

export const isCount = (text: string): boolean => countOf(text) !== undefined;

/** What is sent: rows without a filter are left out; undefined when none is left. */
export function sentOf(list: readonly Typed[]): Sent | undefined {
  const checks = list
    .filter(({ filter }) => filter.trim() !== '')
    .map(({ kind, filter, count, within }) => {
      if (kind === 'no') return { no: filter.trim() };
      const many = countOf(count);
      const seconds = Number(within.replace(',', '.'));
      return {
        expect: filter.trim(),
        ...(many === null || many === undefined ? {} : { count: many }),
        ...(within.trim() !== '' && seconds > 0 ? { within: seconds } : {}),
      };
    });
  const [first, ...rest] = checks;
  return first === undefined ? undefined : [first, ...rest];
}
