/** The numbers of the flows in memory: a struct of typed arrays, one entry a flow. */

/** Letters of a flow's history at most; one that would be longer ends with an `X`. */
export const HISTORY_LETTERS = 24;

/** Sequence numbers that are remembered of each side of a TCP flow: places in `FlowEntries.sequence`. */
export const Sequence = { syn: 0, fin: 1, rst: 2, next: 3, holeFrom: 4, holeTo: 5 } as const;
export const SEQUENCES = 6;

/** What is counted of each side for the history: places in `FlowEntries.times`. */
export const Times = { checksum: 0, retransmission: 1, zeroWindow: 2, gap: 3 } as const;
export const TIMES = 4;

type Column = Uint8Array | Uint16Array | Int16Array | Uint32Array | Float64Array;

/** A flow's numbers, by entry (not by id). Counters are doubles: exact to 2^53. Side 0 is the client. */
export class FlowEntries {
  readonly id: Uint32Array;
  readonly family: Uint8Array;
  /** IP protocol number of the transport; 0: none that is known, or no IP. */
  readonly transport: Uint8Array;
  /** IP protocol number in the first packet's header; 0: no IP, or extension headers hide it. */
  readonly ipProtocol: Uint8Array;
  /** Four words an address, as in `Columns`. */
  readonly client: Uint32Array;
  readonly server: Uint32Array;
  /** Of an ICMP flow whose messages have an identifier, the client's is that. */
  readonly clientPort: Uint16Array;
  readonly serverPort: Uint16Array;
  /** As in `Columns`: the outermost VLAN's id, and 4096 times that of the one inside; 0: none. */
  readonly vlan: Uint32Array;
  /** Of ICMP: 256 times the type, plus the code; of messages that are answered, the question's, with code 0. */
  readonly icmp: Uint16Array;
  readonly clientPackets: Float64Array;
  readonly clientBytes: Float64Array;
  readonly serverPackets: Float64Array;
  readonly serverBytes: Float64Array;
  /** Of the earliest and the latest packet, nanoseconds since the capture's base time; NaN while none has a time. */
  readonly firstTime: Float64Array;
  readonly lastTime: Float64Array;
  readonly firstPacket: Float64Array;
  readonly lastPacket: Float64Array;
  /** The first packet of the client that carries data; 0: none yet. */
  readonly firstData: Float64Array;
  /** Registry id of the highest protocol seen in it. */
  readonly protocol: Uint16Array;
  /** Union of the TCP control bits that each side sent. */
  readonly clientFlags: Uint8Array;
  readonly serverFlags: Uint8Array;
  /** TTL or hop limit of the first packet of each side; -1: none yet, or an address pair without IP. */
  readonly clientTtl: Int16Array;
  readonly serverTtl: Int16Array;
  /** Of the client's latest SYN, and from there to the ACK that completed the handshake, nanoseconds; NaN: unknown. */
  readonly synTime: Float64Array;
  readonly handshake: Float64Array;
  /** Both ends' states, now and before, as connection-state.ts packs them. */
  readonly states: Uint16Array;
  /** Letters that are in the history once at most, or have been there: bits of connection-state.ts, 8 a side. */
  readonly letters: Uint16Array;
  /** Bits of flow-history.ts: which of the sequence numbers are known. */
  readonly known: Uint8Array;
  /** `SEQUENCES` numbers a side. */
  readonly sequence: Uint32Array;
  /** `TIMES` counters a side. */
  readonly times: Uint32Array;
  /** `HISTORY_LETTERS` octets of ASCII. */
  readonly history: Uint8Array;
  readonly historyLength: Uint8Array;

  constructor(
    readonly capacity: number,
    from?: FlowEntries,
  ) {
    this.id = new Uint32Array(capacity);
    this.family = new Uint8Array(capacity);
    this.transport = new Uint8Array(capacity);
    this.ipProtocol = new Uint8Array(capacity);
    this.client = new Uint32Array(capacity * 4);
    this.server = new Uint32Array(capacity * 4);
    this.clientPort = new Uint16Array(capacity);
    this.serverPort = new Uint16Array(capacity);
    this.vlan = new Uint32Array(capacity);
    this.icmp = new Uint16Array(capacity);
    this.clientPackets = new Float64Array(capacity);
    this.clientBytes = new Float64Array(capacity);
    this.serverPackets = new Float64Array(capacity);
    this.serverBytes = new Float64Array(capacity);
    this.firstTime = new Float64Array(capacity);
    this.lastTime = new Float64Array(capacity);
    this.firstPacket = new Float64Array(capacity);
    this.lastPacket = new Float64Array(capacity);
    this.firstData = new Float64Array(capacity);
    this.protocol = new Uint16Array(capacity);
    this.clientFlags = new Uint8Array(capacity);
    this.serverFlags = new Uint8Array(capacity);
    this.clientTtl = new Int16Array(capacity);
    this.serverTtl = new Int16Array(capacity);
    this.synTime = new Float64Array(capacity);
    this.handshake = new Float64Array(capacity);
    this.states = new Uint16Array(capacity);
    this.letters = new Uint16Array(capacity);
    this.known = new Uint8Array(capacity);
    this.sequence = new Uint32Array(capacity * 2 * SEQUENCES);
    this.times = new Uint32Array(capacity * 2 * TIMES);
    this.history = new Uint8Array(capacity * HISTORY_LETTERS);
    this.historyLength = new Uint8Array(capacity);
    if (from === undefined) return;
    const columns = this.columns();
    from.columns().forEach((column, index) => {
      columns[index].set(column);
    });
  }

  /** An entry begins with nothing counted. What names it (id, ends, kind, first packet) is not touched. */
  clear(entry: number): void {
    this.firstTime[entry] = this.lastTime[entry] = Number.NaN;
    this.synTime[entry] = this.handshake[entry] = Number.NaN;
    this.clientTtl[entry] = this.serverTtl[entry] = -1;
    this.clientPackets[entry] = this.serverPackets[entry] = 0;
    this.clientBytes[entry] = this.serverBytes[entry] = 0;
    this.firstData[entry] = this.protocol[entry] = 0;
    this.clientFlags[entry] = this.serverFlags[entry] = 0;
    this.states[entry] = this.letters[entry] = this.known[entry] = this.historyLength[entry] = 0;
    const numbers = 2 * SEQUENCES;
    for (let i = entry * numbers; i < (entry + 1) * numbers; i++) this.sequence[i] = 0;
    const counters = 2 * TIMES;
    for (let i = entry * counters; i < (entry + 1) * counters; i++) this.times[i] = 0;
  }

  /** Moves the entries of `kept` (ascending) to the front, in their order. */
  compact(kept: Int32Array): void {
    const columns = this.columns();
    for (let to = 0; to < kept.length; ) {
      const from = kept[to];
      // What stays together is moved at once.
      let run = 1;
      while (to + run < kept.length && kept[to + run] === from + run) run++;
      if (from !== to)
        for (const column of columns) {
          const width = column.length / this.capacity;
          column.copyWithin(to * width, from * width, (from + run) * width);
        }
      to += run;
    }
  }

  private columns(): Column[] {
    return Object.values(this).filter((value): value is Column => typeof value === 'object');
  }
}
