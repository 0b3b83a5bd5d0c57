/**
 * Conversations by 5-tuple (address pairs where there are no ports), tracked over batches of summary columns.
 * A struct of typed arrays and an open-addressing hash: nothing is allocated per packet.
 */

import { AddressFamily, type Columns } from '../core/columns.js';
import type { Registry } from '../core/registry.js';
import { PacketFlag } from '../core/walk.js';

const TCP = 6;
/** TCP control bits in octet 13 of the header, RFC 9293 section 3.1. */
export const TcpFlag = { fin: 1, syn: 2, rst: 4, psh: 8, ack: 16, urg: 32 } as const;

/** Words of a key: source or destination 4 + 4, ports, family and transport. */
const KEY_WORDS = 10;
const FIRST_CAPACITY = 4096;
/** Flows kept in memory at most; beyond that the ones idle longest leave (they stay in the index). */
export const MAXIMUM_FLOWS = 400_000;

/** A flow's numbers, by entry (not by id). Counters are doubles: exact to 2^53. */
export class FlowEntries {
  readonly id: Uint32Array;
  readonly family: Uint8Array;
  readonly transport: Uint8Array;
  /** Four words an address, as in `Columns`. */
  readonly client: Uint32Array;
  readonly server: Uint32Array;
  readonly clientPort: Uint16Array;
  readonly serverPort: Uint16Array;
  readonly clientPackets: Float64Array;
  readonly clientBytes: Float64Array;
  readonly serverPackets: Float64Array;
  readonly serverBytes: Float64Array;
  /** Of the earliest and the latest packet, nanoseconds since the capture's base time; NaN while none has a time. */
  readonly firstTime: Float64Array;
  readonly lastTime: Float64Array;
  readonly firstPacket: Float64Array;
  readonly lastPacket: Float64Array;
  /** Registry id of the highest protocol seen in it. */
  readonly protocol: Uint16Array;
  /** Union of the TCP control bits that each side sent. */
  readonly clientFlags: Uint8Array;
  readonly serverFlags: Uint8Array;

  constructor(
    readonly capacity: number,
    from?: FlowEntries,
  ) {
    const copy = <T extends { set(source: T): void }>(to: T, source: T | undefined): T => {
      if (source !== undefined) to.set(source);
      return to;
    };
    this.id = copy(new Uint32Array(capacity), from?.id);
    this.family = copy(new Uint8Array(capacity), from?.family);
    this.transport = copy(new Uint8Array(capacity), from?.transport);
    this.client = copy(new Uint32Array(capacity * 4), from?.client);
    this.server = copy(new Uint32Array(capacity * 4), from?.server);
    this.clientPort = copy(new Uint16Array(capacity), from?.clientPort);
    this.serverPort = copy(new Uint16Array(capacity), from?.serverPort);
    this.clientPackets = copy(new Float64Array(capacity), from?.clientPackets);
    this.clientBytes = copy(new Float64Array(capacity), from?.clientBytes);
    this.serverPackets = copy(new Float64Array(capacity), from?.serverPackets);
    this.serverBytes = copy(new Float64Array(capacity), from?.serverBytes);
    this.firstTime = copy(new Float64Array(capacity), from?.firstTime);
    this.lastTime = copy(new Float64Array(capacity), from?.lastTime);
    this.firstPacket = copy(new Float64Array(capacity), from?.firstPacket);
    this.lastPacket = copy(new Float64Array(capacity), from?.lastPacket);
    this.protocol = copy(new Uint16Array(capacity), from?.protocol);
    this.clientFlags = copy(new Uint8Array(capacity), from?.clientFlags);
    this.serverFlags = copy(new Uint8Array(capacity), from?.serverFlags);
  }
}

export class FlowTable {
  entries = new FlowEntries(FIRST_CAPACITY);
  /** Id that the next new flow gets. */
  nextId = 1;
  /** entry + 1 by hash; 0 = free. Twice as many as entries, so that probes stay short. */
  private slots = new Int32Array(FIRST_CAPACITY * 2);
  /** Entries in use: [0, used). */
  private used = 0;
  private readonly key = new Int32Array(KEY_WORDS);
  /** Entries that changed since the last `drain`. */
  private dirty = new Int32Array(FIRST_CAPACITY);
  private dirtyCount = 0;
  private isDirty = new Uint8Array(FIRST_CAPACITY);
  private readonly rank: Uint8Array;

