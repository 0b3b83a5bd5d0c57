/** Conversations and endpoints from the packets' own headers: exact for tunnels too, where flows know the innermost. */

import { AddressFamily, Columns, Walk, walkPacket } from '../../../decoders/core/index.js';
import { registry } from '../../../decoders/protocols/index.js';
import { EPB, hasTime, relativeNanoseconds } from '../../formats/epb.js';
import { addressBytes, addressText } from '../../index/addresses.js';
import type { CaptureReader } from '../capture-reader.js';
import { Conversations, Endpoints, type PairType, type Passage, pairsFound } from './pairs.js';
import type { Tally } from './statistic.js';

const TRANSPORTS: ReadonlySet<string> = new Set(['tcp', 'udp', 'sctp']);
/** Texts of addresses that are kept, by their words: making them costs more than all the rest. */
const MAXIMUM_TEXTS = 100_000;

/** Counts every layer of one protocol that is no quotation. */
export class LayerScan implements Tally {
  private readonly id: number;
  private readonly pairs: Conversations | Endpoints;
  private readonly columns = new Columns(1);
  private readonly walk = new Walk();
  private readonly texts = new Map<string, string>();
  private readonly baseHigh: number;
  private readonly baseLow: number;

  constructor(
    private readonly reader: CaptureReader,
    private readonly type: PairType,
    kind: 'conversations' | 'endpoints',
  ) {
    this.id = registry.idOf(type);
    this.pairs = kind === 'conversations' ? new Conversations() : new Endpoints();
    const base = reader.baseTime ?? 0n;
    this.baseHigh = Number(base >> 32n);
    this.baseLow = Number(base & 0xffffffffn);
  }

  /** TCP ports are used again: the flow tells the connections apart. */
  get wantsFlows(): boolean {
    return this.type === 'tcp';
  }

  add(view: DataView, at: number, _number: number, matches: boolean, flow: number): void {
    if (!matches) return;
    const { walk } = this;
    const captured = view.getUint32(at + EPB.captured, true);
    const original = view.getUint32(at + EPB.original, true);
    const linkType = this.reader.interface(view.getUint32(at + EPB.interface, true))?.link_type ?? -1;
    walkPacket(registry, view, linkType, at + EPB.data, captured, original, walk);
    const depth = Math.min(walk.depth, walk.quotedFrom);
    for (let layer = 0; layer < depth; layer++)
      if (walk.protocol[layer] === this.id) this.layer(view, at, layer, original, flow);
  }

  result() {
    return pairsFound(this.pairs);
  }

  private layer(view: DataView, at: number, layer: number, bytes: number, stream: number): void {
    const { walk } = this;
    const transport = TRANSPORTS.has(this.type);
    let addresses = layer;
    if (transport) while (addresses >= 0 && !registry.runtime(walk.protocol[addresses]).isNetwork) addresses--;
    // Without a network layer there is nobody to count, and a header that was cut has no addresses to give.
    if (addresses < 0) return;
    const { fill, fillLength } = registry.runtime(walk.protocol[addresses]);
    if (fill === undefined || walk.headerEnd[addresses] - walk.start[addresses] < fillLength) return;
    if (transport && walk.headerEnd[layer] - walk.start[layer] < 4) return;
    fill(view, walk.start[addresses], this.columns, 0);
    const high = view.getUint32(at + EPB.timeHigh, true);
    const low = view.getUint32(at + EPB.timeLow, true);
    const time = hasTime(view, at) ? relativeNanoseconds(high, low, this.baseHigh, this.baseLow) : Number.NaN;
    const passage: Passage = {
      source: this.text(this.columns.source),
      destination: this.text(this.columns.destination),
      sourcePort: transport ? view.getUint16(walk.start[layer]) : undefined,
      destinationPort: transport ? view.getUint16(walk.start[layer] + 2) : undefined,
      stream: this.wantsFlows ? stream : 0,
      packets: 1,
      bytes,
      first: time,
      last: time,
    };
    this.pairs.add(passage);
  }

  private text(words: Uint32Array): string {
    const family = this.columns.addressFamily[0];
    const key =
      family === AddressFamily.ipv4 ? String(words[0]) : `${words[0]} ${words[1]} ${words[2]} ${words[3]} ${family}`;
    let text = this.texts.get(key);
    if (text === undefined) {
      if (this.texts.size >= MAXIMUM_TEXTS) this.texts.clear();
      text = addressText(addressBytes(family, words, 0));
      this.texts.set(key, text);
    }
    return text;
  }
}
