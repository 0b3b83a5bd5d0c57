/** Fields of the handshake messages, which TLS, DTLS and QUIC have in common, under the names of the one that is asked for. */

import type { FieldDeclaration } from '../core/field.js';
import { bits, bytes, type Field, group, ipv4Address, ipv6Address, text, uint } from '../core/index.js';
import { sharedFields } from '../core/protocol.js';
import { parameterTypes } from '../labels/quic.js';
import {
  alertDescriptions,
  alertLevels,
  certificateTypes,
  compressionAlgorithms,
  compressionMethods,
  curveTypes,
  extensionTypes,
  groups,
  handshakeTypes,
  hashAlgorithms,
  pointFormats,
  pskModes,
  signatureAlgorithms,
  signatureSchemes,
  versions,
} from '../labels/tls.js';
import { cipherSuites } from '../labels/tls-ciphers.js';

const version = (title: string) => uint(16, title, { base: 16, labels: versions });
const length16 = (title: string) => uint(16, title);

/** EC J-PAKE (draft-cragie-tls-ecjpake): a key, another one, and the proof that the sender knows them. */
function jpake<Side extends 's' | 'c'>(side: Side) {
  const lengths = { x: 'Pubkey Length', v: 'Ephemeral Pubkey Length', r: 'Schnorr signature Length' };
  const titles = { x: 'Pubkey', v: 'Ephemeral Pubkey', r: 'Schnorr signature' };
  type Part = keyof typeof titles;
  const entries = (['x', 'v', 'r'] as const).flatMap((part) => [
    [`handshake.${part}${side}_len`, uint(8, lengths[part])],
    [`handshake.${part}${side}`, bytes(0, titles[part])],
  ]);
  return Object.fromEntries(entries) as Record<
    `handshake.${Part}${Side}_len` | `handshake.${Part}${Side}`,
    FieldDeclaration
  >;
}