  /** @param maximum flows in memory; when it is reached, `track` asks `evict` to make room */
  constructor(
    registry: Registry,
    private readonly maximum = MAXIMUM_FLOWS,
  ) {
    // How telling a protocol is: an application beats its transport, a transport the network layer.
    this.rank = new Uint8Array(registry.protocols.length + 1);
    registry.protocols.forEach((protocol, index) => {
      this.rank[index + 1] =
        protocol.role === 'link' ? 1 : protocol.role === 'network' ? 2 : protocol.role === undefined ? 4 : 3;
    });
  }

  /** Flows that changed since the last `drain`. */
  get dirtyFlows(): number {
    return this.dirtyCount;
  }

  get size(): number {
    return this.used;
  }

  /**
   * Whether a batch of `rows` packets could need more room than there is. The caller must then store what `drain`
   * gives and call `evict` before it tracks them.
   */
  isFull(rows: number): boolean {
    return this.used + rows > this.maximum && this.used > this.maximum / 2;
  }

  /**
   * Finds or makes each packet's flow: fills `columns.flow` and adds `PacketFlag.fromServer`.
   *
   * @param view the view that the columns' offsets refer to
   * @param firstNumber the packet number of row 0
   */
  track(columns: Columns, view: DataView, firstNumber: number): void {
    for (let row = 0; row < columns.rows; row++) {
      if (columns.addressFamily[row] === AddressFamily.none) {
        columns.flow[row] = 0;
        continue;
      }
      const offset = columns.transportOffset[row];
      const tcpFlags =
        columns.transport[row] === TCP && offset >= 0 && offset + 14 <= view.byteLength
          ? view.getUint8(offset + 13)
          : 0;
      this.loadKey(columns, row);
      const entry = this.find(columns, row, tcpFlags, firstNumber + row);
      this.count(columns, row, entry, tcpFlags, firstNumber + row);
    }
  }

  /** Calls `visit` for each entry that changed since the last call, then forgets that it changed. */
  drain(visit: (entry: number, entries: FlowEntries) => void): void {
    for (let i = 0; i < this.dirtyCount; i++) {
      const entry = this.dirty[i];
      visit(entry, this.entries);
      this.isDirty[entry] = 0;
    }
    this.dirtyCount = 0;
  }

  /** Forgets the half of the flows that has been idle longest. What changed must have been drained. */
  evict(): void {
    const { entries } = this;
    const times = entries.lastPacket.slice(0, this.used).sort();
    const limit = times[this.used >> 1];
    const kept = new FlowEntries(entries.capacity);
    let count = 0;
    for (let entry = 0; entry < this.used; entry++)
      if (entries.lastPacket[entry] > limit && !this.replaced(entry)) copyEntry(entries, entry, kept, count++);
    this.entries = kept;
    this.used = count;
    this.rehash();
  }

  /** Puts a stored flow back, after a restart. `fill` writes the entry's arrays. */
  restore(fill: (entry: number, entries: FlowEntries) => void): void {
    if (this.used >= this.maximum) return;
    const entry = this.allocate();
    fill(entry, this.entries);
    this.nextId = Math.max(this.nextId, this.entries.id[entry] + 1);
    this.loadEntryKey(entry);
    const slot = this.probe();
    // A port that was used again: the later flow is the one that goes on.
    this.slots[slot] = entry + 1;
  }

  /** Whether a newer flow has taken the entry's place in the hash. */
  private replaced(entry: number): boolean {
    this.loadEntryKey(entry);
    return this.slots[this.probe()] !== entry + 1;
  }

  /** Writes the canonical key of a row: the smaller end first, so that both directions meet. */
  private loadKey(columns: Columns, row: number): void {
    const { source, destination } = columns;
    const at = row * 4;
    const sourcePort = columns.sourcePort[row];
    const destinationPort = columns.destinationPort[row];
    let order = 0;
    for (let i = 0; i < 4 && order === 0; i++) order = source[at + i] - destination[at + i];
    if (order === 0) order = sourcePort - destinationPort;
    const swapped = order > 0;
    const low = swapped ? destination : source;
    const high = swapped ? source : destination;
    for (let i = 0; i < 4; i++) {
      this.key[i] = low[at + i];
      this.key[4 + i] = high[at + i];
    }
    this.key[8] = swapped ? (destinationPort << 16) | sourcePort : (sourcePort << 16) | destinationPort;
    this.key[9] = (columns.addressFamily[row] << 8) | columns.transport[row];
  }

