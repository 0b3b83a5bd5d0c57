import {
  type Body,
  bytes,
  type Field,
  group,
  type LayerNode,
  protocol,
  startingWith,
  text,
  uint,
} from '../core/index.js';
import { contentTypes, handshakeTypes, versions } from '../labels/tls.js';
import { movedBy, placedAt, readIn } from './other-octets.js';
import { readAlert } from './tls-alert.js';
import { tlsHandshakeFields } from './tls-fields.js';
import { messageName, readMessage } from './tls-handshake.js';
import { decrypts, explicitOctets, type Opened, openRecord } from './tls-records-open.js';
import { readSsl2Hello, SSL2_HELLO, ssl2Fields, ssl2HelloLength } from './tls-ssl2.js';
import { contained, isTls13, stateOf, TLS13, type TlsState } from './tls-state.js';
import { certificateFields } from './x509-fields.js';

const HEADER_OCTETS = 5;
const ALERT = 21;
const HANDSHAKE = 22;
const APPLICATION_DATA = 23;
/** RFC 8446, section 5.1, and what RFC 5246, section 6.2.3 adds for the cipher. */
const LARGEST_RECORD = 16384 + 2048;
/** A handshake message longer than this is an encrypted one whose octets happen to look like a type and a length. */
const LARGEST_MESSAGE = 0x40000;
/** Octets of a message that are kept for the record that has the rest. */
const LARGEST_PARTIAL = 1 << 16;
const HELLO_REQUEST = 0;

const fields = {
  record: group('Record Layer'),
  'record.content_type': uint(8, 'Content Type', { labels: contentTypes }),
  'record.opaque_type': uint(8, 'Opaque Type', { labels: contentTypes }),
  'record.version': uint(16, 'Version', { base: 16, labels: versions }),
  'record.length': uint(16, 'Length'),
  change_cipher_spec: group('Change Cipher Spec Message'),
  app_data: bytes(0, 'Encrypted Application Data'),
  app_data_proto: text('Application Data Protocol'),
  heartbeat_message: group('Heartbeat Message'),
  ...ssl2Fields,
  ...tlsHandshakeFields,
  ...certificateFields,
};

type TlsFields = { readonly [K in keyof typeof fields]: Field };

/** Transport Layer Security: the records of RFC 8446, section 5, which are those of every version since SSL 3.0. */
export const tls = protocol('tls', 'Transport Layer Security', {
  reference: 'RFC 8446, section 5',
  // HTTPS, SMTP, NNTP, LDAP, FTP, Telnet, IMAP, POP, SIP and MQTT under TLS, and DNS over TLS.
  carriedBy: {
    'tcp.port': [443, 261, 448, 465, 563, 614, 636, 684, 695, 832, 853, 989, 990, 992, 993, 994, 995, 8883],
  },
  header: {},
  fields,
  headerLength: 'all',
  message: (view, start, end) => {
    if (start + HEADER_OCTETS > end) return start < end && !isContentType(view.getUint8(start)) ? -1 : 0;
    if (isRecord(view, start)) return HEADER_OCTETS + view.getUint16(start + 3);
    return ssl2HelloLength(view, start, end) || -1;
  },
  forgets: {
    octets: (view, start, end, conversation) =>
      end - start >= HEADER_OCTETS &&
      !decrypts(conversation) &&
      (isRecord(view, start) ? view.getUint8(start) === APPLICATION_DATA : ssl2HelloLength(view, start, end) === 0),
    fields: ['record', 'record.content_type', 'record.opaque_type', 'record.version', 'record.length', 'app_data'],
  },
  recognises: { tcp: startingWith((octet) => isContentType(octet) || octet >= 0x80, recognise) },
  body: (body, field) => {
    const state = stateOf(body);
    while (body.remaining > 0) {
      const hello = ssl2HelloLength(body.view, body.position, body.end);
      if (hello > 0) {
        readSsl2Hello(body, field, hello);
        body.column = 'SSLv2';
        continue;
      }
      if (!startsRecord(body)) {
        // The middle of a record that began in another segment.
        body.column = versionColumn(state.version);
        body.skip(body.remaining);
        return;
      }
      const version = body.remaining < 3 ? 0 : body.view.getUint16(body.position + 1);
      record(body, field, state);
      body.column = versionColumn(state.version || version);
    }
  },
  info: (layer) => summary(layer),
});

