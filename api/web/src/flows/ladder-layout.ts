/** Where the steps of a ladder are drawn. It imports no component, so that it can be tested without a browser. */

import type { SequencePage } from '../api/types';

export type Step = SequencePage['steps'][number];
export type PacketStep = Exclude<Step, { mark: number }>;

export const isMark = (step: Step): step is Extract<Step, { mark: number }> => 'mark' in step;

export interface Placed {
  readonly step: Step;
  /** CSS pixels from the top to the arrow. */
  readonly y: number;
}

export interface Layout {
  readonly placed: readonly Placed[];
  readonly height: number;
  /** CSS pixels from the left to each lifeline. */
  readonly lifelines: readonly number[];
  readonly width: number;
}

/** Below the heads of the lifelines. */
export const TOP = 84;
const STEP = 52;
const MARK = 34;
/** Columns for times at the left, and for notes at the right. */
const LEFT = 190;
const BETWEEN = 430;
const RIGHT = 360;
/** Pixels that a silence adds at most; it grows with the logarithm of its length. */
const LONGEST_SILENCE = 40;

/** Pixels for the time that nothing was said: a tenth of a second can be seen, a minute does not fill the page. */
export function silence(seconds: number | null): number {
  if (seconds === null || seconds < 0.01) return 0;
  return Math.min(LONGEST_SILENCE, Math.log10(seconds / 0.01) * 12);
}

/** @param hosts lifelines; from three on they stand closer */
export function layoutOf(steps: readonly Step[], hosts: number): Layout {
  const between = hosts <= 2 ? BETWEEN : Math.max(170, 1000 / hosts);
  const lifelines = Array.from({ length: hosts }, (_, at) => LEFT + at * between);
  let y = TOP;
  const placed = steps.map((step) => {
    y += isMark(step) ? MARK : STEP + silence(step.sincePrevious);
    return { step, y };
  });
  return { placed, height: y + STEP, lifelines, width: LEFT + Math.max(0, hosts - 1) * between + RIGHT };
}
