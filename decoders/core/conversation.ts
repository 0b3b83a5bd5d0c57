/** What the packets of one conversation leave behind for those that follow. */

export interface Conversation {
  /** 0 for the direction of the first packet that was seen, 1 for the other. */
  readonly direction: 0 | 1;
  /** Number of the packet that is being dissected. */
  readonly packet: number;
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
