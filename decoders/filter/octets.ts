/** Octets, addresses and text, between what a person writes and what stands in packets. */

const encoder = new TextEncoder();

/** A text written in a filter as octets: UTF-8, but `\xNN` is the octet NN (see `escapedOctet`). */
export function octetsOfText(text: string): Uint8Array {
  const parts: number[] = [];
  for (const character of text) {
    const code = character.codePointAt(0)!;
    if (code < 0x80) parts.push(code);
    else if (code >= 0xdc80 && code <= 0xdcff) parts.push(code & 0xff);
    else parts.push(...encoder.encode(character));
  }
  return Uint8Array.from(parts);
}

/**
 * How the escape sequence of an octet stands in a text: the octets that are no ASCII become lone surrogates, which no
 * typed character is, so that "\xe9" stays one octet and "é" becomes UTF-8's two.
 */
export function escapedOctet(octet: number): string {
  return String.fromCharCode(octet < 0x80 ? octet : 0xdc00 + octet);
}

/** Octets from hexadecimal digits without separators; undefined when they are none. */
export function octetsOfHex(hex: string): Uint8Array | undefined {
  if (hex.length % 2 !== 0 || !/^[0-9A-Fa-f]*$/.test(hex)) return undefined;
  const octets = new Uint8Array(hex.length / 2);
  for (let i = 0; i < octets.length; i++) octets[i] = Number.parseInt(hex.slice(2 * i, 2 * i + 2), 16);
  return octets;
}

/** `aa:bb`, `aa-bb`, `0.1.0.d`, `aabb.ccdd`, `7a`; undefined when it is none of them. */
export function octetsOfWord(text: string): Uint8Array | undefined {
  if (!/^[0-9A-Fa-f]+([:.-][0-9A-Fa-f]+)*:?$/.test(text)) return undefined;
  const groups = text.split(/[:.-]/).filter((group) => group !== '');
  if (groups.some((group) => group.length > 1 && group.length % 2 !== 0)) return undefined;
  return octetsOfHex(groups.map((group) => (group.length === 1 ? `0${group}` : group)).join(''));
}

/** The 32-bit number of a dotted quad; undefined when it is none. */
export function ipv4OfText(text: string): number | undefined {
  const match = /^(\d{1,3})\.(\d{1,3})\.(\d{1,3})\.(\d{1,3})$/.exec(text);
  if (match === null) return undefined;
  const octets = match.slice(1).map(Number);
  if (octets.some((octet) => octet > 255)) return undefined;
  return octets.reduce((sum, octet) => sum * 256 + octet, 0);
}

/** The 16 octets of an IPv6 address in any of RFC 4291's forms; undefined when it is none. */
export function ipv6OfText(text: string): Uint8Array | undefined {
  let rest = text;
  const tail: number[] = [];
  const quad = /(^|:)(\d+\.\d+\.\d+\.\d+)$/.exec(text);
  if (quad !== null) {
    const number = ipv4OfText(quad[2]);
    if (number === undefined) return undefined;
    tail.push(number >>> 16, number & 0xffff);
    rest = text.slice(0, text.length - quad[2].length);
    if (rest.endsWith(':') && !rest.endsWith('::')) rest = rest.slice(0, -1);
  }
  const halves = rest.split('::');
  if (halves.length > 2) return undefined;
  const words = halves.map((half) => (half === '' ? [] : half.split(':')));
  if (words.flat().some((word) => !/^[0-9A-Fa-f]{1,4}$/.test(word))) return undefined;
  const [left, right] = words.map((half) => half.map((word) => Number.parseInt(word, 16)));
  const groups = left.length + (right?.length ?? 0) + tail.length;
  if (right === undefined ? groups !== 8 : groups > 7) return undefined;
  const all = right === undefined ? [...left, ...tail] : [...left, ...Array(8 - groups).fill(0), ...right, ...tail];
  const octets = new Uint8Array(16);
  all.forEach((group: number, i) => {
    octets[2 * i] = group >> 8;
    octets[2 * i + 1] = group & 0xff;
  });
  return octets;
}

/** The octets of an IPv4 (4) or IPv6 (16) address, whose zone (`%eth0`) is left out; undefined when it is none. */
export function addressOctets(text: string): Uint8Array | undefined {
  const [address] = text.split('%');
  const quad = ipv4OfText(address);
  return quad === undefined
    ? ipv6OfText(address)
    : Uint8Array.of(quad >>> 24, (quad >>> 16) & 255, (quad >>> 8) & 255, quad & 255);
}

/** Order of two octet strings: by their octets, then the shorter first. */
export function compareOctets(a: Uint8Array, b: Uint8Array): number {
  const length = Math.min(a.length, b.length);
  for (let i = 0; i < length; i++) if (a[i] !== b[i]) return a[i] - b[i];
  return a.length - b.length;
}

/** Whether the first `bits` bits are the same in both. */
export function samePrefix(a: Uint8Array, b: Uint8Array, bits: number): boolean {
  const whole = bits >> 3;
  if (a.length * 8 < bits || b.length * 8 < bits) return false;
  for (let i = 0; i < whole; i++) if (a[i] !== b[i]) return false;
  const rest = bits & 7;
  return rest === 0 || (a[whole] ^ b[whole]) >> (8 - rest) === 0;
}

/** Whether `needle` stands in `octets`; every text contains the empty one. */
export function containsOctets(octets: Uint8Array, needle: Uint8Array): boolean {
  if (needle.length === 0) return true;
  const last = octets.length - needle.length;
  const first = needle[0];
  for (let at = octets.indexOf(first); at >= 0 && at <= last; at = octets.indexOf(first, at + 1)) {
    let i = 1;
    while (i < needle.length && octets[at + i] === needle[i]) i++;
    if (i === needle.length) return true;
  }
  return false;
}
