import { bytes, ether, protocol, uint } from '../core/index.js';
import { etherTypes } from '../labels/ethertypes.js';

/** Values of the type/length field up to this are lengths of IEEE 802.3 frames (IEEE 802.3, clause 3.2.6). */
const LARGEST_LENGTH = 1500;

/** Ethernet II and IEEE 802.3. */
export const ethernet = protocol('eth', 'Ethernet II', {
  reference: 'IEEE 802.3, clause 3',
  role: 'link',
  carriedBy: { linktype: 1 },
  header: {
    dst: ether('Destination', { column: 'destination' }),
    src: ether('Source', { column: 'source' }),
    type: uint(16, 'Type', { base: 16, labels: etherTypes }),
  },
  fields: { padding: bytes(0, 'Padding'), trailer: bytes(0, 'Trailer') },
  either: { addr: ['dst', 'src'] },
  payloadEnd: (read, view, start, end) => {
    const type = read.type(view, start);
    return type <= LARGEST_LENGTH ? Math.min(end, start + 14 + type) : end;
  },
  next: 'type',
  info: (_layer, body) => {
    const type = body.view.getUint16(body.start + 12);
    return etherTypes[type] ?? `Ethernet type 0x${type.toString(16).padStart(4, '0')}`;
  },
});
