/** Cisco's HDLC, and SLARP, which keeps its lines alive. */

import { hexNumber, ipv4Text } from '../core/format.js';
import { ipv4Address, protocol, uint } from '../core/index.js';
import { etherTypes } from '../labels/ethertypes.js';

const SLARP = 0x8035;
const OSI = 0xfefe;
/** EtherTypes that Cisco's equipment sends here; other numbers mean other things than on Ethernet. */
const carried = new Set([0x0800, 0x86dd, 0x8847, 0x8848]);

/** An octet stands in front of ISO packets, so that they begin on an even one. */
function padding(view: DataView, start: number): number {
  return view.getUint16(start + 2) === OSI ? 1 : 0;
}

/** Cisco HDLC. */
export const chdlc = protocol('chdlc', 'Cisco HDLC', {
  reference: 'https://www.tcpdump.org/linktypes.html, LINKTYPE_C_HDLC',
  role: 'link',
  carriedBy: { linktype: 104 },
  header: {
    address: uint(8, 'Address', { base: 16, labels: { 15: 'Unicast', 143: 'Multicast' } }),
    control: uint(8, 'Control', { base: 16 }),
    protocol: uint(16, 'Protocol', { base: 16, labels: { ...etherTypes, [SLARP]: 'SLARP', [OSI]: 'OSI' } }),
  },
  fields: { clns_padding: uint(8, 'CLNS Padding', { base: 16 }) },
  headerLength: (_read, view, start) => 4 + padding(view, start),
  next: [
    { table: 'chdlc.protocol', value: (read, view, start) => read.protocol(view, start) },
    {
      table: 'eth.type',
      value: (read, view, start) => {
        const type = read.protocol(view, start);
        return carried.has(type) ? type : -1;
      },
    },
  ],
  body: (body, field) => {
    if (padding(body.view, body.start) > 0) body.number(field.clns_padding);
    const type = body.view.getUint16(body.start + 2);
    if (!carried.has(type) && type !== OSI && type !== SLARP) body.column = hexNumber(type, 16);
  },
  info: (_layer, { view, start, end }) => {
    if (start + 4 > end) return 'Cut Cisco HDLC header';
    const type = view.getUint16(start + 2);
    return type === SLARP ? 'SLARP' : (etherTypes[type] ?? hexNumber(type, 16));
  },
});

const types = { 0: 'Request', 1: 'Reply', 2: 'Line keepalive' };
const REQUEST = 0;
const REPLY = 1;
const KEEPALIVE = 2;

/** Serial Line Address Resolution Protocol. */
export const slarp = protocol('slarp', 'Cisco SLARP', {
  reference: 'https://www.tcpdump.org/linktypes.html, LINKTYPE_C_HDLC',
  carriedBy: { 'chdlc.protocol': SLARP },
  header: { ptype: uint(32, 'Packet type', { labels: types }) },
  fields: {
    address: ipv4Address('Address'),
    netmask: ipv4Address('Netmask'),
    mysequence: uint(32, 'Outgoing sequence number'),
    yoursequence: uint(32, 'Returned sequence number'),
    reliability: uint(16, 'Reliability', { base: 16 }),
  },
  headerLength: 'all',
  body: (body, field, read) => {
    const type = read.ptype(body.view, body.start);
    if (type === KEEPALIVE) {
      body.number(field.mysequence);
      body.number(field.yoursequence);
      body.number(field.reliability);
    } else if (type === REQUEST || type === REPLY) {
      body.take(field.address);
      body.take(field.netmask);
    }
  },
  info: (_layer, { view, start, end }) => {
    if (start + 4 > end) return 'Cut SLARP packet';
    const type = view.getUint32(start);
    const name = types[type as keyof typeof types];
    if (name === undefined) return `Unknown packet type 0x${type.toString(16).padStart(8, '0')}`;
    if (start + 12 > end) return name;
    if (type === KEEPALIVE)
      return `${name}, outgoing sequence ${view.getUint32(start + 4)}, returned sequence ${view.getUint32(start + 8)}`;
    return `${name}, from ${ipv4Text(view, start + 4)}, mask ${ipv4Text(view, start + 8)}`;
  },
});
