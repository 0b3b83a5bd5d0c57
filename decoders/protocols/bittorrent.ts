import {
  type Body,
  bytes,
  type Field,
  type FieldNode,
  group,
  type LayerNode,
  protocol,
  startingWith,
  text,
  uint,
} from '../core/index.js';
import type { MessageLength } from '../core/protocol.js';
import { readMessages } from './messages.js';

const NAME_OCTETS = 19;
const HANDSHAKE_OCTETS = 68;
const EXTENDED = 20;
/** No message is longer than a piece of a few megabytes. */
const LONGEST = 0x1000000;

const types: Readonly<Record<number, string>> = {
  0: 'Choke',
  1: 'Unchoke',
  2: 'Interested',
  3: 'Not Interested',
  4: 'Have',
  5: 'Bitfield',
  6: 'Request',
  7: 'Piece',
  8: 'Cancel',
  9: 'Port',
  13: 'Suggest',
  14: 'Have All',
  15: 'Have None',
  16: 'Reject Request',
  17: 'Allowed Fast',
  [EXTENDED]: 'Extended',
};

const fields = {
  'protocol.name.length': uint(8, 'Protocol Name Length'),
  'protocol.name': text('Protocol Name'),
  reserved: bytes(8, 'Reserved Extension Bytes'),
  info_hash: bytes(20, 'SHA1 Hash of info dictionary'),
  peer_id: bytes(20, 'Peer ID'),
  msg: group('Message'),
  'msg.length': uint(32, 'Message Length'),
  'msg.type': uint(8, 'Message Type', { labels: types }),
  'msg.bitfield': bytes(0, 'Bitfield data'),
  'piece.index': uint(32, 'Piece index', { base: 16 }),
  'piece.begin': uint(32, 'Begin offset of piece', { base: 16 }),
  'piece.length': uint(32, 'Piece Length', { base: 16 }),
  'piece.data': bytes(0, 'Data in a piece'),
  port: uint(16, 'Port'),
  'extended.id': uint(8, 'Extended Message ID'),
  extended: bytes(0, 'Extended Message'),
  continuous_data: bytes(0, 'Extended Message'),
};

type BitTorrentFields = { readonly [K in keyof typeof fields]: Field };

/** The handshake's first 20 octets: 19, and the name (BEP 3, "peer protocol"). */
function isHandshake(view: DataView, start: number, end: number): boolean {
  return (
    start + 20 <= end &&
    view.getUint32(start) === 0x13426974 &&
    view.getUint32(start + 4) === 0x546f7272 &&
    view.getUint32(start + 8) === 0x656e7420 &&
    view.getUint32(start + 12) === 0x70726f74
  );
}

const messageLength: MessageLength = (view, start, end) => {
  if (start + 4 > end) return 0;
  if (isHandshake(view, start, end)) return HANDSHAKE_OCTETS;
  const length = view.getUint32(start);
  if (length > LONGEST || (length > 0 && start + 4 < end && types[view.getUint8(start + 4)] === undefined)) return -1;
  return 4 + length;
};

/** BitTorrent's peer protocol, BEP 3, with the fast and extension protocols, BEP 6 and BEP 10. */
export const bittorrent = protocol('bittorrent', 'BitTorrent', {
  reference: 'BEP 3, BEP 6, BEP 10',
  column: 'BitTorrent',
  carriedBy: { 'tcp.port': [6881, 6882, 6883, 6884, 6885, 6886, 6887, 6888, 6889], 'bt-utp.data': 0 },
  header: {},
  fields,
  headerLength: 'all',
  message: messageLength,
  recognises: { tcp: startingWith((octet) => octet === 0x13, isHandshake) },
  body: (body, field) => {
    readMessages(body, messageLength, () => {
      if (isHandshake(body.view, body.position, body.end)) handshake(body, field);
      else message(body, field);
    });
    // The middle of a piece, or encrypted: no message begins here.
    if (body.remaining > 0) body.take(field.continuous_data, body.remaining);
  },
  info: summary,
});

function handshake(body: Body, field: BitTorrentFields): void {
  body.number(field['protocol.name.length']);
  body.take(field['protocol.name'], NAME_OCTETS);
  body.take(field.reserved);
  body.take(field.info_hash);
  body.take(field.peer_id);
}

function message(body: Body, field: BitTorrentFields): void {
  body.group(field.msg, () => {
    const length = body.number(field['msg.length']);
    if (length === 0) {
      body.describe('Keep-Alive');
      return;
    }
    const type = body.number(field['msg.type']);
    body.describe(types[type] ?? `Unknown (${type})`);
    switch (type) {
      case 4:
      case 13:
      case 17:
        body.number(field['piece.index']);
        return;
      case 5:
        body.take(field['msg.bitfield'], length - 1);
        return;
      case 6:
      case 8:
      case 16:
        body.number(field['piece.index']);
        body.number(field['piece.begin']);
        body.number(field['piece.length']);
        return;
      case 7:
        body.number(field['piece.index']);
        body.number(field['piece.begin']);
        if (length > 9) body.take(field['piece.data'], length - 9);
        return;
      case 9:
        body.number(field.port);
        return;
      case EXTENDED:
        body.number(field['extended.id']);
        if (length > 2) body.take(field.extended, length - 2);
        return;
      default:
    }
  });
}

/** `Have, Piece (Idx:0x8a)  Bitfield, Len:0x35  `: two spaces behind each, as Wireshark writes them. */
function summary(layer: LayerNode): string {
  let out = '';
  for (const node of layer.fields) {
    if (node.name === 'bittorrent.protocol.name') out += 'Handshake  ';
    else if (node.name === 'bittorrent.continuous_data') out += 'Continuation data  ';
    else if (node.name === 'bittorrent.msg') out += `${describe(node)}  `;
  }
  return out === '' ? 'BitTorrent' : out;
}

function describe(node: FieldNode): string {
  const number = (name: string) => {
    const found = node.fields?.find((field) => field.name === `bittorrent.${name}`);
    return found === undefined ? undefined : Number(found.value);
  };
  const hex = (value: number | undefined) => `0x${(value ?? 0).toString(16)}`;
  const type = number('msg.type');
  const index = number('piece.index');
  const begin = number('piece.begin');
  const length = number('msg.length') ?? 0;
  if (type === 5) return `Bitfield, Len:${hex(length - 1)}`;
  if (type === 9) return 'Port';
  if (index === undefined) return node.display;
  if (begin === undefined) return `${node.display}, Piece (Idx:${hex(index)})`;
  const octets = type === 7 ? length - 9 : number('piece.length');
  return `${node.display}, Piece (Idx:${hex(index)},Begin:${hex(begin)},Len:${hex(octets)})`;
}
