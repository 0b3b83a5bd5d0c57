/** UDP, and ICMP from raw and ping sockets: calls to datagrams, by their order, sizes and times. */

import type { EndPoint } from '../step.js';
import { type Linked, note } from './links.js';
import type { TracedPacket } from './packets.js';
import type { TracedSocket } from './sockets.js';

type Sockets = readonly (readonly [TracedSocket, readonly Linked[]])[];

/** Nanoseconds by which a datagram may leave after its call: a queue, ARP, and what strace does not count of the call. */
const LATE = 1_000_000_000n;
/** Nanoseconds by which a call may begin after its packet, by the clocks. */
const SLACK = 100_000n;
/** Nanoseconds by which a call may end later than strace says. */
const UNCOUNTED = 100_000_000n;

export function linkDatagrams(sockets: Sockets, packets: readonly TracedPacket[]): void {
  for (const [socket, calls] of sockets) {
    const those = packets.filter(({ kind }) => (socket.transport === 'udp' ? kind === 'udp' : kind !== 'udp'));
    linkSent(
      socket,
      calls,
      those.filter(({ from }) => isOwn(socket, from)),
    );
    linkReceived(
      socket,
      calls,
      those.filter(({ to }) => isOwn(socket, to)),
    );
    linkErrors(socket, calls, packets);
  }
}

function linkSent(socket: TracedSocket, calls: readonly Linked[], packets: readonly TracedPacket[]): void {
  const taken = new Set<TracedPacket>();
  let first = 0;
  for (const one of calls) {
    const { effect, error, sizes, began, ended, peer } = one.call;
    if (effect !== 'sends' || error !== undefined) continue;
    const remote = peer ?? socket.remote;
    while (first < packets.length && packets[first].time < began - SLACK) first++;
    for (const size of sizes) {
      let found: TracedPacket | undefined;
      for (let index = first; index < packets.length && packets[index].time <= ended + LATE; index++) {
        const packet = packets[index];
        if (taken.has(packet) || !fits(packet, size) || !isEnd(remote, packet.to)) continue;
        found = packet;
        break;
      }
      if (found === undefined) continue;
      taken.add(found);
      note(one, 'packets', [found]);
    }
  }
}

function linkReceived(socket: TracedSocket, calls: readonly Linked[], packets: readonly TracedPacket[]): void {
  const taken = new Set<TracedPacket>();
  let first = 0;
  for (const one of calls) {
    const { effect, error, sizes, ended, peer, peeks } = one.call;
    if (effect !== 'receives' || error !== undefined) continue;
    const remote = peer ?? socket.remote;
    while (first < packets.length && taken.has(packets[first])) first++;
    for (const size of sizes) {
      let found: TracedPacket | undefined;
      // What does not fit the program's buffer is cut: a datagram of that very size goes before a longer one.
      let longer: TracedPacket | undefined;
      for (let index = first; index < packets.length && packets[index].time <= ended + UNCOUNTED; index++) {
        const packet = packets[index];
        if (taken.has(packet) || !isEnd(remote, packet.from)) continue;
        if (fits(packet, size)) {
          found = packet;
          break;
        }
        if (packet.data > size) longer ??= packet;
      }
      found ??= longer;
      if (found === undefined) continue;
      if (peeks !== true) taken.add(found);
      note(one, 'received', [found]);
    }
  }
}

/** ECONNREFUSED on a datagram socket is an ICMP error about what it sent (RFC 1122, section 4.1.3.3). */
function linkErrors({ local, remote }: TracedSocket, calls: readonly Linked[], packets: readonly TracedPacket[]): void {
  const taken = new Set<TracedPacket>();
  for (const one of calls) {
    const { error, ended, effect, peer } = one.call;
    if (error !== 'ECONNREFUSED' || (effect !== 'sends' && effect !== 'receives')) continue;
    const to = (peer ?? remote)?.port;
    const found = packets.find(
      (packet) =>
        packet.about !== undefined &&
        packet.about.from === local?.port &&
        packet.about.to === to &&
        !taken.has(packet) &&
        packet.time <= ended + UNCOUNTED,
    );
    if (found === undefined) continue;
    taken.add(found);
    note(one, 'received', [found]);
  }
}

/** Of anything but UDP the size on the wire has headers whose length the call does not tell. */
const fits = ({ kind, data }: TracedPacket, size: number): boolean => kind !== 'udp' || data === size;

const ANY: ReadonlySet<string> = new Set(['0.0.0.0', '::']);

/** Before it is bound, a UDP socket has neither sent nor received anything. */
function isOwn({ transport, local }: TracedSocket, end: EndPoint): boolean {
  if (local === undefined || (transport === 'udp' && local.port !== end.port)) return transport !== 'udp';
  return ANY.has(local.address) || local.address === end.address || isGroup(end.address);
}

/** Multicast: RFC 5771, section 3, and RFC 4291, section 2.7. */
const isGroup = (address: string): boolean => /^(22[4-9]|23\d)\.|^ff/i.test(address);

const isEnd = (wanted: EndPoint | undefined, found: EndPoint): boolean =>
  wanted === undefined ||
  ((!wanted.port || found.port === null || wanted.port === found.port) &&
    (ANY.has(wanted.address) || wanted.address === found.address));
