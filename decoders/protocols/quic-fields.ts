/** The fields of QUIC packets and frames. */

import { bytes, type Field, flag, group, text, uint } from '../core/index.js';
import { errorCodes, frameTypes, quicVersions } from '../labels/quic.js';
import { tlsHandshakeFields } from './tls-fields.js';

const number = (title: string) => uint(64, title);
const packetTypes = { 0: 'Initial', 1: '0-RTT', 2: 'Handshake', 3: 'Retry' };
/** RFC 9369, section 3.2: version 2 has its types elsewhere. */
const packetTypesV2 = { 0: 'Retry', 1: 'Initial', 2: '0-RTT', 3: 'Handshake' };

export const quicFields = {
  packet_length: uint(32, 'Packet Length'),
  header_form: uint(1, 'Header Form', { labels: { 0: 'Short Header', 1: 'Long Header' } }),
  fixed_bit: flag('Fixed Bit'),
  'long.packet_type': uint(2, 'Packet Type', { labels: packetTypes }),
  'long.packet_type_v2': uint(2, 'Packet Type', { labels: packetTypesV2 }),
  'long.reserved': uint(2, 'Reserved'),
  packet_number_length: uint(2, 'Packet Number Length'),
  'vn.unused': uint(7, 'Unused', { base: 16 }),
  version: uint(32, 'Version', { base: 16, labels: quicVersions }),
  supported_version: uint(32, 'Supported Version', { base: 16, labels: quicVersions }),
  dcil: uint(8, 'Destination Connection ID Length'),
  dcid: bytes(0, 'Destination Connection ID'),
  scil: uint(8, 'Source Connection ID Length'),
  scid: bytes(0, 'Source Connection ID'),
  token_length: number('Token Length'),
  token: bytes(0, 'Token'),
  length: number('Length'),
  packet_number: uint(64, 'Packet Number'),
  payload: bytes(0, 'Payload'),
  remaining_payload: bytes(0, 'Remaining Payload'),
  retry_token: bytes(0, 'Retry Token'),
  retry_integrity_tag: bytes(16, 'Retry Integrity Tag'),
  short: group('QUIC Short Header'),
  spin_bit: flag('Spin Bit'),
  frame: group('Frame'),
  frame_type: uint(64, 'Frame Type', { labels: frameTypes }),
  padding_length: uint(32, 'Padding Length'),
  'ack.largest_acknowledged': number('Largest Acknowledged'),
  'ack.ack_delay': number('ACK Delay'),
  'ack.ack_range_count': number('ACK Range Count'),
  'ack.first_ack_range': number('First ACK Range'),
  'ack.gap': number('Gap'),
  'ack.ack_range': number('ACK Range'),
  'ack.ect0_count': number('ECT(0) Count'),
  'ack.ect1_count': number('ECT(1) Count'),
  'ack.ecn_ce_count': number('ECN-CE Count'),
  'crypto.offset': number('Offset'),
  'crypto.length': number('Length'),
  'crypto.crypto_data': group('Crypto Data'),
  'cc.error_code': uint(64, 'Error code', { labels: errorCodes }),
  'cc.error_code.app': number('Application Error code'),
  'cc.frame_type': uint(64, 'Frame Type', { labels: frameTypes }),
  'cc.reason_phrase.length': number('Reason phrase Length'),
  'cc.reason_phrase': text('Reason phrase'),
  ...tlsHandshakeFields,
};

export type QuicFields = { readonly [K in keyof typeof quicFields]: Field };
