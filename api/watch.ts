/** Presenter mode: others open a capture with a token of its own, and follow what the presenter looks at. */

import type { Request, Response } from 'express';
import { z } from 'zod';
import { type ApiContext, captureOf, requireFilter } from './context.js';
import { jsonText } from './present.js';
import { ApiError } from './problem.js';
import { route } from './route.js';
import { captureId } from './schemas.js';
import { acceptsEvents, keepOpen } from './stream.js';
import { viewerAddresses, type Watch, watchOf } from './watches.js';

/** Shorter than the half minute after which proxies give up. */
const HEARTBEAT = 15_000;
/** Octets that wait for a slow viewer before it is told only of the newest view. */
const PATIENCE = 1 << 16;

const seconds = z.number().min(0).max(1e12).nullable();
const number = z.int().min(1).max(Number.MAX_SAFE_INTEGER).nullable();
const word = z.string().max(200);

/** What the page's address says, and what stands beside it. */
const view = z
  .strictObject({
    filter: z.string().max(10_000).optional().describe('The display filter that is applied.'),
    packet: number.optional().describe('`frame.number` of the selected packet.'),
    flow: number.optional().describe('Id of the opened flow.'),
    tab: word.optional(),
    part: word.nullable().optional().describe('What is shown within the tab.'),
    from: seconds.optional().describe('Seconds since the capture’s first packet, between which packets are looked at.'),
    to: seconds.optional(),
    field: word.nullable().optional().describe('Filter name of the selected field.'),
    bytes: z
      .strictObject({
        offset: z
          .int()
          .min(0)
          .max(1 << 30),
        length: z
          .int()
          .min(0)
          .max(1 << 30),
      })
      .nullable()
      .optional()
      .describe('The selected octets of the packet.'),
    hidden: z.array(word).max(200).optional().describe('Fields that are a riddle until they are revealed.'),
    replay: z
      .strictObject({ time: z.number().min(0).max(1e12), speed: z.number().min(0).max(1000), playing: z.boolean() })
      .nullable()
      .optional()
      .describe('How far a replay has come, in seconds since the first packet, and how fast it goes.'),
  })
  .meta({ id: 'PresenterView' });

const shown = z.object({
  view: view.nullable().describe('null until the presenter’s page has said so.'),
  revision: z.int().min(0).describe('Grows with every view.'),
});

const watching = z
  .object({
    token: z.string().describe('Opens this capture alone, for reading.'),
    path: z.string().describe('Where viewers open the page.'),
    addresses: z
      .array(z.string())
      .describe('The same for other machines; empty where the service listens on loopback.'),
    viewers: z.int().min(0).describe('How many follow the view at the moment.'),
  })
  .meta({ id: 'Watching' });

const watchJson = ({ token, followers }: Watch, { host }: ApiContext, request: Request) => {
  const path = `/watch/${token}`;
  return { token, path, addresses: viewerAddresses(host, request.socket.localPort ?? 0, path), viewers: followers };
};

const shownJson = ({ view: current, revision }: Watch) => ({ view: current, revision });

