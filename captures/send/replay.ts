/** A stored capture, or a part of it, sent again. */

import type { PacketSource } from '../sources/source.js';
import { Destinations } from './destinations.js';
import { openLinkOutput, type PacketOutput } from './output.js';
import { RateLimit } from './pace.js';
import { requireRate, type SendRoom } from './send-packets.js';
import { type Progress, sendAll } from './sender.js';
import { Replayed, type Skipped, unfit } from './supplies.js';

export interface ReplayRequest {
  /** Where the frames leave. */
  readonly interface: string;
  /** How many times as fast as it was captured, above 0; 0: as fast as the rate lets them. Default 1. */
  readonly speed?: number | undefined;
  /** Packets a second at most; default and most: the limit. */
  readonly rate?: number | undefined;
  /** Packets at most. */
  readonly packets?: number | undefined;
}

export interface ReplayReport extends Skipped {
  readonly interface: string;
  readonly sent: number;
  readonly bytes: number;
  readonly seconds: number;
  readonly notes: readonly string[];
  readonly log: string | null;
}

/** A replay that is ready to begin: what can be wrong with it from the start is known. */
export interface Replay {
  run(signal: AbortSignal, progress: Progress): Promise<ReplayReport>;
  /** Closes the interface instead. */
  close(): Promise<void>;
}

/**
 * Opens the interface.
 *
 * @param linkTypes of the capture, as far as they are known
 * @throws CaptureError `bad-option` for a rate above the limit, `unsupported` when none of the capture's link types is the
 *   interface's, and as `openLinkOutput`
 */
export async function openReplay(
  request: ReplayRequest,
  linkTypes: readonly number[],
  room: SendRoom,
  source: () => Promise<PacketSource>,
): Promise<Replay> {
  requireRate(request.rate ?? room.limit.perSecond, room.limit);
  const output = await openLinkOutput(request.interface);
  if (linkTypes.length > 0 && !linkTypes.includes(output.linkType)) {
    await output.close();
    throw unfit(linkTypes[0], output.name);
  }
  return {
    run: (signal, progress) => replay(request, output, room, source, signal, progress),
    close: () => output.close(),
  };
}

async function replay(
  request: ReplayRequest,
  output: PacketOutput,
  room: SendRoom,
  open: () => Promise<PacketSource>,
  signal: AbortSignal,
  progress: Progress,
): Promise<ReplayReport> {
  const { speed = 1, rate = room.limit.perSecond, packets = Number.POSITIVE_INFINITY } = request;
  const started = performance.now();
  let supply: Replayed | undefined;
  try {
    supply = new Replayed(await open(), output, new Destinations(room.anywhere), speed, packets);
    await sendAll(
      supply,
      output,
      { shared: room.limit, own: new RateLimit(rate) },
      { log: room.log, signal, progress },
    );
    const { skipped, firstRefusal } = supply;
    return {
      ...skipped,
      interface: output.name,
      sent: progress.packets,
      bytes: progress.bytes,
      seconds: (performance.now() - started) / 1000,
      notes: notesOf(skipped, firstRefusal, output),
      log: room.log?.packets ?? null,
    };
  } finally {
    await supply?.close();
    await output.close();
  }
}

function notesOf(
  { tooLong, refused, truncated }: Skipped,
  refusal: string | undefined,
  output: PacketOutput,
): string[] {
  return [
    ...(tooLong === 0
      ? []
      : [`${tooLong} packets were left out: ${output.name} takes ${output.maximum} octets at most.`]),
    ...(refused === 0
      ? []
      : [`${refused} packets were left out, for they may not be sent: ${refusal}. --send-anywhere would allow it.`]),
    ...(truncated === 0 ? [] : [`${truncated} packets were kept only in part, and were sent as they are kept.`]),
  ];
}
