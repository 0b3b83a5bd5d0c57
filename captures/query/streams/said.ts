/** What the ends of a conversation said, piece by piece. */

import type { Side } from '../../../decoders/conversations/tcp-stream.js';

/** What one end said, or that the capture does not have it. */
export type Said =
  | {
      readonly from: Side;
      readonly packet: number;
      /** Nanoseconds since 1970; null for a packet without a time. */
      readonly time: bigint | null;
      readonly bytes: Uint8Array;
      /** SCTP: the stream within the association. */
      readonly stream?: number;
      /** What there is to say about it, in a sentence. */
      readonly note?: string;
      /** What was undone: `chunked`, `gzip`, … */
      readonly decoded?: readonly string[];
    }
  | { readonly from: Side; readonly gap: number };
