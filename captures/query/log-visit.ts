/** Goes through a capture's log in order: for questions that every packet has a say in. */

import { BLOCK_TYPE } from '../formats/epb.js';
import { scanSegment } from '../segments/block-scanner.js';
import { segmentPath } from '../segments/segment-files.js';
import type { CaptureReader } from './capture-reader.js';

/**
 * @param at where the packet's Enhanced Packet Block starts in the view, which the next run uses again
 * @param offset where it starts in the segment
 */
export type Visit = (view: DataView, at: number, number: number, segment: number, offset: number) => void;

/**
 * Shows the packets `from` … `to` (both included) that are still there to `visit`, about 1 MiB at a step.
 *
 * @returns after each step the number of the last packet that was shown
 */
export function* visitLog(
  reader: CaptureReader,
  from: number,
  to: number,
  visit: Visit,
): Generator<number, void, undefined> {
  const start = reader.refs('p.number >= ?', [from], 1)[0];
  if (start === undefined) return;
  let { number, segment, offset } = start;
  for (;;) {
    const scanner = scanSegment(segmentPath(reader.folder, segment), offset);
    try {
      for (let run = scanner?.next(); run && number <= to; run = scanner?.next()) {
        for (let at = 0; at < run.length && number <= to; at += run.view.getUint32(at + 4, true))
          if (run.view.getUint32(at, true) === BLOCK_TYPE.enhancedPacket)
            visit(run.view, at, number++, segment, run.offset + at);
        yield number - 1;
      }
    } finally {
      scanner?.close();
    }
    // The next one that is there: a ring may have deleted some before their rows are gone.
    const next = reader.segmentFrom(segment + 1);
    if (next === undefined || next.first_packet > to) return;
    number = next.first_packet;
    segment = next.id;
    offset = 0;
  }
}
