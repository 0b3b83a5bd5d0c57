/** What a capture process (engines-host.ts) and its parent (engines-remote.ts) say to each other, over Node's IPC. */
import type { CheckedOptions, InterfaceStatistics } from './live.js';
import type { CaptureErrorCode, CaptureInterface, SourceEnd, SourceStatistics } from './source.js';

/** The engines that run in a process of their own. */
export type HostedEngine = 'cap' | 'raw-socket';

export type ToHost =
  | { readonly say: 'open'; readonly engine: HostedEngine; readonly options: CheckedOptions }
  /** Asks for one block: a `block` or an `end` follows. */
  | { readonly say: 'next' }
  | { readonly say: 'stop' };

/** All that a source knows besides packets. */
export interface SourceState {
  readonly interfaces: readonly CaptureInterface[];
  readonly statistics: SourceStatistics;
  readonly interfaceStatistics: readonly InterfaceStatistics[];
  readonly warnings: readonly string[];
}

export type FromHost =
  | { readonly say: 'opened'; readonly state: SourceState }
  | { readonly say: 'failed'; readonly code: CaptureErrorCode; readonly message: string; readonly hint?: string }
  | { readonly say: 'block'; readonly bytes: Uint8Array; readonly packets: number; readonly state: SourceState }
  | { readonly say: 'state'; readonly state: SourceState }
  | { readonly say: 'end'; readonly end: SourceEnd; readonly state: SourceState };
