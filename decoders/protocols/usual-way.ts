/**
 * The layers that most packets begin with, in one go: Ethernet, IPv4 or IPv6, TCP or UDP, without options or extension
 * headers below the transport, tags and fragments, with lengths that fit. It writes down what the walk would, for half the
 * time: the walk asks each protocol four questions. Every other packet goes the long way, and a test holds them together.
 */

import { foldSum, sumOfWords } from '../core/bytes.js';
import { checkTransport, flagTransport } from '../core/checksum.js';
import type { Registry } from '../core/registry.js';
import { PacketFlag, type Shortcut, type Walk } from '../core/walk.js';
import { checkUdp } from './udp.js';

const ETHERNET = 14;
const IPV4 = 20;
const IPV6 = 40;
const TCP = 6;
const UDP = 17;
/** Depths of the three layers are 0, 1 and 2. */
const NETWORK = 1;
const TRANSPORT = 2;

/** The way of a registry; undefined when something else was put into one of its places. */
export function usualWay(registry: Registry): Shortcut | undefined {
  const [eth, ip, ipv6, tcp, udp] = ['eth', 'ip', 'ipv6', 'tcp', 'udp'].map((name) => registry.idOf(name));
  const asDeclared =
    registry.byValue('eth.type', 0x0800) === ip &&
    registry.byValue('eth.type', 0x86dd) === ipv6 &&
    ['ip.proto', 'ipv6.nxt'].every(
      (table) => registry.byValue(table, TCP) === tcp && registry.byValue(table, UDP) === udp,
    );
  if (!asDeclared) return undefined;
  const ofTcp = registry.runtime(tcp);
  const ofUdp = registry.runtime(udp);

  return (view, frame, outerEnd, walk) => {
    const { capturedEnd } = walk;
    const network = frame + ETHERNET;
    if (network + IPV4 + 8 > capturedEnd) return -1;
    const type = view.getUint16(frame + 12);
    const first = view.getUint8(network);
    let carried: number;
    let transport: number;
    let end: number;
    let flags = 0;
    if (type === 0x0800) {
      if (first !== 0x45 || (view.getUint16(network + 6) & 0x3fff) !== 0) return -1;
      carried = view.getUint8(network + 9);
      transport = network + IPV4;
      end = network + view.getUint16(network + 2);
      if (walk.summing && view.getUint16(network + 10) !== 0 && foldSum(sumOfWords(view, network, IPV4 / 4)) !== 0xffff)
        flags = PacketFlag.badNetworkChecksum;
    } else if (type === 0x86dd) {
      if (first >> 4 !== 6) return -1;
      carried = view.getUint8(network + 6);
      transport = network + IPV6;
      end = transport + view.getUint16(network + 4);
    } else return -1;
    if (end > outerEnd) return -1;
    const available = end < capturedEnd ? end : capturedEnd;
    let headerEnd: number;
    let transportEnd = end;
    if (carried === TCP) {
      if (transport + 20 > available) return -1;
      const length = (view.getUint8(transport + 12) >> 4) * 4;
      headerEnd = transport + length;
      if (length < 20 || headerEnd > available) return -1;
    } else if (carried === UDP) {
      headerEnd = transport + 8;
      if (headerEnd > available) return -1;
      transportEnd = transport + view.getUint16(transport + 4);
      if (transportEnd < headerEnd || transportEnd > end) return -1;
    } else return -1;

    const layer = carried === TCP ? ofTcp : ofUdp;
    enter(walk, 0, eth, frame, network, outerEnd);
    enter(walk, NETWORK, type === 0x0800 ? ip : ipv6, network, transport, end);
    enter(walk, TRANSPORT, layer.id, transport, headerEnd, transportEnd);
    walk.network = walk.lowerNetwork = NETWORK;
    walk.networks = 1;
    walk.transport = carried;
    walk.networkUnder[TRANSPORT] = NETWORK;
    walk.fragmented[TRANSPORT] = 0;
    walk.destinationUnder[TRANSPORT] = -1;
    walk.flags |= flags;
    if (walk.summing) {
      const status =
        carried === TCP
          ? checkTransport(view, walk, TRANSPORT, transport, end, TCP, view.getUint16(transport + 16))
          : checkUdp(view, walk, TRANSPORT, transport, transportEnd, view.getUint16(transport + 6));
      flagTransport(walk, status);
    } else if (carried === UDP)
      // Whether there is a sum at all needs no summing.
      flagTransport(walk, checkUdp(view, walk, TRANSPORT, transport, transportEnd, view.getUint16(transport + 6)));
    walk.depth = 3;
    return headerEnd >= transportEnd ? 0 : layer.next(layer.read, view, transport, transportEnd, walk);
  };
}

function enter(walk: Walk, depth: number, id: number, start: number, headerEnd: number, end: number): void {
  walk.protocol[depth] = id;
  walk.lead[depth] = 0;
  walk.start[depth] = start;
  walk.headerEnd[depth] = headerEnd;
  walk.end[depth] = end;
}
