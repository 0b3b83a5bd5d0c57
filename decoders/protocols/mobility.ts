import { bytes, protocol, uint } from '../core/index.js';
import { ipProtocols } from '../labels/ip-protocols.js';

/** IANA "Mobility Header Types". */
const messageTypes: Readonly<Record<number, string>> = {
  0: 'Binding Refresh Request',
  1: 'Home Test Init',
  2: 'Care-of Test Init',
  3: 'Home Test',
  4: 'Care-of Test',
  5: 'Binding Update',
  6: 'Binding Acknowledgement',
  7: 'Binding Error',
  8: 'Fast Binding Update',
  9: 'Fast Binding Acknowledgment',
  10: 'Fast Neighbor Advertisement',
  12: 'Home Agent Switch Message',
  13: 'Heartbeat',
  14: 'Handover Initiate',
  15: 'Handover Acknowledge',
  16: 'Binding Revocation',
};

/** Mobility Header, RFC 6275 section 6.1: the part that all messages have. */
export const mobility = protocol('mipv6', 'Mobile IPv6', {
  reference: 'RFC 6275, section 6.1',
  column: 'MIPv6',
  prefix: 'mip6',
  // 62 is what drafts used before the number was assigned.
  carriedBy: { 'ip.proto': [62, 135], 'ipv6.nxt': [62, 135] },
  header: {
    proto: uint(8, 'Payload protocol', { labels: ipProtocols }),
    hlen: uint(8, 'Header length'),
    mhtype: uint(8, 'Mobility Header Type', { labels: messageTypes }),
    reserved: uint(8, 'Reserved', { base: 16 }),
    csum: uint(16, 'Checksum', { base: 16 }),
  },
  fields: { data: bytes(0, 'Message data') },
  headerLength: (_read, view, start) => (view.getUint8(start + 1) + 1) * 8,
  next: { table: 'ipv6.nxt', value: (_read, view, start) => view.getUint8(start) },
  body: (body, field) => {
    if (body.remaining > 0) body.take(field.data, body.remaining);
  },
  info: (_layer, { view, start, end }) =>
    start + 3 > end
      ? 'Mobility Header'
      : (messageTypes[view.getUint8(start + 2)] ?? `Type ${view.getUint8(start + 2)}`),
});
