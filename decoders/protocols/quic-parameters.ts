/** QUIC's transport parameters, an extension of TLS: RFC 9000, section 18. */

import { hexText } from '../core/format.js';
import type { Body } from '../core/index.js';
import { parameterTypes } from '../labels/quic.js';
import { takeVarint } from './quic-varint.js';
import type { HandshakeFields } from './tls-fields.js';
import { contained } from './tls-state.js';

type Key = keyof HandshakeFields;

/** Parameters whose value is one integer. */
const numbers: Readonly<Record<number, Key>> = {
  1: 'quic.parameter.max_idle_timeout',
  3: 'quic.parameter.max_udp_payload_size',
  4: 'quic.parameter.initial_max_data',
  5: 'quic.parameter.initial_max_stream_data_bidi_local',
  6: 'quic.parameter.initial_max_stream_data_bidi_remote',
  7: 'quic.parameter.initial_max_stream_data_uni',
  8: 'quic.parameter.initial_max_streams_bidi',
  9: 'quic.parameter.initial_max_streams_uni',
  10: 'quic.parameter.ack_delay_exponent',
  11: 'quic.parameter.max_ack_delay',
  14: 'quic.parameter.active_connection_id_limit',
  32: 'quic.parameter.max_datagram_frame_size',
  0x3127: 'quic.parameter.google.initial_rtt',
  // Drafts of the extension for acknowledgement frequency.
  0xff02de1a: 'quic.parameter.min_ack_delay',
  0xff03de1a: 'quic.parameter.min_ack_delay',
  0xff04de1b: 'quic.parameter.min_ack_delay',
};

/** Parameters whose value is shown as the octets that it is. */
const octets: Readonly<Record<number, Key>> = {
  0: 'quic.parameter.original_destination_connection_id',
  2: 'quic.parameter.stateless_reset_token',
  15: 'quic.parameter.initial_source_connection_id',
  16: 'quic.parameter.retry_source_connection_id',
  0x3128: 'quic.parameter.google.connection_options',
};

const PREFERRED_ADDRESS = 13;
const VERSION_INFORMATION = 17;
const USER_AGENT = 0x3129;
const GOOGLE_VERSION = 0x4752;

export function readParameters(body: Body, field: HandshakeFields): void {
  while (body.remaining > 0) {
    body.group(field['quic.parameter'], () => {
      const type = takeVarint(body, field['quic.parameter.type'], (value) => parameterTypes[value] ?? `${value}`);
      const length = takeVarint(body, field['quic.parameter.length']);
      body.describe(`${parameterName(type)} (len=${length})`);
      body.need(length, 'a transport parameter');
      const end = body.position + length;
      if (!isKnown(type)) body.take(field['quic.parameter.value'], length);
      else {
        // Every parameter is there as octets too, whatever is made of them.
        body.derived(
          field['quic.parameter.value'],
          hexText(body.view, body.position, length),
          undefined,
          body.position,
          length,
        );
        contained(body, end, () => readParameter(body, field, type));
      }
    });
  }
}

/** RFC 9000, section 18.1: identifiers of the form 31 × N + 27 are reserved, so that nobody relies on the known ones. */
function parameterName(type: number): string {
  return parameterTypes[type] ?? (type % 31 === 27 ? 'GREASE' : `Unknown 0x${type.toString(16)}`);
}

function isKnown(type: number): boolean {
  return numbers[type] !== undefined || octets[type] !== undefined || composites[type] !== undefined;
}

function readParameter(body: Body, field: HandshakeFields, type: number): void {
  const number = numbers[type];
  const bytes = octets[type];
  if (number !== undefined && body.remaining > 0) takeVarint(body, field[number]);
  else if (bytes !== undefined) body.take(field[bytes], body.remaining);
  else composites[type]?.(body, field);
}

const composites: Readonly<Record<number, (body: Body, field: HandshakeFields) => void>> = {
  [PREFERRED_ADDRESS]: preferredAddress,
  [VERSION_INFORMATION]: versionInformation,
  [USER_AGENT]: (body, field) => body.take(field['quic.parameter.google.user_agent'], body.remaining),
  [GOOGLE_VERSION]: (body, field) => body.number(field['quic.parameter.google.quic_version']),
};

/** RFC 9368, section 3. */
function versionInformation(body: Body, field: HandshakeFields): void {
  body.number(field['quic.parameter.vi.chosen_version']);
  while (body.remaining > 0) body.number(field['quic.parameter.vi.other_version']);
}

function preferredAddress(body: Body, field: HandshakeFields): void {
  body.take(field['quic.parameter.preferred_address.ipv4address']);
  body.number(field['quic.parameter.preferred_address.ipv4port']);
  body.take(field['quic.parameter.preferred_address.ipv6address']);
  body.number(field['quic.parameter.preferred_address.ipv6port']);
  const length = body.number(field['quic.parameter.preferred_address.connectionid.length']);
  body.take(field['quic.parameter.preferred_address.connectionid'], length);
  body.take(field['quic.parameter.preferred_address.statelessresettoken']);
}