  private loadEntryKey(entry: number): void {
    const { entries } = this;
    const at = entry * 4;
    let order = 0;
    for (let i = 0; i < 4 && order === 0; i++) order = entries.client[at + i] - entries.server[at + i];
    if (order === 0) order = entries.clientPort[entry] - entries.serverPort[entry];
    const swapped = order > 0;
    const low = swapped ? entries.server : entries.client;
    const high = swapped ? entries.client : entries.server;
    for (let i = 0; i < 4; i++) {
      this.key[i] = low[at + i];
      this.key[4 + i] = high[at + i];
    }
    const client = entries.clientPort[entry];
    const server = entries.serverPort[entry];
    this.key[8] = swapped ? (server << 16) | client : (client << 16) | server;
    this.key[9] = (entries.family[entry] << 8) | entries.transport[entry];
  }

  /** The slot that holds the key, or the free one where it belongs. */
  private probe(): number {
    const { key, slots } = this;
    let hash = 0x9e3779b9 | 0;
    // The other words of IPv4 addresses are zero.
    const step = key[9] >> 8 === AddressFamily.ipv4 ? 4 : 1;
    for (let i = 0; i < 8; i += step) {
      hash = Math.imul(hash ^ key[i], 0x85ebca6b);
      hash ^= hash >>> 15;
    }
    hash = Math.imul(hash ^ key[8], 0x85ebca6b);
    hash = Math.imul(hash ^ (hash >>> 15) ^ key[9], 0xc2b2ae35);
    hash ^= hash >>> 16;
    const mask = slots.length - 1;
    let slot = hash & mask;
    while (slots[slot] !== 0 && !this.matches(slots[slot] - 1)) slot = (slot + 1) & mask;
    return slot;
  }

  private matches(entry: number): boolean {
    const { entries, key } = this;
    if (((entries.family[entry] << 8) | entries.transport[entry]) !== key[9]) return false;
    const ports = (entries.clientPort[entry] << 16) | entries.serverPort[entry];
    if (ports === key[8] && this.sameEnds(entry, entries.client, entries.server)) return true;
    const reversed = (entries.serverPort[entry] << 16) | entries.clientPort[entry];
    return reversed === key[8] && this.sameEnds(entry, entries.server, entries.client);
  }

  private sameEnds(entry: number, low: Uint32Array, high: Uint32Array): boolean {
    const { key } = this;
    const at = entry * 4;
    return (
      (low[at] | 0) === key[0] &&
      (high[at] | 0) === key[4] &&
      (key[9] >> 8 === AddressFamily.ipv4 ||
        ((low[at + 1] | 0) === key[1] &&
          (high[at + 1] | 0) === key[5] &&
          (low[at + 2] | 0) === key[2] &&
          (high[at + 2] | 0) === key[6] &&
          (low[at + 3] | 0) === key[3] &&
          (high[at + 3] | 0) === key[7]))
    );
  }

  private find(columns: Columns, row: number, tcpFlags: number, number: number): number {
    const known = this.slots[this.probe()] - 1;
    if (known >= 0 && !this.isNewConnection(known, tcpFlags)) return known;
    const entry = this.allocate();
    const { entries } = this;
    const reversed = sourceIsServer(columns.sourcePort[row], columns.destinationPort[row], tcpFlags);
    const at = row * 4;
    const to = entry * 4;
    for (let i = 0; i < 4; i++) {
      entries.client[to + i] = reversed ? columns.destination[at + i] : columns.source[at + i];
      entries.server[to + i] = reversed ? columns.source[at + i] : columns.destination[at + i];
    }
    entries.clientPort[entry] = reversed ? columns.destinationPort[row] : columns.sourcePort[row];
    entries.serverPort[entry] = reversed ? columns.sourcePort[row] : columns.destinationPort[row];
    entries.id[entry] = this.nextId++;
    entries.family[entry] = columns.addressFamily[row];
    entries.transport[entry] = columns.transport[row];
    entries.firstPacket[entry] = number;
    this.slots[this.probe()] = entry + 1;
    return entry;
  }

  /** A SYN on a connection that was closed or reset: the port is used again. */
  private isNewConnection(entry: number, tcpFlags: number): boolean {
    if ((tcpFlags & (TcpFlag.syn | TcpFlag.ack)) !== TcpFlag.syn) return false;
    const both = this.entries.clientFlags[entry] & this.entries.serverFlags[entry];
    const either = this.entries.clientFlags[entry] | this.entries.serverFlags[entry];
    return (both & TcpFlag.fin) !== 0 || (either & TcpFlag.rst) !== 0;
  }

