/** A demo that is being run: its capture, its steps, and its end. */

import { setTimeout as sleep } from 'node:timers/promises';
import { defined } from '../captures/defined.js';
import type { PacketDetail, PacketRow } from '../captures/query/query-types.js';
import type { QueryService } from '../captures/query/thread/query-service.js';
import { CaptureError } from '../captures/sources/source.js';
import type { CaptureStore } from '../captures/store/capture-store.js';
import type { Demo } from './demo.js';
import { requireFree } from './free-ports.js';
import { LINK_FIELDS, link } from './links.js';
import { RunMarks } from './run-marks.js';
import { packetView, stepView, tellingView } from './run-view.js';
import { settle } from './settle.js';
import { type Floor, Stage } from './stage.js';
import type { MadeStep, Telling } from './step.js';

/** Packets of a run that are linked to its steps. */
const MOST_PACKETS = 5000;
/** Milliseconds after which a list of sockets is surely a new one. */
const SOCKETS_AGE = 250;
/** Milliseconds after which a run for which nobody asks is ended. */
const IDLE = 600_000;

export type RunState = 'running' | 'waiting' | 'finished' | 'failed' | 'ended';

export interface RunServices {
  readonly store: CaptureStore;
  readonly queries: QueryService;
}

export interface RunRequest {
  readonly id: string;
  readonly demo: Demo;
  /** Checked by the demo's schema. */
  readonly parameters: Record<string, unknown>;
  /** Id of a running capture; absent: one of the run's own. */
  readonly capture?: string | undefined;
  readonly stepwise: boolean;
}

/** Somebody has ended the run. */
class Ended extends Error {
  override readonly name = 'Ended';
}

export class Run implements Floor {
  readonly begun = Date.now();
  state: RunState = 'running';
  /** Resolves when it is over: sockets closed, marks written, its own capture stopped. Never rejects. */
  readonly done: Promise<void>;
  private readonly stage = new Stage(this);
  private readonly steps: MadeStep[] = [];
  private upcoming: Telling | undefined;
  private error: CaptureError | undefined;
  private readonly warnings: string[] = [];
  private readonly marks: RunMarks;
  private ending: string | undefined;
  private grant: { resolve(): void; reject(error: Error): void } | undefined;
  private idle: NodeJS.Timeout | undefined;
  /** Wakes those who wait for another state. */
  private wake: () => void = () => undefined;
  private changed: Promise<void>;

  private constructor(
    private readonly request: RunRequest,
    private readonly services: RunServices,
    private capture: string,
    private readonly own: boolean,
    /** Number of the last packet that is not the run's. */
    private after: number,
  ) {
    this.marks = new RunMarks(services.store);
    this.changed = this.nextChange();
    this.done = this.play();
  }

  /**
   * Begins to capture, and then the demo.
   *
   * @throws CaptureError when there can be no run: no privilege, no such interface or capture, a port in use
   */
  static async begin(request: RunRequest, services: RunServices): Promise<Run> {
    const { demo, capture } = request;
    const parameters = request.parameters as never;
    for (const need of demo.needs?.(parameters) ?? []) requireFree(need);
    if (capture !== undefined) {
      const record = services.store.get(capture);
      if (record?.state !== 'running')
        throw new CaptureError(
          'bad-option',
          `Capture ${capture} is not running.`,
          'Leave "capture" out for one of the run’s own, or give the id of a running one.',
        );
      await settle(services.store, capture);
      return new Run(request, services, capture, false, record.packets);
    }
    const { interfaces, filter } = demo.capture(parameters);
    const record = await services.store.start({
      name: `lab: ${demo.name}`,
      engine: 'native',
      interfaces,
      ...defined({ captureFilter: filter }),
    });
    return new Run(request, services, record.id, true, 0);
  }

  get id(): string {
    return this.request.id;
  }

  /** The demo's name. */
  get name(): string {
    return this.request.demo.name;
  }

  get over(): boolean {
    return this.state === 'finished' || this.state === 'failed' || this.state === 'ended';
  }

  /** Makes the next step of a stepwise run; resolves when it is made and its packets are there. @throws CaptureError */
  async step(): Promise<void> {
    const { grant } = this;
    if (grant === undefined)
      throw new CaptureError(
        'bad-option',
        this.over ? `The run is over (${this.state}).` : 'The run is at a step already.',
        this.over ? `POST /api/lab/${this.request.demo.name} begins another.` : undefined,
      );
    this.grant = undefined;
    this.keepAlive();
    this.setState('running');
    grant.resolve();
    while (this.state === 'running') await this.changed;
    if (this.state === 'waiting') await settle(this.services.store, this.capture);
    else await this.done;
  }

  /** Resolves when the run is over, waits for its next step, or so many milliseconds have gone by. */
  async rest(milliseconds: number): Promise<void> {
    let late = false;
    const timer = setTimeout(() => {
      late = true;
      this.setState(this.state);
    }, milliseconds);
    while (this.state === 'running' && !late) await this.changed;
    clearTimeout(timer);
  }

  /** Ends the run; resolves when it is over. */
  async end(why = 'ended on request'): Promise<void> {
    if (!this.over) {
      this.ending ??= why;
      this.grant?.reject(new Ended(this.ending));
      this.grant = undefined;
    }
    await this.done;
  }

