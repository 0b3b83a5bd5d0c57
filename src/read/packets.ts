/** Packets of a file one after the other, decoded as far as somebody asks, in bounded memory. */

import {
  EPB,
  hasTime,
  nanoseconds,
  nextBlock,
  nextPacket,
  relativeNanoseconds,
  viewOf,
} from '../../captures/formats/epb.js';
import { addressBytes, addressText } from '../../captures/index/addresses.js';
import { readComments } from '../../captures/query/comments.js';
import type { KeyLog } from '../../captures/secrets/key-log.js';
import { keyLogTexts } from '../../captures/secrets/secrets-blocks.js';
import type { Block, CaptureInterface, PacketSource } from '../../captures/sources/source.js';
import { frameLayer } from '../../decoders/core/frame.js';
import {
  AddressFamily,
  Columns,
  dissect,
  type LayerNode,
  PacketFlag,
  type PacketTree,
  type Registry,
  summarizePacket,
  Walk,
  walkPacket,
} from '../../decoders/core/index.js';
import type { CompiledFilter, FilterPacket } from '../../decoders/filter/index.js';
import type { SessionOptions } from '../../decoders/session/options.js';
import { Session } from '../../decoders/session/session.js';

/** The packet that is being looked at. Its parts are decoded when they are asked for, and valid until the next one. */
export class Packet implements FilterPacket {
  view: DataView = new DataView(new ArrayBuffer(0));
  start = 0;
  captured = 0;
  original = 0;
  linkType = 0;
  number = 0;
  timeHigh = 0;
  timeLow = 0;
  relativeNanoseconds = 0;
  private before = Number.NaN;
  private last = Number.NaN;
  interfaceId = 0;
  interfaceName = '';
  readonly walk = new Walk();
  /** Whether it has a time at all. */
  timed = false;
  /** Decimals of a second that the file's clock had. */
  decimals = 6;
  private baseHigh = -1;
  private baseLow = 0;
  private decoded: PacketTree | undefined;
  private readonly columns = new Columns(1);
  /** For what walks again: `walk` itself stays as the filter knows it. */
  private readonly spare = new Walk();

  /** @param session asked for trees: of every packet when `inOrder`, otherwise of IP fragments only */
  constructor(
    private readonly registry: Registry,
    private readonly session: Session,
    private readonly inOrder: boolean,
  ) {}

  /** Moves on to the Enhanced Packet Block at `at`. */
  next(view: DataView, at: number, from: CaptureInterface | undefined): void {
    this.decoded = undefined;
    this.number++;
    this.view = view;
    this.start = at + EPB.data;
    this.captured = view.getUint32(at + EPB.captured, true);
    this.original = view.getUint32(at + EPB.original, true);
    this.interfaceId = view.getUint32(at + EPB.interface, true);
    this.timeHigh = view.getUint32(at + EPB.timeHigh, true);
    this.timeLow = view.getUint32(at + EPB.timeLow, true);
    this.timed = hasTime(view, at);
    this.linkType = from?.linkType ?? -1;
    this.interfaceName = from?.name ?? '';
    this.decimals = decimalsOf(from?.originalResolution ?? 9);
    if (this.timed && this.baseHigh < 0) {
      this.baseHigh = this.timeHigh;
      this.baseLow = this.timeLow;
    }
    this.relativeNanoseconds = this.timed
      ? relativeNanoseconds(this.timeHigh, this.timeLow, this.baseHigh, this.baseLow)
      : 0;
    this.before = this.last;
    this.last = this.timed ? this.relativeNanoseconds : Number.NaN;
    if (!this.inOrder) {
      walkPacket(this.registry, view, this.linkType, this.start, this.captured, this.original, this.walk);
      if ((this.walk.flags & PacketFlag.fragment) === 0) return;
    }
    // The session has to see them as they come, whoever looks at them afterwards.
    this.decoded = this.session.dissect(this);
  }

  matches(filter: CompiledFilter): boolean {
    return this.decoded === undefined ? filter.matches(this) : filter.matchesTree(this, this.decoded);
  }

