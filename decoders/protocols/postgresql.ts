import { type Body, bytes, type Field, flag, int, type LayerNode, protocol, text, uint } from '../core/index.js';
import type { MessageLength } from '../core/protocol.js';
import { authenticationTypes, backendTypes, formats, frontendTypes, statuses } from '../labels/postgresql.js';
import { portsOf, readMessages, zeroText } from './messages.js';

const PORT = 5432;
const SSL_REQUEST = 80877103;
const GSS_REQUEST = 80877104;
const CANCEL_REQUEST = 80877102;
/** No message is longer; what claims to be is no message. */
const LONGEST = 0x40000000;

const fields = {
  frontend: flag('Frontend'),
  type: text('Type'),
  length: uint(32, 'Length'),
  version_major: uint(16, 'Protocol major version'),
  version_minor: uint(16, 'Protocol minor version'),
  version_supported_minor: uint(32, 'Supported minor version'),
  number_nonsupported_options: int(32, 'Number nonsupported options'),
  nonsupported_option: text('Nonsupported option'),
  parameter_name: text('Parameter name'),
  parameter_value: text('Parameter value'),
  query: text('Query'),
  password: text('Password'),
  authtype: uint(32, 'Authentication type', { labels: authenticationTypes }),
  salt: bytes(4, 'Salt value'),
  'auth.gssapi_sspi.data': bytes(0, 'GSSAPI or SSPI data'),
  'auth.sasl.mech': text('SASL authentication mechanism'),
  'auth.sasl.data.length': int(32, 'SASL authentication data length'),
  'auth.sasl.data': bytes(0, 'SASL authentication data'),
  statement: text('Statement'),
  portal: text('Portal'),
  returns: uint(32, 'Returns'),
  tag: text('Tag'),
  status: uint(8, 'Status', { labels: statuses }),
  copydata: bytes(0, 'Copy data'),
  error: text('Error'),
  pid: uint(32, 'PID'),
  key: uint(32, 'Key'),
  condition: text('Condition'),
  text: text('Text'),
  oid: uint(32, 'OID'),
  'oid.table': uint(32, 'Table OID'),
  'oid.type': uint(32, 'Type OID'),
  format: uint(16, 'Format', { labels: formats }),
  'field.count': uint(16, 'Field count'),
  'col.name': text('Column name'),
  'col.index': uint(16, 'Column index'),
  'col.typemod': int(32, 'Type modifier'),
  'val.length': int(0 as 32, 'Column length'),
  'val.data': bytes(0, 'Data'),
  severity: text('Severity'),
  code: text('Code'),
  message: text('Message'),
  detail: text('Detail'),
  hint: text('Hint'),
  position: text('Position'),
  internal_position: text('Position (Internal)'),
  internal_query: text('Query (Internal)'),
  where: text('Context'),
  schema_name: text('Schema'),
  table_name: text('Table'),
  column_name: text('Column'),
  type_name: text('Type'),
  constraint_name: text('Constraint'),
  file: text('File'),
  line: text('Line'),
  routine: text('Routine'),
};

type PgFields = { readonly [K in keyof typeof fields]: Field };

/** "Error and Notice Message Fields": the field by its code. */
const errorFields: Readonly<Record<string, keyof PgFields>> = {
  S: 'severity',
  V: 'text',
  C: 'code',
  M: 'message',
  D: 'detail',
  H: 'hint',
  P: 'position',
  p: 'internal_position',
  q: 'internal_query',
  W: 'where',
  s: 'schema_name',
  t: 'table_name',
  c: 'column_name',
  d: 'type_name',
  n: 'constraint_name',
  F: 'file',
  L: 'line',
  R: 'routine',
};

/** A type octet and a length, or only a length in what a client sends first: that one begins with a zero. */
const messageLength: MessageLength = (view, start, end) => {
  const first = view.getUint8(start);
  // The answer to a request for encryption is one octet alone, "S" or "N".
  if (end - start === 1 && (first === 0x53 || first === 0x4e)) return 1;
  if (start + 5 > end) return 0;
  const length = first === 0 ? view.getUint32(start) : 1 + view.getUint32(start + 1);
  if (first !== 0 && frontendTypes[first] === undefined && backendTypes[first] === undefined) return -1;
  return length < 5 || length > LONGEST ? -1 : length;
};

