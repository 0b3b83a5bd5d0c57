/** Questions about a capture and their answers, as the query thread and the API exchange them. */

import type { ConnectionState } from '../../decoders/conversations/connection-state.js';
import type { LayerNode, Problem } from '../../decoders/core/index.js';

export interface PacketQuery {
  /** Display filter; absent or empty: every packet. */
  readonly filter?: string;
  /** 1 … 10000; default 100. */
  readonly limit?: number;
  /** Packets with a greater number. */
  readonly after?: number;
  /** Packets with a smaller number: the last ones of them, in ascending order. */
  readonly before?: number;
  /** 0-based place among the matches, instead of `after`. */
  readonly position?: number;
  /** Filter names whose values each packet is to have. */
  readonly fields?: readonly string[];
  /** Only packets of this flow. */
  readonly flow?: number;
}

/** A process of this machine, as it was when it had a socket of a flow. */
export interface ProcessInfo {
  readonly pid: number;
  readonly name: string;
  readonly user: string;
  readonly command: string;
}

/** A process that had the socket at one end of a flow. */
export interface FlowProcess extends ProcessInfo {
  readonly end: 'client' | 'server';
}

export interface FlowProcesses {
  /**
   * The one process that had the socket at this machine's end (the client's, where both are here); null: unknown, or
   * several had it, or it is a capture of elsewhere.
   */
  readonly process: ProcessInfo | null;
  /** Everybody who had one of the flow's sockets. */
  readonly processes: readonly FlowProcess[];
}

export interface PacketRow {
  readonly number: number;
  /** RFC 3339, UTC, nine decimals; null when the packet has no time. */
  readonly time: string | null;
  /** Seconds since the capture's first packet. */
  readonly relativeTime: number | null;
  readonly length: number;
  readonly capturedLength: number;
  readonly source: string | null;
  readonly destination: string | null;
  readonly sourcePort: number | null;
  readonly destinationPort: number | null;
  readonly protocol: string;
  readonly info: string;
  /** null: the packet has no addresses. */
  readonly flow: number | null;
  /** The flow's process, where it is known. */
  readonly process?: ProcessInfo;
  readonly interface: string;
  readonly direction: 'inbound' | 'outbound' | null;
  /** What is wrong or remarkable, by kind. */
  readonly problems: readonly Problem['kind'][];
  /** pcapng comments, and marks made before this packet. */
  readonly comments?: readonly string[];
  readonly fields?: Readonly<Record<string, readonly string[]>>;
}

/** How many packets match, as far as is known. */
export interface Matches {
  readonly count: number;
  readonly complete: boolean;
  /** Number of the last packet that has been looked at. */
  readonly scannedTo: number;
  /** How the filter is answered: from columns, from columns and decoded candidates, or by decoding every packet. */
  readonly plan: 'all' | 'columns' | 'columns+decode' | 'decode';
}

export interface PacketPage {
  readonly packets: readonly PacketRow[];
  /** Value for the next `after`, or null at the end. */
  readonly next: number | null;
  readonly matches: Matches;
}

export interface PacketDetail extends PacketRow {
  readonly layers: readonly LayerNode[];
  readonly details: readonly Problem[];
  /** base64 */
  readonly bytes: string;
  /** What was put together of several packets: the layers with a `source` stand in it. */
  readonly sources?: readonly { readonly name: string /** base64 */; readonly bytes: string }[];
}

export interface FlowQuery {
  /** Display filter: flows that have a matching packet. */
  readonly filter?: string;
  readonly sort?: 'id' | 'packets' | 'bytes' | 'firstTime' | 'lastTime' | 'duration';
  readonly limit?: number;
  /** With the sort order `id`: the last flow of the page before; otherwise how many flows to skip. */
  readonly after?: number;
}

export interface FlowInfo extends FlowProcesses {
  readonly id: number;
  /** Lower-case name of the transport (`tcp`, `udp`, `icmp`, …), or `ip`, `ipv6`, `eth` for address pairs. */
  readonly transport: string;
  readonly client: string;
  readonly server: string;
  readonly clientPort: number | null;
  readonly serverPort: number | null;
  /** Filter name of the highest protocol seen; null when it is the transport itself. */
  readonly application: string | null;
  readonly packets: number;
  readonly bytes: number;
  readonly clientPackets: number;
  readonly clientBytes: number;
  readonly serverPackets: number;
  readonly serverBytes: number;
  readonly firstTime: string | null;
  readonly lastTime: string | null;
  readonly firstPacket: number;
  readonly lastPacket: number;
  /** TCP: `opening`, `established`, `closing`, `closed`, `reset`, `midstream`; null otherwise. */
  readonly state: string | null;
  /** Zeek's `conn_state`; null for transports that it does not know. */
  readonly connState: ConnectionState | null;
  /** Zeek's `history`; null where it has none. */
  readonly history: string | null;
  /** Of TCP, seconds from the client's SYN to its ACK of the server's; null: the handshake was not seen. */
  readonly handshakeRtt: number | null;
  /** TTL or hop limit of the first packet of each end; null: none came. */
  readonly clientTtl: number | null;
  readonly serverTtl: number | null;
  /** VLAN ids, outermost first; at most two. */
  readonly vlans: readonly number[];
  /** Of ICMP: type and code (the question's, where messages are answered), and the identifier of those that have one. */
  readonly icmp: { readonly type: number; readonly code: number; readonly identifier: number | null } | null;
  readonly communityId: string | null;
  /** The server's name as the client asked for it: TLS's and QUIC's server name, HTTP's Host; null: none is known. */
  readonly host?: string | null;
  /** What DNS answers in the capture called the two ends; null: nothing. */
  readonly hostnames?: { readonly client: string | null; readonly server: string | null };
  /** What IANA has registered for the server's port. */
  readonly service?: string | null;
}