function isContentType(type: number): boolean {
  return type >= 20 && type <= 24;
}

function isRecord(view: DataView, at: number): boolean {
  if (!isContentType(view.getUint8(at)) || view.getUint8(at + 1) !== 3 || view.getUint8(at + 2) > 4) return false;
  return view.getUint16(at + 3) <= LARGEST_RECORD;
}

/** Whether a record stands at the position, or as much of one as there is. */
function startsRecord({ view, position, remaining }: Body): boolean {
  if (remaining >= HEADER_OCTETS) return isRecord(view, position);
  return isContentType(view.getUint8(position)) && (remaining < 2 || view.getUint8(position + 1) === 3);
}

/** A record whose content fits its type: that is more than five octets that only TLS has. */
function recognise(view: DataView, start: number, end: number): boolean {
  if (start + HEADER_OCTETS + 1 > end) return false;
  if (!isRecord(view, start)) return ssl2HelloLength(view, start, end) > 0;
  const length = view.getUint16(start + 3);
  const first = view.getUint8(start + HEADER_OCTETS);
  switch (view.getUint8(start)) {
    case 20:
      return length === 1 && first === 1;
    case 21:
      return length >= 2;
    case HANDSHAKE:
      return length >= 4 && (first === 1 || first === 2 || length > 32);
    case APPLICATION_DATA:
      return length > 0;
    default:
      return false;
  }
}

function record(body: Body, field: TlsFields, state: TlsState): void {
  const { view, position: start, remaining } = body;
  const length = remaining < HEADER_OCTETS ? 0 : view.getUint16(start + 3);
  const end = start + HEADER_OCTETS + length;
  if (end > body.end || remaining < HEADER_OCTETS) goesOn(body, length);
  if (isTorn(body, end)) {
    body.skip(remaining);
    return;
  }
  body.group(field.record, () => {
    const type = view.getUint8(start);
    const whole = end <= body.end;
    const opened = whole ? openRecord(body, start + HEADER_OCTETS, type, length) : undefined;
    // Before the server has chosen a version, only TLS 1.3 can have sent something early.
    const is13 = isTls13(state.version) || (state.version === 0 && opened !== undefined);
    const opaque = type === APPLICATION_DATA && is13;
    body.number(field[opaque ? 'record.opaque_type' : 'record.content_type']);
    const version = body.number(field['record.version']);
    body.number(field['record.length']);
    body.describe(`${contentTypes[type]} Protocol`);
    const fragment = () =>
      opened === undefined
        ? content(body, field, state, type, version, length)
        : readOpened(body, field, state, { ...opened, opaque, version, length });
    // What is cut stops the layer; what is wrong within a record does not spoil the next.
    if (whole) contained(body, end, fragment);
    else fragment();
  });
}

/**
 * Whether the record goes on in another segment, and is not to be put together: the session has its reasons (a segment that
 * the capture cut, a wrong checksum). Without a session, what there is of it is all that will ever be known.
 */
function isTorn({ dissection, walk, depth, remaining, end: limit }: Body, end: number): boolean {
  if (dissection.conversation === undefined) return false;
  return remaining < HEADER_OCTETS || end > Math.max(limit, walk.end[depth] ?? 0);
}

