/** Sending packets: made of layers, or those of a capture again. Off unless the daemon was started with `--allow-send`. */

import { z } from 'zod';
import type { SendReport } from '../captures/send/send-packets.js';
import type { SendJob, SendService } from '../captures/send/send-service.js';
import { openStream } from '../captures/sources/file.js';
import { timeText } from '../decoders/core/frame.js';
import { type ApiContext, captureOf, requireFilter } from './context.js';
import { ApiError, asApiError } from './problem.js';
import { route } from './route.js';
import { captureId, orNull } from './schemas.js';
import { job, LONGEST_FOREGROUND, replayBody, report, sendBody } from './send-schemas.js';

const jobId = z.strictObject({ job: z.string().describe('The `id` of what was begun.') });

/** @throws ApiError 403 unless sending is allowed */
function allowed({ sending }: ApiContext): SendService {
  if (sending !== undefined) return sending;
  throw new ApiError(403, 'sending-off', 'Sending is switched off here.', {
    hint: 'Start netglass with --allow-send: netglass start --allow-send',
  });
}

function notBusy(sending: SendService): void {
  if (!sending.isBusy) return;
  throw new ApiError(409, 'busy', 'So many sendings run already that no other one may begin.', {
    hint: 'GET /api/send lists them; POST /api/send/{job}/stop stops one.',
  });
}

function jobOf(context: ApiContext, id: string): { sending: SendService; found: SendJob } {
  const sending = allowed(context);
  const found = sending.get(id);
  if (found === undefined)
    throw new ApiError(404, 'no-such-sending', `Nothing with the id ${JSON.stringify(id)} was sent.`, {
      hint: 'GET /api/send lists what was.',
    });
  return { sending, found };
}

export type SendReportJson = ReturnType<typeof reportJson>;

const base64 = (bytes: Uint8Array | null): string | null =>
  bytes === null ? null : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('base64');

const dateText = (date: Date): string => timeText(BigInt(date.getTime()) * 1_000_000n);

/** A report as the API tells it. */
export function reportJson(made: SendReport) {
  return {
    ...made,
    packets: made.packets.map(({ linkType: _linkType, ...packet }) => ({
      ...packet,
      time: timeText(packet.time),
      bytes: base64(packet.bytes),
      left: base64(packet.left),
      reply:
        packet.reply === null
          ? null
          : {
              kind: packet.reply.kind,
              time: timeText(packet.reply.time),
              rtt: packet.reply.rtt,
              summary: packet.reply.summary,
              bytes: base64(packet.reply.bytes),
              layers: packet.reply.layers,
            },
    })),
  };
}

function jobJson({ id, kind, capture, state, progress, total, startedAt, stoppedAt, report: made, error }: SendJob) {
  return {
    id,
    kind,
    ...(capture === undefined ? {} : { capture }),
    state,
    sent: progress.packets,
    bytes: progress.bytes,
    total: total ?? null,
    startedAt: dateText(startedAt),
    stoppedAt: stoppedAt === undefined ? null : dateText(stoppedAt),
    ...(made === undefined ? {} : { report: 'packets' in made ? reportJson(made) : made }),
    ...(error === undefined ? {} : { error: asApiError(error).body }),
  };
}

const begun = (found: SendJob) => ({
  status: 202,
  body: jobJson(found),
  headers: { Location: `/api/send/${found.id}` },
});

const refusals = {
  403: 'Sending is switched off, not permitted to this process, or not allowed to that destination; `hint` says what mends it.',
  409: 'Too many sendings run at once.',
  501: 'The engine is not there; `hint` says how to get it.',
};

