/**
 * Blocks that are neither packets nor headers, turned little-endian and nanosecond in place, so that they can stand
 * in any little-endian section (draft-ietf-opsawg-pcapng, sections 4.5 to 4.8). None of them changes its length.
 */
import type { Clock } from './clock.js';
import { BLOCK_TYPE, OPTION, padded } from './epb.js';
import { readOptions, swapInPlace, swapOptions } from './pcapng-options.js';

/** Sets the two lengths and the type of a block, little-endian. */
export function setFrame(view: DataView, at: number, type: number, length: number): void {
  view.setUint32(at, type, true);
  view.setUint32(at + 4, length, true);
  view.setUint32(at + length - 4, length, true);
}

/** Turns the big-endian block at `at` little-endian. The contents of unknown blocks stay as they are. */
export function swapBlock(bytes: Uint8Array, view: DataView, at: number, type: number, length: number): void {
  setFrame(view, at, type, length);
  const body = at + 8;
  const end = at + length - 4;
  switch (type) {
    case BLOCK_TYPE.nameResolution:
      swapNames(bytes, view, body, end);
      break;
    case BLOCK_TYPE.decryptionSecrets:
      if (end - body >= 8) {
        swapInPlace(bytes, body, 4);
        swapInPlace(bytes, body + 4, 4);
        const options = body + 8 + padded(view.getUint32(body + 4, true));
        if (options > body && options < end) {
          swapOptions(bytes, view, options, end, 'other');
        }
      }
      break;
    case BLOCK_TYPE.custom:
    case BLOCK_TYPE.customNoCopy:
      if (end - body >= 4) {
        swapInPlace(bytes, body, 4);
      }
      break;
  }
}

/** Section 4.5: records of type and length until type 0, then options. Addresses are in network order always. */
function swapNames(bytes: Uint8Array, view: DataView, body: number, end: number): void {
  let at = body;
  while (end - at >= 4) {
    const type = view.getUint16(at, false);
    const length = view.getUint16(at + 2, false);
    view.setUint16(at, type, true);
    view.setUint16(at + 2, length, true);
    at += 4 + padded(length);
    if (type === 0) {
      swapOptions(bytes, view, at, end, 'other');
      return;
    }
  }
}

/**
 * The Interface Statistics Block at `at` (section 4.6), of at least 24 octets: its own interface id and its interface's
 * clock become those of the source.
 */
export function convertStatistics(
  bytes: Uint8Array,
  view: DataView,
  at: number,
  length: number,
  little: boolean,
  interfaceId: number,
  clock: Clock,
): void {
  const options = at + 20;
  const end = at + length - 4;
  clock.convert(view.getUint32(at + 12, little), view.getUint32(at + 16, little));
  view.setUint32(at + 8, interfaceId, true);
  view.setUint32(at + 12, clock.high, true);
  view.setUint32(at + 16, clock.low, true);
  if (!little) {
    setFrame(view, at, BLOCK_TYPE.interfaceStatistics, length);
    swapOptions(bytes, view, options, end, 'statistics');
  }
  for (const option of readOptions(view, options, end, true) ?? []) {
    if ((option.code === OPTION.isbStartTime || option.code === OPTION.isbEndTime) && option.length === 8) {
      clock.convert(view.getUint32(option.at, true), view.getUint32(option.at + 4, true));
      view.setUint32(option.at, clock.high, true);
      view.setUint32(option.at + 4, clock.low, true);
    }
  }
}
