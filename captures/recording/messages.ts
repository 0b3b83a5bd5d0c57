/** What the threads of a capture tell each other. Every message is about a block or more, never about a packet. */

import type { MessagePort } from 'node:worker_threads';
import type { Checkpoint, Expired, IndexTotals } from '../index/capture-index.js';
import type { LogPosition, SegmentLimits } from '../segments/segment-log.js';
import type {
  CaptureErrorCode,
  CaptureInterface,
  EngineName,
  LiveOptions,
  SourceEnd,
  SourceStatistics,
} from '../sources/source.js';
import type { Past } from './log-indexer.js';

/** What the recorder is to read. `stream`: chunks that arrive through a port. */
export type SourceRequest =
  | { readonly kind: 'live'; readonly engine: EngineName; readonly options: LiveOptions }
  | { readonly kind: 'file'; readonly path: string }
  | { readonly kind: 'stream'; readonly name: string; readonly port: MessagePort };

/** When a capture ends by itself. */
export interface StopRules {
  readonly packets?: number;
  /** Octets on the wire. */
  readonly bytes?: number;
  readonly seconds?: number;
  /** Display filter: the first packet that meets it ends the capture. The query thread looks for it. */
  readonly when?: string;
}

export interface RecorderData {
  readonly folder: string;
  readonly source: SourceRequest;
  readonly stop: StopRules;
  readonly limits: SegmentLimits;
  /** Where the indexer hears how far the log has grown, and says which segment it is reading. */
  readonly indexer: MessagePort;
}

export interface IndexerData {
  readonly folder: string;
  readonly recorder: MessagePort | undefined;
  /** Where the programs of new flows are asked for, in a live capture. */
  readonly programs?: MessagePort | undefined;
  /** For an index that is built again. */
  readonly past: Past | undefined;
}

/** Recorder → indexer. */
export type LogMessage =
  | { readonly type: 'grown'; readonly position: LogPosition }
  | { readonly type: 'expired'; readonly firstPacket: number }
  | { readonly type: 'complete'; readonly position: LogPosition };

/** Indexer → recorder: the segment at which indexing would go on after a crash. */
export interface ReadMessage {
  readonly type: 'reading';
  readonly segment: number;
}

/** Recorder → main. */
export type RecorderMessage =
  | { readonly type: 'opened'; readonly interfaces: readonly CaptureInterface[] }
  | { readonly type: 'refused'; readonly code: CaptureErrorCode; readonly message: string; readonly hint?: string }
  | { readonly type: 'statistics'; readonly statistics: SourceStatistics; readonly warnings: readonly string[] }
  | { readonly type: 'interfaces'; readonly interfaces: readonly CaptureInterface[] }
  | {
      readonly type: 'ended';
      readonly end: SourceEnd;
      readonly statistics: SourceStatistics;
      readonly warnings: readonly string[];
    };

/** Indexer → main. */
export type IndexerMessage =
  | { readonly type: 'ready' }
  | {
      readonly type: 'committed';
      readonly checkpoint: Checkpoint;
      readonly totals: IndexTotals;
      readonly expired: Expired;
      readonly baseTime?: bigint;
    }
  | { readonly type: 'finished' }
  /** `full`: the disk has no room for the index any more. */
  | { readonly type: 'failed'; readonly message: string; readonly full: boolean };

/** Main → recorder. */
export interface StopMessage {
  readonly type: 'stop';
}

/** Through a stream's port: chunks one way, credits the other, so that only a few are ever in flight. */
export type ChunkMessage = { readonly chunk: Uint8Array } | { readonly end: true } | { readonly broken: string };
export interface CreditMessage {
  readonly credit: number;
}
