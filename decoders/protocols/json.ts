import { utf8Text } from '../core/format.js';
import { type Body, type Field, group, protocol, text } from '../core/index.js';
import { Octet, skipBlank, stringEnd, valueEnd } from './json-scan.js';
import { leavesNothing, MEDIA, Media } from './media-types.js';

/** Characters of a path that are kept: keys may be as long as the text. */
const LONGEST_PATH = 2048;
/** Nodes of a packet's tree after which no more of a text is shown; a value has five of them. */
const MOST_NODES = 19000;

const fields = {
  object: group('Object'),
  array: group('Array'),
  member: text('Member'),
  key: text('Key'),
  path: text('Path'),
  path_with_value: text('Path with value'),
  member_with_value: text('Member with value'),
  'value.string': text('String value'),
  'value.number': text('Number value'),
  'value.true': group('True value'),
  'value.false': group('False value'),
  'value.null': group('Null value'),
  'value.nan': group('NaN value'),
};

type JsonFields = { readonly [K in keyof typeof fields]: Field };

/** JavaScript Object Notation. */
export const json = protocol('json', 'JavaScript Object Notation', {
  reference: 'RFC 8259',
  carriedBy: { [MEDIA]: Media.json },
  header: {},
  fields,
  hands: MEDIA,
  headerLength: 'all',
  forgets: leavesNothing,
  body: (body, field) => {
    const { view, end } = body;
    const { carried } = body.dissection;
    const type = carried?.type ?? '';
    body.lists('JSON', `, JavaScript Object Notation${type === '' ? '' : ` (${type})`}`);
    // Texts may follow one another, as in NDJSON; Wireshark shows objects and arrays only.
    let at = skipBlank(view, body.position, end);
    for (; at < end; at = skipBlank(view, body.position, end)) {
      const first = view.getUint8(at);
      const isList = first === Octet.openObject || first === Octet.openArray;
      if (!isList || valueEnd(view, at, end) < 0) break;
      body.position = at;
      value(body, field, '', '');
      if (isFull(body)) {
        body.position = end;
        return;
      }
    }
    // What is no JSON is text.
    if (at < end && carried !== undefined) body.hand(MEDIA, Media.text, { ...carried, type: '' }, [at, end]);
    body.skip(body.remaining);
  },
  info: (_layer, { dissection }) => dissection.carried?.type ?? '',
});

/** Whether the tree has so many nodes that the rest is left out. */
function isFull({ dissection }: Body): boolean {
  return dissection.nodes > MOST_NODES;
}

/**
 * Shows the value at the position, which is known to be one, and moves behind it.
 *
 * @param path of the value, from the outermost one: `/key/[]`
 * @param last of its parts
 */
function value(body: Body, field: JsonFields, path: string, last: string): void {
  const { view, position: at, end } = body;
  switch (view.getUint8(at)) {
    case Octet.openObject:
      body.group(field.object, () => elements(body, Octet.closeObject, () => member(body, field, path)));
      return;
    case Octet.openArray:
      body.group(field.array, () => {
        const inner = `${path}/[]`.slice(0, LONGEST_PATH);
        elements(body, Octet.closeArray, () => value(body, field, inner, '[]'));
      });
      return;
    default:
  }
  const next = valueEnd(view, at, end);
  const isString = view.getUint8(at) === Octet.quote;
  const shown = isString ? stringAt(view, at, next) : utf8Text(view, at, next - at);
  body.derived(field.path_with_value, `${path}:${shown}`, undefined, at, next - at);
  body.derived(field.member_with_value, `${last}:${shown}`, undefined, at, next - at);
  const literal = literals[shown];
  if (isString) body.found(field['value.string'], shown, at, next - at);
  else if (literal === undefined) body.found(field['value.number'], shown, at, next - at);
  else
    body.group(field[literal], () => {
      body.position = next;
    });
  body.position = next;
}

const literals: Readonly<Record<string, 'value.true' | 'value.false' | 'value.null' | 'value.nan' | undefined>> = {
  true: 'value.true',
  false: 'value.false',
  null: 'value.null',
  NaN: 'value.nan',
};

/** What stands between the brackets, up to the closing one. */
function elements(body: Body, close: number, element: () => void): void {
  const { view, end } = body;
  body.position = skipBlank(view, body.position + 1, end);
  while (view.getUint8(body.position) !== close) {
    if (isFull(body)) {
      body.describe('the rest is not shown');
      body.position = end;
      return;
    }
    element();
    if (body.position >= end) return;
    body.position = skipBlank(view, body.position, end);
    if (view.getUint8(body.position) === Octet.comma) body.position = skipBlank(view, body.position + 1, end);
  }
  body.position++;
}

function member(body: Body, field: JsonFields, outer: string): void {
  const { view, position: at, end } = body;
  const keyEnd = stringEnd(view, at, end);
  const key = stringAt(view, at, keyEnd);
  const path = `${outer}/${key}`.slice(0, LONGEST_PATH);
  body.titled(field.member, key, () => {
    body.position = skipBlank(view, skipBlank(view, keyEnd, end) + 1, end);
    value(body, field, path, key);
    body.found(field.key, key, at, keyEnd - at);
    body.derived(field.path, path, undefined, at, body.position - at);
  });
}

const ESCAPES: Readonly<Record<string, string>> = { b: '\b', f: '\f', n: '\n', r: '\r', t: '\t' };

/** It would end the text where others read it; Wireshark leaves it out. */
const NUL = '0000';

/** The text of a string, between its quotes, with its escapes undone (section 7). */
function stringAt(view: DataView, at: number, end: number): string {
  const raw = utf8Text(view, at + 1, end - at - 2);
  if (!raw.includes('\\')) return raw;
  return raw.replace(/\\(?:u([0-9a-fA-F]{4})|(.))/g, (_whole, code: string | undefined, letter: string) =>
    code === undefined
      ? (ESCAPES[letter] ?? letter)
      : code === NUL
        ? ''
        : String.fromCharCode(Number.parseInt(code, 16)),
  );
}
