import { type Body, bytes, type Field, group, type LayerNode, protocol, startingWith, uint } from '../core/index.js';
import { contentTypes, handshakeTypes, versions } from '../labels/tls.js';
import { addFragment } from './dtls-fragments.js';
import { placedAt, readIn } from './other-octets.js';
import { readAlert } from './tls-alert.js';
import { dtlsHandshakeFields } from './tls-fields.js';
import { type HandshakeContext, messageName, readMessage } from './tls-handshake.js';
import { contained, stateOf, type TlsState } from './tls-state.js';
import { certificateFields } from './x509-fields.js';

const HEADER_OCTETS = 13;
const CHANGE_CIPHER_SPEC = 20;
const ALERT = 21;
const HANDSHAKE = 22;
const APPLICATION_DATA = 23;
const HELLO_VERIFY_REQUEST = 3;
const DTLS10 = 0xfeff;
const LARGEST_RECORD = 16384 + 2048;

const fields = {
  record: group('Record Layer'),
  'record.content_type': uint(8, 'Content Type', { labels: contentTypes }),
  'record.version': uint(16, 'Version', { base: 16, labels: versions }),
  'record.epoch': uint(16, 'Epoch'),
  'record.sequence_number': uint(48, 'Sequence Number'),
  'record.length': uint(16, 'Length'),
  change_cipher_spec: group('Change Cipher Spec Message'),
  app_data: bytes(0, 'Encrypted Application Data'),
  heartbeat_message: group('Heartbeat Message'),
  'handshake.message_seq': uint(16, 'Message Sequence'),
  'handshake.fragment_offset': uint(24, 'Fragment Offset'),
  'handshake.fragment_length': uint(24, 'Fragment Length'),
  'handshake.cookie_length': uint(8, 'Cookie Length'),
  'handshake.cookie': bytes(0, 'Cookie'),
  ...dtlsHandshakeFields,
  ...certificateFields,
};

type DtlsFields = { readonly [K in keyof typeof fields]: Field };

/** Datagram Transport Layer Security: the records of DTLS 1.0 and 1.2, and the clear ones of 1.3. */
export const dtls = protocol('dtls', 'Datagram Transport Layer Security', {
  reference: 'RFC 6347, section 4',
  header: {},
  fields,
  headerLength: 'all',
  recognises: { udp: startingWith((octet) => octet >= CHANGE_CIPHER_SPEC && octet <= 25, recognise) },
  body: (body, field) => {
    const state = stateOf(body);
    while (body.remaining > 0) {
      if (!isRecord(body.view, body.position, body.end)) {
        body.skip(body.remaining);
        return;
      }
      record(body, field, state);
    }
  },
  info: (layer) => summary(layer),
});

/** Whether a record may stand at `at`: as much of its header as there is fits. */
function isRecord(view: DataView, at: number, end: number): boolean {
  if (at >= end) return false;
  const type = view.getUint8(at);
  if (type < CHANGE_CIPHER_SPEC || type > 26) return false;
  if (at + 3 > end) return true;
  const version = view.getUint16(at + 1);
  if (version !== DTLS10 && version !== 0xfefd && version !== 0x0100) return false;
  return at + HEADER_OCTETS > end || view.getUint16(at + 11) <= LARGEST_RECORD;
}

function recognise(view: DataView, start: number, end: number): boolean {
  if (start + HEADER_OCTETS > end || !isRecord(view, start, end) || view.getUint8(start) > 25) return false;
  const length = view.getUint16(start + 11);
  return length > 0 && start + HEADER_OCTETS + length <= end;
}

