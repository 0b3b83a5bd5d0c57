import {
  type Body,
  bytes,
  type Field,
  type FieldNode,
  flag,
  type LayerNode,
  protocol,
  text,
  uint,
} from '../core/index.js';
import { codes, contentFormats, optionNames } from '../labels/coap.js';

const PAYLOAD_MARKER = 0xff;
const types = { 0: 'Confirmable', 1: 'Non-Confirmable', 2: 'Acknowledgement', 3: 'Reset' };
const typeNames = ['CON', 'NON', 'ACK', 'RST'];

/** What an option's octets are: RFC 7252, section 5.10, and the documents that IANA's list names. */
const formats: Readonly<Record<number, keyof typeof fields>> = {
  1: 'opt.if_match',
  3: 'opt.uri_host',
  4: 'opt.etag',
  6: 'opt.observe',
  7: 'opt.uri_port',
  8: 'opt.location_path',
  11: 'opt.uri_path',
  14: 'opt.max_age',
  15: 'opt.uri_query',
  16: 'opt.hop_limit',
  20: 'opt.location_query',
  35: 'opt.proxy_uri',
  39: 'opt.proxy_scheme',
  60: 'opt.size1',
};
const CONTENT_FORMAT = 12;
const ACCEPT = 17;
const OSCORE = 9;
const URI_HOST = 3;
const URI_PORT = 7;
const URI_PATH = 11;
const URI_QUERY = 15;
/** Options about a block of a larger body: RFC 7959 and RFC 9177. */
const blocks = new Set([19, 23, 27, 31]);

const fields = {
  token: bytes(0, 'Token'),
  'opt.name': text('Opt Name'),
  'opt.desc': text('Opt Desc'),
  'opt.delta': uint(4, 'Opt Delta'),
  'opt.delta_ext': uint(0, 'Opt Delta extended'),
  'opt.length': uint(4, 'Opt Length'),
  'opt.length_ext': uint(0, 'Opt Length extended'),
  'opt.end_marker': uint(8, 'End of options marker'),
  'opt.ctype': text('Content-type'),
  'opt.accept': text('Accept'),
  'opt.max_age': uint(0, 'Max-age', { unit: 's' }),
  'opt.proxy_uri': text('Proxy-Uri'),
  'opt.proxy_scheme': text('Proxy-Scheme'),
  'opt.size1': uint(0, 'Size1'),
  'opt.etag': bytes(0, 'Etag'),
  'opt.if_match': bytes(0, 'If-Match'),
  'opt.uri_host': text('Uri-Host'),
  'opt.uri_port': uint(0, 'Uri-Port'),
  'opt.uri_path': text('Uri-Path'),
  'opt.uri_path_recon': text('Uri-Path'),
  'opt.uri_query': text('Uri-Query'),
  'opt.location_path': text('Location-Path'),
  'opt.location_query': text('Location-Query'),
  'opt.observe': uint(0, 'Observe'),
  'opt.hop_limit': uint(0, 'Hop Limit'),
  'opt.block_number': uint(0, 'Block Number'),
  'opt.block_mflag': uint(1, 'More Flag'),
  'opt.block_size': uint(3, 'Encoded Block Size'),
  'opt.object_security_reserved': flag('Reserved', { bits: 3 }),
  'opt.object_security_kid_context_present': flag('Key ID Context Present'),
  'opt.object_security_kid_present': flag('Key ID Present'),
  'opt.object_security_piv_len': uint(3, 'Partial IV Length'),
  'opt.object_security_piv': bytes(0, 'Partial IV'),
  'opt.object_security_kid_context_len': uint(8, 'Key ID Context Length'),
  'opt.object_security_kid_context': bytes(0, 'Key ID Context'),
  'opt.object_security_kid': bytes(0, 'Key ID'),
  'opt.unknown': bytes(0, 'Unknown'),
  payload: text('Payload'),
  payload_desc: text('Payload Desc'),
  payload_length: uint(32, 'Payload Length'),
  block_payload: bytes(0, 'Block Payload'),
  block_length: uint(32, 'Block Length'),
};

type CoapFields = { readonly [K in keyof typeof fields]: Field };

/** What the options say of the message as a whole. */
interface Message {
  host: string;
  port: string;
  path: string;
  query: string;
  contentFormat: string | undefined;
  block: number | undefined;
}

