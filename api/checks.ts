/** Assertions about a capture, and the answer to "why didn't I see it?". */

import { isIP } from 'node:net';
import { z } from 'zod';
import { defined } from '../captures/defined.js';
import type { Check } from '../captures/query/checks.js';
import { why } from '../captures/query/why/why.js';
import { captureOf, requireFilter } from './context.js';
import { lossOf } from './present.js';
import { ApiError } from './problem.js';
import { route } from './route.js';
import { captureId, loss } from './schemas.js';

const displayFilter = z.string().trim().min(1).max(100_000);
const count = z.int().min(0);
const name = z.string().trim().min(1).max(200).optional().describe('For the report; default the filter.');

const expectation = z.strictObject({
  name,
  expect: displayFilter.describe('Display filter: such packets must come, behind those of the expectation before.'),
  count: z
    .union([count, z.strictObject({ min: count.optional(), max: count.optional() })])
    .optional()
    .describe('How many until the next expectation’s; a number: exactly so many. Default at least one.'),
  within: z
    .number()
    .positive()
    .optional()
    .describe('Seconds from the last packet of the expectation before to the last of these.'),
});

const prohibition = z.strictObject({
  name,
  no: displayFilter.describe(
    'Display filter: no such packet may come between the expectations before and after, or the capture’s ends.',
  ),
});

/** What a file of checks consists of, for the command line too. */
export const checkList = z.strictObject({
  checks: z
    .array(z.union([expectation, prohibition]))
    .min(1)
    .max(200),
});

const outcome = z.object({
  name: z.string(),
  pass: z.boolean(),
  detail: z.string(),
  count: count.describe('Matching packets in the part of the capture that the check is about.'),
  packets: z.array(count).describe('Their numbers; at most 100.'),
});

const reason = z.object({
  kind: z.enum([
    'display-filter',
    'capture-filter',
    'own-traffic',
    'interface',
    'not-running',
    'dropped',
    'expired',
    'truncated',
    'partial-match',
    'never-came',
  ]),
  certain: z.boolean().describe('Whether it explains the absence by itself, or only may.'),
  text: z.string(),
  hint: z.string().optional(),
});

export const checkRoutes = [
  route({
    method: 'post',
    path: '/api/captures/{id}/checks',
    tag: 'checks',
    summary: 'Judge expectations about a capture',
    description:
      'In order: each expectation takes the first packets behind those of the one before. For autograding and CI; a failed check is an answer, not an error.',
    params: captureId,
    body: checkList,
    bodyExample: {
      checks: [
        { name: 'SYN', expect: 'tcp.flags.syn == 1 && tcp.flags.ack == 0', count: 1 },
        { name: 'SYN, ACK', expect: 'tcp.flags.syn == 1 && tcp.flags.ack == 1', within: 1 },
        { no: 'tcp.flags.reset == 1' },
        { name: 'five octets', expect: 'tcp.len == 5' },
      ],
    },
    responses: {
      200: {
        description: 'Whether all of them hold, and which.',
        schema: z.object({ pass: z.boolean(), checks: z.array(outcome), loss }),
      },
    },
    handle: async ({ params, body }, context) => {
      const record = captureOf(context, params.id);
      const checks = body.checks as Check[];
      for (const [index, check] of checks.entries())
        if ('no' in check) await requireFilter(context, check.no, `checks[${index}].no`);
        else await requireFilter(context, check.expect, `checks[${index}].expect`);
      return { status: 200, body: { ...(await context.queries.checks(params.id, checks)), loss: lossOf(record) } };
    },
  }),
  route({
    method: 'get',
    path: '/api/captures/{id}/why',
    tag: 'checks',
    summary: 'Why didn’t I see it?',
    description:
      'Whether packets with an address, port or protocol are in the capture; and if not, what may have kept them out: the wrong interface, the capture filter, the display filter, loss, the ring, or that they never came.',
    params: captureId,
    query: z.strictObject({
      address: z.string().max(100).optional().describe('IPv4 or IPv6.'),
      port: z.int().min(0).max(65_535).optional(),
      protocol: z.string().min(1).max(100).optional().describe('Filter name, such as `tcp` or `dns`.'),
      filter: z.string().max(100_000).optional().describe('The display filter that hides it, perhaps.'),
    }),
    responses: {
      200: {
        description: 'Whether they are there, and the reasons why not, the likeliest first.',
        schema: z.object({
          verdict: z.enum(['seen', 'hidden', 'absent']),
          filter: z.string().describe('The display filter for whom was asked about.'),
          count,
          reasons: z.array(reason),
          loss,
        }),
      },
    },
    handle: async ({ params, query }, context) => {
      const record = captureOf(context, params.id);
      const { address, port, protocol } = query;
      if (address === undefined && port === undefined && protocol === undefined)
        throw new ApiError(400, 'bad-parameter', 'Say whom: an address, a port or a protocol.', {
          hint: 'For example ?address=192.0.2.1&port=80&protocol=tcp',
        });
      if (address !== undefined && isIP(address) === 0)
        throw new ApiError(400, 'bad-parameter', `${JSON.stringify(address)} is no IPv4 or IPv6 address.`);
      if (protocol !== undefined && !/^[A-Za-z0-9_.-]+$/.test(protocol))
        throw new ApiError(400, 'bad-parameter', `${JSON.stringify(protocol)} is no name of a protocol.`);
      const found = await why(record, defined(query), (text) => context.queries.count(params.id, text));
      return { status: 200, body: { ...found, loss: lossOf(record) } };
    },
  }),
];
