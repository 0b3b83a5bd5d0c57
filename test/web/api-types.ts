/** The page's types of what the service answers, made from the OpenAPI document that the service itself serves. */

import { compile, type JSONSchema } from 'json-schema-to-typescript';
import { routes } from '../../api/app.js';
import { openApiDocument } from '../../api/openapi.js';

type Json = Record<string, unknown>;
type Operation = { responses: Record<string, { content?: Record<string, { schema: Json }> }> } & {
  requestBody?: { content: Record<string, { schema: Json }> };
};

const HEAD = `/**
 * Made from the OpenAPI document by \`npm test -- --update api-types\`; a test sees that it is current.
 * \`Answers\` has the JSON answer of every call, \`Bodies\` what is sent with it.
 */
`;

/** @returns the text of api/web/src/api/types.ts */
export async function apiTypes(): Promise<string> {
  const { paths, components } = openApiDocument(routes, '0') as unknown as {
    paths: Record<string, Record<string, Operation>>;
    components: { schemas: Record<string, Json> };
  };
  const answers: Record<string, Json> = {};
  const bodies: Record<string, Json> = {};
  for (const [path, operations] of Object.entries(paths)) {
    for (const [method, { responses, requestBody }] of Object.entries(operations)) {
      const call = `${method.toUpperCase()} ${path}`;
      const found = Object.entries(responses).find(([status]) => status.startsWith('2'))?.[1];
      const schema = found?.content?.['application/json']?.schema;
      if (schema !== undefined) answers[call] = schema;
      const body = requestBody?.content['application/json']?.schema;
      if (body !== undefined) bodies[call] = body;
    }
  }
  const schema = {
    type: 'object',
    properties: { answers: record(answers, 'Answers'), bodies: record(bodies, 'Bodies') },
    required: ['answers', 'bodies'],
    additionalProperties: false,
    definitions: components.schemas,
  };
  const text = JSON.stringify(schema).replaceAll('"#/components/schemas/', '"#/definitions/');
  const made = await compile(JSON.parse(text) as JSONSchema, 'Api', {
    bannerComment: HEAD,
    additionalProperties: false,
    unreachableDefinitions: true,
    format: true,
    style: { singleQuote: true, printWidth: 120 },
  });
  return made;
}

function record(properties: Record<string, Json>, title: string): Json {
  return { title, type: 'object', properties, required: Object.keys(properties), additionalProperties: false };
}
