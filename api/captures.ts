/** Captures: start, look at, stop, rename, delete. */

import { z } from 'zod';
import { CaptureError, type EngineName } from '../captures/sources/source.js';
import type { LiveRequest } from '../captures/store/capture-store.js';
import { captureOf, requireFilter } from './context.js';
import { captureJson } from './present.js';
import { ApiError } from './problem.js';
import { route } from './route.js';
import { capture, captureId, startCapture } from './schemas.js';

/** The request without the members that are not there, as `exactOptionalPropertyTypes` wants it. */
function liveRequest(body: z.output<typeof startCapture>): LiveRequest {
  return JSON.parse(JSON.stringify({ ...body, engine: body.engine as EngineName })) as LiveRequest;
}

export const captureRoutes = [
  route({
    method: 'get',
    path: '/api/captures',
    tag: 'captures',
    summary: 'All captures, the oldest first',
    responses: { 200: { description: 'All of them.', schema: z.array(capture) } },
    handle: (_call, { store }) => ({ status: 200, body: store.list().map(captureJson) }),
  }),
  route({
    method: 'post',
    path: '/api/captures',
    tag: 'captures',
    summary: 'Start capturing',
    description:
      'Answered only once the sockets are bound and capturing: a packet sent after the answer is seen. The traffic of netglass itself is left out.',
    body: startCapture,
    bodyExample: { interfaces: ['lo'], captureFilter: 'udp port 53', stop: { seconds: 60 } },
    responses: {
      201: { description: 'It is capturing.', schema: capture, headers: { Location: 'The capture’s address.' } },
    },
    problems: {
      403: 'Capturing is not permitted; `hint` is the command that mends it (or Host or Origin are not this daemon’s).',
      501: 'The engine is not there; `hint` says how to get it.',
      507: 'The disk is full.',
    },
    handle: async ({ body }, context) => {
      const { store, ownTraffic } = context;
      if (body.stop?.when !== undefined && body.trigger !== undefined)
        throw new ApiError(
          400,
          'bad-body',
          'The body has both stop.when and a trigger, and a capture waits for one thing.',
          {
            hint: 'Leave stop.when out: {"trigger": {"when": "…", "action": "stop"}} is the same.',
          },
        );
      if (body.stop?.when !== undefined) await requireFilter(context, body.stop.when, 'stop.when');
      if (body.trigger !== undefined) await requireFilter(context, body.trigger.when, 'trigger.when');
      const record = await store.start({
        ...liveRequest(body),
        ...(ownTraffic === undefined ? {} : { leaveOut: ownTraffic }),
      });
      return { status: 201, body: captureJson(record), headers: { Location: `/api/captures/${record.id}` } };
    },
  }),
  route({
    method: 'get',
    path: '/api/captures/{id}',
    tag: 'captures',
    summary: 'One capture',
    params: captureId,
    responses: { 200: { description: 'The capture as it is now.', schema: capture } },
    handle: ({ params }, context) => ({ status: 200, body: captureJson(captureOf(context, params.id)) }),
  }),
  route({
    method: 'patch',
    path: '/api/captures/{id}',
    tag: 'captures',
    summary: 'Rename a capture, or comment on it',
    params: captureId,
    body: z
      .strictObject({ name: z.string().trim().min(1).max(200).optional(), comment: z.string().max(10_000).optional() })
      .refine((change) => Object.keys(change).length > 0, 'it is empty: give a name or a comment'),
    bodyExample: { name: 'Three-way handshake', comment: 'Lecture 4' },
    responses: { 200: { description: 'The changed capture.', schema: capture } },
    handle: ({ params, body }, context) => {
      captureOf(context, params.id);
      const change = {
        ...(body.name === undefined ? {} : { name: body.name }),
        ...(body.comment === undefined ? {} : { comment: body.comment }),
      };
      return { status: 200, body: captureJson(context.store.rename(params.id, change)) };
    },
  }),
  route({
    method: 'delete',
    path: '/api/captures/{id}',
    tag: 'captures',
    summary: 'Delete a capture with its files',
    description: 'A running one is stopped first.',
    params: captureId,
    responses: { 204: { description: 'It is gone.' } },
    handle: async ({ params }, context) => {
      captureOf(context, params.id);
      await context.store.delete(params.id);
      return { status: 204 };
    },
  }),
  route({
    method: 'post',
    path: '/api/captures/{id}/stop',
    tag: 'captures',
    summary: 'Stop a capture',
    description: 'Answered when everything captured is stored and indexed. Stopping a stopped one changes nothing.',
    params: captureId,
    responses: { 200: { description: 'The stopped capture.', schema: capture } },
    handle: async ({ params }, context) => {
      captureOf(context, params.id);
      return { status: 200, body: captureJson(await context.store.stop(params.id)) };
    },
  }),
  route({
    method: 'post',
    path: '/api/captures/{id}/reindex',
    tag: 'captures',
    summary: 'Build the index of a stopped capture again from its packet log',
    params: captureId,
    responses: { 200: { description: 'The capture with its new index.', schema: capture } },
    problems: { 409: 'The capture is running.' },
    handle: async ({ params }, context) => {
      captureOf(context, params.id);
      const record = await context.store.reindex(params.id).catch((error: unknown) => {
        if (!(error instanceof CaptureError) || error.code !== 'unsupported') throw error;
        throw new ApiError(409, 'capture-running', error.message, { hint: error.hint });
      });
      return { status: 200, body: captureJson(record) };
    },
  }),
];
