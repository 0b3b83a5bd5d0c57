/** Octets that a layer hands over, to be shown as a layer of their own behind it: what a message carries. */

/** What the list shows of a packet. */
export interface Listed {
  readonly protocol: string;
  readonly info: string;
}

/** What a layer says of the octets that it hands over. */
export interface Carried {
  /** The media type in lower case, without parameters; the empty string where none is said. */
  readonly type: string;
  /** The parameters of the media type, as they were written. */
  readonly parameters: string;
}

export interface Content {
  /** The dispatch table and the value in it that choose the protocol. */
  readonly table: string;
  readonly value: number;
  /** Where the octets are, in the view of the layer or in `octets`. */
  readonly start: number;
  readonly end: number;
  /** Octets that stand nowhere in the packet: what chunks or a compression made of it. */
  readonly octets: Uint8Array<ArrayBuffer> | undefined;
  readonly carried: Carried;
}

/** What octets are called that stand nowhere in the packet. */
export const CONTENT = 'Decoded content';

/** How often contents are followed into contents: parts of a mail that are mails. */
export const MAXIMUM_NESTING = 8;
