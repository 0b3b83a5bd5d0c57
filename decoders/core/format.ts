/** Addresses, numbers and octets as text, the way Wireshark writes them. */

/** Arguments of one call; engines have a limit. */
const UNITS_AT_ONCE = 8192;
/** Octets from which on their digits are not added one by one. */
const LONG = 256;

const HEX: readonly string[] = Array.from({ length: 256 }, (_, i) => i.toString(16).padStart(2, '0'));

/** Dotted quad of the 4 octets at `at`. */
export function ipv4Text(view: DataView, at: number): string {
  return `${view.getUint8(at)}.${view.getUint8(at + 1)}.${view.getUint8(at + 2)}.${view.getUint8(at + 3)}`;
}

/** Dotted quad of a 32-bit number. */
export function ipv4FromNumber(value: number): string {
  return `${value >>> 24}.${(value >>> 16) & 255}.${(value >>> 8) & 255}.${value & 255}`;
}

/** RFC 5952 text of the 16 octets at `at`. */
export function ipv6Text(view: DataView, at: number): string {
  return ipv6FromWords(view.getUint32(at), view.getUint32(at + 4), view.getUint32(at + 8), view.getUint32(at + 12));
}

/** RFC 5952 text of four 32-bit words, most significant first. */
export function ipv6FromWords(a: number, b: number, c: number, d: number): string {
  // RFC 5952, section 5: IPv4-mapped (::ffff:0:0/96) and IPv4-compatible addresses are written with a dotted quad.
  if (a === 0 && b === 0 && c === 0xffff) return `::ffff:${ipv4FromNumber(d)}`;
  const groups = [a >>> 16, a & 0xffff, b >>> 16, b & 0xffff, c >>> 16, c & 0xffff, d >>> 16, d & 0xffff];
  if (a === 0 && b === 0 && c === 0 && d >>> 16 !== 0) return `::${ipv4FromNumber(d)}`;
  let bestStart = -1;
  let bestLength = 1; // section 4.2.2: a single zero group is not shortened
  for (let i = 0; i < 8; i++) {
    let j = i;
    while (j < 8 && groups[j] === 0) j++;
    if (j - i > bestLength) {
      bestStart = i;
      bestLength = j - i;
    }
    if (j > i) i = j;
  }
  const text = (from: number, to: number) =>
    groups
      .slice(from, to)
      .map((g) => g.toString(16))
      .join(':');
  return bestStart < 0 ? text(0, 8) : `${text(0, bestStart)}::${text(bestStart + bestLength, 8)}`;
}

/** Six octets, colon-separated. */
export function etherText(view: DataView, at: number): string {
  let out = HEX[view.getUint8(at)];
  for (let i = 1; i < 6; i++) out += `:${HEX[view.getUint8(at + i)]}`;
  return out;
}

/** Six octets as text from their first 16 and last 32 bits. */
export function etherFromWords(high: number, low: number): string {
  const hex = (value: number) => HEX[value & 255];
  return `${hex(high >>> 8)}:${hex(high)}:${hex(low >>> 24)}:${hex(low >>> 16)}:${hex(low >>> 8)}:${hex(low)}`;
}

/** Octets as hexadecimal digits without separators, as `tshark -T fields` prints them. */
export function hexText(view: DataView, at: number, length: number): string {
  if (length > LONG) return longHexText(view, at, length);
  let out = '';
  for (let i = 0; i < length; i++) out += HEX[view.getUint8(at + i)];
  return out;
}

/** Many octets: text that grows by two digits at a time would be as many pieces to put together in the end. */
function longHexText(view: DataView, at: number, length: number): string {
  const parts: string[] = [];
  const digits = new Uint8Array(UNITS_AT_ONCE);
  for (let from = 0; from < length; from += UNITS_AT_ONCE / 2) {
    const count = Math.min(UNITS_AT_ONCE / 2, length - from);
    for (let i = 0; i < count; i++) {
      const octet = view.getUint8(at + from + i);
      digits[2 * i] = digit(octet >> 4);
      digits[2 * i + 1] = digit(octet & 15);
    }
    parts.push(String.fromCharCode.apply(null, digits.subarray(0, 2 * count) as unknown as number[]));
  }
  return parts.join('');
}

function digit(value: number): number {
  return value < 10 ? 48 + value : 87 + value;
}

