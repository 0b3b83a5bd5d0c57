import { escapedText, utf8Text } from '../core/format.js';
import { type Body, bytes, type Field, type LayerNode, protocol, text, uint } from '../core/index.js';
import type { MessageLength } from '../core/protocol.js';
import { distanceTo, readMessages } from './messages.js';

const REQUEST = 0x80;
const RESPONSE = 0x81;
const HEADER_OCTETS = 24;
const LINE_FEED = 10;
/** A value of one megabyte is the default limit; what claims to be longer than this is none. */
const LONGEST = 0x10000000;
/** Octets that a command line has at most (a key has 250). */
const LONGEST_LINE = 65536;

const opcodes: Readonly<Record<number, string>> = {
  0: 'Get',
  1: 'Set',
  2: 'Add',
  3: 'Replace',
  4: 'Delete',
  5: 'Increment',
  6: 'Decrement',
  7: 'Quit',
  8: 'Flush',
  9: 'Get Quietly',
  10: 'NOOP',
  11: 'Version',
  12: 'Get Key',
  13: 'Get Key Quietly',
  14: 'Append',
  15: 'Prepend',
  16: 'Statistics',
  17: 'Set Quietly',
  18: 'Add Quietly',
  19: 'Replace Quietly',
  20: 'Delete Quietly',
  21: 'Increment Quietly',
  22: 'Decrement Quietly',
  23: 'Quit Quietly',
  24: 'Flush Quietly',
  25: 'Append Quietly',
  26: 'Prepend Quietly',
};

const statuses: Readonly<Record<number, string>> = {
  0: 'No error',
  1: 'Key not found',
  2: 'Key exists',
  3: 'Value too large',
  4: 'Invalid arguments',
  5: 'Item not stored',
  6: 'Incr/Decr on non-numeric value',
  0x81: 'Unknown command',
  0x82: 'Out of memory',
};

const fields = {
  magic: uint(8, 'Magic', { labels: { [REQUEST]: 'Request', [RESPONSE]: 'Response' } }),
  opcode: uint(8, 'Opcode', { labels: opcodes }),
  'key.length': uint(16, 'Key Length'),
  'extras.length': uint(8, 'Extras length'),
  data_type: uint(8, 'Data type'),
  reserved: uint(16, 'Reserved'),
  status: uint(16, 'Status', { labels: statuses }),
  total_body_length: uint(32, 'Total body length'),
  'value.length': uint(32, 'Value length'),
  opaque: uint(32, 'Opaque'),
  cas: uint(64, 'CAS'),
  'extras.flags': uint(32, 'Flags', { base: 16 }),
  'extras.expiration': uint(32, 'Expiration'),
  'extras.delta': uint(64, 'Amount to add'),
  'extras.initial': uint(64, 'Initial value'),
  'extras.unknown': bytes(0, 'Unknown'),
  'extras.response': uint(64, 'Response'),
  key: text('Key'),
  value: text('Value'),
  command: text('Command'),
  flags: uint(16, 'Flags'),
  expiration: uint(32, 'Expiration'),
  noreply: text('Noreply'),
  response: text('Response'),
  version: text('Version'),
  name: text('Stat name'),
  name_value: text('Stat value'),
};

type MemcachedFields = { readonly [K in keyof typeof fields]: Field };

const storage = new Set(['set', 'add', 'replace', 'append', 'prepend', 'cas']);

/** The words of the line at `start`, and the octets of the line; undefined when its end is not here. */
function lineAt(view: DataView, start: number, end: number): { words: string[]; octets: number } | undefined {
  const distance = distanceTo(view, LINE_FEED, start, Math.min(end, start + LONGEST_LINE));
  if (distance < 0) return undefined;
  return { words: utf8Text(view, start, distance).trim().split(/ +/), octets: distance + 1 };
}

/** Octets of the value that follows a line of the text protocol, with its line end; 0 for none. */
function valueOctets(words: readonly string[]): number {
  const at = storage.has(words[0]) ? 4 : words[0] === 'VALUE' ? 3 : -1;
  const length = at < 0 ? Number.NaN : Number(words[at]);
  return Number.isInteger(length) && length >= 0 && length < LONGEST ? length + 2 : 0;
}

const messageLength: MessageLength = (view, start, end) => {
  const first = view.getUint8(start);
  if (first === REQUEST || first === RESPONSE) {
    if (start + HEADER_OCTETS > end) return 0;
    const length = view.getUint32(start + 8);
    return length > LONGEST ? -1 : HEADER_OCTETS + length;
  }
  // Commands and answers are words; anything else is the middle of a value.
  if (first < 0x20 || first > 0x7e) return -1;
  const line = lineAt(view, start, end);
  if (line === undefined) return end - start > LONGEST_LINE ? -1 : 0;
  return line.octets + valueOctets(line.words);
};

/** Memcached's text protocol and its binary protocol. */
export const memcached = protocol('memcache', 'Memcache Protocol', {
  reference: 'memcached, doc/protocol.txt; draft-stone-memcache-binary-01',
  carriedBy: { 'tcp.port': 11211, 'udp.port': 11211 },
  header: {},
  fields,
  headerLength: 'all',
  message: messageLength,
  body: (body, field) =>
    readMessages(body, messageLength, () => {
      const first = body.peek8();
      if (first === REQUEST || first === RESPONSE) binary(body, field);
      else line(body, field);
    }),
  info: summary,
});

