/** The OpenAPI 3.1 document, from the same declarations that validate requests. */

import { z } from 'zod';
import { PROBLEM_MEDIA_TYPE } from './problem.js';
import { needsBody, type ResponseDeclaration, type Route } from './route.js';
import { problem } from './schemas.js';

type Json = Record<string, unknown>;

const exampleProblem = {
  type: 'urn:netglass:problem:bad-display-filter',
  title: 'Bad request',
  status: 400,
  detail: '"tcp.prot" is not a field; did you mean tcp.port?',
  position: 0,
};

/**
 * A schema as OpenAPI 3.1 has it, which is JSON Schema 2020-12. Answers may have more members than are described: clients
 * must expect some that come with a later version.
 */
function schemaOf(schema: z.ZodType, io: 'input' | 'output', named: Map<string, Json>): Json {
  const { $schema, $defs, ...rest } = z.toJSONSchema(schema, {
    io,
    unrepresentable: 'any',
    override: ({ jsonSchema }) => {
      if (io === 'output' && jsonSchema.additionalProperties === false) delete jsonSchema.additionalProperties;
    },
  }) as Json & { $defs?: Record<string, Json> };
  for (const [name, { id, ...definition }] of Object.entries($defs ?? {})) named.set(name, atRoot(definition));
  return atRoot(rest);
}

/** The schema with its references to named schemas as they are in the document. */
function atRoot(schema: Json): Json {
  return JSON.parse(JSON.stringify(schema).replaceAll('"#/$defs/', '"#/components/schemas/')) as Json;
}

export function openApiDocument(routes: readonly Route[], version: string): Json {
  const paths: Record<string, Json> = {};
  const named = new Map<string, Json>();
  named.set('Problem', schemaOf(problem, 'output', named));
  for (const entry of routes) {
    const { method, path } = entry.declaration;
    paths[path] ??= {};
    paths[path][method] = operation(entry, named);
  }
  return {
    openapi: '3.1.0',
    info: {
      title: 'netglass',
      version,
      license: { name: 'MIT', identifier: 'MIT' },
      description:
        'Packet capture and protocol decoder service. Errors are `application/problem+json`; times are RFC 3339 in UTC with nine decimals; display filters are Wireshark’s.',
    },
    tags: [...new Set(routes.map((entry) => entry.declaration.tag))].map((name) => ({ name })),
    paths,
    components: {
      schemas: Object.fromEntries([...named].sort(([one], [other]) => (one < other ? -1 : 1))),
      securitySchemes: {
        bearer: {
          type: 'http',
          scheme: 'bearer',
          description: 'Only where netglass listens beyond loopback, or was given a token.',
        },
        address: { type: 'apiKey', in: 'query', name: 'token' },
      },
    },
    security: [{}, { bearer: [] }, { address: [] }],
  };
}

function operation({ declaration }: Route, named: Map<string, Json>): Json {
  const { method, path, tag, summary, description, params, query, body, bodyExample, streamedBody } = declaration;
  const parameters = [...parametersOf(params, 'path', named), ...parametersOf(query, 'query', named)];
  const name = path
    .replace(/^\/(api\/)?/, '')
    .replace(/[{}]/g, '')
    .split(/[/.]/);
  return {
    operationId: [method, ...name]
      .map((word, at) => (at === 0 ? word : word.slice(0, 1).toUpperCase() + word.slice(1)))
      .join(''),
    tags: [tag],
    summary,
    ...(description === undefined ? {} : { description }),
    ...(parameters.length === 0 ? {} : { parameters }),
    ...(body === undefined
      ? {}
      : {
          requestBody: {
            required: needsBody(body),
            content: {
              'application/json': {
                schema: schemaOf(body, 'input', named),
                ...(bodyExample === undefined ? {} : { example: bodyExample }),
              },
            },
          },
        }),
    ...(streamedBody === undefined
      ? {}
      : {
          requestBody: {
            required: true,
            description: streamedBody,
            content: { 'application/octet-stream': { schema: { type: 'string', format: 'binary' } } },
          },
        }),
    responses: {
      ...Object.fromEntries(
        Object.entries(declaration.responses).map(([status, one]) => [status, responseOf(one, named)]),
      ),
      ...problemsOf(declaration),
    },
  };
}

function parametersOf(schema: z.ZodObject | undefined, place: 'path' | 'query', named: Map<string, Json>): Json[] {
  if (schema === undefined) return [];
  const { properties = {}, required = [] } = schemaOf(schema, 'input', named) as {
    properties?: Record<string, Json>;
    required?: string[];
  };
  return Object.entries(properties).map(([name, { description, ...property }]) => ({
    name,
    in: place,
    required: place === 'path' || required.includes(name),
    ...(description === undefined ? {} : { description }),
    schema: property,
    ...(property['type'] === 'array' ? { style: 'form', explode: false } : {}),
  }));
}

function responseOf(
  { description, schema, example, other, headers }: ResponseDeclaration,
  named: Map<string, Json>,
): Json {
  const content: Json = {};
  if (schema !== undefined)
    content['application/json'] = {
      schema: schemaOf(schema, 'output', named),
      ...(example === undefined ? {} : { example }),
    };
  for (const [type, what] of Object.entries(other ?? {}))
    content[type] = {
      schema: { type: 'string', description: what, ...(type.startsWith('text/') ? {} : { format: 'binary' }) },
    };
  return {
    description,
    ...(headers === undefined
      ? {}
      : {
          headers: Object.fromEntries(
            Object.entries(headers).map(([name, what]) => [name, { description: what, schema: { type: 'string' } }]),
          ),
        }),
    ...(Object.keys(content).length === 0 ? {} : { content }),
  };
}

/** What every route may answer, and what this one may besides. */
function problemsOf({ path, body, streamedBody, problems }: Route['declaration']): Json {
  const all: Record<number, string> = {
    400: 'Something in the request is wrong; `detail` says what.',
    401: 'A token is demanded.',
    403: 'The Host or Origin header is not this daemon’s.',
    ...(path.includes('{id}') ? { 404: 'There is no such capture, or nothing of that number in it.' } : {}),
    ...(body === undefined ? {} : { 413: 'The JSON body is larger than 1 MiB.', 415: 'The body is not JSON.' }),
    ...(streamedBody === undefined ? {} : { 507: 'The disk is full.' }),
    ...problems,
  };
  return Object.fromEntries(
    Object.entries(all).map(([status, description]) => [
      status,
      {
        description,
        content: {
          [PROBLEM_MEDIA_TYPE]: {
            schema: { $ref: '#/components/schemas/Problem' },
            ...(status === '400' ? { example: exampleProblem } : {}),
          },
        },
      },
    ]),
  );
}
