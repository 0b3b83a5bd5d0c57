/** What was said as lines of text or of octets. It imports no component, so that it can be tested without a browser. */

import { plain } from '../parts/plain';
import type { Segment } from './use-stream';

export interface Line {
  /** Place of its segment. */
  readonly segment: number;
  readonly from: 'client' | 'server';
  readonly kind: 'head' | 'text' | 'gap' | 'note';
  readonly text: string;
}

export type Look = 'text' | 'hex';

/** Characters of a line; longer ones are broken, as they come. */
const LONGEST = 160;
const OCTETS = 16;

export function octetsOf(base64: string): Uint8Array {
  return Uint8Array.from(atob(base64), (character) => character.charCodeAt(0));
}

function textLines(octets: Uint8Array): string[] {
  const lines: string[] = [];
  for (const line of new TextDecoder().decode(octets).split(/\r\n|\n/)) {
    for (let at = 0; at < Math.max(1, line.length); at += LONGEST)
      lines.push(plain(line.slice(at, at + LONGEST).replaceAll('\t', '    ')));
  }
  // A last line break ends a line; it does not begin another.
  if (lines.at(-1) === '') lines.pop();
  return lines;
}

function hexLines(octets: Uint8Array, offset: number): string[] {
  const lines: string[] = [];
  for (let at = 0; at < octets.length; at += OCTETS) {
    const part = [...octets.subarray(at, at + OCTETS)];
    const hex = part.map((octet) => octet.toString(16).padStart(2, '0')).join(' ');
    const ascii = part.map((octet) => (octet > 31 && octet < 127 ? String.fromCharCode(octet) : '.')).join('');
    lines.push(`${(offset + at).toString(16).padStart(8, '0')}  ${hex.padEnd(OCTETS * 3 - 1)}  ${ascii}`);
  }
  return lines;
}

export interface Heads {
  readonly head: (segment: Exclude<Segment, { gap: number }>) => string;
  readonly gap: (octets: number) => string;
}

/** The lines of segments, each segment with its head when another end speaks or another look wants it. */
export function linesOf(segments: readonly Segment[], look: Look, words: Heads): Line[] {
  const lines: Line[] = [];
  const offsets = { client: 0, server: 0 };
  segments.forEach((segment, place) => {
    const { from } = segment;
    if ('gap' in segment) {
      offsets[from] += segment.gap;
      lines.push({ segment: place, from, kind: 'gap', text: words.gap(segment.gap) });
      return;
    }
    lines.push({ segment: place, from, kind: 'head', text: words.head(segment) });
    if (segment.note !== undefined) lines.push({ segment: place, from, kind: 'note', text: plain(segment.note) });
    const octets = octetsOf(segment.data);
    const made = look === 'hex' ? hexLines(octets, offsets[from]) : textLines(octets);
    offsets[from] += octets.length;
    for (const text of made) lines.push({ segment: place, from, kind: 'text', text });
  });
  return lines;
}
