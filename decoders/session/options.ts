/** How a session works. */

import type { Secrets } from '../core/secrets.js';
import type { AnalysisOptions } from './transport-notes.js';

export interface SessionOptions extends AnalysisOptions {
  /** Put IPv4 fragments together. Default true. */
  readonly defragmentIpv4?: boolean;
  /** Put IPv6 fragments together. Default true. */
  readonly defragmentIpv6?: boolean;
  /** Put messages together that span TCP segments. Default true. */
  readonly desegment?: boolean;
  /**
   * For somebody who looks at upper layers only: whether they would look at these octets of a stream, of the protocol
   * with this registry id. They are asked for octets that leave nothing behind; when they would not, those are not
   * decoded.
   */
  readonly worth?: Worth;
  /**
   * Leave segments by themselves whose checksum is wrong, as Wireshark does where it verifies them. Default false: what
   * was captured on the machine that sent it has no checksums yet.
   */
  readonly verifyTcpChecksum?: boolean;
  /** To decrypt with. Default none: nothing is decrypted but what everybody can. */
  readonly secrets?: Secrets | undefined;
}

/** Whether somebody wants what a protocol (its registry id) says in the octets [start, end). */
export type Worth = (protocol: number, view: DataView, start: number, end: number) => boolean;