/** RFC 8446, section 4, and the RFCs of the older versions and of the extensions. */
function handshake(prefix: string) {
  const named = (name: string) => ({ filter: `${prefix}.${name}` });
  return {
    handshake: group('Handshake Protocol'),
    'handshake.type': uint(8, 'Handshake Type', { labels: handshakeTypes }),
    'handshake.length': uint(24, 'Length'),
    'handshake.version': version('Version'),
    'handshake.random': bytes(32, 'Random'),
    'handshake.random_time': text('GMT Unix Time'),
    'handshake.random_bytes': bytes(28, 'Random Bytes'),
    'handshake.session_id_length': uint(8, 'Session ID Length'),
    'handshake.session_id': bytes(0, 'Session ID'),
    'handshake.cipher_suites_length': length16('Cipher Suites Length'),
    'handshake.ciphersuites': group('Cipher Suites'),
    'handshake.ciphersuite': uint(16, 'Cipher Suite', { base: 16, labels: cipherSuites }),
    'handshake.comp_methods_length': uint(8, 'Compression Methods Length'),
    'handshake.comp_methods': group('Compression Methods'),
    'handshake.comp_method': uint(8, 'Compression Method', { labels: compressionMethods }),
    'handshake.session_ticket_lifetime_hint': uint(32, 'Session Ticket Lifetime Hint', { unit: 'seconds' }),
    'handshake.session_ticket_length': length16('Session Ticket Length'),
    'handshake.session_ticket': bytes(0, 'Session Ticket'),
    'handshake.session_ticket_age_add': uint(32, 'Session Ticket Age Add'),
    'handshake.session_ticket_nonce_length': uint(8, 'Session Ticket Nonce Length'),
    'handshake.session_ticket_nonce': bytes(0, 'Session Ticket Nonce'),
    'handshake.key_update.request_update': uint(8, 'Key Update Request', {
      labels: { 0: 'update_not_requested', 1: 'update_requested' },
    }),
    'handshake.certificate_request_context_length': uint(8, 'Certificate Request Context Length'),
    'handshake.certificate_request_context': bytes(0, 'Certificate Request Context'),
    'handshake.certificates_length': uint(24, 'Certificates Length'),
    'handshake.certificates': group('Certificates'),
    'handshake.certificate_length': uint(24, 'Certificate Length'),
    'handshake.certificate': bytes(0, 'Certificate'),
    'handshake.cert_types_count': uint(8, 'Certificate types count'),
    'handshake.cert_types': group('Certificate types'),
    'handshake.cert_type': uint(8, 'Certificate type', { labels: certificateTypes }),
    'handshake.dnames_len': length16('Distinguished Names Length'),
    'handshake.dnames': group('Distinguished Names'),
    'handshake.dname_len': length16('Distinguished Name Length'),
    'handshake.dname': group('Distinguished Name'),
    'handshake.server_curve_type': uint(8, 'Curve Type', { base: 16, labels: curveTypes }),
    'handshake.server_named_curve': uint(16, 'Named Curve', { base: 16, labels: groups }),
    'handshake.server_point_len': uint(8, 'Pubkey Length'),
    'handshake.server_point': bytes(0, 'Pubkey'),
    ...jpake('s'),
    ...jpake('c'),
    'handshake.client_point_len': uint(8, 'Pubkey Length'),
    'handshake.client_point': bytes(0, 'Pubkey'),
    'handshake.modulus_len': length16('Modulus Length'),
    'handshake.modulus': bytes(0, 'Modulus'),
    'handshake.exponent_len': length16('Exponent Length'),
    'handshake.exponent': bytes(0, 'Exponent'),
    'handshake.p_len': length16('p Length'),
    'handshake.p': bytes(0, 'p'),
    'handshake.g_len': length16('g Length'),
    'handshake.g': bytes(0, 'g'),
    'handshake.ys_len': length16('Pubkey Length'),
    'handshake.ys': bytes(0, 'Pubkey'),
    'handshake.yc_len': length16('Pubkey Length'),
    'handshake.yc': bytes(0, 'Pubkey'),
    'handshake.epms_len': length16('Encrypted PreMaster length'),
    'handshake.epms': bytes(0, 'Encrypted PreMaster'),
    'handshake.hint_len': length16('Hint Length'),
    'handshake.hint': bytes(0, 'Hint'),
    'handshake.identity_len': length16('Identity Length'),
    'handshake.identity': bytes(0, 'Identity'),
    'handshake.sig_len': length16('Signature Length'),
    'handshake.sig': bytes(0, 'Signature'),
    'handshake.client_cert_vrfy.sig_len': length16('Signature length'),
    'handshake.client_cert_vrfy.sig': bytes(0, 'Signature'),
    'handshake.verify_data': group('Verify Data'),
    'handshake.ocsp_response_len': uint(24, 'OCSP Response Length'),
    'handshake.sig_hash_alg_len': length16('Signature Hash Algorithms Length'),
    'handshake.sig_hash_algs': group('Signature Hash Algorithms'),
    'handshake.sig_hash_alg': bits(
      16,
      'Signature Algorithm',
      {
        hash: uint(8, 'Signature Hash Algorithm Hash', { labels: hashAlgorithms, ...named('handshake.sig_hash_hash') }),
        sig: uint(8, 'Signature Hash Algorithm Signature', {
          labels: signatureAlgorithms,
          ...named('handshake.sig_hash_sig'),
        }),
      },
      { base: 16, labels: signatureSchemes },
    ),
    'handshake.extensions_length': length16('Extensions Length'),
    'handshake.extension.type': uint(16, 'Extension Type', { labels: extensionTypes }),
    'handshake.extension.len': length16('Length'),
    'handshake.extension.data': bytes(0, 'Data'),
    'handshake.extensions_server_name_list_len': length16('Server Name list length'),
    'handshake.extensions_server_name_type': uint(8, 'Server Name Type', { labels: { 0: 'host_name' } }),
    'handshake.extensions_server_name_len': length16('Server Name length'),
    'handshake.extensions_server_name': text('Server Name'),
    'handshake.extensions_alpn_len': length16('ALPN Extension Length'),
    'handshake.extensions_alpn_list': group('ALPN Protocol'),
    'handshake.extensions_alpn_str_len': uint(8, 'ALPN string length'),
    'handshake.extensions_alpn_str': text('ALPN Next Protocol'),
    'handshake.extensions_alps_len': length16('ALPS Extension Length'),
    'handshake.extensions_alps_alpn_list': group('Supported ALPN List'),
    'handshake.extensions_alps_alpn_str_len': uint(8, 'Supported ALPN Length'),
    'handshake.extensions_alps_alpn_str': text('Supported ALPN'),
    'handshake.extensions_npn_str_len': uint(8, 'Protocol string length'),
    'handshake.extensions_npn': text('Next Protocol'),
    'handshake.extensions_reneg_info_len': uint(8, 'Renegotiation info extension length'),
    'handshake.extensions_reneg_info': bytes(0, 'Renegotiation info'),
    'handshake.extensions_supported_groups_length': length16('Supported Groups List Length'),
    'handshake.extensions_supported_groups': group('Supported Groups'),
    'handshake.extensions_supported_group': uint(16, 'Supported Group', { base: 16, labels: groups }),
    'handshake.extensions_ec_point_formats_length': uint(8, 'EC point formats Length'),
    'handshake.extensions_ec_point_formats': group('Elliptic curves point formats'),
    'handshake.extensions_ec_point_format': uint(8, 'EC point format', { labels: pointFormats }),
    'handshake.extensions_status_request_type': uint(8, 'Certificate Status Type', {
      labels: { 1: 'OCSP', 2: 'OCSP Multi' },
    }),
    'handshake.extensions_status_request_len': length16('Certificate Status Length'),
    'handshake.extensions_status_request_list_len': length16('Certificate Status List Length'),
    'handshake.extensions_status_request_responder_ids_len': length16('Responder ID list Length'),
    'handshake.extensions_status_request_exts_len': length16('Request Extensions Length'),
    'handshake.extensions_key_share_client_length': length16('Client Key Share Length'),
    'handshake.extensions_key_share_group': uint(16, 'Group', { labels: groups }),
    'handshake.extensions_key_share_key_exchange_length': length16('Key Exchange Length'),
    'handshake.extensions_key_share_key_exchange': bytes(0, 'Key Exchange'),
    'handshake.extensions_key_share_selected_group': uint(16, 'Selected Group', { labels: groups }),
    'handshake.extensions.psk.identities.length': length16('Identities Length'),
    'handshake.extensions.psk.identity.identity_length': length16('Identity Length'),
    'handshake.extensions.psk.identity.identity': bytes(0, 'Identity'),
    'handshake.extensions.psk.identity.obfuscated_ticket_age': uint(32, 'Obfuscated Ticket Age'),
    'handshake.extensions.psk.identity.selected': uint(16, 'Selected Identity'),
    'handshake.extensions.psk.binders_len': length16('PSK Binders length'),
    'handshake.extensions.psk.binders': group('PSK Binders'),
    'handshake.extensions.supported_versions_len': uint(8, 'Supported Versions length'),
    'handshake.extensions.supported_version': version('Supported Version'),
    'handshake.extensions.cookie_len': length16('Cookie length'),
    'handshake.extensions.cookie': bytes(0, 'Cookie'),
    'handshake.extensions_padding_data': bytes(0, 'Padding Data'),
    'handshake.max_fragment_length': uint(8, 'Maximum Fragment Length', {
      labels: { 1: '512', 2: '1024', 3: '2048', 4: '4096' },
    }),
    'handshake.extension.heartbeat.mode': uint(8, 'Mode', {
      labels: { 1: 'Peer allowed to send requests', 2: 'Peer not allowed to send requests' },
    }),
    'extension.psk_ke_modes_length': uint(8, 'PSK Key Exchange Modes Length'),
    'extension.psk_ke_mode': uint(8, 'PSK Key Exchange Mode', { labels: pskModes }),
    'early_data.max_early_data_size': uint(32, 'Maximum Early Data Size'),
    record_size_limit: uint(16, 'Record Size Limit'),
    'compress_certificate.algorithms_length': uint(8, 'Algorithms Length'),
    'compress_certificate.algorithm': uint(16, 'Algorithm', { labels: compressionAlgorithms }),
    'sct.scts_length': length16('Serialized SCT List Length'),
    'sct.sct_length': length16('Serialized SCT Length'),
    'sct.sct_version': uint(8, 'SCT Version', { labels: { 0: 'Certificate Transparency version 1' } }),
    'sct.sct_logid': bytes(32, 'Log ID'),
    'sct.sct_timestamp': text('Timestamp'),
    'sct.sct_extensions_length': length16('Extensions length'),
    'sct.sct_signature_length': length16('Signature Length'),
    'sct.sct_signature': bytes(0, 'Signature'),
    connection_id_length: uint(8, 'Connection ID length'),
    connection_id: bytes(0, 'Connection ID'),
    alert_message: group('Alert Message'),
    'alert_message.level': uint(8, 'Level', { labels: alertLevels }),
    'alert_message.desc': uint(8, 'Description', { labels: alertDescriptions }),
    ...parameters,
  };
}

