/**
 * The one place that finds and loads the native addon. What it does is in `src/`; what it means is in `captures/sources`.
 */
import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { CaptureError } from '../sources/source.js';

/** What `new Capture` takes; the addon trusts it, `captures/sources/live.ts` checks it. */
export interface NativeOptions {
  interfaces: readonly string[];
  /** BPF text; empty for everything. */
  filter: string;
  /** 1 … 262144. */
  snapLength: number;
  promiscuous: boolean;
  /** 1 … 2^31-1. */
  bufferBytes: number;
}

/** What the capture thread has to say, in order. */
export type NativeEvent =
  | {
      kind: 'interface';
      text: string;
      id: number;
      name: string;
      /** libpcap's DLT_ value; see `linkTypeOfDlt`. */
      dlt: number;
      nanoseconds: boolean;
      mac?: Uint8Array;
    }
  | { kind: 'opened' | 'warning' | 'ended'; text: string }
  | {
      kind: 'failed';
      /** `down` is an interface that exists and is not up. */
      code: 'no-permission' | 'no-such-interface' | 'bad-filter' | 'io' | 'down';
      name: string;
      text: string;
    };

/** Packets since the capture was opened. */
export interface NativeCounters {
  /** Dropped because no block was free. */
  daemon: number;
  /** By interface id; the drop counts are at most a quarter of a second old. */
  interfaces: { received: number; kernel: number; interface: number }[];
}

/** One capture: a native thread. It keeps the event loop alive until it has ended. */
export interface NativeCapture {
  /** Copies the oldest filled block to `into` (at least 1 MiB), or answers null. */
  take(into: Uint8Array): { length: number; packets: number } | null;
  /** What happened since the last call; only after it `wake` is called again. */
  events(): NativeEvent[];
  counters(): NativeCounters;
  /** Asks the thread to hand over what it has and end; `ended` follows. */
  stop(): void;
}

/** A packet socket that frames leave by. */
export interface NativeSender {
  /** The longest frame in octets: the interface's MTU, the link header and a tag. */
  readonly maximum: number;
  /**
   * Sends the packets of blocks (see `captures/formats/epb.ts`), each not before its time, and writes into each block
   * when its packet left. Both arrays stay as they are until it resolves, and only then is it called again.
   *
   * @param due nanoseconds of CLOCK_MONOTONIC (`process.hrtime`), one a packet, ascending; a thread of libuv's pool
   *   waits for the last one, so let it be near
   * @returns how many were sent, and why it were not all
   */
  send(blocks: Uint8Array, due: Float64Array): Promise<{ sent: number; code?: string; text?: string }>;
  close(): void;
}

/** An interface as libpcap lists it. */
export interface NativeInterface {
  name: string;
  description: string;
  addresses: string[];
  mac: string | null;
  loopback: boolean;
  up: boolean;
  running: boolean;
  dlts: number[];
}

/** What a socket call answered. */
export interface CallResult {
  /** As the call returned it; -1: it failed. */
  value: number;
  /** Why it failed; 0: it did not. */
  errno: number;
  /** The time of day around the call, in nanoseconds since 1970, from the clock that stamps packets. */
  begin: bigint;
  end: bigint;
}

/** A result with an address in it: the peer's, the sender's or one's own; absent where the call tells none. */
export type AddressResult = CallResult & { address?: string; port?: number };

/**
 * The socket calls, with non-blocking sockets: what would wait fails with EAGAIN. Addresses are numbers as text; data and
 * descriptors are trusted. `close` twice may close what somebody else opened in between.
 */
export interface SocketCalls {
  socket(
    family: 'AF_INET' | 'AF_INET6',
    type: 'SOCK_STREAM' | 'SOCK_DGRAM' | 'SOCK_SEQPACKET' | 'SOCK_RAW',
    protocol: number,
  ): CallResult;
  bind(fd: number, address: string, port: number): CallResult;
  connect(fd: number, address: string, port: number): CallResult;
  listen(fd: number, backlog: number): CallResult;
  accept(fd: number): AddressResult;
  send(fd: number, data: Uint8Array): CallResult;
  sendto(fd: number, data: Uint8Array, address: string, port: number): CallResult;
  /** @param size at most 1 MiB are read */
  recvfrom(fd: number, size: number): AddressResult & { data?: Uint8Array };
  /** @param how 0 no more receiving, 1 no more sending, 2 neither */
  shutdown(fd: number, how: number): CallResult;
  close(fd: number): CallResult;
  getsockname(fd: number): AddressResult;
  getpeername(fd: number): AddressResult;
  setsockopt(fd: number, option: SocketOption, value: number): CallResult;
  getsockopt(fd: number, option: SocketOption): CallResult & { option?: number };
  /** Whether the next call on it, a sending or a receiving one, would be answered without waiting. */
  ready(fd: number, toSend: boolean): boolean;
  /** Every address of every interface; entries of family 0 stand for the interface itself, where the system has them. */
  getifaddrs(): InterfaceAddress[];
  /** Nanoseconds since 1970. */
  now(): bigint;
}