/** `0x…`, padded to the field's width. */
export function hexNumber(value: number | bigint, bits: number): string {
  return `0x${value.toString(16).padStart(Math.ceil(bits / 4), '0')}`;
}

/** A GUID as Microsoft's protocols write it: the first three parts are little-endian (MS-DTYP, section 2.3.4.2). */
export function guidText(view: DataView, at: number): string {
  const part = (value: number, digits: number) => value.toString(16).padStart(digits, '0');
  const first = `${part(view.getUint32(at, true), 8)}-${part(view.getUint16(at + 4, true), 4)}-${part(view.getUint16(at + 6, true), 4)}`;
  return `${first}-${hexText(view, at + 8, 2)}-${hexText(view, at + 10, 6)}`;
}

const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];

/**
 * A moment as `tshark -T fields` prints it: `Jan  2, 2015 21:52:08.000000000 UTC`.
 *
 * @param seconds since 1970-01-01 UTC
 * @param nanoseconds 0 … 999,999,999
 */
export function absoluteTimeText(seconds: number, nanoseconds = 0): string {
  const date = new Date(seconds * 1000);
  const two = (value: number) => (value < 10 ? `0${value}` : `${value}`);
  const clock = `${two(date.getUTCHours())}:${two(date.getUTCMinutes())}:${two(date.getUTCSeconds())}`;
  const day = date.getUTCDate();
  const year = String(date.getUTCFullYear()).padStart(4, '0');
  const fraction = nanoseconds === 0 ? '000000000' : String(nanoseconds).padStart(9, '0');
  return `${MONTHS[date.getUTCMonth()]} ${day < 10 ? ' ' : ''}${day}, ${year} ${clock}.${fraction} UTC`;
}

const decoder = new TextDecoder('utf-8', { fatal: false, ignoreBOM: true });

/** UTF-8 text; invalid sequences become U+FFFD. */
export function utf8Text(view: DataView, at: number, length: number): string {
  return decoder.decode(new Uint8Array(view.buffer, view.byteOffset + at, length));
}

/** UTF-8 text up to the first zero octet, or all of it: what a C string in a fixed space holds. */
export function zeroEndedText(view: DataView, at: number, length: number): string {
  let octets = 0;
  while (octets < length && view.getUint8(at + octets) !== 0) octets++;
  return utf8Text(view, at, octets);
}

const ESCAPES: Readonly<Record<string, string>> = {
  '\u0007': '\\a',
  '\b': '\\b',
  '\f': '\\f',
  '\n': '\\n',
  '\r': '\\r',
  '\t': '\\t',
  '\v': '\\v',
};

/** Text with its control characters as C writes them, for people: a terminal must not obey a packet. */
export function escapedText(value: string): string {
  let out = '';
  let from = 0;
  for (let at = 0; at < value.length; at++) {
    const code = value.charCodeAt(at);
    if (code >= 0x20 && code !== 0x7f) continue;
    out += `${value.slice(from, at)}${ESCAPES[value[at]] ?? `\\${code.toString(8).padStart(3, '0')}`}`;
    from = at + 1;
  }
  return from === 0 ? value : `${out}${value.slice(from)}`;
}

/**
 * Text with its white space as C writes it, and all its other characters as they are: as `tshark -T fields` does, which
 * leaves vertical tabs too.
 */
export function lineText(value: string): string {
  return value.replace(/[\b-\n\f\r]/g, (character) => ESCAPES[character]);
}

/** ASCII text; every octet beyond it becomes U+FFFD. It ends at a zero octet. */
export function asciiText(octets: Uint8Array): string {
  const zero = octets.indexOf(0);
  const length = zero < 0 ? octets.length : zero;
  let beyond = 0;
  for (let i = 0; i < length; i++) beyond |= octets[i];
  if (beyond < 128) return decoder.decode(length < octets.length ? octets.subarray(0, length) : octets);
  const units = new Uint16Array(length);
  for (let i = 0; i < length; i++) units[i] = octets[i] < 128 ? octets[i] : 0xfffd;
  const parts: string[] = [];
  for (let at = 0; at < length; at += UNITS_AT_ONCE)
    parts.push(String.fromCharCode.apply(null, units.subarray(at, at + UNITS_AT_ONCE) as unknown as number[]));
  return parts.join('');
}
