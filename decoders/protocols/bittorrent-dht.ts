import { hexText } from '../core/format.js';
import {
  type Body,
  bytes,
  type Field,
  type FieldNode,
  group,
  ipv4Address,
  ipv6Address,
  protocol,
  startingWith,
  text,
  uint,
} from '../core/index.js';
import { bencodedString, readableText } from './bencode.js';

/** Lists and dictionaries in one another that are followed. */
const MAXIMUM_DEPTH = 10;
const END = 0x65; // e
const INTEGER = 0x69; // i
const LIST = 0x6c; // l
const DICTIONARY = 0x64; // d

const fields = {
  'bencoded.dict': group('Dictionary'),
  'bencoded.dict_entry': group('Dictionary Entry'),
  'bencoded.list': group('List'),
  'bencoded.string': text('String'),
  'bencoded.int': text('Int'),
  'bencoded.list.terminator': text('Terminator'),
  nodes: group('Nodes'),
  node: group('Node'),
  peers: group('Peers'),
  peer: group('Peer'),
  id: bytes(20, 'ID'),
  ip: ipv4Address('IP'),
  ip6: ipv6Address('IP'),
  port: uint(16, 'Port'),
  truncated_data: bytes(0, 'Truncated data'),
};

type DhtFields = { readonly [K in keyof typeof fields]: Field };

/** Keys whose strings are octets and no text, even where they look like some. */
const binary = new Set(['t', 'v', 'id', 'ip', 'info_hash', 'target', 'token']);

/** What the summary counts. */
interface Counts {
  nodes: number;
  peers: number;
}

/** BitTorrent's distributed hash table (Mainline DHT): bencoded remote procedure calls, BEP 5 and BEP 32. */
export const bittorrentDht = protocol('bt-dht', 'BitTorrent DHT Protocol', {
  reference: 'BEP 5, BEP 32',
  column: 'BT-DHT',
  header: {},
  fields,
  headerLength: 'all',
  recognises: { udp: startingWith((octet) => octet === 0x64, isCall) },
  body: (body, field) => {
    if (body.remaining > 0) dictionary(body, field, 1);
    if (body.remaining > 0) body.take(field.truncated_data, body.remaining);
  },
  info: (layer) => {
    const counts = { nodes: 0, peers: 0 };
    count(layer.fields, counts);
    const parts = [
      ...(counts.nodes > 0 ? [`reply=${counts.nodes} nodes`] : []),
      ...(counts.peers > 0 ? [`reply=${counts.peers} peers`] : []),
    ];
    return `BitTorrent DHT Protocol${parts.map((part) => ` ${part}`).join('')}`;
  },
});

/** A dictionary whose first key is one of the five that messages have, sorted: `d1:a`, `d1:e`, `d1:q`, `d1:r`, `d2:ip`. */
function isCall(view: DataView, start: number, end: number): boolean {
  if (end - start < 8) return false;
  const first = view.getUint32(start);
  if (first === 0x64323a69) return view.getUint8(start + 4) === 0x70;
  if (first >>> 8 !== 0x64313a) return false;
  const key = first & 0xff;
  const value = view.getUint8(start + 4);
  return key === 0x61 || key === 0x72 ? value === DICTIONARY : key === 0x65 && value === LIST;
}

function count(fields: readonly FieldNode[], counts: Counts): void {
  for (const field of fields) {
    if (field.name === 'bt-dht.node') counts.nodes++;
    else if (field.name === 'bt-dht.peer') counts.peers++;
    if (field.fields !== undefined) count(field.fields, counts);
  }
}

/** Reads the value at the position. */
function value(body: Body, field: DhtFields, key: string, depth: number): void {
  const kind = body.peek8();
  if (depth > MAXIMUM_DEPTH) body.fail(`values are nested deeper than ${MAXIMUM_DEPTH}`);
  if (kind === DICTIONARY) dictionary(body, field, depth);
  else if (kind === LIST) list(body, field, key, depth);
  else if (kind === INTEGER) integer(body, field);
  else if (key === 'nodes') contacts(body, field, 26);
  else if (key === 'nodes6') contacts(body, field, 38);
  else string(body, field, binary.has(key));
}

/** Reads a string, and returns it as it is shown. */
function string(body: Body, field: DhtFields, octets = false): string {
  const { at, length } = stringAt(body);
  const shown = octets ? hexText(body.view, at, length) : readableText(body.view, at, length);
  body.found(field['bencoded.string'], shown, body.position, at + length - body.position);
  body.position = at + length;
  return shown;
}

/** Finds the string at the position. */
function stringAt(body: Body): { at: number; length: number } {
  const found = bencodedString(body.view, body.position, body.end);
  if (found === undefined) body.fail('neither a string nor another bencoded value');
  body.need(found.at + found.length - body.position, 'String');
  return found;
}

function integer(body: Body, field: DhtFields): void {
  let length = 1;
  while (body.peek8(length) !== END && length < 24) length++;
  const digits = readableText(body.view, body.position + 1, length - 1);
  body.found(field['bencoded.int'], digits, body.position, length + 1);
  body.position += length + 1;
}

function terminator(body: Body, field: DhtFields): void {
  body.text(field['bencoded.list.terminator'], 1);
}

function dictionary(body: Body, field: DhtFields, depth: number): void {
  body.group(field['bencoded.dict'], () => {
    if (body.peek8() !== DICTIONARY) body.fail('a message that is no dictionary');
    body.skip(1);
    while (body.peek8() !== END) {
      body.group(field['bencoded.dict_entry'], () => {
        const key = string(body, field);
        body.describe(key);
        value(body, field, key, depth + 1);
      });
    }
    terminator(body, field);
  });
}

function list(body: Body, field: DhtFields, key: string, depth: number): void {
  body.group(key === 'values' ? field.peers : field['bencoded.list'], () => {
    body.skip(1);
    while (body.peek8() !== END) {
      if (key === 'values') peer(body, field);
      else value(body, field, '', depth + 1);
    }
    if (key === 'values') body.skip(1);
    else terminator(body, field);
  });
}

/** BEP 5, "Contact Encoding": addresses of peers, one a string. */
function peer(body: Body, field: DhtFields): void {
  const { at, length } = stringAt(body);
  if (length !== 6 && length !== 18) {
    string(body, field);
    return;
  }
  body.group(field.peer, () => {
    body.skip(at - body.position);
    address(body, field, length === 18);
  });
}

/** Nodes, one behind the other in one string: id, address and port. */
function contacts(body: Body, field: DhtFields, octets: number): void {
  const { at, length } = stringAt(body);
  body.group(field.nodes, () => {
    body.skip(at - body.position);
    body.within(at + length, () => {
      while (body.remaining >= octets) {
        body.group(field.node, () => {
          body.take(field.id);
          address(body, field, octets === 38);
        });
      }
      if (body.remaining > 0) body.take(field.truncated_data, body.remaining);
    });
  });
}

function address(body: Body, field: DhtFields, six: boolean): void {
  const { display } = body.take(six ? field.ip6 : field.ip);
  body.describe(`${display}:${body.number(field.port)}`);
}
