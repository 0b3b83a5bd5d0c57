/** The packets of a capture: a page of them, how many, and one in full. */

import { z } from 'zod';
import { defined } from '../captures/defined.js';
import { type ApiContext, captureOf } from './context.js';
import { lossOf, packetJson } from './present.js';
import { ApiError } from './problem.js';
import { route } from './route.js';
import { captureId, filter, limit, loss, matches, packetDetail, packetRow } from './schemas.js';

const number = z.int().min(0).max(Number.MAX_SAFE_INTEGER).optional();

export const page = z.strictObject({
  filter,
  limit,
  after: number.describe('Only packets with a greater number.'),
  before: number.describe('The last packets with a smaller number.'),
  position: number.describe('0-based place among the matches, instead of `after`: for a scroll bar.'),
  fields: z
    .array(z.string().min(1).max(200))
    .max(100)
    .optional()
    .describe('Filter names, separated by commas: each packet then has `fields`.'),
});

export const packetPage = z
  .object({
    packets: z.array(packetRow),
    next: z.int().nullable().describe('The value for the next `after`, or null at the end.'),
    matches,
    loss,
  })
  .meta({ id: 'PacketPage' });

/** A page of packets as an answer; `flow` limits it to one flow. */
export async function packetsReply(context: ApiContext, id: string, query: z.output<typeof page>, flow?: number) {
  const record = captureOf(context, id);
  const ways = (['after', 'before', 'position'] as const).filter((way) => query[way] !== undefined);
  if (ways.length > 1)
    throw new ApiError(400, 'bad-parameter', `The query parameters ${ways.join(' and ')} exclude each other.`);
  const found = await context.queries.packets(id, defined({ ...query, flow }));
  return { status: 200, body: { ...found, loss: lossOf(record) } };
}

export const packetRoutes = [
  route({
    method: 'get',
    path: '/api/captures/{id}/packets',
    tag: 'packets',
    summary: 'A page of packets',
    params: captureId,
    query: page,
    responses: { 200: { description: 'The packets in ascending order.', schema: packetPage } },
    handle: ({ params, query }, context) => packetsReply(context, params.id, query),
  }),
  route({
    method: 'get',
    path: '/api/captures/{id}/packets/count',
    tag: 'packets',
    summary: 'How many packets match',
    params: captureId,
    query: z.strictObject({ filter }),
    responses: {
      200: {
        description: 'Counted to the end, however long that takes.',
        schema: z.object({ count: z.int(), loss }),
        example: { count: 1234, loss: { kernel: 0, interface: 0, daemon: 0, truncated: 0, malformed: 0 } },
      },
    },
    handle: async ({ params, query }, context) => {
      const record = captureOf(context, params.id);
      const count = await context.queries.count(params.id, query.filter);
      return { status: 200, body: { count, loss: lossOf(record) } };
    },
  }),
  route({
    method: 'get',
    path: '/api/captures/{id}/packets/{number}',
    tag: 'packets',
    summary: 'One packet in full: its row, its tree, its octets',
    params: captureId.extend({ number: z.int().min(1).max(Number.MAX_SAFE_INTEGER).describe('`frame.number`.') }),
    responses: { 200: { description: 'The packet.', schema: packetDetail } },
    handle: async ({ params }, context) => {
      const record = captureOf(context, params.id);
      const detail = await context.queries.packet(params.id, params.number);
      if (detail === null) throw noSuchPacket(params.number, record.firstPacket, record.packets);
      return { status: 200, body: packetJson(detail, record) };
    },
  }),
];

function noSuchPacket(wanted: number, first: number, last: number): ApiError {
  const why =
    wanted < first
      ? `the ring has deleted it; the first packet that is left is ${first}`
      : last < first
        ? 'the capture has no packets'
        : `the capture has the packets ${first} to ${last}`;
  return new ApiError(404, 'no-such-packet', `There is no packet ${wanted}: ${why}.`);
}
