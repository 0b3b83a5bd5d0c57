/** SCTP's chunks, their parameters and error causes: RFC 9260 section 3.3, and IANA "SCTP Parameters". */

import { type Body, bits, bytes, type Field, flag, ipv4Address, ipv6Address, spare, uint } from '../core/index.js';

export const chunkNames: Readonly<Record<number, string>> = {
  0: 'DATA',
  1: 'INIT',
  2: 'INIT_ACK',
  3: 'SACK',
  4: 'HEARTBEAT',
  5: 'HEARTBEAT_ACK',
  6: 'ABORT',
  7: 'SHUTDOWN',
  8: 'SHUTDOWN_ACK',
  9: 'ERROR',
  10: 'COOKIE_ECHO',
  11: 'COOKIE_ACK',
  12: 'ECNE',
  13: 'CWR',
  14: 'SHUTDOWN_COMPLETE',
  15: 'AUTH',
  16: 'NR-SACK',
  64: 'I_DATA',
  128: 'ASCONF_ACK',
  130: 'RE_CONFIG',
  132: 'PAD',
  192: 'FORWARD_TSN',
  193: 'ASCONF',
  194: 'I_FORWARD_TSN',
};
const parameterTypes: Readonly<Record<number, string>> = {
  1: 'Heartbeat info',
  5: 'IPv4 address',
  6: 'IPv6 address',
  7: 'State cookie',
  8: 'Unrecognized parameters',
  9: 'Cookie preservative',
  11: 'Host name address',
  12: 'Supported address types',
  0x8000: 'ECN',
  0x8002: 'Random',
  0x8003: 'Authentication Chunk list',
  0x8004: 'Requested HMAC Algorithm',
  0x8008: 'Supported Extensions',
  0xc000: 'Forward TSN supported',
  0xc006: 'Adaptation Layer Indication',
};
const causeCodes: Readonly<Record<number, string>> = {
  1: 'Invalid stream identifier',
  2: 'Missing mandatory parameter',
  3: 'Stale cookie error',
  4: 'Out of resource',
  5: 'Unresolvable address',
  6: 'Unrecognized chunk type',
  7: 'Invalid mandatory parameter',
  8: 'Unrecognized parameters',
  9: 'No user data',
  10: 'Cookie received while shutting down',
  11: 'Restart of an association with new addresses',
  12: 'User initiated ABORT',
  13: 'Protocol violation',
};
const CHUNK_HEADER = 4;
const DATA = 0;
const DATA_HEADER = 16;

const chunkFlag = (name: string, title: string) => flag(title, { filter: `sctp.${name}` });

