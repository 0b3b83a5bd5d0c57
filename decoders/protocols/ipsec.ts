/** IP security: what can be seen of it without keys. */

import { bytes, protocol, uint } from '../core/index.js';
import { ipProtocols } from '../labels/ip-protocols.js';

/** IP Authentication Header, RFC 4302. */
export const ah = protocol('ah', 'Authentication Header', {
  reference: 'RFC 4302, section 2',
  carriedBy: { 'ip.proto': 51, 'ipv6.nxt': 51 },
  header: {
    next_header: uint(8, 'Next header', { labels: ipProtocols }),
    length: uint(8, 'Length'),
    reserved: bytes(2, 'Reserved'),
    spi: uint(32, 'AH SPI', { base: 16 }),
    sequence: uint(32, 'AH Sequence'),
  },
  fields: { icv: bytes(0, 'AH ICV') },
  // The length counts 32-bit words, minus 2.
  headerLength: (_read, view, start) => (view.getUint8(start + 1) + 2) * 4,
  next: { table: 'ip.proto', value: (_read, view, start) => view.getUint8(start) },
  body: (body, field) => {
    if (body.remaining > 0) body.take(field.icv, body.remaining);
  },
  info: (_layer, { view, start, end }) =>
    start + 8 > end
      ? 'AH'
      : `AH (SPI=0x${view
          .getUint32(start + 4)
          .toString(16)
          .padStart(8, '0')})`,
});

/** IP Encapsulating Security Payload, RFC 4303: the rest is encrypted. */
export const esp = protocol('esp', 'Encapsulating Security Payload', {
  reference: 'RFC 4303, section 2',
  carriedBy: { 'ip.proto': 50, 'ipv6.nxt': 50 },
  header: { spi: uint(32, 'ESP SPI', { base: 16 }), sequence: uint(32, 'ESP Sequence') },
  // What follows is of no form without the keys: it is shown as octets that no field has, as tshark does.
  headerLength: 'all',
  info: (_layer, { view, start, end }) =>
    start + 8 > end ? 'ESP' : `ESP (SPI=0x${view.getUint32(start).toString(16).padStart(8, '0')})`,
});