  /** Everything about it, with the packets of its steps. */
  async view() {
    const { demo, parameters } = this.request;
    this.keepAlive();
    if (this.services.store.get(this.capture) !== undefined) this.marks.write(this.capture);
    const rows = await this.rows();
    const links = link(this.steps, rows);
    return {
      id: this.id,
      demo: demo.name,
      title: demo.title,
      parameters,
      capture: this.capture,
      filter: demo.view(parameters as never),
      state: this.state,
      stepwise: this.request.stepwise,
      steps: this.steps.map((step, index) => stepView(step, links[index])),
      next: this.upcoming === undefined ? null : tellingView(this.upcoming),
      flows: [...new Set(rows.map(({ flow }) => flow).filter((flow) => flow !== null))],
      packets: rows.map(packetView),
      ...(this.error === undefined
        ? {}
        : { error: { detail: this.error.message, ...defined({ hint: this.error.hint }) } }),
      warnings: [...this.warnings, ...this.missing(rows)],
    };
  }

  async turn(step: Telling): Promise<void> {
    this.throwIfEnding();
    this.upcoming = step;
    if (!this.request.stepwise) {
      if (!this.marks.many) return;
      this.marks.write(this.capture);
      // Many steps in a row leave the event loop to others now and then.
      await new Promise((resolve) => setImmediate(resolve));
      return;
    }
    this.marks.write(this.capture);
    const granted = new Promise<void>((resolve, reject) => {
      this.grant = { resolve, reject };
    });
    this.setState('waiting');
    await granted;
  }

  made(step: Omit<MadeStep, 'mark'>): void {
    this.upcoming = undefined;
    const made: MadeStep = { ...step, mark: null };
    this.steps.push(made);
    this.marks.ofStep(made);
  }

  async packets(filter: string, limit: number): Promise<PacketDetail[]> {
    const { queries } = this.services;
    const both = `(${this.request.demo.view(this.request.parameters as never)}) && (${filter})`;
    const { packets } = await queries.packets(this.capture, { filter: both, after: this.after, limit });
    const details = await Promise.all(packets.map(({ number }) => queries.packet(this.capture, number)));
    return details.filter((detail) => detail !== null);
  }

  async sockets() {
    // A list may be 200 ms old: older than the call before.
    await sleep(SOCKETS_AGE);
    return this.services.store.programs.sockets();
  }

  async secrets(lines: string): Promise<void> {
    await this.services.store.addSecrets(this.capture, lines);
  }

  async show(file: Uint8Array, name: string): Promise<void> {
    const { store } = this.services;
    async function* octets() {
      yield file;
    }
    const { id } = await store.importStream(octets(), name);
    this.marks.write(this.capture);
    const before = this.capture;
    this.capture = id;
    this.after = 0;
    if (this.own) await store.delete(before);
  }

  check(): void {
    this.throwIfEnding();
    this.marks.write(this.capture);
  }

  private throwIfEnding(): void {
    if (this.ending !== undefined) throw new Ended(this.ending);
  }

  private async play(): Promise<void> {
    const { demo, parameters } = this.request;
    this.keepAlive();
    // Whoever began the run has it before the first step.
    await new Promise((resolve) => setImmediate(resolve));
    let state: RunState = 'finished';
    try {
      this.marks.add(`lab: ${demo.name} begins`, this.stage.now());
      await demo.run(this.stage, parameters as never);
    } catch (error) {
      state = error instanceof Ended ? 'ended' : 'failed';
      if (!(error instanceof Ended)) this.error = asCaptureError(error);
    }
    clearTimeout(this.idle);
    this.upcoming = undefined;
    this.warnings.push(...(await this.stage.clear()));
    const why = state === 'failed' ? `: ${this.error?.message}` : state === 'ended' ? `: ${this.ending}` : '';
    await this.finish(`lab: ${demo.name} ${state}${why}`.slice(0, 1000));
    this.setState(state);
  }

  /** The last mark, and the end of its own capture. What fails here is a warning: the run itself is over. */
  private async finish(text: string): Promise<void> {
    const { store } = this.services;
    try {
      this.marks.add(text, this.stage.now());
      this.marks.write(this.capture);
      await settle(store, this.capture);
      if (this.own) await store.stop(this.capture);
    } catch (error) {
      this.warnings.push((error as Error).message);
    }
  }

  /** Says so when nothing of what was sent has been captured. */
  private missing(rows: readonly PacketRow[]): string[] {
    const sent = this.steps.some(
      ({ does, touch }) => does === 'sends' && touch !== undefined && touch.local.port !== null,
    );
    return this.over && sent && rows.length === 0
      ? ['None of the run’s packets came by: they went over another interface, or a capture filter left them out.']
      : [];
  }

  /** Somebody has asked for it. */
  private keepAlive(): void {
    clearTimeout(this.idle);
    if (this.over) return;
    this.idle = setTimeout(() => void this.end('nobody asked for it for ten minutes'), IDLE).unref();
  }

  private async rows(): Promise<readonly PacketRow[]> {
    if (this.services.store.get(this.capture) === undefined) return [];
    const filter = this.request.demo.view(this.request.parameters as never);
    const query = { filter, after: this.after, limit: MOST_PACKETS, fields: LINK_FIELDS };
    return (await this.services.queries.packets(this.capture, query)).packets;
  }

  private setState(state: RunState): void {
    this.state = state;
    const { wake } = this;
    this.changed = this.nextChange();
    wake();
  }

  private nextChange(): Promise<void> {
    return new Promise((resolve) => {
      this.wake = resolve;
    });
  }
}

export type RunView = Awaited<ReturnType<Run['view']>>;

function asCaptureError(error: unknown): CaptureError {
  return error instanceof CaptureError ? error : new CaptureError('io', `The demo failed: ${(error as Error).message}`);
}
