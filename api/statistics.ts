/** What a capture consists of: protocols, endpoints, conversations, the course of time, and what is wrong with it. */

import { z } from 'zod';
import { defined } from '../captures/defined.js';
import type { StatisticsQuery } from '../captures/query/statistics/index.js';
import { type ApiContext, captureOf } from './context.js';
import { lossOf } from './present.js';
import { route } from './route.js';
import { captureId, filter, loss, time } from './schemas.js';

const count = z.int().min(0);
/** A connection on which nothing comes is given up after two minutes. */
const LONGEST_WAIT = 60;

const common = {
  filter,
  wait: z
    .number()
    .min(0)
    .max(LONGEST_WAIT)
    .default(LONGEST_WAIT)
    .describe(
      'Seconds after which the answer comes with what has been counted so far; asking again goes on from there.',
    ),
};
const progress = {
  complete: z.boolean().describe('Whether every packet has been looked at.'),
  scannedTo: count.describe('Number of the last packet that has been.'),
  loss,
};
const seconds = z.number().nullable();

const conversation = z
  .object({
    addressA: z.string(),
    portA: count.optional(),
    addressB: z.string(),
    portB: count.optional(),
    packetsAB: count,
    bytesAB: count.describe('On the wire.'),
    packetsBA: count,
    bytesBA: count,
    start: seconds.describe('Seconds since the capture’s first packet.'),
    duration: seconds.describe('Seconds.'),
  })
  .meta({ id: 'Conversation' });

const endpoint = z
  .object({
    address: z.string(),
    port: count.optional(),
    packets: count,
    bytes: count,
    txPackets: count,
    txBytes: count,
    rxPackets: count,
    rxBytes: count,
  })
  .meta({ id: 'Endpoint' });

const omitted = count.optional().describe('Packets of pairs beyond the 500,000 that are kept.');

const protocolNode = z
  .object({
    protocol: z.string().describe('Filter name.'),
    packets: count,
    bytes: count,
    get children(): z.ZodArray<typeof protocolNode> {
      return z.array(protocolNode);
    },
  })
  .meta({ id: 'ProtocolNode' });

const finding = z
  .object({
    severity: z.enum(['chat', 'note', 'warn', 'error']),
    group: z.string(),
    protocol: z.string(),
    message: z.string().describe('That of the first one.'),
    count,
    packets: z.array(count).describe('The first ten packets that have it.'),
  })
  .meta({ id: 'Finding' });

const bucket = z
  .object({
    time: time.describe('Its beginning.'),
    packets: count,
    bytes: count,
    drops: count
      .nullable()
      .describe(
        'Packets lost in that time by kernel, interface or daemon, whatever the filter; null where that was not counted. Known to about half a second: in shorter intervals the losses of one are spread evenly.',
      ),
    problems: count.describe('Malformed, or with a checksum that is wrong on the wire.'),
    byProtocol: z.record(z.string(), z.object({ packets: count, bytes: count })).describe('By the innermost protocol.'),
  })
  .meta({ id: 'TimelineBucket' });

const pairType = z.enum(['eth', 'ip', 'ipv6', 'tcp', 'udp', 'sctp']);

async function answer(context: ApiContext, id: string, query: StatisticsQuery) {
  const record = captureOf(context, id);
  const found = await context.queries.statistics(id, query);
  return { found, loss: lossOf(record) };
}

export const statisticsRoutes = [
  route({
    method: 'get',
    path: '/api/captures/{id}/statistics/protocols',
    tag: 'statistics',
    summary: 'The protocol hierarchy',
    description: 'Counted as `tshark -z io,phs` counts: a packet counts once for every layer that it has.',
    params: captureId,
    query: z.strictObject(common),
    responses: {
      200: {
        description: 'From the link layer up.',
        schema: z.object({ protocols: z.array(protocolNode), ...progress }),
      },
    },
    handle: async ({ params, query }, context) => {
      const { found, loss } = await answer(context, params.id, { kind: 'protocols', ...defined(query) });
      const { problems: _, ...body } = found;
      return { status: 200, body: { ...body, loss } };
    },
  }),
  route({
    method: 'get',
    path: '/api/captures/{id}/statistics/problems',
    tag: 'statistics',
    summary: 'What the expert finds',
    params: captureId,
    query: z.strictObject(common),
    responses: {
      200: { description: 'The most frequent first.', schema: z.object({ problems: z.array(finding), ...progress }) },
    },
    handle: async ({ params, query }, context) => {
      const { found, loss } = await answer(context, params.id, { kind: 'problems', ...defined(query) });
      const { protocols: _, ...body } = found;
      return { status: 200, body: { ...body, loss } };
    },
  }),
  route({
    method: 'get',
    path: '/api/captures/{id}/statistics/conversations',
    tag: 'statistics',
    summary: 'Who talked to whom',
    description: 'A is the end that sent the first packet.',
    params: captureId,
    query: z.strictObject({ type: pairType.default('ip').describe('Layer that is counted.'), ...common }),
    responses: {
      200: {
        description: 'Those with the most packets first.',
        schema: z.object({ conversations: z.array(conversation), omitted, ...progress }),
      },
    },
    handle: async ({ params, query: { type, ...query } }, context) => {
      const { found, loss } = await answer(context, params.id, { kind: 'conversations', type, ...defined(query) });
      return { status: 200, body: { ...found, loss } };
    },
  }),
  route({
    method: 'get',
    path: '/api/captures/{id}/statistics/endpoints',
    tag: 'statistics',
    summary: 'Who took part',
    params: captureId,
    query: z.strictObject({ type: pairType.default('ip').describe('Layer that is counted.'), ...common }),
    responses: {
      200: {
        description: 'Those with the most packets first.',
        schema: z.object({ endpoints: z.array(endpoint), omitted, ...progress }),
      },
    },
    handle: async ({ params, query: { type, ...query } }, context) => {
      const { found, loss } = await answer(context, params.id, { kind: 'endpoints', type, ...defined(query) });
      return { status: 200, body: { ...found, loss } };
    },
  }),
  route({
    method: 'get',
    path: '/api/captures/{id}/statistics/timeline',
    tag: 'statistics',
    summary: 'The course of time',
    params: captureId,
    query: z.strictObject({
      interval: z
        .number()
        .min(1e-6)
        .max(31_536_000)
        .optional()
        .describe('Seconds; by default one that makes about 300 buckets. At most 10,000 buckets.'),
      ...common,
    }),
    responses: {
      200: {
        description: 'Every interval from the first packet to the last, empty ones too.',
        schema: z.object({
          interval: z.number().describe('Seconds.'),
          start: time.nullable().describe('The beginning of the first bucket; null when no packet has a time.'),
          buckets: z.array(bucket),
          ...progress,
        }),
      },
    },
    handle: async ({ params, query }, context) => {
      const { found, loss } = await answer(context, params.id, { kind: 'timeline', ...defined(query) });
      return { status: 200, body: { ...found, loss } };
    },
  }),
];
