/** TCP: calls to segments, by sequence numbers (RFC 9293, section 3.4). */

import type { EndPoint } from '../step.js';
import { type Linked, note } from './links.js';
import { FLAGS, type TracedPacket } from './packets.js';
import type { TracedSocket } from './sockets.js';

type Sockets = readonly (readonly [TracedSocket, readonly Linked[]])[];

/** One connection's segments; `a` is the end that they were first seen to leave. */
interface Connection {
  readonly a: EndPoint;
  readonly b: EndPoint;
  readonly segments: TracedPacket[];
}

/** Nanoseconds by which a call may begin after its packet, by the clocks, and by which it may end later than strace says. */
const SLACK = 1_000_000n;
const LATE = 1_000_000_000n;

/** Links the calls of each socket to the segments of its connection. */
export function linkConnections(sockets: Sockets, packets: readonly TracedPacket[]): void {
  const byPorts = connectionsOf(packets);
  const taken = new Set<string>();
  for (const [socket, calls] of sockets) {
    const connection = connectionOf(socket, calls, byPorts, taken);
    if (connection !== undefined) linkConnection(connection, connection.out ? 'out' : 'in', calls);
  }
}

/** Connections by their ports, in the order in which they began; the same ports may have several. */
function connectionsOf(packets: readonly TracedPacket[]): Map<string, Connection[]> {
  const found = new Map<string, Connection[]>();
  for (const packet of packets) {
    const key = portsOf(packet.from, packet.to);
    const list = found.get(key) ?? [];
    found.set(key, list);
    const last = list.findLast(({ a, b }) => same(a, b, packet) || same(b, a, packet));
    const first = last?.segments[0];
    // A SYN with another number begins another connection (RFC 9293, section 3.6.1: a port may be used again).
    const again = isSyn(packet) && first !== undefined && isSyn(first) && first.seq !== packet.seq;
    if (last !== undefined && !again) last.segments.push(packet);
    else list.push({ a: packet.from, b: packet.to, segments: [packet] });
  }
  return found;
}

function connectionOf(
  socket: TracedSocket,
  calls: readonly Linked[],
  byPorts: ReadonlyMap<string, readonly Connection[]>,
  taken: Set<string>,
): (Connection & { readonly out: boolean }) | undefined {
  const { local, remote } = socket;
  if (remote === undefined) return undefined;
  const made = calls.find(({ call }) => call.effect === 'connects' || call.effect === 'accepts')?.call;
  const latest = made?.ended ?? calls[0].call.ended;
  // A client whose connection was refused never learns its port.
  const known = local?.port ? byPorts.get(portsOf(local, remote)) : [...byPorts.values()].flat();
  const candidates = (known ?? [])
    .filter(({ segments }) => segments[0].time <= latest + LATE)
    .flatMap((connection) => [
      { ...connection, out: true, own: connection.a, other: connection.b },
      { ...connection, out: false, own: connection.b, other: connection.a },
    ])
    .filter(({ own, other }) => isEnd(remote, other) && (!local?.port || isEnd(local, own)));
  const fits = candidates.findLast(
    ({ segments, out }) =>
      local?.port ||
      (out && made !== undefined && segments[0].time >= made.began - SLACK && !taken.has(nameOf(segments[0]))),
  );
  if (fits !== undefined && !local?.port) taken.add(nameOf(fits.segments[0]));
  return fits;
}

function linkConnection({ a, segments }: Connection, way: 'out' | 'in', calls: readonly Linked[]): void {
  const fromA = (packet: TracedPacket): boolean => packet.from.port === a.port && packet.from.address === a.address;
  const own = segments.filter((packet) => fromA(packet) === (way === 'out'));
  const other = segments.filter((packet) => fromA(packet) !== (way === 'out'));
  linkHandshake(own, other, calls);
  linkData(own, calls, 'sends');
  linkData(other, calls, 'receives');
  linkEnd(own, other, calls);
}

/** connect makes SYN and the last ACK, and returns with SYN-ACK or RST; accept gets what connect made. */
function linkHandshake(own: readonly TracedPacket[], other: readonly TracedPacket[], calls: readonly Linked[]): void {
  for (const one of calls) {
    const { effect, ended, began } = one.call;
    if (effect !== 'connects' && effect !== 'accepts') continue;
    const [client, server] = effect === 'connects' ? [own, other] : [other, own];
    const syns = client.filter(isSyn);
    const answers = server.filter(({ flags }) => (flags & FLAGS.syn) !== 0);
    const answered = answers[0]?.time;
    const last = client.find(
      ({ flags, time }) =>
        answered !== undefined && time >= answered && (flags & (FLAGS.ack | FLAGS.syn)) === FLAGS.ack,
    );
    const refused = answers.length > 0 ? [] : server.filter(({ flags }) => (flags & FLAGS.rst) !== 0).slice(0, 1);
    const asked = [...syns, ...(last === undefined ? [] : [last])];
    // A second connect() on a socket that does not wait only asks how the first one went.
    if (effect === 'connects' && syns.length > 0 && syns[0].time < began - SLACK) continue;
    note(one, effect === 'connects' ? 'packets' : 'received', asked);
    note(
      one,
      effect === 'connects' ? 'received' : 'packets',
      [...answers, ...refused].filter(
        ({ time }) => effect === 'accepts' || time <= ended + LATE || refused.length === 0,
      ),
    );
  }
}

