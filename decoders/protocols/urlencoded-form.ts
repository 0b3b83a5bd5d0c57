import { utf8Text } from '../core/format.js';
import { type Body, type Field, group, protocol, text } from '../core/index.js';
import { leavesNothing, MEDIA, Media } from './media-types.js';
import { distanceTo } from './messages.js';
import { hexDigit } from './text-lines.js';

const AMPERSAND = 0x26;
const EQUALS = 0x3d;
const PERCENT = 0x25;
const PLUS = 0x2b;
const SPACE = 0x20;

/** What a web page's form sends. */
export const urlencodedForm = protocol('urlencoded-form', 'HTML Form URL Encoded', {
  reference: 'WHATWG URL, section 5.1',
  carriedBy: { [MEDIA]: Media.form },
  header: {},
  fields: { item: group('Form item'), key: text('Key'), value: text('Value') },
  headerLength: 'all',
  forgets: leavesNothing,
  body: (body, field) => {
    const type = body.dissection.carried?.type ?? '';
    body.lists('', ` (${type})`);
    while (body.remaining > 0) body.group(field.item, () => item(body, field.key, field.value));
  },
  info: (_layer, { dissection }) => dissection.carried?.type ?? '',
});

/** As in Wireshark, a name goes on to its `=`, whatever stands in it. */
function item(body: Body, key: Field, value: Field): void {
  const { view, position: start, end } = body;
  const nameEnd = start + before(view, EQUALS, start, end);
  const name = decoded(view, start, nameEnd);
  body.found(key, name, start, nameEnd - start);
  const from = Math.min(nameEnd + 1, end);
  const valueEnd = from + before(view, AMPERSAND, from, end);
  const content = decoded(view, from, valueEnd);
  body.found(value, content, from, valueEnd - from);
  body.position = Math.min(valueEnd + 1, end);
  body.describe(`"${name}" = "${content}"`);
}

/** Octets up to the next `octet`, or to the end. */
function before(view: DataView, octet: number, from: number, end: number): number {
  const distance = distanceTo(view, octet, from, end);
  return distance < 0 ? end - from : distance;
}

/** UTF-8 text with its `+` and `%41` undone; a `%` that encodes nothing stays. */
function decoded(view: DataView, from: number, to: number): string {
  const octets = new Uint8Array(to - from);
  let length = 0;
  for (let at = from; at < to; at++) {
    const octet = view.getUint8(at);
    const code = octet === PERCENT && at + 2 < to ? hexadecimal(view.getUint8(at + 1), view.getUint8(at + 2)) : -1;
    if (code >= 0) at += 2;
    octets[length++] = code >= 0 ? code : octet === PLUS ? SPACE : octet;
  }
  return utf8Text(new DataView(octets.buffer), 0, length);
}

/** The octet that two hexadecimal digits stand for, -1 when they are none. */
function hexadecimal(high: number, low: number): number {
  const value = hexDigit(high) * 16 + hexDigit(low);
  return hexDigit(high) < 0 || hexDigit(low) < 0 ? -1 : value;
}
