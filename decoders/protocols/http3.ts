import { hexText } from '../core/format.js';
import { type Body, bytes, type Field, group, type LayerNode, protocol, text, uint } from '../core/index.js';
import { statusCodes } from '../labels/http.js';
import { Http3Connection, type Http3Stream, StreamType } from './http3-streams.js';
import { readSection } from './qpack.js';
import { takeVarint } from './quic-varint.js';
import { contained } from './tls-state.js';

const Frame = { data: 0, headers: 1, cancelPush: 3, settings: 4, push: 5, goAway: 7, maxPush: 13 } as const;

/** RFC 9114, section 7.2; RFC 9218, section 7.2. */
const frameTypes = {
  0: 'DATA',
  1: 'HEADERS',
  3: 'CANCEL_PUSH',
  4: 'SETTINGS',
  5: 'PUSH_PROMISE',
  7: 'GOAWAY',
  13: 'MAX_PUSH_ID',
  0xf0700: 'PRIORITY_UPDATE',
  0xf0701: 'PRIORITY_UPDATE',
};

const streamTypes = { 0: 'Control Stream', 1: 'Push Stream', 2: 'QPACK Encoder Stream', 3: 'QPACK Decoder Stream' };

/** RFC 9114, section 7.2.4.1; RFC 9204, section 5; RFC 9220. */
const settingNames = {
  1: 'Max Table Capacity',
  6: 'Max Field Section Size',
  7: 'Blocked Streams',
  8: 'Extended CONNECT',
};

const MAX_TABLE_CAPACITY = 1;

const fields = {
  stream_type: uint(64, 'Stream Type', { labels: streamTypes }),
  push_id: uint(64, 'Push ID'),
  frame_type: uint(64, 'Type', { labels: frameTypes }),
  frame_length: uint(64, 'Length'),
  frame_payload: bytes(0, 'Frame Payload'),
  settings: group('Settings'),
  'settings.id': uint(64, 'Settings Identifier', { labels: settingNames }),
  'settings.value': uint(64, 'Settings Value'),
  'settings.qpack.max_table_capacity': uint(64, 'Max Table Capacity'),
  'settings.max_field_section_size': uint(64, 'Max header list size'),
  'settings.qpack.blocked_streams': uint(64, 'Blocked Streams'),
  'settings.extended_connect': uint(64, 'Extended CONNECT'),
  'headers.header': group('Header'),
  'headers.header.name': text('Name'),
  'headers.header.value': text('Value'),
  'headers.method': text(':method'),
  'headers.path': text(':path'),
  'headers.scheme': text(':scheme'),
  'headers.authority': text(':authority'),
  'headers.status': uint(16, ':status'),
};

type Http3Fields = { readonly [K in keyof typeof fields]: Field };

const settingFields: Readonly<Record<number, keyof Http3Fields>> = {
  1: 'settings.qpack.max_table_capacity',
  6: 'settings.max_field_section_size',
  7: 'settings.qpack.blocked_streams',
  8: 'settings.extended_connect',
};

const pseudo: Readonly<Record<string, 'method' | 'path' | 'scheme' | 'authority'>> = {
  ':method': 'method',
  ':path': 'path',
  ':scheme': 'scheme',
  ':authority': 'authority',
};

/** What QUIC hands over with octets of a stream. */
export interface Http3Part {
  readonly connection: Http3Connection;
  readonly stream: Http3Stream;
  /** Whether they begin with the type of a unidirectional stream. */
  readonly first: boolean;
}

/** HTTP/3: octets of one stream, whole frames each time. QUIC presents them. */
export const http3 = protocol('http3', 'Hypertext Transfer Protocol Version 3', {
  reference: 'RFC 9114, section 7',
  column: 'HTTP3',
  header: {},
  fields,
  headerLength: 'all',
  body: (body, field) => {
    const part = body.dissection.conversation?.presented;
    if (!isPart(part)) {
      body.skip(body.remaining);
      return;
    }
    if (part.first) takeVarint(body, field.stream_type);
    if (!part.stream.unidirectional || part.stream.type === StreamType.control) {
      while (body.remaining > 0) frame(body, field, part);
      return;
    }
    if (part.stream.type === StreamType.encoder) ownTable(part).instruct(octetsOf(body));
    body.skip(body.remaining);
  },
  info: (layer) => summary(layer),
});

