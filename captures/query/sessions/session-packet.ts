/** A stored packet as a session takes it. */

import type { SessionPacket } from '../../../decoders/session/session.js';
import { EPB } from '../../formats/epb.js';
import type { CaptureReader, PacketRef } from '../capture-reader.js';

/** Octets in which the headers down to the transport stand. */
const HEADERS = 512;

/** The packet of the Enhanced Packet Block at `at`; it refers to the view, which the next read may use again. */
export function sessionPacket(reader: CaptureReader, view: DataView, at: number, number: number): SessionPacket {
  return {
    view,
    start: at + EPB.data,
    captured: view.getUint32(at + EPB.captured, true),
    original: view.getUint32(at + EPB.original, true),
    linkType: reader.interface(view.getUint32(at + EPB.interface, true))?.link_type ?? -1,
    number,
    timeHigh: view.getUint32(at + EPB.timeHigh, true),
    timeLow: view.getUint32(at + EPB.timeLow, true),
  };
}

/** The whole of a stored packet, until the next read; undefined when the ring has deleted it meanwhile. */
export function readPacket(reader: CaptureReader, ref: PacketRef): SessionPacket | undefined {
  const stored = reader.log.read(ref);
  return stored === undefined ? undefined : sessionPacket(reader, stored.view, stored.at, ref.number);
}

/** The same, as if only its headers had been captured: for less, when nobody looks at what it carries. */
export function readHeaders(reader: CaptureReader, ref: PacketRef): SessionPacket | undefined {
  const stored = reader.log.read(ref, EPB.overhead + HEADERS);
  if (stored === undefined) return undefined;
  const packet = sessionPacket(reader, stored.view, stored.at, ref.number);
  return { ...packet, captured: Math.min(packet.captured, HEADERS) };
}
