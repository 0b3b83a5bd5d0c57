/** The field reference, and help while a filter is being typed. */

import { z } from 'zod';
import { route } from './route.js';

const fieldInfo = z
  .object({
    name: z.string().describe('Filter name.'),
    title: z.string(),
    protocol: z.string().describe('Filter name of the protocol it belongs to; `frame` for the packet’s own.'),
    type: z.string(),
    bits: z.int().min(0).describe('Width on the wire; 0 where it varies.'),
    base: z.union([z.literal(10), z.literal(16)]).optional(),
    labels: z.record(z.string(), z.string()).optional().describe('Names of values.'),
    members: z.array(z.string()).optional().describe('The fields that this name stands for any of.'),
  })
  .meta({ id: 'FieldInfo' });

export const filterRoutes = [
  route({
    method: 'get',
    path: '/api/fields',
    tag: 'filters',
    summary: 'Every field and protocol that a display filter can name',
    query: z.strictObject({ prefix: z.string().max(200).optional().describe('Only names that begin with it.') }),
    responses: {
      200: {
        description: 'In the order of their names.',
        schema: z.object({
          protocols: z.array(z.object({ name: z.string(), title: z.string(), reference: z.string() })),
          fields: z.array(fieldInfo),
        }),
      },
    },
    handle: async ({ query: { prefix = '' } }, { queries }) => ({
      status: 200,
      body: await queries.fieldReference(prefix),
    }),
  }),
  route({
    method: 'get',
    path: '/api/filters/check',
    tag: 'filters',
    summary: 'Whether a text is a display filter',
    query: z.strictObject({ filter: z.string().max(100_000) }),
    responses: {
      200: {
        description: 'Whether it is; where and why it is not.',
        schema: z.object({
          valid: z.boolean(),
          error: z.string().optional(),
          position: z.int().min(0).optional().describe('0-based character.'),
          expected: z.string().optional(),
        }),
        example: { valid: false, error: 'tcp.prot is not a field; did you mean tcp.port?', position: 0 },
      },
    },
    handle: async ({ query }, { queries }) => ({ status: 200, body: await queries.checkFilter(query.filter) }),
  }),
  route({
    method: 'get',
    path: '/api/filters/complete',
    tag: 'filters',
    summary: 'What could come next in an unfinished display filter',
    query: z.strictObject({
      prefix: z.string().max(100_000).describe('The filter up to the cursor.'),
      limit: z.int().min(1).max(1000).default(50),
    }),
    responses: {
      200: {
        description: 'The likeliest first.',
        schema: z.object({
          completions: z.array(
            z.object({
              text: z.string(),
              kind: z.enum(['field', 'protocol', 'operator', 'value', 'function']),
              title: z.string(),
              from: z.int().min(0).describe('Character at which the unfinished word begins: `text` takes its place.'),
            }),
          ),
        }),
      },
    },
    handle: async ({ query }, { queries }) => ({
      status: 200,
      body: { completions: await queries.completeFilter(query.prefix, query.limit) },
    }),
  }),
];
