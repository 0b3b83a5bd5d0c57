/** Takes blocks from a source and appends them to the log: what the recorder thread does. */

import { EPB, forEachPacket } from '../formats/epb.js';
import { headOfBlock, type SegmentLog } from '../segments/segment-log.js';
import type { Block, CaptureInterface, PacketSource, SourceEnd } from '../sources/source.js';
import type { StopRules } from './messages.js';

/** Milliseconds between synchronizations of the log with the disk. */
const SYNC_INTERVAL = 500;

export interface RecorderEvents {
  /** The log has grown, by a block. */
  grown(): void;
  /** About twice a second, and when interfaces appear. */
  progress(): void;
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
  log.describe(source.interfaces);
  events.grown();
  const timer = setInterval(() => {
    log.sync((error) => {
      failure ??= error;
      void source.stop();
    });
    events.progress();
  }, SYNC_INTERVAL);
  const alarm = rules.seconds === undefined ? undefined : setTimeout(() => void source.stop(), rules.seconds * 1000);
  try {
    for (let block = await source.next(); block !== null; block = await source.next()) {
      if (failure !== undefined) throw failure;
      const wanted = withinRules(block, rules, log.packets, bytes);
      if (rules.bytes !== undefined) bytes += octetsOnTheWire(wanted);
      log.describe(source.interfaces);
      log.append(wanted);
      events.grown();
      if (log.retain(events.unread())) events.expired(log.firstPacket);
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
