/** Takes blocks from a source and appends them to the log: what the recorder thread does. */

import { EPB, forEachPacket } from '../formats/epb.js';
import { headOfBlock, type SegmentLog } from '../segments/segment-log.js';
import type { Block, CaptureInterface, PacketSource, SourceEnd } from '../sources/source.js';
import type { StopRules } from './messages.js';

/** Milliseconds between synchronizations of the log with the disk, and between reports. */
const INTERVAL = 500;
const LONGEST_TIMER = 2 ** 31 - 1;

export interface RecorderEvents {
  /** The log has grown, by a block. */
  grown(): void;
  /** About twice a second, and when interfaces appear. */
  progress(): void;
  /** These blocks are in the log. */
  appended(block: Block): void;
  /** The ring let segments go. */
  expired(firstPacket: number): void;
  /** The segment that is still being read by the indexer. */
  unread(): number;
}

/**
 * Runs until the source ends, a stop rule is met or the log fails.
 *
 * @returns why it ended; for a log that failed, `damaged` with the words for a person
 */
export async function record(
  source: PacketSource,
  log: SegmentLog,
  rules: StopRules,
  events: RecorderEvents,
): Promise<SourceEnd> {
  let failure: Error | undefined;
  let bytes = 0;
  let interfaces: readonly CaptureInterface[] = [];
  const deadline = rules.seconds === undefined ? undefined : performance.now() + rules.seconds * 1000;
  let alarm = alarmAt(deadline, source);
  const fail = (error: Error): void => {
    failure ??= error;
    void source.stop();
  };
  const keepRing = (): void => {
    if (log.retain(events.unread())) events.expired(log.firstPacket);
  };
  const timer = setInterval(() => {
    log.sync(fail);
    try {
      // Also when no packet comes: what is too old has to go all the same.
      keepRing();
    } catch (error) {
      fail(error as Error);
    }
    alarm ??= alarmAt(deadline, source);
    events.progress();
  }, INTERVAL);
  try {
    log.describe(source.interfaces);
    events.grown();
    for (let block = await source.next(); block !== null; block = await source.next()) {
      if (failure !== undefined) throw failure;
      const wanted = withinRules(block, rules, log.packets, bytes);
      if (rules.bytes !== undefined) bytes += octetsOnTheWire(wanted);
      log.describe(source.interfaces);
      log.append(wanted);
      events.appended(wanted);
      events.grown();
      keepRing();
      if (source.interfaces.length !== interfaces.length) {
        interfaces = [...source.interfaces];
        events.progress();
      }
      if (
        (rules.packets !== undefined && log.packets >= rules.packets) ||
        (rules.bytes !== undefined && bytes >= rules.bytes)
      ) {
        await source.stop();
        return { reason: 'stopped' };
      }
    }
    log.describe(source.interfaces);
    if (failure !== undefined) throw failure;
    return source.end ?? { reason: 'finished' };
  } catch (error) {
    await source.stop();
    return { reason: 'damaged', detail: error instanceof Error ? error.message : String(error) };
  } finally {
    clearInterval(timer);
    clearTimeout(alarm);
  }
}

/** Stops the source at the deadline; undefined while that is further away than a timer reaches (2^31 ms, 24 days). */
function alarmAt(deadline: number | undefined, source: PacketSource): NodeJS.Timeout | undefined {
  const left = (deadline ?? Number.POSITIVE_INFINITY) - performance.now();
  return left < LONGEST_TIMER ? setTimeout(() => void source.stop(), left) : undefined;
}

/** The part of a block that the rules still want: the packet that reaches the limit is the last. */
function withinRules(block: Block, rules: StopRules, packets: number, bytes: number): Block {
  let count = block.packets;
  if (rules.packets !== undefined) count = Math.min(count, rules.packets - packets);
  if (rules.bytes !== undefined) {
    let total = bytes;
    let taken = 0;
    forEachPacket(block.bytes, (view, at) => {
      if (total >= rules.bytes!) return;
      total += view.getUint32(at + EPB.original, true);
      taken++;
    });
    count = Math.min(count, taken);
  }
  return headOfBlock(block, count);
}

function octetsOnTheWire(block: Block): number {
  let total = 0;
  forEachPacket(block.bytes, (view, at) => {
    total += view.getUint32(at + EPB.original, true);
  });
  return total;
}
