import { bits, bytes, ether, flag, protocol, uint } from '../core/index.js';
import { etherTypes } from '../labels/ethertypes.js';

const FIXED_OCTETS = 6;
const SCI_OCTETS = 8;
const ICV_OCTETS = 16;
const CHANNEL = 0x20;
/** Encrypted, or changed: what follows is no readable frame. */
const OPAQUE = 0x0c;

/** Octets of the header, with the EtherType where it is readable. */
function headerOctets(view: DataView, start: number): number {
  const control = view.getUint8(start);
  return FIXED_OCTETS + ((control & CHANNEL) === 0 ? 0 : SCI_OCTETS) + ((control & OPAQUE) === 0 ? 2 : 0);
}

/** MAC Security, IEEE 802.1AE: the tag; what it protects is shown only where it is not encrypted. */
export const macsec = protocol('macsec', '802.1AE Security Tag', {
  reference: 'IEEE 802.1AE, clause 9',
  carriedBy: { 'eth.type': 0x88e5 },
  header: {
    TCI: bits(
      6,
      'TCI',
      {
        V: uint(1, 'VER', { base: 16 }),
        ES: flag('ES'),
        SC: flag('SC'),
        SCB: flag('SCB'),
        E: flag('E'),
        C: flag('C'),
      },
      { base: 16 },
    ),
    AN: uint(2, 'AN', { base: 16 }),
    SL: uint(8, 'Short length'),
    PN: uint(32, 'Packet number'),
  },
  fields: {
    'SCI.system_identifier': ether('System Identifier'),
    'SCI.port_identifier': uint(16, 'Port Identifier'),
    etype: uint(16, 'Ethertype', { base: 16, labels: etherTypes }),
    ICV: bytes(ICV_OCTETS, 'ICV'),
  },
  headerLength: (_read, view, start) => headerOctets(view, start),
  payloadEnd: (_read, view, start, end) => Math.max(start + headerOctets(view, start), end - ICV_OCTETS),
  next: {
    table: 'eth.type',
    value: (_read, view, start) =>
      (view.getUint8(start) & OPAQUE) === 0 ? view.getUint16(start + headerOctets(view, start) - 2) : -1,
  },
  body: (body, field) => {
    const control = body.view.getUint8(body.start);
    if ((control & CHANNEL) !== 0) {
      body.take(field['SCI.system_identifier']);
      body.number(field['SCI.port_identifier']);
    }
    if ((control & OPAQUE) === 0) body.number(field.etype);
  },
  trailer: (body, field) => {
    if (body.remaining === ICV_OCTETS) body.take(field.ICV);
  },
  info: () => 'MACsec frame',
});
