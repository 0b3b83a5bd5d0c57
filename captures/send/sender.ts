/** The loop that sends: a run of packets after the other, when they are due and the limits let them, until told to stop. */

import { setTimeout as sleep } from 'node:timers/promises';
import type { CaptureError } from '../sources/source.js';
import { Outgoing, type PacketSupply, RUN_NANOSECONDS } from './outgoing.js';
import type { PacketOutput } from './output.js';
import { nowNanoseconds, type RateLimit } from './pace.js';
import type { SentLog } from './sent-log.js';

/** Nanoseconds before a run is due at which the output gets it, which waits for the rest more exactly than a timer. */
const AHEAD = 15e6;
/** Milliseconds that a timer takes at most: a longer one would end at once. */
const LONGEST_SLEEP = 2 ** 31 - 1;

export interface SendLimits {
  /** The limit that all share. */
  readonly shared: RateLimit;
  /** This sender's own, which may be lower. */
  readonly own: RateLimit;
}

/** What has left so far. */
export interface Progress {
  packets: number;
  bytes: number;
}

export interface SendHooks {
  readonly log?: SentLog | undefined;
  readonly signal: AbortSignal;
  readonly progress: Progress;
  /** Sees every packet that left; `view` is valid only then. `time`: nanoseconds since 1970. */
  readonly left?: (view: DataView, start: number, length: number, time: bigint) => void;
}

/**
 * Sends everything that the supply has. What has left stands in `hooks.progress`, also when it ends before the last one.
 *
 * @throws CaptureError when a packet cannot leave, or the log cannot be written
 */
export async function sendAll(
  supply: PacketSupply,
  output: PacketOutput,
  limits: SendLimits,
  hooks: SendHooks,
): Promise<void> {
  const { shared, own } = limits;
  const { log, signal, progress, left } = hooks;
  const out = new Outgoing(log?.interfaceId(output.name, output.linkType) ?? 0);
  const gap = Math.max(shared.gap, own.gap);
  const due = new Float64Array(out.wanted.length);
  const origin = nowNanoseconds();
  let next = 0;
  while (!signal.aborted) {
    out.clear(Math.min(shared.packetsIn(RUN_NANOSECONDS), own.packetsIn(RUN_NANOSECONDS)));
    await supply.fill(out);
    const count = out.packets;
    if (count === 0) return;
    // A turn that all share is taken when it is near: who is slow by choice does not hold up the others.
    const turn = own.reserve(count, Math.max(next, origin + out.wanted[0]));
    if (!(await waitUntil(turn - AHEAD, signal))) return;
    let time = shared.reserve(count, turn);
    if (!(await waitUntil(time - AHEAD, signal))) return;
    for (let i = 0; i < count; i++, time += gap) {
      time = Math.max(time, origin + out.wanted[i]);
      due[i] = time;
    }
    next = time - gap;
    const { sent, error } = await output.send(out.blocks, due.subarray(0, count));
    take(sent);
    if (error !== undefined) throw atPacket(error, progress.packets + 1);
  }

  /** Counts and writes down what has left. */
  function take(sent: number): void {
    const { blocks, octets } = out.first(sent);
    progress.packets += sent;
    progress.bytes += octets;
    if (left !== undefined) out.each(sent, left);
    log?.append(blocks, sent);
  }
}

/** The error with the number of the packet that it is about. */
function atPacket(error: CaptureError, number: number): CaptureError {
  if (number > 1) error.message = `Packet ${number}: ${error.message}`;
  return error;
}

/** Resolves to false when it was stopped before. */
async function waitUntil(time: number, signal: AbortSignal): Promise<boolean> {
  while (!signal.aborted) {
    const milliseconds = (time - nowNanoseconds()) / 1e6;
    if (milliseconds < 1) return true;
    try {
      await sleep(Math.min(milliseconds, LONGEST_SLEEP), undefined, { signal });
    } catch (error) {
      if (!signal.aborted) throw error;
    }
  }
  return false;
}
