/** What the kernel has counted of each interface since it appeared (proc_pid_net(5), `/proc/net/dev`). */
import { readFileSync } from 'node:fs';

/** Whole numbers since the interface appeared. */
export interface InterfaceCounters {
  /** In both directions; on loopback, where every packet goes out and comes in, each counts once. */
  readonly packets: number;
  readonly bytes: number;
  readonly receivedPackets: number;
  readonly receivedBytes: number;
  readonly sentPackets: number;
  readonly sentBytes: number;
}

/** The columns of `/proc/net/dev` behind the name. */
const RECEIVED_BYTES = 0;
const RECEIVED_PACKETS = 1;
const SENT_BYTES = 8;
const SENT_PACKETS = 9;

/** By name, of this network namespace, with their sum as `any`; empty on systems other than Linux. */
export function interfaceCounters(isLoopback: (name: string) => boolean): Map<string, InterfaceCounters> {
  const found = new Map<string, InterfaceCounters>();
  for (const line of countersText().split('\n')) {
    const [, name, numbers] = /^\s*(.+?):\s*(\d[\d\s]*)$/.exec(line) ?? [];
    if (name === undefined) continue;
    const columns = numbers.trim().split(/\s+/).map(Number);
    found.set(name, countersOf(columns, isLoopback(name)));
  }
  if (found.size > 0) found.set('any', [...found.values()].reduce(sum));
  return found;
}

function countersOf(columns: readonly number[], loopback: boolean): InterfaceCounters {
  const receivedPackets = columns[RECEIVED_PACKETS] ?? 0;
  const receivedBytes = columns[RECEIVED_BYTES] ?? 0;
  const sentPackets = columns[SENT_PACKETS] ?? 0;
  const sentBytes = columns[SENT_BYTES] ?? 0;
  return {
    packets: loopback ? receivedPackets : receivedPackets + sentPackets,
    bytes: loopback ? receivedBytes : receivedBytes + sentBytes,
    ...{ receivedPackets, receivedBytes, sentPackets, sentBytes },
  };
}

function sum(one: InterfaceCounters, other: InterfaceCounters): InterfaceCounters {
  const names = Object.keys(one) as (keyof InterfaceCounters)[];
  return Object.fromEntries(names.map((name) => [name, one[name] + other[name]])) as unknown as InterfaceCounters;
}

function countersText(): string {
  try {
    return readFileSync('/proc/net/dev', 'utf8');
  } catch {
    return ''; // no such file: not Linux, or /proc is not mounted; the counters are then unknown
  }
}
