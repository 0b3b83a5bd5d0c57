/** `-T json`: the shape that tshark gives, with values of the same name in a list (its `--no-duplicate-keys`). */

import type { FieldNode } from '../../decoders/core/index.js';
import type { WantedField } from './fields.js';
import { chosen, type FieldFormat } from './fields.js';
import type { Packet } from './packets.js';

type Json = string | Json[] | { [name: string]: Json };

function put(object: Record<string, Json>, name: string, value: Json): void {
  const before = object[name];
  if (before === undefined) object[name] = value;
  else if (Array.isArray(before)) before.push(value);
  else object[name] = [before, value];
}

function members(fields: readonly FieldNode[]): Record<string, Json> {
  const object: Record<string, Json> = {};
  for (const { name, title, value, text, fields: inner } of fields) {
    const key = name === '' ? title : name;
    if (value !== null || inner === undefined) put(object, key, text);
    if (inner !== undefined) put(object, value === null ? key : `${key}_tree`, members(inner));
  }
  return object;
}

/** One packet, without the commas and brackets between packets. */
export function jsonOf(packet: Packet, fields: readonly WantedField[], format: FieldFormat): string {
  const all = packet.layers;
  const layers: Record<string, Json> = {};
  if (fields.length === 0) for (const layer of all) put(layers, layer.protocol, members(layer.fields));
  else
    for (const field of fields) {
      const values = chosen(field.values(packet, all), format);
      if (values.length > 0) layers[field.name] = [...values];
    }
  const { time } = packet;
  const day = new Date(time === null ? 0 : Number(time / 1_000_000n)).toISOString().slice(0, 10);
  const shape = { _index: `packets-${day}`, _type: 'doc', _score: null, _source: { layers } };
  return JSON.stringify(shape, undefined, 2).replace(/^/gm, '  ');
}