/** Says that a record is not whole here; what the capture cut off is told of already. */
function goesOn(body: Body, length: number): void {
  const { walk, depth } = body;
  if (body.end === walk.capturedEnd && (walk.end[depth] ?? 0) > walk.capturedEnd) return;
  body.incomplete = true;
  body.report('truncated', `the record has ${HEADER_OCTETS + length} octets, and goes on in another segment`, {
    needed: HEADER_OCTETS + length,
    available: body.remaining,
    limitedBy: 'tcp',
  });
}

/** A record whose protection was removed. */
interface OpenedRecord extends Opened {
  /** Whether its header hides its type, as in TLS 1.3. */
  readonly opaque: boolean;
  readonly version: number;
  /** Octets of the fragment. */
  readonly length: number;
}

/** Shows what a record hid. The octets of most ciphers stand where those do that they were made from. */
function readOpened(body: Body, field: TlsFields, state: TlsState, record: OpenedRecord): void {
  const { type, octets, opaque, version, application } = record;
  const start = body.position;
  const end = body.end;
  if (opaque) body.derived(field['record.content_type'], type, undefined, start - HEADER_OCTETS, 1);
  if (type === APPLICATION_DATA) {
    const { conversation } = body.dissection;
    // Writing all the octets down would cost more than decrypting them.
    if (conversation?.unseen === true) {
      body.found(field.app_data, '', start, end - start);
      body.position = end;
    } else if (end > start) body.take(field.app_data, end - start);
    const title = conversation?.reveal?.(octets, application);
    if (title !== undefined) body.derived(field.app_data_proto, title, undefined, start, end - start);
    return;
  }
  const lead = explicitOctets(state.suite);
  body.skip(lead);
  const at = body.position;
  const nodes = readIn(body, octets, 0, octets.length, (inner) => {
    if (type === HANDSHAKE) handshake(inner, field, state, version, false, true);
    else if (type === ALERT) readAlert(inner, field, octets.length !== 2, octets.length);
    else if (inner.remaining > 0) inner.skip(inner.remaining);
  });
  body.adopt(movedBy(nodes, at - body.walk.packetStart));
  body.position = Math.min(end, at + octets.length);
  // Type, padding and tag.
  body.skip(end - body.position);
}

/** What nobody can read; what it is expected to be, by the ports. */
function applicationData(body: Body, field: TlsFields): void {
  const { position: start, remaining } = body;
  if (remaining <= 0) return;
  body.take(field.app_data, remaining);
  const title = body.dissection.conversation?.presumed?.();
  if (title !== undefined) body.derived(field.app_data_proto, title, undefined, start, remaining);
}

function content(body: Body, field: TlsFields, state: TlsState, type: number, version: number, length: number): void {
  const encrypted = state.encrypted[state.direction];
  switch (type) {
    case 20:
      body.group(field.change_cipher_spec, () => body.describe('Change Cipher Spec'), length);
      // RFC 8446, appendix D.4: in TLS 1.3 it is only there for middleboxes.
      if (!isTls13(state.version)) state.encrypted[state.direction] = true;
      return;
    case 21:
      readAlert(body, field, encrypted || length !== 2, length);
      return;
    case HANDSHAKE:
      handshake(body, field, state, version, encrypted, body.remaining >= length);
      return;
    case APPLICATION_DATA:
      applicationData(body, field);
      return;
    default:
      body.group(field.heartbeat_message, () => body.describe(encrypted ? 'Encrypted Heartbeat' : 'Heartbeat'), length);
  }
}

/** @param whole whether all of the record is there */
function handshake(
  body: Body,
  field: TlsFields,
  state: TlsState,
  recordVersion: number,
  encrypted: boolean,
  whole: boolean,
): void {
  const { end, position: at } = body;
  const first = encrypted ? undefined : state.partial[state.direction];
  state.partial[state.direction] = undefined;
  if (first === undefined && ((encrypted && !isClientHello(body)) || isEncrypted(body))) {
    body.group(field.handshake, () => body.describe('Encrypted Handshake Message'), end - at);
    return;
  }
  if (first === undefined) {
    messages(body, field, state, recordVersion, whole);
    return;
  }
  // Its octets are in two records, so that it has no place of its own in this one.
  const joined = new Uint8Array(first.length + end - at);
  joined.set(first);
  joined.set(octetsOf(body), first.length);
  const nodes = readIn(body, joined, 0, joined.length, (inner) => messages(inner, field, state, recordVersion, whole));
  body.adopt(placedAt(nodes, at - body.walk.packetStart));
  body.skip(end - at);
}

