import { utf8Text } from '../core/format.js';
import { type Body, type Field, findField, type LayerNode, protocol } from '../core/index.js';
import type { MessageLength } from '../core/protocol.js';
import { portsOf, readMessages, zeroText } from './messages.js';
import { commands, type MysqlFields, mysqlFields } from './mysql-fields.js';

const PORT = 3306;
const HEADER_OCTETS = 4;
/** Capabilities that change the form of what follows. */
const LONG_PASSWORD = 0x0001;
const WITH_DATABASE = 0x0008;
const PROTOCOL_41 = 0x0200;
const SECURE_CONNECTION = 0x8000;
const PLUGIN = 0x0008;
const ATTRIBUTES = 0x0010;
const LENGTH_ENCODED = 0x0020;
const NULL_VALUE = 0xfb;
const EOF = 0xfe;
const ERROR = 0xff;
const PREPARE = 22;

/** What earlier messages of the conversation say of those that follow. */
interface State {
  /** The last command, -1 for none. */
  command: number;
  /** Descriptions of columns that are still to come. */
  columns: number;
  /** Whether rows follow. */
  rows: boolean;
  /** Whether the server is a MariaDB, which the greeting tells. */
  mariadb: boolean;
  /** Whether the greeting was seen; nobody can tell for a packet by itself. */
  greeted: boolean;
}

/** Three octets of length and one of sequence in front of each message. */
const messageLength: MessageLength = (view, start, end) =>
  start + HEADER_OCTETS > end ? 0 : HEADER_OCTETS + view.getUint16(start, true) + view.getUint8(start + 2) * 65536;

/** MySQL's client/server protocol, version 10, as MySQL and MariaDB document it. */
export const mysql = protocol('mysql', 'MySQL Protocol', {
  reference: 'MySQL Internals, "Client/Server Protocol"; MariaDB documentation, "Clientserver Protocol"',
  column: 'MySQL',
  carriedBy: { 'tcp.port': PORT },
  lead: { fields: [], octets: (_read, view, start, end) => (isTls(view, start, end) ? -1 : 0) },
  header: {},
  fields: mysqlFields,
  headerLength: 'all',
  message: messageLength,
  body: (body, field) => {
    const { conversation } = body.dissection;
    const fresh = (): State => ({
      command: -1,
      columns: 0,
      rows: false,
      mariadb: false,
      greeted: conversation === undefined,
    });
    const state = conversation?.remember('mysql', fresh) ?? fresh();
    const request = portsOf(body).destination === PORT;
    readMessages(body, messageLength, () => {
      body.number(field.packet_length);
      const sequence = body.number(field.packet_number);
      if (body.remaining === 0) return;
      if (request) fromClient(body, field, sequence, state);
      else fromServer(body, field, sequence, state);
      if (body.remaining > 0) body.take(field.payload, body.remaining);
    });
  },
  info: summary,
});

/** Both sides may go over to TLS after the greeting: a record's type, and version 3.x. */
function isTls(view: DataView, start: number, end: number): boolean {
  if (start + 5 > end) return false;
  const type = view.getUint8(start);
  return type >= 20 && type <= 23 && view.getUint8(start + 1) === 3 && view.getUint8(start + 2) <= 4;
}

function summary(layer: LayerNode, body: Body): string {
  const shown = (name: string) => findField(layer.fields, `mysql.${name}`)?.text;
  const version = shown('version');
  if (version !== undefined) return `Server Greeting  proto=${shown('protocol')} version=${version} `;
  if (shown('caps.client') !== undefined) {
    const database = shown('schema');
    const user = shown('user');
    const kind = user === undefined ? 'Response: SSL Handshake' : 'Login Request';
    return `${kind} user=${user ?? ''} ${database === undefined ? '' : `db=${database} `}`;
  }
  const command = shown('command');
  if (command !== undefined) return `Request ${commands[Number(command)] ?? `Unknown (${command}) `}`;
  if (portsOf(body).destination === PORT) return 'Request ';
  const error = shown('error_code');
  if (error !== undefined) return `Response  Error ${error} `;
  if (shown('num_fields') !== undefined) return 'Response TABULAR Response ';
  return shown('affected_rows') === undefined ? 'Response ' : 'Response  OK ';
}

/**
 * The first message of a client answers the greeting, and so has the number 1; commands have the number 0. Without a
 * greeting nobody knows what the client answers, and Wireshark takes it for a command.
 */
function fromClient(body: Body, field: MysqlFields, sequence: number, state: State): void {
  if (sequence === 0 || !state.greeted) body.group(field.request, () => request(body, field, state));
  else if (sequence === 1) body.group(field.login_request, () => login(body, field, state));
  else body.take(field['auth_switch_response.data'], body.remaining);
}

