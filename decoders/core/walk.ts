/** Finds a packet's layers without allocating anything: the walk that `summarize`, `dissect` and filters share. */

import type { Registry } from './registry.js';

/** Deepest nesting that is followed; a packet that nests deeper is reported as malformed. */
export const MAXIMUM_DEPTH = 32;

/** Octets that a packet is believed to have had at most. */
const LARGEST_PACKET = 0x3fffffff;

/** What a header's length is when everything that is left belongs to the header. */
export const REST = LARGEST_PACKET;

/** Summary flags of a packet: bits of the index's `flags` column. */
export const PacketFlag = {
  /** Fewer octets kept than the packet had (snap length). */
  truncated: 1 << 0,
  /** A header needs octets that the packet's own lengths deny it, or contradicts itself. */
  malformed: 1 << 1,
  /** An IP fragment (first or later). */
  fragment: 1 << 2,
  /** The IPv4 header checksum is wrong and not merely left to the card. */
  badNetworkChecksum: 1 << 3,
  /** The transport checksum (TCP, UDP, ICMP, ICMPv6) is wrong and not merely left to the card. */
  badTransportChecksum: 1 << 4,
  /** The transport checksum holds only the pseudo-header's sum: the card was to finish it. */
  checksumOffload: 1 << 5,
  /** Longer than any frame of its link can be: one super-frame for many (segmentation offload). */
  segmentationOffload: 1 << 6,
  /** More than one network or transport layer (tunnel, or an ICMP error's quotation): columns tell only part of them. */
  nested: 1 << 7,
  /** epb_flags: received by the interface. */
  inbound: 1 << 8,
  /** epb_flags: sent by the interface. */
  outbound: 1 << 9,
  /** A header was cut by the snap length, so that deeper layers are unknown. */
  short: 1 << 10,
  /** The packet goes from the flow's server to its client. */
  fromServer: 1 << 11,
  /** The packet carries a VLAN tag. */
  tagged: 1 << 12,
} as const;

export type WalkProblem = 'none' | 'truncated' | 'malformed' | 'too-deep';
const PROBLEMS: readonly WalkProblem[] = ['none', 'truncated', 'malformed', 'too-deep'];

/** The layers of one packet; preallocated and used again for the next. Offsets are octets in the view. */
export class Walk {
  depth = 0;
  /** Registry ids, outermost first. */
  readonly protocol = new Int32Array(MAXIMUM_DEPTH);
  /** Where the fixed part of the header starts. */
  readonly start = new Int32Array(MAXIMUM_DEPTH);
  /** Octets before `start` that belong to the layer (DNS's length over TCP); 0 for nearly all. */
  readonly lead = new Int32Array(MAXIMUM_DEPTH);
  readonly headerEnd = new Int32Array(MAXIMUM_DEPTH);
  /** Where the layer's payload ends by its own and all outer lengths; may lie beyond what was captured. */
  readonly end = new Int32Array(MAXIMUM_DEPTH);
  /** For a transport: depth of the network layer under it, -1 for none. */
  readonly networkUnder = new Int32Array(MAXIMUM_DEPTH);
  /** For a transport: whether what carries it is a fragment. */
  readonly fragmented = new Uint8Array(MAXIMUM_DEPTH);
  /** For a transport: its `finalDestination`. */
  readonly destinationUnder = new Int32Array(MAXIMUM_DEPTH);
  /** Octets of the packet in the view: [packetStart, capturedEnd). */
  packetStart = 0;
  capturedEnd = 0;
  /** Whether checksums are summed, for the flags. Whoever asks for no such flag saves a third of the walk without. */
  summing = true;
  /** LINKTYPE_ value of the packet, for the link layers that have several forms. */
  linkType = 0;
  /** First layer that is only a quotation (inside an ICMP error); `depth` when there is none. */
  quotedFrom = 0;
  /** IP protocol number of the innermost transport so far, 0 for none. */
  transport = 0;
  /** Innermost network layer so far, -1 for none; one in a quotation does not count. */
  network = -1;
  /** The same, but in a quotation too: what the layer now being measured stands on. */
  lowerNetwork = -1;
  /** Network layers so far. */
  networks = 0;
  /** `PacketFlag`s found so far. */
  flags = 0;
  /** Whether a quoted packet was not quoted whole. */
  quoteCut = false;
  /** For a fragment that is not the first, nothing above the network layer can be read; a first one lacks its end. */
  fragmentOffset = 0;
  moreFragments = false;
  /** Offset in the view of the address that a routing header will put into the destination, -1 for none (RFC 8200, section 8.1). */
  finalDestination = -1;
  /** Of the first tag, the VLAN's id (12 bits), and above it that of the second; 0: none, or only a priority. */
  vlan = 0;
  /** Depth of a layer whose header gives itself a length that cannot be, -1 for none. */
  badLength = -1;
  private problemIndex = 0;
  /** Octets the failed header needed, from `problemAt`. */
  problemNeeded = 0;
  problemAt = 0;
  /** Depth of the layer that could not be read whole. */
  problemDepth = 0;

