/**
 * Where a packet's IP and transport headers stand: just enough to say where it goes and what answers it, for many packets a
 * second and without the decoders, which the main thread does not load.
 */

/** LINKTYPE_ values (https://www.tcpdump.org/linktypes.html). */
export const LinkType = { ethernet: 1, raw: 101, cooked: 113, ipv4: 228, ipv6: 229, cooked2: 276 } as const;

export const IpProtocol = { icmp: 1, tcp: 6, udp: 17, icmpv6: 58 } as const;

const ARP = 0x0806;
const TAGS = new Set([0x8100, 0x88a8, 0x9100, 0x9200]);
/** Extension headers that are passed over: hop-by-hop, routing, destination options (RFC 8200, section 4). */
const EXTENSIONS = new Set([0, 43, 60]);
/** More tags or extension headers than any packet has. */
const MOST_HEADERS = 8;

export interface Headers {
  readonly kind: 'ip' | 'ipv6' | 'arp';
  /** Offset of the IP or ARP header. */
  readonly network: number;
  /** IP protocol number of what stands on IP, behind extension headers; -1 for ARP. */
  readonly protocol: number;
  /** Offset of what stands on IP; -1 for ARP, and for a fragment that is not the first. */
  readonly transport: number;
  /** First octet behind the packet by its own length, or where the octets end. */
  readonly end: number;
}

/** Undefined for a packet that is neither IP nor ARP, or is cut within its header. */
export function readHeaders(view: DataView, linkType: number): Headers | undefined {
  const place = networkOf(view, linkType);
  if (place === undefined) return undefined;
  const [type, network] = place;
  if (type === 4) return readIpv4(view, network);
  if (type === 6) return readIpv6(view, network);
  return type === ARP && network + 28 <= view.byteLength
    ? { kind: 'arp', network, protocol: -1, transport: -1, end: network + 28 }
    : undefined;
}

/** The IP version or EtherType, and where its header begins. */
function networkOf(view: DataView, linkType: number): readonly [number, number] | undefined {
  const length = view.byteLength;
  switch (linkType) {
    case LinkType.raw:
    case LinkType.ipv4:
    case LinkType.ipv6:
      return length > 0 ? [view.getUint8(0) >> 4, 0] : undefined;
    case LinkType.ethernet:
      return length < 14 ? undefined : behindTags(view, 12);
    case LinkType.cooked:
      return length < 16 ? undefined : behindTags(view, 14);
    case LinkType.cooked2:
      return length < 20 ? undefined : [versionOf(view.getUint16(0)), 20];
    default:
      return undefined;
  }
}

function behindTags(view: DataView, typeAt: number): readonly [number, number] | undefined {
  let at = typeAt;
  for (let i = 0; i < MOST_HEADERS && at + 2 <= view.byteLength; i++) {
    const type = view.getUint16(at);
    if (!TAGS.has(type)) return [versionOf(type), at + 2];
    at += 4;
  }
  return undefined;
}

function versionOf(etherType: number): number {
  return etherType === 0x0800 ? 4 : etherType === 0x86dd ? 6 : etherType;
}

/** Reads an IPv4 header at `network`; also one that an ICMP error quotes. */
export function readIpv4(view: DataView, network: number): Headers | undefined {
  if (network + 20 > view.byteLength) return undefined;
  const header = (view.getUint8(network) & 15) * 4;
  if (view.getUint8(network) >> 4 !== 4 || header < 20) return undefined;
  const total = view.getUint16(network + 2);
  const isFirst = (view.getUint16(network + 6) & 0x1fff) === 0;
  return {
    kind: 'ip',
    network,
    protocol: view.getUint8(network + 9),
    transport: isFirst ? network + header : -1,
    end: Math.min(view.byteLength, total < header ? view.byteLength : network + total),
  };
}

/** Reads an IPv6 header at `network`. */
export function readIpv6(view: DataView, network: number): Headers | undefined {
  if (network + 40 > view.byteLength || view.getUint8(network) >> 4 !== 6) return undefined;
  let protocol = view.getUint8(network + 6);
  let transport = network + 40;
  for (let i = 0; i < MOST_HEADERS && EXTENSIONS.has(protocol) && transport + 2 <= view.byteLength; i++) {
    protocol = view.getUint8(transport);
    transport += 8 + view.getUint8(transport + 1) * 8;
  }
  const payload = view.getUint16(network + 4);
  const end = payload === 0 ? view.byteLength : Math.min(view.byteLength, network + 40 + payload);
  return { kind: 'ipv6', network, protocol, transport, end };
}

/** Offset and length of a network header's addresses. */
export function addressesOf({ kind, network }: Headers): { source: number; destination: number; length: 4 | 16 } {
  if (kind === 'ip') return { source: network + 12, destination: network + 16, length: 4 };
  if (kind === 'ipv6') return { source: network + 8, destination: network + 24, length: 16 };
  return { source: network + 14, destination: network + 24, length: 4 };
}

/** Whether two runs of octets are the same. */
export function sameOctets(a: DataView, at: number, b: DataView, bt: number, length: number): boolean {
  if (at + length > a.byteLength || bt + length > b.byteLength) return false;
  for (let i = 0; i < length; i++) if (a.getUint8(at + i) !== b.getUint8(bt + i)) return false;
  return true;
}
