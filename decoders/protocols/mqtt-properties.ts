/** Properties of MQTT 5.0, section 2.2.2. */

import { utf8Text } from '../core/format.js';
import { type Body, bytes, type Field, group, text, uint } from '../core/index.js';
import { propertyNames, qualities } from '../labels/mqtt.js';

export const propertyFields = {
  properties: group('Properties'),
  will_properties: group('Will Properties'),
  property_len: uint(0, 'Total Length'),
  property_id: uint(8, 'ID', { base: 16, labels: propertyNames }),
  prop_number: uint(0, 'Value'),
  'property.content_type': text('Content Type'),
  'property.max_qos': uint(8, 'QoS', { labels: qualities }),
  'property.topic_alias': uint(16, 'Topic Alias'),
  prop_unknown: bytes(0, 'Unknown Property'),
  prop_string_len: uint(16, 'Length'),
  prop_string: text('Value'),
  prop_key_len: uint(16, 'Key Length'),
  prop_key: text('Key'),
  prop_value_len: uint(16, 'Value Length'),
  prop_value: text('Value'),
};

type PropertyFields = { readonly [K in keyof typeof propertyFields]: Field };

/** Octets of the numbers; what is not here is text, or a pair of texts. */
const widths: Readonly<Record<number, number>> = {
  1: 1,
  2: 4,
  17: 4,
  19: 2,
  23: 1,
  24: 4,
  25: 1,
  33: 2,
  34: 2,
  35: 2,
  36: 1,
  37: 1,
  39: 4,
  40: 1,
  41: 1,
  42: 1,
};
const CONTENT_TYPE = 3;
const SUBSCRIPTION_IDENTIFIER = 11;
const TOPIC_ALIAS = 35;
const MAXIMUM_QOS = 36;
const USER_PROPERTY = 38;
const texts = new Set([CONTENT_TYPE, 8, 9, 18, 21, 22, 26, 28, 31]);

/** A variable byte integer (section 1.5.5) at `at`: its value and its octets; 0 octets when it is not whole, -1 when it cannot be. */
export function variableInteger(view: DataView, at: number, end: number): { value: number; octets: number } {
  let value = 0;
  for (let i = 0; i < 4; i++) {
    if (at + i >= end) return { value, octets: 0 };
    const octet = view.getUint8(at + i);
    value += (octet & 127) * 128 ** i;
    if (octet < 128) return { value, octets: i + 1 };
  }
  return { value, octets: -1 };
}

/** Reads a variable byte integer as a field. */
export function takeInteger(body: Body, field: Field): number {
  const { value, octets } = variableInteger(body.view, body.position, body.end);
  if (octets === 0) body.need(body.remaining + 1, field.title);
  if (octets < 0) body.fail(`${field.title} is longer than four octets`);
  body.found(field, value, body.position, octets);
  body.position += octets;
  return value;
}

/** Reads a property list under a heading. */
export function readProperties(body: Body, field: PropertyFields, heading: Field): void {
  body.group(heading, () => {
    const length = takeInteger(body, field.property_len);
    const end = body.position + length;
    if (end > body.end) body.need(length, 'the properties');
    body.within(end, () => {
      while (body.remaining > 0) readProperty(body, field);
    });
  });
}

function readProperty(body: Body, field: PropertyFields): void {
  const id = body.number(field.property_id);
  if (id === SUBSCRIPTION_IDENTIFIER) takeInteger(body, field.prop_number);
  else if (id === USER_PROPERTY) {
    body.take(field.prop_key, body.number(field.prop_key_len));
    body.take(field.prop_value, body.number(field.prop_value_len));
  } else if (id === TOPIC_ALIAS) body.number(field['property.topic_alias']);
  else if (id === MAXIMUM_QOS) body.number(field['property.max_qos']);
  else if (texts.has(id)) {
    if (id === CONTENT_TYPE) contentType(body, field['property.content_type']);
    else body.take(field.prop_string, body.number(field.prop_string_len));
  } else if (widths[id] !== undefined) body.take(field.prop_number, widths[id]);
  else body.take(field.prop_unknown, body.remaining);
}

/** Wireshark shows a content type with its length's octets as one field. */
function contentType(body: Body, field: Field): void {
  const length = body.peek16();
  body.need(2 + length, field.title);
  body.found(field, utf8Text(body.view, body.position + 2, length), body.position, 2 + length);
  body.position += 2 + length;
}

/** Whether a property list of known properties begins at `at` and fits into [at, end). */
export function looksLikeProperties(view: DataView, at: number, end: number): boolean {
  const { value, octets } = variableInteger(view, at, end);
  const last = at + octets + value;
  if (octets <= 0 || last > end) return false;
  let position = at + octets;
  while (position < last) {
    const next = afterProperty(view, position, last);
    if (next < 0 || next > last) return false;
    position = next;
  }
  return true;
}

function afterProperty(view: DataView, at: number, end: number): number {
  const id = view.getUint8(at);
  const width = widths[id];
  if (width !== undefined) return at + 1 + width;
  if (id === SUBSCRIPTION_IDENTIFIER) {
    const { octets } = variableInteger(view, at + 1, end);
    return octets <= 0 ? -1 : at + 1 + octets;
  }
  if (!texts.has(id) && id !== USER_PROPERTY) return -1;
  const first = at + 3 > end ? -1 : at + 3 + view.getUint16(at + 1);
  if (id !== USER_PROPERTY || first < 0) return first;
  return first + 2 > end ? -1 : first + 2 + view.getUint16(first);
}
