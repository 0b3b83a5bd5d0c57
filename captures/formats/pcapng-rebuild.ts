/** Packets whose blocks have to change their length to become a sound Enhanced Packet Block: rare, and copied. */
import type { Clock } from './clock.js';
import { BLOCK_TYPE, type BlockBuilder, EPB, NO_TIME_MARK, OPTION, padded } from './epb.js';
import { setFrame } from './pcapng-blocks.js';
import { type RawOption, salvagePacketOptions, swapOptions } from './pcapng-options.js';

/** Octets of `opt_endofopt`. */
const END_BYTES = 4;
/** Octets of an option with a 64-bit value. */
const DROP_COUNT_BYTES = 12;
/** Octets of the `noTime` option and the end of options. */
const NO_TIME_BYTES = 12;

/**
 * Adds the Enhanced (or obsolete) Packet Block at `at` without the options that no reader would accept.
 *
 * @param captured octets of the packet, known to fit into the block
 * @param dropped packets lost before this one, for `epb_dropcount`; 0 leaves it out
 * @returns false when the builder is full.
 */
export function rebuildPacket(
  builder: BlockBuilder,
  bytes: Uint8Array,
  view: DataView,
  at: number,
  length: number,
  little: boolean,
  interfaceId: number,
  clock: Clock,
  captured: number,
  dropped: number,
): boolean {
  const options = salvagePacketOptions(view, at + EPB.data + padded(captured), at + length - 4, little);
  const optionBytes = options.reduce((sum, option) => sum + 4 + padded(option.length), 0);
  const tail = optionBytes + (dropped > 0 ? DROP_COUNT_BYTES : 0);
  const total = EPB.overhead + padded(captured) + tail + (tail > 0 ? END_BYTES : 0);
  const out = builder.reserve(total);
  if (out < 0) {
    return false;
  }
  const target = builder.view;
  builder.buffer.fill(0, out, out + total);
  setFrame(target, out, BLOCK_TYPE.enhancedPacket, total);
  clock.convert(view.getUint32(at + EPB.timeHigh, little), view.getUint32(at + EPB.timeLow, little));
  target.setUint32(out + EPB.interface, interfaceId, true);
  target.setUint32(out + EPB.timeHigh, clock.high, true);
  target.setUint32(out + EPB.timeLow, clock.low, true);
  target.setUint32(out + EPB.captured, captured, true);
  target.setUint32(out + EPB.original, view.getUint32(at + EPB.original, little), true);
  builder.buffer.set(bytes.subarray(at + EPB.data, at + EPB.data + captured), out + EPB.data);
  const start = out + EPB.data + padded(captured);
  const end = copyOptions(builder, bytes, options, start, little);
  if (dropped > 0) {
    target.setUint32(end, OPTION.epbDropCount | (8 << 16), true);
    target.setUint32(end + 4, dropped, true);
  }
  builder.packets++;
  return true;
}

function copyOptions(
  builder: BlockBuilder,
  bytes: Uint8Array,
  options: readonly RawOption[],
  start: number,
  little: boolean,
): number {
  let at = start;
  for (const option of options) {
    builder.view.setUint16(at, option.code, little);
    builder.view.setUint16(at + 2, option.length, little);
    builder.buffer.set(bytes.subarray(option.at, option.at + option.length), at + 4);
    at += 4 + padded(option.length);
  }
  if (!little) {
    swapOptions(builder.buffer, builder.view, start, at, 'packet');
  }
  return at;
}

/**
 * Adds a Simple Packet Block's packet (section 4.4). It has no time: the Enhanced Packet Block says 0 and carries the
 * local option `noTime`, which `hasTime` looks for.
 *
 * @param dataStart where the packet stands in `bytes`
 * @returns false when the builder is full.
 */
export function addSimplePacket(
  builder: BlockBuilder,
  bytes: Uint8Array,
  dataStart: number,
  captured: number,
  original: number,
  interfaceId: number,
): boolean {
  const total = EPB.overhead + padded(captured) + NO_TIME_BYTES;
  const out = builder.reserve(total);
  if (out < 0) {
    return false;
  }
  const target = builder.view;
  builder.buffer.fill(0, out, out + total);
  setFrame(target, out, BLOCK_TYPE.enhancedPacket, total);
  target.setUint32(out + EPB.interface, interfaceId, true);
  target.setUint32(out + EPB.captured, captured, true);
  target.setUint32(out + EPB.original, original, true);
  builder.buffer.set(bytes.subarray(dataStart, dataStart + captured), out + EPB.data);
  const option = out + EPB.data + padded(captured);
  target.setUint32(option, OPTION.noTime | (4 << 16), true);
  target.setUint32(option + 4, NO_TIME_MARK, true);
  builder.packets++;
  return true;
}
