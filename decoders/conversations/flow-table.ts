/**
 * Conversations by 5-tuple (address pairs where there are no ports), tracked over batches of summary columns.
 * A struct of typed arrays and an open-addressing hash: nothing is allocated per packet.
 */

import { AddressFamily, type Columns } from '../core/columns.js';
import type { Registry } from '../core/registry.js';
import { PacketFlag } from '../core/walk.js';
import { isClosing } from './connection-state.js';
import { FlowEntries } from './flow-entries.js';
import { beginsAnother, noteBadChecksum, noteDatagram, noteFlipped, noteSegment } from './flow-history.js';
import { FlowKey } from './flow-key.js';
import { FlowOpening } from './flow-opening.js';
import { TcpFlag } from './tcp-flags.js';

const TCP = 6;
const UDP = 17;
const ICMP = 1;
const ICMPV6 = 58;

/** Next headers of IPv6 that are no upper layer: RFC 8200, section 4, AH, ESP, mobility, HIP, shim6, and none at all. */
const IPV6_EXTENSIONS: ReadonlySet<number> = new Set([0, 43, 44, 50, 51, 59, 60, 135, 139, 140]);

/** Nanoseconds of silence after which a packet begins another flow: Zeek's `udp_inactivity_timeout` and `icmp_…`. */
const DATAGRAMS_IDLE = 60e9;
/** The same of a TCP connection that an end has closed or reset: Zeek's `tcp_inactivity_timeout`. */
const CLOSED_IDLE = 300e9;

/** So many packets are no mere attempt, also when nobody answers. */
const ANSWERED = 4;
const FIRST_CAPACITY = 4096;
/** Flows kept in memory at most; beyond that some leave (they stay in the index): see `evict`. */
export const MAXIMUM_FLOWS = 400_000;

export class FlowTable {
  entries = new FlowEntries(FIRST_CAPACITY);
  /** Id that the next new flow gets. */
  nextId = 1;
  /** entry + 1 by hash; 0 = free. Twice as many as entries, so that probes stay short. */
  private slots = new Int32Array(FIRST_CAPACITY * 2);
  /** Entries in use: [0, used). */
  private used = 0;
  private readonly key = new FlowKey();
  /** Entries that changed since the last `drain`. */
  private dirty = new Int32Array(FIRST_CAPACITY);
  private dirtyCount = 0;
  private isDirty = new Uint8Array(FIRST_CAPACITY);
  private readonly rank: Uint8Array;
  private readonly opening: FlowOpening;

