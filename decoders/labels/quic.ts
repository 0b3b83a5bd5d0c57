/** IANA "QUIC" parameters. */

import { alertDescriptions } from './tls.js';

const draftVersions: Readonly<Record<number, string>> = Object.fromEntries(
  Array.from({ length: 35 }, (_, draft) => [0xff000000 + draft, `draft-${String(draft).padStart(2, '0')}`]),
);

export const quicVersions: Readonly<Record<number, string>> = {
  ...draftVersions,
  0: 'Version Negotiation',
  1: '1',
  0x6b3343cf: '2',
  0x709a50c4: '2 (draft)',
  0x51303530: 'Google Q050',
  0x54303530: 'Google T050',
  0x54303531: 'Google T051',
  0xfaceb002: 'Facebook mvfst (draft-27)',
  0xfaceb00e: 'Facebook mvfst (Experimental)',
};

/** Transport parameters (RFC 9000, section 18.2; RFC 9221; RFC 9287; RFC 9368). */
export const parameterTypes: Readonly<Record<number, string>> = {
  0: 'original_destination_connection_id',
  1: 'max_idle_timeout',
  2: 'stateless_reset_token',
  3: 'max_udp_payload_size',
  4: 'initial_max_data',
  5: 'initial_max_stream_data_bidi_local',
  6: 'initial_max_stream_data_bidi_remote',
  7: 'initial_max_stream_data_uni',
  8: 'initial_max_streams_bidi',
  9: 'initial_max_streams_uni',
  10: 'ack_delay_exponent',
  11: 'max_ack_delay',
  12: 'disable_active_migration',
  13: 'preferred_address',
  14: 'active_connection_id_limit',
  15: 'initial_source_connection_id',
  16: 'retry_source_connection_id',
  17: 'version_information',
  32: 'max_datagram_frame_size',
  0x2ab2: 'grease_quic_bit',
  0x3127: 'initial_rtt',
  0x3128: 'google_connection_options',
  0x3129: 'user_agent',
  0x4752: 'google_version',
};

export const frameTypes: Readonly<Record<number, string>> = {
  0: 'PADDING',
  1: 'PING',
  2: 'ACK',
  3: 'ACK_ECN',
  4: 'RESET_STREAM',
  5: 'STOP_SENDING',
  6: 'CRYPTO',
  7: 'NEW_TOKEN',
  ...Object.fromEntries(Array.from({ length: 8 }, (_, i) => [8 + i, 'STREAM'])),
  16: 'MAX_DATA',
  17: 'MAX_STREAM_DATA',
  18: 'MAX_STREAMS (BIDI)',
  19: 'MAX_STREAMS (UNI)',
  20: 'DATA_BLOCKED',
  21: 'STREAM_DATA_BLOCKED',
  22: 'STREAMS_BLOCKED (BIDI)',
  23: 'STREAMS_BLOCKED (UNI)',
  24: 'NEW_CONNECTION_ID',
  25: 'RETIRE_CONNECTION_ID',
  26: 'PATH_CHALLENGE',
  27: 'PATH_RESPONSE',
  28: 'CONNECTION_CLOSE (Transport)',
  29: 'CONNECTION_CLOSE (Application)',
  30: 'HANDSHAKE_DONE',
  48: 'DATAGRAM',
  49: 'DATAGRAM',
};

/** Transport error codes (RFC 9000, section 20.1); 0x100 … 0x1ff carry a TLS alert. */
export const errorCodes: Readonly<Record<number, string>> = {
  0: 'NO_ERROR',
  1: 'INTERNAL_ERROR',
  2: 'CONNECTION_REFUSED',
  3: 'FLOW_CONTROL_ERROR',
  4: 'STREAM_LIMIT_ERROR',
  5: 'STREAM_STATE_ERROR',
  6: 'FINAL_SIZE_ERROR',
  7: 'FRAME_ENCODING_ERROR',
  8: 'TRANSPORT_PARAMETER_ERROR',
  9: 'CONNECTION_ID_LIMIT_ERROR',
  10: 'PROTOCOL_VIOLATION',
  11: 'INVALID_TOKEN',
  12: 'APPLICATION_ERROR',
  13: 'CRYPTO_BUFFER_EXCEEDED',
  14: 'KEY_UPDATE_ERROR',
  15: 'AEAD_LIMIT_REACHED',
  16: 'NO_VIABLE_PATH',
  17: 'VERSION_NEGOTIATION_ERROR',
  ...Object.fromEntries(
    Object.entries(alertDescriptions).map(([code, name]) => [0x100 + Number(code), `CRYPTO_ERROR (${name})`]),
  ),
};
