import { type Body, bytes, type Field, flag, protocol, text, uint } from '../core/index.js';
import { REST } from '../core/walk.js';
import { diagnosticCodes, exceptionCodes, functionCodes, interfaceTypes, objectNames } from '../labels/modbus.js';
import { portsOf } from './messages.js';

const PORT = 502;
const HEADER_OCTETS = 7;
const DIAGNOSTICS = 8;
const INTERFACE = 43;
const DEVICE_IDENTIFICATION = 14;

/** The header that carries Modbus over TCP (MBAP). */
export const modbusTcp = protocol('mbtcp', 'Modbus/TCP', {
  reference: 'MODBUS Messaging on TCP/IP Implementation Guide V1.0b, section 3.1.3',
  column: 'Modbus/TCP',
  carriedBy: { 'tcp.port': PORT, 'modbus.more': 1 },
  header: {
    trans_id: uint(16, 'Transaction Identifier'),
    prot_id: uint(16, 'Protocol Identifier'),
    len: uint(16, 'Length', { unit: 'bytes' }),
    unit_id: uint(8, 'Unit Identifier'),
  },
  message: (view, start, end) => {
    if (start + 6 > end) return 0;
    return view.getUint16(start + 2) === 0 ? 6 + view.getUint16(start + 4) : -1;
  },
  // Another protocol on the port.
  lead: {
    fields: [],
    octets: (_read, view, start, end) => (start + 4 <= end && view.getUint16(start + 2) !== 0 ? -1 : 0),
  },
  next: 'prot_id',
  info: (_layer, { view, start, end }) =>
    start + HEADER_OCTETS > end ? 'Modbus/TCP' : `Trans: ${view.getUint16(start)}; Unit: ${view.getUint8(start + 6)}`,
});

const fields = {
  func_code: uint(7, 'Function Code', { labels: functionCodes }),
  exception_code: uint(8, 'Exception Code', { labels: exceptionCodes }),
  reference_num: uint(16, 'Reference Number'),
  read_reference_num: uint(16, 'Read Reference Number'),
  write_reference_num: uint(16, 'Write Reference Number'),
  word_cnt: uint(16, 'Word Count'),
  read_word_cnt: uint(16, 'Read Word Count'),
  write_word_cnt: uint(16, 'Write Word Count'),
  bit_cnt: uint(16, 'Bit Count'),
  byte_cnt: uint(8, 'Byte Count'),
  data: bytes(0, 'Data'),
  padding: uint(8, 'Padding', { base: 16 }),
  and_mask: uint(16, 'AND mask', { base: 16 }),
  or_mask: uint(16, 'OR mask', { base: 16 }),
  bitnum: uint(16, 'Bit Number'),
  bitval: flag('Bit Value'),
  regnum16: uint(16, 'Register Number'),
  regval_uint16: uint(16, 'Register Value (UINT16)'),
  diagnostic_code: uint(16, 'Diagnostic Code', { labels: diagnosticCodes }),
  'diagnostic.return_query_data.request': bytes(0, 'Request Data'),
  'diagnostic.return_query_data.echo': bytes(0, 'Echo Data'),
  'diagnostic.restart_communication_option': uint(16, 'Restart Communication Option', { base: 16 }),
  'diagnostic.return_diag_register': uint(16, 'Diagnostic Register Contents', { base: 16 }),
  'diagnostic.ascii_input_delimiter': uint(8, 'CHAR', { base: 16 }),
  'diagnostic.clear_ctr_diag_reg': uint(16, 'Clear Counters & Diag Register Echo'),
  'diagnostic.bus_message_count': uint(16, 'Total Message Count'),
  'diagnostic.bus_comm_error_count': uint(16, 'CRC Error Count'),
  'diagnostic.bus_exception_error_count': uint(16, 'Exception Error Count'),
  'diagnostic.slave_message_count': uint(16, 'Slave Message Count'),
  'diagnostic.no_slave_response_count': uint(16, 'Slave No Response Count'),
  'diagnostic.slave_nak_count': uint(16, 'Slave NAK Count'),
  'diagnostic.slave_busy_count': uint(16, 'Slave Device Busy Count'),
  'diagnostic.bus_char_overrun_count': uint(16, 'Slave Character Overrun Count'),
  ev_status: uint(16, 'Status', { base: 16 }),
  ev_count: uint(16, 'Event Count'),
  ev_msg_count: uint(16, 'Message Count'),
  event: uint(8, 'Event'),
  mei: uint(8, 'MEI type', { labels: interfaceTypes }),
  read_device_id: uint(8, 'Read Device ID'),
  conformity_level: uint(8, 'Conformity Level', { base: 16 }),
  more_follows: uint(8, 'More Follows', { base: 16 }),
  next_object_id: uint(8, 'Next Object ID'),
  num_objects: uint(8, 'Number of Objects'),
  object_id: uint(8, 'Object ID', { labels: objectNames }),
  objects_len: uint(8, 'Object length'),
  object_str_value: text('Object String Value'),
};

