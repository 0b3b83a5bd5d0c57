/** How a command fails: one clear error on standard error, and the exit status. */

import type { QueryService } from '../../captures/query/thread/query-service.js';
import { CaptureError } from '../../captures/sources/source.js';
import { PacketError } from '../../decoders/encode/error.js';
import { FilterError } from '../../decoders/filter/error.js';

/** A command was used wrongly: exit status 2. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}

/** The error in words, with what mends it. */
export function inWords(error: unknown): string {
  if (error instanceof CaptureError)
    return error.hint === undefined ? error.message : `${error.message}\n  ${error.hint}`;
  if (error instanceof Error) return error.message;
  return String(error);
}

/** A display filter with a caret under the place where it is wrong. */
export function filterInWords(error: FilterError, text: string): string {
  return `${error.message}\n  ${text}\n  ${' '.repeat(error.position)}^`;
}

/** @throws UsageError for a text that is no display filter, with the place */
export async function refuseBadFilter(queries: QueryService, text: string): Promise<void> {
  const found = await queries.checkFilter(text);
  if (!found.valid) throw new UsageError(filterInWords(new FilterError(found.error, found.position), text));
}

/** What the process ends with: 2 for wrong use, a wrong filter or packet among it, and 1 for everything else. */
export function exitStatus(error: unknown): 1 | 2 {
  return error instanceof UsageError || error instanceof FilterError || error instanceof PacketError ? 2 : 1;
}
