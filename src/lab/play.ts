/** Runs a demo for somebody at a terminal, and prints its steps with their packets. */

import { createInterface } from 'node:readline';
import { CaptureError } from '../../captures/sources/source.js';
import type { Demo } from '../../lab/demo.js';
import { endText } from '../../lab/parameters.js';
import type { LabOptions } from '../commands/lab.js';
import { writeAll } from '../read/output.js';
import { type LabPlace, labPlace, type RunView } from './place.js';

/** Milliseconds between two looks at a run. */
const LOOK = 200;
/** Milliseconds after which what a step caused has surely come, what timers of the kernel send among it. */
const LINKED = 3000;

/** Signals that end a run as its own end does: nothing is left behind. */
const ENDING = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

/** @throws CaptureError when the run cannot begin, or fails */
export async function playDemo(demo: Demo, parameters: Record<string, unknown>, options: LabOptions): Promise<void> {
  const place = await labPlace(options);
  // With -w - the packets have standard output to themselves.
  const print = options.write === '-' ? console.error : console.log;
  const stop = new AbortController();
  const interrupt = (): void => stop.abort();
  for (const signal of ENDING) process.once(signal, interrupt);
  try {
    const { capture, step: stepwise = false } = options;
    let run = await place.begin(demo.name, { parameters, capture, stepwise, wait: 0 });
    const printer = new StepPrinter(print, options.code);
    run = stepwise
      ? await stepThrough(place, run, printer, stop.signal)
      : await follow(place, run, options.json === true ? undefined : printer, stop.signal);
    if (options.json === true) print(JSON.stringify(run, undefined, 2));
    else {
      printer.steps(run, true);
      for (const warning of run.warnings) console.error(`netglass: ${warning}`);
    }
    if (options.write !== undefined) await writeAll(options.write, await place.export(run));
    if (run.state === 'failed') throw new CaptureError('io', run.error?.detail ?? 'The run failed.', run.error?.hint);
  } finally {
    for (const signal of ENDING) process.removeListener(signal, interrupt);
    await place.close();
  }
}

/** Prints steps as they are made, until the run is over or interrupted. */
async function follow(
  place: LabPlace,
  begun: RunView,
  printer: StepPrinter | undefined,
  stop: AbortSignal,
): Promise<RunView> {
  let run = begun;
  while (run.state === 'running') {
    if (stop.aborted) {
      const last = await lookAt(place, run.id);
      await place.end(run.id);
      return { ...last, state: 'ended' };
    }
    await new Promise((resolve) => setTimeout(resolve, LOOK));
    run = await lookAt(place, run.id);
    printer?.steps(run, false);
  }
  return run;
}

async function stepThrough(place: LabPlace, begun: RunView, printer: StepPrinter, stop: AbortSignal): Promise<RunView> {
  let run = begun;
  const lines = createInterface({ input: process.stdin, signal: stop })[Symbol.asyncIterator]();
  while (run.state === 'waiting') {
    printer.next(run);
    const { done } = await lines.next();
    if (done === true) {
      await place.end(run.id);
      return { ...run, state: 'ended', next: null };
    }
    run = (await place.step(run.id)) ?? run;
    printer.steps(run, true);
  }
  return run;
}

async function lookAt(place: LabPlace, id: string): Promise<RunView> {
  const run = await place.run(id);
  if (run === undefined) throw new CaptureError('io', 'The service has forgotten the run.');
  return run;
}

class StepPrinter {
  private printed = 0;

  constructor(
    private readonly print: (line: string) => void,
    private readonly language: LabOptions['code'],
  ) {}

  /** Prints the steps that were not printed yet. @param all also those whose packets may not all be linked yet */
  steps(run: RunView, all: boolean): void {
    const packets = new Map(run.packets.map((packet) => [packet.number, packet]));
    const packetLine = (arrow: string, number: number): string => {
      const packet = packets.get(number);
      const { source, sourcePort, destination, destinationPort, protocol, info } = packet ?? {};
      const ends =
        packet === undefined
          ? ''
          : `${end(source, sourcePort)} → ${end(destination, destinationPort)}  ${protocol} ${info}`;
      return `      ${arrow} ${number}  ${ends}`.trimEnd();
    };
    for (const step of run.steps.slice(this.printed)) {
      if (!all && Date.parse(step.endTime) > Date.now() - LINKED) return;
      this.print(`${String(step.number).padStart(3)}  ${step.text}`);
      if (step.note !== undefined) this.print(`      ${step.note}`);
      if (this.language !== undefined) this.code(step.code[this.language]);
      if (step.output !== undefined) this.print(indented(step.output));
      for (const number of step.packets) this.print(packetLine('→', number));
      for (const number of step.received) this.print(packetLine('←', number));
      this.printed = step.number;
    }
  }

  /** Prints the step that Enter makes. */
  next({ next }: RunView): void {
    if (next === null) return;
    this.print(`\nnext: ${next.text}`);
    if (this.language !== undefined) this.code(next.code[this.language]);
  }

  private code(text: string): void {
    this.print(indented(text));
  }
}

const indented = (text: string): string => text.replace(/^/gm, '        ').replace(/[ \t]+$/gm, '');

function end(address: string | null | undefined, port: number | null | undefined): string {
  if (address === null || address === undefined) return '?';
  return port === null || port === undefined ? address : endText(address, port);
}