type ModbusFields = { readonly [K in keyof typeof fields]: Field };
type Key = keyof ModbusFields;

/** Modbus, the message behind whatever carries it. */
export const modbus = protocol('modbus', 'Modbus', {
  reference: 'MODBUS Application Protocol Specification V1.1b3, sections 4 and 6',
  column: 'Modbus/TCP',
  carriedBy: { 'mbtcp.prot_id': 0 },
  header: {},
  fields,
  headerLength: (_read, view, start, end) => {
    const length = view.getUint16(start - 3) - 1;
    return start + length < end && length > 0 ? length : REST;
  },
  // Several messages may come in one segment.
  next: {
    table: 'modbus.more',
    value: (_read, view, _start, end, walk) => {
      const at = walk.headerEnd[walk.depth - 1];
      return at + HEADER_OCTETS <= Math.min(end, walk.capturedEnd) && view.getUint16(at + 2) === 0 ? 1 : -1;
    },
  },
  body: (body, field) => {
    const length = body.view.getUint16(body.start - 3) - 1;
    // The walk tells of what the capture cut off; the rest is in another segment.
    if (length > body.remaining) body.incomplete = true;
    const first = body.peek8();
    const code = body.bitsAt(field.func_code, body.position * 8 + 1);
    body.position++;
    const response = isResponse(body);
    if (first > 127 && response) body.number(field.exception_code);
    else if (response) readResponse(body, field, code, recall(body));
    else {
      remember(body, code);
      readRequest(body, field, code);
    }
    if (!described.has(code) && body.remaining > 0) body.take(field.data, body.start + length - body.position);
  },
  info: summary,
});

/** Functions whose data is described whole; of others it is shown as it is. */
const described = new Set([1, 2, 3, 4, 5, 15, 16, 22, 23, 24, INTERFACE]);

function isResponse(body: Body): boolean {
  return portsOf(body).source === PORT;
}

/** What a request asked for, which its response does not repeat. */
interface Request {
  transaction: number;
  code: number;
  reference: number;
  count: number;
}

function requestOf(body: Body): Request | undefined {
  return body.dissection.conversation?.remember('modbus', () => ({ transaction: -1, code: 0, reference: 0, count: 0 }));
}

function remember(body: Body, code: number): void {
  const request = requestOf(body);
  if (request === undefined || body.remaining < 4) return;
  request.transaction = body.view.getUint16(body.start - HEADER_OCTETS);
  request.code = code;
  request.reference = body.peek16();
  request.count = body.peek16(2);
}

function recall(body: Body): Request | undefined {
  const request = requestOf(body);
  return request?.transaction === body.view.getUint16(body.start - HEADER_OCTETS) ? request : undefined;
}

/** Numbers that follow one another, by function code, in requests. */
const requests: Readonly<Record<number, readonly Key[]>> = {
  1: ['reference_num', 'bit_cnt'],
  2: ['reference_num', 'bit_cnt'],
  3: ['reference_num', 'word_cnt'],
  4: ['reference_num', 'word_cnt'],
  6: ['reference_num'],
  15: ['reference_num', 'bit_cnt', 'byte_cnt'],
  16: ['reference_num', 'word_cnt', 'byte_cnt'],
  20: ['byte_cnt'],
  21: ['byte_cnt'],
  22: ['reference_num', 'and_mask', 'or_mask'],
  23: ['read_reference_num', 'read_word_cnt', 'write_reference_num', 'write_word_cnt', 'byte_cnt'],
  24: ['reference_num'],
};

const responses: Readonly<Record<number, readonly Key[]>> = {
  1: ['byte_cnt'],
  2: ['byte_cnt'],
  3: ['byte_cnt'],
  4: ['byte_cnt'],
  6: ['reference_num'],
  11: ['ev_status', 'ev_count'],
  12: ['byte_cnt', 'ev_status', 'ev_count', 'ev_msg_count'],
  15: ['reference_num', 'bit_cnt'],
  16: ['reference_num', 'word_cnt'],
  20: ['byte_cnt'],
  21: ['byte_cnt'],
  22: ['reference_num', 'and_mask', 'or_mask'],
  23: ['byte_cnt'],
};

function readRequest(body: Body, field: ModbusFields, code: number): void {
  for (const key of requests[code] ?? []) body.number(field[key]);
  if (code === 5) coil(body, field);
  else if (code === DIAGNOSTICS) diagnostics(body, field, false);
  else if (code === 15) coils(body, field, body.view.getUint16(body.start + 1), body.view.getUint16(body.start + 3));
  else if (code === 16) registers(body, field, body.view.getUint16(body.start + 1));
  else if (code === 23) registers(body, field, body.view.getUint16(body.start + 5));
  else if (code === INTERFACE && body.number(field.mei) === DEVICE_IDENTIFICATION) {
    body.number(field.read_device_id);
    body.number(field.object_id);
  }
}

