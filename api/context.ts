/** What the handlers work with. */

import type { SystemResolver } from '../captures/names/system-resolver.js';
import type { QueryService } from '../captures/query/thread/query-service.js';
import type { SendService } from '../captures/send/send-service.js';
import type { FilterCheck } from '../captures/sources/filter-check.js';
import type { CaptureRecord } from '../captures/store/capture-file.js';
import type { CaptureStore } from '../captures/store/capture-store.js';
import { FilterError } from '../decoders/filter/error.js';
import type { LabService } from './lab.js';
import { unknownCapture } from './problem.js';
import type { Watches } from './watches.js';

export interface ApiContext {
  readonly store: CaptureStore;
  readonly queries: QueryService;
  /** The socket demos. */
  readonly lab: LabService;
  readonly version: string;
  /** Milliseconds since 1970. */
  readonly startedAt: number;
  /** BPF condition of the daemon's own traffic, left out of live captures; undefined to keep it. */
  readonly ownTraffic: string | undefined;
  /** The address that the daemon listens on, as it was given. */
  readonly host: string;
  readonly filterCheck: FilterCheck;
  /** Undefined: sending is switched off. */
  readonly sending: SendService | undefined;
  /** Captures that others may watch. */
  readonly watches: Watches;
  /** Asked for names besides the captures; undefined unless the user wants it. */
  readonly resolver: SystemResolver | undefined;
}

/**
 * Refuses a text that is no display filter, before anything is begun with it.
 *
 * @param where what the error says that it is, such as `stop.when`
 * @throws FilterError
 */
export async function requireFilter({ queries }: ApiContext, text: string, where?: string): Promise<void> {
  const found = await queries.checkFilter(text);
  if (!found.valid)
    throw new FilterError(where === undefined ? found.error : `${where}: ${found.error}`, found.position);
}

/** @throws ApiError 404 */
export function captureOf(context: ApiContext, id: string): CaptureRecord {
  const record = context.store.get(id);
  if (record === undefined) throw unknownCapture(id);
  return record;
}
