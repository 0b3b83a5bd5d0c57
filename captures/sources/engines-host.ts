/**
 * The process in which `cap` or `raw-socket` runs, started by engines-remote.ts with Node's IPC. Both packages call
 * JavaScript for every packet, can only be loaded in a main thread, and may abort the process they are in: here they
 * keep nobody else waiting and take nobody with them.
 */
import { openCap } from './cap.js';
import type { FromHost, SourceState, ToHost } from './engines-protocol.js';
import type { LiveSource } from './live.js';
import { openRawSocket } from './raw-socket.js';
import { CaptureError } from './source.js';

/** Milliseconds between reports of counters and warnings while nobody takes blocks. */
const REPORT_MILLISECONDS = 250;

let source: LiveSource | undefined;

function send(message: FromHost): void {
  // The parent may be gone between two packets; `disconnect` then ends this process.
  if (process.connected) {
    process.send?.(message);
  }
}

function stateOf(of: LiveSource): SourceState {
  return {
    interfaces: of.interfaces,
    statistics: of.statistics(),
    interfaceStatistics: of.interfaceStatistics(),
    warnings: of.warnings,
  };
}

async function open(message: ToHost & { say: 'open' }): Promise<void> {
  try {
    source = await (message.engine === 'cap' ? openCap(message.options) : openRawSocket(message.options));
    send({ say: 'opened', state: stateOf(source) });
    report(source);
  } catch (error) {
    if (!(error instanceof CaptureError)) {
      throw error; // a fault of ours: the process ends, and the parent reports its last words
    }
    const { code, message: text, hint } = error;
    send({ say: 'failed', code, message: text, ...(hint === undefined ? {} : { hint }) });
  }
}

function report(of: LiveSource): void {
  let last = '';
  setInterval(() => {
    const state = stateOf(of);
    const now = JSON.stringify([state.interfaceStatistics, state.statistics, state.warnings.length]);
    if (now !== last) {
      last = now;
      send({ say: 'state', state });
    }
  }, REPORT_MILLISECONDS).unref();
}

async function next(of: LiveSource): Promise<void> {
  const block = await of.next();
  if (block !== null) {
    send({ say: 'block', bytes: block.bytes, packets: block.packets, state: stateOf(of) });
  } else if (of.end !== undefined) {
    send({ say: 'end', end: of.end, state: stateOf(of) });
  }
}

async function answer(message: ToHost): Promise<void> {
  if (message.say === 'open') {
    await open(message);
  } else if (source !== undefined) {
    await (message.say === 'next' ? next(source) : source.stop());
  }
}

// The parent decides when to end: a Ctrl-C in the terminal reaches this process too, and must not cost the last block.
process.on('SIGINT', () => undefined);
process.on('disconnect', () => process.exit(0));
process.on('message', (message: ToHost) => {
  void answer(message);
});
