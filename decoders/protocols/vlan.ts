import { flag, protocol, uint } from '../core/index.js';
import { etherTypes } from '../labels/ethertypes.js';
import { etherPayloadEnd, etherTypeOf, lengthOrType } from './ethernet.js';

/** Traffic types of the priority code point, IEEE 802.1Q-2022, table I-2. */
const priorities = {
  0: 'Best Effort',
  1: 'Background',
  2: 'Excellent Effort',
  3: 'Critical Applications',
  4: 'Video',
  5: 'Voice',
  6: 'Internetwork Control',
  7: 'Network Control',
};

/** IEEE 802.1Q tag, also under the values that equipment used before 802.1ad (0x9100, 0x9200). */
export const vlan = protocol('vlan', '802.1Q Virtual LAN', {
  reference: 'IEEE 802.1Q, clause 9.6',
  carriedBy: { 'eth.type': [0x8100, 0x9100, 0x9200] },
  header: {
    priority: uint(3, 'Priority', { labels: priorities }),
    dei: flag('DEI'),
    id: uint(12, 'ID'),
    etype: uint(16, 'Type', { base: 16, labels: etherTypes, select: lengthOrType }),
  },
  fields: { len: uint(16, 'Length', { unit: 'bytes' }) },
  payloadEnd: (_read, view, start, end) => etherPayloadEnd(view.getUint16(start + 2), start + 4, end),
  next: {
    table: 'eth.type',
    value: (_read, view, start, _end, walk) =>
      etherTypeOf(view, view.getUint16(start + 2), start + 4, walk.capturedEnd),
  },
  inspect: (_read, view, start, _end, walk) => walk.tag(view.getUint16(start) & 0xfff),
  info: (_layer, { view, start, end }) =>
    start + 2 > end
      ? 'VLAN'
      : `PRI: ${view.getUint8(start) >> 5}  DEI: ${(view.getUint8(start) >> 4) & 1}  ID: ${view.getUint16(start) & 0xfff}`,
});

/** IEEE 802.1ad: the provider's tag (S-tag) around the customer's 802.1Q tag. */
export const serviceVlan = protocol('ieee8021ad', 'IEEE 802.1ad', {
  reference: 'IEEE 802.1Q, clause 9.7',
  column: '802.1ad',
  carriedBy: { 'eth.type': 0x88a8 },
  header: {
    priority: uint(3, 'Priority', { labels: priorities }),
    dei: uint(1, 'DEI'),
    id: uint(12, 'ID'),
  },
  // Wireshark decodes the type behind an S-tag with 802.1ah's field, which stands elsewhere there.
  fields: { etype: uint(16, 'Type', { base: 16, labels: etherTypes, filter: 'ieee8021ah.etype' }) },
  headerLength: () => 4,
  payloadEnd: (_read, view, start, end) => etherPayloadEnd(view.getUint16(start + 2), start + 4, end),
  next: {
    table: 'eth.type',
    value: (_read, view, start, _end, walk) =>
      etherTypeOf(view, view.getUint16(start + 2), start + 4, walk.capturedEnd),
  },
  body: (body, field) => {
    body.number(field.etype);
  },
  inspect: (_read, view, start, _end, walk) => walk.tag(view.getUint16(start) & 0xfff),
  info: (_layer, { view, start, end }) =>
    start + 2 > end
      ? '802.1ad'
      : `PRI: ${view.getUint8(start) >> 5}  DEI: ${(view.getUint8(start) >> 4) & 1}  ID: ${view.getUint16(start) & 0xfff}`,
});
