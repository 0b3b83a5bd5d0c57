import { type Body, bits, bytes, type Field, protocol, text, uint } from '../core/index.js';
import type { MessageLength } from '../core/protocol.js';
import { portsOf, readMessages } from './messages.js';

const PORT = 1194;
const ACK = 5;
const DATA_1 = 6;
const DATA_2 = 9;
/** What "tls-auth" puts behind the session id: an HMAC (SHA-1), the packet's id and the time. */
const HMAC_OCTETS = 20;
const AUTHENTICATION_OCTETS = HMAC_OCTETS + 8;
/** Acknowledgements that one packet has at most. */
const MOST_ACKS = 8;

const opcodes: Readonly<Record<number, string>> = {
  1: 'P_CONTROL_HARD_RESET_CLIENT_V1',
  2: 'P_CONTROL_HARD_RESET_SERVER_V1',
  3: 'P_CONTROL_SOFT_RESET_V1',
  4: 'P_CONTROL_V1',
  [ACK]: 'P_ACK_V1',
  [DATA_1]: 'P_DATA_V1',
  7: 'P_CONTROL_HARD_RESET_CLIENT_V2',
  8: 'P_CONTROL_HARD_RESET_SERVER_V2',
  [DATA_2]: 'P_DATA_V2',
  10: 'P_CONTROL_HARD_RESET_CLIENT_V3',
};

const fields = {
  plen: uint(16, 'Packet Length'),
  type: bits(
    8,
    'Type',
    {
      opcode: uint(5, 'Opcode', { base: 16, labels: opcodes, filter: 'openvpn.opcode' }),
      keyid: uint(3, 'Key ID', { filter: 'openvpn.keyid' }),
    },
    { base: 16 },
  ),
  peerid: uint(24, 'Peer ID'),
  sessionid: uint(64, 'Session ID'),
  hmac: bytes(HMAC_OCTETS, 'HMAC'),
  pid: uint(32, 'Replay-Packet-ID'),
  net_time: text('Net Time'),
  mpidarraylength: uint(8, 'Message Packet-ID Array Length'),
  mpidarrayelement: uint(32, 'Message Packet-ID Array Element'),
  rsessionid: uint(64, 'Remote Session ID'),
  mpid: uint(32, 'Message Packet-ID'),
  fragment_bytes: bytes(0, 'Fragment bytes'),
  data: bytes(0, 'Data'),
};

type OpenVpnFields = { readonly [K in keyof typeof fields]: Field };

/** Over TCP, two octets say how long each packet is. */
const messageLength: MessageLength = (view, start, end) => {
  if (start + 3 > end) return 0;
  return opcodes[view.getUint8(start + 2) >> 3] === undefined ? -1 : 2 + view.getUint16(start);
};

/** OpenVPN's packets over UDP and TCP. */
export const openvpn = protocol('openvpn', 'OpenVPN Protocol', {
  reference: 'OpenVPN wire protocol (draft-openvpn-wire-protocol), section "Packet format"',
  column: 'OpenVPN',
  carriedBy: { 'udp.port': PORT, 'tcp.port': PORT },
  header: {},
  fields,
  headerLength: 'all',
  message: messageLength,
  body: (body, field) => {
    if (!overTcp(body)) {
      packet(body, field);
      return;
    }
    readMessages(body, messageLength, () => {
      body.number(field.plen);
      packet(body, field);
    });
  },
  info: (layer) => {
    const types = layer.fields.filter((node) => node.name === 'openvpn.type');
    const last = types.at(-1);
    if (last === undefined) return 'OpenVPN';
    const opcode = Number(last.value) >> 3;
    return `MessageType: ${opcodes[opcode] ?? `Unknown (0x${opcode.toString(16).padStart(2, '0')})`}`;
  },
});

/** Whether this layer stands on TCP; a run of whole messages without the layer below is a stream's. */
function overTcp(body: Body): boolean {
  return portsOf(body).source !== 0 && body.carrier !== 'udp';
}

function packet(body: Body, field: OpenVpnFields): void {
  const opcode = body.number(field.type) >> 3;
  if (opcodes[opcode] === undefined) body.fail('a type that OpenVPN does not have');
  if (opcode === DATA_2) body.number(field.peerid);
  if (opcode === DATA_1 || opcode === DATA_2) {
    if (body.remaining > 0) body.take(field.data, whole(body));
    return;
  }
  body.take(field.sessionid);
  if (isAuthenticated(body, opcode)) {
    body.take(field.hmac);
    body.number(field.pid);
    time(body, field.net_time);
  }
  const count = body.number(field.mpidarraylength);
  for (let i = 0; i < count; i++) body.number(field.mpidarrayelement);
  if (count > 0) body.take(field.rsessionid);
  if (opcode === ACK) return;
  body.number(field.mpid);
  if (body.remaining > 0) body.take(field.fragment_bytes, whole(body));
}

/** Octets of the rest of the packet: more than there are when it goes on in another segment, for only the whole is the content. */
function whole(body: Body): number {
  return body.incomplete ? body.remaining + 1 : body.remaining;
}

/**
 * Whether "tls-auth" is used, which no octet says: without it, the number of acknowledgements comes next, and what is
 * behind it fits.
 */
function isAuthenticated({ view, position, end, remaining }: Body, opcode: number): boolean {
  if (remaining < 1 + AUTHENTICATION_OCTETS) return false;
  if (opcode === ACK) return acknowledgements(view, position) !== remaining;
  if (areIds(view, position + AUTHENTICATION_OCTETS, end)) return true;
  return !areIds(view, position, end);
}

/** Octets of the acknowledgements at `at`, with the session that they are for. */
function acknowledgements(view: DataView, at: number): number {
  const count = view.getUint8(at);
  return 1 + count * 4 + (count > 0 ? 8 : 0);
}

/** Whether acknowledgements and the message's own id may stand at `at`: ids count from 0. */
function areIds(view: DataView, at: number, end: number): boolean {
  if (at >= end || view.getUint8(at) > MOST_ACKS) return false;
  const id = at + acknowledgements(view, at);
  return id + 4 <= end && view.getUint32(id) <= 0xffff;
}

const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];

/** Seconds since 1970, written as Wireshark writes times. */
function time(body: Body, field: Field): void {
  body.need(4, field.title);
  const date = new Date(body.view.getUint32(body.position) * 1000);
  const clock = date.toISOString().slice(11, 19);
  const day = String(date.getUTCDate()).padStart(2);
  const shown = `${MONTHS[date.getUTCMonth()]} ${day}, ${date.getUTCFullYear()} ${clock}.000000000 UTC`;
  body.found(field, shown, body.position, 4);
  body.position += 4;
}
