/** What the readers of pcap and pcapng have in common. */
import type { Block, CaptureInterface, PacketSource } from '../sources/source.js';

/**
 * A reader turns what stands in its `InputWindow` into blocks; it does no I/O. The one who drives it alternates
 * between `read()` and `window.fill(reader.needed)`.
 */
export interface FormatReader {
  readonly interfaces: readonly CaptureInterface[];
  readonly section: PacketSource['section'];
  readonly warnings: readonly string[];
  /** Octets that the window must hold before `read()` can go on. */
  readonly needed: number;
  /** One sentence once the input proved damaged: where and what. Set only when everything before it was handed out. */
  readonly problem: string | undefined;
  /** A full block, or null: then `problem` is set, or the window must be filled. Valid until the next call. */
  read(): Block | null;
  /** What was read and not yet handed out, be it a small block; null when there is nothing. */
  take(): Block | null;
  /** One sentence for an input that ends where the window does, in the middle of something. */
  cutOff(): string;
}

/**
 * Octets of one packet at most, by link type: what tshark takes for sound. Most are libpcap's MAXIMUM_SNAPLEN; D-Bus
 * messages, USB transfers and EBHSCR records may be larger, and are read up to the largest block, 16 MiB.
 */
export function largestPacket(linkType: number): number {
  return linkType === 231 || linkType === 249 ? MAXIMUM_BLOCK - 65536 : linkType === 279 ? 8 << 20 : 262144;
}

/**
 * Octets of one pcapng block at most: libpcap's limit too. It bounds the memory that a damaged or hostile length
 * costs, and is 64 times the largest snap length.
 */
export const MAXIMUM_BLOCK = 16 << 20;

/** "12,345" for messages. */
export function grouped(value: number): string {
  return value.toLocaleString('en-GB');
}
