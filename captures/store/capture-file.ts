/** `capture.json`: what a capture is, beside its packets. Everything that the packets themselves do not say. */

import { closeSync, fsyncSync, openSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { uptime } from 'node:os';
import { join } from 'node:path';
import { type Expired, NOTHING_EXPIRED } from '../index/capture-index.js';
import type { StopRules } from '../recording/messages.js';
import { syncFolder } from '../segments/segment-files.js';
import type { CaptureInterface, EngineName } from '../sources/source.js';

export type CaptureState = 'running' | 'stopped' | 'importing' | 'failed';

/** Octets, segments or seconds that a ring keeps at most. */
export interface RingRules {
  readonly bytes?: number;
  readonly segments?: number;
  readonly seconds?: number;
}

/** Where a capture's packets come from. */
export type CaptureOrigin =
  | {
      readonly kind: 'live';
      readonly engine: EngineName;
      readonly interfaces: readonly string[];
      readonly captureFilter?: string;
      /** The traffic of netglass itself is left out by this further condition. */
      readonly leftOut?: string;
      readonly snapLength?: number;
      readonly promiscuous?: boolean;
      readonly bufferBytes?: number;
    }
  | { readonly kind: 'import'; readonly file: string };

/** Counts that outlive the source; null where the engine cannot know. */
export interface Loss {
  /** Lost in the kernel for want of buffer. */
  kernel: number | null;
  /** Lost by the interface or its driver. */
  interface: number | null;
  /** Lost in the daemon. */
  daemon: number | null;
  /** Kept only in part (snap length). */
  truncated: number;
  /** Contradict themselves. */
  malformed: number;
}

/** What happens when a display filter first matches. */
export type TriggerAction = 'stop' | 'mark' | 'notify';

export interface Trigger {
  readonly filter: string;
  readonly action: TriggerAction;
  /** The first packet that met it; null while none has. */
  readonly packet: number | null;
  /** Of that packet: nanoseconds since 1970, as decimal text. */
  readonly time: string | null;
}

export interface CaptureRecord {
  readonly id: string;
  name: string;
  comment?: string;
  state: CaptureState;
  readonly source: CaptureOrigin;
  readonly stop: StopRules;
  /** What the capture waits for, `stop.when` too. */
  trigger?: Trigger;
  readonly ring: RingRules;
  interfaces: Pick<CaptureInterface, 'id' | 'name' | 'description' | 'linkType' | 'comment'>[];
  /** RFC 3339. */
  readonly startedAt: string;
  stoppedAt: string | null;
  /** Number of the newest packet: those that the ring has let go are counted, here and in the octets and losses. */
  packets: number;
  /** Octets on the wire. */
  bytes: number;
  /** Nanoseconds since 1970, as decimal text; null while there is no packet with a time. */
  firstTime: string | null;
  lastTime: string | null;
  loss: Loss;
  /** Number of the first packet that the ring still has. */
  firstPacket: number;
  /** What the ring has let go, and the time (nanoseconds since 1970, decimal) that the index counts from: for reindexing. */
  expired: Expired;
  baseTime: string | null;
  /** The boot of the machine in which it ran: after another one, what the disk has of the index is not trusted. */
  bootId: string;
  /** One sentence for a person. */
  error?: string;
  /** Why the index lacks packets that the log has; indexing again mends it. */
  indexError?: string;
  warnings: string[];
}

const NAME = 'capture.json';

/** Writes the record so that a crash leaves the old or the new one, never half of either. */
export function saveCapture(folder: string, record: CaptureRecord): void {
  const file = join(folder, NAME);
  const fd = openSync(`${file}.new`, 'w');
  try {
    writeFileSync(fd, `${JSON.stringify(record, undefined, 2)}\n`);
    fsyncSync(fd);
  } finally {
    closeSync(fd);
  }
  renameSync(`${file}.new`, file);
  syncFolder(folder);
}

/** @throws when there is none, or it is no capture's record */
export function loadCapture(folder: string): CaptureRecord {
  const record = JSON.parse(readFileSync(join(folder, NAME), 'utf8')) as Partial<CaptureRecord> | null;
  if (typeof record?.id !== 'string' || typeof record.state !== 'string' || typeof record.source?.kind !== 'string')
    throw new Error(`${join(folder, NAME)} is no record of a capture`);
  const whole = { ...newRecord(record.id, record.id, record.source), ...record };
  // As it was written before there were other actions, and no time.
  if (whole.trigger !== undefined) whole.trigger = { ...{ action: 'stop', time: null }, ...whole.trigger };
  return whole;
}

/** A capture that has just begun. */
export function newRecord(id: string, name: string, source: CaptureOrigin): CaptureRecord {
  return {
    id,
    name,
    state: source.kind === 'live' ? 'running' : 'importing',
    source,
    stop: {},
    ring: {},
    interfaces: [],
    startedAt: new Date().toISOString(),
    stoppedAt: null,
    packets: 0,
    bytes: 0,
    firstTime: null,
    lastTime: null,
    loss: { kernel: null, interface: null, daemon: null, truncated: 0, malformed: 0 },
    firstPacket: 1,
    expired: NOTHING_EXPIRED,
    baseTime: null,
    bootId: currentBootId(),
    warnings: [],
  };
}

/** What tells one boot of this machine from the next; where the kernel does not say, the hour at which it started. */
export function currentBootId(): string {
  try {
    return readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim();
  } catch {
    return `booted ${new Date(Date.now() - uptime() * 1000).toISOString().slice(0, 13)}`;
  }
}