/** PostgreSQL's frontend/backend protocol, version 3. */
export const postgresql = protocol('pgsql', 'PostgreSQL', {
  reference: 'PostgreSQL documentation, "Frontend/Backend Protocol", section "Message Formats"',
  carriedBy: { 'tcp.port': PORT },
  // The one octet that answers a request for encryption is no message, and TLS may follow.
  lead: {
    fields: [],
    octets: (_read, view, start, end) => (end - start >= 5 && messageLength(view, start, end) > 0 ? 0 : -1),
  },
  header: {},
  fields,
  headerLength: 'all',
  message: messageLength,
  body: (body, field) => {
    const frontend = portsOf(body).destination === PORT;
    readMessages(body, messageLength, () => {
      body.derived(field.frontend, frontend);
      if (frontend && body.peek8() === 0) startup(body, field);
      else readMessage(body, field, frontend);
    });
  },
  info: summary,
});

/** `>` or `<` for the direction, and the types of the messages. */
function summary(layer: LayerNode, body: Body): string {
  const types: string[] = [];
  for (const node of layer.fields) {
    if (node.name !== 'pgsql.type' || node.length === 0) continue;
    types.push(String.fromCharCode(body.view.getUint8(body.walk.packetStart + node.offset)));
  }
  return `${portsOf(body).destination === PORT ? '>' : '<'}${types.join('/')}`;
}

function startup(body: Body, field: PgFields): void {
  const code = body.remaining >= 8 ? body.view.getUint32(body.position + 4) : 0;
  const names: Readonly<Record<number, string>> = {
    [SSL_REQUEST]: 'SSL request',
    [GSS_REQUEST]: 'GSS encrypt request',
    [CANCEL_REQUEST]: 'Cancel request',
  };
  body.derived(field.type, names[code] ?? 'Startup message');
  body.number(field.length);
  if (code === SSL_REQUEST || code === GSS_REQUEST) return;
  if (code === CANCEL_REQUEST) {
    body.skip(4);
    body.number(field.pid);
    body.number(field.key);
    return;
  }
  body.number(field.version_major);
  body.number(field.version_minor);
  while (body.remaining > 1) {
    zeroText(body, field.parameter_name);
    zeroText(body, field.parameter_value);
  }
}

function readMessage(body: Body, field: PgFields, frontend: boolean): void {
  const type = body.peek8();
  const name = (frontend ? frontendTypes : backendTypes)[type] ?? 'Unknown';
  body.found(field.type, name, body.position, 1);
  body.position++;
  body.number(field.length);
  const reader = (frontend ? frontendReaders : backendReaders)[String.fromCharCode(type)];
  reader?.(body, field);
}

type MessageReader = (body: Body, field: PgFields) => void;

const copyData: MessageReader = (body, field) => {
  if (body.remaining > 0) body.take(field.copydata, body.remaining);
};

const frontendReaders: Readonly<Record<string, MessageReader>> = {
  Q: (body, field) => zeroText(body, field.query),
  p: password,
  P: (body, field) => {
    zeroText(body, field.statement);
    zeroText(body, field.query);
    repeat(body, () => body.number(field['oid.type']));
  },
  B: (body, field) => {
    zeroText(body, field.portal);
    zeroText(body, field.statement);
    repeat(body, () => body.number(field.format));
    repeat(body, () => fieldValue(body, field));
    repeat(body, () => body.number(field.format));
  },
  E: (body, field) => {
    zeroText(body, field.portal);
    body.number(field.returns);
  },
  D: described,
  C: described,
  F: (body, field) => {
    body.number(field.oid);
    repeat(body, () => body.number(field.format));
    repeat(body, () => fieldValue(body, field));
    body.number(field.format);
  },
  d: copyData,
  f: (body, field) => zeroText(body, field.error),
};

