import { escapedText, lineText, utf8Text } from '../core/format.js';
import { type Body, protocol } from '../core/index.js';
import { headerNamed, type ImfFields, imfFields, type Reading } from './imf-fields.js';
import { handMedia, leavesNothing, MEDIA, Media, mediaOf, parseMediaType } from './media-types.js';
import { isEmptyLine, unfoldedEnd } from './mime-lines.js';
import { lineAt } from './text-lines.js';

const COLON = 0x3a;
const CR = 0x0d;
const LF = 0x0a;
const COMMA = 0x2c;
const SEMICOLON = 0x3b;
const LESS = 0x3c;
const GREATER = 0x3e;
const SPACE = 0x20;
const TAB = 0x09;
/** Addresses of one field that are shown, each by itself. */
const MOST_ADDRESSES = 1000;
const MOST_LINES = 2000;
/** Characters of the list's column. */
const LONGEST_INFO = 4096;

/** Internet Message Format: a mail. */
export const imf = protocol('imf', 'Internet Message Format', {
  reference: 'RFC 5322',
  carriedBy: { [MEDIA]: Media.mail },
  header: {},
  fields: imfFields,
  hands: MEDIA,
  headerLength: 'all',
  forgets: leavesNothing,
  body: (body, field) => {
    const said: string[] = [];
    let type = '';
    while (body.remaining > 0 && !isEmptyLine(body.view, body.position, body.end)) {
      const found = headerField(body, field, said);
      if (found === undefined) break;
      type = found === '' ? type : found;
    }
    if (isEmptyLine(body.view, body.position, body.end))
      body.skip(lineAt(body.view, body.position, body.end).next - body.position);
    const known = type !== '' && isRead(type);
    const lines = known ? [] : textLines(body, field);
    lists(body, said.join(''), lines);
    if (known && body.remaining > 0) handMedia(body, type, [body.position, body.end]);
    if (body.remaining > 0) body.skip(body.remaining);
  },
  info: () => 'Internet Message Format',
});

/** Whether a text is more than its lines; Wireshark looks at types that have parameters only. */
function isRead(contentType: string): boolean {
  const { type, parameters } = parseMediaType(contentType);
  const media = mediaOf(type);
  if (media === Media.text) return parameters !== '';
  return media !== 0 && media !== Media.other && media !== Media.unknown;
}

/** Whose mail it is and what about stands in the place of what its carrier says. */
function lists(body: Body, said: string, lines: readonly string[]): void {
  const { listed } = body.dissection;
  if (listed === undefined) return;
  let info = said;
  for (const line of lines) {
    if (info.length > LONGEST_INFO) break;
    info += info === '' ? line : `, ${line}`;
  }
  body.dissection.listed = { protocol: `${listed.protocol}/IMF`, info: info.slice(0, LONGEST_INFO) };
}

/** @returns the media type where the field says it, else the empty string; undefined for what is no header field */
function headerField(body: Body, field: ImfFields, said: string[]): string | undefined {
  const { view, position: start, end } = body;
  const next = unfoldedEnd(view, start, end);
  const last = withoutLineEnd(view, start, next);
  let colon = start;
  while (colon < last && view.getUint8(colon) !== COLON && view.getUint8(colon) !== LF) colon++;
  if (colon >= last || view.getUint8(colon) !== COLON) return undefined;
  const name = utf8Text(view, start, colon - start);
  const from = skipWhite(view, colon + 1, last);
  const value = utf8Text(view, from, last - from);
  const known = headerNamed(name);
  if (known === undefined) {
    body.over(field.extension, last - start, () => {
      body.found(field['extension.type'], name, start, colon - start);
      body.found(field['extension.value'], value, from, last - from);
      body.position = last;
    });
    body.skip(next - last);
    return '';
  }
  if (known.name === 'from' || known.name === 'subject') said.push(`${known.name}: ${lineText(value)}, `);
  body.skip(from - start);
  body.over(field[known.name], last - from, () => {
    parts(body, field, known.reading, from, last, next);
    body.position = last;
  });
  if (next > last) body.skip(next - last);
  return known.name === 'content.type' ? value : '';
}