/** The octets that calls sent or received, one after the other, are those of the segments of that direction. */
function linkData(segments: readonly TracedPacket[], calls: readonly Linked[], effect: 'sends' | 'receives'): void {
  const data = segments.filter((packet) => packet.data > 0);
  if (data.length === 0) return;
  const syn = segments.find(({ flags }) => (flags & FLAGS.syn) !== 0);
  // RFC 9293, section 3.4: the SYN takes a number of its own. Without it, the first data is taken for the beginning.
  const begin = syn === undefined ? data[0].seq : (syn.seq + 1) >>> 0;
  const seen = new Set<string>();
  const offsets = data
    .map((packet) => ({ packet, from: (packet.seq - begin) >>> 0 }))
    // What was sent once more is received once.
    .filter(
      ({ packet, from }) => effect === 'sends' || (!seen.has(rangeOf(packet, from)) && seen.add(rangeOf(packet, from))),
    )
    .sort((one, two) => one.from - two.from);
  const longest = data.reduce((most, packet) => Math.max(most, packet.data), 0);
  const those = calls.filter(({ call }) => call.effect === effect && call.error === undefined);
  // Calls of several threads are taken in the order in which the kernel came to them.
  if (effect === 'sends') those.sort((x, y) => Number(x.call.began - y.call.began));
  let at = 0;
  let first = 0;
  for (const one of those) {
    const size = one.call.sizes[0] ?? 0;
    if (size === 0) continue;
    while (first < offsets.length && offsets[first].from + longest <= at) first++;
    const covering: TracedPacket[] = [];
    for (let index = first; index < offsets.length; index++) {
      const { packet, from } = offsets[index];
      if (from >= at + size) break;
      if (from + packet.data > at) covering.push(packet);
    }
    note(one, effect === 'sends' ? 'packets' : 'received', covering);
    if (one.call.peeks !== true) at += size;
  }
}

/** close and shutdown make a FIN, or with unread data a RST; nothing received is the other end's FIN, an error its RST. */
function linkEnd(own: readonly TracedPacket[], other: readonly TracedPacket[], calls: readonly Linked[]): void {
  for (const packet of own.filter(({ flags }) => (flags & (FLAGS.fin | FLAGS.rst)) !== 0)) {
    const closing = calls.filter(({ call }) => call.effect === 'closes' && call.error === undefined);
    const maker =
      closing.findLast(({ call }) => call.name !== 'exit' && call.began <= packet.time) ??
      closing.find(({ call }) => call.name === 'exit');
    if (maker !== undefined) note(maker, 'packets', [packet]);
  }
  const ends = other.filter(({ flags }) => (flags & (FLAGS.fin | FLAGS.rst)) !== 0);
  for (const one of calls) {
    const { effect, error, sizes, ended, name } = one.call;
    const nothing = effect === 'receives' && error === undefined && sizes[0] === 0 && name !== 'recvmmsg';
    const broken = error === 'ECONNRESET' || error === 'EPIPE';
    if (!nothing && !broken) continue;
    const wanted = broken ? FLAGS.rst : FLAGS.fin;
    const found = ends.find(({ flags, time }) => (flags & wanted) !== 0 && time <= ended + LATE);
    if (found !== undefined) note(one, 'received', [found]);
  }
}

const rangeOf = ({ data }: TracedPacket, from: number): string => `${from} ${data}`;
const isSyn = ({ flags }: TracedPacket): boolean => (flags & (FLAGS.syn | FLAGS.ack)) === FLAGS.syn;
const nameOf = ({ number }: TracedPacket): string => String(number);
const portsOf = (one: EndPoint, two: EndPoint): string =>
  [one.port, two.port].sort((x, y) => Number(x) - Number(y)).join();
const same = (from: EndPoint, to: EndPoint, packet: TracedPacket): boolean =>
  equal(from, packet.from) && equal(to, packet.to);
const equal = (one: EndPoint, two: EndPoint): boolean => one.port === two.port && one.address === two.address;

const ANY: ReadonlySet<string> = new Set(['0.0.0.0', '::']);
const LOOPBACK: ReadonlySet<string> = new Set(['127.0.0.1', '::1']);

/** Whether a socket's end is a packet's; connecting to "any" reaches this machine itself. */
const isEnd = (wanted: EndPoint, found: EndPoint): boolean =>
  wanted.port === found.port &&
  (ANY.has(wanted.address) ||
    wanted.address === found.address ||
    (ANY.has(wanted.address) && LOOPBACK.has(found.address)));
