/** The socket demos: what there is, and runs of them. */

import { z } from 'zod';
import { captureOf } from './context.js';
import { ApiError } from './problem.js';
import { route } from './route.js';
import { time } from './schemas.js';

const count = z.int().min(0);

const code = z
  .object({ python: z.string(), c: z.string(), typescript: z.string() })
  .describe('The same call in three languages; where one has no such call, its nearest and a comment that says so.');

const told = z.object({
  end: z.string().describe('Who makes it: `server`, `client 1`.'),
  call: z.string(),
  arguments: z.array(z.string()),
  text: z.string().describe('In one line; of a step that was made, with its result.'),
  code,
  note: z.string().optional().describe('Why, and what is to be seen.'),
  look: z.string().optional().describe('Display filter for what it makes.'),
});

const step = told
  .extend({
    number: count,
    result: z.string(),
    error: z.string().optional().describe('Name of the error that the call failed with, as the demo expects.'),
    output: z.string().optional().describe('Several lines that the step printed.'),
    time,
    endTime: time,
    mark: count.nullable().describe('Id of its mark in the capture; null: it could not be written.'),
    packets: z.array(count).describe('Packets that it made, or that the kernel sent because of it.'),
    received: z.array(count).describe('Packets that brought what it received.'),
    flow: z.int().nullable().describe('Of its first packet.'),
  })
  .meta({ id: 'LabStep' });

const run = z
  .object({
    id: z.string(),
    demo: z.string(),
    title: z.string(),
    parameters: z.record(z.string(), z.unknown()),
    capture: z.string().describe('Where its packets are, and a mark for every step.'),
    filter: z.string().describe('Display filter: its packets.'),
    state: z
      .enum(['running', 'waiting', 'finished', 'failed', 'ended'])
      .describe('`waiting`: for its next step; `failed`: `error` says why; `ended`: somebody did.'),
    stepwise: z.boolean(),
    steps: z.array(step),
    next: told.nullable().describe('The step that comes next, or that is being made.'),
    flows: z.array(z.int()).describe('Its flows, for the ladder: `/api/captures/{id}/flows/{flow}/sequence`.'),
    packets: z
      .array(
        z.object({
          number: count,
          time: time.nullable(),
          source: z.string().nullable(),
          destination: z.string().nullable(),
          sourcePort: count.nullable(),
          destinationPort: count.nullable(),
          protocol: z.string(),
          info: z.string(),
          flow: z.int().nullable(),
        }),
      )
      .describe('At most 5,000.'),
    error: z.object({ detail: z.string(), hint: z.string().optional() }).optional(),
    warnings: z.array(z.string()),
  })
  .meta({ id: 'LabRun' });

const demo = z.object({
  name: z.string(),
  title: z.string(),
  shows: z.string().describe('What there is to see, for a student.'),
  parameters: z.record(z.string(), z.unknown()).describe('JSON Schema of the parameters; each has a default.'),
});

type Run = z.input<typeof run>;

/** The lab as the API needs it; the service hands it in. */
export interface LabService {
  demos(): z.input<typeof demo>[];
  list(): { id: string; demo: string; state: string; begun: number }[];
  /** @throws CaptureError when there can be no run */
  begin(
    demo: string,
    request: {
      readonly parameters: Record<string, unknown>;
      readonly capture?: string | undefined;
      readonly stepwise: boolean;
      readonly wait: number;
    },
  ): Promise<Run>;
  /** Undefined when there is no such run; so is `step`'s answer. */
  run(id: string): Promise<Run | undefined>;
  /** @throws CaptureError when the run has no step to make */
  step(id: string): Promise<Run | undefined>;
  /** Ends a run that is not over, and keeps it; undefined when there is no such run. */
  halt(id: string): Promise<Run | undefined>;
  /** Ends it, and forgets it. @returns whether there was one */
  end(id: string): Promise<boolean>;
}

const runId = z.strictObject({ run: z.string().min(1).max(100) });

function required<T>(found: T | undefined, id: string): T {
  if (found === undefined)
    throw new ApiError(404, 'no-such-run', `There is no run ${JSON.stringify(id)}.`, {
      hint: 'GET /api/lab lists the runs that are kept.',
    });
  return found;
}

