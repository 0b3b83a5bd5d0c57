/** The fast walker: one packet's row of the summary columns, without an allocation. */

import { AddressFamily, type Columns } from './columns.js';
import type { Field } from './field.js';
import type { Protocol } from './protocol.js';
import type { Registry } from './registry.js';
import { type Walk, walkPacket } from './walk.js';

/** Writes one header's declared columns into a row. */
export type Fill = (view: DataView, start: number, columns: Columns, row: number) => void;

type WordsOf = (columns: Columns) => Uint32Array;
// One function a column: a property chosen by a variable name would cost a dictionary look-up per packet.
const sourceOf: WordsOf = (columns) => columns.source;
const destinationOf: WordsOf = (columns) => columns.destination;

function fillPort(field: Field): Fill {
  const byte = field.bitOffset / 8;
  if (field.bits !== 16 || !Number.isInteger(byte)) throw new Error(`${field.name}: a port column needs 16 bits`);
  if (field.column === 'sourcePort')
    return (view, start, columns, row) => {
      columns.sourcePort[row] = view.getUint16(start + byte);
    };
  return (view, start, columns, row) => {
    columns.destinationPort[row] = view.getUint16(start + byte);
  };
}

function fillAddress(field: Field): Fill {
  const byte = field.bitOffset / 8;
  const words = field.column === 'source' ? sourceOf : destinationOf;
  if (field.kind === 'ipv4')
    return (view, start, columns, row) => {
      const to = words(columns);
      const at = row * 4;
      to[at] = view.getUint32(start + byte);
      to[at + 1] = to[at + 2] = to[at + 3] = 0;
      columns.addressFamily[row] = AddressFamily.ipv4;
    };
  if (field.kind === 'ipv6')
    return (view, start, columns, row) => {
      const to = words(columns);
      const at = row * 4;
      to[at] = view.getUint32(start + byte);
      to[at + 1] = view.getUint32(start + byte + 4);
      to[at + 2] = view.getUint32(start + byte + 8);
      to[at + 3] = view.getUint32(start + byte + 12);
      columns.addressFamily[row] = AddressFamily.ipv6;
    };
  if (field.kind === 'ether')
    return (view, start, columns, row) => {
      const to = words(columns);
      const at = row * 4;
      to[at] = view.getUint16(start + byte);
      to[at + 1] = view.getUint32(start + byte + 2);
      to[at + 2] = to[at + 3] = 0;
      columns.addressFamily[row] = AddressFamily.ether;
    };
  throw new Error(`${field.name}: a ${field.kind} cannot fill an address column`);
}

/** One function for the two columns that most headers have; undefined for other columns. */
function fillPair(protocol: Protocol): Fill | undefined {
  const declared = protocol.header.filter((field) => field.column !== undefined);
  const of = (column: Field['column']) => declared.find((field) => field.column === column);
  const [source, destination] = [of('source'), of('destination')];
  if (declared.length !== 2 || source?.kind !== destination?.kind) return undefined;
  if (source !== undefined && destination !== undefined && source.kind === 'ipv4') {
    const [from, to] = [source.bitOffset / 8, destination.bitOffset / 8];
    return (view, start, columns, row) => {
      const at = row * 4;
      columns.source[at] = view.getUint32(start + from);
      columns.source[at + 1] = columns.source[at + 2] = columns.source[at + 3] = 0;
      columns.destination[at] = view.getUint32(start + to);
      columns.destination[at + 1] = columns.destination[at + 2] = columns.destination[at + 3] = 0;
      columns.addressFamily[row] = AddressFamily.ipv4;
    };
  }
  const [sourcePort, destinationPort] = [of('sourcePort'), of('destinationPort')];
  if (sourcePort?.bits !== 16 || destinationPort?.bits !== 16) return undefined;
  const [from, to] = [sourcePort.bitOffset / 8, destinationPort.bitOffset / 8];
  if (!Number.isInteger(from) || !Number.isInteger(to)) return undefined;
  return (view, start, columns, row) => {
    columns.sourcePort[row] = view.getUint16(start + from);
    columns.destinationPort[row] = view.getUint16(start + to);
  };
}

/** One function for all of a protocol's columns, or undefined when it has none. */
export function compileFill(protocol: Protocol): Fill | undefined {
  const pair = fillPair(protocol);
  if (pair !== undefined) return pair;
  const fills: Fill[] = [];
  for (const field of protocol.header) {
    const column = field.column;
    if (column === 'sourcePort' || column === 'destinationPort') fills.push(fillPort(field));
    else if (column !== undefined) fills.push(fillAddress(field));
  }
  if (fills.length === 0) return undefined;
  if (fills.length === 1) return fills[0];
  if (fills.length === 2) {
    const [first, second] = fills as [Fill, Fill];
    return (view, start, columns, row) => {
      first(view, start, columns, row);
      second(view, start, columns, row);
    };
  }
  return (view, start, columns, row) => {
    for (let i = 0; i < fills.length; i++) fills[i](view, start, columns, row);
  };
}

/**
 * Summarizes the packet at [start, start + captured) into `columns` at `row`. The caller fills time, lengths,
 * interface and offset, and adds direction to the flags.
 *
 * @param original octets on the wire
 */
export function summarizePacket(
  registry: Registry,
  view: DataView,
  linkType: number,
  start: number,
  captured: number,
  original: number,
  walk: Walk,
  columns: Columns,
  row: number,
): void {
  columns.addressFamily[row] = AddressFamily.none;
  columns.sourcePort[row] = columns.destinationPort[row] = 0;
  columns.transport[row] = 0;
  columns.transportOffset[row] = -1;
  columns.transportEnd[row] = -1;
  columns.networkOffset[row] = -1;
  walkPacket(registry, view, linkType, start, captured, original, walk);
  const depth = walk.depth < walk.quotedFrom ? walk.depth : walk.quotedFrom;
  // From the inside out: the innermost addresses are the packet's, and the ports are those above them, so that a
  // tunnel's outer headers are not even looked at.
  for (let i = depth - 1; i >= 0; i--) {
    const layer = registry.runtime(walk.protocol[i]);
    const have = walk.headerEnd[i] - walk.start[i];
    if (layer.ipProtocol !== 0 && columns.transport[row] === 0) {
      columns.transport[row] = layer.ipProtocol;
      if (have >= layer.fixedLength && walk.badLength !== i) {
        columns.transportOffset[row] = walk.start[i];
        columns.transportEnd[row] = walk.end[i];
      }
    }
    if (layer.fill === undefined) continue;
    // A header that was cut before its columns' fields has none to give: the columns say what the tree shows.
    if (have < layer.fillLength || (walk.badLength === i && !layer.fillAlways)) continue;
    layer.fill(view, walk.start[i], columns, row);
    if (layer.hasAddresses) {
      columns.networkOffset[row] = walk.start[i];
      break;
    }
  }
  columns.protocol[row] = depth === 0 ? 0 : walk.protocol[depth - 1];
  columns.vlan[row] = walk.vlan;
  columns.flags[row] = walk.flags;
}
