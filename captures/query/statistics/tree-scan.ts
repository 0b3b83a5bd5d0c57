/** The protocol hierarchy and the expert findings: from the packets' trees, read in order, as the packet list has them. */

import type { LayerNode, PacketTree } from '../../../decoders/core/index.js';
import { type ExpertGroup, expertOf, type Severity } from '../../../decoders/core/problem.js';
import { registry } from '../../../decoders/protocols/index.js';
import { Session } from '../../../decoders/session/session.js';
import type { CaptureReader } from '../capture-reader.js';
import { sessionPacket } from '../sessions/session-packet.js';
import type { Tally } from './statistic.js';

export interface ProtocolNode {
  readonly protocol: string;
  packets: number;
  /** On the wire. */
  bytes: number;
  readonly children: ProtocolNode[];
}

/** The expert's findings of one kind. */
export interface Finding {
  readonly severity: Severity;
  readonly group: ExpertGroup;
  readonly protocol: string;
  /** That of the first one. */
  readonly message: string;
  count: number;
  /** Numbers of the first packets that have it. */
  readonly packets: number[];
}

/** Different places in the hierarchy, and different findings, that are kept. */
const MAXIMUM_NODES = 20_000;
const MAXIMUM_FINDINGS = 2_000;
const FIRST_PACKETS = 10;

const QUOTING: ReadonlySet<string> = new Set(
  registry.protocols.filter((protocol) => protocol.role === 'quotes').map((protocol) => protocol.filter),
);

/** Both at once: reading the trees is what costs. */
export class TreeScan implements Tally {
  private readonly session: Session;
  private readonly root: ProtocolNode = { protocol: 'frame', packets: 0, bytes: 0, children: [] };
  private nodes = 0;
  private readonly findings = new Map<string, Finding>();
  readonly wantsFlows = false;

  constructor(private readonly reader: CaptureReader) {
    this.session = new Session(registry, { secrets: reader.secrets });
  }

  add(view: DataView, at: number, number: number, matches: boolean): void {
    const packet = sessionPacket(this.reader, view, at, number);
    if (!matches) {
      this.session.follow(packet);
      return;
    }
    const tree = this.session.dissect(packet);
    this.count(tree.layers, packet.original);
    this.note(tree, number);
  }

  result() {
    const findings = [...this.findings.values()].sort((a, b) => b.count - a.count);
    return { protocols: this.root.children, problems: findings };
  }

  private count(layers: readonly LayerNode[], bytes: number): void {
    let node = this.root;
    for (const { protocol } of layers) {
      // IPv6's extension headers are counted as parts of it, as tshark does.
      if (protocol.startsWith('ipv6.')) continue;
      let child = node.children.find((one) => one.protocol === protocol);
      if (child === undefined) {
        // A packet can be made to nest as it likes.
        if (this.nodes >= MAXIMUM_NODES) return;
        this.nodes++;
        child = { protocol, packets: 0, bytes: 0, children: [] };
        node.children.push(child);
      }
      child.packets++;
      child.bytes += bytes;
      node = child;
      // What an ICMP message quotes or echoes belongs to it: its octets were not sent by those protocols.
      if (QUOTING.has(protocol)) return;
    }
  }

  private note(tree: PacketTree, number: number): void {
    for (const problem of tree.problems) {
      const { severity, group } = expertOf(problem);
      // Analysis has a sentence a finding; the others' sentences have the packet's own numbers in them.
      const key = `${problem.layer} ${problem.kind} ${problem.kind === 'analysis' ? problem.message : ''}`;
      let finding = this.findings.get(key);
      if (finding === undefined) {
        if (this.findings.size >= MAXIMUM_FINDINGS) return;
        finding = { severity, group, protocol: problem.layer, message: problem.message, count: 0, packets: [] };
        this.findings.set(key, finding);
      }
      finding.count++;
      if (finding.packets.length < FIRST_PACKETS && finding.packets.at(-1) !== number) finding.packets.push(number);
    }
  }
}
