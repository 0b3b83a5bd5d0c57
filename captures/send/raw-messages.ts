/** What the process with the raw sockets (raw-host.ts) and its parent (raw-output.ts) say to each other, over Node's IPC. */

import type { CaptureErrorCode } from '../sources/source.js';

export interface ToRawHost {
  readonly say: 'send';
  /** Enhanced Packet Blocks of IP packets. */
  readonly blocks: Uint8Array;
  /** Nanoseconds of `process.hrtime`, which is the machine's: the same in both processes. */
  readonly due: Float64Array;
}

export type FromRawHost =
  | { readonly say: 'opened' }
  | { readonly say: 'failed'; readonly code: CaptureErrorCode; readonly message: string; readonly hint?: string }
  /** `times`: milliseconds since 1970 at which the packets left; `error`: why it were not all. */
  | { readonly say: 'sent'; readonly times: Float64Array; readonly error?: string };
