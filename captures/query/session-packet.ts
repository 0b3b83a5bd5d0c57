/** A stored packet as a session takes it. */

import type { SessionPacket } from '../../decoders/session/session.js';
import { EPB } from '../formats/epb.js';
import type { CaptureReader } from './capture-reader.js';

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
