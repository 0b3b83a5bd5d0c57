import { utf8Text } from '../core/format.js';
import {
  type Body,
  bytes,
  type Field,
  type FieldDeclaration,
  type FieldNode,
  flag,
  group,
  type LayerNode,
  protocol,
  startingWith,
  text,
  uint,
} from '../core/index.js';
import type { MessageLength } from '../core/protocol.js';
import { methods } from './amqp-methods.js';
import { readMessages } from './messages.js';

const METHOD = 1;
const HEADER = 2;
const BODY = 3;
const HEARTBEAT = 8;
const FRAME_END = 0xce;
/** "AMQP": what a connection begins with. */
const MAGIC = 0x414d5150;
/** Octets around a frame's payload: type, channel, length, and the end octet. */
const FRAME_OCTETS = 8;
const LONGEST = 0x10000000;

const types = { [METHOD]: 'Method', [HEADER]: 'Content header', [BODY]: 'Content body', [HEARTBEAT]: 'Heartbeat' };
const classes = { 10: 'Connection', 20: 'Channel', 40: 'Exchange', 50: 'Queue', 60: 'Basic', 85: 'Confirm', 90: 'Tx' };

const octets = (title: string) => uint(8, title);
const argument = {
  version_major: octets('Version-Major'),
  version_minor: octets('Version-Minor'),
  server_properties: group('Server-Properties'),
  client_properties: group('Client-Properties'),
  arguments: group('Arguments'),
  filter: group('Filter'),
  mechanisms: bytes(0, 'Mechanisms'),
  locales: bytes(0, 'Locales'),
  response: bytes(0, 'Response'),
  challenge: bytes(0, 'Challenge'),
  channel_id: bytes(0, 'Channel-Id'),
  mechanism: text('Mechanism'),
  locale: text('Locale'),
  virtual_host: text('Virtual-Host'),
  capabilities: text('Capabilities'),
  known_hosts: text('Known-Hosts'),
  reply_text: text('Reply-Text'),
  reason: text('Reason'),
  out_of_band: text('Out-Of-Band'),
  exchange: text('Exchange'),
  type: text('Type'),
  destination: text('Destination'),
  source: text('Source'),
  routing_key: text('Routing-Key'),
  queue: text('Queue'),
  consumer_tag: text('Consumer-Tag'),
  cluster_id: text('Cluster-Id'),
  channel_max: uint(16, 'Channel-Max'),
  frame_max: uint(32, 'Frame-Max'),
  heartbeat: uint(16, 'Heartbeat'),
  reply_code: uint(16, 'Reply-Code'),
  class_id: uint(16, 'Class-Id'),
  method_id: uint(16, 'Method-Id'),
  ticket: uint(16, 'Ticket'),
  message_count: uint(32, 'Message-Count'),
  consumer_count: uint(32, 'Consumer-Count'),
  prefetch_size: uint(32, 'Prefetch-Size'),
  prefetch_count: uint(16, 'Prefetch-Count'),
  delivery_tag: uint(64, 'Delivery-Tag'),
  insist: flag('Insist'),
  active: flag('Active'),
  passive: flag('Passive'),
  durable: flag('Durable'),
  exclusive: flag('Exclusive'),
  auto_delete: flag('Auto-Delete'),
  internal: flag('Internal'),
  nowait: flag('Nowait'),
  if_unused: flag('If-Unused'),
  if_empty: flag('If-Empty'),
  global: flag('Global'),
  no_local: flag('No-Local'),
  no_ack: flag('No-Ack'),
  mandatory: flag('Mandatory'),
  immediate: flag('Immediate'),
  redelivered: flag('Redelivered'),
  multiple: flag('Multiple'),
  requeue: flag('Requeue'),
};

/** The properties of class Basic, the highest flag first (section 4.2.6.1). */
const properties = {
  content_type: text('Content-Type'),
  content_encoding: text('Content-Encoding'),
  headers: group('Headers'),
  delivery_mode: octets('Delivery-Mode'),
  priority: octets('Priority'),
  correlation_id: text('Correlation-Id'),
  reply_to: text('Reply-To'),
  expiration: text('Expiration'),
  message_id: text('Message-Id'),
  timestamp: uint(64, 'Timestamp', { unit: 's since 1970' }),
  type: text('Type'),
  user_id: text('User-Id'),
  app_id: text('App-Id'),
  cluster_id: text('Cluster-Id'),
};
const propertyKeys = Object.keys(properties);

function prefixed(
  prefix: string,
  declared: Readonly<Record<string, FieldDeclaration>>,
): Readonly<Record<string, FieldDeclaration>> {
  return Object.fromEntries(Object.entries(declared).map(([key, field]) => [`${prefix}.${key}`, field]));
}