/** "Packet structure": 24 octets, then extras, key and value. */
function binary(body: Body, field: MemcachedFields): void {
  const response = body.number(field.magic) === RESPONSE;
  const opcode = body.number(field.opcode);
  const key = body.number(field['key.length']);
  const extras = body.number(field['extras.length']);
  body.number(field.data_type);
  const status = body.number(response ? field.status : field.reserved);
  const total = body.number(field.total_body_length);
  const value = total - key - extras;
  if (value < 0) body.fail('extras and key are longer than the body');
  body.derived(field['value.length'], value);
  body.number(field.opaque);
  body.take(field.cas);
  if (extras > 0) {
    body.need(extras, 'Extras');
    const end = body.position + extras;
    body.within(end, () => readExtras(body, field, opcode, response));
  }
  if (key > 0) body.take(field.key, key);
  if (value === 0) return;
  const counter = response && status === 0 && value === 8 && (opcode === 5 || opcode === 6);
  body.take(counter ? field['extras.response'] : field.value, value);
}

function readExtras(body: Body, field: MemcachedFields, opcode: number, response: boolean): void {
  const length = body.remaining;
  if (response && length === 4) body.number(field['extras.flags']);
  else if (!response && length === 8) {
    body.number(field['extras.flags']);
    body.number(field['extras.expiration']);
  } else if (!response && length === 20) {
    body.take(field['extras.delta']);
    body.take(field['extras.initial']);
    body.number(field['extras.expiration']);
  } else if (!response && length === 4 && (opcode === 8 || opcode === 24)) body.number(field['extras.expiration']);
  if (body.remaining > 0) body.take(field['extras.unknown'], body.remaining);
}

/** What the words of a line are, by the first one; Wireshark has no field for some answers' first word. */
const forms: Readonly<Record<string, readonly (keyof MemcachedFields | undefined)[]>> = {
  set: ['command', 'key', 'flags', 'expiration', 'value.length', 'noreply'],
  add: ['command', 'key', 'flags', 'expiration', 'value.length', 'noreply'],
  replace: ['command', 'key', 'flags', 'expiration', 'value.length', 'noreply'],
  append: ['command', 'key', 'flags', 'expiration', 'value.length', 'noreply'],
  prepend: ['command', 'key', 'flags', 'expiration', 'value.length', 'noreply'],
  cas: ['command', 'key', 'flags', 'expiration', 'value.length', 'cas', 'noreply'],
  delete: ['command', 'key', 'noreply'],
  incr: ['command', 'key', 'value', 'noreply'],
  decr: ['command', 'key', 'value', 'noreply'],
  touch: ['command', 'key', 'expiration', 'noreply'],
  flush_all: ['command', 'expiration', 'noreply'],
  version: ['command'],
  quit: ['command'],
  VALUE: [undefined, 'key', 'flags', 'value.length', 'cas'],
  STAT: ['command', 'name', 'name_value'],
  VERSION: [undefined, 'version'],
};
const gets = new Set(['get', 'gets', 'gat', 'gats', 'stats', 'verbosity']);

/** A line of words, and the value behind it where there is one. */
function line(body: Body, field: MemcachedFields): void {
  const { view } = body;
  const start = body.position;
  const found = lineAt(view, start, body.end);
  if (found === undefined) {
    body.need(body.remaining + 1, 'the end of the line');
    return;
  }
  const { words, octets } = found;
  const form = forms[words[0]];
  // An answer (STORED, END, an error, a number) is the line itself.
  if (form === undefined && !gets.has(words[0])) {
    body.found(field.response, words.join(' '), start, octets);
    body.position = start + octets;
    return;
  }
  for (let i = 0; i < words.length; i++) {
    const key = form === undefined ? (i === 0 ? 'command' : 'key') : form[i];
    if (key !== undefined) word(body, field[key]);
    else body.skip(words[i].length + 1 <= body.remaining ? words[i].length + 1 : 0);
  }
  body.position = start + octets;
  const value = valueOctets(words);
  if (value === 0) return;
  // A part of a value is better than none.
  const here = Math.min(value - 2, body.remaining);
  if (here > 0) body.take(field.value, here);
  body.skip(2);
}

/** Reads a word and the blanks behind it. */
function word(body: Body, field: Field): void {
  const { view, position: start, end } = body;
  let stop = start;
  while (stop < end && view.getUint8(stop) > 0x20) stop++;
  const shown = utf8Text(view, start, stop - start);
  let after = stop;
  while (after < end && view.getUint8(after) <= 0x20 && view.getUint8(after) !== LINE_FEED) after++;
  if (after < end && view.getUint8(after) === LINE_FEED) after++;
  const number = Number(shown);
  const numeric = field.kind === 'uint' && Number.isFinite(number);
  if (field.kind === 'string' || numeric) body.found(field, numeric ? number : shown, start, after - start);
  else body.report('malformed', `${field.title} is no number`);
  body.position = after;
}

/** The first line as it is, or the last binary message's operation. */
function summary(layer: LayerNode, { view, start, end }: Body): string {
  const last = (name: string) => layer.fields.filter((field) => field.name === `memcache.${name}`).at(-1);
  const opcode = last('opcode');
  if (opcode === undefined) {
    const line = start < end ? lineAt(view, start, end) : undefined;
    return line === undefined ? 'MEMCACHE' : `${escapedText(line.words.join(' '))} `;
  }
  const status = last('status');
  const failed = status !== undefined && Number(status.value) !== 0;
  const result = failed ? ` (${statuses[Number(status.value)] ?? 'Unknown status'})` : '';
  const kind = last('magic')?.text === String(REQUEST) ? 'Request' : 'Response';
  return `${opcodes[Number(opcode.value)] ?? 'Unknown'} ${kind}${result}`;
}
