/** What addresses are called. */

import { z } from 'zod';
import { captureOf } from './context.js';
import { lossOf } from './present.js';
import { route } from './route.js';
import { captureId, loss } from './schemas.js';
import { watchOf } from './watches.js';

export const nameRoutes = [
  route({
    method: 'get',
    path: '/api/captures/{id}/names',
    tag: 'flows',
    summary: 'Host names of addresses, and makers of network cards',
    description:
      'Host names come from the DNS, mDNS and LLMNR answers in the capture itself: what its machines were told. No resolver is asked, unless netglass was started with --resolve-names: then this machine’s resolver is asked for the addresses in the question, and its names stand apart, in `resolved` (viewers with a watch token do not get them). Makers come from the IEEE’s list.',
    params: captureId,
    query: z.strictObject({
      addresses: z
        .array(z.string().min(1).max(100))
        .max(1000)
        .optional()
        .describe('IPv4, IPv6 or Ethernet addresses, separated by commas; absent: all that have a host name.'),
    }),
    responses: {
      200: {
        description: 'The names.',
        schema: z.object({
          names: z.array(
            z.object({
              address: z.string(),
              names: z.array(z.string()).describe('The newest last.'),
              packet: z.int().min(1).nullable().describe('The packet that told the first of them.'),
              vendor: z.string().nullable(),
              resolved: z
                .array(z.string())
                .optional()
                .describe('What this machine’s resolver calls it now; only with --resolve-names.'),
            }),
          ),
          pending: z
            .int()
            .min(0)
            .optional()
            .describe(
              'Addresses that the resolver has not answered within two seconds: ask again. Only with --resolve-names.',
            ),
          loss,
        }),
      },
    },
    handle: async ({ params, query, response }, context) => {
      const record = captureOf(context, params.id);
      const { resolver, queries } = context;
      const found = await queries.hostNames(params.id, query.addresses);
      // Whoever only watches has no say in what this machine asks others.
      if (resolver === undefined || watchOf(response) !== undefined)
        return { status: 200, body: { ...found, loss: lossOf(record) } };
      const { names, pending } = await resolver.names(query.addresses ?? []);
      const both = found.names.map((one) => ({ ...one, resolved: names.get(one.address) ?? [] }));
      return { status: 200, body: { names: both, pending, loss: lossOf(record) } };
    },
  }),
];
