import { bits, ether, protocol, uint } from '../core/index.js';
import { etherTypes } from '../labels/ethertypes.js';
import { etherPayloadEnd, etherTypeOf } from './ethernet.js';

const FIXED_OCTETS = 18;
const TYPE_AT = 16;

/** IEEE 802.1ah provider backbone bridging: the service tag, and the customer's own addresses. */
export const backbone = protocol('ieee8021ah', 'IEEE 802.1ah', {
  reference: 'IEEE 802.1Q, clause 9.7',
  column: '802.1ah',
  carriedBy: { 'eth.type': 0x88e7 },
  header: {
    tag: bits(
      32,
      'I-TAG',
      {
        priority: uint(3, 'Priority', { filter: 'ieee8021ah.priority' }),
        drop: uint(1, 'DROP', { filter: 'ieee8021ah.drop' }),
        nca: uint(1, 'NCA', { filter: 'ieee8021ah.nca' }),
        res1: uint(1, 'RES1', { filter: 'ieee8021ah.res1' }),
        res2: uint(2, 'RES2', { filter: 'ieee8021ah.res2' }),
        isid: uint(24, 'I-SID', { filter: 'ieee8021ah.isid' }),
      },
      { bare: true },
    ),
    cdst: ether('C-Destination'),
    csrc: ether('C-Source'),
  },
  fields: { etype: uint(16, 'Type', { base: 16, labels: etherTypes }) },
  headerLength: () => FIXED_OCTETS,
  payloadEnd: (_read, view, start, end) => etherPayloadEnd(view.getUint16(start + TYPE_AT), start + FIXED_OCTETS, end),
  next: {
    table: 'eth.type',
    value: (_read, view, start, _end, walk) =>
      etherTypeOf(view, view.getUint16(start + TYPE_AT), start + FIXED_OCTETS, walk.capturedEnd),
  },
  body: (body, field) => {
    body.number(field.etype);
  },
  info: (_layer, { view, start, end }) =>
    start + 4 > end
      ? '802.1ah'
      : `PRI: ${view.getUint8(start) >> 5}  DROP: ${(view.getUint8(start) >> 4) & 1}  NCA: ${(view.getUint8(start) >> 3) & 1}  Res1: ${(view.getUint8(start) >> 2) & 1}  Res2: ${view.getUint8(start) & 3}  I-SID: ${view.getUint32(start) & 0xffffff}`,
});
