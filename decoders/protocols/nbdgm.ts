import { type Body, bits, type Field, flag, ipv4Address, protocol, text, uint } from '../core/index.js';
import { readNetbiosName } from './netbios-name.js';
import { smbMagic } from './smb-magic.js';

/** RFC 1002, section 4.4.1. */
const types = {
  0x10: 'Direct_unique datagram',
  0x11: 'Direct_group datagram',
  0x12: 'Broadcast datagram',
  0x13: 'Datagram error',
  0x14: 'Datagram query request',
  0x15: 'Datagram positive query response',
  0x16: 'Datagram negative query response',
};
const DIRECT_UNIQUE = 0x10;
const BROADCAST = 0x12;
const ERROR = 0x13;
const FIXED = 10;
/** Length and offset of the user data, which only datagrams have. */
const DATAGRAM_FIXED = FIXED + 4;

const fields = {
  dgram_len: uint(16, 'Datagram length', { unit: 'bytes' }),
  pkt_offset: uint(16, 'Packet offset', { unit: 'bytes' }),
  source_name: text('Source name'),
  destination_name: text('Destination name'),
  error_code: uint(8, 'Error code', {
    base: 16,
    labels: {
      0x82: 'Destination name not present',
      0x83: 'Invalid source name format',
      0x84: 'Invalid destination name format',
    },
  }),
};

function isDatagram(type: number): boolean {
  return type >= DIRECT_UNIQUE && type <= BROADCAST;
}

/** NetBIOS Datagram Service. */
export const nbdgm = protocol('nbdgm', 'NetBIOS Datagram Service', {
  reference: 'RFC 1002, section 4.4',
  column: 'NBDS',
  carriedBy: { 'udp.port': 138 },
  header: {
    type: uint(8, 'Message Type', { labels: types }),
    flags: bits(
      8,
      'Flags',
      {
        reserved: uint(4, 'Reserved', { bare: true, when: () => false }),
        node_type: uint(2, 'Node Type', {
          filter: 'nbdgm.node_type',
          labels: { 0: 'B node', 1: 'P node', 2: 'M node', 3: 'NBDD' },
        }),
        first: flag('This is first fragment', { filter: 'nbdgm.first' }),
        next: flag('More fragments follow', { filter: 'nbdgm.next' }),
      },
      { base: 16 },
    ),
    dgram_id: uint(16, 'Datagram ID', { base: 16 }),
    'src.ip': ipv4Address('Source IP'),
    'src.port': uint(16, 'Source Port'),
  },
  fields,
  headerLength: (_read, view, start, end) => {
    const type = view.getUint8(start);
    if (type === ERROR) return FIXED + 1;
    if (!isDatagram(type)) return FIXED + nameOctets(view, start + FIXED, end);
    const source = nameOctets(view, start + DATAGRAM_FIXED, end);
    return DATAGRAM_FIXED + source + nameOctets(view, start + DATAGRAM_FIXED + source, end);
  },
  next: { table: 'smb.magic', value: (_read, view, start, end) => smbMagic(view, payloadOf(view, start, end), end) },
  body: (body, field) => {
    const type = body.view.getUint8(body.start);
    if (type === ERROR) body.number(field.error_code);
    else if (isDatagram(type)) {
      body.number(field.dgram_len);
      body.number(field.pkt_offset);
      takeName(body, field.source_name);
      takeName(body, field.destination_name);
    } else takeName(body, field.destination_name);
  },
  info: (_layer, { view, start, end }) => {
    if (start >= end) return 'Cut NBDS header';
    const type = view.getUint8(start);
    return types[type as keyof typeof types] ?? `Unknown message type (0x${type.toString(16).padStart(2, '0')})`;
  },
});

function payloadOf(view: DataView, start: number, end: number): number {
  const source = nameOctets(view, start + DATAGRAM_FIXED, end);
  return start + DATAGRAM_FIXED + source + nameOctets(view, start + DATAGRAM_FIXED + source, end);
}

/** Octets of the name at `at`, with its zero; only labels are followed, so that nothing is allocated. */
function nameOctets(view: DataView, at: number, end: number): number {
  let position = at;
  while (position < end) {
    const octet = view.getUint8(position);
    if (octet >= 0xc0) return position + 2 - at;
    position += 1 + octet;
    if (octet === 0) break;
  }
  return position - at;
}

function takeName(body: Body, field: Field): void {
  const at = body.position;
  const name = readNetbiosName(body.view, at, body.end, body.start);
  if (name.problem !== undefined) body.fail(name.problem);
  body.found(field, name.text, at, name.end - at);
  body.position = name.end;
}