/** Constrained Application Protocol over UDP, RFC 7252. */
export const coap = protocol('coap', 'Constrained Application Protocol', {
  reference: 'RFC 7252, section 3; RFC 7641, RFC 7959, RFC 8613, RFC 8768',
  column: 'CoAP',
  carriedBy: { 'udp.port': 5683 },
  header: {
    version: uint(2, 'Version'),
    type: uint(2, 'Type', { labels: types }),
    token_len: uint(4, 'Token Length'),
    code: uint(8, 'Code', { labels: codes }),
    mid: uint(16, 'Message ID'),
  },
  fields,
  headerLength: 'all',
  body: (body, field, read) => {
    const length = read.token_len(body.view, body.start);
    if (length > 8) body.fail(`a token of ${length} octets; RFC 7252 allows 8`);
    if (length > 0) body.take(field.token, length);
    const message = readOptions(body, field);
    if (message.path !== '') {
      const host = message.host === '' ? '' : `coap://${message.host}${message.port}`;
      body.derived(field['opt.uri_path_recon'], `${host}${message.path}`);
    }
    if (body.remaining > 0) payload(body, field, message);
  },
  info: summary,
});

/** Section 3.1: each option has the difference of its number to the one before. */
function readOptions(body: Body, field: CoapFields): Message {
  const message: Message = { host: '', port: '', path: '', query: '', contentFormat: undefined, block: undefined };
  let number = 0;
  for (let count = 1; body.remaining > 0; count++) {
    if (body.peek8() === PAYLOAD_MARKER) {
      body.number(field['opt.end_marker']);
      break;
    }
    const { delta } = measure(body);
    number += delta;
    body.titled(field['opt.name'], `#${count}: ${optionNames[number] ?? `Unknown Option (${number})`}`, () =>
      readOption(body, field, number, message),
    );
  }
  return message;
}

/** Delta and length of the option at the position, with their extensions. */
function measure(body: Body): { delta: number; extension: number } {
  const nibble = body.peek8() >> 4;
  if (nibble === 15) body.fail('an option delta of 15, which is reserved');
  if (nibble === 13) return { delta: 13 + body.peek8(1), extension: 1 };
  if (nibble === 14) return { delta: 269 + body.peek16(1), extension: 2 };
  return { delta: nibble, extension: 0 };
}

function readOption(body: Body, field: CoapFields, number: number, message: Message): void {
  body.derived(field['opt.desc'], describe(number));
  const { extension } = measure(body);
  const bit = body.position * 8;
  body.bitsAt(field['opt.delta'], bit);
  let length = body.bitsAt(field['opt.length'], bit + 4);
  body.position++;
  if (extension > 0) body.take(field['opt.delta_ext'], extension);
  if (length === 15) body.fail('an option length of 15, which is reserved');
  if (length === 13) length += Number(body.take(field['opt.length_ext'], 1).value);
  else if (length === 14) length = 269 + Number(body.take(field['opt.length_ext'], 2).value);
  body.need(length, optionNames[number] ?? 'the option');
  const end = body.position + length;
  body.within(end, () => readValue(body, field, number, length, message));
  if (body.position < end) body.take(field['opt.unknown'], end - body.position);
}

/** Section 5.4.6: the number's bits say what a proxy that does not know the option does with it. */
function describe(number: number): string {
  const critical = (number & 1) !== 0 ? 'Critical' : 'Elective';
  const unsafe = (number & 2) !== 0;
  const noCacheKey = !unsafe && (number & 0x1e) === 0x1c;
  return `Type ${number}, ${critical}, ${unsafe ? 'Unsafe' : 'Safe'}${noCacheKey ? ', NoCacheKey' : ''}`;
}

function readValue(body: Body, field: CoapFields, number: number, length: number, message: Message): void {
  if (blocks.has(number) && length <= 3) {
    block(body, field, length, message);
    return;
  }
  if (number === CONTENT_FORMAT || number === ACCEPT) {
    if (length > 6) return;
    const value = uintAt(body.view, body.position, length);
    const name = contentFormats[value] ?? `Unknown Type ${value}`;
    body.found(field[number === ACCEPT ? 'opt.accept' : 'opt.ctype'], name, body.position, length);
    body.position += length;
    if (number === CONTENT_FORMAT) message.contentFormat = name;
    return;
  }
  if (number === OSCORE) {
    if (length > 0) objectSecurity(body, field);
    return;
  }
  const key = formats[number];
  if (key === undefined) return;
  if (fields[key].kind === 'uint' && length > 4) return;
  const { text } = body.take(field[key], length);
  if (number === URI_HOST) message.host = text;
  else if (number === URI_PORT) message.port = `:${text}`;
  else if (number === URI_PATH) message.path += `/${text}`;
  else if (number === URI_QUERY) message.query += `${message.query === '' ? '?' : '&'}${text}`;
}

