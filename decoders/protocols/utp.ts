import { type Body, bits, bytes, type Field, group, protocol, startingWith, uint } from '../core/index.js';

const FIXED_OCTETS = 20;
const VERSION = 1;
const SYN = 4;
const SELECTIVE_ACKS = 1;
const EXTENSION_BITS = 2;

/** BEP 29, "type". */
const types: Readonly<Record<number, string>> = { 0: 'Data', 1: 'Fin', 2: 'State', 3: 'Reset', [SYN]: 'Syn' };
const extensions: Readonly<Record<number, string>> = {
  0: 'No Extension',
  [SELECTIVE_ACKS]: 'Selective ACKs',
  [EXTENSION_BITS]: 'Extension bits',
};

/** Octets of the header with its extensions, each of which says what the next one is (BEP 29, "extension"). */
function headerOctets(view: DataView, start: number, end: number): number {
  let next = start + FIXED_OCTETS > end ? 0 : view.getUint8(start + 1);
  let at = start + FIXED_OCTETS;
  while (next !== 0) {
    if (at + 2 > end) return at + 2 - start;
    next = view.getUint8(at);
    at += 2 + view.getUint8(at + 1);
  }
  return at - start;
}

/**
 * The first packet of a connection: it acknowledges nothing, has no time to compare with, and no data. Those that follow
 * have little that is theirs alone, and are known by the conversation.
 */
function isOpening(view: DataView, start: number, end: number): boolean {
  if (end - start < FIXED_OCTETS || view.getUint8(start) !== SYN * 16 + VERSION) return false;
  if (view.getUint8(start + 1) > EXTENSION_BITS || view.getUint32(start + 8) !== 0) return false;
  return view.getUint16(start + 18) === 0 && headerOctets(view, start, end) === end - start;
}

/** Micro transport protocol: BitTorrent's streams over UDP, which give way to other traffic. */
export const utp = protocol('bt-utp', 'uTorrent Transport Protocol', {
  reference: 'BEP 29',
  column: 'BT-uTP',
  header: {
    kind: bits(
      8,
      'Type and version',
      {
        type: uint(4, 'Type', { labels: types, filter: 'bt-utp.type' }),
        ver: uint(4, 'Version', { filter: 'bt-utp.ver' }),
      },
      { bare: true },
    ),
  },
  fields: {
    // Extensions have this field too, so it has no one place.
    next_extension_type: uint(8, 'Next Extension Type', { labels: extensions }),
    connection_id: uint(16, 'Connection ID'),
    timestamp_us: uint(32, 'Timestamp Microseconds'),
    timestamp_diff_us: uint(32, 'Timestamp Difference Microseconds'),
    wnd_size: uint(32, 'Window Size', { unit: 'bytes' }),
    seq_nr: uint(16, 'Sequence number'),
    ack_nr: uint(16, 'ACK number'),
    extension: group('Extension'),
    extension_len: uint(8, 'Extension Length', { unit: 'bytes' }),
    extension_bitmask: bytes(0, 'Extension Bitmask'),
    extension_unknown: bytes(0, 'Extension Unknown'),
    len: uint(32, 'uTP Segment Len'),
    data: bytes(0, 'Data'),
    'pdu.size': uint(32, 'PDU Size'),
  },
  headerLength: (_read, view, start, end) => headerOctets(view, start, end),
  next: { table: 'bt-utp.data', value: () => 0 },
  recognises: { udp: startingWith((octet) => octet === SYN * 16 + VERSION, isOpening) },
  body: (body, field) => {
    const { walk, depth } = body;
    let kind = body.number(field.next_extension_type);
    body.number(field.connection_id);
    body.number(field.timestamp_us);
    body.number(field.timestamp_diff_us);
    body.number(field.wnd_size);
    body.number(field.seq_nr);
    body.number(field.ack_nr);
    while (kind !== 0) kind = extension(body, field, kind);
    const end = Math.min(walk.end[depth], walk.capturedEnd);
    body.derived(field.len, walk.end[depth] - body.end);
    if (end <= body.end) return;
    body.behind(field.data, end);
    body.derived(field['pdu.size'], walk.end[depth] - body.end);
  },
  info: (_layer, { view, start, end, walk, depth }) => {
    if (start + FIXED_OCTETS > end) return 'Cut uTP header';
    const type = view.getUint8(start) >> 4;
    const name = types[type] ?? `Unknown ${type}`;
    const numbers = `Seq=${view.getUint16(start + 16)} Ack=${view.getUint16(start + 18)}`;
    return `Connection ID:${view.getUint16(start + 2)} [${name}] ${numbers} Win=${view.getUint32(start + 12)} Len=${walk.end[depth] - end}`;
  },
});

type ExtensionField = 'extension' | 'next_extension_type' | 'extension_len' | 'extension_bitmask' | 'extension_unknown';

/** @returns the type of the extension that follows, 0 for none */
function extension(body: Body, field: Readonly<Record<ExtensionField, Field>>, kind: number): number {
  let next = 0;
  body.group(field.extension, () => {
    body.describe(extensions[kind] ?? `Type ${kind}`);
    next = body.number(field.next_extension_type);
    const length = body.number(field.extension_len);
    body.take(kind <= EXTENSION_BITS ? field.extension_bitmask : field.extension_unknown, length);
  });
  return next;
}
