/** What a file is that is no capture, in words for the person who offered it. */

interface Looks {
  readonly magic: readonly number[];
  readonly what: string;
  /** What to do about it. */
  readonly hint?: string;
}

const ascii = (text: string): number[] => Array.from(text, (letter) => letter.charCodeAt(0));

const LOOKS: readonly Looks[] = [
  { magic: [0xfd, 0x37, 0x7a, 0x58, 0x5a, 0x00], what: 'xz data', hint: 'xz -d FILE' },
  { magic: [0x28, 0xb5, 0x2f, 0xfd], what: 'Zstandard data', hint: 'zstd -d FILE' },
  { magic: [0x04, 0x22, 0x4d, 0x18], what: 'LZ4 data', hint: 'lz4 -d FILE' },
  { magic: ascii('BZh'), what: 'bzip2 data', hint: 'bzip2 -d FILE' },
  { magic: ascii('PK\x03\x04'), what: 'a ZIP archive', hint: 'unzip FILE' },
  { magic: ascii('7z\xbc\xaf\x27\x1c'), what: 'a 7-Zip archive', hint: '7z x FILE' },
  { magic: ascii('snoop\0\0\0'), what: 'a Solaris snoop capture', hint: 'editcap -F pcapng FILE FILE.pcapng' },
  { magic: ascii('\x7fELF'), what: 'a program (ELF)' },
  { magic: ascii('%PDF'), what: 'a PDF document' },
  { magic: [0x89, ...ascii('PNG')], what: 'a PNG image' },
  { magic: [0xff, 0xd8, 0xff], what: 'a JPEG image' },
  { magic: ascii('SQLite format 3'), what: 'an SQLite database' },
];

/** What the first octets look like, and the command that would make a capture of it. */
export function describeContent(first: Uint8Array): { what: string; hint?: string } {
  for (const { magic, what, hint } of LOOKS) {
    if (magic.every((octet, i) => first[i] === octet)) {
      return hint === undefined ? { what } : { what, hint };
    }
  }
  const text = asText(first);
  if (text === undefined) {
    const hex = Array.from(first.subarray(0, 8), (octet) => octet.toString(16).padStart(2, '0')).join(' ');
    return { what: `data that starts with the octets ${hex}` };
  }
  if (/^\s*<(!doctype html|html|head|body)/i.test(text)) {
    return { what: 'an HTML page' };
  }
  if (/^\s*[[{]/.test(text)) {
    return { what: 'JSON text' };
  }
  return { what: 'text' };
}

/** The octets as text, unless they hold control characters or are no UTF-8 (a character cut at the end is fine). */
function asText(first: Uint8Array): string | undefined {
  let text: string;
  try {
    text = new TextDecoder('utf-8', { fatal: true }).decode(first, { stream: true });
  } catch {
    return undefined; // Not UTF-8: that is the answer, not an error.
  }
  // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what tells binary from text
  return /[\x00-\x08\x0e-\x1a\x1c-\x1f]/.test(text) ? undefined : text;
}
