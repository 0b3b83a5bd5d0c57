import { type Body, bytes, ether, protocol, uint } from '../core/index.js';
import { etherTypes } from '../labels/ethertypes.js';
import { usualWay } from './usual-way.js';

/** Values of the type/length field up to this are lengths of IEEE 802.3 frames (IEEE 802.3, clause 3.2.6). */
const LARGEST_LENGTH = 1500;
/** The least EtherType; between the two, the value means nothing. */
const LEAST_TYPE = 1536;
/** The least frame without its check sequence: shorter ones are padded (clause 3.2.8). */
const LEAST_FRAME = 60;
const FCS_OCTETS = 4;

/**
 * Which protocol follows a type/length field: an EtherType, or for a length one of Linux's stand-ins (if_ether.h):
 * ETH_P_802_3 (1) for Novell's raw IPX, whose checksum field of all ones is no LLC header, and ETH_P_802_2 (4) for LLC.
 * They are the same numbers that Linux cooked captures have on the wire.
 *
 * @param payload offset in the view of what follows
 */
export function etherTypeOf(view: DataView, typeOrLength: number, payload: number, capturedEnd: number): number {
  if (typeOrLength >= LEAST_TYPE) return typeOrLength;
  if (typeOrLength > LARGEST_LENGTH) return -1;
  return payload + 2 <= capturedEnd && view.getUint16(payload) === 0xffff ? 1 : 4;
}

/** Where the payload of a type/length field ends: a length says so, a type does not. */
export function etherPayloadEnd(typeOrLength: number, payload: number, end: number): number {
  return typeOrLength <= LARGEST_LENGTH && payload + typeOrLength < end ? payload + typeOrLength : end;
}

/** `len` and `invalid_lentype` are what `type` is not. */
export function lengthOrType(value: number): 'len' | undefined {
  return value <= LARGEST_LENGTH ? 'len' : undefined;
}

/** Ethernet II and IEEE 802.3. */
export const ethernet = protocol('eth', 'Ethernet II', {
  reference: 'IEEE 802.3, clause 3',
  role: 'link',
  column: 'Ethernet',
  // 143: Ethernet within IPv6 segment routing, RFC 8986.
  carriedBy: { linktype: 1, 'ip.proto': 143, 'ipv6.nxt': 143 },
  header: {
    dst: ether('Destination', { column: 'destination' }),
    src: ether('Source', { column: 'source' }),
    type: uint(16, 'Type', {
      base: 16,
      labels: etherTypes,
      select: (value) => lengthOrType(value) ?? (value < LEAST_TYPE ? 'invalid_lentype' : undefined),
    }),
  },
  fields: {
    len: uint(16, 'Length', { unit: 'bytes' }),
    invalid_lentype: uint(16, 'Invalid length/type', { base: 16 }),
    padding: bytes(0, 'Padding'),
    trailer: bytes(0, 'Trailer'),
    tagTrailer: bytes(0, 'Trailer', { filter: 'vlan.trailer' }),
    fcs: uint(32, 'Frame check sequence', { base: 16 }),
  },
  either: { addr: ['dst', 'src'] },
  shortcut: usualWay,
  payloadEnd: (_read, view, start, end) => etherPayloadEnd(view.getUint16(start + 12), start + 14, end),
  next: {
    table: 'eth.type',
    value: (_read, view, start, _end, walk) =>
      etherTypeOf(view, view.getUint16(start + 12), start + 14, walk.capturedEnd),
  },
  trailer: (body, field) => {
    const { view, walk } = body;
    const leastEnd = walk.packetStart + LEAST_FRAME;
    // Nothing says whether a frame was captured with its check sequence. What is left behind the padding of a frame that
    // is there in full is taken to end with it; a VLAN tag has a trailer of its own.
    const whole = body.end === walk.capturedEnd && walk.end[body.depth] <= walk.capturedEnd;
    const tagged = isTag(body);
    const fcs = body.end - FCS_OCTETS;
    const hasFcs = whole && !tagged && fcs >= Math.max(body.position, leastEnd);
    const end = hasFcs ? fcs : body.end;
    // What does not fill the frame up to its least length is no padding.
    const padded = body.end < leastEnd ? body.position : Math.min(end, leastEnd);
    if (body.position < padded && isZero(view, body.position, padded)) body.take(field.padding, padded - body.position);
    if (body.position < end) body.take(tagged ? field.tagTrailer : field.trailer, end - body.position);
    if (hasFcs) body.take(field.fcs);
  },
  info: (_layer, body) => {
    if (body.start + 14 > body.end) return 'Ethernet';
    const type = body.view.getUint16(body.start + 12);
    if (type <= LARGEST_LENGTH) return `802.3 frame, ${type} bytes`;
    return etherTypes[type] ?? `Ethernet type 0x${type.toString(16).padStart(4, '0')}`;
  },
});

/** Whether a VLAN tag follows the header. */
function isTag({ walk, depth, dissection }: Body): boolean {
  if (depth + 1 >= walk.depth) return false;
  const next = dissection.protocolAt(depth + 1);
  return next === 'vlan' || next === 'ieee8021ad';
}

function isZero(view: DataView, from: number, to: number): boolean {
  for (let at = from; at < to; at++) if (view.getUint8(at) !== 0) return false;
  return true;
}
