/** What happens in a capture, as Server-Sent Events. */

import type { Response } from 'express';
import { z } from 'zod';
import type { CaptureRecord } from '../captures/store/capture-file.js';
import { type ApiContext, captureOf, requireFilter } from './context.js';
import { type Feed, followPackets } from './feed.js';
import { captureJson, jsonText, triggerJson } from './present.js';
import { ApiError } from './problem.js';
import { Rates } from './rates.js';
import { route } from './route.js';
import { captureId, filter } from './schemas.js';
import { keepOpen } from './stream.js';

/** At most ten events of a kind a second. */
const INTERVAL = 100;
/** Shorter than the half minute after which proxies give up. */
const HEARTBEAT = 15_000;
/** Octets that wait for a slow client before it gets no more for a while. */
const PATIENCE = 1 << 20;

/** One client's stream: tells what has changed since it last told, never what is merely old. */
class EventStream {
  private timer: NodeJS.Timeout | undefined;
  private readonly heartbeat: NodeJS.Timeout;
  private telling = false;
  private again = false;
  private over = false;
  private last = 0;
  private toldTrigger = false;
  private readonly rates = new Rates();

  constructor(
    private readonly context: ApiContext,
    private readonly id: string,
    private readonly response: Response,
    private readonly feed: Feed,
  ) {
    context.store.on('progress', this.progress);
    context.store.on('ended', this.progress);
    context.store.on('deleted', this.progress);
    this.heartbeat = setInterval(() => response.write(': still here\n\n'), HEARTBEAT);
  }

  /** Tells how things stand, and from then on what changes. */
  start(): void {
    this.progress(this.id);
  }

  stop(): void {
    this.over = true;
    this.context.store.off('progress', this.progress);
    this.context.store.off('ended', this.progress);
    this.context.store.off('deleted', this.progress);
    clearInterval(this.heartbeat);
    clearTimeout(this.timer);
  }

  private readonly progress = (id: string): void => {
    if (id !== this.id || this.over) return;
    if (this.telling) {
      this.again = true;
      return;
    }
    if (this.timer !== undefined) return;
    const wait = Math.max(0, this.last + INTERVAL - performance.now());
    this.timer = setTimeout(() => {
      this.timer = undefined;
      this.tell().catch((error: unknown) => this.fail(error));
    }, wait);
  };

  private async tell(): Promise<void> {
    this.telling = true;
    this.again = false;
    this.last = performance.now();
    const record = this.context.store.get(this.id);
    if (record === undefined) return this.finish('deleted', { id: this.id });
    const ended = record.state === 'stopped' || record.state === 'failed';
    // A client that does not read gets the newest once it reads again; what lay between is counted as skipped.
    if (this.response.writableLength < PATIENCE || ended) {
      await this.tellPackets();
      if (this.over) return;
      this.tellTrigger(record);
      this.send('progress', { ...captureJson(record), rates: this.rates.of(record) });
      if (ended) return this.finish('ended', { id: this.id, state: record.state });
    } else this.again = true;
    this.telling = false;
    if (this.again || this.rates.moving) this.progress(this.id);
  }

  private tellTrigger({ trigger }: CaptureRecord): void {
    if (this.toldTrigger || trigger === undefined || trigger.packet === null) return;
    this.toldTrigger = true;
    this.send('trigger', triggerJson(trigger));
  }

  private async tellPackets(): Promise<void> {
    const news = await this.feed.news();
    if (news !== undefined && !this.over) this.send('packets', news);
  }

  private send(event: string, data: unknown): void {
    this.response.write(`id: ${this.feed.position}\nevent: ${event}\ndata: ${jsonText(data)}\n\n`);
  }

  private finish(event: string, data: unknown): void {
    this.send(event, data);
    this.stop();
    this.response.end();
  }

  private fail(error: unknown): void {
    if (this.over) return;
    this.finish('problem', { detail: error instanceof Error ? error.message : String(error) });
  }
}

function resumeFrom(header: string | undefined, after: number | undefined): number | undefined {
  if (header === undefined || header === '') return after;
  if (!/^\d{1,15}$/.test(header))
    throw new ApiError(400, 'bad-parameter', `The header Last-Event-ID is no number: ${JSON.stringify(header)}.`);
  return Number(header);
}

export const eventRoutes = [
  route({
    method: 'get',
    path: '/api/captures/{id}/events',
    tag: 'captures',
    summary: 'Live events',
    description: [
      'Server-Sent Events: `progress` (the capture, with `rates: {packetsPerSecond, bytesPerSecond}`), `packets`',
      '(`{packets, skipped, matches, loss}`: the newest rows, at most 200; `skipped` is how many before them are left out, null',
      'where that is not known yet), `trigger` (the capture’s, once its packet is there; each stream tells it once), `ended`, `deleted` and `problem`, each at most ten times a second. An event’s id is the number',
      'of the last packet that is told of; with `Last-Event-ID` the stream goes on behind it. The stream ends with the capture;',
      'whoever then asks again with `Last-Event-ID` gets 204, at which an EventSource gives up.',
    ].join(' '),
    params: captureId,
    query: z.strictObject({
      filter,
      after: z.int().min(0).max(Number.MAX_SAFE_INTEGER).optional().describe('As `Last-Event-ID`, for the first time.'),
    }),
    responses: {
      200: { description: 'Events.', other: { 'text/event-stream': 'Server-Sent Events' } },
      204: { description: 'The capture has ended, and everything has been told.' },
    },
    handle: async ({ params, query, request, response }, context) => {
      const record = captureOf(context, params.id);
      const header = request.get('Last-Event-ID');
      const after = resumeFrom(header, query.after);
      // Before the answer begins: afterwards it could only break off.
      if (query.filter !== undefined) await requireFilter(context, query.filter);
      if (
        header !== undefined &&
        (record.state === 'stopped' || record.state === 'failed') &&
        (after ?? 0) >= record.packets
      )
        return { status: 204 };
      response.set({ 'Content-Type': 'text/event-stream', 'X-Accel-Buffering': 'no' });
      if (request.method === 'HEAD') return { status: 200 };
      response.flushHeaders();
      response.write('retry: 1000\n\n');
      const feed = followPackets(context, params.id, query.filter, after ?? record.packets);
      const stream = new EventStream(context, params.id, response, feed);
      keepOpen(request, response, () => stream.stop());
      stream.start();
      return undefined;
    },
  }),
];
