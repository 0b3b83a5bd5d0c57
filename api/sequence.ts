/** The ladder: packets as steps between hosts. */

import { z } from 'zod';
import { defined } from '../captures/defined.js';
import type { SequenceQuery } from '../captures/query/query-types.js';
import { type ApiContext, captureOf } from './context.js';
import { flowId } from './flows.js';
import { lossOf } from './present.js';
import { route } from './route.js';
import { captureId, filter, limit, loss, time } from './schemas.js';

const states = [
  'CLOSED',
  'LISTEN',
  'SYN-SENT',
  'SYN-RECEIVED',
  'ESTABLISHED',
  'FIN-WAIT-1',
  'FIN-WAIT-2',
  'CLOSE-WAIT',
  'CLOSING',
  'LAST-ACK',
  'TIME-WAIT',
] as const;
const state = z.enum(states).nullable().optional();

const step = z.union([
  z.object({
    packet: z.int(),
    time: time.nullable(),
    relativeTime: z.number().nullable().describe('Seconds since the capture’s first packet.'),
    sincePrevious: z.number().nullable().describe('Seconds since the step before.'),
    from: z.int().min(0).describe('Place in `hosts`.'),
    to: z.int().min(0).describe('Place in `hosts`.'),
    flow: z.int(),
    protocol: z.string(),
    flags: z.string().optional().describe('TCP: for example `SYN, ACK`.'),
    seq: z.int().optional().describe('TCP: relative to the first number of the sender.'),
    ack: z.int().optional().describe('TCP: relative to the first number of the receiver.'),
    window: z.int().optional().describe('TCP: as in the header, not scaled.'),
    length: z.int().describe('Octets that the transport carries; without one, of the packet.'),
    label: z.string().describe('What was said: the words of the packet list, or the control bits of a bare segment.'),
    clientState: state.describe('State of the client’s end after this step (RFC 9293, section 3.3.2); null: unknown.'),
    serverState: state.describe('State of the server’s end after this step; null: unknown.'),
    note: z.string().optional().describe('What there is to say about it, in plain words.'),
  }),
  z.object({ mark: z.int().describe('The mark’s `id`.'), text: z.string(), time }),
]);

const sequencePage = z
  .object({
    hosts: z
      .array(z.object({ address: z.string(), name: z.string().optional(), port: z.int().nullable() }))
      .describe('The lifelines. Of one flow: the client, then the server; otherwise one a host, those of this page.'),
    steps: z.array(step).describe('In the order of the capture, marks between them.'),
    next: z.int().nullable().describe('The value for the next `after`; null at the end of what there is now.'),
    position: z.int().describe('While the capture runs: the value for the `after` of what comes later.'),
    loss,
  })
  .meta({ id: 'SequencePage' });

const after = z.int().min(0).max(Number.MAX_SAFE_INTEGER).optional().describe('The `next` of the page before.');

const WORDS =
  'Both ends’ states are those of RFC 9293 where every segment arrives; sequence numbers count from the first of the connection.';

async function reply(context: ApiContext, id: string, query: SequenceQuery) {
  const record = captureOf(context, id);
  const found = await context.queries.sequence(id, query);
  return { status: 200, body: { ...found, loss: lossOf(record) } };
}

export const sequenceRoutes = [
  route({
    method: 'get',
    path: '/api/captures/{id}/flows/{flow}/sequence',
    tag: 'flows',
    summary: 'The ladder of one flow',
    description: WORDS,
    params: flowId,
    query: z.strictObject({ limit, after }),
    responses: { 200: { description: 'Steps, one a packet.', schema: sequencePage } },
    handle: async ({ params, query }, context) => {
      return reply(context, params.id, {
        flow: params.flow,
        limit: query.limit,
        ...(query.after === undefined ? {} : { after: query.after }),
      });
    },
  }),
  route({
    method: 'get',
    path: '/api/captures/{id}/sequence',
    tag: 'packets',
    summary: 'The ladder of all packets that a filter finds',
    description: `One lifeline a host; packets without addresses have no place on it. ${WORDS}`,
    params: captureId,
    query: z.strictObject({ filter, limit, after }),
    responses: { 200: { description: 'Steps, one a packet.', schema: sequencePage } },
    handle: ({ params, query }, context) => reply(context, params.id, defined(query)),
  }),
];