  get problem(): WalkProblem {
    return PROBLEMS[this.problemIndex];
  }

  reset(packetStart: number, capturedEnd: number): void {
    this.depth = 0;
    this.packetStart = packetStart;
    this.capturedEnd = capturedEnd;
    this.quotedFrom = MAXIMUM_DEPTH;
    this.transport = 0;
    this.network = -1;
    this.lowerNetwork = -1;
    this.quoteCut = false;
    this.networks = 0;
    this.flags = 0;
    this.fragmentOffset = 0;
    this.moreFragments = false;
    this.finalDestination = -1;
    this.vlan = 0;
    this.badLength = -1;
    this.problemIndex = 0;
  }

  /** Notes a VLAN tag; a third one tells no flows apart. */
  tag(id: number): void {
    this.flags |= PacketFlag.tagged;
    if (this.vlan === 0) this.vlan = id;
    else if (this.vlan < 4096) this.vlan += id * 4096;
  }

  /** Whether the layer now being measured stands inside a quotation. */
  get quoted(): boolean {
    return this.quotedFrom <= this.depth;
  }

  /** Notes that the header at `at` needs `needed` octets; `limit` is where the packet's own lengths end. */
  fail(at: number, needed: number, limit: number): void {
    // What an ICMP error quotes is cut by design (RFC 792: header + 64 bits), not a fault of this packet.
    if (this.quoted) {
      this.quoteCut = true;
      return;
    }
    const cut = limit > this.capturedEnd && at + needed <= limit;
    this.flags |= cut ? PacketFlag.short : PacketFlag.malformed;
    if (this.problemIndex !== 0) return;
    this.problemIndex = cut ? 1 : 2;
    this.problemAt = at;
    this.problemNeeded = needed;
    this.problemDepth = this.depth;
  }

  /** Ends the walk at a header that cannot be read whole: all that is left is what there is of it. */
  cut(depth: number, at: number, needed: number, available: number, limit: number): void {
    this.fail(at, needed, limit);
    this.headerEnd[depth] = available;
    this.end[depth] = limit < available ? available : limit;
    this.depth = depth + 1;
  }

  tooDeep(at: number): void {
    this.problemIndex = 3;
    this.problemAt = at;
    this.problemNeeded = 0;
    this.problemDepth = this.depth - 1;
    this.flags |= PacketFlag.malformed;
  }
}

/**
 * Goes through the first layers of a packet of a usual form, in one go, and writes down what `walkFrom` would have.
 *
 * @param end where the packet ends; may lie beyond `walk.capturedEnd`
 * @returns registry id of the layer that comes next, 0 for none; -1 for packets of another form, with the walk as it was
 */
export type Shortcut = (view: DataView, start: number, end: number, walk: Walk) => number;

/**
 * Walks the layers of the packet at [start, start + captured) into `walk`.
 *
 * @param linkType LINKTYPE_ value
 * @param captured octets in the view
 * @param original octets that the packet had on the wire; may be larger than `captured`
 */
export function walkPacket(
  registry: Registry,
  view: DataView,
  linkType: number,
  start: number,
  captured: number,
  original: number,
  walk: Walk,
): void {
  const capturedEnd = start + captured;
  walk.reset(start, capturedEnd);
  walk.linkType = linkType;
  // Corrupt files claim lengths up to 2^32, which offsets of 31 bits cannot hold.
  const length = original < LARGEST_PACKET ? original : LARGEST_PACKET;
  const end = start + (length > captured ? length : captured);
  if (original > captured) walk.flags |= PacketFlag.truncated;
  const link = registry.linkLayer(linkType);
  const shortcut = link === 0 ? undefined : registry.runtime(link).shortcut;
  const next = shortcut === undefined ? -1 : shortcut(view, start, end, walk);
  if (next < 0) walkFrom(registry, view, link, start, end, walk);
  else if (next > 0) walkFrom(registry, view, next, walk.headerEnd[walk.depth - 1], walk.end[walk.depth - 1], walk);
}

