import { bytes, ether, ipv4Address, protocol, uint } from '../core/index.js';
import { hardwareTypes } from '../labels/arp-hardware.js';
import { etherTypes } from '../labels/ethertypes.js';
import { etherTypeOf } from './ethernet.js';

/** LINKTYPE_LINUX_SLL2; the other form is LINKTYPE_LINUX_SLL, 113. */
const SLL2 = 276;
/** Linux hardware type of a GRE tunnel: the protocol is then the one of a GRE header. */
const GRE_HARDWARE = 778;
const LEAST_ETHER_TYPE = 1536;
const ADDRESS_OCTETS = 8;

const packetTypes = {
  0: 'Unicast to us',
  1: 'Broadcast',
  2: 'Multicast',
  3: 'Unicast to another host',
  4: 'Sent by us',
};

/** Linux cooked-mode capture, both forms: what the interface `any` and devices without a link header give. */
export const sll = protocol('sll', 'Linux cooked capture', {
  reference: 'https://www.tcpdump.org/linktypes/LINKTYPE_LINUX_SLL2.html',
  role: 'link',
  carriedBy: { linktype: [113, SLL2] },
  // The two forms have the same fields in another order and other widths.
  header: {},
  fields: {
    pkttype: uint(16, 'Packet type', { labels: packetTypes }),
    hatype: uint(16, 'Link-layer address type', { labels: hardwareTypes }),
    halen: uint(16, 'Link-layer address length'),
    ifindex: uint(32, 'Interface index'),
    srcEther: ether('Source', { filter: 'sll.src.eth' }),
    srcIpv4: ipv4Address('Source', { filter: 'sll.src.ipv4' }),
    srcOther: bytes(0, 'Source', { filter: 'sll.src.other' }),
    unused: bytes(0, 'Unused'),
    etype: uint(16, 'Protocol', { base: 16, labels: etherTypes }),
    ltype: uint(16, 'Protocol', { base: 16, labels: { 1: 'Novell 802.3 without LLC', 4: '802.2 LLC' } }),
    gretype: uint(16, 'Protocol', { base: 16, labels: etherTypes }),
    trailer: bytes(0, 'Trailer'),
  },
  headerLength: (_read, _view, _start, _end, walk) => (walk.linkType === SLL2 ? 20 : 16),
  next: {
    table: 'eth.type',
    value: (_read, view, start, _end, walk) => {
      const type = view.getUint16(walk.linkType === SLL2 ? start : start + 14);
      return type === 1 || type === 4
        ? etherTypeOf(view, 0, walk.linkType === SLL2 ? start + 20 : start + 16, walk.capturedEnd)
        : type;
    },
  },
  body: (body, field) => {
    if (body.walk.linkType === SLL2) {
      body.need(20, 'the SLL2 header');
      protocolType(body.view.getUint16(body.start + 8));
      body.take(field.unused, 2);
      body.number(field.ifindex);
      body.number(field.hatype);
      body.take(field.pkttype, 1);
      body.take(field.halen, 1);
      address(body.view.getUint8(body.start + 11));
    } else {
      body.number(field.pkttype);
      const hardware = body.number(field.hatype);
      address(body.number(field.halen));
      protocolType(hardware);
    }

    function address(length: number): void {
      if (length === 6) body.take(field.srcEther);
      else if (length === 4) body.take(field.srcIpv4);
      else if (length > 0) body.take(field.srcOther, Math.min(length, ADDRESS_OCTETS));
      const unused = ADDRESS_OCTETS - Math.min(length, ADDRESS_OCTETS);
      if (unused > 0) body.take(field.unused, unused);
    }

    function protocolType(hardware: number): void {
      const type = body.peek16();
      body.number(hardware === GRE_HARDWARE ? field.gretype : type < LEAST_ETHER_TYPE ? field.ltype : field.etype);
    }
  },
  trailer: (body, field) => {
    if (body.remaining > 0) body.take(field.trailer, body.remaining);
  },
  info: (_layer, { view, start, end, walk }) => {
    const second = walk.linkType === SLL2;
    if (start + (second ? 20 : 16) > end) return 'Linux cooked capture';
    const type = second ? view.getUint8(start + 10) : view.getUint16(start);
    return packetTypes[type as keyof typeof packetTypes] ?? `Packet type ${type}`;
  },
});
