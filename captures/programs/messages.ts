/** What is known of programs and their sockets, and what the threads that ask for it tell each other. */

import type { MessagePort } from 'node:worker_threads';

/** A process, as it was when one of its sockets was looked at. */
export interface Program {
  readonly pid: number;
  /** Clock ticks between the machine's start and the process': with `pid`, it names the process for ever. */
  readonly started: number;
  /** `comm`: the name of its file, of which the kernel keeps 15 characters. */
  readonly name: string;
  /** Name of the effective user; the number where it has no name. */
  readonly user: string;
  /** The command line, arguments separated by spaces; at most 1024 characters. */
  readonly command: string;
}

/** A flow with an end on this machine, of which the programs are wanted. */
export interface FlowQuestion {
  readonly flow: number;
  /** Number of its first packet. */
  readonly packet: number;
  /** IP protocol number. */
  readonly transport: number;
  /** As `addressKey` writes them. */
  readonly client: string;
  readonly server: string;
  readonly clientPort: number;
  readonly serverPort: number;
  readonly clientHere: boolean;
  readonly serverHere: boolean;
  /** Milliseconds since 1970 of its first packet. */
  readonly time: number;
  /** It begins with a SYN. */
  readonly opens: boolean;
}

/** Who holds the socket at one end of a flow: all of them, when there are several. A later answer replaces it. */
export interface FlowPrograms {
  readonly flow: number;
  /** Number of the flow's first packet. */
  readonly packet: number;
  readonly end: 'client' | 'server';
  readonly programs: readonly Program[];
}

/** Indexer → watcher. */
export interface AskFlowsMessage {
  readonly type: 'flows';
  readonly flows: readonly FlowQuestion[];
}

/** Watcher → indexer. */
export type WatcherMessage =
  /** The addresses of this machine, as `addressKey` writes them. */
  | { readonly type: 'addresses'; readonly addresses: readonly string[] }
  | { readonly type: 'found'; readonly found: readonly FlowPrograms[] }
  /** The questions were taken: the next may be sent. */
  | { readonly type: 'taken' };

/** A socket of this machine. */
export interface SocketInfo {
  /** `tcp`, `udp`, `udplite`, `icmp` (ping sockets), `raw`. */
  readonly protocol: string;
  readonly family: 4 | 6;
  readonly localAddress: string;
  /** For raw sockets the IP protocol number, for ping sockets the identifier. */
  readonly localPort: number;
  /** null: not connected. */
  readonly remoteAddress: string | null;
  readonly remotePort: number | null;
  /** TCP's as netstat writes them; of others `ESTABLISHED` or null. */
  readonly state: string | null;
  /** Octets that wait to be read; of a listening socket, connections that wait to be accepted. */
  readonly receiveQueue: number;
  /** Octets that wait to be sent or acknowledged. */
  readonly sendQueue: number;
  /** null: no process has it (any more), or not yet. */
  readonly inode: number | null;
  /** Who opened it. */
  readonly user: string;
  /** Everybody who has it open; empty: unknown. */
  readonly programs: readonly Program[];
  /** The flow that it was last seen in, of the running capture that began last. */
  readonly capture: string | null;
  readonly flow: number | null;
}

export interface SocketList {
  readonly sockets: readonly SocketInfo[];
  /** Processes that netglass may not look into: programs of their sockets are unknown. */
  readonly hiddenProcesses: number;
}

/** Main → watcher. */
export type MainMessage =
  | { readonly type: 'open'; readonly capture: string; readonly port: MessagePort }
  /** The capture is over. */
  | { readonly type: 'over'; readonly capture: string }
  | { readonly type: 'sockets'; readonly id: number }
  | { readonly type: 'close' };

/** Watcher → main. */
export type MainAnswer =
  | { readonly type: 'sockets'; readonly id: number; readonly list: SocketList }
  | { readonly type: 'failed'; readonly id: number; readonly message: string };
