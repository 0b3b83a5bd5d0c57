/** The sockets of this machine over time: what was there at the last look, and for a while what is gone. */

import { ANY4, ANY6, addressKey } from './addresses.js';
import { AF_INET, ESTABLISHED, LISTEN, LITTLE_ENDIAN, RECORD, RECORD_BYTES } from './diag-record.js';
import { RAW, type SocketRecords, TCP } from './kernel-sockets.js';
import type { FlowPrograms, Program } from './messages.js';

/** Milliseconds for which a socket that is gone is remembered: its packets may be indexed later. */
const REMEMBERED = 10_000;
const MAXIMUM_GONE = 20_000;
/** Milliseconds by which a look may be later than the packets that it explains. */
const LATE = 3_000;
/** Milliseconds by which a connection's socket may be seen before its SYN has its time. */
const EARLY = 100;

export interface Socket {
  readonly protocol: number;
  readonly family: number;
  local: string;
  localPort: number;
  remote: string;
  remotePort: number;
  state: number;
  receiveQueue: number;
  sendQueue: number;
  uid: number;
  inode: number;
  /** Milliseconds since 1970 of the first and the last look at which it was there. */
  readonly firstSeen: number;
  lastSeen: number;
  /** Who has it open; empty: nobody was found yet. */
  programs: readonly Program[];
  /** Looks for its holders that found some, those that did not, and when the next is due (milliseconds since 1970). */
  looks: number;
  misses: number;
  nextLook: number;
  /** The flow that it was last found for, and as which end, by capture. */
  flows: Map<string, Omit<FlowPrograms, 'programs'>> | undefined;
}

/** One end of a flow. */
export interface End {
  readonly protocol: number;
  readonly local: string;
  readonly localPort: number;
  readonly remote: string;
  readonly remotePort: number;
  /** Milliseconds since 1970 of the flow's first packet. */
  readonly time: number;
  /** It begins with a SYN: a connection that was there before is another one. */
  readonly opens: boolean;
}

export class SocketTable {
  /** By protocol, then by the kernel's cookie, which names a socket for ever. */
  private readonly kinds = new Map<number, Map<number, Socket>>();
  private readonly connected = new Map<string, Socket>();
  /** Sockets without a peer, by protocol and port. */
  private readonly bound = new Map<string, Set<Socket>>();
  private gone: Socket[] = [];
  private inOrder: Socket[] = [];

  /** Sockets that were there at the last look. */
  get sockets(): readonly Socket[] {
    return this.inOrder;
  }

  /** Takes what the kernel says now. @param now milliseconds since 1970 @returns how many sockets are new */
  update(kinds: readonly SocketRecords[], now: number): number {
    const present: Socket[] = [];
    for (const { protocol, records } of kinds) {
      const view = new DataView(records.buffer, records.byteOffset, records.length);
      const known = this.kinds.get(protocol) ?? new Map<number, Socket>();
      this.kinds.set(protocol, known);
      for (let at = 0; at + RECORD_BYTES <= records.length; at += RECORD_BYTES)
        present.push(this.take(known, protocol, view, at, now));
    }
    for (const known of this.kinds.values())
      for (const [cookie, socket] of known)
        if (socket.lastSeen !== now) {
          known.delete(cookie);
          this.gone.push(socket);
        }
    this.inOrder = present;
    this.forget(now);
    return present.reduce((count, { firstSeen }) => (firstSeen === now ? count + 1 : count), 0);
  }

  /**
   * The sockets that one end of a flow can be: the connected one; otherwise those that are bound to the port, most
   * closely by address. Several are bound where they share the port (SO_REUSEPORT).
   *
   * @param listening whether a TCP connection that was not seen itself may be explained by who listened for it
   */
  find(end: End, listening: boolean): readonly Socket[] {
    const { protocol, local, localPort, time } = end;
    const exact = this.connected.get(connectedKey(protocol, local, localPort, end.remote, end.remotePort));
    const before = end.opens && exact !== undefined && exact.firstSeen < time - EARLY;
    // Nobody has it (any more): it waits to be accepted, or is what is left of it.
    const owned = exact !== undefined && (exact.programs.length > 0 || !listening);
    if (exact !== undefined && owned && !before && explains(exact, time)) return [exact];
    if (protocol === TCP && !listening) return [];
    let best: Socket[] = [];
    let closest = 0;
    for (const socket of this.bound.get(boundKey(protocol, localPort)) ?? []) {
      const close = closeness(socket, local);
      // Who listens must have done so before the connection came.
      if (close === 0 || !explains(socket, time) || (protocol === TCP && socket.firstSeen > time)) continue;
      if (close > closest) best = [];
      if (close >= closest) best.push(socket);
      closest = Math.max(closest, close);
    }
    return best;
  }

