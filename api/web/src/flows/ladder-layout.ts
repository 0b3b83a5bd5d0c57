/** Where the steps of a ladder are drawn. */

import type { SequencePage } from '../api/types';
import { wrapped } from './wrap';

export type Step = SequencePage['steps'][number];
export type PacketStep = Exclude<Step, { mark: number }>;
export type MarkStep = Extract<Step, { mark: number }>;

export const isMark = (step: Step): step is MarkStep => 'mark' in step;

/** `compact`: a silence adds a little, by its logarithm. `scale`: as much as it lasted. */
export type Spacing = 'compact' | 'scale';

/** null or undefined: not known. */
export interface States {
  readonly client: string | null | undefined;
  readonly server: string | null | undefined;
}

export interface Placed {
  readonly step: Step;
  /** CSS pixels from the top to where it begins, to its arrow, and to where the next one begins. */
  readonly top: number;
  readonly y: number;
  readonly end: number;
  /** What there is to say about it, in lines. */
  readonly notes: readonly string[];
  /** TCP's states of both ends before it, from where the step before it ends. */
  readonly before: States;
  readonly since: number;
}

export interface Layout {
  readonly placed: readonly Placed[];
  readonly height: number;
  readonly width: number;
  /** CSS pixels from the left to each lifeline. */
  readonly lifelines: readonly number[];
  /** Times and words between the lifelines instead of beside them: for telephones. */
  readonly narrow: boolean;
}

/** The heads of the lifelines. */
export const HEAD = 54;
/** Columns for times and the client's states at the left, and for the server's states and notes at the right. */
const LEFT = 200;
const STATES = 112;
const NOTES = 330;
const BETWEEN = 380;
const WIDEST = 620;
const CLOSEST = 190;
const MARGIN = 26;
const NARROWEST = 320;
const WIDE_STEP = 54;
const NARROW_STEP = 74;
const MARK = 32;
const LINE = 15;
/** CSS pixels of a character: of the page's type, and of the one with characters of one width. */
const CHARACTER = 7;
export const MONO = 7.3;
/** Pixels that a silence adds at most in compact ladders, and all of them together to scale. */
const LONGEST_SILENCE = 40;
const SCALE = { least: 1200, each: 40, most: 60_000 } as const;

/** Pixels for the time that nothing was said: a tenth of a second can be seen, a minute does not fill the page. */
export function silence(seconds: number | null): number {
  if (seconds === null || seconds < 0.01) return 0;
  return Math.min(LONGEST_SILENCE, Math.log10(seconds / 0.01) * 12);
}

/** Pixels for each silence: by its logarithm, or its share of the whole time. */
function silences(steps: readonly Step[], spacing: Spacing): (step: PacketStep) => number {
  if (spacing === 'compact') return ({ sincePrevious }) => silence(sincePrevious);
  // The first step's silence is the time before all of them.
  const all = steps.slice(1).reduce((sum, step) => sum + (isMark(step) ? 0 : Math.max(0, step.sincePrevious ?? 0)), 0);
  const room = Math.min(SCALE.most, Math.max(SCALE.least, steps.length * SCALE.each));
  const first = steps.find((step) => !isMark(step));
  return (step) => (step === first || all === 0 ? 0 : (Math.max(0, step.sincePrevious ?? 0) / all) * room);
}

/**
 * @param hosts lifelines; from three on they stand closer
 * @param room CSS pixels beside each other
 * @param noteOf what there is to say about a step
 */
export function layoutOf(
  steps: readonly Step[],
  hosts: number,
  room: number,
  spacing: Spacing,
  noteOf: (step: PacketStep) => string,
): Layout {
  const narrow = hosts <= 2 && room < LEFT + STATES + NOTES + CLOSEST + 60;
  const gaps = Math.max(1, hosts - 1);
  const free = (room - LEFT - STATES - NOTES) / gaps;
  const between = Math.max(hosts <= 2 ? BETWEEN : CLOSEST, Math.min(WIDEST, free));
  const width = narrow ? Math.max(NARROWEST, room) : LEFT + between * (hosts <= 1 ? 0 : gaps) + STATES + NOTES;
  const lifelines = Array.from({ length: hosts }, (_, at) =>
    narrow ? (at === 0 ? MARGIN : width - MARGIN) : LEFT + at * between,
  );
  const characters = Math.floor((narrow ? width - 3 * MARGIN : NOTES - 10) / CHARACTER);
  const before = silences(steps, spacing);
  let y = 8;
  let states: States = { client: undefined, server: undefined };
  const placed = steps.map((step): Placed => {
    const top = y + (isMark(step) ? 0 : before(step));
    const earlier = { before: states, since: y };
    if (isMark(step)) {
      y = top + MARK;
      return { step, top, y: top + MARK / 2, end: y, notes: [], ...earlier };
    }
    const notes = wrapped(noteOf(step), characters);
    const height = narrow ? NARROW_STEP + notes.length * LINE : Math.max(WIDE_STEP, 26 + notes.length * LINE);
    states = { client: step.clientState, server: step.serverState };
    y = top + height;
    return { step, top, y: top + (narrow ? 38 : 28), end: y, notes, ...earlier };
  });
  return { placed, height: y + 16, width, lifelines, narrow };
}

/** The places of the first and the last step that can be seen between two heights, and some around them. */
export function inSight(placed: readonly Placed[], from: number, to: number): readonly [number, number] {
  let [low, high] = [0, placed.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (placed[middle].end < from) low = middle + 1;
    else high = middle;
  }
  let last = low;
  while (last < placed.length && placed[last].top <= to) last++;
  return [low, last];
}
