/**
 * The one interface between where packets come from and everything else.
 *
 * A live interface, a file and standard input all become the same *blocks*: runs of complete
 * little-endian pcapng blocks whose packets are Enhanced Packet Blocks with nanosecond time stamps.
 */

/** What a pcapng Interface Description Block says of one interface (draft-ietf-opsawg-pcapng, section 4.2). */
export interface CaptureInterface {
  /** The interface id that this source's Enhanced Packet Blocks carry: 0, 1, 2, … in order of appearance. */
  readonly id: number;
  /** `if_name`; for a file that names none, the empty string. */
  readonly name: string;
  /** `if_description`. */
  readonly description?: string;
  /** LINKTYPE_ value (https://www.tcpdump.org/linktypes.html), kept as the source has it. */
  readonly linkType: number;
  /** Octets of each packet kept at most; 0 means no limit. */
  readonly snapLength: number;
  /** `if_filter`: the BPF text in force. */
  readonly filter?: string;
  /** `if_os`. */
  readonly os?: string;
  /** `if_hardware`. */
  readonly hardware?: string;
  /** `opt_comment`: also where an engine's limits are recorded. */
  readonly comment?: string;
  /** Six octets, `if_MACaddr`. */
  readonly macAddress?: Uint8Array;
  /** Bits per second, `if_speed`. */
  readonly speed?: bigint;
  /** The time-stamp resolution that the source had before it became nanoseconds, as raw `if_tsresol` (6 = µs, 9 = ns). */
  readonly originalResolution?: number;
  /** Which pcapng section of the file the interface came from, 0-based; live sources have one section. */
  readonly section?: number;
}

/** A unit of work: up to about 1 MiB or 50 ms of packets. */
export interface Block {
  /**
   * Whole little-endian pcapng blocks, back to back, 4-byte aligned. Packets are Enhanced Packet Blocks (type 6)
   * with 64-bit nanosecond time stamps. Other block types that a file contained (names, secrets, custom, unknown)
   * stand among them and are kept; section headers and interface descriptions never do: `PacketSource.interfaces`
   * has the latter. Valid until the source's next `next()`.
   */
  readonly bytes: Uint8Array;
  /** How many Enhanced Packet Blocks are in `bytes`. */
  readonly packets: number;
}

/** Counters since the source was opened; null where the engine cannot know. */
export interface SourceStatistics {
  /** Packets handed out in blocks so far. */
  readonly received: number;
  /** Lost in the kernel for want of buffer (libpcap `ps_drop`). */
  readonly kernel: number | null;
  /** Lost by the interface or its driver (libpcap `ps_ifdrop`). */
  readonly interface: number | null;
  /** Lost in this process because nobody took the blocks in time. */
  readonly daemon: number | null;
}

/** Why a source has no more blocks. `damaged` and `lost` keep every packet that came before. */
export interface SourceEnd {
  readonly reason: 'finished' | 'stopped' | 'damaged' | 'lost';
  /** One sentence for a person: where and what. Present when the reason is `damaged` or `lost`. */
  readonly detail?: string;
}

export interface PacketSource {
  /** Grows only; an interface is listed before the first block that refers to it is handed out. */
  readonly interfaces: readonly CaptureInterface[];
  /** pcapng comment, hardware, OS and application of a file's first section header, where it had them. */
  readonly section?: { comment?: string; hardware?: string; os?: string; application?: string };
  /** Resolves to the next block, or null when the source has ended; `end` then says why. Never rejects for bad packet data. */
  next(): Promise<Block | null>;
  /** Set once `next()` has answered null. */
  readonly end: SourceEnd | undefined;
  statistics(): SourceStatistics;
  /** Warnings in words that came up so far and do not end the source, for example "eth0 went away and came back". */
  readonly warnings: readonly string[];
  /** Ends the source; blocks already captured are still handed out by `next()` before it answers null. Idempotent. */
  stop(): Promise<void>;
}

export type EngineName = 'native' | 'cap' | 'raw-socket';

/** What a live engine is asked to do. */
export interface LiveOptions {
  /** Interface names, or `any`. For `raw-socket`: `icmp`, `icmp6`, or `ip:N` / `ip6:N` with an IP protocol number. */
  readonly interfaces: readonly string[];
  /** BPF expression in libpcap syntax. */
  readonly captureFilter?: string;
  /** Octets a packet, 1 … 262144; default 262144. */
  readonly snapLength?: number;
  /** Default true. */
  readonly promiscuous?: boolean;
  /** Kernel buffer per interface in octets, 65536 … 2^31-1; default 24 MiB: dumpcap has 2, and 64 MiB of blocks stand behind it. */
  readonly bufferBytes?: number;
}

export type CaptureErrorCode =
  | 'no-permission'
  | 'no-such-interface'
  | 'bad-filter'
  | 'bad-option'
  | 'engine-unavailable'
  | 'unsupported'
  | 'not-a-capture'
  | 'no-such-flow'
  /** Sending is switched off, or limited to other destinations. */
  | 'not-allowed'
  | 'io';

/** An error that a user can act on: `message` is one sentence, `hint` the exact command or change that mends it. */
export class CaptureError extends Error {
  override readonly name = 'CaptureError';
  constructor(
    readonly code: CaptureErrorCode,
    message: string,
    readonly hint?: string,
  ) {
    super(message);
  }
}

/** Largest snap length (libpcap's MAXIMUM_SNAPLEN, and INTERFACE.md's limit). */
export const MAXIMUM_SNAP_LENGTH = 262144;
/** Octets after which a source hands a block over. */
export const BLOCK_BYTES = 1 << 20;
/** Milliseconds after which a live source hands over what it has. */
export const BLOCK_MILLISECONDS = 50;