function record(body: Body, field: DtlsFields, state: TlsState): void {
  const { view, position: start, remaining } = body;
  const length = remaining < HEADER_OCTETS ? 0 : view.getUint16(start + 11);
  const end = start + HEADER_OCTETS + length;
  body.group(field.record, () => {
    const type = body.number(field['record.content_type']);
    const version = body.number(field['record.version']);
    const epoch = body.number(field['record.epoch']);
    body.number(field['record.sequence_number']);
    body.number(field['record.length']);
    body.describe(`${contentTypes[type]} Protocol`);
    const whole = end <= body.end;
    const inside = () => content(body, field, state, type, version, epoch, length);
    if (whole) contained(body, end, inside);
    else inside();
    // Wireshark names the version once the server has chosen it.
    const chosen = state.version === 0 ? '' : (versions[state.version] ?? '').replace(/^DTLS (1\.\d)$/, 'DTLSv$1');
    body.column = chosen === '' ? 'DTLS' : chosen;
  });
}

/** RFC 6347, section 4.1: the epoch counts the changes of keys, and epoch 0 has none. */
function content(
  body: Body,
  field: DtlsFields,
  state: TlsState,
  type: number,
  version: number,
  epoch: number,
  length: number,
): void {
  const encrypted = epoch > 0;
  switch (type) {
    case CHANGE_CIPHER_SPEC:
      body.group(field.change_cipher_spec, () => body.describe('Change Cipher Spec'), length);
      return;
    case ALERT:
      readAlert(body, field, encrypted || length !== 2, length);
      return;
    case HANDSHAKE:
      if (encrypted) body.group(field.handshake, () => body.describe('Encrypted Handshake Message'), body.remaining);
      else while (body.remaining > 0) body.group(field.handshake, () => handshake(body, field, state, version));
      return;
    case APPLICATION_DATA:
      if (body.remaining > 0) body.take(field.app_data, body.remaining);
      return;
    default:
      body.group(field.heartbeat_message, () => body.describe(encrypted ? 'Encrypted Heartbeat' : 'Heartbeat'), length);
  }
}

/** RFC 6347, section 4.2.2: a message may come in fragments; the one that completes it shows it. */
function handshake(body: Body, field: DtlsFields, state: TlsState, recordVersion: number): void {
  const type = body.number(field['handshake.type']);
  const total = body.number(field['handshake.length']);
  const sequence = body.number(field['handshake.message_seq']);
  const offset = body.number(field['handshake.fragment_offset']);
  const length = body.number(field['handshake.fragment_length']);
  const context: HandshakeContext = { field, state, recordVersion, cookie: (inner) => cookie(inner, field) };
  const read = (inner: Body): void => {
    if (type === HELLO_VERIFY_REQUEST) verifyRequest(inner, field, state);
    else readMessage(inner, context, type);
  };
  if (offset === 0 && length === total) {
    body.describe(messageName(body, type, body.position));
    const last = body.position + total;
    if (last <= body.end) contained(body, last, () => read(body));
    else read(body);
    return;
  }
  const name = handshakeTypes[type] ?? `Unknown type ${type}`;
  const whole = addFragment(body, { type, total, sequence, offset, length });
  const at = body.position;
  body.skip(length);
  body.describe(whole === undefined ? `${name} (Fragment)` : `${name} (Reassembled)`);
  if (whole === undefined) return;
  const nodes = readIn(body, whole, 0, whole.length, (inner) => contained(inner, whole.length, () => read(inner)));
  body.adopt(placedAt(nodes, at - body.walk.packetStart));
}

/** RFC 6347, section 4.2.1. */
function cookie(body: Body, field: DtlsFields): void {
  const length = body.number(field['handshake.cookie_length']);
  if (length > 0) body.take(field['handshake.cookie'], length);
}

function verifyRequest(body: Body, field: DtlsFields, state: TlsState): void {
  state.version = body.number(field['handshake.version']);
  cookie(body, field);
}

/** What the records have, as the `info` column lists it. */
function summary(layer: LayerNode): string {
  const parts: string[] = [];
  for (const node of layer.fields) {
    if (node.name !== 'dtls.record') continue;
    for (const part of node.fields ?? []) {
      if (part.name === 'dtls.app_data') parts.push('Application Data');
      else if (part.fields !== undefined) parts.push(part.display);
    }
  }
  return parts.length === 0 ? 'Continuation Data' : parts.join(', ');
}
