/** What names a flow: its two ends, transport, VLANs and, of ICMP, the kind of exchange; the same whichever way it goes. */

import { AddressFamily, type Columns } from '../core/columns.js';
import { PacketFlag } from '../core/walk.js';
import type { SideIndex } from './connection-state.js';
import type { FlowEntries } from './flow-entries.js';
import { hasIdentifier, IcmpPart, icmpKey, icmpPart } from './icmp-flows.js';

const ICMP = 1;
const ICMPV6 = 58;
/** Octets of an ICMP message up to its identifier. */
const ICMP_IDENTIFIED = 8;

/** The smaller end's address, the greater end's, ports, family with transport and kind of ICMP, VLANs. */
const KEY_WORDS = 11;

/** The key of one packet or entry at a time; used again for the next. */
export class FlowKey {
  /** Of the packet that was loaded last: its ports, or what stands for them. */
  sourcePort = 0;
  destinationPort = 0;
  /** Of ICMP: what messages of its flow have in common, and whether it answers. */
  icmp = 0;
  answers = false;
  /** Of the entry that was found last: which side of it sent the packet. */
  side: SideIndex = 0;
  private readonly words = new Int32Array(KEY_WORDS);
  /** Whether the packet's source is the greater of the two ends. */
  private swapped = false;

  /** Takes the key of a packet. */
  load(columns: Columns, row: number, view: DataView): void {
    const transport = columns.transport[row];
    this.sourcePort = columns.sourcePort[row];
    this.destinationPort = columns.destinationPort[row];
    this.icmp = 0;
    this.answers = false;
    if (transport === ICMP || transport === ICMPV6) this.readIcmp(columns, row, view);
    const { source, destination } = columns;
    const { sourcePort, destinationPort, words } = this;
    const at = row * 4;
    const isIpv4 = columns.addressFamily[row] === AddressFamily.ipv4;
    let order = source[at] - destination[at];
    if (!isIpv4) for (let i = 1; i < 4 && order === 0; i++) order = source[at + i] - destination[at + i];
    if (order === 0) order = sourcePort - destinationPort;
    const swapped = order > 0;
    this.swapped = swapped;
    const low = swapped ? destination : source;
    const high = swapped ? source : destination;
    words[0] = low[at];
    words[4] = high[at];
    // Nobody looks at the other words of IPv4 addresses.
    if (!isIpv4)
      for (let i = 1; i < 4; i++) {
        words[i] = low[at + i];
        words[4 + i] = high[at + i];
      }
    words[8] = swapped ? (destinationPort << 16) | sourcePort : (sourcePort << 16) | destinationPort;
    words[9] = (this.icmp << 16) | (columns.addressFamily[row] << 8) | transport;
    words[10] = columns.vlan[row];
  }

  /** Takes the key of an entry. */
  loadEntry(entries: FlowEntries, entry: number): void {
    const { words } = this;
    const at = entry * 4;
    let order = 0;
    for (let i = 0; i < 4 && order === 0; i++) order = entries.client[at + i] - entries.server[at + i];
    if (order === 0) order = entries.clientPort[entry] - entries.serverPort[entry];
    const swapped = order > 0;
    const low = swapped ? entries.server : entries.client;
    const high = swapped ? entries.client : entries.server;
    for (let i = 0; i < 4; i++) {
      words[i] = low[at + i];
      words[4 + i] = high[at + i];
    }
    const client = entries.clientPort[entry];
    const server = entries.serverPort[entry];
    words[8] = swapped ? (server << 16) | client : (client << 16) | server;
    words[9] = (entries.icmp[entry] << 16) | (entries.family[entry] << 8) | entries.transport[entry];
    words[10] = entries.vlan[entry];
  }

  /** The key as it is now, to `restore` after others were loaded. */
  save(): Int32Array {
    return this.words.slice();
  }

  restore(saved: Int32Array): void {
    this.words.set(saved);
  }

  hash(): number {
    const { words } = this;
    let hash = 0x9e3779b9 | 0;
    // The other words of IPv4 addresses are zero.
    const step = ((words[9] >> 8) & 0xff) === AddressFamily.ipv4 ? 4 : 1;
    for (let i = 0; i < 8; i += step) {
      hash = Math.imul(hash ^ words[i], 0x85ebca6b);
      hash ^= hash >>> 15;
    }
    hash = Math.imul(hash ^ words[8], 0x85ebca6b);
    hash = Math.imul(hash ^ (hash >>> 15) ^ words[9] ^ (words[10] << 8), 0xc2b2ae35);
    return hash ^ (hash >>> 16);
  }

  /** Whether an entry has the key; if so, `side` says which end sent the packet that was loaded. */
  matches(entries: FlowEntries, entry: number): boolean {
    const { words } = this;
    const kind = (entries.icmp[entry] << 16) | (entries.family[entry] << 8) | entries.transport[entry];
    if (kind !== words[9] || entries.vlan[entry] !== words[10]) return false;
    const ports = (entries.clientPort[entry] << 16) | entries.serverPort[entry];
    if (ports === words[8] && this.sameEnds(entry, entries.client, entries.server)) {
      this.side = this.swapped ? 1 : 0;
      return true;
    }
    const reversed = (entries.serverPort[entry] << 16) | entries.clientPort[entry];
    if (reversed !== words[8] || !this.sameEnds(entry, entries.server, entries.client)) return false;
    this.side = this.swapped ? 0 : 1;
    return true;
  }

  private sameEnds(entry: number, low: Uint32Array, high: Uint32Array): boolean {
    const { words } = this;
    const at = entry * 4;
    return (
      (low[at] | 0) === words[0] &&
      (high[at] | 0) === words[4] &&
      (((words[9] >> 8) & 0xff) === AddressFamily.ipv4 ||
        ((low[at + 1] | 0) === words[1] &&
          (high[at + 1] | 0) === words[5] &&
          (low[at + 2] | 0) === words[2] &&
          (high[at + 2] | 0) === words[6] &&
          (low[at + 3] | 0) === words[3] &&
          (high[at + 3] | 0) === words[7]))
    );
  }

  /** An ICMP message has its identifier for the port of the end that asked. */
  private readIcmp(columns: Columns, row: number, view: DataView): void {
    const offset = columns.transportOffset[row];
    if (offset < 0 || offset + ICMP_IDENTIFIED > view.byteLength) return;
    const transport = columns.transport[row];
    const type = view.getUint8(offset);
    this.icmp = icmpKey(transport, type, view.getUint8(offset + 1));
    this.answers = icmpPart(transport, type) === IcmpPart.answer;
    const isWhole =
      columns.transportEnd[row] - offset >= ICMP_IDENTIFIED && (columns.flags[row] & PacketFlag.short) === 0;
    if (!isWhole || !hasIdentifier(transport, type)) return;
    const identifier = view.getUint16(offset + 4);
    if (this.answers) this.destinationPort = identifier;
    else this.sourcePort = identifier;
  }
}
