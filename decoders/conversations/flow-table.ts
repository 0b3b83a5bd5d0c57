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
import { FlowOpening } from './flow-opening.js';
import { hasIdentifier, IcmpPart, icmpKey, icmpPart } from './icmp-flows.js';
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

/** Words of a key: source or destination 4 + 4, ports, family with transport and kind of ICMP, VLANs. */
const KEY_WORDS = 11;
/** So many packets are no mere attempt, also when nobody answers. */
const ANSWERED = 4;
/** Octets of an ICMP message up to its identifier. */
const ICMP_IDENTIFIED = 8;
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
  private readonly key = new Int32Array(KEY_WORDS);
  /** Entries that changed since the last `drain`. */
  private dirty = new Int32Array(FIRST_CAPACITY);
  private dirtyCount = 0;
  private isDirty = new Uint8Array(FIRST_CAPACITY);
  private readonly rank: Uint8Array;
  private readonly opening: FlowOpening;
  /** Of the packet that is being looked at: its ends' ports or what stands for them, and whether it is an answer of ICMP. */
  private sourcePort = 0;
  private destinationPort = 0;
  private icmp = 0;
  private answers = false;
  /** Whether its source is the greater of the two ends, and which side of its flow sent it. */
  private swapped = false;
  private side: 0 | 1 = 0;

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
      this.sourcePort = columns.sourcePort[row];
      this.destinationPort = columns.destinationPort[row];
      this.icmp = 0;
      this.answers = false;
      if (transport === ICMP || transport === ICMPV6) this.readIcmp(columns, row, view);
      this.loadKey(columns, row);
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
    const { sourcePort, destinationPort, key } = this;
    const isIpv4 = columns.addressFamily[row] === AddressFamily.ipv4;
    let order = source[at] - destination[at];
    if (!isIpv4) for (let i = 1; i < 4 && order === 0; i++) order = source[at + i] - destination[at + i];
    if (order === 0) order = sourcePort - destinationPort;
    const swapped = order > 0;
    this.swapped = swapped;
    const low = swapped ? destination : source;
    const high = swapped ? source : destination;
    key[0] = low[at];
    key[4] = high[at];
    // Nobody looks at the other words of IPv4 addresses.
    if (!isIpv4)
      for (let i = 1; i < 4; i++) {
        key[i] = low[at + i];
        key[4 + i] = high[at + i];
      }
    key[8] = swapped ? (destinationPort << 16) | sourcePort : (sourcePort << 16) | destinationPort;
    this.key[9] = (this.icmp << 16) | (columns.addressFamily[row] << 8) | columns.transport[row];
    this.key[10] = columns.vlan[row];
  }

  /** What stands for the ports of an ICMP message: its identifier at the end that asked, and what kind of exchange it is. */
  private readIcmp(columns: Columns, row: number, view: DataView): void {
    const offset = columns.transportOffset[row];
    if (offset < 0 || offset + ICMP_IDENTIFIED > view.byteLength) return;
    const transport = columns.transport[row];
    const type = view.getUint8(offset);
    this.icmp = icmpKey(transport, type, view.getUint8(offset + 1));
    this.answers = icmpPart(transport, type) === IcmpPart.answer;
    const whole =
      columns.transportEnd[row] - offset >= ICMP_IDENTIFIED && (columns.flags[row] & PacketFlag.short) === 0;
    if (!whole || !hasIdentifier(transport, type)) return;
    const identifier = view.getUint16(offset + 4);
    if (this.answers) this.destinationPort = identifier;
    else this.sourcePort = identifier;
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
    this.key[9] = (entries.icmp[entry] << 16) | (entries.family[entry] << 8) | entries.transport[entry];
    this.key[10] = entries.vlan[entry];
  }

  /** The slot that holds the key, or the free one where it belongs. */
  private probe(): number {
    const { key, slots } = this;
    let hash = 0x9e3779b9 | 0;
    // The other words of IPv4 addresses are zero.
    const step = ((key[9] >> 8) & 0xff) === AddressFamily.ipv4 ? 4 : 1;
    for (let i = 0; i < 8; i += step) {
      hash = Math.imul(hash ^ key[i], 0x85ebca6b);
      hash ^= hash >>> 15;
    }
    hash = Math.imul(hash ^ key[8], 0x85ebca6b);
    hash = Math.imul(hash ^ (hash >>> 15) ^ key[9] ^ (key[10] << 8), 0xc2b2ae35);
    hash ^= hash >>> 16;
    const mask = slots.length - 1;
    let slot = hash & mask;
    while (slots[slot] !== 0 && !this.matches(slots[slot] - 1)) slot = (slot + 1) & mask;
    return slot;
  }

  /** Whether an entry has the key; if so, `side` says which end sent the packet that was loaded. */
  private matches(entry: number): boolean {
    const { entries, key } = this;
    const kind = (entries.icmp[entry] << 16) | (entries.family[entry] << 8) | entries.transport[entry];
    if (kind !== key[9] || entries.vlan[entry] !== key[10]) return false;
    const ports = (entries.clientPort[entry] << 16) | entries.serverPort[entry];
    if (ports === key[8] && this.sameEnds(entry, entries.client, entries.server)) {
      this.side = this.swapped ? 1 : 0;
      return true;
    }
    const reversed = (entries.serverPort[entry] << 16) | entries.clientPort[entry];
    if (reversed !== key[8] || !this.sameEnds(entry, entries.server, entries.client)) return false;
    this.side = this.swapped ? 0 : 1;
    return true;
  }

  private sameEnds(entry: number, low: Uint32Array, high: Uint32Array): boolean {
    const { key } = this;
    const at = entry * 4;
    return (
      (low[at] | 0) === key[0] &&
      (high[at] | 0) === key[4] &&
      (((key[9] >> 8) & 0xff) === AddressFamily.ipv4 ||
        ((low[at + 1] | 0) === key[1] &&
          (high[at + 1] | 0) === key[5] &&
          (low[at + 2] | 0) === key[2] &&
          (high[at + 2] | 0) === key[6] &&
          (low[at + 3] | 0) === key[3] &&
          (high[at + 3] | 0) === key[7]))
    );
  }

  private find(columns: Columns, row: number, view: DataView, tcpFlags: number, number: number): number {
    const known = this.slots[this.probe()] - 1;
    if (known >= 0 && !this.isAnother(known, columns, row, view, tcpFlags)) return known;
    const entry = this.allocate();
    const { entries } = this;
    const reversed = this.answers || this.opening.isFromServer(columns, row, view, tcpFlags);
    const at = row * 4;
    const to = entry * 4;
    for (let i = 0; i < 4; i++) {
      entries.client[to + i] = reversed ? columns.destination[at + i] : columns.source[at + i];
      entries.server[to + i] = reversed ? columns.source[at + i] : columns.destination[at + i];
    }
    entries.clientPort[entry] = reversed ? this.destinationPort : this.sourcePort;
    entries.serverPort[entry] = reversed ? this.sourcePort : this.destinationPort;
    entries.id[entry] = this.nextId++;
    entries.family[entry] = columns.addressFamily[row];
    const transport = columns.transport[row];
    entries.transport[entry] = transport;
    entries.ipProtocol[entry] = transport !== 0 ? transport : ipProtocolOf(columns, row, view);
    entries.vlan[entry] = columns.vlan[row];
    entries.icmp[entry] = this.icmp;
    entries.firstPacket[entry] = number;
    if (reversed && (transport === TCP || transport === UDP)) noteFlipped(entries, entry);
    this.slots[this.probe()] = entry + 1;
    // Ends that are one and the same send everything as the client.
    this.side = reversed && !isToItself(columns, row, this.sourcePort, this.destinationPort) ? 1 : 0;
    return entry;
  }

  /** Whether a packet that has a flow's addresses and ports belongs to another one, which comes after it. */
  private isAnother(entry: number, columns: Columns, row: number, view: DataView, tcpFlags: number): boolean {
    const { entries } = this;
    const transport = columns.transport[row];
    if (transport === TCP) {
      if ((tcpFlags & TcpFlag.syn) !== 0)
        return beginsAnother(entries, entry, this.side, tcpFlags, view.getUint32(columns.transportOffset[row] + 4));
      return isClosing(entries.states[entry]) && columns.time[row] - entries.lastTime[entry] > CLOSED_IDLE;
    }
    if (transport !== UDP && transport !== ICMP && transport !== ICMPV6) return false;
    return columns.time[row] - entries.lastTime[entry] > DATAGRAMS_IDLE;
  }

  private count(columns: Columns, row: number, entry: number, number: number): void {
    const { entries } = this;
    if (this.side === 1) {
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
    const { entries, side } = this;
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
