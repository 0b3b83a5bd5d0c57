/** Which step made which packets: by the times of both, and by the 5-tuple. */

import type { PacketRow } from '../captures/query/query-types.js';
import { withoutZone } from './parameters.js';
import type { EndPoint, MadeStep } from './step.js';

/** The fields that a row needs here beside its columns. */
export const LINK_FIELDS: readonly string[] = [
  'frame.time_epoch',
  'ip.proto',
  'tcp.len',
  'tcp.seq',
  'tcp.flags.syn',
  'tcp.flags.ack',
  'tcp.flags.fin',
  'udp.length',
  'sctp.chunk_type',
];

export interface StepLinks {
  /** Packets that the step made, or that the kernel sent because of it. */
  readonly packets: readonly number[];
  /** Packets that brought what the step received. */
  readonly received: readonly number[];
  readonly flow: number | null;
}

interface Links {
  readonly packets: number[];
  readonly received: number[];
  flow: number | null;
}

interface Packet {
  readonly number: number;
  readonly time: bigint;
  readonly flow: number | null;
  readonly from: EndPoint;
  readonly to: EndPoint;
  /** It leaves because its end's program wanted it: data, a SYN, a FIN; not an answer of the kernel's. */
  readonly wanted: boolean;
  /** Octets of data; of a datagram at least 1, so that an empty one counts. */
  readonly data: number;
  readonly stream: boolean;
  readonly icmp: boolean;
  /** Of TCP data: the number behind its last octet. */
  readonly behind: number;
}

/**
 * Links steps to packets.
 *
 * A packet that a program wanted (data, a SYN, a FIN) belongs to the last step of its own end, on its 5-tuple, that sends
 * and had begun by then; thus data that Nagle's algorithm held back is still its `send`'s. What the kernel sends by itself
 * (an ACK, a RST, an ICMP error) belongs to the last step on the 5-tuple, of either end.
 *
 * @param rows in the order of their numbers, with `LINK_FIELDS`
 */
export function link(steps: readonly MadeStep[], rows: readonly PacketRow[]): StepLinks[] {
  const links = steps.map((): Links => ({ packets: [], received: [], flow: null }));
  const packets = rows.map(packetOf).filter((packet) => packet !== undefined);
  for (const packet of packets) {
    const index = makerOf(steps, packet);
    if (index < 0) continue;
    links[index].packets.push(packet.number);
    links[index].flow ??= packet.flow;
  }
  linkReceived(steps, packets, links);
  return links;
}

function makerOf(steps: readonly MadeStep[], packet: Packet): number {
  const begun = (step: MadeStep): boolean => step.began <= packet.time;
  if (packet.wanted) {
    // A call that the full buffer refused has sent nothing.
    const has = (step: MadeStep): boolean => step.does === 'sends' && step.error !== 'EAGAIN' && isFrom(step, packet);
    const own = steps.findLastIndex((step) => begun(step) && has(step));
    if (own >= 0) return own;
  }
  // What an ICMP error is about is in it, and the kernel sends it at once.
  if (packet.icmp) return steps.findLastIndex((step) => begun(step) && step.does === 'sends');
  return steps.findLastIndex((step) => begun(step) && (isFrom(step, packet) || isTo(step, packet)));
}

