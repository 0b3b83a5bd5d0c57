/** What the packets of one conversation leave behind for those that follow. */

import type { Secrets } from './secrets.js';

/** What earlier packets tell of one of a packet's transport headers. Times are nanoseconds, NaN where unknown. */
export interface TransportNotes {
  /** Where the header is. */
  readonly view: DataView;
  readonly start: number;
  /** Number of the conversation among those of its transport, from 0; below 0 where it is not known. */
  readonly stream: number;
  /** Since the conversation's first packet, and since the one before. */
  readonly timeRelative: number;
  readonly timeDelta: number;
  /** Of a TCP connection that is analysed, before the segment: `tcp.completeness`, and the shift of its sender's window. */
  readonly connection?: { readonly completeness: number; readonly scale: number };
  /** Of TCP, but for what only a quotation tells. */
  readonly segment?: SegmentNotes;
}

/** TCP's analysis of a segment, as `TcpAnalysis` has it. */
export interface SegmentNotes {
  /** Whether somebody wants the analysis, and relative numbers. */
  readonly analyzed: boolean;
  readonly relative: boolean;
  /** `Finding` bits. */
  readonly findings: number;
  readonly sequence: number;
  readonly nextSequence: number;
  readonly acknowledgment: number;
  readonly acknowledgmentBase: number;
  readonly initialRtt: number;
  readonly acksFrame: number;
  readonly ackRtt: number;
  readonly bytesInFlight: number;
  readonly acksMore: boolean;
  readonly pushBytesSent: number;
  readonly rto: number;
  readonly rtoFrame: number;
  readonly duplicateNumber: number;
  readonly duplicateFrame: number;
}

export interface Conversation {
  /** 0 for the direction of the first packet that was seen, 1 for the other. */
  readonly direction: 0 | 1;
  /** Number of the packet that is being dissected. */
  readonly packet: number;
  /** When it was captured: nanoseconds since 1970 are `timeHigh` × 2^32 + `timeLow`. NaN where that is not known. */
  readonly timeHigh: number;
  readonly timeLow: number;
  /** Addresses and ports, for protocols that announce other conversations. */
  readonly source: string;
  readonly destination: string;
  readonly sourcePort: number;
  readonly destinationPort: number;
  /**
   * Something that a protocol remembers, made when it is first asked for. Shared by both directions unless the key
   * says the direction. It must stay small: it is kept as long as the conversation.
   */
  remember<T>(key: string, make: () => T): T;
  /** Says that so many octets more are remembered (below 0: fewer), where they are too many to be kept for every conversation. */
  keeps?(more: number): void;
  /** Whether nobody looks at the packet's tree: what is remembered of it is all that counts. */
  readonly unseen?: boolean;
  /** Whether it was hidden in another one, from which it was decrypted. */
  readonly secure?: boolean;
  /** What a key log tells, and the ciphers to use it with; absent where nothing is to be decrypted. */
  readonly secrets?: Secrets | undefined;
  /**
   * Octets of a stream that was hidden in the current message: they are shown as a conversation of their own.
   *
   * @param application what both ends agreed to speak (a name of RFC 7301), where that is known
   * @returns the title of the protocol that they are taken for; undefined when it is not known
   */
  reveal?(octets: Uint8Array<ArrayBuffer>, application: string | undefined): string | undefined;
  /** The title of the protocol that is expected under encryption, by the ports; undefined when they say nothing. */
  presumed?(): string | undefined;
  /** What came with the octets of this layer, where another layer presented them. */
  readonly presented?: unknown;
  /**
   * Octets of one of the streams that the current layer carries: they are shown as a layer of that protocol (its filter
   * name) behind those of the packet.
   *
   * @param name what the octets are called
   * @param presented what that protocol has to know besides
   */
  present?(name: string, protocol: string, octets: Uint8Array<ArrayBuffer>, presented: unknown): void;
  /** From the octets after the current message on, both directions speak another protocol (its filter name). */
  switchTo(protocol: string): void;
  /**
   * Packets between these ends will be of this protocol (an FTP data connection, RTP that SDP announced).
   *
   * @param handover a key and a value that their conversation remembers from its beginning
   */
  expect(
    carrier: 'tcp' | 'udp',
    address: string,
    port: number,
    protocol: string,
    handover?: readonly [string, unknown],
  ): void;
}
