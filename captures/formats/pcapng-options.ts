/** Options of pcapng blocks (draft-ietf-opsawg-pcapng, section 3.5): reading them, and turning them little-endian. */
import { OPTION, padded } from './epb.js';

/** One option, in place. */
export interface RawOption {
  readonly code: number;
  /** Where the value starts. */
  readonly at: number;
  readonly length: number;
}

/**
 * The options in `start` … `end`, up to `opt_endofopt` or the end.
 * @returns undefined when an option is longer than what is left for it.
 */
export function readOptions(view: DataView, start: number, end: number, little: boolean): RawOption[] | undefined {
  const options: RawOption[] = [];
  let at = start;
  while (end - at >= 4) {
    const code = view.getUint16(at, little);
    const length = view.getUint16(at + 2, little);
    if (code === OPTION.endOfOptions) {
      break;
    }
    if (at + 4 + length > end) {
      return undefined;
    }
    options.push({ code, at: at + 4, length });
    at += 4 + padded(length);
  }
  return options;
}

/** An option's value as UTF-8 text, without the zeros that some writers end it with. */
export function optionText(bytes: Uint8Array, option: RawOption): string {
  let end = option.at + option.length;
  while (end > option.at && bytes[end - 1] === 0) {
    end--;
  }
  return TEXT.decode(bytes.subarray(option.at, end));
}

const TEXT = new TextDecoder('utf-8');

/** The one length that an option of a packet may have; readers refuse a file where it differs. Section 4.3. */
const PACKET_OPTION_LENGTH: Readonly<Record<number, number>> = {
  [OPTION.epbFlags]: 4,
  [OPTION.epbDropCount]: 8,
  [OPTION.epbPacketId]: 8,
  [OPTION.epbQueue]: 4,
};

function soundPacketOption(code: number, length: number): boolean {
  switch (code) {
    case OPTION.epbFlags:
    case OPTION.epbDropCount:
    case OPTION.epbPacketId:
    case OPTION.epbQueue:
      return length === PACKET_OPTION_LENGTH[code];
    case OPTION.epbHash:
    case OPTION.epbVerdict:
      return length >= 1;
    case OPTION.customString:
    case OPTION.customBytes:
    case OPTION.customStringNoCopy:
    case OPTION.customBytesNoCopy:
      return length >= 4;
    default:
      return true;
  }
}

/** Whether every option of a packet, in `start` … `end`, has a length that readers accept. Allocates nothing. */
export function soundPacketOptions(view: DataView, start: number, end: number, little: boolean): boolean {
  let at = start;
  while (end - at >= 4) {
    const code = view.getUint16(at, little);
    const length = view.getUint16(at + 2, little);
    if (code === OPTION.endOfOptions) {
      return true;
    }
    // Padded: the padding has to be there too.
    if (at + 4 + padded(length) > end || !soundPacketOption(code, length)) {
      return false;
    }
    at += 4 + padded(length);
  }
  return true;
}

/** The options of a packet that `soundPacketOptions` would accept one by one; reading stops where one overruns. */
export function salvagePacketOptions(view: DataView, start: number, end: number, little: boolean): RawOption[] {
  const options: RawOption[] = [];
  let at = start;
  while (end - at >= 4) {
    const code = view.getUint16(at, little);
    const length = view.getUint16(at + 2, little);
    if (code === OPTION.endOfOptions || at + 4 + padded(length) > end) {
      break;
    }
    if (soundPacketOption(code, length)) {
      options.push({ code, at: at + 4, length });
    }
    at += 4 + padded(length);
  }
  return options;
}

/** Swaps `width` octets in place. */
export function swapInPlace(bytes: Uint8Array, at: number, width: 2 | 4 | 8): void {
  for (let i = at, j = at + width - 1; i < j; i++, j--) {
    const octet = bytes[i];
    bytes[i] = bytes[j];
    bytes[j] = octet;
  }
}

/** Which numbers the values of a block's options hold; strings, addresses and hashes are not swapped. */
export type OptionKind = 'packet' | 'statistics' | 'other';

/**
 * Turns big-endian options in `start` … `end` little-endian, in place. Values of unknown options stay as they are.
 * Where an option overruns, the rest becomes `opt_endofopt`.
 */
export function swapOptions(bytes: Uint8Array, view: DataView, start: number, end: number, kind: OptionKind): void {
  let at = start;
  while (end - at >= 4) {
    const code = view.getUint16(at, false);
    const length = view.getUint16(at + 2, false);
    if (code !== OPTION.endOfOptions && at + 4 + length > end) {
      bytes.fill(0, at, end);
      return;
    }
    view.setUint16(at, code, true);
    view.setUint16(at + 2, length, true);
    if (code === OPTION.endOfOptions) {
      return;
    }
    swapValue(bytes, code, at + 4, length, kind);
    at += 4 + padded(length);
  }
}

function swapValue(bytes: Uint8Array, code: number, at: number, length: number, kind: OptionKind): void {
  if (isCustomOption(code)) {
    // The Private Enterprise Number; what follows is the enterprise's own.
    if (length >= 4) {
      swapInPlace(bytes, at, 4);
    }
  } else if (kind === 'packet') {
    if (code === OPTION.epbVerdict) {
      // An octet of type; Linux's two kinds then have 64 bits.
      if (length === 9) {
        swapInPlace(bytes, at + 1, 8);
      }
    } else if (PACKET_OPTION_LENGTH[code] === length || (code === OPTION.noTime && length === 4)) {
      swapInPlace(bytes, at, length as 4 | 8);
    }
  } else if (kind === 'statistics' && length === 8) {
    if (code === OPTION.isbStartTime || code === OPTION.isbEndTime) {
      swapInPlace(bytes, at, 4);
      swapInPlace(bytes, at + 4, 4);
    } else if (code >= OPTION.isbReceived && code <= OPTION.isbDelivered) {
      swapInPlace(bytes, at, 8);
    }
  }
}

function isCustomOption(code: number): boolean {
  return (
    code === OPTION.customString ||
    code === OPTION.customBytes ||
    code === OPTION.customStringNoCopy ||
    code === OPTION.customBytesNoCopy
  );
}
