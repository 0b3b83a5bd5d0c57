/** Marks: words between the packets. */

import { z } from 'zod';
import { readMarks } from '../captures/store/marks.js';
import { nowNanoseconds } from './clock.js';
import { captureOf } from './context.js';
import { markJson } from './present.js';
import { ApiError } from './problem.js';
import { route } from './route.js';
import { captureId, mark } from './schemas.js';

const RFC3339 = /^(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(?:\.(\d{1,9}))?(Z|[+-]\d\d:\d\d)$/;

/** RFC 3339 with up to nine decimals as nanoseconds since 1970; undefined when it is no such time. */
export function nanosecondsOf(text: string): bigint | undefined {
  const found = RFC3339.exec(text);
  if (found === null) return undefined;
  const [, seconds, decimals = '', zone] = found;
  const milliseconds = Date.parse(`${seconds}${zone}`);
  if (Number.isNaN(milliseconds) || milliseconds < 0) return undefined;
  return BigInt(milliseconds) * 1_000_000n + BigInt(decimals.padEnd(9, '0'));
}

const newMark = z.strictObject({
  text: z.string().trim().min(1).max(1000),
  time: z.string().optional().describe('RFC 3339, up to nine decimals; default now.'),
});

/** @throws ApiError 400 */
function timeOf({ time }: z.output<typeof newMark>): bigint {
  const found = time === undefined ? nowNanoseconds() : nanosecondsOf(time);
  if (found !== undefined) return found;
  throw new ApiError(400, 'bad-body', `The body's "time" is no time since 1970: ${JSON.stringify(time)}.`, {
    hint: 'For example "2026-11-22T18:00:00.123456789Z".',
  });
}

export const markRoutes = [
  route({
    method: 'get',
    path: '/api/captures/{id}/marks',
    tag: 'marks',
    summary: 'The marks of a capture in the order of their times',
    params: captureId,
    responses: { 200: { description: 'The marks.', schema: z.object({ marks: z.array(mark) }) } },
    handle: ({ params }, context) => {
      captureOf(context, params.id);
      return { status: 200, body: { marks: readMarks(context.store.folder(params.id)).map(markJson) } };
    },
  }),
  route({
    method: 'post',
    path: '/api/captures/{id}/marks',
    tag: 'marks',
    summary: 'Put words between the packets',
    description: 'The mark stands before the next packet: in its `comments`, and as a comment in the exported pcapng.',
    params: captureId,
    body: newMark,
    bodyExample: { text: 'before connect()' },
    responses: { 201: { description: 'The mark is on the disk.', schema: mark } },
    handle: ({ params, body }, context) => {
      captureOf(context, params.id);
      return { status: 201, body: markJson(context.store.mark(params.id, body.text, timeOf(body))) };
    },
  }),
  route({
    method: 'post',
    path: '/api/captures/{id}/marks/batch',
    tag: 'marks',
    summary: 'Put several marks at once',
    params: captureId,
    body: z.strictObject({ marks: z.array(newMark).min(1).max(1000) }),
    bodyExample: { marks: [{ text: 'before connect()', time: '2026-11-22T18:00:00.123456789Z' }] },
    responses: {
      201: { description: 'They are on the disk; in the order given.', schema: z.object({ marks: z.array(mark) }) },
    },
    handle: ({ params, body }, context) => {
      captureOf(context, params.id);
      const marks = body.marks.map((one) => ({ text: one.text, time: timeOf(one) }));
      return { status: 201, body: { marks: context.store.marks(params.id, marks).map(markJson) } };
    },
  }),
];
