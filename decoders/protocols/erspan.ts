import { bits, flag, protocol, uint, type Walk } from '../core/index.js';

const versions = { 1: 'Type II', 2: 'Type III' };
const encapsulations = {
  0: 'Originally without VLAN tag',
  1: 'Originally ISL encapsulated',
  2: 'Originally 802.1Q encapsulated',
  3: 'VLAN tag preserved in frame',
};
const integrity = { 0: 'Good or unknown integrity', 1: 'Bad frame', 2: 'Short frame', 3: 'Oversized frame' };
const granularities = { 0: '100 microseconds', 1: '100 nanoseconds', 2: 'IEEE 1588', 3: 'Custom granularity' };

const SECOND_FORM = 8;
const THIRD_FORM = 12;
const SUBHEADER = 8;
/** GRE's flag of a sequence number, and its protocol type of the first two forms. */
const SEQUENCE = 0x10;
const SECOND_TYPE = 0x88be;
const ETHERNET_LINK = 1;

function isThird(view: DataView, start: number): boolean {
  return view.getUint8(start) >> 4 === 2;
}

/** Whether the layer at `depth` is of the first form, which GRE shows: it carries it without a sequence number. */
function isFirst(view: DataView, walk: Walk, depth: number): boolean {
  const carrier = walk.start[depth - 1];
  return view.getUint16(carrier + 2) === SECOND_TYPE && (view.getUint8(carrier) & SEQUENCE) === 0;
}

/** Whether the third form carries an Ethernet frame: its frame type is 0. */
function isFrame(view: DataView, start: number): boolean {
  return (view.getUint8(start + THIRD_FORM - 2) & 0x7c) === 0;
}

/** Encapsulated Remote Switch Packet Analysis, types II and III: mirrored frames over GRE. */
export const erspan = protocol('erspan', 'Encapsulated Remote Switch Packet ANalysis', {
  reference: 'draft-foschiano-erspan-03, section 4',
  carriedBy: { 'gre.proto': [0x88be, 0x22eb] },
  // The first form has no header at all.
  header: {},
  fields: {
    first: bits(
      16,
      'Version and VLAN',
      {
        version: uint(4, 'Version', { filter: 'erspan.version', labels: versions }),
        vlan: uint(12, 'Vlan', { filter: 'erspan.vlan' }),
      },
      { bare: true },
    ),
    second: bits(
      16,
      'Second form',
      {
        cos: uint(3, 'COS', { filter: 'erspan.cos' }),
        encap: uint(2, 'Encap', { filter: 'erspan.encap', labels: encapsulations }),
        truncated: uint(1, 'Truncated', {
          filter: 'erspan.truncated',
          labels: { 0: 'Not truncated', 1: 'Truncated' },
        }),
        spanid: uint(10, 'SpanID', { filter: 'erspan.spanid' }),
      },
      { bare: true },
    ),
    indexed: bits(
      32,
      'Index',
      {
        reserved: uint(12, 'Reserved', { filter: 'erspan.reserved' }),
        index: uint(20, 'Index', { filter: 'erspan.index' }),
      },
      { bare: true },
    ),
    third: bits(
      16,
      'Third form',
      {
        cos: uint(3, 'COS', { filter: 'erspan.cos' }),
        bso: uint(2, 'Bad/Short/Oversized', { filter: 'erspan.bso', labels: integrity }),
        truncated: uint(1, 'Truncated', {
          filter: 'erspan.truncated',
          labels: { 0: 'Not truncated', 1: 'Truncated' },
        }),
        spanid: uint(10, 'SpanID', { filter: 'erspan.spanid' }),
      },
      { bare: true },
    ),
    timestamp: uint(32, 'Timestamp'),
    sgt: uint(16, 'Security Group Tag'),
    frame: bits(
      16,
      'Frame',
      {
        p: uint(1, 'Has Ethernet PDU', { filter: 'erspan.p' }),
        ft: uint(5, 'Frame Type', { filter: 'erspan.ft', labels: { 0: 'Ethernet', 2: 'IP' } }),
        hw: uint(6, 'Hardware ID', { filter: 'erspan.hw' }),
        direction: flag('Direction', { filter: 'erspan.direction' }),
        gra: uint(2, 'Timestamp granularity', { filter: 'erspan.gra', labels: granularities }),
        o: uint(1, 'Optional Sub headers', { filter: 'erspan.o' }),
      },
      { bare: true },
    ),
  },
  headerLength: (_read, view, start, end, walk) => {
    if (isFirst(view, walk, walk.depth)) return 0;
    if (start >= end || !isThird(view, start)) return SECOND_FORM;
    const more = start + THIRD_FORM <= end && (view.getUint8(start + THIRD_FORM - 1) & 1) !== 0;
    return more ? THIRD_FORM + SUBHEADER : THIRD_FORM;
  },
  next: {
    table: 'linktype',
    value: (_read, view, start, _end, walk) =>
      isFirst(view, walk, walk.depth - 1) || !isThird(view, start) || isFrame(view, start) ? ETHERNET_LINK : -1,
  },
  body: (body, field) => {
    if (isFirst(body.view, body.walk, body.depth)) return;
    body.number(field.first);
    if (!isThird(body.view, body.start)) {
      body.number(field.second);
      body.number(field.indexed);
      return;
    }
    body.number(field.third);
    body.number(field.timestamp);
    body.number(field.sgt);
    body.number(field.frame);
    if (body.remaining > 0) body.skip(body.remaining);
  },
  info: () => 'ERSPAN:',
});
