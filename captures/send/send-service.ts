/** Sending as the daemon offers it: within its limits, written down, some at a time, each to be looked at and stopped. */

import { randomUUID } from 'node:crypto';
import { CaptureError, type PacketSource } from '../sources/source.js';
import type { SendRequest } from './craft.js';
import { RateLimit } from './pace.js';
import { openReplay, type ReplayReport, type ReplayRequest } from './replay.js';
import type { Decode } from './report.js';
import { type SendReport, type SendRoom, sendPackets } from './send-packets.js';
import type { Progress } from './sender.js';
import { SentLog } from './sent-log.js';

/** Sendings at a time. */
export const MOST_RUNNING = 4;
/** Sendings that have ended and are remembered, and those of them whose packets are. */
const REMEMBERED = 100;
const REPORTS = 10;

export interface SendPermission {
  /** Packets a second of all together. */
  readonly rate: number;
  /** Not only loopback and directly connected private networks. */
  readonly anywhere: boolean;
}

export interface SendJob {
  readonly id: string;
  readonly kind: 'send' | 'replay';
  /** Of a replay: the capture. */
  readonly capture: string | undefined;
  state: 'running' | 'done' | 'stopped' | 'failed';
  /** Grows while it runs. */
  readonly progress: Progress;
  /** Packets that there are to send; undefined where that is not known beforehand. */
  readonly total: number | undefined;
  readonly startedAt: Date;
  stoppedAt: Date | undefined;
  /** What came of it; of those that ended long ago it is forgotten. */
  report: SendReport | ReplayReport | undefined;
  error: Error | undefined;
}

interface Running {
  readonly job: SendJob;
  readonly control: AbortController;
  readonly ended: Promise<void>;
}

export class SendService {
  readonly permission: SendPermission;
  private readonly room: SendRoom & { readonly log: SentLog };
  private readonly jobs = new Map<string, SendJob>();
  private readonly running = new Map<string, Running>();
  /** Replays whose interface is being opened. */
  private opening = 0;
  private closed = false;

  /** @param folder of the log of what is sent */
  constructor(permission: SendPermission, folder: string, decode: Decode) {
    this.permission = permission;
    const limit = new RateLimit(permission.rate);
    this.room = { limit, anywhere: permission.anywhere, log: new SentLog(folder), decode };
  }

  /** The newest first. */
  list(): SendJob[] {
    return [...this.jobs.values()].reverse();
  }

  get(id: string): SendJob | undefined {
    return this.jobs.get(id);
  }

  get isBusy(): boolean {
    return this.running.size + this.opening >= MOST_RUNNING;
  }

  /** Seconds that a request takes at least. */
  secondsOf({ count = 1, interval = 0, rate = this.permission.rate, wait = 0 }: SendRequest): number {
    return Math.max((count - 1) * interval, (count - 1) / Math.min(rate, this.permission.rate)) + wait;
  }

  /** Begins to send; how it goes is told by the job. */
  send(request: SendRequest): SendJob {
    return this.start('send', undefined, request, request.count ?? 1, (signal, progress) =>
      sendPackets(request, this.room, signal, progress),
    );
  }

  /** Resolves once the interface is open. @throws as `openReplay`, and CaptureError `io` when the service is closed */
  async replay(
    request: ReplayRequest,
    capture: string,
    linkTypes: readonly number[],
    source: () => Promise<PacketSource>,
  ): Promise<SendJob> {
    this.opening++;
    try {
      const replay = await openReplay(request, linkTypes, this.room, source);
      if (this.closed) await replay.close();
      return this.start('replay', capture, request, undefined, (signal, progress) => replay.run(signal, progress));
    } finally {
      this.opening--;
    }
  }

  /** Stops a job; resolves when nothing more leaves. */
  async stop(id: string): Promise<void> {
    const one = this.running.get(id);
    one?.control.abort();
    await one?.ended;
  }

  /** Resolves when the job has ended. @throws what it failed with */
  async ended(job: SendJob): Promise<void> {
    await this.running.get(job.id)?.ended;
    if (job.error !== undefined) throw job.error;
  }

  async close(): Promise<void> {
    this.closed = true;
    await Promise.all([...this.running.keys()].map((id) => this.stop(id)));
    this.room.log.close();
  }

  private start(
    kind: SendJob['kind'],
    capture: string | undefined,
    request: SendRequest | ReplayRequest,
    total: number | undefined,
    run: (signal: AbortSignal, progress: Progress) => Promise<SendReport | ReplayReport>,
  ): SendJob {
    if (this.closed) throw new CaptureError('io', 'netglass is stopping.');
    const job: SendJob = {
      id: randomUUID(),
      kind,
      capture,
      state: 'running',
      progress: { packets: 0, bytes: 0 },
      total,
      startedAt: new Date(),
      stoppedAt: undefined,
      report: undefined,
      error: undefined,
    };
    const control = new AbortController();
    const ended = this.follow(job, request, control.signal, run).finally(() => this.running.delete(job.id));
    this.running.set(job.id, { job, control, ended });
    this.jobs.set(job.id, job);
    this.forget();
    return job;
  }

  private async follow(
    job: SendJob,
    request: SendRequest | ReplayRequest,
    signal: AbortSignal,
    run: (signal: AbortSignal, progress: Progress) => Promise<SendReport | ReplayReport>,
  ): Promise<void> {
    try {
      // What cannot be written down is not sent.
      this.room.log.request({ id: job.id, what: job.kind, capture: job.capture, request });
      job.report = await run(signal, job.progress);
      job.state = signal.aborted ? 'stopped' : 'done';
    } catch (error) {
      job.error = error instanceof Error ? error : new Error(String(error));
      job.state = 'failed';
    }
    job.stoppedAt = new Date();
  }

  private forget(): void {
    const ended = [...this.jobs.values()].filter(({ state }) => state !== 'running');
    for (const job of ended.slice(0, -REPORTS)) job.report = undefined;
    for (const { id } of ended.slice(0, -REMEMBERED)) this.jobs.delete(id);
  }
}
