/** The service itself: is it well, and on which interfaces can it capture. */

import { z } from 'zod';
import { defined } from '../captures/defined.js';
import { listInterfaces } from '../captures/sources/interfaces.js';
import { noSuchInterface } from '../captures/sources/live.js';
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
    counters: z
      .object({
        packets: z.number().describe('In both directions; each of loopback once.'),
        bytes: z.number(),
        receivedPackets: z.number(),
        receivedBytes: z.number(),
        sentPackets: z.number(),
        sentBytes: z.number(),
      })
      .nullable()
      .describe(
        'What the kernel has counted since the interface appeared; of `any` the sum; null where it does not say.',
      ),
  })
  .meta({ id: 'InterfaceInfo' });

const LINKTYPE_ETHERNET = 1;
const LINKTYPE_LINUX_SLL2 = 276;

/** The default link types of interfaces, each once. @throws CaptureError `no-such-interface` */
async function linkTypesOf(names: readonly string[]): Promise<number[]> {
  if (names.length === 0) return [LINKTYPE_ETHERNET];
  const found = await listInterfaces();
  const types = names.map((name) => {
    const info = found.find((one) => one.name === name);
    if (info === undefined)
      throw noSuchInterface(
        name,
        found.map((one) => one.name),
      );
    // `any` offers two cooked headers, and the newer one is captured. One that is down does not say: most are Ethernet.
    return name === 'any' ? LINKTYPE_LINUX_SLL2 : (info.linkTypes[0] ?? LINKTYPE_ETHERNET);
  });
  return [...new Set(types)];
}

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
  route({
    method: 'get',
    path: '/api/capture-filters/check',
    tag: 'filters',
    summary: 'Whether a text is a capture filter',
    description:
      'libpcap’s compiler says so; nothing is captured. What is right depends on the link type: `ether` means nothing on `any`. A host’s name in the filter is looked up.',
    query: z.strictObject({
      filter: z.string().max(100_000).describe('BPF in libpcap’s syntax; empty: everything.'),
      interface: z
        .array(z.string().min(1).max(200))
        .max(64)
        .optional()
        .describe('On which it would capture, separated by commas; default Ethernet.'),
    }),
    responses: {
      200: {
        description: 'Whether it is; why it is not.',
        schema: z.object({ valid: z.boolean(), error: z.string().optional(), hint: z.string().optional() }),
        example: { valid: false, error: "The capture filter is wrong: can't parse filter expression: syntax error" },
      },
    },
    problems: { 501: 'The native engine, which has the compiler, is not built.' },
    handle: async ({ query }, { filterCheck }) => {
      for (const linkType of await linkTypesOf(query.interface ?? [])) {
        const error = await filterCheck.check(query.filter, linkType);
        if (error !== undefined)
          return { status: 200, body: { valid: false, error: error.message, ...defined({ hint: error.hint }) } };
      }
      return { status: 200, body: { valid: true } };
    },
  }),
];
