/** What was said as lines of text or of octets. */

import { plain } from '../parts/plain';
import { wrapped } from './wrap';

/** What one end said in one go, or how many octets of it are missing. */
export type Part =
  | {
      readonly from: 'client' | 'server';
      readonly packet: number;
      readonly length: number;
      readonly octets: Uint8Array;
      /** What this end had said before. */
      readonly offset: number;
      readonly stream?: number;
      readonly note?: string;
      readonly decoded?: readonly string[];
    }
  | { readonly from: 'client' | 'server'; readonly gap: number };

export interface Line {
  /** Of the packet that brought it; undefined for a gap. */
  readonly packet: number | undefined;
  readonly from: 'client' | 'server';
  readonly kind: 'head' | 'text' | 'gap' | 'note';
  readonly text: string;
  /** Whether it goes on what the line before says. */
  readonly goesOn?: boolean;
}

export type Look = 'text' | 'hex';

export interface Heads {
  readonly head: (part: Exclude<Part, { gap: number }>) => string;
  readonly note: (from: string, note: string) => string;
  readonly gap: (from: string, octets: number) => string;
}

const LEAST_COLUMNS = 20;
const MOST_COLUMNS = 160;
const NOTE = 400;

/** Octets of base64. */
export function octetsOf(base64: string): Uint8Array {
  return Uint8Array.from(atob(base64), (character) => character.charCodeAt(0));
}

/** Octets at the end that begin a UTF-8 character (RFC 3629, section 3) whose rest is not here. */
export function unfinished(octets: Uint8Array): number {
  for (let back = 1; back <= Math.min(3, octets.length); back++) {
    const octet = octets[octets.length - back];
    if ((octet & 0xc0) === 0x80) continue;
    const length = octet >= 0xf0 ? 4 : octet >= 0xe0 ? 3 : octet >= 0xc0 ? 2 : 1;
    return length > back ? back : 0;
  }
  return 0;
}

/** Octets of a line of so many characters: `00000000  48 65 6c …  Hel…`. */
export function octetsInLine(columns: number): number {
  return [16, 8].find((octets) => 8 + 2 + octets * 3 - 1 + 2 + octets <= columns) ?? 4;
}

function textLines(text: string, columns: number): { text: string; goesOn: boolean }[] {
  const lines: { text: string; goesOn: boolean }[] = [];
  for (const line of text.split(/\r\n|\n/)) {
    const shown = plain(line.replaceAll('\t', '    '), Number.POSITIVE_INFINITY);
    let at = 0;
    do {
      // A character of two halves stays whole.
      const cut = at + columns - (/[\ud800-\udbff]/.test(shown[at + columns - 1] ?? '') ? 1 : 0);
      lines.push({ text: shown.slice(at, cut), goesOn: at > 0 });
      at = cut;
    } while (at < shown.length);
  }
  // A last line break ends a line; it does not begin another.
  if (lines.at(-1)?.text === '') lines.pop();
  return lines;
}

function hexLines(octets: Uint8Array, offset: number, columns: number): { text: string; goesOn: boolean }[] {
  const lines: { text: string; goesOn: boolean }[] = [];
  const wide = octetsInLine(columns);
  for (let at = 0; at < octets.length; at += wide) {
    const some = [...octets.subarray(at, at + wide)];
    const hex = some.map((octet) => octet.toString(16).padStart(2, '0')).join(' ');
    const ascii = some.map((octet) => (octet > 31 && octet < 127 ? String.fromCharCode(octet) : '.')).join('');
    const text = `${(offset + at).toString(16).padStart(8, '0')}  ${hex.padEnd(wide * 3 - 1)}  ${ascii}`;
    lines.push({ text, goesOn: false });
  }
  return lines;
}

interface Made {
  readonly lines: readonly Line[];
  /** Octets of a character that the next part of this end goes on. */
  readonly rest: Uint8Array;
}

const NONE = new Uint8Array(0);

/** Makes lines of parts, and remembers those of parts that it has seen: what comes live is added to what there is. */
export class LineMaker {
  private readonly made = new WeakMap<Part, Made>();
  private readonly columns: number;

  /** @param columns characters that have room beside each other */
  constructor(
    private readonly look: Look,
    columns: number,
    private readonly words: Heads,
  ) {
    this.columns = Math.min(MOST_COLUMNS, Math.max(LEAST_COLUMNS, columns));
  }

  lines(parts: readonly Part[]): readonly Line[] {
    const lines: Line[] = [];
    const rests: Record<'client' | 'server', Uint8Array> = { client: NONE, server: NONE };
    for (const part of parts) {
      let made = this.made.get(part);
      if (made === undefined) {
        made = this.make(part, rests[part.from]);
        this.made.set(part, made);
      }
      rests[part.from] = made.rest;
      for (const line of made.lines) lines.push(line);
    }
    return lines;
  }

  /** A sentence, in as many lines as it takes. */
  private told(packet: number | undefined, from: Line['from'], kind: Line['kind'], sentence: string): Line[] {
    return wrapped(sentence, this.columns).map((text) => ({ packet, from, kind, text }));
  }

  private make(part: Part, rest: Uint8Array): Made {
    const { from } = part;
    if ('gap' in part) return { lines: this.told(undefined, from, 'gap', this.words.gap(from, part.gap)), rest: NONE };
    const { packet, note, octets, offset } = part;
    const lines: Line[] = [];
    if (note !== undefined) lines.push(...this.told(packet, from, 'note', this.words.note(from, plain(note, NOTE))));
    if (octets.length === 0) return { lines, rest };
    lines.push({ packet, from, kind: 'head', text: this.words.head(part) });
    if (this.look === 'hex') {
      for (const line of hexLines(octets, offset, this.columns)) lines.push({ packet, from, kind: 'text', ...line });
      return { lines, rest: NONE };
    }
    const whole = new Uint8Array(rest.length + octets.length);
    whole.set(rest);
    whole.set(octets, rest.length);
    const end = whole.length - unfinished(whole);
    const text = new TextDecoder('utf-8', { ignoreBOM: true }).decode(whole.subarray(0, end));
    for (const line of textLines(text, this.columns)) lines.push({ packet, from, kind: 'text', ...line });
    return { lines, rest: whole.slice(end) };
  }
}