export const chunkFields = {
  chunk_type: bits(
    8,
    'Chunk type',
    {
      first: uint(1, 'Bit', { filter: 'sctp.chunk_bit_1' }),
      second: uint(1, 'Bit', { filter: 'sctp.chunk_bit_2' }),
      number: spare(6),
    },
    { labels: chunkNames },
  ),
  chunk_flags: uint(8, 'Chunk flags', { base: 16 }),
  dataFlags: bits(
    8,
    'Chunk flags',
    {
      unused: spare(4),
      i: chunkFlag('data_i_bit', 'I-Bit'),
      u: chunkFlag('data_u_bit', 'U-Bit'),
      b: chunkFlag('data_b_bit', 'B-Bit'),
      e: chunkFlag('data_e_bit', 'E-Bit'),
    },
    { base: 16, filter: 'sctp.chunk_flags' },
  ),
  sackFlags: bits(
    8,
    'Chunk flags',
    { unused: spare(7), n: uint(1, 'Nounce sum', { filter: 'sctp.sack_nounce_sum' }) },
    { base: 16, filter: 'sctp.chunk_flags' },
  ),
  abortFlags: bits(
    8,
    'Chunk flags',
    { unused: spare(7), t: chunkFlag('abort_t_bit', 'T-Bit') },
    { base: 16, filter: 'sctp.chunk_flags' },
  ),
  completeFlags: bits(
    8,
    'Chunk flags',
    { unused: spare(7), t: chunkFlag('shutdown_complete_t_bit', 'T-Bit') },
    { base: 16, filter: 'sctp.chunk_flags' },
  ),
  chunk_length: uint(16, 'Chunk length'),
  chunk_padding: bytes(0, 'Chunk padding'),
  chunk_value: bytes(0, 'Chunk value'),
  data_tsn_raw: uint(32, 'Transmission sequence number (absolute)'),
  data_sid: uint(16, 'Stream identifier', { base: 16 }),
  data_ssn: uint(16, 'Stream sequence number'),
  data_payload_proto_id: uint(32, 'Payload protocol identifier'),
  init_initiate_tag: uint(32, 'Initiate tag', { base: 16 }),
  init_credit: uint(32, 'Advertised receiver window credit (a_rwnd)'),
  init_nr_out_streams: uint(16, 'Number of outbound streams'),
  init_nr_in_streams: uint(16, 'Number of inbound streams'),
  init_initial_tsn: uint(32, 'Initial TSN'),
  initack_initiate_tag: uint(32, 'Initiate tag', { base: 16 }),
  initack_credit: uint(32, 'Advertised receiver window credit (a_rwnd)'),
  initack_nr_out_streams: uint(16, 'Number of outbound streams'),
  initack_nr_in_streams: uint(16, 'Number of inbound streams'),
  initack_initial_tsn: uint(32, 'Initial TSN'),
  sack_cumulative_tsn_ack_raw: uint(32, 'Cumulative TSN ACK (absolute)'),
  sack_a_rwnd: uint(32, 'Advertised receiver window credit (a_rwnd)'),
  sack_number_of_gap_blocks: uint(16, 'Number of gap acknowledgement blocks'),
  sack_number_of_duplicated_tsns: uint(16, 'Number of duplicated TSNs'),
  sack_gap_block_start: uint(16, 'Start'),
  sack_gap_block_end: uint(16, 'End'),
  sack_duplicated_tsn: uint(32, 'Duplicate TSN', { filter: 'sctp.sack_duplicate_tsn' }),
  shutdown_cumulative_tsn_ack: uint(32, 'Cumulative TSN Ack'),
  cookie: bytes(0, 'Cookie'),
  parameter_type: bits(
    16,
    'Parameter type',
    {
      first: uint(1, 'Bit', { filter: 'sctp.parameter_bit_1' }),
      second: uint(1, 'Bit', { filter: 'sctp.parameter_bit_2' }),
      number: spare(14),
    },
    { base: 16, labels: parameterTypes },
  ),
  parameter_length: uint(16, 'Parameter length'),
  parameter_value: bytes(0, 'Parameter value'),
  parameter_padding: bytes(0, 'Parameter padding'),
  parameter_heartbeat_information: bytes(0, 'Heartbeat information'),
  parameter_ipv4_address: ipv4Address('IP Version 4 address'),
  parameter_ipv6_address: ipv6Address('IP Version 6 address'),
  parameter_state_cookie: bytes(0, 'State cookie'),
  parameter_supported_address_type: uint(16, 'Supported address type', {
    labels: { 5: 'IPv4 address', 6: 'IPv6 address', 11: 'Host name address' },
  }),
  adaptation_layer_indication: uint(32, 'Indication', { base: 16 }),
  cause_code: uint(16, 'Cause code', { base: 16, labels: causeCodes }),
  cause_length: uint(16, 'Cause length'),
  cause_information: bytes(0, 'Cause information'),
  cause_padding: bytes(0, 'Cause padding'),
};

type Fields = { readonly [K in keyof typeof chunkFields]: Field };

/** Chunks, parameters and causes end on 32-bit words; their lengths do not count what fills them up. */
export function padding(length: number): number {
  return (4 - (length & 3)) & 3;
}

/** Reads a chunk. The first DATA chunk is read up to its user data, which ends the header. */
export function readChunk(body: Body, field: Fields): void {
  const start = body.position;
  const type = body.number(field.chunk_type);
  body.number(field[flagsOf[type] ?? 'chunk_flags']);
  const length = body.number(field.chunk_length);
  if (length < CHUNK_HEADER) body.fail(`an SCTP chunk has length ${length}; its header alone has ${CHUNK_HEADER}`);
  const end = start + length;
  const isHeaderOfData = type === DATA && body.end === start + DATA_HEADER && length > DATA_HEADER;
  const partial = !isHeaderOfData && end > body.end;
  body.within(end, () => (readers[type] ?? value)(body, field));
  if (isHeaderOfData) return;
  if (partial) body.need(end - body.position, `the chunk ${chunkNames[type] ?? type}`);
  if (body.position < end) body.skip(end - body.position);
  const odd = Math.min(padding(length), body.remaining);
  if (odd > 0) body.take(field.chunk_padding, odd);
}