export const sendRoutes = [
  route({
    method: 'post',
    path: '/api/send',
    tag: 'send',
    summary: 'Make packets of layers, and send them',
    description:
      'Lengths, checksums, identifications and next protocols are computed unless they are given, right or wrong. The answer has what was asked for beside what left, and with `wait` what answered. Off unless the daemon was started with `--allow-send`.',
    body: sendBody,
    bodyExample: {
      layers: [{ ip: { dst: '127.0.0.1', ttl: 3 } }, { icmp: { type: 8 } }, { payload: 'hello' }],
      wait: 1,
    },
    responses: {
      200: { description: 'Everything was sent.', schema: report },
      202: { description: 'It is being sent, in the background.', schema: job, headers: { Location: 'Its progress.' } },
    },
    problems: refusals,
    handle: async ({ body, response }, context) => {
      const sending = allowed(context);
      notBusy(sending);
      const { background, ...request } = body;
      const seconds = sending.secondsOf(request);
      if (background !== true && seconds > LONGEST_FOREGROUND)
        throw new ApiError(
          400,
          'too-long',
          `That takes ${Math.round(seconds)} s; an answer is waited for at most ${LONGEST_FOREGROUND} s.`,
          { hint: 'Send in the background: "background": true. Or fewer packets, or more a second.' },
        );
      const found = sending.send(request);
      if (background === true) return begun(found);
      // Who does not wait for the answer does not want the rest to be sent.
      response.once('close', () => void sending.stop(found.id));
      await sending.ended(found);
      return { status: 200, body: reportJson(found.report as SendReport) };
    },
  }),
  route({
    method: 'get',
    path: '/api/send',
    tag: 'send',
    summary: 'Whether sending is allowed, its limits, and what was sent, the newest first',
    responses: {
      200: {
        description: 'The limits are null where sending is switched off.',
        schema: z.object({
          allowed: z.boolean(),
          rate: orNull(z.number()).describe('Packets a second at most, of all together.'),
          anywhere: orNull(z.boolean()).describe('Not only loopback and directly connected private networks.'),
          jobs: z.array(job),
        }),
      },
    },
    handle: (_call, { sending }) => ({
      status: 200,
      body: {
        allowed: sending !== undefined,
        rate: sending?.permission.rate ?? null,
        anywhere: sending?.permission.anywhere ?? null,
        // What came of each is told by its own address.
        jobs: sending?.list().map((one) => jobJson({ ...one, report: undefined })) ?? [],
      },
    }),
  }),
  route({
    method: 'get',
    path: '/api/send/{job}',
    tag: 'send',
    summary: 'How far a sending is, and what came of it',
    params: jobId,
    responses: { 200: { description: 'As it is now.', schema: job } },
    problems: { 404: 'There is none with this id, or it was long ago.' },
    handle: ({ params }, context) => ({ status: 200, body: jobJson(jobOf(context, params.job).found) }),
  }),
  route({
    method: 'post',
    path: '/api/send/{job}/stop',
    tag: 'send',
    summary: 'Stop sending',
    description: 'Answered when nothing more leaves. Stopping what has ended changes nothing.',
    params: jobId,
    responses: { 200: { description: 'As it ended.', schema: job } },
    problems: { 404: 'There is none with this id, or it was long ago.' },
    handle: async ({ params }, context) => {
      const { sending, found } = jobOf(context, params.job);
      await sending.stop(found.id);
      return { status: 200, body: jobJson(found) };
    },
  }),
  route({
    method: 'post',
    path: '/api/captures/{id}/replay',
    tag: 'send',
    summary: 'Send the packets of a capture again',
    description:
      'By an interface, at their own pace, scaled, or as fast as the rate lets them. `GET /api/send/{job}` tells how far it is.',
    params: captureId,
    body: replayBody,
    bodyExample: { interface: 'lo', filter: 'udp', speed: 2 },
    responses: {
      202: { description: 'It has begun.', schema: job, headers: { Location: 'Its progress.' } },
    },
    problems: refusals,
    handle: async ({ params, body }, context) => {
      const sending = allowed(context);
      const record = captureOf(context, params.id);
      notBusy(sending);
      const { filter: text, ...request } = body;
      const wanted = text?.trim() ?? '';
      if (wanted !== '') await requireFilter(context, wanted);
      const linkTypes = [...new Set(record.interfaces.map((one) => one.linkType))];
      const query = { format: 'pcapng' as const, ...(wanted === '' ? {} : { filter: wanted }) };
      const found = await sending.replay(request, params.id, linkTypes, () =>
        openStream(context.queries.export(params.id, query), record.name),
      );
      return begun(found);
    },
  }),
];