export const labRoutes = [
  route({
    method: 'get',
    path: '/api/lab',
    tag: 'lab',
    summary: 'The socket demos, and their runs',
    responses: {
      200: {
        description: 'What can be run, and what was.',
        schema: z.object({
          demos: z.array(demo),
          runs: z.array(z.object({ id: z.string(), demo: z.string(), state: z.string() })),
        }),
      },
    },
    handle: (_call, { lab }) => ({
      status: 200,
      body: { demos: lab.demos(), runs: lab.list().map(({ id, demo, state }) => ({ id, demo, state })) },
    }),
  }),
  route({
    method: 'get',
    path: '/api/lab/runs/{run}',
    tag: 'lab',
    summary: 'A run: its steps so far, and their packets',
    params: runId,
    responses: { 200: { description: 'The run.', schema: run } },
    handle: async ({ params }, { lab }) => ({ status: 200, body: required(await lab.run(params.run), params.run) }),
  }),
  route({
    method: 'post',
    path: '/api/lab/runs/{run}/step',
    tag: 'lab',
    summary: 'Make the next step of a stepwise run',
    description:
      'Answered when the step is made and its packets are there. A run that nobody steps for ten minutes ends.',
    params: runId,
    responses: { 200: { description: 'The run after the step.', schema: run } },
    problems: { 409: 'The run is over, or is at a step already.' },
    handle: async ({ params }, { lab }) => {
      const before = required(await lab.run(params.run), params.run);
      if (before.state !== 'waiting')
        throw new ApiError(409, 'no-step', `The run has no step to make: it is ${before.state}.`);
      return { status: 200, body: required(await lab.step(params.run), params.run) };
    },
  }),
  route({
    method: 'post',
    path: '/api/lab/runs/{run}/end',
    tag: 'lab',
    summary: 'End a run, and keep what it has made to be looked at',
    description: 'Its sockets are closed; a capture of its own stops. A run that is over stays as it is.',
    params: runId,
    responses: { 200: { description: 'The run as it ended.', schema: run } },
    handle: async ({ params }, { lab }) => ({ status: 200, body: required(await lab.halt(params.run), params.run) }),
  }),
  route({
    method: 'delete',
    path: '/api/lab/runs/{run}',
    tag: 'lab',
    summary: 'End a run and forget it',
    description: 'Its sockets are closed; a capture of its own stops and stays.',
    params: runId,
    responses: { 204: { description: 'It is over.' } },
    handle: async ({ params }, { lab }) => {
      required((await lab.end(params.run)) || undefined, params.run);
      return { status: 204 };
    },
  }),
  route({
    method: 'post',
    path: '/api/lab/{demo}',
    tag: 'lab',
    summary: 'Run a socket demo',
    description:
      'On real sockets of this machine, in a capture of its own or a running one; every socket call becomes a mark. Answered when the run is over, or after `wait` seconds; a stepwise run is answered before its first step.',
    params: z.strictObject({ demo: z.string().min(1).max(100) }),
    body: z
      .strictObject({
        parameters: z.record(z.string(), z.unknown()).default({}).describe('As the demo’s schema says.'),
        capture: z.string().optional().describe('Id of a running capture; default: one of the run’s own.'),
        stepwise: z.boolean().default(false).describe('Wait for a request before each step.'),
        wait: z.number().min(0).max(60).default(30).describe('Seconds to wait for the end.'),
      })
      .prefault({}),
    bodyExample: { parameters: { clients: 3, concurrent: true } },
    responses: { 201: { description: 'The run; `state` says whether it is over.', schema: run } },
    problems: { 403: 'Capturing, or a socket, takes a privilege.' },
    handle: async ({ params, body }, context) => {
      const { lab } = context;
      if (!lab.demos().some(({ name }) => name === params.demo))
        throw new ApiError(404, 'no-such-demo', `There is no demo ${JSON.stringify(params.demo)}.`, {
          hint: `Demos: ${lab
            .demos()
            .map(({ name }) => name)
            .join(', ')}`,
        });
      if (body.capture !== undefined) captureOf(context, body.capture);
      const begun = await lab.begin(params.demo, body);
      return { status: 201, body: begun, headers: { Location: `/api/lab/runs/${begun.id}` } };
    },
  }),
];
