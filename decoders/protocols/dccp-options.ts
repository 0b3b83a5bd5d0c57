/** Options of DCCP: RFC 4340, section 5.8, and those of its congestion control 3, RFC 4342, section 8. */

import { type Body, bytes, type Field, group, uint } from '../core/index.js';

const MANDATORY = 1;
const SLOW_RECEIVER = 2;
/** Options below this are one octet alone. */
const LEAST_WITH_LENGTH = 32;
const COOKIE = 36;
/** From here on, options belong to the congestion control in use. */
const LEAST_OF_CONTROL = 128;

/** IANA "DCCP Option Types". */
const types: Readonly<Record<number, string>> = {
  0: 'Padding',
  [MANDATORY]: 'Mandatory',
  [SLOW_RECEIVER]: 'Slow Receiver',
  32: 'Change L',
  33: 'Confirm L',
  34: 'Change R',
  35: 'Confirm R',
  [COOKIE]: 'Init Cookie',
  37: 'NDP Count',
  38: 'Ack Vector [Nonce 0]',
  39: 'Ack Vector [Nonce 1]',
  40: 'Data Dropped',
  41: 'Timestamp',
  42: 'Timestamp Echo',
  43: 'Elapsed Time',
  44: 'Data checksum',
  192: 'CCID3 Loss Event Rate',
  193: 'CCID3 Loss Intervals',
  194: 'CCID3 Receive Rate',
};

/** IANA "DCCP Feature Numbers". */
const features: Readonly<Record<number, string>> = {
  1: 'Congestion Control ID (CCID)',
  2: 'Allow Short Seqnums',
  3: 'Sequence Window',
  4: 'ECN Incapable',
  5: 'Ack Ratio',
  6: 'Send Ack Vector',
  7: 'Send NDP Count',
  8: 'Minimum Checksum Coverage',
  9: 'Check Data Checksum',
  192: 'Send Loss Event Rate',
};

export const optionFields = {
  options: group('Options'),
  option_type: uint(8, 'Option Type', { labels: types }),
  padding: bytes(0, 'Padding'),
  mandatory: bytes(0, 'Mandatory'),
  slow_receiver: bytes(0, 'Slow Receiver'),
  option_reserved: bytes(0, 'Reserved'),
  feature_number: uint(8, 'Feature Number', { labels: features }),
  init_cookie: bytes(0, 'Init Cookie'),
  ndp_count: uint(0, 'NDP Count'),
  'ack_vector.nonce_0': bytes(0, 'Ack Vector [Nonce 0]'),
  'ack_vector.nonce_1': bytes(0, 'Ack Vector [Nonce 1]'),
  data_dropped: bytes(0, 'Data Dropped'),
  timestamp: uint(32, 'Timestamp', { unit: '× 10 µs' }),
  timestamp_echo: uint(32, 'Timestamp Echo', { unit: '× 10 µs' }),
  elapsed_time: uint(32, 'Elapsed Time', { unit: '× 10 µs' }),
  checksum_data: uint(32, 'Data Checksum', { base: 16 }),
  ccid3_loss_event_rate: uint(32, 'CCID3 Loss Event Rate'),
  ccid3_loss_intervals: bytes(0, 'CCID3 Loss Intervals'),
  ccid3_receive_rate: uint(32, 'CCID3 Receive Rate', { unit: 'bytes/s' }),
  ccid_option_data: bytes(0, 'CCID option'),
};

type OptionFields = { readonly [K in keyof typeof optionFields]: Field };

/** Reads the options, which go on to the end of the header. */
export function readOptions(body: Body, field: OptionFields): void {
  body.group(field.options, () => {
    while (body.remaining > 0) option(body, field);
  });
}

function option(body: Body, field: OptionFields): void {
  const type = body.peek8();
  const octets = type < LEAST_WITH_LENGTH || body.remaining < 2 ? 1 : body.peek8(1);
  body.headed(field.option_type, () => {
    if (type < LEAST_WITH_LENGTH) {
      const at = body.position - 1;
      body.derived(single(field, type), type.toString(16).padStart(2, '0'), undefined, at, 1);
      return;
    }
    body.skip(1);
    if (octets < 2) body.fail(`DCCP option ${type} has length ${octets}; the least is 2`);
    body.need(octets - 2, types[type] ?? `DCCP option ${type}`);
    body.within(body.position + octets - 2, () => {
      value(body, field, type);
      if (body.remaining > 0) body.skip(body.remaining);
    });
  });
}

function single(field: OptionFields, type: number): Field {
  if (type === 0) return field.padding;
  return type === MANDATORY ? field.mandatory : type === SLOW_RECEIVER ? field.slow_receiver : field.option_reserved;
}

/** Numbers of a width that is not one of theirs are left alone, as the RFC would have a receiver do. */
function value(body: Body, field: OptionFields, type: number): void {
  const { remaining } = body;
  const exactly = (octets: number, what: Field) => {
    if (remaining === octets) body.take(what, octets);
  };
  switch (type) {
    case 32:
    case 33:
    case 34:
    case 35:
      body.number(field.feature_number);
      return;
    case COOKIE:
      body.take(field.init_cookie, remaining);
      return;
    case 37:
      if (remaining >= 1 && remaining <= 6) body.take(field.ndp_count, remaining);
      return;
    case 38:
    case 39:
      body.take(field[type === 38 ? 'ack_vector.nonce_0' : 'ack_vector.nonce_1'], remaining);
      return;
    case 40:
      body.take(field.data_dropped, remaining);
      return;
    case 41:
      exactly(4, field.timestamp);
      return;
    case 42:
      if (remaining !== 4 && remaining !== 6 && remaining !== 8) return;
      body.take(field.timestamp_echo, 4);
      if (body.remaining > 0) body.take(field.elapsed_time, body.remaining);
      return;
    case 43:
      if (remaining === 2 || remaining === 4) body.take(field.elapsed_time, remaining);
      return;
    case 44:
      exactly(4, field.checksum_data);
      return;
    case 192:
      exactly(4, field.ccid3_loss_event_rate);
      return;
    case 193:
      body.take(field.ccid3_loss_intervals, remaining);
      return;
    case 194:
      exactly(4, field.ccid3_receive_rate);
      return;
    default:
      body.take(type >= LEAST_OF_CONTROL ? field.ccid_option_data : field.option_reserved, remaining);
  }
}