const fields = {
  'init.protocol': text('Protocol'),
  'init.id_major': octets('Protocol ID Major'),
  'init.id_minor': octets('Protocol ID Minor'),
  'init.id': octets('Protocol-ID'),
  'init.version_major': octets('Version Major'),
  'init.version_minor': octets('Version Minor'),
  'init.version_revision': octets('Version-Revision'),
  type: uint(8, 'Type', { labels: types }),
  channel: uint(16, 'Channel'),
  length: uint(32, 'Length'),
  'method.class': uint(16, 'Class', { labels: classes }),
  'method.method': uint(16, 'Method'),
  'method.arguments': group('Arguments'),
  field: group('AMQP field'),
  'header.class': uint(16, 'Class ID', { labels: classes }),
  'header.weight': uint(16, 'Weight'),
  'header.body-size': uint(64, 'Body size'),
  'header.property-flags': uint(16, 'Property flags', { base: 16 }),
  'header.properties': group('Properties'),
  payload: bytes(0, 'Payload'),
  ...prefixed('method.arguments', argument),
  ...prefixed('method.properties', properties),
};

type AmqpFields = Readonly<Record<string, Field>>;

const messageLength: MessageLength = (view, start, end) => {
  if (start + 7 > end) return 0;
  if (view.getUint32(start) === MAGIC) return 8;
  const type = view.getUint8(start);
  const length = view.getUint32(start + 3);
  if ((type !== METHOD && type !== HEADER && type !== BODY && type !== HEARTBEAT) || length > LONGEST) return -1;
  return FRAME_OCTETS + length;
};

/** Advanced Message Queuing Protocol, version 0-9-1. */
export const amqp = protocol('amqp', 'Advanced Message Queueing Protocol', {
  reference: 'AMQP 0-9-1 specification, sections 2.3 and 4.2; of AMQP 1.0 (ISO/IEC 19464) the protocol header',
  carriedBy: { 'tcp.port': 5672 },
  header: {},
  fields,
  headerLength: 'all',
  message: messageLength,
  recognises: {
    tcp: startingWith(
      (octet) => octet === MAGIC >>> 24,
      (view, start, end) => start + 8 === end && view.getUint32(start) === MAGIC,
    ),
  },
  body: (body, placed) => {
    const field: AmqpFields = placed;
    readMessages(body, messageLength, () => {
      if (body.remaining >= 4 && body.view.getUint32(body.position) === MAGIC) protocolHeader(body, field);
      else frame(body, field);
    });
  },
  info: (layer) => summary(layer),
});

/** Section 4.2.2: "AMQP", and 0-0-9-1; 1.0 has an id and three numbers of its version. */
function protocolHeader(body: Body, field: AmqpFields): void {
  body.take(field['init.protocol'], 4);
  // 0-9 wrote the protocol's id in two octets that count from 1; 0-9-1 and 1.0 begin with one octet and a version.
  if (body.peek8() === 1) {
    for (const key of ['id_major', 'id_minor', 'version_major', 'version_minor']) body.number(field[`init.${key}`]);
    return;
  }
  for (const key of ['id', 'version_major', 'version_minor', 'version_revision']) body.number(field[`init.${key}`]);
}

/** Section 4.2.3. */
function frame(body: Body, field: AmqpFields): void {
  const type = body.number(field.type);
  body.number(field.channel);
  const length = body.number(field.length);
  const end = body.position + length;
  body.within(end, () => {
    if (type === METHOD) readMethod(body, field);
    else if (type === HEADER) contentHeader(body, field);
    else if (length > 0) body.take(field.payload, length);
  });
  if (body.position === end && body.remaining > 0 && body.peek8() !== FRAME_END)
    body.report('malformed', 'a frame does not end with the octet 0xCE');
}

function readMethod(body: Body, field: AmqpFields): void {
  const class_ = body.number(field['method.class']);
  const number = body.number(field['method.method']);
  const args = methods[class_]?.[number]?.args;
  if (args === undefined || args.length === 0) return;
  body.group(field['method.arguments'], () => {
    let bit = 0;
    for (const arg of args) {
      const letter = arg[0];
      const target = field[`method.arguments.${arg.slice(2)}`];
      if (letter === 'b') {
        // Bits that follow one another share an octet (section 4.2.5.2).
        body.bitsAt(target, body.position * 8 + 7 - bit++);
        continue;
      }
      if (bit > 0) body.position++;
      bit = 0;
      readArgument(body, field, letter, target);
    }
    if (bit > 0) body.position++;
  });
}

function readArgument(body: Body, field: AmqpFields, letter: string, target: Field): void {
  if (letter === 's') shortString(body, target);
  else if (letter === 't') table(body, field, target);
  else if (letter === 'S') {
    body.need(4, target.title);
    const length = body.view.getUint32(body.position);
    body.skip(4);
    if (length > 0) body.take(target, length);
  } else body.take(target);
}

/** One octet of length, and the text. */
function shortString(body: Body, target: Field): void {
  const length = body.peek8();
  body.need(1 + length, target.title);
  body.found(target, utf8Text(body.view, body.position + 1, length), body.position, 1 + length);
  body.position += 1 + length;
}

