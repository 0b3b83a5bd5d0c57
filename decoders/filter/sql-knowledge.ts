/** What columns tell about the protocols of a packet, worked out from the registry. */

import { AddressFamily, PacketFlag, type Protocol, type Registry } from '../core/index.js';
import { handing } from './handing.js';
import type { Span } from './sql.js';
import { ALL, flowCondition, NONE, packetCondition, type SqlTree } from './sql-tree.js';

/** A span that the columns know exactly. */
export function exactly(tree: SqlTree): Span {
  return { over: tree, under: tree };
}

/** The tables in which a protocol looks its payload up. */
function tablesOf(protocol: Protocol): string[] {
  const ports = protocol.ports === undefined ? [] : [protocol.ports.table];
  const hands = protocol.hands === undefined ? [] : [protocol.hands];
  return [...protocol.dispatch.map(({ table }) => table), ...ports, ...hands];
}

/** The family of a protocol's addresses in the columns; 0 when it has none. */
function familyOf(protocol: Protocol): number {
  const kind = protocol.header.find((field) => field.column === 'source')?.kind;
  return kind === 'ipv4' || kind === 'ipv6' || kind === 'ether' ? AddressFamily[kind] : AddressFamily.none;
}

export class IndexKnowledge {
  private readonly children: number[][] = [[]];
  private readonly families: number[] = [0];

  constructor(
    private readonly registry: Registry,
    readonly baseTime: bigint | undefined,
  ) {
    const { protocols } = registry;
    for (const protocol of protocols) {
      const tables = tablesOf(protocol);
      this.families.push(familyOf(protocol));
      this.children.push(
        protocols.flatMap((other, index) =>
          tables.some((table) => Object.hasOwn(other.carriedBy, table)) ||
          Object.hasOwn(other.recognises, protocol.filter)
            ? [index + 1]
            : [],
        ),
      );
    }
  }

  /** The only protocol whose addresses have that family in the columns; undefined when there are several. */
  ownsFamily(id: number): boolean {
    const family = this.families[id];
    return family !== AddressFamily.none && this.families.filter((other) => other === family).length === 1;
  }

  familyOf(id: number): number {
    return this.families[id];
  }

  /** Packets in which the protocol of that id is, as far as the columns know. */
  presence(id: number): Span {
    if (id === 0) return exactly(ALL);
    const runtime = this.registry.runtime(id);
    if (runtime.ipProtocol !== 0) return this.transportPresence(runtime.ipProtocol);
    // Whatever has addresses inside a network layer makes the packet `nested`, so the family is that of the only one.
    if (runtime.isNetwork && this.ownsFamily(id)) return exactly(flowCondition('family = ?', this.families[id]));
    const under = packetCondition('p.protocol = ?', id);
    // What others hand over is behind the layers that the columns know.
    const carriers = handing(this.registry, [id]);
    if (carriers.length > 0)
      return { over: protocolIn([id, ...carriers.flatMap((it) => [...this.within(it)])]), under };
    // What carries nothing can only be the innermost layer.
    if (this.children[id].length === 0) return exactly(under);
    const { filter } = runtime.protocol;
    if (filter === 'vlan' || filter === 'ieee8021ad')
      return { over: packetCondition(`(p.flags & ${PacketFlag.tagged}) != 0`), under };
    const within = this.within(id);
    if (within.size >= this.registry.protocols.length) return { over: ALL, under };
    return { over: protocolIn([...within]), under };
  }

  private transportPresence(ipProtocol: number): Span {
    const numbers = (ids: Iterable<number>) => [...ids].map((other) => this.registry.runtime(other).ipProtocol);
    const under = flowCondition('transport = ?', ipProtocol);
    const namesakes = this.registry.protocols.filter((_, index) => numbers([index + 1])[0] === ipProtocol);
    if (namesakes.length > 1) return { over: under, under: NONE };
    // A transport inside another makes the packet `nested`.
    return exactly(under);
  }

  /** The protocol itself and all that can follow it. */
  private within(id: number): Set<number> {
    const found = new Set([id]);
    const queue = [id];
    for (let next = queue.pop(); next !== undefined; next = queue.pop())
      for (const child of this.children[next]) {
        if (found.has(child)) continue;
        found.add(child);
        // A quotation's layers are not the packet's.
        if (!this.registry.runtime(child).quotes) queue.push(child);
      }
    return found;
  }
}

function protocolIn(ids: readonly number[]): SqlTree {
  return packetCondition(`p.protocol IN (${ids.map(() => '?').join(', ')})`, ...ids);
}