const number = (title: string) => uint(64, title);

/** RFC 9000, section 18.2. */
const parameters = {
  'quic.parameter': group('Parameter'),
  'quic.parameter.type': uint(64, 'Type', { labels: parameterTypes }),
  'quic.parameter.length': number('Length'),
  'quic.parameter.value': bytes(0, 'Value'),
  'quic.parameter.original_destination_connection_id': bytes(0, 'original_destination_connection_id'),
  'quic.parameter.max_idle_timeout': number('max_idle_timeout'),
  'quic.parameter.stateless_reset_token': bytes(0, 'stateless_reset_token'),
  'quic.parameter.max_udp_payload_size': number('max_udp_payload_size'),
  'quic.parameter.initial_max_data': number('initial_max_data'),
  'quic.parameter.initial_max_stream_data_bidi_local': number('initial_max_stream_data_bidi_local'),
  'quic.parameter.initial_max_stream_data_bidi_remote': number('initial_max_stream_data_bidi_remote'),
  'quic.parameter.initial_max_stream_data_uni': number('initial_max_stream_data_uni'),
  'quic.parameter.initial_max_streams_bidi': number('initial_max_streams_bidi'),
  'quic.parameter.initial_max_streams_uni': number('initial_max_streams_uni'),
  'quic.parameter.ack_delay_exponent': number('ack_delay_exponent'),
  'quic.parameter.max_ack_delay': number('max_ack_delay'),
  'quic.parameter.preferred_address.ipv4address': ipv4Address('ipv4Address'),
  'quic.parameter.preferred_address.ipv4port': uint(16, 'ipv4Port'),
  'quic.parameter.preferred_address.ipv6address': ipv6Address('ipv6Address'),
  'quic.parameter.preferred_address.ipv6port': uint(16, 'ipv6Port'),
  'quic.parameter.preferred_address.connectionid.length': uint(8, 'Length'),
  'quic.parameter.preferred_address.connectionid': bytes(0, 'connectionId'),
  'quic.parameter.preferred_address.statelessresettoken': bytes(16, 'statelessResetToken'),
  'quic.parameter.active_connection_id_limit': number('Active Connection ID Limit'),
  'quic.parameter.initial_source_connection_id': bytes(0, 'Initial Source Connection ID'),
  'quic.parameter.retry_source_connection_id': bytes(0, 'Retry Source Connection ID'),
  'quic.parameter.max_datagram_frame_size': number('max_datagram_frame_size'),
  'quic.parameter.min_ack_delay': number('min_ack_delay'),
  'quic.parameter.google.user_agent': text('Google UserAgent'),
  'quic.parameter.google.quic_version': uint(32, 'Google QUIC version', { base: 16 }),
  'quic.parameter.google.initial_rtt': number('Google Initial RTT'),
  'quic.parameter.google.connection_options': bytes(0, 'Google Connection options'),
  'quic.parameter.vi.chosen_version': uint(32, 'Chosen Version', { base: 16 }),
  'quic.parameter.vi.other_version': uint(32, 'Other Version', { base: 16 }),
};

export type HandshakeFields = { readonly [K in keyof ReturnType<typeof handshake>]: Field };

/** The fields of the handshake messages of TLS, also where QUIC carries them (RFC 9001). */
export const tlsHandshakeFields: HandshakeFields = sharedFields('tls', handshake('tls'));

/** Those of DTLS. */
export const dtlsHandshakeFields: HandshakeFields = sharedFields('dtls', handshake('dtls'));