/**
 * Walks on from `walk.depth`: the layer that begins at `first` is of the protocol with this registry id. For what does
 * not begin with a link layer: reassembled datagrams and messages of a stream.
 *
 * @param outerEnd where the outer layers end; may lie beyond `walk.capturedEnd`
 */
export function walkFrom(
  registry: Registry,
  view: DataView,
  protocol: number,
  first: number,
  outerEnd: number,
  walk: Walk,
): void {
  const { capturedEnd } = walk;
  let id = protocol;
  let at = first;
  let end = outerEnd;
  let refused = false;
  while (id !== 0) {
    const depth = walk.depth;
    if (depth === MAXIMUM_DEPTH) {
      walk.tooDeep(at);
      break;
    }
    const layer = registry.runtime(id);
    const available = end < capturedEnd ? end : capturedEnd;
    let lead = 0;
    if (layer.lead !== undefined) {
      lead = layer.lead(layer.read, view, at, available, walk);
      if (lead < 0) {
        // The ports were wrong about it: what its octets say comes next (DTLS where QUIC usually is).
        id = refused || depth === 0 ? 0 : registry.recognise(walk.protocol[depth - 1], id, view, at, available);
        refused = true;
        continue;
      }
      at += lead;
    }
    walk.protocol[depth] = id;
    walk.lead[depth] = lead;
    walk.start[depth] = at;
    if (at + layer.fixedLength > available) {
      walk.cut(depth, at, layer.fixedLength, available, end);
      break;
    }
    let headerEnd = at + layer.fixedLength;
    if (layer.headerLength !== undefined) {
      const length = layer.headerLength(layer.read, view, at, available, walk);
      headerEnd = at + length;
      if (length < layer.fixedLength) {
        walk.badLength = depth;
        walk.cut(depth, at, layer.fixedLength, available, 0);
        break;
      }
      if (length === REST) {
        headerEnd = available;
        if (end > available) walk.fail(at, end - at, end);
      } else if (headerEnd > available) {
        walk.cut(depth, at, length, available, end);
        break;
      }
    }
    if (layer.isNetwork) {
      if (walk.quotedFrom > depth) walk.network = depth;
      walk.lowerNetwork = depth;
      walk.networks++;
    } else if (layer.hasAddresses && walk.networks > 0) walk.flags |= PacketFlag.nested;
    if (layer.ipProtocol !== 0) {
      // SCTP in UDP (RFC 6951): the columns have the inner one's ports.
      if (walk.transport !== 0) walk.flags |= PacketFlag.nested;
      walk.transport = layer.ipProtocol;
      // The tree is built when the walk is over, and a tunnel has another network layer inside.
      walk.networkUnder[depth] = walk.lowerNetwork;
      walk.fragmented[depth] = walk.moreFragments || walk.fragmentOffset !== 0 ? 1 : 0;
      walk.destinationUnder[depth] = walk.finalDestination;
    }
    if (layer.payloadEnd !== undefined) {
      const payloadEnd = layer.payloadEnd(layer.read, view, at, end, walk);
      if (payloadEnd < headerEnd) {
        // A length that ends within its own header says nothing of what follows.
        walk.fail(at, headerEnd - at, 0);
        walk.headerEnd[depth] = walk.end[depth] = headerEnd;
        walk.depth = depth + 1;
        break;
      }
      if (payloadEnd < end) end = payloadEnd;
      else if (payloadEnd > end) walk.fail(at, payloadEnd - at, end);
    }
    walk.headerEnd[depth] = headerEnd;
    walk.end[depth] = end;
    if (layer.inspect !== undefined) layer.inspect(layer.read, view, at, end, walk);
    walk.depth = depth + 1;
    if (layer.quotes && walk.quotedFrom > depth) walk.quotedFrom = depth + 1;
    id = headerEnd >= end || headerEnd > capturedEnd ? 0 : layer.next(layer.read, view, at, end, walk);
    at = headerEnd;
  }
  // Addresses inside addresses, and quotations: the columns tell only part of them.
  if (walk.networks > 1 || walk.depth > walk.quotedFrom) walk.flags |= PacketFlag.nested;
}
