/** The marks of a run, written several at once. */

import type { CaptureStore } from '../captures/store/capture-store.js';
import { type MadeStep, stepText } from './step.js';

/** Marks that wait at most. */
const MOST_UNWRITTEN = 64;

/** A mark has its time from the call; putting it on the disk takes longer than the calls of some demos may lie apart. */
export class RunMarks {
  private readonly unwritten: { readonly text: string; readonly time: bigint; readonly step?: MadeStep }[] = [];

  constructor(private readonly store: CaptureStore) {}

  /** Whether it is time to write. */
  get many(): boolean {
    return this.unwritten.length >= MOST_UNWRITTEN;
  }

  /** @param time nanoseconds since 1970 */
  add(text: string, time: bigint): void {
    this.unwritten.push({ text, time });
  }

  /** Before the packets that a step sends, and behind those that it has received. */
  ofStep(step: MadeStep): void {
    this.unwritten.push({ text: stepText(step), time: step.does === 'receives' ? step.ended : step.began, step });
  }

  /** @throws CaptureError when the capture is gone, or the disk takes no more */
  write(capture: string): void {
    const marks = this.unwritten.splice(0);
    if (marks.length === 0) return;
    const written = this.store.marks(capture, marks);
    for (const [index, { step }] of marks.entries()) if (step !== undefined) step.mark = written[index].id;
  }
}