  private take(known: Map<number, Socket>, protocol: number, view: DataView, at: number, now: number): Socket {
    const u32 = (offset: number) => view.getUint32(at + offset, LITTLE_ENDIAN);
    // Two words, the lower one first, whatever the machine's order.
    const cookie = u32(RECORD.cookie + 4) * 2 ** 32 + u32(RECORD.cookie);
    const localPort = view.getUint16(at + RECORD.localPort);
    const remotePort = view.getUint16(at + RECORD.remotePort);
    let socket = known.get(cookie);
    // A datagram socket may be connected and bound again; a TCP socket stays what it is.
    const changed =
      socket !== undefined &&
      (socket.localPort !== localPort ||
        socket.remotePort !== remotePort ||
        (protocol !== TCP && socket.remote !== keyAt(view, at, RECORD.remote)) ||
        (protocol !== TCP && socket.local !== keyAt(view, at, RECORD.local)));
    const inode = u32(RECORD.inode);
    if (socket === undefined) {
      socket = {
        protocol,
        family: view.getUint8(at + RECORD.family) === AF_INET ? 4 : 6,
        local: keyAt(view, at, RECORD.local),
        localPort,
        remote: keyAt(view, at, RECORD.remote),
        remotePort,
        state: view.getUint8(at + RECORD.state),
        receiveQueue: 0,
        sendQueue: 0,
        uid: 0,
        inode,
        firstSeen: now,
        lastSeen: now,
        programs: [],
        looks: 0,
        misses: 0,
        nextLook: 0,
        flows: undefined,
      };
      known.set(cookie, socket);
      this.enter(socket);
    } else if (changed) {
      this.leave(socket);
      socket.local = keyAt(view, at, RECORD.local);
      socket.remote = keyAt(view, at, RECORD.remote);
      socket.localPort = localPort;
      socket.remotePort = remotePort;
      this.enter(socket);
    }
    // A connection that waited to be accepted belongs to somebody from now on.
    if (socket.inode !== inode) Object.assign(socket, { inode, looks: 0, misses: 0, nextLook: 0 });
    socket.state = view.getUint8(at + RECORD.state);
    socket.receiveQueue = u32(RECORD.receiveQueue);
    socket.sendQueue = u32(RECORD.sendQueue);
    socket.uid = u32(RECORD.uid);
    socket.lastSeen = now;
    return socket;
  }

  private enter(socket: Socket): void {
    const { protocol, local, localPort, remote, remotePort, inode } = socket;
    if (protocol === RAW) return;
    if (isConnected(socket)) {
      const key = connectedKey(protocol, local, localPort, remote, remotePort);
      // What is left of a connection that was closed (TIME_WAIT) belongs to nobody, and must not hide who had it.
      if (inode !== 0 || !this.connected.has(key)) this.connected.set(key, socket);
      return;
    }
    const key = boundKey(protocol, localPort);
    const others = this.bound.get(key);
    if (others === undefined) this.bound.set(key, new Set([socket]));
    else others.add(socket);
  }

  private leave(socket: Socket): void {
    const { protocol, local, localPort, remote, remotePort } = socket;
    const key = connectedKey(protocol, local, localPort, remote, remotePort);
    if (this.connected.get(key) === socket) this.connected.delete(key);
    const others = this.bound.get(boundKey(protocol, localPort));
    others?.delete(socket);
    if (others?.size === 0) this.bound.delete(boundKey(protocol, localPort));
  }

  private forget(now: number): void {
    let count = Math.max(0, this.gone.length - MAXIMUM_GONE);
    while (count < this.gone.length && now - this.gone[count].lastSeen > REMEMBERED) count++;
    for (const socket of this.gone.slice(0, count)) this.leave(socket);
    this.gone = this.gone.slice(count);
  }
}

export function isConnected({ protocol, remote, remotePort, state }: Socket): boolean {
  if (protocol === TCP) return state !== LISTEN && (remotePort !== 0 || (remote !== ANY4 && remote !== ANY6));
  return state === ESTABLISHED || remotePort !== 0;
}

/** Whether a socket was there, as far as looks can tell, when a flow began. */
function explains({ firstSeen, lastSeen }: Socket, time: number): boolean {
  return firstSeen <= time + LATE && lastSeen >= time - LATE;
}

/** How closely a bound socket's address fits one of the machine's: 0 not at all. */
function closeness({ family, local }: Socket, wanted: string): number {
  if (local === wanted) return 3;
  if (wanted.includes(':')) return local === ANY6 ? 2 : 0;
  // An IPv6 socket that is bound to "any" also takes IPv4, unless an IPv4 socket has the port (RFC 3493, section 3.7).
  return local === ANY4 && family === 4 ? 2 : local === ANY6 ? 1 : 0;
}

function keyAt(view: DataView, at: number, offset: number): string {
  const word = (index: number) => view.getUint32(at + offset + index * 4);
  const family = view.getUint8(at + RECORD.family) === AF_INET ? 4 : 6;
  return addressKey(family, word(0), word(1), word(2), word(3));
}

function connectedKey(protocol: number, local: string, localPort: number, remote: string, remotePort: number): string {
  return `${protocol}/${local}/${localPort}/${remote}/${remotePort}`;
}

function boundKey(protocol: number, port: number): string {
  return `${protocol}/${port}`;
}
