/** All routes as one Express application. */

import type { ServerResponse } from 'node:http';
import { sep } from 'node:path';
import { fileURLToPath } from 'node:url';
import express, { type Express, type NextFunction, type Request, type Response } from 'express';
import { captureRoutes } from './captures.js';
import { checkRoutes } from './checks.js';
import type { ApiContext } from './context.js';
import { currentCapture } from './current.js';
import { eventRoutes } from './events.js';
import { exportRoutes } from './export.js';
import { filterRoutes } from './filters.js';
import { flowRoutes } from './flows.js';
import { importRoutes } from './import.js';
import { labRoutes } from './lab.js';
import { markRoutes } from './marks.js';
import { metricRoutes } from './metrics.js';
import { nameRoutes } from './names.js';
import { openApiDocument } from './openapi.js';
import { packetRoutes } from './packets.js';
import { jsonText } from './present.js';
import { ApiError, asApiError, PROBLEM_MEDIA_TYPE } from './problem.js';
import type { Method, Reply, Route } from './route.js';
import { secretRoutes } from './secrets.js';
import { type Access, sameSite, strictHeaders, tokenCheck } from './security.js';
import { sendRoutes } from './send.js';
import { sequenceRoutes } from './sequence.js';
import { serviceRoutes } from './service.js';
import { socketRoutes } from './sockets.js';
import { statisticsRoutes } from './statistics.js';
import { streamRoutes } from './streams.js';
import { watchRoutes } from './watch.js';

/** Octets of a JSON body at most. */
export const LARGEST_JSON = 1 << 20;
/** Milliseconds that a JSON body may take. */
const SLOWEST_JSON = 10_000;

/** The page's files, as the bundler made them: `dist/web`. */
const WEB = fileURLToPath(new URL('../web/', import.meta.url));
/** Addresses of the page's views: it reads them itself. */
const VIEWS = ['/', '/c/:capture', '/watch/:token'];

/** Every route. One that is to win over another with a placeholder in the same place stands before it. */
export const routes: readonly Route[] = [
  ...serviceRoutes,
  ...socketRoutes,
  ...importRoutes,
  ...captureRoutes,
  ...packetRoutes,
  ...flowRoutes,
  ...streamRoutes,
  ...sequenceRoutes,
  ...statisticsRoutes,
  ...checkRoutes,
  ...nameRoutes,
  ...secretRoutes,
  ...exportRoutes,
  ...eventRoutes,
  ...markRoutes,
  ...sendRoutes,
  ...labRoutes,
  ...watchRoutes,
  ...filterRoutes,
  ...metricRoutes,
];

export function createApp(context: ApiContext, access: Access): Express {
  const app = express();
  app.disable('x-powered-by');
  app.disable('etag');
  app.set('query parser', false);
  app.use(strictHeaders, sameSite(access), tokenCheck(access, context.watches), currentCapture(context.store));
  const document = openApiDocument(routes, context.version);
  app.all(
    '/api/openapi.json',
    byMethod({ get: (_request, response) => sendJson(response, { status: 200, body: document }) }),
  );
  for (const path of new Set(routes.map((entry) => entry.declaration.path))) {
    const entries = routes.filter((entry) => entry.declaration.path === path);
    const handlers = Object.fromEntries(entries.map((entry) => [entry.declaration.method, serve(entry, context)]));
    app.all(path.replace(/\{(\w+)\}/g, ':$1'), byMethod(handlers));
  }
  app.use('/api', () => {
    throw new ApiError(404, 'no-such-resource', 'There is no such resource.', {
      hint: 'GET /api/openapi.json describes all that there are.',
    });
  });
  app.get(VIEWS, (_request, response) => response.sendFile('index.html', { root: WEB, cacheControl: false }));
  app.use(express.static(WEB, { index: false, redirect: false, setHeaders: keepAssets }));
  app.use(() => {
    throw new ApiError(404, 'no-such-page', 'There is no such page.', {
      hint: 'The page is at /, the API below /api.',
    });
  });
  app.use(sendProblem);
  return app;
}