/** Section 4.2.6.1. */
function contentHeader(body: Body, field: AmqpFields): void {
  body.number(field['header.class']);
  body.number(field['header.weight']);
  body.take(field['header.body-size']);
  const flags = body.number(field['header.property-flags']);
  if (body.remaining === 0) return;
  body.group(field['header.properties'], () => {
    propertyKeys.forEach((key, index) => {
      if ((flags & (0x8000 >> index)) === 0) return;
      const target = field[`method.properties.${key}`];
      if (target.kind === 'string') shortString(body, target);
      else if (target.kind === 'group') table(body, field, target);
      else body.take(target);
    });
  });
}

/** Octets of the values of a fixed length (section 4.2.5.5, with RabbitMQ's corrections), by their letter. */
const widths: Readonly<Record<string, number>> = {
  t: 1,
  b: 1,
  B: 1,
  s: 2,
  u: 2,
  I: 4,
  i: 4,
  l: 8,
  f: 4,
  d: 8,
  D: 5,
  T: 8,
  V: 0,
};

/** A table: its names and values, one beside the other. */
function table(body: Body, field: AmqpFields, heading: Field): void {
  body.group(heading, () => {
    body.need(4, heading.title);
    const length = body.view.getUint32(body.position);
    body.skip(4);
    body.need(length, heading.title);
    body.within(body.position + length, () => {
      while (body.remaining > 0) entry(body, field);
    });
  });
}

function entry(body: Body, field: AmqpFields): void {
  const { view, position: start } = body;
  const length = body.peek8();
  body.need(length + 2, 'a table entry');
  const name = utf8Text(view, start + 1, length);
  const at = start + 2 + length;
  const letter = String.fromCharCode(view.getUint8(at - 1));
  const long = letter === 'S' || letter === 'x' || letter === 'F' || letter === 'A';
  if (long) body.need(length + 6, 'a table entry');
  const octets = long ? 4 + view.getUint32(at) : widths[letter];
  if (octets === undefined) body.fail(`a table has a value of the unknown type "${letter}"`);
  body.need(at + octets - start, 'a table entry');
  const shown = letter === 'S' ? utf8Text(view, at + 4, octets - 4) : scalar(view, at, letter);
  body.found(field.field, null, start, at + octets - start, shown === '' ? name : `${name}: ${shown}`);
  body.position = at + octets;
}

function scalar(view: DataView, at: number, letter: string): string {
  if (letter === 't') return view.getUint8(at) === 0 ? 'false' : 'true';
  if (letter === 'I') return String(view.getInt32(at));
  if (letter === 'i') return String(view.getUint32(at));
  if (letter === 'l' || letter === 'T') return String(view.getBigInt64(at));
  return '';
}

/** What the summary tells of a method's arguments, and how it calls them. */
const shownArguments: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  'Connection.Open': { virtual_host: 'vhost' },
  'Connection.Close': { reply_text: 'reply' },
  'Channel.Close': { reply_text: 'reply' },
  'Exchange.Declare': { exchange: 'x' },
  'Exchange.Delete': { exchange: 'x' },
  'Exchange.Bind': { destination: 'dx', source: 'sx', routing_key: 'bk' },
  'Exchange.Unbind': { destination: 'dx', source: 'sx', routing_key: 'bk' },
  'Queue.Declare': { queue: 'q' },
  'Queue.Declare-Ok': { queue: 'q' },
  'Queue.Bind': { queue: 'q', exchange: 'x', routing_key: 'bk' },
  'Queue.Unbind': { queue: 'q', exchange: 'x', routing_key: 'bk' },
  'Queue.Purge': { queue: 'q' },
  'Queue.Delete': { queue: 'q' },
  'Basic.Consume': { queue: 'q' },
  'Basic.Publish': { exchange: 'x', routing_key: 'rk' },
  'Basic.Return': { exchange: 'x', routing_key: 'rk' },
  'Basic.Deliver': { exchange: 'x', routing_key: 'rk' },
  'Basic.Get': { queue: 'q' },
  'Basic.Get-Ok': { exchange: 'x', routing_key: 'rk' },
};

/** The frames' names, with a blank behind each. */
function summary(layer: LayerNode): string {
  let out = '';
  let kind = 0;
  let class_ = 0;
  let method = '';
  for (const { name, value, fields: inner } of layer.fields) {
    if (name === 'amqp.init.protocol') out += 'Protocol-Header ';
    else if (name === 'amqp.type') kind = Number(value);
    else if (name === 'amqp.method.class') class_ = Number(value);
    else if (name === 'amqp.method.method') {
      method = methods[class_]?.[Number(value)]?.name ?? 'Method';
      out += `${method} `;
    } else if (name === 'amqp.method.arguments') out += describe(method, inner ?? []);
    else if (name === 'amqp.length' && kind === HEADER) out += 'Content-Header ';
    else if (name === 'amqp.length' && kind === BODY) out += 'Content-Body ';
    else if (name === 'amqp.length' && kind === HEARTBEAT) out += 'Heartbeat ';
  }
  return out === '' ? 'AMQP' : out;
}

function describe(method: string, fields: readonly FieldNode[]): string {
  let out = '';
  for (const [key, short] of Object.entries(shownArguments[method] ?? {})) {
    const field = fields.find((node) => node.name === `amqp.method.arguments.${key}`);
    if (field !== undefined) out += `${short}=${field.text} `;
  }
  return out;
}
