/** Finds a text in what was said. It imports nothing, so that it can be tested without a browser. */

/** A line of a stream. */
interface Line {
  readonly kind: string;
  readonly text: string;
  readonly goesOn?: boolean;
}

/** A place within a line, in characters. */
export interface Span {
  readonly line: number;
  readonly from: number;
  readonly to: number;
}

/** What was found: one place, or several where it goes over the end of a line. */
export type Match = readonly Span[];

/** Places that are told: nobody goes through more. */
export const MOST_MATCHES = 5000;

/** Upper or lower case are one; control characters are found as they are shown. */
export function findIn(lines: readonly Line[], wanted: string): readonly Match[] {
  if (wanted === '') return [];
  const pattern = new RegExp(wanted.replace(/[\\^$.*+?()[\]{}|/-]/g, '\\$&'), 'gi');
  const found: Match[] = [];
  for (let at = 0; at < lines.length && found.length < MOST_MATCHES; ) {
    if (lines[at].kind !== 'text') {
      at++;
      continue;
    }
    const starts = [0];
    let text = lines[at].text;
    let end = at + 1;
    for (; end < lines.length && lines[end].goesOn === true; end++) {
      starts.push(text.length);
      text += lines[end].text;
    }
    for (const match of text.matchAll(pattern)) {
      found.push(spans(at, starts, match.index, match.index + match[0].length, text.length));
      if (found.length === MOST_MATCHES) break;
    }
    at = end;
  }
  return found;
}

function spans(first: number, starts: readonly number[], from: number, to: number, length: number): Match {
  return starts.flatMap((start, at): Span[] => {
    const end = starts[at + 1] ?? length;
    return from < end && to > start
      ? [{ line: first + at, from: Math.max(0, from - start), to: Math.min(end, to) - start }]
      : [];
  });
}