function messages(body: Body, field: TlsFields, state: TlsState, recordVersion: number, whole: boolean): void {
  while (body.remaining > 0) {
    // What the capture cut is shown as far as it goes.
    if (whole && goesOnInNextRecord(body)) {
      body.group(field.handshake, () => {
        body.describe(`${handshakeTypes[body.peek8()] ?? 'Handshake Message'} (fragment)`);
        state.partial[state.direction] = octetsOf(body);
        body.skip(body.remaining);
      });
      return;
    }
    body.group(field.handshake, () => {
      const type = body.number(field['handshake.type']);
      const length = body.number(field['handshake.length']);
      body.describe(messageName(body, type, body.position));
      const last = body.position + length;
      if (last > body.end) body.incomplete = true;
      const context = { field, state, recordVersion };
      if (last > body.end) readMessage(body, context, type);
      else contained(body, last, () => readMessage(body, context, type));
    });
  }
}

/** Whether the message at the cursor is longer than its record, and a session will see the next one. */
function goesOnInNextRecord({ dissection, view, position, remaining }: Body): boolean {
  if (dissection.conversation === undefined) return false;
  if (remaining < 4) return true;
  const length = view.getUint8(position + 1) * 65536 + view.getUint16(position + 2);
  return 4 + length > remaining && length <= LARGEST_PARTIAL;
}

function octetsOf({ view, position, end }: Body): Uint8Array {
  return new Uint8Array(view.buffer, view.byteOffset + position, end - position).slice();
}

/**
 * Whether the record is a Client Hello and nothing else. In TLS 1.3 one comes behind a Change Cipher Spec that means nothing
 * when the server wants another (RFC 8446, appendix D.4).
 */
function isClientHello({ view, position, remaining }: Body): boolean {
  if (remaining < 6 || view.getUint32(position) !== 0x01000000 + remaining - 4) return false;
  return view.getUint8(position + 4) === 3;
}

/** Whether what stands in a handshake record cannot be a message: then it is one that is encrypted. */
function isEncrypted({ view, position, end }: Body): boolean {
  if (position + 4 > end) return false;
  const type = view.getUint8(position);
  const length = view.getUint8(position + 1) * 65536 + view.getUint16(position + 2);
  if (type === HELLO_REQUEST) return length !== 0 || position + 4 < end;
  return handshakeTypes[type] === undefined || length > LARGEST_MESSAGE;
}

/** What the records have, as the `info` column lists it. */
function summary(layer: LayerNode): string {
  if (layer.fields[0]?.name === 'gap') return 'Continuation Data';
  const parts: string[] = [];
  for (const node of layer.fields) {
    if (node.name !== 'tls.record') continue;
    // A record of SSL 2.0 is its message.
    const isMessage = node.display === SSL2_HELLO;
    if (isMessage) parts.push(SSL2_HELLO);
    for (const part of isMessage ? [] : (node.fields ?? [])) {
      if (part.name === 'tls.app_data') parts.push('Application Data');
      else if (part.fields !== undefined) parts.push(part.display);
    }
  }
  return parts.join(', ');
}

/** The `protocol` column: the version that the connection speaks; a Client Hello's record says at least which it began with. */
function versionColumn(version: number): string {
  const label = isTls13(version) ? versions[TLS13] : versions[version];
  return label === undefined
    ? 'TLS'
    : label
        .replace(/ 1\.0$/, ' 1')
        .replace(' ', 'v')
        .replace('SSLv3.0', 'SSLv3');
}