  previousNanoseconds(): number {
    return this.before;
  }

  comments(): string[] {
    return readComments(this.view, this.start - EPB.data);
  }

  get tree(): PacketTree {
    this.decoded ??= dissect(this.registry, this, this.spare);
    return this.decoded;
  }

  /** Nanoseconds since 1970; null when it has no time. */
  get time(): bigint | null {
    return this.timed ? nanoseconds(this.timeHigh, this.timeLow) : null;
  }

  /** All layers, with the frame's own in front. */
  get layers(): LayerNode[] {
    const base = nanoseconds(Math.max(0, this.baseHigh), this.baseLow);
    const { time } = this;
    const frame = frameLayer(
      {
        number: this.number,
        time,
        relative: time === null ? null : time - base,
        ...(time === null ? {} : { delta: Number.isNaN(this.before) ? 0n : time - base - BigInt(this.before) }),
        length: this.original,
        captured: this.captured,
        interfaceId: this.interfaceId,
        interfaceName: this.interfaceName,
        comments: this.comments(),
      },
      this.tree.layers,
    );
    return [frame, ...this.tree.layers];
  }

  /** Source and destination as the packet list shows them; empty when there are none. */
  get addresses(): readonly [string, string] {
    const { columns } = this;
    summarizePacket(
      this.registry,
      this.view,
      this.linkType,
      this.start,
      this.captured,
      this.original,
      this.spare,
      columns,
      0,
    );
    const family = columns.addressFamily[0];
    if (family === AddressFamily.none) return ['', ''];
    return [
      addressText(addressBytes(family, columns.source, 0)),
      addressText(addressBytes(family, columns.destination, 0)),
    ];
  }
}

/** Decimals of a clock's resolution, as raw `if_tsresol`: powers of ten, or with the highest bit set of two. */
function decimalsOf(resolution: number): number {
  const power = resolution & 0x7f;
  return Math.min(9, (resolution & 0x80) === 0 ? power : Math.ceil(power * Math.log10(2)));
}

/** What is done with the packets of a file. */
export interface Sink {
  /** A packet that the filter lets through. */
  packet?(packet: Packet): void;
  /** After a block: what came of it may be written; it is asked which packets matched by their index in the block. */
  block?(block: Block, source: PacketSource, matched: (index: number) => boolean): Promise<void>;
}

/** How packets are decoded and chosen. */
export interface Reading {
  readonly registry: Registry;
  readonly filter: CompiledFilter | undefined;
  /** Packets to read at most, as tshark counts them: before the filter. */
  readonly limit: number;
  readonly session: SessionOptions;
  /** Gets the secrets that the file brings with it. */
  readonly keyLog: KeyLog;
  /** Whether the sink looks at what depends on earlier packets. */
  readonly inOrder: boolean;
}

/**
 * Reads a source to its end, or to the limit.
 *
 * @returns whether the source ended by itself
 */
export async function readPackets(
  source: PacketSource,
  sink: Sink,
  { registry, filter, limit, session, keyLog, inOrder }: Reading,
): Promise<void> {
  const deep = inOrder || filter?.shallow === false;
  const packet = new Packet(registry, new Session(registry, session), deep);
  let matched: boolean[] = [];
  while (packet.number < limit) {
    const block = await source.next();
    if (block === null) return;
    const { bytes } = block;
    const view = viewOf(bytes);
    matched = [];
    for (const text of keyLogTexts(bytes)) keyLog.add(text);
    for (
      let at = nextPacket(view, 0, bytes.length);
      at >= 0;
      at = nextPacket(view, nextBlock(view, at), bytes.length)
    ) {
      if (packet.number >= limit) break;
      packet.next(view, at, source.interfaces[view.getUint32(at + EPB.interface, true)]);
      const matches = filter === undefined || packet.matches(filter);
      matched.push(matches);
      if (matches) sink.packet?.(packet);
    }
    await sink.block?.(block, source, (index) => matched[index] === true);
  }
  await source.stop();
}
