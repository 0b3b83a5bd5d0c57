/** Captures, flows and packets as JSON. */

import type { PacketDetail } from '../captures/query/query-types.js';
import type { CaptureRecord, Loss, Trigger } from '../captures/store/capture-file.js';
import type { Mark } from '../captures/store/marks.js';
import { timeText } from '../decoders/core/frame.js';

const orNull = (time: string | null): string | null => (time === null ? null : timeText(BigInt(time)));

/** `Date`'s three decimals as the nine that every time here has. */
const nineDecimals = (iso: string): string => iso.replace(/\.(\d{3})Z$/, '.$1000000Z');

/** A copy: the record goes on counting. */
export function lossOf(record: CaptureRecord): Loss {
  return { ...record.loss };
}

export function captureJson(record: CaptureRecord) {
  return {
    id: record.id,
    name: record.name,
    ...(record.comment === undefined ? {} : { comment: record.comment }),
    state: record.state,
    source: record.source,
    ...(Object.keys(record.stop).length === 0 ? {} : { stop: record.stop }),
    ...(record.trigger === undefined ? {} : { trigger: triggerJson(record.trigger) }),
    ...(Object.keys(record.ring).length === 0 ? {} : { ring: record.ring }),
    linkTypes: [...new Set(record.interfaces.map((one) => one.linkType))],
    interfaces: record.interfaces,
    startedAt: nineDecimals(record.startedAt),
    stoppedAt: record.stoppedAt === null ? null : nineDecimals(record.stoppedAt),
    packets: record.packets,
    bytes: record.bytes,
    firstTime: orNull(record.firstTime),
    lastTime: orNull(record.lastTime),
    firstPacket: record.firstPacket,
    loss: lossOf(record),
    ...(record.error === undefined ? {} : { error: record.error }),
    warnings: record.warnings,
  };
}

export function triggerJson(trigger: Trigger) {
  return { ...trigger, time: orNull(trigger.time) };
}

export function markJson({ id, text, time }: Mark) {
  return { id, text, time: timeText(BigInt(time)) };
}

/** In the detail, `problems` are sentences; the row's kinds are the same in short. */
export function packetJson({ details, ...detail }: PacketDetail, record: CaptureRecord) {
  return { ...detail, problems: details, loss: lossOf(record) };
}

/** JSON text; integers that a double cannot hold are decimal text. */
export function jsonText(value: unknown): string {
  return JSON.stringify(value, (_key, member: unknown) => (typeof member === 'bigint' ? member.toString() : member));
}
