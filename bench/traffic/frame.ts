/** Ethernet frames with right checksums, written in place. */

/** Octets before the transport header. */
const ETHERNET = 14;
const IPV4 = 20;
const IPV6 = 40;
export const UDP_HEADER = 8;
/** With the timestamp option, padded (RFC 7323, appendix A). */
export const TCP_HEADER = 32;
export const SYN_HEADER = 40;

export const TcpFlag = { fin: 1, syn: 2, psh: 8, ack: 16 } as const;

/** A folded and inverted Internet checksum (RFC 1071). */
function fold(sum: number): number {
  let folded = sum % 0x1_0000_0000;
  folded = (folded >>> 16) + (folded & 0xffff) + Math.floor(sum / 0x1_0000_0000);
  while (folded > 0xffff) folded = (folded >>> 16) + (folded & 0xffff);
  return ~folded & 0xffff;
}

/** Writes frames into one buffer. */
export class FrameWriter {
  private readonly view: DataView;
  private identification = 0;

  constructor(readonly bytes: Uint8Array) {
    this.view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  }

  /** Offset of the transport header in a frame at `at`. */
  transport(at: number, version: number): number {
    return at + ETHERNET + (version === 4 ? IPV4 : IPV6);
  }

  /**
   * Writes Ethernet and IP.
   *
   * @param from host part of the source address; `client` says whose network it is in
   * @param length octets of the transport header and its payload
   * @returns the pseudo-header's sum (RFC 9293, section 3.1; RFC 8200, section 8.1)
   */
  network(
    at: number,
    version: number,
    from: number,
    to: number,
    fromClient: boolean,
    protocol: number,
    length: number,
  ): number {
    const { view } = this;
    const ether = fromClient ? 0 : 1;
    view.setUint16(at, 0x0200);
    view.setUint32(at + 2, 0xc0ffee01 - ether);
    view.setUint16(at + 6, 0x0200);
    view.setUint32(at + 8, 0xc0ffee00 + ether);
    view.setUint16(at + 12, version === 4 ? 0x0800 : 0x86dd);
    return version === 4
      ? this.ipv4(at + ETHERNET, address4(from, fromClient), address4(to, !fromClient), protocol, length)
      : this.ipv6(at + ETHERNET, from, to, fromClient, protocol, length);
  }

  private ipv4(at: number, source: number, destination: number, protocol: number, length: number): number {
    const { view } = this;
    const identification = this.identification++ & 0xffff;
    view.setUint16(at, 0x4500);
    view.setUint16(at + 2, IPV4 + length);
    view.setUint16(at + 4, identification);
    view.setUint16(at + 6, 0x4000);
    view.setUint16(at + 8, (64 << 8) | protocol);
    view.setUint32(at + 12, source);
    view.setUint32(at + 16, destination);
    const addresses = (source >>> 16) + (source & 0xffff) + (destination >>> 16) + (destination & 0xffff);
    view.setUint16(
      at + 10,
      fold(0x4500 + IPV4 + length + identification + 0x4000 + ((64 << 8) | protocol) + addresses),
    );
    return addresses + protocol + length;
  }

  private ipv6(at: number, from: number, to: number, fromClient: boolean, protocol: number, length: number): number {
    const { view } = this;
    view.setUint32(at, 0x60000000);
    view.setUint16(at + 4, length);
    view.setUint16(at + 6, (protocol << 8) | 64);
    return this.address6(at + 8, from, fromClient) + this.address6(at + 24, to, !fromClient) + protocol + length;
  }

  /** In 2001:db8::/32, the documentation prefix (RFC 3849). */
  private address6(at: number, host: number, client: boolean): number {
    const { view } = this;
    const subnet = client ? 0x10 : 0x20;
    view.setUint32(at, 0x20010db8);
    view.setUint32(at + 4, subnet);
    view.setUint32(at + 8, 0);
    view.setUint32(at + 12, host);
    return 0x2001 + 0x0db8 + subnet + (host >>> 16) + (host & 0xffff);
  }

  /** Writes a UDP header; `sum` is the pseudo-header's and the payload's. */
  udp(at: number, sourcePort: number, destinationPort: number, length: number, sum: number): void {
    const { view } = this;
    view.setUint16(at, sourcePort);
    view.setUint16(at + 2, destinationPort);
    view.setUint16(at + 4, length);
    // RFC 768: a sum of zero is sent as all ones.
    view.setUint16(at + 6, fold(sum + sourcePort + destinationPort + length) || 0xffff);
  }

  /** Writes a TCP header with timestamps, and a SYN's further options; `sum` is the pseudo-header's and the payload's. */
  tcp(
    at: number,
    sourcePort: number,
    destinationPort: number,
    sequence: number,
    acknowledgment: number,
    flags: number,
    clock: number,
    sum: number,
  ): void {
    const { view } = this;
    const syn = (flags & TcpFlag.syn) !== 0;
    const length = syn ? SYN_HEADER : TCP_HEADER;
    view.setUint16(at, sourcePort);
    view.setUint16(at + 2, destinationPort);
    view.setUint32(at + 4, sequence);
    view.setUint32(at + 8, acknowledgment);
    view.setUint16(at + 12, ((length / 4) << 12) | flags);
    view.setUint16(at + 14, 0xffff);
    view.setUint32(at + 16, 0);
    let option = at + 20;
    if (syn) {
      view.setUint32(option, 0x020405b4); // maximum segment size 1460
      view.setUint32(option + 4, 0x0402080a); // SACK permitted; timestamps
      option += 8;
    } else {
      view.setUint32(option, 0x0101080a); // two no-operations; timestamps
      option += 4;
    }
    view.setUint32(option, clock);
    view.setUint32(option + 4, (flags & TcpFlag.ack) === 0 ? 0 : clock - 1);
    if (syn) view.setUint32(option + 8, 0x01030307); // no-operation; window scale 7
    let words = sum;
    for (let i = at; i < at + length; i += 2) words += view.getUint16(i);
    view.setUint16(at + 16, fold(words));
  }
}

/** Clients: two thirds in 10.0.0.0/8, the rest in 192.168.0.0/16; servers in 198.18.0.0/15 (RFC 2544, benchmarks). */
function address4(host: number, client: boolean): number {
  if (!client) return (0xc6120000 + 1 + host) >>> 0;
  return host % 3 === 0 ? (0xc0a80000 | (host >>> 16)) >>> 0 : (0x0a000000 | (host >>> 8)) >>> 0;
}
