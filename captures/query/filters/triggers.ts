/** Does what a capture's trigger says when its display filter first matches: stop the capture, mark the packet, or just tell. */

import type { CaptureStore } from '../../store/capture-store.js';

/** Finds a filter's first match in what is indexed so far; null when there is none yet. */
export type FindFirst = (id: string, filter: string) => Promise<{ number: number; time: string | null } | null>;

/** Characters of a filter that stand in a mark. */
const LONGEST_FILTER = 900;

export class Triggers {
  /** Captures that are being looked at, and whether there was news meanwhile. */
  private readonly looking = new Map<string, boolean>();

  constructor(
    private readonly store: CaptureStore,
    private readonly findFirst: FindFirst,
  ) {
    store.on('progress', (id) => this.look(id));
    // The packet may be among the last, which are indexed while the capture stops.
    store.on('ended', (id) => this.look(id));
  }

  private look(id: string): void {
    const record = this.store.get(id);
    const { trigger } = record ?? {};
    if (record === undefined || trigger === undefined || trigger.packet !== null || record.packets === 0) return;
    if (this.looking.has(id)) {
      this.looking.set(id, true);
      return;
    }
    this.looking.set(id, false);
    this.findFirst(id, trigger.filter)
      .then((found) => (found === null ? undefined : this.found(id, found)))
      .catch((error: Error) => {
        const current = this.store.get(id);
        const warning = `What the trigger waits for could not be looked for: ${error.message}`;
        if (current !== undefined && !current.warnings.includes(warning)) current.warnings.push(warning);
      })
      .finally(() => {
        const again = this.looking.get(id);
        this.looking.delete(id);
        if (again === true) this.look(id);
      });
  }

  private async found(id: string, { number, time }: { number: number; time: string | null }): Promise<void> {
    const trigger = this.store.get(id)?.trigger;
    if (trigger === undefined || trigger.packet !== null) return;
    const stops = trigger.action === 'stop' && this.store.get(id)?.state === 'running';
    this.store.fire(id, number, time);
    const filter = trigger.filter.slice(0, LONGEST_FILTER);
    try {
      if (time !== null && trigger.action !== 'notify')
        this.store.mark(id, stops ? `stopped by ${filter}` : `first match of ${filter}`, BigInt(time));
    } finally {
      // A disk that is full takes no mark, and is one more reason to stop.
      if (stops) await this.store.stop(id);
    }
  }
}