/** HandshakeResponse41, or HandshakeResponse320 of servers before version 4.1. */
function login(body: Body, field: MysqlFields, state: State): void {
  const caps = body.number(field['caps.client']);
  if ((caps & PROTOCOL_41) === 0) {
    lengthOf(body, field.max_packet, 3);
    zeroText(body, field.user);
    if (body.remaining > 0) body.take(field.passwd, body.remaining);
    return;
  }
  const extended = extendedCapabilities(body, field, 'extcaps.client');
  lengthOf(body, field.max_packet, 4);
  body.number(state.mariadb ? field.mariadb_charset : field.charset);
  const mariadb = state.mariadb && (caps & LONG_PASSWORD) === 0;
  body.take(field.unused, mariadb ? 19 : 23);
  if (mariadb) body.number(field['mariadb.extcaps.client']);
  if (body.remaining === 0) {
    body.dissection.conversation?.switchTo('tls');
    return;
  }
  zeroText(body, field.user);
  if ((caps & SECURE_CONNECTION) !== 0) {
    const length = body.peek8();
    body.skip(1);
    if (length > 0) body.take(field.passwd, length);
  } else passwordToZero(body, field);
  if ((caps & WITH_DATABASE) !== 0 && body.remaining > 0) zeroText(body, field.schema);
  if ((extended & PLUGIN) !== 0 && body.remaining > 0) zeroText(body, field.client_auth_plugin);
  if ((extended & ATTRIBUTES) !== 0 && body.remaining > 0) attributes(body, field);
}

function extendedCapabilities(body: Body, field: MysqlFields, key: 'extcaps.client' | 'extcaps.server'): number {
  const caps = body.number(field[key]);
  body.derived(field['caps.pm'], (caps & LENGTH_ENCODED) !== 0, undefined, body.position - 2);
  return caps;
}

function passwordToZero(body: Body, field: MysqlFields): void {
  let length = 0;
  while (body.peek8(length) !== 0) length++;
  if (length > 0) body.take(field.passwd, length);
  body.skip(1);
}

function attributes(body: Body, field: MysqlFields): void {
  body.group(field.connattrs, () => {
    const length = encodedNumber(body, field['connattrs.length']);
    body.within(body.position + length, () => {
      while (body.remaining > 0) {
        body.group(field['connattrs.attr'], () => {
          const name = body.text(field['connattrs.name'], encodedNumber(body, field['connattrs.name.length']));
          const value = body.text(field['connattrs.value'], encodedNumber(body, field['connattrs.value.length']));
          body.describe(`${name}: ${value}`);
        });
      }
    });
  });
}

function request(body: Body, field: MysqlFields, state: State): void {
  const command = body.number(field.command);
  body.describe(commands[command] ?? 'Unknown');
  state.command = command;
  state.columns = 0;
  state.rows = false;
  if (body.remaining === 0) return;
  switch (command) {
    case 2:
    case 5:
    case 6:
      body.take(field.schema, body.remaining);
      return;
    case 3:
    case PREPARE:
      if (command === 3 && body.peek8() === 0) queryAttributes(body, field);
      if (body.remaining > 0) body.take(field.query, body.incomplete ? body.remaining + 1 : body.remaining);
      return;
    case 4:
      zeroText(body, field.table_name);
      return;
    case 7:
      body.number(field.refresh);
      return;
    case 8:
      body.number(field.shutdown);
      return;
    case 12:
      body.number(field.thread_id);
      return;
    case 23:
      body.number(field.stmt_id);
      body.number(field.exec_flags);
      body.number(field.exec_iter);
      return;
    case 24:
      body.number(field.stmt_id);
      body.number(field.param);
      return;
    case 25:
    case 26:
      body.number(field.stmt_id);
      return;
    case 27:
      body.number(field.option);
      return;
    case 28:
      body.number(field.stmt_id);
      body.number(field.num_rows);
      return;
    default:
  }
}

/** No statement begins with a zero octet: it is the number of attributes, and one set of them follows. */
function queryAttributes(body: Body, field: MysqlFields): void {
  body.group(field.query_attrs, () => {
    body.number(field.query_attrs_count);
    body.skip(1);
  });
}

function fromServer(body: Body, field: MysqlFields, sequence: number, state: State): void {
  const first = body.peek8();
  if (sequence === 0 && first === 10) body.group(field.server_greeting, () => greeting(body, field, state));
  else if (first === ERROR && body.remaining > 2) problem(body, field);
  else if (first === EOF && body.remaining < 9) endOfData(body, field, state);
  else if (state.rows) row(body, field);
  else if (state.columns > 0 || isDefinition(body)) columnDefinition(body, field, state);
  else if (first === 0 && state.command === PREPARE) prepared(body, field);
  else if (first === 0) ok(body, field);
  else if (first === EOF) switchMethod(body, field);
  else if (sequence === 1 && encodedOctets(first) === body.remaining) {
    state.columns = encodedNumber(body, field.num_fields);
    state.rows = false;
  }
}

/** A column's description begins with the catalog, which is always "def". */
function isDefinition(body: Body): boolean {
  return body.remaining > 4 && body.view.getUint32(body.position) === 0x03646566;
}