const backendReaders: Readonly<Record<string, MessageReader>> = {
  R: authentication,
  K: (body, field) => {
    body.number(field.pid);
    body.number(field.key);
  },
  S: (body, field) => {
    zeroText(body, field.parameter_name);
    zeroText(body, field.parameter_value);
  },
  C: (body, field) => zeroText(body, field.tag),
  Z: (body, field) => body.number(field.status),
  T: (body, field) =>
    columns(body, field, () => {
      zeroText(body, field['col.name']);
      body.number(field['oid.table']);
      body.number(field['col.index']);
      body.number(field['oid.type']);
      body.need(2, 'Column length');
      body.found(field['val.length'], body.view.getInt16(body.position), body.position, 2);
      body.position += 2;
      body.number(field['col.typemod']);
      body.number(field.format);
    }),
  D: (body, field) => columns(body, field, () => fieldValue(body, field)),
  t: (body, field) => repeat(body, () => body.number(field['oid.type'])),
  E: problem,
  N: problem,
  V: fieldValue,
  A: (body, field) => {
    body.number(field.pid);
    zeroText(body, field.condition);
    if (body.remaining > 1) zeroText(body, field.text);
  },
  G: copyFormats,
  H: copyFormats,
  W: copyFormats,
  d: copyData,
  v: (body, field) => {
    body.number(field.version_supported_minor);
    const count = body.number(field.number_nonsupported_options);
    for (let i = 0; i < count; i++) zeroText(body, field.nonsupported_option);
  },
};

/** A count of 16 bits, and as many of something. Wireshark has a field for the count of columns only. */
function repeat(body: Body, read: () => void): void {
  const count = body.peek16();
  body.skip(2);
  for (let i = 0; i < count; i++) read();
}

/** The same for columns. */
function columns(body: Body, field: PgFields, read: () => void): void {
  const count = body.number(field['field.count']);
  for (let i = 0; i < count; i++) read();
}

/** A value with its length; -1 is NULL. */
function fieldValue(body: Body, field: PgFields): void {
  body.need(4, 'Column length');
  const length = body.view.getInt32(body.position);
  body.found(field['val.length'], length, body.position, 4);
  body.position += 4;
  if (length > 0) body.take(field['val.data'], length);
}

/** A statement ("S") or a portal ("P"). */
function described(body: Body, field: PgFields): void {
  const kind = body.peek8();
  body.skip(1);
  zeroText(body, kind === 0x50 ? field.portal : field.statement);
}

function copyFormats(body: Body, field: PgFields): void {
  const at = body.position;
  body.found(field.format, body.peek8(), at, 1);
  body.position++;
}

function problem(body: Body, field: PgFields): void {
  while (body.remaining > 1) {
    const code = String.fromCharCode(body.peek8());
    body.skip(1);
    const key = errorFields[code];
    zeroText(body, field[key ?? 'text']);
  }
}

function authentication(body: Body, field: PgFields): void {
  const type = body.number(field.authtype);
  if (type === 5) body.take(field.salt);
  else if (type === 8 && body.remaining > 0) body.take(field['auth.gssapi_sspi.data'], body.remaining);
  else if (type === 10) while (body.remaining > 1) zeroText(body, field['auth.sasl.mech']);
  else if ((type === 11 || type === 12) && body.remaining > 0) body.take(field['auth.sasl.data'], body.remaining);
}

/** A password ends with a zero octet; what GSSAPI and SASL send is told from it by what the server asked for, or by its form. */
function password(body: Body, field: PgFields): void {
  const { view, position, end } = body;
  if (view.getUint8(end - 1) === 0 && textEnd(view, position, end) === end - 1) {
    zeroText(body, field.password);
    return;
  }
  const name = textEnd(view, position, end);
  if (name > position && name + 5 <= end && view.getInt32(name + 1) === end - name - 5) {
    zeroText(body, field['auth.sasl.mech']);
    body.number(field['auth.sasl.data.length']);
  }
  if (body.remaining > 0) body.take(field['auth.sasl.data'], body.remaining);
}

/** Where the first zero octet is. */
function textEnd(view: DataView, from: number, end: number): number {
  let at = from;
  while (at < end && view.getUint8(at) !== 0) at++;
  return at;
}
