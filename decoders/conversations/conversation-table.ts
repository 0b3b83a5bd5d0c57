/**
 * Finds the conversation of a packet by addresses, ports and transport, whichever way it goes. A hash over typed arrays:
 * nothing is allocated for a packet, and no more conversations are kept than asked for.
 */

import { AddressFamily, type Columns } from '../core/columns.js';

const FIRST_CAPACITY = 256;
/** Words of a key: two addresses of four each, the ports, family and transport. */
const KEY_WORDS = 10;

export class ConversationTable {
  /** Of the conversation found last: whether the packet's source is the greater of the two ends. */
  reversed = false;
  /** Of the conversation found last: whether it was not there before. */
  fresh = false;
  /** Entries that there is room for; arrays beside the table have to be as long. */
  capacity: number;
  private keys: Int32Array;
  private lastUse: Float64Array;
  /** entry + 1 by hash; 0: free. */
  private slots: Int32Array;
  private readonly key = new Int32Array(KEY_WORDS);
  /** Entries that were given back. */
  private free: number[] = [];
  private used = 0;
  private clock = 0;

  /**
   * @param maximum conversations that are kept; for one more, the half that is idle longest is forgotten
   * @param forget told of each entry before it is used for another conversation
   */
  constructor(
    private readonly maximum: number,
    private readonly forget: (entry: number) => void,
  ) {
    this.capacity = Math.min(FIRST_CAPACITY, maximum);
    this.keys = new Int32Array(this.capacity * KEY_WORDS);
    this.lastUse = new Float64Array(this.capacity);
    this.slots = new Int32Array(this.capacity * 2);
  }

  /**
   * The entry of the conversation, made when it is new.
   *
   * @param columns addresses in row `row`
   * @param transport IP protocol number
   */
  find(columns: Columns, row: number, transport: number, sourcePort: number, destinationPort: number): number {
    this.load(columns, row, transport, sourcePort, destinationPort);
    let slot = this.probe();
    let entry = this.slots[slot] - 1;
    this.fresh = entry < 0;
    if (entry < 0) {
      if (this.free.length === 0 && this.used === this.capacity) {
        if (this.capacity < this.maximum) this.grow();
        else this.evict();
        slot = this.probe();
      }
      entry = this.free.pop() ?? this.used++;
      this.keys.set(this.key, entry * KEY_WORDS);
      this.slots[slot] = entry + 1;
    }
    this.lastUse[entry] = ++this.clock;
    return entry;
  }

  /** Writes the key of a row: the smaller end first, so that both directions meet. */
  private load(
    { source, destination, addressFamily }: Columns,
    row: number,
    transport: number,
    sourcePort: number,
    destinationPort: number,
  ): void {
    const { key } = this;
    const at = row * 4;
    let order = 0;
    for (let i = 0; i < 4 && order === 0; i++) order = source[at + i] - destination[at + i];
    if (order === 0) order = sourcePort - destinationPort;
    this.reversed = order > 0;
    const low = order > 0 ? destination : source;
    const high = order > 0 ? source : destination;
    for (let i = 0; i < 4; i++) {
      key[i] = low[at + i];
      key[4 + i] = high[at + i];
    }
    key[8] = order > 0 ? (destinationPort << 16) | sourcePort : (sourcePort << 16) | destinationPort;
    key[9] = (addressFamily[row] << 8) | transport;
  }

  /** The slot that holds the loaded key, or the free one where it belongs. */
  private probe(): number {
    const { key, keys, slots } = this;
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
    for (; slots[slot] !== 0; slot = (slot + 1) & mask) {
      const at = (slots[slot] - 1) * KEY_WORDS;
      if (keys[at + 8] !== key[8] || keys[at + 9] !== key[9]) continue;
      let same = true;
      for (let i = 0; i < 8 && same; i++) same = keys[at + i] === key[i];
      if (same) break;
    }
    return slot;
  }

  private grow(): void {
    this.capacity = Math.min(this.capacity * 2, this.maximum);
    const keys = new Int32Array(this.capacity * KEY_WORDS);
    keys.set(this.keys);
    this.keys = keys;
    const lastUse = new Float64Array(this.capacity);
    lastUse.set(this.lastUse);
    this.lastUse = lastUse;
    this.rehash(() => true);
  }

  private evict(): void {
    const limit = this.lastUse.slice().sort()[this.capacity >> 1];
    this.rehash((entry) => {
      if (this.lastUse[entry] > limit) return true;
      this.forget(entry);
      this.free.push(entry);
      return false;
    });
  }

  /** Makes the slots again, of the entries that `keep` lets stay. */
  private rehash(keep: (entry: number) => boolean): void {
    const wanted = this.key.slice();
    let slots = 2;
    while (slots < this.capacity * 2) slots *= 2;
    this.slots = new Int32Array(slots);
    for (let entry = 0; entry < this.used; entry++) {
      if (!keep(entry)) continue;
      this.key.set(this.keys.subarray(entry * KEY_WORDS, (entry + 1) * KEY_WORDS));
      this.slots[this.probe()] = entry + 1;
    }
    this.key.set(wanted);
  }
}
