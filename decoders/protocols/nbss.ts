import { type Body, bits, bytes, type Field, flag, ipv4Address, protocol, text, uint } from '../core/index.js';
import { REST } from '../core/walk.js';
import { readNetbiosName } from './netbios-name.js';
import { smbMagic } from './smb-magic.js';

/** RFC 1002, section 4.3.1. */
const types = {
  0x00: 'Session message',
  0x81: 'Session request',
  0x82: 'Positive session response',
  0x83: 'Negative session response',
  0x84: 'Retarget session response',
  0x85: 'Session keep-alive',
};
const errors = {
  0x80: 'Not listening on called name',
  0x81: 'Not listening for called name',
  0x82: 'Called name not present',
  0x83: 'Called name present, but insufficient resources',
  0x8f: 'Unspecified error',
};
const MESSAGE = 0x00;
const REQUEST = 0x81;
const NEGATIVE = 0x83;
const RETARGET = 0x84;
const KEEP_ALIVE = 0x85;
const DIRECT_PORT = 445;
const HEADER = 4;

const fields = {
  type: uint(8, 'Message Type', { base: 16, labels: types }),
  flags: bits(
    8,
    'Flags',
    { reserved: uint(7, 'Reserved', { bare: true, when: () => false }), e: flag('Extend') },
    { base: 16 },
  ),
  length: uint(24, 'Length'),
  called_name: text('Called name'),
  calling_name: text('Calling name'),
  error_code: uint(8, 'Error code', { base: 16, labels: errors }),
  retarget_ip_address: ipv4Address('Retarget IP address'),
  retarget_port: uint(16, 'Retarget port'),
  continuation_data: bytes(0, 'Continuation data'),
};

type NbssFields = { readonly [K in keyof typeof fields]: Field };

/**
 * SMB over TCP alone (MS-SMB2, section 2.1) has a length of 24 bits where NetBIOS has flags and 17. Both carry SMB, and it
 * makes no difference for a message of fewer than 128 KiB; Wireshark takes whatever carries SMB for the former.
 */
function isDirect(view: DataView, start: number, end: number): boolean {
  return smbMagic(view, start + HEADER, end) >= 0;
}

function lengthAt(view: DataView, start: number, direct: boolean): number {
  const length = view.getUint32(start) & 0xffffff;
  return direct ? length : length & 0x1ffff;
}

/** Whether a message begins here: the middle of one that spans segments does not look like it. */
function startsMessage(view: DataView, start: number, end: number, direct: boolean): boolean {
  if (start + HEADER > end) return false;
  const type = view.getUint8(start);
  if (type === MESSAGE) {
    const flags = view.getUint8(start + 1);
    if (!direct && (flags & 0xfe) !== 0) return false;
    const length = lengthAt(view, start, direct);
    if (length === 0) return true;
    return start + HEADER + 4 > end || smbMagic(view, start + HEADER, end) >= 0;
  }
  if (type < REQUEST || type > KEEP_ALIVE) return false;
  return (view.getUint8(start + 1) & 0xfe) === 0;
}

/** NetBIOS Session Service, and the same four octets before SMB over TCP alone. */
export const nbss = protocol('nbss', 'NetBIOS Session Service', {
  reference: 'RFC 1002, section 4.3; MS-SMB2, section 2.1',
  carriedBy: { 'tcp.port': [139, DIRECT_PORT] },
  header: {},
  fields,
  message: (view, start, end) => {
    if (start + HEADER > end) return 0;
    return HEADER + (view.getUint32(start) & 0xffffff);
  },
  headerLength: (_read, view, start, end) => {
    const direct = isDirect(view, start, end);
    if (!startsMessage(view, start, end, direct)) return REST;
    return view.getUint8(start) === MESSAGE ? HEADER : Math.min(HEADER + lengthAt(view, start, direct), end - start);
  },
  payloadEnd: (_read, view, start, end, walk) => {
    const captured = end < walk.capturedEnd ? end : walk.capturedEnd;
    const direct = isDirect(view, start, captured);
    if (!startsMessage(view, start, captured, direct)) return end;
    if (view.getUint8(start) !== MESSAGE) return end;
    // A message may go on in other segments, and others may follow it in this one.
    return Math.min(end, start + HEADER + lengthAt(view, start, direct));
  },
  next: { table: 'smb.magic', value: (_read, view, start, end) => smbMagic(view, start + HEADER, end) },
  body: (body, field) => {
    const { view, start, walk, depth } = body;
    const direct = isDirect(view, start, Math.min(walk.end[depth], walk.capturedEnd));
    if (!startsMessage(view, start, body.end, direct)) {
      if (body.remaining > 0) body.take(field.continuation_data, body.remaining);
      return;
    }
    const type = body.number(field.type);
    if (direct) body.number(field.length);
    else {
      const extend = body.number(field.flags) & 1;
      const length = extend * 65536 + body.peek16();
      body.found(field.length, length, body.position, 2);
      body.position += 2;
    }
    if (type === REQUEST) {
      name(body, field.called_name);
      name(body, field.calling_name);
    } else if (type === NEGATIVE) body.number(field.error_code);
    else if (type === RETARGET) {
      body.take(field.retarget_ip_address);
      body.number(field.retarget_port);
    }
  },
  info: (layer, { view, start }) => {
    if (layer.fields.some((field) => field.name === 'nbss.continuation_data')) return 'NBSS Continuation Message';
    if (layer.length === 0) return 'NetBIOS Session Service';
    const type = view.getUint8(start);
    return types[type as keyof typeof types] ?? `Unknown type (${type})`;
  },
});

function name(body: Body, field: NbssFields['called_name']): void {
  const at = body.position;
  const read = readNetbiosName(body.view, at, body.end, at);
  if (read.problem !== undefined) {
    body.need(body.remaining + 1, field.title);
    return;
  }
  body.found(field, read.text, at, read.end - at);
  body.position = read.end;
}
