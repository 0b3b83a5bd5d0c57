/** What this process sends with when no service runs, and how it is told to stop. */

import { join } from 'node:path';
import { RateLimit } from '../../captures/send/pace.js';
import type { SendRoom } from '../../captures/send/send-packets.js';
import { SentLog } from '../../captures/send/sent-log.js';
import type { SendOptions } from '../commands/send.js';
import { DEFAULT_SEND_RATE } from '../settings.js';

/** The limits are the user's own, who has the privilege to send anyway. */
export async function ownRoom({ rate, sendAnywhere, data }: SendOptions): Promise<SendRoom & { log: SentLog }> {
  const { filterLanguage } = await import('../../captures/query/filters/filter-language.js');
  return {
    limit: new RateLimit(rate ?? DEFAULT_SEND_RATE),
    anywhere: sendAnywhere === true,
    log: new SentLog(join(data, 'sent'), '-alone'),
    decode: async (packets) => filterLanguage.decode(packets),
  };
}

/** Aborted by the first Ctrl-C; the second one ends the process. */
export function untilInterrupted(): { signal: AbortSignal; done: () => void } {
  const control = new AbortController();
  const stop = (): void => {
    if (control.signal.aborted) process.exit(1);
    control.abort();
  };
  process.on('SIGINT', stop);
  process.on('SIGTERM', stop);
  return {
    signal: control.signal,
    done: () => {
      process.off('SIGINT', stop);
      process.off('SIGTERM', stop);
    },
  };
}