export interface FlowPage {
  readonly flows: readonly FlowInfo[];
  readonly next: number | null;
}

export type ExportFormat = 'pcapng' | 'pcap' | 'csv' | 'json';

export interface ExportQuery {
  readonly format: ExportFormat;
  readonly filter?: string;
  /** Go on as long as the capture runs. */
  readonly follow?: boolean;
}

export interface StreamQuery {
  /** Id of the flow. */
  readonly flow: number;
  /** Only what this end said. */
  readonly from?: 'client' | 'server';
  /**
   * `tls`: what the capture's secrets decrypt, instead of TLS; `http`: the bodies of HTTP/1 messages without chunks and
   * content codings.
   */
  readonly decode?: readonly ('http' | 'tls')[];
  /** Number of a packet: what could be read only after it. */
  readonly after?: number;
  /** How many segments at most; default 100 for a page, all for a file. */
  readonly limit?: number;
  /** Whether more packets may come. */
  readonly running: boolean;
}

/** A flow's bytes as a file, or as events while the capture runs. */
export interface FollowQuery extends StreamQuery {
  readonly format: 'text' | 'hex' | 'raw' | 'events';
}

/** What one end said in one go, or how many octets of it are missing. */
export type StreamSegment =
  | {
      readonly from: 'client' | 'server';
      readonly packet: number;
      readonly time: string | null;
      /** Octets of `data`. */
      readonly length: number;
      /** base64 */
      readonly data: string;
      /** SCTP: the stream within the association. */
      readonly stream?: number;
      /** Something to say about it, in a sentence. */
      readonly note?: string;
      /** What was undone, as sent: `chunked`, `gzip`, … */
      readonly decoded?: readonly string[];
    }
  | { readonly from: 'client' | 'server'; readonly gap: number };

export interface StreamEnd {
  readonly address: string;
  readonly port: number;
}

export interface StreamPage {
  readonly client: StreamEnd;
  readonly server: StreamEnd;
  readonly segments: readonly StreamSegment[];
  /** Value for the next `after`; null at the end of what there is now. */
  readonly next: number | null;
  /** Number of the last packet that was looked at: where a page of what comes later begins. */
  readonly position: number;
}

export interface SequenceQuery {
  /** Id of the flow … */
  readonly flow?: number;
  /** … or a display filter: its matches. */
  readonly filter?: string;
  /** Packets with a greater number. */
  readonly after?: number;
  /** 1 … 10000; default 100. */
  readonly limit?: number;
}

/** A lifeline. */
export interface LadderHost {
  readonly address: string;
  /** What DNS answers in the capture call it. */
  readonly name?: string;
  /** null: the line stands for all ports of the host. */
  readonly port: number | null;
}

export type LadderStep =
  | {
      readonly packet: number;
      readonly time: string | null;
      readonly relativeTime: number | null;
      /** Seconds since the step before. */
      readonly sincePrevious: number | null;
      /** Places in `hosts`. */
      readonly from: number;
      readonly to: number;
      readonly flow: number;
      readonly protocol: string;
      /** TCP's control bits, for example `SYN, ACK`. */
      readonly flags?: string;
      /** Relative to the first of the connection. */
      readonly seq?: number;
      readonly ack?: number;
      /** As in the header, not scaled. */
      readonly window?: number;
      /** Octets that the transport carries. */
      readonly length: number;
      readonly label: string;
      /** TCP's states (RFC 9293, section 3.3.2) after the step; null where they are not known. */
      readonly clientState?: string | null;
      readonly serverState?: string | null;
      readonly note?: string;
    }
  | {
      /** Id of a mark. */
      readonly mark: number;
      readonly text: string;
      readonly time: string;
    };

export interface SequencePage {
  readonly hosts: readonly LadderHost[];
  readonly steps: readonly LadderStep[];
  /** Value for the next `after`; null at the end of what there is now. */
  readonly next: number | null;
  /** Number of the last packet that was looked at. */
  readonly position: number;
}
