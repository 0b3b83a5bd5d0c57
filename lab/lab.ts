/** The demos and their runs. */

import { randomBytes } from 'node:crypto';
import { z } from 'zod';
import { CaptureError } from '../captures/sources/source.js';
import type { Demo } from './demo.js';
import { demos } from './index.js';
import { Run, type RunServices, type RunView } from './run.js';

/** Runs that are not over at most. */
const MOST_RUNNING = 8;
/** Runs that are kept to be looked at. */
const MOST_KEPT = 50;

export interface Begin {
  readonly parameters: Record<string, unknown>;
  /** Id of a running capture; absent: one of the run's own. */
  readonly capture?: string | undefined;
  readonly stepwise: boolean;
  /** Seconds to wait at most for the end of a run that is not stepwise. */
  readonly wait: number;
}

/** What a list of demos says of one. */
export function describe() {
  return demos.map(({ name, title, shows, parameters }) => ({
    name,
    title,
    shows,
    parameters: z.toJSONSchema(parameters, { io: 'input' }) as Record<string, unknown>,
  }));
}

export class Lab {
  private readonly runs = new Map<string, Run>();
  private beginning = 0;

  constructor(private readonly services: RunServices) {}

  readonly demos = describe;

  list(): { id: string; demo: string; state: string; begun: number }[] {
    return [...this.runs.values()].map(({ id, name, state, begun }) => ({ id, demo: name, state, begun }));
  }

  /**
   * Begins a run. One that is not stepwise is answered when it is over or `wait` seconds have gone by; a stepwise one when
   * it waits for its first step.
   *
   * @throws CaptureError `bad-option` and others; nothing is left behind then
   */
  async begin(name: string, { parameters, capture, stepwise, wait }: Begin): Promise<RunView> {
    const demo = demos.find((one) => one.name === name);
    if (demo === undefined)
      throw new CaptureError('bad-option', `There is no demo ${JSON.stringify(name)}.`, `Demos: ${names()}`);
    const checked = checkParameters(demo, parameters);
    this.makeRoom();
    const id = randomBytes(6).toString('hex');
    let run: Run;
    this.beginning++;
    try {
      run = await Run.begin({ id, demo, parameters: checked, capture, stepwise }, this.services);
      this.runs.set(id, run);
    } finally {
      this.beginning--;
    }
    await run.rest(stepwise ? 60_000 : wait * 1000);
    return run.view();
  }

  /** Undefined when there is no such run. */
  async run(id: string): Promise<RunView | undefined> {
    return this.runs.get(id)?.view();
  }

  /** Makes the next step of a stepwise run. @throws CaptureError when it has none to make */
  async step(id: string): Promise<RunView | undefined> {
    const run = this.runs.get(id);
    await run?.step();
    return run?.view();
  }

  /** Ends a run that is not over, and keeps it to be looked at. Undefined when there is no such run. */
  async halt(id: string): Promise<RunView | undefined> {
    const run = this.runs.get(id);
    await run?.end();
    return run?.view();
  }

  /** Ends a run that is not over, and forgets it; its capture stays. @returns whether there was one */
  async end(id: string): Promise<boolean> {
    const run = this.runs.get(id);
    await run?.end();
    return this.runs.delete(id);
  }

  /** Ends all runs. */
  async close(): Promise<void> {
    await Promise.all([...this.runs.values()].map((run) => run.end('netglass is stopping')));
  }

  private makeRoom(): void {
    const running = [...this.runs.values()].filter((run) => !run.over);
    if (running.length + this.beginning >= MOST_RUNNING)
      throw new CaptureError(
        'bad-option',
        `${MOST_RUNNING} runs are not over yet: no more can begin.`,
        `End one: DELETE /api/lab/runs/${running[0]?.id ?? 'ID'}`,
      );
    const over = [...this.runs.values()].filter((run) => run.over);
    for (const { id } of over.slice(0, Math.max(0, this.runs.size + 1 - MOST_KEPT))) this.runs.delete(id);
  }
}

/** Parameters with their defaults. @throws CaptureError `bad-option` that says which is wrong */
export function checkParameters(demo: Demo, parameters: Record<string, unknown>): Record<string, unknown> {
  const parsed = demo.parameters.safeParse(parameters);
  if (parsed.success) return parsed.data;
  const known = Object.keys(demo.parameters.shape).join(', ');
  throw new CaptureError('bad-option', wrongParameter(parsed.error), `Parameters of ${demo.name}: ${known}`);
}

const names = (): string => demos.map(({ name }) => name).join(', ');

/** The first thing that is wrong, in a sentence. */
function wrongParameter(error: z.ZodError): string {
  const [issue] = error.issues;
  if (issue.code === 'unrecognized_keys')
    return `There is no parameter ${issue.keys.map((key) => JSON.stringify(key)).join(', ')}.`;
  return `The parameter "${issue.path.join('.')}" is not right: ${issue.message.slice(0, 1).toLowerCase()}${issue.message.slice(1).replace(/\.$/, '')}.`;
}
