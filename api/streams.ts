/** What the two ends of a flow said: pages, files, and events while the capture runs. */

import type { Request, Response } from 'express';
import { z } from 'zod';
import { defined } from '../captures/defined.js';
import type { FollowQuery, StreamQuery } from '../captures/query/query-types.js';
import { type ApiContext, captureOf } from './context.js';
import { flowId } from './flows.js';
import { lossOf } from './present.js';
import { ApiError } from './problem.js';
import { route } from './route.js';
import { loss, time } from './schemas.js';
import { acceptsEvents, sendPieces } from './stream.js';

/** Shorter than the half minute after which proxies give up. */
const HEARTBEAT = 15_000;

const end = z.object({ address: z.string(), port: z.int() });
const side = z.enum(['client', 'server']);

const segment = z.union([
  z.object({
    from: side,
    packet: z.int().describe('Number of the packet that brought it.'),
    time: time.nullable(),
    length: z.int().describe('Octets of `data`; 0 where there is only a `note`.'),
    data: z.string().describe('base64'),
    stream: z.int().optional().describe('SCTP: the stream within the association.'),
    note: z.string().optional().describe('Something to say about it, in a sentence.'),
    decoded: z.array(z.string()).optional().describe('With `decode`: what was undone, as sent (`chunked`, `gzip`, …).'),
  }),
  z.object({ from: side, gap: z.int().describe('Octets that are missing here: they were not captured.') }),
]);

const streamPage = z
  .object({
    client: end,
    server: end,
    segments: z.array(segment).describe('In the order in which they could be read.'),
    next: z.int().nullable().describe('The value for the next `after`; null at the end of what there is now.'),
    position: z.int().describe('While the capture runs: the value for the `after` of what comes later.'),
    loss,
  })
  .meta({ id: 'StreamPage' });

const FORMATS = ['json', 'text', 'hex', 'raw'] as const;
const mediaTypes = {
  text: 'text/plain; charset=utf-8',
  hex: 'text/plain; charset=utf-8',
  raw: 'application/octet-stream',
};

const query = z.strictObject({
  format: z
    .enum(FORMATS)
    .default('json')
    .describe('`text` and `hex` for people, `raw` the octets and nothing else; those three are the whole stream.'),
  from: side.optional().describe('Only what this end said.'),
  decode: z
    .array(z.enum(['http', 'tls']))
    .max(2)
    .optional()
    .describe(
      'Separated by commas. `tls`: what the capture’s secrets decrypt, instead of TLS. `http`: the bodies of HTTP/1 messages without chunks and content codings (gzip, deflate, br).',
    ),
  after: z
    .int()
    .min(0)
    .max(Number.MAX_SAFE_INTEGER)
    .optional()
    .describe('The `next` of the page before: what could be read only after this packet.'),
  limit: z
    .int()
    .min(1)
    .max(10_000)
    .optional()
    .describe('Segments at most: 100 in a page, which also ends at about 1 MiB; all of them in a file.'),
});

export const streamRoutes = [
  route({
    method: 'get',
    path: '/api/captures/{id}/flows/{flow}/stream',
    tag: 'flows',
    summary: 'What the two ends of a flow said',
    description: [
      'TCP: both directions put in order, each octet once; of octets that were sent differently, the first are shown and a `note`',
      'says so; missing ones are a `gap` once the other end has acknowledged what lies behind it, or nothing more comes. UDP: the',
      'datagrams. SCTP: the user messages. With `Accept: text/event-stream`: events `segments` (a page without `next`) as they come,',
      'and `ended` with the capture; an event’s id is where `Last-Event-ID` goes on, and after `ended` the answer to it is 204.',
    ].join(' '),
    params: flowId,
    query,
    responses: {
      200: {
        description: 'A page of the stream, or all of it.',
        schema: streamPage,
        other: {
          'text/plain': 'with `format=text` or `hex`',
          'application/octet-stream': 'with `format=raw`',
          'text/event-stream': 'Server-Sent Events, where the request accepts them',
        },
      },
      204: { description: 'Events only: the capture has ended, and everything has been told.' },
    },
    handle: async ({ params, query: { format, ...asked }, request, response }, context) => {
      const record = captureOf(context, params.id);
      const wanted: StreamQuery = { ...defined(asked), flow: params.flow, running: record.stoppedAt === null };
      if (format === 'json' && acceptsEvents(request))
        return events(context, params.id, { ...wanted, format: 'events' }, request, response);
      if (format === 'json') {
        const page = await context.queries.stream(params.id, wanted);
        return { status: 200, body: { ...page, loss: lossOf(record) } };
      }
      const pieces = context.queries.follow(params.id, { ...wanted, format });
      await sendPieces(request, response, pieces, () => {
        response.set('Content-Type', mediaTypes[format]);
        if (format === 'raw')
          response.set('Content-Disposition', `attachment; filename="flow-${params.flow}-${asked.from ?? 'both'}.bin"`);
      });
      return undefined;
    },
  }),
];

/** Where to go on, and whether everything was told. @throws ApiError for what is no id of these events */
function resumeFrom(header: string | undefined): { after?: number; ended: boolean } {
  if (header === undefined || header === '') return { ended: false };
  const found = /^(\d{1,15})(-end)?$/.exec(header);
  if (found === null)
    throw new ApiError(400, 'bad-parameter', `The header Last-Event-ID is no event's: ${JSON.stringify(header)}.`, {
      hint: 'Send the id of the last event, or leave the header out to begin at the beginning.',
    });
  return { after: Number(found[1]), ended: found[2] !== undefined };
}

async function events(context: ApiContext, id: string, wanted: FollowQuery, request: Request, response: Response) {
  const { after, ended } = resumeFrom(request.get('Last-Event-ID'));
  if (ended && !wanted.running) return { status: 204 };
  const pieces = context.queries.follow(id, { ...wanted, ...(after === undefined ? {} : { after }) });
  let heartbeat: NodeJS.Timeout | undefined;
  try {
    await sendPieces(request, response, pieces, () => {
      response.set({ 'Content-Type': 'text/event-stream', 'X-Accel-Buffering': 'no' });
      heartbeat = setInterval(() => response.write(': still here\n\n'), HEARTBEAT);
    });
  } finally {
    clearInterval(heartbeat);
  }
  return undefined;
}
