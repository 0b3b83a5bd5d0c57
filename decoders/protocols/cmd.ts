import { protocol, uint } from '../core/index.js';
import { etherTypes } from '../labels/ethertypes.js';
import { etherTypeOf } from './ethernet.js';

/** Cisco MetaData: the tag that carries a security group (SGT) in Ethernet frames. */
export const cmd = protocol('cmd', 'Cisco MetaData', {
  reference: 'Cisco TrustSec: Ethernet frame with an inline Security Group Tag',
  carriedBy: { 'eth.type': 0x8909 },
  header: {
    version: uint(8, 'Version'),
    length: uint(8, 'Length'),
    options: uint(16, 'Options', { base: 16 }),
    sgt: uint(16, 'SGT'),
    type: uint(16, 'Type', { base: 16, labels: etherTypes }),
  },
  next: {
    table: 'eth.type',
    value: (_read, view, start, _end, walk) =>
      etherTypeOf(view, view.getUint16(start + 6), start + 8, walk.capturedEnd),
  },
  info: (_layer, { view, start, end }) => (start + 6 > end ? 'Cisco MetaData' : `SGT: ${view.getUint16(start + 4)}`),
});
