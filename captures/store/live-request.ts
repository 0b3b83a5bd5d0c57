/** What a live capture is asked to be, and what that means for its source and its log. */

import { defined } from '../defined.js';
import type { SourceRequest, StopRules } from '../recording/messages.js';
import type { SegmentLimits } from '../segments/segment-log.js';
import type { EngineName } from '../sources/source.js';
import type { CaptureOrigin, RingRules } from './capture-file.js';

export interface LiveRequest {
  readonly name?: string;
  readonly engine: EngineName;
  readonly interfaces: readonly string[];
  readonly captureFilter?: string;
  /** BPF condition whose packets are left out besides: netglass's own traffic. */
  readonly leaveOut?: string;
  readonly snapLength?: number;
  readonly promiscuous?: boolean;
  readonly bufferBytes?: number;
  readonly stop?: StopRules;
  readonly ring?: RingRules;
}

/** @param leftOut the further condition in force, which is not the user's own */
export function liveSource(
  request: LiveRequest,
  leftOut: string | undefined,
): { origin: CaptureOrigin; source: SourceRequest } {
  const { engine, interfaces, captureFilter, snapLength, promiscuous, bufferBytes } = request;
  const options = defined({ snapLength, promiscuous, bufferBytes });
  const filter = bothFilters(captureFilter, leftOut);
  return {
    origin: { kind: 'live', engine, interfaces, ...defined({ captureFilter, leftOut }), ...options },
    source: {
      kind: 'live',
      engine,
      options: { interfaces, ...defined({ captureFilter: filter }), ...options },
    },
  };
}

export function segmentLimitsOf({ bytes, segments, seconds }: RingRules): SegmentLimits {
  return defined({ ringBytes: bytes, ringSegments: segments, ringSeconds: seconds });
}

function bothFilters(filter: string | undefined, leftOut: string | undefined): string | undefined {
  if (leftOut === undefined) return filter;
  const without = `not (${leftOut})`;
  return filter === undefined || filter.trim() === '' ? without : `(${filter}) and ${without}`;
}
