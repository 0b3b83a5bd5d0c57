/** Stored packets as rows of the packet list and as detail trees. */

import { frameLayer, timeText } from '../../decoders/core/frame.js';
import {
  AddressFamily,
  Columns,
  type FieldNode,
  type LayerNode,
  type PacketTree,
  summarizePacket,
  Walk,
} from '../../decoders/core/index.js';
import { expertOf } from '../../decoders/core/problem.js';
import { isProgramField, type PacketProgram, valuesOfProgram } from '../../decoders/filter/index.js';
import { registry } from '../../decoders/protocols/index.js';
import { EPB, EPB_DIRECTION, hasTime, nanoseconds, packetFlags } from '../formats/epb.js';
import { addressBytes, addressText } from '../index/addresses.js';
import type { Mark } from '../store/marks.js';
import type { CaptureReader, PacketRef } from './capture-reader.js';
import { marksBetween, readComments, timeBefore } from './comments.js';
import { ProcessesOfFlows } from './flows/flow-programs.js';
import type { StoredPacket } from './log-reader.js';
import type { PacketDetail, PacketRow } from './query-types.js';
import { StoredSession } from './sessions/stored-session.js';

/** Everything of a packet that its Enhanced Packet Block says. */
interface Frame {
  readonly time: bigint | null;
  readonly captured: number;
  readonly original: number;
  readonly interfaceId: number;
  readonly direction: PacketRow['direction'];
  readonly comments: readonly string[];
}

function readFrame({ view, at }: StoredPacket): Frame {
  const direction = packetFlags(view, at) & 3;
  return {
    time: hasTime(view, at)
      ? nanoseconds(view.getUint32(at + EPB.timeHigh, true), view.getUint32(at + EPB.timeLow, true))
      : null,
    captured: view.getUint32(at + EPB.captured, true),
    original: view.getUint32(at + EPB.original, true),
    interfaceId: view.getUint32(at + EPB.interface, true),
    direction:
      direction === EPB_DIRECTION.inbound ? 'inbound' : direction === EPB_DIRECTION.outbound ? 'outbound' : null,
    comments: readComments(view, at),
  };
}

/** A packet with everything that a row, a tree or a line of an export needs. */
export interface DecodedPacket {
  readonly row: PacketRow;
  readonly tree: PacketTree;
  /** With the frame's own layer in front. */
  readonly layers: readonly LayerNode[];
}

/** Turns references into rows; comments and marks come with them. */
export class RowBuilder {
  private readonly columns = new Columns(1);
  private readonly walk = new Walk();
  private readonly processes: ProcessesOfFlows;
  /** The packet with a time that was decoded last. */
  private latest: { readonly number: number; readonly relative: bigint } | undefined;

  constructor(
    private readonly reader: CaptureReader,
    private readonly marks: readonly Mark[],
    private readonly fields: readonly string[] = [],
    private readonly session = new StoredSession(reader),
  ) {
    this.processes = new ProcessesOfFlows(reader);
  }

  /** @returns undefined when the ring has deleted the packet meanwhile */
  row(ref: PacketRef): PacketRow | undefined {
    return this.decode(ref)?.row;
  }

  /** For a session that is thorough. @returns undefined as `row` */
  detail(ref: PacketRef): PacketDetail | undefined {
    const decoded = this.decode(ref);
    const stored = this.reader.log.read(ref);
    if (decoded === undefined || stored === undefined) return undefined;
    const { view, at } = stored;
    const { sources } = decoded.tree;
    const bytes = Buffer.from(view.buffer, view.byteOffset + at + EPB.data, view.getUint32(at + EPB.captured, true));
    return {
      ...decoded.row,
      layers: decoded.layers,
      details: decoded.tree.problems.map((problem) => ({ ...problem, ...expertOf(problem) })),
      bytes: bytes.toString('base64'),
      ...(sources === undefined
        ? {}
        : { sources: sources.map(({ name, bytes }) => ({ name, bytes: Buffer.from(bytes).toString('base64') })) }),
    };
  }

