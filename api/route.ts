/**
 * One declaration a route. What it says of parameters and bodies validates the requests and makes the OpenAPI document,
 * so that the two cannot differ.
 */

import type { Request, Response } from 'express';
import { z } from 'zod';
import type { ApiContext } from './context.js';
import { ApiError, asBadRequest } from './problem.js';

export type Method = 'get' | 'post' | 'put' | 'patch' | 'delete';

/** What a handler gets: everything checked and typed. */
export interface Call<P, Q, B> {
  readonly params: P;
  readonly query: Q;
  readonly body: B;
  readonly request: Request;
  readonly response: Response;
}

/** An answer with a JSON body; `undefined` from a handler says that it has written the answer itself. */
export interface Reply {
  readonly status: number;
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
}

export interface ResponseDeclaration {
  readonly description: string;
  /** JSON, described by a schema … */
  readonly schema?: z.ZodType;
  readonly example?: unknown;
  /** … or something else: media type → what it is. */
  readonly other?: Readonly<Record<string, string>>;
  /** Response headers worth knowing: name → what it says. */
  readonly headers?: Readonly<Record<string, string>>;
}

export interface RouteDeclaration<P extends z.ZodObject, Q extends z.ZodObject, B extends z.ZodType> {
  readonly method: Method;
  /** With OpenAPI's placeholders: `/api/captures/{id}`. */
  readonly path: string;
  readonly tag: string;
  readonly summary: string;
  readonly description?: string;
  readonly params?: P;
  readonly query?: Q;
  /** A JSON body. */
  readonly body?: B;
  readonly bodyExample?: unknown;
  /** The body is octets that the handler reads itself: what they are. */
  readonly streamedBody?: string;
  readonly responses: Readonly<Record<number, ResponseDeclaration>>;
  /** Problems of this route alone: status → when. 400, 401, 403 and 404 for a path's id go without saying. */
  readonly problems?: Readonly<Record<number, string>>;
  readonly handle: (
    call: Call<z.output<P>, z.output<Q>, z.output<B>>,
    context: ApiContext,
  ) => Promise<Reply | undefined> | Reply;
}

/** A declaration made ready to serve. */
export interface Route {
  readonly declaration: RouteDeclaration<z.ZodObject, z.ZodObject, z.ZodType>;
  answer(request: Request, response: Response, context: ApiContext): Promise<Reply | undefined>;
}

const noParameters = z.strictObject({});

/** Declares a route. Unknown query parameters and body members are refused by name. */
export function route<
  P extends z.ZodObject = typeof noParameters,
  Q extends z.ZodObject = typeof noParameters,
  B extends z.ZodType = z.ZodUndefined,
>(declaration: RouteDeclaration<P, Q, B>): Route {
  const { params, query, body, streamedBody } = declaration;
  const readParams = texts(params ?? noParameters, 'path');
  const readQuery = texts(query ?? noParameters, 'query parameter');
  return {
    declaration: declaration as unknown as Route['declaration'],
    async answer(request, response, context) {
      const call = {
        params: readParams(new Map(Object.entries(request.params as Record<string, string>))),
        query: readQuery(queryOf(request)),
        body: streamedBody === undefined ? checkBody(body, request) : undefined,
        request,
        response,
      };
      return declaration.handle(call as unknown as Call<z.output<P>, z.output<Q>, z.output<B>>, context);
    },
  };
}

/** The parameters of the address. `token` is the business of `security.ts` and may stand beside any others. */
function queryOf(request: Request): Map<string, string> {
  const found = new Map<string, string>();
  for (const [name, value] of new URL(request.url, 'http://localhost').searchParams) {
    if (name === 'token') continue;
    if (found.has(name))
      throw new ApiError(400, 'bad-parameter', `The query parameter ${JSON.stringify(name)} is given twice.`);
    found.set(name, value);
  }
  return found;
}

/** Reads an object of texts with a schema: a text becomes a number, a list or a truth value where the schema wants one. */
function texts(schema: z.ZodObject, where: 'path' | 'query parameter'): (given: Map<string, string>) => unknown {
  const { properties = {} } = z.toJSONSchema(schema, { io: 'input', unrepresentable: 'any' });
  const known = Object.keys(properties);
  const types = new Map(
    Object.entries(properties).map(([name, property]) => [
      name,
      typeof property === 'object' ? property.type : undefined,
    ]),
  );
  return (given) => {
    const values: Record<string, unknown> = {};
    for (const [name, text] of given) values[name] = coerced(text, types.get(name));
    const result = schema.safeParse(values);
    if (!result.success) throw asBadRequest(result.error, where, known);
    return result.data;
  };
}

function coerced(text: string, type: unknown): unknown {
  if ((type === 'integer' || type === 'number') && /^-?\d+(\.\d+)?$/.test(text)) return Number(text);
  if (type === 'array') return text === '' ? [] : text.split(',').map((part) => part.trim());
  if (type === 'boolean')
    return text === 'true' || text === '1' ? true : text === 'false' || text === '0' ? false : text;
  return text;
}

/** Whether a body can be left out: its schema then has a default for it. */
export function needsBody(schema: z.ZodType): boolean {
  return !schema.safeParse(undefined).success;
}

function checkBody(schema: z.ZodType | undefined, request: Request): unknown {
  const body: unknown = request.body;
  if (schema === undefined) return undefined;
  if (body === undefined && needsBody(schema))
    throw new ApiError(400, 'bad-body', 'A JSON body is needed here, and there is none.', {
      hint: "With curl: -H 'Content-Type: application/json' -d '{…}'",
    });
  const result = schema.safeParse(body);
  if (result.success) return result.data;
  const { properties = {} } = z.toJSONSchema(schema, { io: 'input', unrepresentable: 'any' });
  throw asBadRequest(result.error, 'body', Object.keys(properties));
}