function readResponse(body: Body, field: ModbusFields, code: number, request: Request | undefined): void {
  for (const key of responses[code] ?? []) body.number(field[key]);
  if (code === 1 || code === 2) {
    if (request !== undefined) coils(body, field, request.reference, request.count);
  } else if (code === 3 || code === 4 || code === 23) registers(body, field, request?.reference);
  else if (code === 5) coil(body, field);
  else if (code === DIAGNOSTICS) diagnostics(body, field, true);
  else if (code === 12) while (body.remaining > 0) body.number(field.event);
  else if (code === INTERFACE && body.number(field.mei) === DEVICE_IDENTIFICATION) identification(body, field);
}

/** Section 6.5: FF 00 is on, 00 00 is off. */
function coil(body: Body, field: ModbusFields): void {
  body.number(field.reference_num);
  const at = body.position;
  body.take(field.data, 2);
  body.derived(field.padding, body.view.getUint8(at + 1), undefined, at + 1);
}

/** Eight coils an octet, the lowest first. */
function coils(body: Body, field: ModbusFields, first: number, count: number): void {
  const start = body.position;
  const last = Math.min(count, body.remaining * 8);
  if (last === 0) return;
  for (let i = 0; i < last; i++) {
    const at = start + (i >> 3);
    body.derived(field.bitnum, first + i, undefined, at);
    body.bitsAt(field.bitval, at * 8 + 7 - (i & 7));
  }
  body.position = start + Math.ceil(last / 8);
}

function registers(body: Body, field: ModbusFields, first: number | undefined): void {
  for (let i = 0; body.remaining >= 2; i++) {
    if (first !== undefined) body.derived(field.regnum16, first + i);
    body.number(field.regval_uint16);
  }
}

/** Section 6.8: what the data of a diagnostic is. */
const diagnosticData: Readonly<Record<number, Key>> = {
  1: 'diagnostic.restart_communication_option',
  3: 'diagnostic.ascii_input_delimiter',
};
const diagnosticReplies: Readonly<Record<number, Key>> = {
  ...diagnosticData,
  2: 'diagnostic.return_diag_register',
  10: 'diagnostic.clear_ctr_diag_reg',
  11: 'diagnostic.bus_message_count',
  12: 'diagnostic.bus_comm_error_count',
  13: 'diagnostic.bus_exception_error_count',
  14: 'diagnostic.slave_message_count',
  15: 'diagnostic.no_slave_response_count',
  16: 'diagnostic.slave_nak_count',
  17: 'diagnostic.slave_busy_count',
  18: 'diagnostic.bus_char_overrun_count',
};

function diagnostics(body: Body, field: ModbusFields, response: boolean): void {
  const code = body.number(field.diagnostic_code);
  if (code === 0) {
    const key = response ? 'diagnostic.return_query_data.echo' : 'diagnostic.return_query_data.request';
    if (body.remaining > 0) body.take(field[key], body.remaining);
    return;
  }
  const key = (response ? diagnosticReplies : diagnosticData)[code];
  if (key !== undefined) body.number(field[key]);
}

/** Section 6.21. */
function identification(body: Body, field: ModbusFields): void {
  body.number(field.read_device_id);
  body.number(field.conformity_level);
  body.number(field.more_follows);
  body.number(field.next_object_id);
  const count = body.number(field.num_objects);
  for (let i = 0; i < count; i++) {
    body.number(field.object_id);
    body.take(field.object_str_value, body.number(field.objects_len));
  }
}

function summary(_layer: unknown, body: Body): string {
  const { view, start, end } = body;
  if (start >= end) return 'Modbus';
  const first = view.getUint8(start);
  const code = first & 127;
  const exception = first > 127;
  const pad = (value: number, width: number) => String(value).padStart(width);
  const response = isResponse(body);
  let name = functionCodes[code] ?? `Unknown function (${code})`;
  let shown = pad(code, 3);
  if (!exception && start + 2 < end) {
    // Wireshark writes 1 for whatever the sub-function is, and its name.
    const inner =
      code === DIAGNOSTICS
        ? diagnosticCodes[view.getUint16(start + 1)]
        : code === INTERFACE
          ? interfaceTypes[view.getUint8(start + 1)]
          : undefined;
    if (inner !== undefined || code === INTERFACE) shown += '/  1';
    name = inner ?? name;
  }
  const transaction = pad(view.getUint16(start - HEADER_OCTETS), 5);
  const direction = response ? 'Response' : '   Query';
  const unit = pad(view.getUint8(start - 1), 3);
  return `${direction}: Trans: ${transaction}; Unit: ${unit}, Func: ${shown}: ${name}${exception ? '. Exception returned ' : ''}`;
}
