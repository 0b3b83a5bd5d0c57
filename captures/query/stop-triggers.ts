/** Stops captures when a display filter first matches (`stop.when`), and marks the packet that did it. */

import type { CaptureStore } from '../store/capture-store.js';

/** Finds a filter's first match in what is indexed so far; null when there is none yet. */
export type FindFirst = (id: string, filter: string) => Promise<{ number: number; time: string | null } | null>;

export class StopTriggers {
  /** Captures that are being looked at, and whether there was news meanwhile. */
  private readonly looking = new Map<string, boolean>();

  constructor(
    private readonly store: CaptureStore,
    private readonly findFirst: FindFirst,
  ) {
    store.on('progress', (id) => this.look(id));
  }

  private look(id: string): void {
    const record = this.store.get(id);
    if (record?.state !== 'running' || record.stop.when === undefined || record.packets === 0) return;
    if (this.looking.has(id)) {
      this.looking.set(id, true);
      return;
    }
    this.looking.set(id, false);
    const { when } = record.stop;
    this.findFirst(id, when)
      .then(async (found) => {
        const current = this.store.get(id);
        if (found === null || current?.state !== 'running') return;
        current.trigger = { filter: when, packet: found.number };
        if (found.time !== null) this.store.mark(id, `stopped by ${when}`, BigInt(found.time));
        await this.store.stop(id);
      })
      .catch((error: Error) => {
        const current = this.store.get(id);
        const warning = `stop.when could not be looked for: ${error.message}`;
        if (current !== undefined && !current.warnings.includes(warning)) current.warnings.push(warning);
      })
      .finally(() => {
        const again = this.looking.get(id);
        this.looking.delete(id);
        if (again === true) this.look(id);
      });
  }
}
