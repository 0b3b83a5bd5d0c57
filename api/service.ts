/** The service itself: is it well, and on which interfaces can it capture. */

import { z } from 'zod';
import { listInterfaces } from '../captures/sources/interfaces.js';
import { route } from './route.js';

const interfaceInfo = z
  .object({
    name: z.string(),
    description: z.string(),
    addresses: z.array(z.string()),
    mac: z.string().nullable(),
    loopback: z.boolean(),
    up: z.boolean(),
    running: z.boolean().describe('Up, and with a carrier.'),
    linkTypes: z
      .array(z.int())
      .describe('LINKTYPE_ values it can deliver, the default first; empty where that is not known.'),
  })
  .meta({ id: 'InterfaceInfo' });

export const serviceRoutes = [
  route({
    method: 'get',
    path: '/api/health',
    tag: 'service',
    summary: 'Whether the service is well',
    responses: {
      200: {
        description: 'It is.',
        schema: z.object({
          status: z.literal('ok'),
          version: z.string(),
          uptimeSeconds: z.number(),
          name: z.literal('netglass'),
        }),
        example: { status: 'ok', version: '0.1.0', uptimeSeconds: 12.5, name: 'netglass' },
      },
    },
    handle: (_call, { version, startedAt }) => ({
      status: 200,
      body: { status: 'ok', version, uptimeSeconds: (Date.now() - startedAt) / 1000, name: 'netglass' },
    }),
  }),
  route({
    method: 'get',
    path: '/api/interfaces',
    tag: 'service',
    summary: 'The interfaces to capture on',
    description:
      'Listing needs no privilege; capturing may. `POST /api/captures` then answers 403 with the command that mends it.',
    responses: { 200: { description: 'All of them, `any` among them.', schema: z.array(interfaceInfo) } },
    handle: async () => ({ status: 200, body: await listInterfaces() }),
  }),
];
