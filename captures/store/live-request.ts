/** What a live capture is asked to be, and what that means for its source and its log. */

import { defined } from '../defined.js';
import type { SourceRequest, StopRules } from '../recording/messages.js';
import type { SegmentLimits } from '../segments/segment-log.js';
import type { EngineName } from '../sources/source.js';
import type { CaptureOrigin, RingRules, Trigger, TriggerAction } from './capture-file.js';

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
  /** What to do when a display filter first matches; `stop.when` is the same with `stop`, and wins. */
  readonly trigger?: { readonly when: string; readonly action: TriggerAction };
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

/** What a capture that begins waits for; undefined when that is nothing. */
export function triggerOf({ stop, trigger }: LiveRequest): Trigger | undefined {
  const wanted = stop?.when === undefined ? trigger : { when: stop.when, action: 'stop' as const };
  return wanted && { filter: wanted.when, action: wanted.action, packet: null, time: null };
}

export function segmentLimitsOf({ bytes, segments, seconds }: RingRules): SegmentLimits {
  return defined({ ringBytes: bytes, ringSegments: segments, ringSeconds: seconds });
}

function bothFilters(filter: string | undefined, leftOut: string | undefined): string | undefined {
  if (leftOut === undefined) return filter;
  const without = `not (${leftOut})`;
  return filter === undefined || filter.trim() === '' ? without : `(${filter}) and ${without}`;
}
