/** Extensible Authentication Protocol, RFC 3748: what its carriers read of it. */

import { type Body, bytes, type Field, sharedFields, text, uint } from '../core/index.js';

const codes: Readonly<Record<number, string>> = {
  1: 'Request',
  2: 'Response',
  3: 'Success',
  4: 'Failure',
  5: 'Initiate',
  6: 'Finish',
};
/** IANA "Extensible Authentication Protocol (EAP) Registry", method types. */
const methods: Readonly<Record<number, string>> = {
  1: 'Identity',
  2: 'Notification',
  3: 'Legacy Nak (Response Only)',
  4: 'MD5-Challenge EAP (EAP-MD5-CHALLENGE)',
  5: 'One-Time Password EAP (EAP-OTP)',
  6: 'Generic Token Card EAP (EAP-GTC)',
  13: 'TLS EAP (EAP-TLS)',
  17: 'Cisco Wireless EAP / Lightweight EAP (EAP-LEAP)',
  18: 'GSM Subscriber Identity Modules EAP (EAP-SIM)',
  21: 'Tunneled TLS EAP (EAP-TTLS)',
  23: 'UMTS Authentication and Key Agreement EAP (EAP-AKA)',
  25: 'Protected EAP (EAP-PEAP)',
  26: 'MS-EAP-Authentication (EAP-MS-AUTH)',
  29: 'MS-CHAP-v2 EAP (EAP-MS-CHAP-V2)',
  43: 'Flexible Authentication via Secure Tunneling EAP (EAP-FAST)',
  50: "Improved Extensible Authentication Protocol Method for 3rd Generation Authentication and Key Agreement (EAP-AKA')",
  52: 'Password EAP (EAP-pwd)',
  254: 'Expanded Type',
};
const REQUEST = 1;
const RESPONSE = 2;
const HEADER_OCTETS = 4;

export const eapFields = sharedFields('eap', {
  code: uint(8, 'Code', { filter: 'eap.code', labels: codes }),
  id: uint(8, 'Id', { filter: 'eap.id' }),
  eapLength: uint(16, 'Length', { filter: 'eap.len' }),
  method: uint(8, 'Type', { filter: 'eap.type', labels: methods }),
  identity: text('Identity', { filter: 'eap.identity' }),
  notification: text('Notification', { filter: 'eap.notification' }),
  desired: uint(8, 'Desired Auth Type', { filter: 'eap.desired_type', labels: methods }),
  md5Size: uint(8, 'EAP-MD5 Value-Size', { filter: 'eap.md5.value_size' }),
  md5Value: bytes(0, 'EAP-MD5 Value', { filter: 'eap.md5.value' }),
  md5Extra: bytes(0, 'EAP-MD5 Extra Data', { filter: 'eap.md5.extra_data' }),
});

type Fields = { readonly [K in keyof typeof eapFields]: Field };

/** Reads an EAP packet at the cursor. */
export function readEap(body: Body, field: Fields): void {
  const start = body.position;
  const code = body.number(field.code);
  body.number(field.id);
  const length = body.number(field.eapLength);
  if (length < HEADER_OCTETS) body.fail(`an EAP packet has length ${length}; its header alone has ${HEADER_OCTETS}`);
  const end = start + length;
  const partial = end > body.end;
  if ((code === REQUEST || code === RESPONSE) && length > HEADER_OCTETS)
    body.within(end, () => method(body, field, body.number(field.method)));
  if (partial) body.need(end - body.position, 'an EAP packet');
  if (body.position < end) body.skip(end - body.position);
}

function method(body: Body, field: Fields, type: number): void {
  if (body.remaining === 0) return;
  if (type === 1) body.take(field.identity, body.remaining);
  else if (type === 2) body.take(field.notification, body.remaining);
  else if (type === 3) while (body.remaining > 0) body.number(field.desired);
  else if (type === 4) {
    const size = body.number(field.md5Size);
    if (size > 0) body.take(field.md5Value, size);
    if (body.remaining > 0) body.take(field.md5Extra, body.remaining);
  }
}

/** The packet in the list's words. */
export function eapSummary(view: DataView, start: number, end: number): string {
  if (start + HEADER_OCTETS > end) return 'Cut EAP packet';
  const code = view.getUint8(start);
  const name = codes[code] ?? `Unknown (${code})`;
  if ((code !== REQUEST && code !== RESPONSE) || start + HEADER_OCTETS >= end) return name;
  const type = view.getUint8(start + HEADER_OCTETS);
  return `${name}, ${methods[type] ?? `Unknown (${type})`}`;
}