/** Goes through what came to each receiving step's end in order, as the program did. */
function linkReceived(steps: readonly MadeStep[], packets: readonly Packet[], links: Links[]): void {
  /** Packets of which all was received, and how much of the others. */
  const taken = new Map<Packet, number>();
  steps.forEach((step, index) => {
    if (step.received !== undefined) {
      links[index].received.push(...step.received);
      links[index].flow = packets.find(({ number }) => number === step.received?.[0])?.flow ?? null;
      return;
    }
    if (step.does !== 'receives' || step.touch?.remote === undefined) return;
    if (step.error !== undefined) {
      const icmp = packets.findLast((packet) => packet.icmp && packet.time <= step.ended);
      if (icmp !== undefined) links[index].received.push(icmp.number);
      return;
    }
    const { local, remote } = step.touch;
    if (local.port === null && remote.port === null) {
      // A raw socket, whose program has passed over what it did not want: the last one.
      const icmp = packets.findLast((packet) => packet.icmp && packet.time <= step.ended && isTo(step, packet));
      if (icmp !== undefined) links[index].received.push(icmp.number);
      links[index].flow ??= icmp?.flow ?? null;
      return;
    }
    let left = step.octets ?? 0;
    let highest = -1;
    for (const packet of packets) {
      if (packet.time > step.ended) break;
      if (packet.data === 0 || !isTo(step, packet)) continue;
      // Sent once more: the program gets it once.
      if (packet.stream && packet.behind <= highest) continue;
      highest = packet.behind;
      const before = taken.get(packet) ?? 0;
      if (before >= packet.data) continue;
      if (packet.stream && left === 0) break;
      links[index].received.push(packet.number);
      links[index].flow ??= packet.flow;
      // A datagram is taken whole, whatever fits.
      const now = packet.stream ? Math.min(left, packet.data - before) : packet.data;
      taken.set(packet, before + now);
      left -= now;
      if (!packet.stream) break;
    }
  });
}

const isFrom = ({ touch }: MadeStep, { from, to }: Packet): boolean =>
  touch !== undefined && matches(touch.local, from) && (touch.remote === undefined || matches(touch.remote, to));
const isTo = ({ touch }: MadeStep, { from, to }: Packet): boolean =>
  touch !== undefined && matches(touch.local, to) && (touch.remote === undefined || matches(touch.remote, from));

const SCTP_DATA = '0';
/** INIT, SHUTDOWN, COOKIE ECHO (RFC 9260, section 3.2). */
const SCTP_WANTED: ReadonlySet<string> = new Set(['1', '7', '10']);

const ANY: ReadonlySet<string> = new Set(['0.0.0.0', '::']);

function matches(wanted: EndPoint, found: EndPoint): boolean {
  return (
    (ANY.has(wanted.address) || withoutZone(wanted.address) === found.address) &&
    (wanted.port === null || found.port === null || wanted.port === found.port)
  );
}

function packetOf(row: PacketRow): Packet | undefined {
  const { number, flow, source, destination, sourcePort, destinationPort, fields = {} } = row;
  const time = nanosecondsOf(fields['frame.time_epoch']?.[0]);
  if (time === undefined || source === null || destination === null) return undefined;
  const value = (name: string): number => Number(fields[name]?.[0] ?? 0);
  const isTrue = (name: string): boolean => /^(1|true)$/i.test(fields[name]?.[0] ?? '');
  const icmp = /^ICMP/.test(row.protocol);
  const stream = fields['tcp.len']?.[0] !== undefined;
  const chunks = fields['sctp.chunk_type'] ?? [];
  const withoutData = icmp || (chunks.length > 0 && !chunks.includes(SCTP_DATA));
  const data = stream ? value('tcp.len') : withoutData ? 0 : Math.max(1, value('udp.length') - 8);
  const wanted = stream
    ? data > 0 || isTrue('tcp.flags.fin') || (isTrue('tcp.flags.syn') && !isTrue('tcp.flags.ack'))
    : data > 0 || chunks.some((type) => SCTP_WANTED.has(type));
  return {
    number,
    time,
    flow,
    from: { address: source, port: sourcePort },
    to: { address: destination, port: destinationPort },
    wanted,
    data,
    stream,
    icmp,
    behind: value('tcp.seq') + data,
  };
}

/** `1795399442.164337842` */
function nanosecondsOf(text: string | undefined): bigint | undefined {
  const found = /^(\d+)\.(\d{9})$/.exec(text ?? '');
  return found === null ? undefined : BigInt(found[1]) * 1_000_000_000n + BigInt(found[2]);
}