export const watchRoutes = [
  route({
    method: 'post',
    path: '/api/captures/{id}/watch',
    tag: 'watch',
    summary: 'Let others watch a capture',
    description:
      'The token opens the page below `/watch/`, and is given to the API as `Authorization: Bearer` or `?token=`. It allows reading this capture’s packets, flows, statistics, names, marks, events and view; other captures, changes and exports (which carry secrets) are refused. Where the service demands a token, viewers need only this one. Asked again, it is the same. It ends with DELETE, with the capture, and with the daemon.',
    params: captureId,
    responses: {
      200: { description: 'It can be watched already.', schema: watching },
      201: { description: 'From now on it can be watched.', schema: watching },
    },
    handle: ({ params, request }, context) => {
      captureOf(context, params.id);
      const known = context.watches.isOpen(params.id);
      const watch = context.watches.begin(params.id);
      return { status: known ? 200 : 201, body: watchJson(watch, context, request) };
    },
  }),
  route({
    method: 'get',
    path: '/api/captures/{id}/watch',
    tag: 'watch',
    summary: 'Whether a capture is being watched',
    params: captureId,
    responses: { 200: { description: 'It can be watched; 404 when not.', schema: watching } },
    handle: ({ params, request }, context) => {
      captureOf(context, params.id);
      return { status: 200, body: watchJson(context.watches.of(params.id), context, request) };
    },
  }),
  route({
    method: 'delete',
    path: '/api/captures/{id}/watch',
    tag: 'watch',
    summary: 'Let nobody watch a capture any more',
    description: 'The token opens nothing from then on, and what viewers are being told breaks off.',
    params: captureId,
    responses: { 204: { description: 'Nobody can watch it.' } },
    handle: ({ params }, context) => {
      captureOf(context, params.id);
      context.watches.end(params.id);
      return { status: 204 };
    },
  }),
  route({
    method: 'get',
    path: '/api/watch',
    tag: 'watch',
    summary: 'What a watch token opens',
    description: 'For viewers: their page knows the token, and learns here which capture it is for.',
    responses: {
      200: {
        description: 'The capture, and what the presenter looks at.',
        schema: shown.extend({ capture: z.string() }),
      },
    },
    handle: ({ response }) => {
      const watch = watchOf(response);
      if (watch === undefined)
        throw new ApiError(404, 'no-watch', 'Only a request with a watch token is about a watched capture.', {
          hint: 'Add ?token= with the token from the address below /watch/.',
        });
      return { status: 200, body: { capture: watch.capture, ...shownJson(watch) } };
    },
  }),
  route({
    method: 'put',
    path: '/api/captures/{id}/view',
    tag: 'watch',
    summary: 'Show viewers something else',
    description: 'The presenter’s page says what it shows, in whole: what is left out is at its default.',
    params: captureId,
    body: view,
    bodyExample: { filter: 'tcp.port == 80', packet: 4, tab: 'packets' },
    responses: { 200: { description: 'Viewers are told.', schema: shown.extend({ viewers: z.int().min(0) }) } },
    handle: async ({ params, body }, context) => {
      captureOf(context, params.id);
      context.watches.of(params.id);
      if (body.filter !== undefined) await requireFilter(context, body.filter);
      const watch = context.watches.show(params.id, body);
      return { status: 200, body: { ...shownJson(watch), viewers: watch.followers } };
    },
  }),
  route({
    method: 'get',
    path: '/api/captures/{id}/view',
    tag: 'watch',
    summary: 'What the presenter looks at',
    description:
      'With `Accept: text/event-stream`: `view` events, the present one first, then each new one (of several in short order, a slow viewer gets the newest), until `ended`. Also of a capture that has stopped.',
    params: captureId,
    responses: {
      200: { description: 'The view.', schema: shown, other: { 'text/event-stream': 'Server-Sent Events' } },
    },
    handle: async ({ params, request, response }, context) => {
      captureOf(context, params.id);
      const watch = context.watches.of(params.id);
      if (!acceptsEvents(request) || request.method === 'HEAD') return { status: 200, body: shownJson(watch) };
      follow(context, watch, request, response);
      return undefined;
    },
  }),
];

function follow({ watches }: ApiContext, watch: Watch, request: Request, response: Response): void {
  response.set({ 'Content-Type': 'text/event-stream', 'X-Accel-Buffering': 'no' });
  response.flushHeaders();
  response.write('retry: 1000\n\n');
  const heartbeat = setInterval(() => response.write(': still here\n\n'), HEARTBEAT);
  let told = -1;
  const send = (event: string, data: unknown): boolean =>
    response.write(`id: ${watch.revision}\nevent: ${event}\ndata: ${jsonText(data)}\n\n`);
  const tell = (capture = watch.capture): void => {
    if (capture !== watch.capture || told === watch.revision || response.writableLength > PATIENCE) return;
    told = watch.revision;
    send('view', shownJson(watch));
  };
  const drained = (): void => tell();
  const ended = (capture: string): void => {
    if (capture !== watch.capture) return;
    send('ended', { capture });
    response.end();
  };
  watches.on('view', tell);
  watches.on('ended', ended);
  response.on('drain', drained);
  watch.followers++;
  keepOpen(request, response, () => {
    watch.followers--;
    clearInterval(heartbeat);
    watches.off('view', tell);
    watches.off('ended', ended);
  });
  tell();
}