function parts(body: Body, field: ImfFields, reading: Reading, from: number, last: number, next: number): void {
  switch (reading) {
    case 'mailboxes':
    case 'addresses':
      addresses(body, field, reading === 'mailboxes' ? 'mailbox_list.item' : 'address_list.item', from, next);
      return;
    case 'address':
      address(body, field, from, next);
      return;
    case 'type':
      contentType(body, field, from, last);
      return;
    default:
  }
}

/** RFC 2045, section 5.1. */
function contentType(body: Body, field: ImfFields, from: number, last: number): void {
  const { view } = body;
  let semicolon = from;
  while (semicolon < last && view.getUint8(semicolon) !== SEMICOLON) semicolon++;
  if (semicolon === last) return;
  body.found(field['content.type.type'], utf8Text(view, from, semicolon - from), from, semicolon - from);
  const parameters = utf8Text(view, semicolon + 1, last - semicolon - 1);
  body.found(field['content.type.parameters'], parameters, semicolon + 1, last - semicolon - 1);
}

/** Sections 3.4 and 3.6.3. As in Wireshark, every comma ends an item, and the last goes on to the end of the line. */
function addresses(
  body: Body,
  field: ImfFields,
  item: 'mailbox_list.item' | 'address_list.item',
  from: number,
  end: number,
): void {
  const { view } = body;
  let start = from;
  for (let count = 0; start < end && count < MOST_ADDRESSES; count++) {
    let to = start;
    while (to < end && view.getUint8(to) !== COMMA) to++;
    const [first, last] = [start, to];
    body.position = first;
    body.titled(field[item], utf8Text(view, first, last - first), () => {
      address(body, field, first, last);
      body.position = Math.min(last, body.end);
    });
    start = to + 1;
  }
}

/** A name and an address in angle brackets, or an address. */
function address(body: Body, field: ImfFields, from: number, to: number): void {
  const { view } = body;
  let open = from;
  while (open < to && view.getUint8(open) !== LESS) open++;
  if (open === to) {
    if (to > from) body.found(field.address, utf8Text(view, from, to - from), from, to - from);
    return;
  }
  const first = skipWhite(view, from, open);
  let last = open;
  while (last > first && isWhite(view.getUint8(last - 1))) last--;
  if (last > first) body.found(field.display_name, utf8Text(view, first, last - first), first, last - first);
  let close = open + 1;
  while (close < to && view.getUint8(close) !== GREATER) close++;
  body.found(field.address, utf8Text(view, open + 1, close - open - 1), open + 1, close - open - 1);
}

/** The lines of a text of no known type; Wireshark shows a line's end as two spaces. */
function textLines(body: Body, field: ImfFields): string[] {
  const lines: string[] = [];
  const { view, end } = body;
  body.group(field.message_text, () => {
    while (body.remaining > 0 && lines.length < MOST_LINES) {
      const { position: at } = body;
      const { next } = lineAt(view, at, end);
      const line = utf8Text(view, at, next - at);
      lines.push(line.replace(/[\r\n]/g, ' '));
      body.found(field['message_text.line'], line, at, next - at, escapedText(line));
      body.position = next;
    }
    if (body.remaining > 0) body.skip(body.remaining);
  });
  return lines;
}

function withoutLineEnd(view: DataView, start: number, next: number): number {
  let last = next;
  if (last > start && view.getUint8(last - 1) === LF) last--;
  if (last > start && view.getUint8(last - 1) === CR) last--;
  return last;
}

function isWhite(octet: number): boolean {
  return octet === SPACE || octet === TAB || octet === CR || octet === LF;
}

function skipWhite(view: DataView, at: number, end: number): number {
  let position = at;
  while (position < end && isWhite(view.getUint8(position))) position++;
  return position;
}
