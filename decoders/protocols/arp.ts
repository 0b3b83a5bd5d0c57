import { etherText, hexText, ipv4Text } from '../core/format.js';
import { type Body, bytes, ether, flag, ipv4Address, protocol, uint } from '../core/index.js';
import { hardwareTypes } from '../labels/arp-hardware.js';
import { etherTypes } from '../labels/ethertypes.js';

/** Operation codes, IANA "Address Resolution Protocol (ARP) Parameters". */
const operations = {
  1: 'request',
  2: 'reply',
  3: 'reverse request',
  4: 'reverse reply',
  5: 'DRARP request',
  6: 'DRARP reply',
  7: 'DRARP error',
  8: 'InARP request',
  9: 'InARP reply',
  10: 'ARP NAK',
  21: 'MARS redirect request',
  24: 'experimental 1',
  25: 'experimental 2',
};

const ETHERNET = 1;
const IEEE_802 = 6;
const ARP_ETHER_TYPE = 0x0806;

/** Address Resolution Protocol, RFC 826, and its reverse, RFC 903. */
export const arp = protocol('arp', 'Address Resolution Protocol', {
  reference: 'RFC 826, RFC 903, RFC 5227',
  carriedBy: { 'eth.type': [ARP_ETHER_TYPE, 0x8035] },
  header: {
    hwType: uint(16, 'Hardware type', { filter: 'arp.hw.type', labels: hardwareTypes }),
    protoType: uint(16, 'Protocol type', { filter: 'arp.proto.type', base: 16, labels: etherTypes }),
    hwSize: uint(8, 'Hardware size', { filter: 'arp.hw.size' }),
    protoSize: uint(8, 'Protocol size', { filter: 'arp.proto.size' }),
    opcode: uint(16, 'Opcode', { labels: operations }),
  },
  fields: {
    'src.hw_mac': ether('Sender MAC address'),
    'src.hw': bytes(0, 'Sender hardware address'),
    'src.proto_ipv4': ipv4Address('Sender IP address'),
    'src.proto': bytes(0, 'Sender protocol address'),
    'dst.hw_mac': ether('Target MAC address'),
    'dst.hw': bytes(0, 'Target hardware address'),
    'dst.proto_ipv4': ipv4Address('Target IP address'),
    'dst.proto': bytes(0, 'Target protocol address'),
    isgratuitous: flag('Is gratuitous'),
    isprobe: flag('Is probe'),
    isannouncement: flag('Is announcement'),
  },
  headerLength: (read, view, start) => 8 + 2 * (read.hwSize(view, start) + read.protoSize(view, start)),
  // What follows is the frame's padding.
  payloadEnd: (read, view, start) => start + 8 + 2 * (read.hwSize(view, start) + read.protoSize(view, start)),
  body: (body, field, read) => {
    const { view, start } = body;
    const hwSize = read.hwSize(view, start);
    const protoSize = read.protoSize(view, start);
    const mac = isEther(view, start);
    const ip = isIpv4(view, start);
    if (ip && start + 8 + 2 * (hwSize + protoSize) <= body.end) special();
    if (hwSize > 0) body.take(mac ? field['src.hw_mac'] : field['src.hw'], hwSize);
    if (protoSize > 0) body.take(ip ? field['src.proto_ipv4'] : field['src.proto'], protoSize);
    if (hwSize > 0) body.take(mac ? field['dst.hw_mac'] : field['dst.hw'], hwSize);
    if (protoSize > 0) body.take(ip ? field['dst.proto_ipv4'] : field['dst.proto'], protoSize);

    /** Requests and replies that ask for nothing, RFC 5227 sections 1.1 and 3. */
    function special(): void {
      const opcode = read.opcode(view, start);
      if (opcode !== 1 && opcode !== 2) return;
      const source = view.getUint32(start + 8 + hwSize);
      const target = view.getUint32(start + 8 + 2 * hwSize + protoSize);
      if (source === target && source !== 0) {
        body.derived(field.isgratuitous, true);
        if (opcode === 1 && hwSize === 6 && isZero(body, start + 8 + hwSize + protoSize, hwSize))
          body.derived(field.isannouncement, true);
      } else if (opcode === 1 && source === 0) body.derived(field.isprobe, true);
    }
  },
  info: (_layer, body) => {
    const { view, start, end } = body;
    if (start + 8 > end) return 'Address Resolution Protocol';
    const hwSize = view.getUint8(start + 4);
    const protoSize = view.getUint8(start + 5);
    const opcode = view.getUint16(start + 6);
    const senderHw = start + 8;
    const sender = senderHw + hwSize;
    const targetHw = sender + protoSize;
    const target = targetHw + hwSize;
    if (target + protoSize > end) return operations[opcode as keyof typeof operations] ?? `Opcode ${opcode}`;
    const hardware = (at: number) => (isEther(view, start) ? etherText(view, at) : hexText(view, at, hwSize));
    const address = (at: number) => (isIpv4(view, start) ? ipv4Text(view, at) : hexText(view, at, protoSize));
    const same = protoSize > 0 && address(sender) === address(target);
    switch (opcode) {
      case 1:
        if (!same) {
          const asks = `Who has ${address(target)}?`;
          return isIpv4(view, start) && view.getUint32(sender) === 0
            ? `${asks} (ARP Probe)`
            : `${asks} Tell ${address(sender)}`;
        }
        return isZero(body, targetHw, hwSize)
          ? `ARP Announcement for ${address(sender)}`
          : `Gratuitous ARP for ${address(sender)} (Request)`;
      case 2:
        return same
          ? `Gratuitous ARP for ${address(sender)} (Reply)`
          : `${address(sender)} is at ${hardware(senderHw)}`;
      case 3:
      case 5:
        return `Who is ${hardware(targetHw)}? Tell ${hardware(senderHw)}`;
      case 4:
      case 6:
        return `${hardware(targetHw)} is at ${address(target)}`;
      case 8:
        return `Who is ${hardware(targetHw)}? Tell ${hardware(senderHw)}`;
      case 9:
        return `${hardware(senderHw)} is at ${address(sender)}`;
      default:
        return (
          operations[opcode as keyof typeof operations] ??
          `Unknown ARP opcode 0x${opcode.toString(16).padStart(4, '0')}`
        );
    }
  },
});

function isEther(view: DataView, start: number): boolean {
  const type = view.getUint16(start);
  return (type === ETHERNET || type === IEEE_802) && view.getUint8(start + 4) === 6;
}

function isIpv4(view: DataView, start: number): boolean {
  return view.getUint16(start + 2) === 0x0800 && view.getUint8(start + 5) === 4;
}

function isZero({ view }: Body, at: number, length: number): boolean {
  for (let i = 0; i < length; i++) if (view.getUint8(at + i) !== 0) return false;
  return true;
}
