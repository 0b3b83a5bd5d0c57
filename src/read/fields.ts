/** `-T fields`: values of named fields, one line a packet. */

import { escapedText } from '../../decoders/core/format.js';
import type { FieldNode, LayerNode } from '../../decoders/core/index.js';
import { lookUp } from '../../decoders/filter/fields.js';
import { isBelow } from '../../decoders/filter/shallow.js';
import { registry } from '../../decoders/protocols/index.js';
import { UsageError } from '../commands/failure.js';
import type { Packet } from './packets.js';
import { secondsOf } from './text.js';

/** The packet list's columns by tshark's names for them. */
const columns: Readonly<Record<string, (packet: Packet) => string>> = {
  '_ws.col.number': (packet) => String(packet.number),
  '_ws.col.no.': (packet) => String(packet.number),
  '_ws.col.time': (packet) => (packet.timed ? secondsOf(packet.relativeNanoseconds, packet.decimals) : ''),
  '_ws.col.source': (packet) => packet.addresses[0],
  '_ws.col.def_src': (packet) => packet.addresses[0],
  '_ws.col.destination': (packet) => packet.addresses[1],
  '_ws.col.def_dst': (packet) => packet.addresses[1],
  '_ws.col.protocol': (packet) => packet.tree.protocol,
  '_ws.col.length': (packet) => String(packet.original),
  '_ws.col.info': (packet) => packet.tree.info,
};

/** One `-e`: its name, and how to get all of its values, outermost first. */
export interface WantedField {
  readonly name: string;
  /** Whether it is the frame's own: making that layer costs as much as decoding a header or two. */
  readonly ofFrame: boolean;
  /** Whether nothing that other packets told can change it, but for an IP fragment's. */
  readonly shallow: boolean;
  values(packet: Packet, layers: readonly LayerNode[]): string[];
}

/** @throws UsageError in tshark's words, naming every field that does not exist */
export function wantedFields(names: readonly string[]): WantedField[] {
  const unknown = names.filter(
    (name) => columns[name.toLowerCase()] === undefined && lookUp(registry, name) === undefined,
  );
  if (unknown.length > 0)
    throw new UsageError(`Some fields aren't valid:\n${unknown.map((name) => `\t${name}`).join('\n')}`);
  return names.map(wantedField);
}

function wantedField(name: string): WantedField {
  const column = columns[name.toLowerCase()];
  if (column !== undefined)
    return {
      name,
      ofFrame: false,
      shallow: !/protocol|info/i.test(name),
      values: (packet) => [column(packet)].filter((value) => value !== ''),
    };
  const reference = lookUp(registry, name);
  const members = new Set(registry.either(name)?.map((field) => field.name) ?? [name]);
  return {
    name,
    shallow: reference !== undefined && isBelow(registry, reference),
    ofFrame: name === 'frame' || name.startsWith('frame.'),
    values: (_packet, layers) => {
      const found: string[] = [];
      for (const { protocol, title, summary, fields } of layers) {
        if (protocol === name) found.push(summary === '' || summary === title ? title : `${title}, ${summary}`);
        collect(fields, members, found);
      }
      return found;
    },
  };
}

function collect(fields: readonly FieldNode[], names: ReadonlySet<string>, found: string[]): void {
  for (const field of fields) {
    if (names.has(field.name)) found.push(printable(field.text));
    if (field.fields !== undefined) collect(field.fields, names, found);
  }
}

/** A terminal must not obey a packet; a program gets what tshark would print. */
function printable(text: string): string {
  return process.stdout.isTTY ? escapedText(text) : text;
}

/** `-E` as tshark has it. */
export interface FieldFormat {
  readonly header: boolean;
  readonly separator: string;
  readonly aggregator: string;
  readonly occurrence: 'f' | 'l' | 'a';
  readonly quote: '' | '"' | "'";
}

const specialCharacters: Readonly<Record<string, string>> = { '/t': '\t', '/s': ' ' };
const quotes: Readonly<Record<string, FieldFormat['quote']>> = { d: '"', s: "'", n: '' };

/** @throws UsageError */
export function fieldFormat(options: readonly string[]): FieldFormat {
  const format = {
    header: false,
    separator: '\t',
    aggregator: ',',
    occurrence: 'a' as FieldFormat['occurrence'],
    quote: '' as FieldFormat['quote'],
  };
  for (const option of options) {
    const at = option.indexOf('=');
    const [name, value] = at < 0 ? [option, ''] : [option.slice(0, at), option.slice(at + 1)];
    const wrong = (choices: string) => new UsageError(`-E ${name} takes ${choices}, not ${JSON.stringify(value)}`);
    const character = specialCharacters[value] ?? value;
    if (name === 'header' || name === 'bom') {
      if (value !== 'y' && value !== 'n') throw wrong('y or n');
      if (name === 'header') format.header = value === 'y';
    } else if (name === 'separator' || name === 'aggregator') {
      if (character.length !== 1) throw wrong('one character, /t or /s');
      format[name] = character;
    } else if (name === 'occurrence') {
      if (value !== 'f' && value !== 'l' && value !== 'a') throw wrong('f, l or a');
      format.occurrence = value;
    } else if (name === 'quote') {
      if (quotes[value] === undefined) throw wrong('d, s or n');
      format.quote = quotes[value];
    } else
      throw new UsageError(
        `-E has no ${JSON.stringify(name)}; it has header, separator, aggregator, occurrence and quote`,
      );
  }
  return format;
}

/** The occurrences that are asked for. */
export function chosen(values: readonly string[], { occurrence }: Pick<FieldFormat, 'occurrence'>): readonly string[] {
  return occurrence === 'a' ? values : occurrence === 'f' ? values.slice(0, 1) : values.slice(-1);
}

export function headerLine(fields: readonly WantedField[], { separator }: FieldFormat): string {
  return fields.map(({ name }) => name).join(separator);
}

/** One line; an absent field is empty, and quoted only when it is there. */
export function fieldsLine(packet: Packet, fields: readonly WantedField[], format: FieldFormat): string {
  const layers = fields.some((field) => field.ofFrame) ? packet.layers : packet.tree.layers;
  return fields
    .map((field) => {
      const values = chosen(field.values(packet, layers), format).map(escaped);
      return values.length === 0 ? '' : `${format.quote}${values.join(format.aggregator)}${format.quote}`;
    })
    .join(format.separator);
}

const escapes: Readonly<Record<string, string>> = { '\t': '\\t', '\n': '\\n', '\r': '\\r' };

/** One line a packet and tabs between fields, whatever is in them. */
function escaped(text: string): string {
  return text.replace(/[\t\n\r]/g, (character) => escapes[character]);
}
