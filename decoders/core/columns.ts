/** The summary of a batch of packets: a struct of typed arrays, filled without allocating anything per packet. */

/** Rows that one batch holds; a block of the smallest packets needs a few batches. */
export const BATCH_ROWS = 16384;

/** `addressFamily` values. */
export const AddressFamily = { none: 0, ipv4: 4, ipv6: 6, ether: 1 } as const;

export class Columns {
  rows = 0;
  /** Nanoseconds since the capture's base time; exact up to 2^53 (104 days). */
  readonly time: Float64Array;
  /** Octets on the wire. */
  readonly length: Uint32Array;
  /** Octets kept. */
  readonly captured: Uint32Array;
  /** Octet offset of the packet's Enhanced Packet Block in its segment; filled by the caller. */
  readonly offset: Uint32Array;
  readonly interface: Uint16Array;
  /** Registry id of the innermost protocol that is not a quotation. */
  readonly protocol: Uint16Array;
  /** `PacketFlag` bits. */
  readonly flags: Uint32Array;
  /** `AddressFamily` of the two addresses. */
  readonly addressFamily: Uint8Array;
  /** Four 32-bit words a row, most significant first; IPv4 uses the first, Ethernet the first two (16 + 32 bits). */
  readonly source: Uint32Array;
  readonly destination: Uint32Array;
  readonly sourcePort: Uint16Array;
  readonly destinationPort: Uint16Array;
  /** IP protocol number of the transport, 0 when there is none. */
  readonly transport: Uint8Array;
  /** Offset in the view of the transport header, -1 when there is none or its fixed part was cut. */
  readonly transportOffset: Int32Array;
  /** Offset in the view where the transport's payload ends by the packet's own lengths. */
  readonly transportEnd: Int32Array;
  /** Offset in the view of the header that the addresses are from, -1 when there is none. */
  readonly networkOffset: Int32Array;
  /** Id of the outermost VLAN, and 4096 times that of the one inside; 0: none. */
  readonly vlan: Uint32Array;
  /** Flow id, filled by the flow table; 0 = none. */
  readonly flow: Uint32Array;

  constructor(readonly capacity = BATCH_ROWS) {
    this.time = new Float64Array(capacity);
    this.length = new Uint32Array(capacity);
    this.captured = new Uint32Array(capacity);
    this.offset = new Uint32Array(capacity);
    this.interface = new Uint16Array(capacity);
    this.protocol = new Uint16Array(capacity);
    this.flags = new Uint32Array(capacity);
    this.addressFamily = new Uint8Array(capacity);
    this.source = new Uint32Array(capacity * 4);
    this.destination = new Uint32Array(capacity * 4);
    this.sourcePort = new Uint16Array(capacity);
    this.destinationPort = new Uint16Array(capacity);
    this.transport = new Uint8Array(capacity);
    this.transportOffset = new Int32Array(capacity);
    this.transportEnd = new Int32Array(capacity);
    this.networkOffset = new Int32Array(capacity);
    this.vlan = new Uint32Array(capacity);
    this.flow = new Uint32Array(capacity);
  }
}