  private count(columns: Columns, row: number, entry: number, tcpFlags: number, number: number): void {
    const { entries } = this;
    const at = row * 4;
    const to = entry * 4;
    const fromServer =
      columns.source[at] !== entries.client[to] ||
      columns.source[at + 1] !== entries.client[to + 1] ||
      columns.source[at + 2] !== entries.client[to + 2] ||
      columns.source[at + 3] !== entries.client[to + 3] ||
      columns.sourcePort[row] !== entries.clientPort[entry];
    if (fromServer) {
      entries.serverPackets[entry]++;
      entries.serverBytes[entry] += columns.length[row];
      entries.serverFlags[entry] |= tcpFlags;
      columns.flags[row] |= PacketFlag.fromServer;
    } else {
      entries.clientPackets[entry]++;
      entries.clientBytes[entry] += columns.length[row];
      entries.clientFlags[entry] |= tcpFlags;
    }
    const time = columns.time[row];
    // Several interfaces and several threads: packets do not always come in the order of their times.
    if (time > entries.lastTime[entry] || Number.isNaN(entries.lastTime[entry])) entries.lastTime[entry] = time;
    if (time < entries.firstTime[entry] || Number.isNaN(entries.firstTime[entry])) entries.firstTime[entry] = time;
    entries.lastPacket[entry] = number;
    const protocol = columns.protocol[row];
    if (this.rank[protocol] > this.rank[entries.protocol[entry]]) entries.protocol[entry] = protocol;
    columns.flow[row] = entries.id[entry];
    if (this.isDirty[entry] === 0) {
      this.isDirty[entry] = 1;
      this.dirty[this.dirtyCount++] = entry;
    }
  }

  private allocate(): number {
    if (this.used === this.entries.capacity) {
      this.entries = new FlowEntries(this.entries.capacity * 2, this.entries);
      const dirty = new Int32Array(this.entries.capacity);
      dirty.set(this.dirty);
      this.dirty = dirty;
      const isDirty = new Uint8Array(this.entries.capacity);
      isDirty.set(this.isDirty);
      this.isDirty = isDirty;
      this.rehash();
    }
    const entry = this.used++;
    this.entries.firstTime[entry] = this.entries.lastTime[entry] = Number.NaN;
    this.entries.protocol[entry] = 0;
    this.entries.clientFlags[entry] = this.entries.serverFlags[entry] = 0;
    this.entries.clientPackets[entry] = this.entries.serverPackets[entry] = 0;
    this.entries.clientBytes[entry] = this.entries.serverBytes[entry] = 0;
    return entry;
  }

  private rehash(): void {
    const key = this.key.slice();
    this.slots = new Int32Array(this.entries.capacity * 2);
    // In order of age, so that a reused port leads to the newest flow.
    for (let entry = 0; entry < this.used; entry++) {
      this.loadEntryKey(entry);
      this.slots[this.probe()] = entry + 1;
    }
    this.key.set(key);
  }
}

/**
 * Whether the sender of a flow's first packet is the server: it answers a SYN that was not captured, or has the
 * well-known port (RFC 6335, section 6: 0 … 1023) while the other end has not.
 */
function sourceIsServer(sourcePort: number, destinationPort: number, tcpFlags: number): boolean {
  if ((tcpFlags & TcpFlag.syn) !== 0) return (tcpFlags & TcpFlag.ack) !== 0;
  return sourcePort < 1024 && destinationPort >= 1024 && sourcePort !== 0;
}

function copyEntry(from: FlowEntries, entry: number, to: FlowEntries, at: number): void {
  for (let i = 0; i < 4; i++) {
    to.client[at * 4 + i] = from.client[entry * 4 + i];
    to.server[at * 4 + i] = from.server[entry * 4 + i];
  }
  to.id[at] = from.id[entry];
  to.family[at] = from.family[entry];
  to.transport[at] = from.transport[entry];
  to.clientPort[at] = from.clientPort[entry];
  to.serverPort[at] = from.serverPort[entry];
  to.clientPackets[at] = from.clientPackets[entry];
  to.clientBytes[at] = from.clientBytes[entry];
  to.serverPackets[at] = from.serverPackets[entry];
  to.serverBytes[at] = from.serverBytes[entry];
  to.firstTime[at] = from.firstTime[entry];
  to.lastTime[at] = from.lastTime[entry];
  to.firstPacket[at] = from.firstPacket[entry];
  to.lastPacket[at] = from.lastPacket[entry];
  to.protocol[at] = from.protocol[entry];
  to.clientFlags[at] = from.clientFlags[entry];
  to.serverFlags[at] = from.serverFlags[entry];
}
