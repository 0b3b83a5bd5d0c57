/** Bencoding, BEP 3: `4:spam`, `i42e`, `l…e`, `d…e`. What BitTorrent's protocols share of reading it. */

import { utf8Text } from '../core/format.js';

const COLON = 0x3a;

/** A string's octets: where they begin and how many there are; undefined where no string begins or its length is not whole. */
export function bencodedString(view: DataView, at: number, end: number): { at: number; length: number } | undefined {
  let length = 0;
  for (let i = at; i < end && i < at + 8; i++) {
    const octet = view.getUint8(i);
    if (octet === COLON && i > at) return { at: i + 1, length };
    if (octet < 0x30 || octet > 0x39) return undefined;
    length = length * 10 + octet - 0x30;
  }
  return undefined;
}

/** Text where all octets are printable ASCII, hexadecimal digits where they are not. */
export function readableText(view: DataView, at: number, length: number): string {
  let hex = '';
  let printable = true;
  for (let i = at; i < at + length; i++) {
    const octet = view.getUint8(i);
    hex += octet.toString(16).padStart(2, '0');
    if (octet < 0x20 || octet > 0x7e) printable = false;
  }
  return printable ? utf8Text(view, at, length) : hex;
}
