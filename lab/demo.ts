/**
 * How a demo is declared. **Add a demo: a file, a line, a test.**
 *
 * 1. A file `lab/NAME.ts` that exports `demo({name, title, shows, parameters, capture, view, run})`; `udp-echo.ts` is the
 *    example. `run` is the script of all ends at once, in the order in which the class is to see it: every
 *    `await server.bind(…)` is one step. Socket calls are methods of `LabSocket` (`sockets.ts`); anything else, a packet
 *    from a raw socket or an HTTP request, is `stage.step({…}, action)` (`stage.ts`).
 * 2. A line in `lab/index.ts`.
 * 3. A test in `test/lab/` that runs it on real sockets and asks the capture for the packets that it promises.
 *
 * The framework does the rest: `netglass lab NAME` with an option for every parameter, `POST /api/lab/NAME`, the capture,
 * a mark for every step, which step made which packets, one step at a time, and the end: whatever `run` does, sockets that
 * it left open are closed, and everything given to `stage.keep` is undone.
 */

import type { z } from 'zod';
import type { Stage } from './stage.js';

/** A step's call in three languages. Where a language has no such call, its nearest is there, with a comment that says so. */
export interface Code {
  readonly python: string;
  readonly c: string;
  readonly typescript: string;
}

/** A port that has to be free before the run begins. */
export interface Need {
  readonly transport: 'tcp' | 'udp';
  readonly address: string;
  readonly port: number;
}

/** Where a run's packets come by. */
export interface Scene {
  readonly interfaces: readonly string[];
  /** BPF: what a capture of the run's own keeps; absent: everything. */
  readonly filter?: string;
}

export interface Demo<P = never> {
  /** As in `netglass lab NAME`. */
  readonly name: string;
  readonly title: string;
  /** One paragraph for a student: what there is to see. */
  readonly shows: string;
  /** Every parameter has a default, and a description for `--help`. */
  readonly parameters: z.ZodObject;
  capture(parameters: P): Scene;
  /** Display filter: the packets of the run, in a capture that has others too. */
  view(parameters: P): string;
  /** Ports that must be free. */
  needs?(parameters: P): readonly Need[];
  /**
   * The script. It ends early with what `stage` throws when somebody ends the run: nothing of that is to be caught.
   *
   * @throws CaptureError in words when it cannot go on
   */
  run(stage: Stage, parameters: P): Promise<void>;
}

/** Declares a demo; its parameters are typed by their schema. */
export function demo<S extends z.ZodObject>(
  declaration: Omit<Demo<z.output<S>>, 'parameters'> & { readonly parameters: S },
): Demo {
  return declaration as unknown as Demo;
}
