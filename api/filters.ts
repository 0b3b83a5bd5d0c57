/** The field reference, and help while a filter is being typed. */

import { z } from 'zod';
import type { FieldDeclaration, RegisteredField } from '../decoders/core/index.js';
import { frameFields } from '../decoders/filter/fields.js';
import { check, complete } from '../decoders/filter/index.js';
import { registry } from '../decoders/protocols/index.js';
import { route } from './route.js';

const fieldInfo = z.object({
  name: z.string().describe('Filter name.'),
  title: z.string(),
  protocol: z.string().describe('Filter name of the protocol it belongs to; `frame` for the packet’s own.'),
  type: z.string(),
  bits: z.int().min(0).describe('Width on the wire; 0 where it varies.'),
  base: z.union([z.literal(10), z.literal(16)]).optional(),
  labels: z.record(z.string(), z.string()).optional().describe('Names of values.'),
  members: z.array(z.string()).optional().describe('The fields that this name stands for any of.'),
});

type FieldInfo = z.output<typeof fieldInfo>;

function shape({ title, kind, bits, base, labels }: FieldDeclaration): Omit<FieldInfo, 'name' | 'protocol'> {
  return {
    title,
    type: kind,
    bits,
    ...(base === undefined ? {} : { base }),
    ...(labels === undefined ? {} : { labels: { ...labels } as Record<string, string> }),
  };
}

function fieldReference(): FieldInfo[] {
  const frame = Object.entries(frameFields).map(([name, { title, type }]) => ({
    name,
    title,
    protocol: 'frame',
    type,
    bits: 0,
  }));
  const fields = [...registry.fields()].map((field: RegisteredField) => ({
    name: field.name,
    protocol: field.protocol.filter,
    ...shape(field),
  }));
  const eithers = [...registry.eithers()].map(([name, members]) => ({
    name,
    protocol: members[0].protocol.filter,
    ...shape(members[0]),
    title: members.map((member) => member.title).join(' or '),
    members: members.map((member) => member.name),
  }));
  return [...frame, ...fields, ...eithers].sort((a, b) => (a.name < b.name ? -1 : 1));
}

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
    handle: ({ query: { prefix = '' } }) => ({
      status: 200,
      body: {
        protocols: registry.protocols
          .map(({ filter, title, reference }) => ({ name: filter, title, reference }))
          .filter(({ name }) => name.startsWith(prefix)),
        fields: fieldReference().filter(({ name }) => name.startsWith(prefix)),
      },
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
    handle: ({ query }) => ({ status: 200, body: check(registry, query.filter) }),
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
    handle: ({ query }) => ({ status: 200, body: { completions: complete(registry, query.prefix, query.limit) } }),
  }),
];
