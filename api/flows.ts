/** Conversations by 5-tuple. */

import { z } from 'zod';
import { defined } from '../captures/defined.js';
import type { FlowInfo } from '../captures/query/query-types.js';
import { type ApiContext, captureOf } from './context.js';
import { packetPage, packetsReply, page } from './packets.js';
import { lossOf } from './present.js';
import { ApiError } from './problem.js';
import { route } from './route.js';
import { captureId, filter, flow, limit, loss } from './schemas.js';

export const flowId = captureId.extend({
  flow: z.int().min(1).max(Number.MAX_SAFE_INTEGER).describe('The flow’s `id`.'),
});

async function flowOf(context: ApiContext, id: string, wanted: number): Promise<FlowInfo> {
  captureOf(context, id);
  const found = await context.queries.flow(id, wanted);
  if (found === null) throw new ApiError(404, 'no-such-flow', `There is no flow ${wanted} in this capture.`);
  return found;
}

export const flowRoutes = [
  route({
    method: 'get',
    path: '/api/captures/{id}/flows',
    tag: 'flows',
    summary: 'A page of flows',
    params: captureId,
    query: z.strictObject({
      filter: filter.describe('Display filter: flows that have a matching packet.'),
      sort: z
        .enum(['id', 'packets', 'bytes', 'firstTime', 'lastTime', 'duration'])
        .default('id')
        .describe('`id` and `firstTime` ascending; everything else with the largest first.'),
      limit,
      after: z.int().min(0).max(Number.MAX_SAFE_INTEGER).optional().describe('The `next` of the page before.'),
    }),
    responses: {
      200: { description: 'The flows.', schema: z.object({ flows: z.array(flow), next: z.int().nullable(), loss }) },
    },
    handle: async ({ params, query }, context) => {
      const record = captureOf(context, params.id);
      const found = await context.queries.flows(params.id, defined(query));
      return { status: 200, body: { ...found, loss: lossOf(record) } };
    },
  }),
  route({
    method: 'get',
    path: '/api/captures/{id}/flows/{flow}',
    tag: 'flows',
    summary: 'One flow',
    params: flowId,
    responses: { 200: { description: 'The flow.', schema: flow.extend({ loss }) } },
    handle: async ({ params }, context) => {
      const found = await flowOf(context, params.id, params.flow);
      return { status: 200, body: { ...found, loss: lossOf(captureOf(context, params.id)) } };
    },
  }),
  route({
    method: 'get',
    path: '/api/captures/{id}/flows/{flow}/packets',
    tag: 'flows',
    summary: 'A page of the packets of one flow',
    params: flowId,
    query: page,
    responses: { 200: { description: 'The packets in ascending order.', schema: packetPage } },
    handle: async ({ params, query }, context) => {
      await flowOf(context, params.id, params.flow);
      return packetsReply(context, params.id, query, params.flow);
    },
  }),
];
