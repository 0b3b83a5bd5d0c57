/** What the readers of DNS records share: names, numbers, character-strings. */

import { absoluteTimeText } from '../core/format.js';
import type { Body, Field } from '../core/index.js';
import { readLabels, type WireName } from './dns-name.js';
import type { RecordFields } from './dns-records.js';

/** Where a record's data is read: the cursor, and where names' pointers count from. */
export interface RecordContext {
  readonly body: Body;
  readonly field: RecordFields;
  /** `dns.resp.type`, which the types of a bit map have too. */
  readonly type: Field;
  /** Offsets in the view of the message, and of what follows it. */
  readonly message: number;
  readonly end: number;
}

/** Reads the data of a record and returns what the summary says of it. `body` ends where the data does. */
export type Read = (context: RecordContext) => string | undefined;

/** The name at the cursor; stops the layer where it cannot be told where it ends. */
export function wholeName({ body, message, end }: RecordContext): WireName {
  const name = readLabels(body.view, body.position, end, message);
  if (name.short && end <= body.end) body.need(body.remaining + 1, 'a domain name');
  if (name.broken) body.fail(name.problem ?? '');
  return name;
}

/**
 * Reads a name into a field, and stops the layer when it is not whole. A name may be longer than the data that it stands
 * in, which then ends what is read of them.
 */
export function takeName(context: RecordContext, field: Field, name: WireName = wholeName(context)): string {
  const { body } = context;
  body.found(field, name.text, body.position, name.end - body.position);
  if (name.problem !== undefined) body.report('malformed', name.problem);
  body.position = name.end;
  return name.text;
}

export function numbers({ body, field }: RecordContext, ...keys: (keyof RecordFields)[]): void {
  for (const key of keys) body.number(field[key]);
}

export function nameIn(key: keyof RecordFields): Read {
  return (context) => takeName(context, context.field[key]);
}

/** A character-string: a length octet and as many octets (RFC 1035, section 3.3). */
export function characters({ body }: RecordContext, length: Field, value: Field): string {
  return body.text(value, body.number(length));
}

export function strings(context: RecordContext, length: keyof RecordFields, value: keyof RecordFields): undefined {
  while (context.body.remaining > 0) characters(context, context.field[length], context.field[value]);
}

/** Seconds since 1970, as the time that they are. */
export function time({ body }: RecordContext, field: Field): void {
  body.need(4, field.title);
  body.found(field, absoluteTimeText(body.view.getUint32(body.position)), body.position, 4);
  body.position += 4;
}
