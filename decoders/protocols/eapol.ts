/** EAP over LAN, IEEE 802.1X clause 11, with the key frames of IEEE 802.11 clause 12.7. */

import { type Body, bits, bytes, type Field, flag, protocol, spare, uint } from '../core/index.js';
import { eapFields, eapSummary, readEap } from './eap.js';

const types: Readonly<Record<number, string>> = {
  0: 'EAP Packet',
  1: 'Start',
  2: 'Logoff',
  3: 'Key',
  4: 'Encapsulated ASF Alert',
  5: 'MKA',
  6: 'Announcement (Generic)',
  7: 'Announcement (Specific)',
  8: 'Announcement Request',
};
const versions = { 1: '802.1X-2001', 2: '802.1X-2004', 3: '802.1X-2010' };
const descriptors = { 1: 'RC4 Descriptor', 2: 'EAPOL RSN Key', 254: 'EAPOL WPA Key' };
const EAP_PACKET = 0;
const KEY = 3;
const RC4 = 1;
const RSN = 2;
const WPA = 254;
const HEADER_OCTETS = 4;
const ACK = 0x80;
const MIC = 0x100;
const PAIRWISE = 0x8;
/** Offsets in a key frame of what tells its number: flags, nonce, length of the data. */
const INFORMATION_AT = 5;
const DATA_LENGTH_AT = 97;

const keyFlag = (name: string, title: string) => flag(title, { filter: `wlan_rsna_eapol.keydes.key_info.${name}` });

/** EAP over LAN. */
export const eapol = protocol('eapol', '802.1X Authentication', {
  reference: 'IEEE 802.1X, clause 11.3',
  carriedBy: { 'eth.type': 0x888e },
  header: {
    version: uint(8, 'Version', { labels: versions }),
    type: uint(8, 'Type', { labels: types }),
    len: uint(16, 'Length'),
  },
  fields: {
    ...eapFields,
    'keydes.type': uint(8, 'Key Descriptor Type', { labels: descriptors }),
    'keydes.key_len': uint(16, 'Key Length'),
    'keydes.replay_counter': uint(64, 'Replay Counter'),
    'keydes.key_iv': bytes(16, 'Key IV'),
    'keydes.key_index': bits(8, 'Key Index', { type: flag('Type'), number: uint(7, 'Number') }, { base: 16 }),
    'keydes.key_signature': bytes(16, 'Key Signature'),
    'keydes.key': bytes(0, 'Key'),
    'keydes.key.generated_locally': flag('Key Generated Locally'),
    msgnr: uint(8, 'Message number', { filter: 'wlan_rsna_eapol.keydes.msgnr' }),
    key_info: bits(
      16,
      'Key Information',
      {
        unused: spare(2),
        smk: keyFlag('smk_message', 'SMK Message'),
        encrypted: keyFlag('encrypted_key_data', 'Encrypted Key Data'),
        request: keyFlag('request', 'Request'),
        error: keyFlag('error', 'Error'),
        secure: keyFlag('secure', 'Secure'),
        mic: keyFlag('key_mic', 'Key MIC'),
        ack: keyFlag('key_ack', 'Key ACK'),
        install: keyFlag('install', 'Install'),
        index: uint(2, 'Key Index', { filter: 'wlan_rsna_eapol.keydes.key_info.key_index' }),
        pairwise: keyFlag('key_type', 'Key Type'),
        version: uint(3, 'Key Descriptor Version', { filter: 'wlan_rsna_eapol.keydes.key_info.keydes_version' }),
      },
      { base: 16, filter: 'wlan_rsna_eapol.keydes.key_info' },
    ),
    nonce: bytes(32, 'WPA Key Nonce', { filter: 'wlan_rsna_eapol.keydes.nonce' }),
    rsc: bytes(8, 'WPA Key RSC', { filter: 'wlan_rsna_eapol.keydes.rsc' }),
    keyId: bytes(8, 'WPA Key ID', { filter: 'wlan_rsna_eapol.keydes.id' }),
    mic: bytes(16, 'WPA Key MIC', { filter: 'wlan_rsna_eapol.keydes.mic' }),
    data_len: uint(16, 'WPA Key Data Length', { filter: 'wlan_rsna_eapol.keydes.data_len' }),
    data: bytes(0, 'WPA Key Data', { filter: 'wlan_rsna_eapol.keydes.data' }),
  },
  headerLength: (read, view, start) => HEADER_OCTETS + read.len(view, start),
  payloadEnd: (read, view, start) => start + HEADER_OCTETS + read.len(view, start),
  body: (body, field, read) => {
    const type = read.type(body.view, body.start);
    if (type === EAP_PACKET) {
      body.column = 'EAP';
      readEap(body, field);
    } else if (type === KEY) key(body, field);
    if (body.remaining > 0) body.skip(body.remaining);
  },
  info: (_layer, { view, start, end }) => {
    if (start + HEADER_OCTETS > end) return 'Cut EAPOL frame';
    const type = view.getUint8(start + 1);
    if (type === EAP_PACKET) return eapSummary(view, start + HEADER_OCTETS, end);
    const name = types[type] ?? `Unknown (${type})`;
    const number = type === KEY ? messageNumber(view, start, end) : 0;
    return number === 0 ? name : `${name} (Message ${number} of 4)`;
  },
});

type Fields = Readonly<Record<string, Field>>;

/** Which of the four messages of the handshake a key frame is (IEEE 802.11, clause 12.7.6); 0 for another. */
function messageNumber(view: DataView, start: number, end: number): number {
  if (start + DATA_LENGTH_AT + 2 > end) return 0;
  const descriptor = view.getUint8(start + HEADER_OCTETS);
  const flags = view.getUint16(start + INFORMATION_AT);
  if ((descriptor !== RSN && descriptor !== WPA) || (flags & PAIRWISE) === 0) return 0;
  if ((flags & ACK) !== 0) return (flags & MIC) === 0 ? 1 : 3;
  // The fourth differs from the second by having no data.
  return view.getUint16(start + DATA_LENGTH_AT) === 0 ? 4 : 2;
}

function key(body: Body, field: Fields): void {
  const type = body.number(field['keydes.type']);
  if (type === RC4) {
    body.number(field['keydes.key_len']);
    body.take(field['keydes.replay_counter']);
    body.take(field['keydes.key_iv']);
    body.number(field['keydes.key_index']);
    body.take(field['keydes.key_signature']);
    if (body.remaining > 0) body.take(field['keydes.key'], body.remaining);
    body.derived(field['keydes.key.generated_locally'], body.position === body.start + HEADER_OCTETS + 44);
  } else if (type === RSN || type === WPA) {
    const number = messageNumber(body.view, body.start, body.end);
    if (number > 0) body.derived(field['msgnr'], number);
    body.number(field['key_info']);
    body.number(field['keydes.key_len']);
    body.take(field['keydes.replay_counter']);
    body.take(field['nonce']);
    body.take(field['keydes.key_iv']);
    body.take(field['rsc']);
    body.take(field['keyId']);
    body.take(field['mic']);
    const length = body.number(field['data_len']);
    if (length > 0) body.take(field['data'], length);
  }
}
