/** The static table of RFC 7541, appendix A, and the Huffman code of appendix B. */

const names =
  ':authority|:method GET|:method POST|:path /|:path /index.html|:scheme http|:scheme https|:status 200|:status 204|:status 206|' +
  ':status 304|:status 400|:status 404|:status 500|accept-charset|accept-encoding gzip, deflate|accept-language|accept-ranges|' +
  'accept|access-control-allow-origin|age|allow|authorization|cache-control|content-disposition|content-encoding|' +
  'content-language|content-length|content-location|content-range|content-type|cookie|date|etag|expect|expires|from|host|' +
  'if-match|if-modified-since|if-none-match|if-range|if-unmodified-since|last-modified|link|location|max-forwards|' +
  'proxy-authenticate|proxy-authorization|range|referer|refresh|retry-after|server|set-cookie|strict-transport-security|' +
  'transfer-encoding|user-agent|vary|via|www-authenticate';

/** Entries 1 to 61: name and value. */
export const staticTable: readonly (readonly [string, string])[] = names.split('|').map((entry) => {
  const space = entry.indexOf(' ');
  return space < 0 ? [entry, ''] : [entry.slice(0, space), entry.slice(space + 1)];
});

/**
 * Bits of each octet's code, and of the end of string. The code is canonical (section 5.2): within a length the codes count up
 * in the order of the symbols, and so they follow from the lengths.
 */
const lengths = (
  '13 23 28 28 28 28 28 28 28 24 30 28 28 30 28 28 28 28 28 28 28 28 30 28 28 28 28 28 28 28 28 28 ' +
  '6 10 10 12 13 6 8 11 10 10 8 11 8 6 6 6 5 5 5 6 6 6 6 6 6 6 7 8 15 6 12 10 ' +
  '13 6 7 7 7 7 7 7 7 7 7 7 7 7 7 7 7 7 7 7 7 7 7 7 8 7 8 13 19 13 14 6 ' +
  '15 5 6 5 6 5 6 6 6 5 7 7 6 6 6 5 6 7 6 5 5 6 7 7 7 7 7 15 11 14 13 28 ' +
  '20 22 20 20 22 22 22 23 22 23 23 23 23 23 24 23 24 24 22 23 24 23 23 23 23 21 22 23 22 23 23 24 ' +
  '22 21 20 22 22 23 23 21 23 22 22 24 21 22 23 23 21 21 22 21 23 22 23 23 20 22 22 22 23 22 22 23 ' +
  '26 26 20 19 22 23 22 25 26 26 26 27 27 26 24 25 19 21 26 27 27 26 27 24 21 21 26 26 28 27 27 27 ' +
  '20 24 20 21 22 21 21 23 22 22 25 25 24 24 26 23 26 27 26 26 27 27 27 27 27 28 27 27 27 27 27 26 30'
)
  .split(' ')
  .map(Number);

const EOS = 256;
const LONGEST = 30;

/** For each length: the first code, the number of codes, and where their symbols begin in `symbols`. */
const first = new Int32Array(LONGEST + 1);
const count = new Int32Array(LONGEST + 1);
const offset = new Int32Array(LONGEST + 1);
const symbols: number[] = [];

let code = 0;
for (let length = 1; length <= LONGEST; length++) {
  code <<= 1;
  first[length] = code;
  offset[length] = symbols.length;
  lengths.forEach((bits, symbol) => {
    if (bits === length) symbols.push(symbol);
  });
  count[length] = symbols.length - offset[length];
  code += count[length];
}

/** Decodes a string; undefined when it contains the end of string, or ends in what is no padding (section 5.2). */
export function huffmanDecode(view: DataView, at: number, length: number): Uint8Array<ArrayBuffer> | undefined {
  const out = new Uint8Array(Math.floor((length * 8) / 5));
  let size = 0;
  let bits = 0;
  let value = 0;
  for (let i = 0; i < length; i++) {
    const octet = view.getUint8(at + i);
    for (let bit = 7; bit >= 0; bit--) {
      value = (value << 1) | ((octet >> bit) & 1);
      bits++;
      if (bits > LONGEST) return undefined;
      const index = value - first[bits];
      if (index < 0 || index >= count[bits]) continue;
      const symbol = symbols[offset[bits] + index];
      if (symbol === EOS) return undefined;
      out[size++] = symbol;
      bits = value = 0;
    }
  }
  const padded = bits < 8 && value === 2 ** bits - 1;
  return padded ? out.slice(0, size) : undefined;
}