  decode(ref: PacketRef): DecodedPacket | undefined {
    const stored = this.reader.log.read(ref);
    if (stored === undefined) return undefined;
    const { view, at } = stored;
    const frame = readFrame(stored);
    const source = this.reader.interface(frame.interfaceId);
    const linkType = source?.link_type ?? -1;
    const start = at + EPB.data;
    summarizePacket(registry, view, linkType, start, frame.captured, frame.original, this.walk, this.columns, 0);
    const base = this.reader.baseTime;
    const relative = frame.time === null || base === undefined ? null : frame.time - base;
    const flow = this.reader.flowOf(ref);
    const { process, processes } = this.processes.of(flow);
    const sourceName = source?.name ?? '';
    // From here on the stored packet's buffer may be another one: the packets before it are read too.
    const tree = this.session.dissect(ref);
    if (tree === undefined) return undefined;
    const comments = [...frame.comments, ...this.marksBefore(ref.number, frame.time)];
    const layers = [
      frameLayer(
        {
          number: ref.number,
          time: frame.time,
          relative,
          ...(relative === null ? {} : { delta: this.delta(ref.number, relative) }),
          length: frame.original,
          captured: frame.captured,
          interfaceId: frame.interfaceId,
          interfaceName: sourceName,
          comments,
        },
        tree.layers,
      ),
      ...tree.layers,
    ];
    const row: PacketRow = {
      number: ref.number,
      time: frame.time === null ? null : timeText(frame.time),
      relativeTime: relative === null ? null : Number(relative) / 1e9,
      length: frame.original,
      capturedLength: frame.captured,
      ...this.addresses(),
      protocol: tree.protocol,
      info: tree.info,
      flow: flow === 0 ? null : flow,
      ...(process === null ? {} : { process }),
      interface: sourceName,
      direction: frame.direction,
      // What only tells how a connection goes on (a SYN, a FIN) is no problem.
      problems: [...new Set(tree.problems.filter(({ severity }) => severity !== 'chat').map(({ kind }) => kind))],
      ...(comments.length > 0 ? { comments } : {}),
      ...(this.fields.length > 0 ? { fields: this.values(layers, processes) } : {}),
    };
    return { row, tree, layers };
  }

  /** The addresses and ports of the packet that was summarized last: the same that its flow goes by. */
  private addresses(): Pick<PacketRow, 'source' | 'destination' | 'sourcePort' | 'destinationPort'> {
    const { columns } = this;
    const family = columns.addressFamily[0];
    const known = family !== AddressFamily.none;
    const ports = columns.transport[0] !== 0 && (columns.sourcePort[0] !== 0 || columns.destinationPort[0] !== 0);
    return {
      source: known ? addressText(addressBytes(family, columns.source, 0)) : null,
      destination: known ? addressText(addressBytes(family, columns.destination, 0)) : null,
      sourcePort: ports ? columns.sourcePort[0] : null,
      destinationPort: ports ? columns.destinationPort[0] : null,
    };
  }

  private values(layers: readonly LayerNode[], processes: readonly PacketProgram[]): Record<string, string[]> {
    return Object.fromEntries(
      this.fields.map((name) => {
        if (isProgramField(name)) return [name, valuesOfProgram(processes, name).map(String)];
        const members = registry.either(name)?.map((field) => field.name) ?? [name];
        const values: string[] = [];
        for (const layer of layers) {
          if (layer.protocol === name) values.push(layer.title);
          collect(layer.fields, members, values);
        }
        return [name, values];
      }),
    );
  }

  /** Nanoseconds since the packet before; 0 for the first, as Wireshark has it. */
  private delta(number: number, relative: bigint): bigint {
    const { latest } = this;
    this.latest = { number, relative };
    // Most rows follow one another.
    if (latest?.number === number - 1) return relative - latest.relative;
    const before = timeBefore(this.reader, number);
    return Number.isNaN(before) ? 0n : relative - BigInt(before);
  }

  /** Marks made after the packet before this one and not after this one. */
  private marksBefore(number: number, time: bigint | null): string[] {
    if (this.marks.length === 0 || time === null) return [];
    const before = timeBefore(this.reader, number);
    const from = Number.isNaN(before) ? -1n : (this.reader.baseTime ?? 0n) + BigInt(before);
    return marksBetween(this.marks, from, time);
  }
}

function collect(fields: readonly FieldNode[], names: readonly string[], values: string[]): void {
  for (const field of fields) {
    if (names.includes(field.name)) values.push(field.text);
    if (field.fields !== undefined) collect(field.fields, names, values);
  }
}