const flagsOf: Readonly<Record<number, keyof Fields>> = {
  0: 'dataFlags',
  3: 'sackFlags',
  6: 'abortFlags',
  14: 'completeFlags',
};

function value(body: Body, field: Fields): void {
  if (body.remaining > 0) body.take(field.chunk_value, body.remaining);
}

const readers: Readonly<Record<number, (body: Body, field: Fields) => void>> = {
  [DATA]: (body, field) => {
    body.number(field.data_tsn_raw);
    body.number(field.data_sid);
    body.number(field.data_ssn);
    body.number(field.data_payload_proto_id);
  },
  1: (body, field) => {
    body.number(field.init_initiate_tag);
    body.number(field.init_credit);
    body.number(field.init_nr_out_streams);
    body.number(field.init_nr_in_streams);
    body.number(field.init_initial_tsn);
    parameters(body, field);
  },
  2: (body, field) => {
    body.number(field.initack_initiate_tag);
    body.number(field.initack_credit);
    body.number(field.initack_nr_out_streams);
    body.number(field.initack_nr_in_streams);
    body.number(field.initack_initial_tsn);
    parameters(body, field);
  },
  3: (body, field) => {
    body.number(field.sack_cumulative_tsn_ack_raw);
    body.number(field.sack_a_rwnd);
    const gaps = body.number(field.sack_number_of_gap_blocks);
    const duplicates = body.number(field.sack_number_of_duplicated_tsns);
    for (let i = 0; i < gaps; i++) {
      body.number(field.sack_gap_block_start);
      body.number(field.sack_gap_block_end);
    }
    for (let i = 0; i < duplicates; i++) body.number(field.sack_duplicated_tsn);
  },
  4: parameters,
  5: parameters,
  6: causes,
  7: (body, field) => {
    body.number(field.shutdown_cumulative_tsn_ack);
  },
  8: () => undefined,
  9: causes,
  10: (body, field) => {
    if (body.remaining > 0) body.take(field.cookie, body.remaining);
  },
  11: () => undefined,
  14: () => undefined,
};

/** RFC 9260, section 3.2.1. */
function parameters(body: Body, field: Fields): void {
  while (body.remaining > 0) {
    const start = body.position;
    const type = body.number(field.parameter_type);
    const length = body.number(field.parameter_length);
    if (length < CHUNK_HEADER)
      body.fail(`an SCTP parameter has length ${length}; its header alone has ${CHUNK_HEADER}`);
    body.need(length - CHUNK_HEADER, parameterTypes[type] ?? 'an SCTP parameter');
    body.within(start + length, () => parameter(body, field, type));
    const odd = Math.min(padding(length), body.remaining);
    if (odd > 0) body.take(field.parameter_padding, odd);
  }
}

function parameter(body: Body, field: Fields, type: number): void {
  const octets = body.remaining;
  if (octets === 0) return;
  if (type === 1) body.take(field.parameter_heartbeat_information, octets);
  else if (type === 5 && octets === 4) body.take(field.parameter_ipv4_address);
  else if (type === 6 && octets === 16) body.take(field.parameter_ipv6_address);
  else if (type === 7) body.take(field.parameter_state_cookie, octets);
  else if (type === 12) while (body.remaining >= 2) body.number(field.parameter_supported_address_type);
  else if (type === 0xc006 && octets === 4) body.number(field.adaptation_layer_indication);
  if (body.remaining > 0) body.take(field.parameter_value, body.remaining);
}

/** RFC 9260, section 3.3.10. */
function causes(body: Body, field: Fields): void {
  while (body.remaining > 0) {
    const code = body.number(field.cause_code);
    const length = body.number(field.cause_length);
    if (length < CHUNK_HEADER) body.fail(`an SCTP cause has length ${length}; its header alone has ${CHUNK_HEADER}`);
    body.need(length - CHUNK_HEADER, causeCodes[code] ?? 'an SCTP cause');
    if (length > CHUNK_HEADER) body.take(field.cause_information, length - CHUNK_HEADER);
    const odd = Math.min(padding(length), body.remaining);
    if (odd > 0) body.take(field.cause_padding, odd);
  }
}
