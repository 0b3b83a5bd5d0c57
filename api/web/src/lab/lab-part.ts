/** What the lab shows, as it stands in the page's address: `tcp-echo`, `tcp-echo/RUN`, `tcp-echo/RUN/7`. */

export interface LabPart {
  readonly demo: string;
  /** Id of the run that is looked at. */
  readonly run: string | null;
  /** Number of the chosen step; null: the newest. `steps made + 1` is the one that comes next. */
  readonly step: number | null;
}

/** Undefined for what is no demo's name, for example a part of another tab. */
export function labPart(part: string | null, demos: readonly { readonly name: string }[]): LabPart | undefined {
  const [demo, run, step] = part?.split('/') ?? [];
  if (!demos.some(({ name }) => name === demo)) return undefined;
  const number = /^[1-9]\d{0,6}$/.test(step ?? '') ? Number(step) : null;
  return { demo, run: run === undefined || run === '' ? null : run, step: number };
}

export function partText({ demo, run, step }: LabPart): string {
  return [demo, ...(run === null ? [] : [run, ...(step === null ? [] : [step])])].join('/');
}

/** Whose doing a step is, for its colour. */
export function sideOf(end: string): 'client' | 'server' | 'other' {
  if (/\bclient\b/.test(end)) return 'client';
  return /\bserver\b/.test(end) ? 'server' : 'other';
}