  /** @param maximum flows in memory; when it is reached, `track` asks `evict` to make room */
  constructor(
    registry: Registry,
    private readonly maximum = MAXIMUM_FLOWS,
  ) {
    this.opening = new FlowOpening(registry);
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
      const transport = columns.transport[row];
      const isTcp = transport === TCP && offset >= 0 && offset + 20 <= view.byteLength;
      const tcpFlags = isTcp ? view.getUint8(offset + 13) : 0;
      this.key.load(columns, row, view);
      const entry = this.find(columns, row, view, tcpFlags, firstNumber + row);
      this.count(columns, row, entry, firstNumber + row);
      this.note(columns, row, view, entry, tcpFlags, isTcp, firstNumber + row);
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

  /**
   * Forgets half of the flows: attempts that nobody has answered first, of which a flood of addresses makes any number,
   * and of those and of the others what has been idle longest. What changed must have been drained.
   */
  evict(): void {
    const { entries, used } = this;
    const attempts: number[] = [];
    const others: number[] = [];
    for (let entry = 0; entry < used; entry++)
      (this.isAttempt(entry) ? attempts : others).push(entries.lastPacket[entry]);
    const leaving = used >> 1;
    const attemptLimit = newestLeaving(attempts, Math.min(leaving, attempts.length));
    const otherLimit = newestLeaving(others, Math.max(0, leaving - attempts.length));
    const kept = new Int32Array(used);
    let count = 0;
    for (let entry = 0; entry < used; entry++) {
      const limit = this.isAttempt(entry) ? attemptLimit : otherLimit;
      if (entries.lastPacket[entry] > limit && !this.replaced(entry)) kept[count++] = entry;
    }
    entries.compact(kept.subarray(0, count));
    this.used = count;
    this.rehash();
  }

  /** A few packets, all from one side. */
  private isAttempt(entry: number): boolean {
    const { clientPackets, serverPackets } = this.entries;
    const [client, server] = [clientPackets[entry], serverPackets[entry]];
    return client + server < ANSWERED && (client === 0 || server === 0);
  }

  /** Puts a stored flow back, after a restart. `fill` writes the entry's arrays. */
  restore(fill: (entry: number, entries: FlowEntries) => void): void {
    if (this.used >= this.maximum) return;
    const entry = this.allocate();
    fill(entry, this.entries);
    this.nextId = Math.max(this.nextId, this.entries.id[entry] + 1);
    this.key.loadEntry(this.entries, entry);
    const slot = this.probe();
    // A port that was used again: the later flow is the one that goes on.
    this.slots[slot] = entry + 1;
  }

  /** Whether a newer flow has taken the entry's place in the hash. */
  private replaced(entry: number): boolean {
    this.key.loadEntry(this.entries, entry);
    return this.slots[this.probe()] !== entry + 1;
  }

  /** The slot that holds the key, or the free one where it belongs. */
  private probe(): number {
    const { key, slots, entries } = this;
    const mask = slots.length - 1;
    let slot = key.hash() & mask;
    while (slots[slot] !== 0 && !key.matches(entries, slots[slot] - 1)) slot = (slot + 1) & mask;
    return slot;
  }

  private find(columns: Columns, row: number, view: DataView, tcpFlags: number, number: number): number {
    const known = this.slots[this.probe()] - 1;
    if (known >= 0 && !this.isAnother(known, columns, row, view, tcpFlags)) return known;
    const entry = this.allocate();
    const { entries } = this;
    const reversed = this.key.answers || this.opening.isFromServer(columns, row, view, tcpFlags);
    const at = row * 4;
    const to = entry * 4;
    for (let i = 0; i < 4; i++) {
      entries.client[to + i] = reversed ? columns.destination[at + i] : columns.source[at + i];
      entries.server[to + i] = reversed ? columns.source[at + i] : columns.destination[at + i];
    }
    entries.clientPort[entry] = reversed ? this.key.destinationPort : this.key.sourcePort;
    entries.serverPort[entry] = reversed ? this.key.sourcePort : this.key.destinationPort;
    entries.id[entry] = this.nextId++;
    entries.family[entry] = columns.addressFamily[row];
    const transport = columns.transport[row];
    entries.transport[entry] = transport;
    entries.ipProtocol[entry] = transport !== 0 ? transport : ipProtocolOf(columns, row, view);
    entries.vlan[entry] = columns.vlan[row];
    entries.icmp[entry] = this.key.icmp;
    entries.firstPacket[entry] = number;
    if (reversed && (transport === TCP || transport === UDP)) noteFlipped(entries, entry);
    this.slots[this.probe()] = entry + 1;
    // Ends that are one and the same send everything as the client.
    this.key.side = reversed && !isToItself(columns, row, this.key.sourcePort, this.key.destinationPort) ? 1 : 0;
    return entry;
  }

  /** Whether a packet that has a flow's addresses and ports belongs to another one, which comes after it. */
  private isAnother(entry: number, columns: Columns, row: number, view: DataView, tcpFlags: number): boolean {
    const { entries } = this;
    const transport = columns.transport[row];
    if (transport === TCP) {
      if ((tcpFlags & TcpFlag.syn) !== 0)
        return beginsAnother(entries, entry, this.key.side, tcpFlags, view.getUint32(columns.transportOffset[row] + 4));
      return isClosing(entries.states[entry]) && columns.time[row] - entries.lastTime[entry] > CLOSED_IDLE;
    }
    if (transport !== UDP && transport !== ICMP && transport !== ICMPV6) return false;
    return columns.time[row] - entries.lastTime[entry] > DATAGRAMS_IDLE;
  }

  private count(columns: Columns, row: number, entry: number, number: number): void {
    const { entries } = this;
    if (this.key.side === 1) {
      entries.serverPackets[entry]++;
      entries.serverBytes[entry] += columns.length[row];
      columns.flags[row] |= PacketFlag.fromServer;
    } else {
      entries.clientPackets[entry]++;
      entries.clientBytes[entry] += columns.length[row];
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

  /** What the packet says of how the conversation goes. */
  private note(
    columns: Columns,
    row: number,
    view: DataView,
    entry: number,
    tcpFlags: number,
    isTcp: boolean,
    number: number,
  ): void {
    const { entries } = this;
    const { side } = this.key;
    const ttls = side === 0 ? entries.clientTtl : entries.serverTtl;
    if (ttls[entry] < 0) ttls[entry] = ttlOf(columns, row, view);
    const transport = columns.transport[row];
    if (transport !== TCP && transport !== UDP) return;
    if (side === 0) entries.clientFlags[entry] |= tcpFlags;
    else entries.serverFlags[entry] |= tcpFlags;
    if ((columns.flags[row] & PacketFlag.badTransportChecksum) !== 0) {
      noteBadChecksum(entries, entry, side, view, isTcp ? columns.transportOffset[row] : -1);
      // Wrong for whom it was sent to; whoever reads the capture may read it all the same.
      const header = isTcp ? (view.getUint8(columns.transportOffset[row] + 12) >> 4) * 4 : 8;
      const carries = columns.transportEnd[row] - columns.transportOffset[row] > header;
      if (side === 0 && carries && entries.firstData[entry] === 0) entries.firstData[entry] = number;
    } else if (transport === UDP) {
      noteDatagram(entries, entry, side);
      if (side === 0 && entries.firstData[entry] === 0) entries.firstData[entry] = number;
    } else if (isTcp) {
      const { transportOffset, transportEnd, time } = columns;
      const length = noteSegment(
        entries,
        entry,
        side,
        view,
        transportOffset[row],
        transportEnd[row],
        time[row],
        tcpFlags,
      );
      if (length > 0 && side === 0 && entries.firstData[entry] === 0) entries.firstData[entry] = number;
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
    this.entries.clear(entry);
    return entry;
  }

  private rehash(): void {
    const wanted = this.key.save();
    this.slots = new Int32Array(this.entries.capacity * 2);
    // In order of age, so that a reused port leads to the newest flow.
    for (let entry = 0; entry < this.used; entry++) {
      this.key.loadEntry(this.entries, entry);
      this.slots[this.probe()] = entry + 1;
    }
    this.key.restore(wanted);
  }
}

function isToItself(
  { source, destination }: Columns,
  row: number,
  sourcePort: number,
  destinationPort: number,
): boolean {
  const at = row * 4;
  for (let i = at; i < at + 4; i++) if (source[i] !== destination[i]) return false;
  return sourcePort === destinationPort;
}

/** TTL (RFC 791, section 3.1) or hop limit (RFC 8200, section 3); -1 of what has no IP header. */
function ttlOf(columns: Columns, row: number, view: DataView): number {
  const offset = columns.networkOffset[row];
  const family = columns.addressFamily[row];
  if (offset < 0 || family === AddressFamily.ether || offset + 9 > view.byteLength) return -1;
  return view.getUint8(offset + (family === AddressFamily.ipv4 ? 8 : 7));
}

/** Protocol (RFC 791, section 3.1) or next header (RFC 8200, section 3); 0 of what has neither, or where extensions follow. */
function ipProtocolOf(columns: Columns, row: number, view: DataView): number {
  const offset = columns.networkOffset[row];
  const family = columns.addressFamily[row];
  if (offset < 0 || family === AddressFamily.ether || offset + 10 > view.byteLength) return 0;
  if (family === AddressFamily.ipv4) return view.getUint8(offset + 9);
  const next = view.getUint8(offset + 6);
  return IPV6_EXTENSIONS.has(next) ? 0 : next;
}

/** The number up to which `count` of the packets are; -1 for none of them. */
function newestLeaving(packets: readonly number[], count: number): number {
  return count === 0 ? -1 : Float64Array.from(packets).sort()[count - 1];
}