/** Files below assets/ have their contents' hash in their names. */
function keepAssets(response: ServerResponse, path: string): void {
  const kept = path.includes(`${sep}assets${sep}`);
  response.setHeader('Cache-Control', kept ? 'public, max-age=31536000, immutable' : 'no-store');
}

type Handler = (request: Request, response: Response) => Promise<void> | void;

function byMethod(handlers: Partial<Record<Method, Handler>>): Handler {
  const names = Object.keys(handlers).map((method) => method.toUpperCase());
  if (handlers.get !== undefined) names.push('HEAD');
  return async (request, response) => {
    const method = request.method === 'HEAD' ? 'get' : request.method.toLowerCase();
    const handler = handlers[method as Method];
    if (handler === undefined)
      throw new ApiError(405, 'method-not-allowed', `${request.method} is not possible here.`, {
        hint: `Possible: ${names.join(', ')}`,
        headers: { Allow: names.join(', ') },
      });
    await handler(request, response);
  };
}

function serve(entry: Route, context: ApiContext): Handler {
  const { body } = entry.declaration;
  return async (request, response) => {
    if (body !== undefined) await readJson(request, response);
    const reply = await entry.answer(request, response, context);
    if (reply !== undefined) sendJson(response, reply);
  };
}

function sendJson(response: Response, { status, body, headers }: Reply): void {
  response.status(status).set(headers ?? {});
  if (body === undefined) response.end();
  else response.type('application/json').send(jsonText(body));
}

const parseJson = express.json({ limit: LARGEST_JSON, strict: false, type: () => true });

/** Fills `request.body`; it stays undefined when there is none. */
async function readJson(request: Request, response: Response): Promise<void> {
  const type = request.headers['content-type'];
  const hasBody =
    request.headers['transfer-encoding'] !== undefined || Number(request.headers['content-length'] ?? 0) > 0;
  if (hasBody && (type === undefined || !/^application\/([\w.-]+\+)?json\s*(;|$)/i.test(type)))
    throw new ApiError(
      415,
      'not-json',
      `The body must be JSON, and it is sent as ${type ?? 'nothing in particular'}.`,
      {
        hint: "With curl: -H 'Content-Type: application/json'",
      },
    );
  await new Promise<void>((resolve, reject) => {
    const slow = setTimeout(
      () => reject(new ApiError(408, 'too-slow', 'The body did not come within ten seconds.')),
      SLOWEST_JSON,
    );
    parseJson(request, response, (error?: unknown) => {
      clearTimeout(slow);
      if (error === undefined) resolve();
      else reject(asBodyError(error as Error & { type?: string; status?: number }));
    });
  });
}

function asBodyError(error: Error & { type?: string; status?: number }): Error {
  if (error.type === 'entity.parse.failed')
    return new ApiError(400, 'bad-json', `The body is not JSON: ${error.message}.`);
  if (error.type === 'entity.too.large')
    return new ApiError(413, 'too-large', `The JSON body is larger than ${LARGEST_JSON} octets.`);
  const { status = 500 } = error;
  return status < 500 ? new ApiError(status, 'bad-body', `The body cannot be read: ${error.message}.`) : error;
}

/** Express knows an error handler by its four parameters. */
function sendProblem(thrown: unknown, request: Request, response: Response, _next: NextFunction): void {
  const error = asApiError(thrown);
  if (error.code === 'internal') process.emitWarning(thrown instanceof Error ? thrown : String(thrown));
  if (response.headersSent) {
    // The answer has begun: breaking the connection is the only way left to say that it is not whole.
    response.destroy();
    return;
  }
  for (const name of ['Content-Disposition', 'Location']) response.removeHeader(name);
  // What is still coming of the body is of no use; it is taken for a moment so that the client reads the answer.
  if (!request.complete) {
    response.set('Connection', 'close');
    request.resume();
    setTimeout(() => request.destroy(), 5000).unref();
  }
  response
    .status(error.status)
    .set(error.more.headers ?? {})
    .set('Content-Type', PROBLEM_MEDIA_TYPE)
    .send(Buffer.from(jsonText(error.body)));
}