/** Protocol::HandshakeV10. */
function greeting(body: Body, field: MysqlFields, state: State): void {
  state.greeted = true;
  body.number(field.protocol);
  zeroText(body, field.version);
  body.number(field.thread_id);
  zeroText(body, field.salt);
  if (body.remaining === 0) return;
  const caps = body.number(field['caps.server']);
  if (body.remaining === 0) return;
  state.mariadb = (caps & LONG_PASSWORD) === 0;
  body.number(state.mariadb ? field.mariadb_language : field.server_language);
  body.number(field.server_status);
  extendedCapabilities(body, field, 'extcaps.server');
  body.number(field['auth_plugin.length']);
  // MariaDB leaves out "long password", and has further capabilities of its own in four of the unused octets.
  body.take(field.unused, state.mariadb ? 6 : 10);
  if (state.mariadb) body.number(field['mariadb.extcaps.server']);
  if (body.remaining > 0) zeroText(body, field.salt2);
  if (body.remaining > 0) zeroText(body, field.auth_plugin);
}

function problem(body: Body, field: MysqlFields): void {
  body.number(field.response_code);
  body.number(field.error_code);
  if (body.remaining > 5 && body.peek8() === 0x23) {
    body.skip(1);
    body.take(field.sqlstate, 5);
  }
  if (body.remaining > 0) body.take(field['error.message'], body.remaining);
}

function ok(body: Body, field: MysqlFields): void {
  body.number(field.response_code);
  encodedNumber(body, field.affected_rows);
  const at = body.position;
  const octets = encodedOctets(body.peek8());
  if (body.peek8() === 0) body.skip(octets);
  else encodedNumber(body, field.insert_id);
  if (body.position === at || body.remaining === 0) return;
  body.number(field.server_status);
  body.number(field.warnings);
  if (body.remaining > 0) body.take(field.message, body.remaining);
}

function endOfData(body: Body, field: MysqlFields, state: State): void {
  body.derived(field.response_code, EOF);
  body.number(field.eof);
  if (body.remaining >= 4) {
    body.number(field.warnings);
    body.number(field.server_status);
  }
  state.rows = !state.rows && state.command !== 4 && state.columns === 0;
}

function switchMethod(body: Body, field: MysqlFields): void {
  body.number(field['auth_switch_request.status']);
  zeroText(body, field['auth_switch_request.name']);
  if (body.remaining > 0) body.take(field['auth_switch_request.data'], body.remaining);
}

/** COM_STMT_PREPARE_OK. */
function prepared(body: Body, field: MysqlFields): void {
  body.number(field.response_code);
  body.number(field.stmt_id);
  lengthOf(body, field.num_fields, 2);
  body.number(field.num_params);
  body.skip(1);
  if (body.remaining >= 2) body.number(field.warnings);
}

/** ColumnDefinition41. */
function columnDefinition(body: Body, field: MysqlFields, state: State): void {
  if (state.columns > 0) state.columns--;
  for (const key of ['catalog', 'db', 'table', 'org_table', 'name', 'org_name'] as const)
    encodedText(body, field[`field.${key}`]);
  body.skip(1);
  body.number(field['field.charsetnr']);
  body.number(field['field.length']);
  body.number(field['field.type']);
  body.number(field['field.flags']);
  body.number(field['field.decimals']);
  body.skip(Math.min(2, body.remaining));
  // The answer to "show fields" has the columns' defaults.
  if (body.remaining > 0) value(body, field['field.default']);
}

/** ProtocolText::ResultsetRow. */
function row(body: Body, field: MysqlFields): void {
  while (body.remaining > 0) value(body, field['row.text']);
}

/** A text, or NULL. */
function value(body: Body, field: Field): void {
  if (body.peek8() !== NULL_VALUE) {
    encodedText(body, field, true);
    return;
  }
  body.found(field, 'NULL', body.position, 1);
  body.position++;
}

/** Octets of a length-encoded number by its first octet. */
function encodedOctets(first: number): number {
  if (first < NULL_VALUE) return 1;
  return first === 0xfc ? 3 : first === 0xfd ? 4 : first === 0xfe ? 9 : 1;
}

/** The length-encoded number at the position. */
function encodedAt(body: Body): { value: number; octets: number } {
  const first = body.peek8();
  const octets = encodedOctets(first);
  body.need(octets, 'a length-encoded number');
  if (octets === 1) return { value: first, octets };
  let value = 0;
  for (let i = octets - 1; i > 0; i--) value = value * 256 + body.view.getUint8(body.position + i);
  return { value, octets };
}

function encodedNumber(body: Body, field: Field): number {
  const { value, octets } = encodedAt(body);
  body.found(field, value, body.position, octets);
  body.position += octets;
  return value;
}

/** A text with a length-encoded length in front; nothing is shown for an empty one unless `always`. */
function encodedText(body: Body, field: Field, always = false): void {
  const { value: length, octets } = encodedAt(body);
  body.need(octets + length, field.title);
  const at = body.position;
  if (length === 0 && !always) body.skip(octets);
  else {
    body.found(field, utf8Text(body.view, at + octets, length), at, octets + length);
    body.position = at + octets + length;
  }
}

/** A little-endian number of some octets. */
function lengthOf(body: Body, field: Field, octets: number): void {
  body.need(octets, field.title);
  let value = 0;
  for (let i = octets - 1; i >= 0; i--) value = value * 256 + body.view.getUint8(body.position + i);
  body.found(field, value, body.position, octets);
  body.position += octets;
}