/** RFC 7959, section 2.2: number, "more" and the size's exponent in 0 to 3 octets. */
function block(body: Body, field: CoapFields, length: number, message: Message): void {
  const value = uintAt(body.view, body.position, length);
  message.block = value >> 4;
  body.found(field['opt.block_number'], message.block, body.position, Math.max(0, length - 1));
  if (length === 0) {
    body.derived(field['opt.block_mflag'], 0);
    body.derived(field['opt.block_size'], 0);
    return;
  }
  const last = body.position + length - 1;
  body.bitsAt(field['opt.block_mflag'], last * 8 + 4);
  body.bitsAt(field['opt.block_size'], last * 8 + 5);
  body.position += length;
}

/** RFC 8613, section 6.1. */
function objectSecurity(body: Body, field: CoapFields): void {
  const bit = body.position * 8;
  body.bitsAt(field['opt.object_security_reserved'], bit);
  const hasContext = body.bitsAt(field['opt.object_security_kid_context_present'], bit + 3) !== 0;
  const hasKey = body.bitsAt(field['opt.object_security_kid_present'], bit + 4) !== 0;
  const length = body.bitsAt(field['opt.object_security_piv_len'], bit + 5);
  body.position++;
  if (length > 0) body.take(field['opt.object_security_piv'], length);
  if (hasContext)
    body.take(field['opt.object_security_kid_context'], body.number(field['opt.object_security_kid_context_len']));
  if (hasKey && body.remaining > 0) body.take(field['opt.object_security_kid'], body.remaining);
}

/** An unsigned number of 0 to 6 octets (section 3.2: leading zeros may be left out). */
function uintAt(view: DataView, at: number, length: number): number {
  let value = 0;
  for (let i = 0; i < length; i++) value = value * 256 + view.getUint8(at + i);
  return value;
}

function payload(body: Body, field: CoapFields, message: Message): void {
  const length = body.remaining;
  if (message.block !== undefined) {
    body.take(field.block_payload, length);
    body.derived(field.block_length, length);
    return;
  }
  // Section 5.5.2: without a Content-Format, nothing is known of it.
  const format = message.contentFormat;
  const kind = format ?? 'application/octet-stream';
  const label = `Payload ${format === undefined ? 'Desc' : 'Content-Format'}: ${kind}, Length: ${length}`;
  body.found(field.payload, label, body.position, length);
  body.position += length;
  body.derived(field.payload_desc, kind);
  body.derived(field.payload_length, length);
}

/** `CON, MID:4660, GET, TKN:de ad be ef, coap://host/path?query`. */
function summary(layer: LayerNode, { view, start, end }: Body): string {
  if (start + 4 > end) return 'CoAP';
  const found = { token: '', block: '', path: '', query: '', format: '' };
  collect(layer.fields, found);
  const code = view.getUint8(start + 1);
  const type = typeNames[(view.getUint8(start) >> 4) & 3];
  let out = `${type}, MID:${view.getUint16(start + 2)}, ${codes[code] ?? `Unknown ${code}`}`;
  if (found.token !== '') out += `, TKN:${found.token.replace(/(..)(?=.)/g, '$1 ')}`;
  if (found.block !== '') out += `, Block #${found.block}`;
  const path = found.path === '' && found.query !== '' ? '/' : found.path;
  if (path !== '') out += `, ${path}${found.query}`;
  return found.format === '' ? out : `${out} (${found.format})`;
}

function collect(fields: readonly FieldNode[], found: Record<'token' | 'block' | 'path' | 'query' | 'format', string>) {
  for (const { name, text, fields: inner } of fields) {
    if (name === 'coap.token') found.token = text;
    else if (name === 'coap.opt.block_number') found.block = text;
    else if (name === 'coap.opt.uri_path_recon') found.path = text;
    else if (name === 'coap.opt.uri_query') found.query += `${found.query === '' ? '?' : '&'}${text}`;
    // A parameter (the character set) says little in a line.
    else if (name === 'coap.payload_desc' && !text.startsWith('Unknown')) found.format = text.replace(/;.*/, '');
    if (inner !== undefined) collect(inner, found);
  }
}