export interface InterfaceAddress {
  name: string;
  /** IFF_ flags, netdevice(7). */
  flags: number;
  family: 4 | 6 | 0;
  address?: string;
  netmask?: string;
  /** Of an interface that can broadcast. */
  broadcast?: string;
}

/** `TCP_QUICKACK` is Linux's alone. */
export type SocketOption =
  | 'SO_REUSEADDR'
  | 'SO_RCVBUF'
  | 'SO_SNDBUF'
  | 'SO_ERROR'
  | 'TCP_NODELAY'
  | 'TCP_QUICKACK'
  | 'TCP_MAXSEG'
  | 'IP_TTL'
  | 'IP_HDRINCL'
  | 'IPV6_UNICAST_HOPS';

export interface NativeBinding {
  /** Opens in its own thread: `opened` or `failed` is an event. `wake` is called at most once a block. */
  readonly Capture: new (
    options: NativeOptions,
    wake: () => void,
  ) => NativeCapture;
  /** @throws Error with `code` `no-permission`, `no-such-interface`, `down`, `unsupported` (no Ethernet frames) or `io` */
  readonly LinkSender: new (
    interfaceName: string,
  ) => NativeSender;
  /** @param linkTypes opens each interface to learn its `dlts`, some 20 ms each; otherwise they are empty. */
  listInterfaces(linkTypes: boolean): Promise<NativeInterface[]>;
  /** libpcap's words about a wrong filter, or null for a right one. */
  compileFilter(text: string, dlt: number, snapLength: number): string | null;
  /** Whether a right filter lets a frame of this link type (DLT_) through. @throws libpcap's words for a wrong one */
  filterAccepts(text: string, dlt: number, frame: Uint8Array): boolean;
  /**
   * Every socket of an address family (2: IPv4, 10: IPv6) and IP protocol in this network namespace, as `inet_diag_msg`
   * records of 72 octets (sock_diag(7)); null where the kernel does not tell. Blocks for a millisecond or so.
   */
  listSockets(family: number, protocol: number): Uint8Array | null;
  /**
   * Which processes have one of these sockets open: pairs of inode and process id, one for each descriptor. `denied`
   * processes may not be looked into. Blocks for some milliseconds.
   */
  socketHolders(inodes: Float64Array): { holders: Float64Array; denied: number };
  /** The socket calls of POSIX, for the lab. */
  readonly calls: SocketCalls;
  /** Such as `libpcap version 1.10.3 (with TPACKET_V3)`. */
  readonly libraryVersion: string;
}

const require = createRequire(import.meta.url);

/** The compiled file of one of binding.gyp's targets. This module runs from `captures/` or from `dist/captures/`. */
function built(target: string): string {
  let folder = dirname(fileURLToPath(import.meta.url));
  while (!existsSync(join(folder, 'package.json')) && dirname(folder) !== folder) {
    folder = dirname(folder);
  }
  return join(folder, 'captures', 'native', 'build', 'Release', `${target}.node`);
}

let loaded: NativeBinding | CaptureError | undefined;

/**
 * The addon, or a CaptureError `engine-unavailable` with the reason and how to build it. Asked for once; the answer stays.
 */
export function loadNative(): NativeBinding | CaptureError {
  loaded ??= load();
  return loaded;
}

function load(): NativeBinding | CaptureError {
  const file = built('netglass_native');
  const hint = 'npm run build:native (it needs libpcap-dev, a C++ compiler, make and python3)';
  if (!existsSync(file)) {
    return new CaptureError('engine-unavailable', 'The native capture engine is not built.', hint);
  }
  try {
    return require(file) as NativeBinding;
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    return new CaptureError('engine-unavailable', `The native capture engine does not load: ${reason}`, hint);
  }
}

/**
 * The SQLite extension `columns(data, count)` (see `src/columns.c`), for better-sqlite3's `loadExtension`;
 * undefined when it is not built.
 */
export function columnsExtensionPath(): string | undefined {
  const file = built('netglass_columns');
  return existsSync(file) ? file : undefined;
}
