/** One packet as a filter looks at it. */

import type { Walk } from '../core/index.js';
import type { PacketProgram } from './programs.js';

/**
 * What `CompiledFilter.matches` reads. Meant to be one object that its owner fills again for every packet, so that a
 * scan allocates nothing; nothing of it is kept after `matches` has answered.
 */
export interface FilterPacket {
  view: DataView;
  /** First octet of the packet in the view. */
  start: number;
  /** Octets kept (`frame.cap_len`). */
  captured: number;
  /** Octets on the wire (`frame.len`). */
  original: number;
  /** LINKTYPE_ value. */
  linkType: number;
  /** 1-based number within the capture (`frame.number`). */
  number: number;
  /** Time stamp in nanoseconds since 1970-01-01 UTC: `timeHigh` × 2^32 + `timeLow`, both unsigned. */
  timeHigh: number;
  timeLow: number;
  /** Nanoseconds since the capture's first packet (`frame.time_relative`); negative when the clock went back. */
  relativeNanoseconds: number;
  interfaceId: number;
  /** `if_name`; the empty string when it has none. */
  interfaceName: string;
  /** Finds `relativeNanoseconds` of the packet captured before this one; NaN where there is none, or it has no time. */
  previousNanoseconds?: () => number;
  /** Finds what people have written about the packet; absent where nobody can have. */
  comments?: () => readonly string[];
  /** Finds the processes that have a socket of the packet's flow; absent where nobody knows any. */
  programs?: () => readonly PacketProgram[];
  /** The packet's layers, already walked by `walkPacket`. */
  walk: Walk;
}