function isPart(presented: unknown): presented is Http3Part {
  return (presented as Http3Part | undefined)?.connection instanceof Http3Connection;
}

function octetsOf({ view, position, remaining }: Body): Uint8Array {
  return new Uint8Array(view.buffer, view.byteOffset + position, remaining);
}

/** That of whoever speaks in the stream. */
function ownTable({ connection, stream }: Http3Part) {
  return connection.tables[stream.ofClient ? 'client' : 'server'];
}

function frame(body: Body, field: Http3Fields, part: Http3Part): void {
  const type = takeVarint(body, field.frame_type);
  const length = takeVarint(body, field.frame_length);
  const start = body.position;
  const end = Math.min(body.end, start + length);
  if (end === start) return;
  body.derived(field.frame_payload, hexText(body.view, start, end - start), undefined, start, end - start);
  contained(body, end, () => {
    if (type === Frame.settings)
      while (body.remaining > 0) body.group(field.settings, () => setting(body, field, part));
    else if (type === Frame.headers) headers(body, field, part);
    else if (type === Frame.push) {
      takeVarint(body, field.push_id);
      headers(body, field, part);
    } else if (type === Frame.cancelPush || type === Frame.maxPush) takeVarint(body, field.push_id);
  });
}

function setting(body: Body, field: Http3Fields, { connection, stream }: Http3Part): void {
  const id = takeVarint(body, field['settings.id']);
  const at = body.position;
  const value = takeVarint(body, field['settings.value']);
  // What one side allows is for the other's encoder.
  if (id === MAX_TABLE_CAPACITY) connection.tables[stream.ofClient ? 'server' : 'client'].maximum = value;
  const own = settingFields[id];
  const exact = value > Number.MAX_SAFE_INTEGER ? body.view.getBigUint64(at) & 0x3fffffffffffffffn : value;
  if (own !== undefined) body.derived(field[own], exact, undefined, at, body.position - at);
  body.describe(`${(settingNames as Readonly<Record<number, string>>)[id] ?? 'Unknown'}: ${exact}`);
}

/** A field section; what it says is not where it stands: most is only numbers of entries. */
function headers(body: Body, field: Http3Fields, part: Http3Part): void {
  for (const { at, end, name = '<unknown>', value = '<unknown>' } of readSection(
    ownTable(part),
    body.view,
    body.position,
    body.end,
  )) {
    body.position = at;
    body.group(field['headers.header'], () => {
      body.derived(field['headers.header.name'], name, undefined, at, end - at);
      body.derived(field['headers.header.value'], value, undefined, at, end - at);
      const key = pseudo[name];
      if (key !== undefined) body.derived(field[`headers.${key}`], value, undefined, at, end - at);
      else if (name === ':status' && /^\d{3}$/.test(value))
        body.derived(field['headers.status'], Number(value), undefined, at, end - at);
      body.describe(`${name}: ${value}`);
      body.position = end;
    });
  }
}

/** The frames, and the lines of requests and answers. */
function summary(layer: LayerNode): string {
  const parts: string[] = [];
  let line: string[] = [];
  const finish = (): void => {
    if (line.length > 0) parts.push(line.join(' '));
    line = [];
  };
  for (const node of layer.fields) {
    if (node.name === 'http3.stream_type') parts.push(node.display.replace(/ \(.*/, ''));
    if (node.name === 'http3.frame_type') {
      finish();
      line = [node.display.replace(/ \(.*/, '')];
    }
    for (const inner of node.fields ?? []) {
      if (inner.name === 'http3.headers.method') line[0] += ':';
      if (inner.name === 'http3.headers.method' || inner.name === 'http3.headers.path') line.push(inner.display);
      if (inner.name === 'http3.headers.status') line.push(inner.display, statusCodes[Number(inner.value)] ?? '');
    }
  }
  finish();
  return parts.join(', ');
}
