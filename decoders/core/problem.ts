/** What is wrong with a packet. Packet content never throws: problems are data beside every field that was decoded. */
export interface Problem {
  /** Filter name of the protocol in which it was found. */
  readonly layer: string;
  /**
   * `truncated`: the capture did not keep all octets (snap length). `malformed`: the packet contradicts itself.
   * `checksum`: a checksum does not match. `offload`: the checksum was left for the network card to compute,
   * or one super-frame stands for many (segmentation offload); neither is an error on the wire.
   */
  readonly kind: 'truncated' | 'malformed' | 'checksum' | 'offload';
  /** Octets from the packet's start. */
  readonly at: number;
  /** Octets that the decoder needed from `at`, when that is what was wrong. */
  readonly needed?: number;
  /** Octets that were there. */
  readonly available?: number;
  /** What set the limit: the capture, or the length field of the named layer. */
  readonly limitedBy?: string;
  /** One sentence for a person. */
  readonly message: string;
}
