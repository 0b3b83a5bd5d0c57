import { escapedText, utf8Text } from '../core/format.js';
import { type Body, bytes, type Field, protocol, startingWith, text, uint } from '../core/index.js';
import { REST } from '../core/walk.js';
import { handMedia, MEDIA, Media } from './media-types.js';
import { type HeaderFields, headerFields, headerKey } from './sip-headers.js';
import {
  type PartFields,
  type Piece,
  partFields,
  readAddress,
  readAddresses,
  readCredentials,
  readRequestUri,
  readVia,
  readWords,
} from './sip-parts.js';
import { lineAt } from './text-lines.js';

const PORTS = [5060];
/** Values of the dispatch table `media_type` that SIP's bodies are looked up by. */
const UDP = 17;
const LF = 0x0a;
const CR = 0x0d;

const fields = {
  'Request-Line': text('Request-Line'),
  Method: text('Method'),
  'Status-Line': text('Status-Line'),
  'Status-Code': uint(32, 'Status-Code'),
  msg_hdr: text('Message Header'),
  continuation: bytes(0, 'Continuation data'),
  ...headerFields,
  ...partFields,
};

type SipFields = { readonly [K in keyof typeof fields]: Field } & HeaderFields & PartFields;

/** Session Initiation Protocol. */
export const sip = protocol('sip', 'Session Initiation Protocol', {
  reference: 'RFC 3261',
  carriedBy: { 'udp.port': PORTS, 'tcp.port': PORTS },
  header: {},
  fields,
  recognises: { udp: startingWith(isToken, startsMessage), tcp: startingWith(isToken, startsMessage) },
  message: (view, start, end) => {
    if (!startsMessage(view, start, end)) return -1;
    const header = headerEnd(view, start, end);
    return header < 0 ? 0 : header - start + contentLength(view, start, header);
  },
  // A datagram is a message or none; a segment may be the middle of one.
  lead: {
    fields: [],
    octets: (_read, view, start, end, walk) => (walk.transport === UDP && !startsMessage(view, start, end) ? -1 : 0),
  },
  headerLength: (_read, view, start, end) => {
    if (!startsMessage(view, start, end)) return REST;
    const header = headerEnd(view, start, end);
    // What is no description is handed over: a walk takes the first of several parts for all of them.
    return header < 0 || !isSessionDescription(view, start, header) ? REST : header - start;
  },
  hands: MEDIA,
  next: {
    table: MEDIA,
    value: (_read, view, start, end) => {
      const header = headerEnd(view, start, Math.min(end, view.byteLength));
      return header < 0 ? -1 : isSessionDescription(view, start, header) ? Media.sdp : -1;
    },
  },
  body: (body, field) => {
    const sipFields = field as SipFields;
    if (!startsMessage(body.view, body.start, body.end)) {
      if (body.remaining > 0) body.take(field.continuation, body.remaining);
      return;
    }
    while (body.remaining > 0 && startsMessage(body.view, body.position, body.end)) message(body, sipFields);
    if (body.remaining > 0) body.skip(body.remaining);
  },
  info: (_layer, { view, start, end }) => summary(view, start, end),
});

/** One message; the body of a datagram goes on to its end, whatever length it gives itself. */
function message(body: Body, field: SipFields): void {
  const { view, position: start, end } = body;
  const headEnd = headerEnd(view, start, end);
  let type = '';
  body.within(headEnd < 0 ? end : headEnd, () => {
    firstLine(body, field);
    if (body.remaining > 0) type = header(body, field);
  });
  if (headEnd < 0 || body.remaining === 0) return;
  const length = body.walk.transport === UDP ? body.remaining : contentLength(view, start, headEnd);
  const next = Math.min(end, headEnd + length);
  if (next > headEnd) handMedia(body, type, [headEnd, next]);
  body.position = headEnd;
  body.skip(next - headEnd);
}

/** A status line, or a method, a URI and the version (RFC 3261, section 7). */
function startsMessage(view: DataView, start: number, end: number): boolean {
  if (start + 8 > end) return false;
  // "SIP/2.0 "
  if (view.getUint32(start) === 0x5349502f) return view.getUint32(start + 4) === 0x322e3020;
  const longest = Math.min(end, start + 33);
  let at = start;
  while (at < longest && isToken(view.getUint8(at))) at++;
  if (at === start || at - start > 32 || at >= end || view.getUint8(at) !== 0x20) return false;
  while (at < end && view.getUint8(at) !== LF) at++;
  const last = at < end && at > start && view.getUint8(at - 1) === CR ? at - 1 : at;
  return (
    last - 8 > start && view.getUint32(last - 7) === 0x5349502f && (view.getUint32(last - 4) & 0xffffff) === 0x322e30
  );
}

function isToken(octet: number): boolean {
  return (octet >= 0x41 && octet <= 0x5a) || (octet >= 0x61 && octet <= 0x7a) || octet === 0x2d || octet === 0x5f;
}

/** First octet behind the empty line that ends the header; -1 when it is not there. */
function headerEnd(view: DataView, start: number, end: number): number {
  for (let at = start; at + 1 < end; at++) {
    if (view.getUint8(at) !== LF) continue;
    if (view.getUint8(at + 1) === LF) return at + 2;
    if (at + 2 < end && view.getUint8(at + 1) === CR && view.getUint8(at + 2) === LF) return at + 3;
  }
  return -1;
}

/** RFC 3261, section 20.14; without it the body goes to the end of the datagram, and over a stream there is none. */
function contentLength(view: DataView, start: number, end: number): number {
  for (let at = nextLine(view, start, end); at < end; at = nextLine(view, at, end)) {
    const value = valueAfter(view, at, end, 'content-length', 'l');
    if (value < 0) continue;
    let length = 0;
    for (let i = value; i < end; i++) {
      const digit = view.getUint8(i) - 0x30;
      if (digit < 0 || digit > 9) break;
      length = Math.min(length * 10 + digit, 1 << 24);
    }
    return length;
  }
  return 0;
}

const SDP_TYPE = 'application/sdp';

function isSessionDescription(view: DataView, start: number, end: number): boolean {
  for (let at = nextLine(view, start, end); at < end; at = nextLine(view, at, end)) {
    const value = valueAfter(view, at, end, 'content-type', 'c');
    if (value >= 0) return matches(view, value, end, SDP_TYPE);
  }
  return false;
}

function nextLine(view: DataView, at: number, end: number): number {
  let position = at;
  while (position < end && view.getUint8(position) !== LF) position++;
  return position + 1;
}

/** Where the value of the header field at `at` begins when it has one of these names; -1 otherwise. */
function valueAfter(view: DataView, at: number, end: number, name: string, compact: string): number {
  const length = matches(view, at, end, name) ? name.length : matches(view, at, end, compact) ? 1 : 0;
  if (length === 0) return -1;
  let position = at + length;
  while (position < end && view.getUint8(position) === 0x20) position++;
  if (position >= end || view.getUint8(position) !== 0x3a) return -1;
  position++;
  while (position < end && view.getUint8(position) === 0x20) position++;
  return position;
}

/** Whether text stands there, in any case; `lower` is in lower case. */
function matches(view: DataView, at: number, end: number, lower: string): boolean {
  if (at + lower.length > end) return false;
  for (let i = 0; i < lower.length; i++) {
    const octet = view.getUint8(at + i);
    const folded = octet >= 0x41 && octet <= 0x5a ? octet + 32 : octet;
    if (folded !== lower.charCodeAt(i)) return false;
  }
  return true;
}

function firstLine(body: Body, field: SipFields): void {
  const line = lineAt(body.view, body.position, body.end);
  const [first, second] = line.text.split(' ', 2);
  const response = first.startsWith('SIP/');
  const length = line.textEnd - line.start;
  body.over(field[response ? 'Status-Line' : 'Request-Line'], length, () => {
    if (response) {
      if (/^\d{3}$/.test(second ?? ''))
        body.derived(field['Status-Code'], Number(second), undefined, line.start + 8, 3);
      return;
    }
    body.derived(field.Method, first, undefined, line.start, first.length);
    if (second !== undefined) readRequestUri(body, field, { text: second, at: line.start + first.length + 1 });
  });
  if (line.next > body.position) body.skip(line.next - body.position);
}

/** @returns the media type of the body, with its parameters */
function header(body: Body, field: SipFields): string {
  const { view, walk, depth } = body;
  // Wireshark's text of the header goes on to the end of the message, with its body.
  const whole = Math.max(body.end, Math.min(walk.end[depth], walk.capturedEnd));
  const value = utf8Text(view, body.position, whole - body.position);
  let type = '';
  body.titled(field.msg_hdr, value, () => {
    body.describe('');
    while (body.remaining > 0) {
      const line = unfolded(view, body.position, body.end);
      if (line.text === '') {
        body.position = line.next;
        continue;
      }
      type = headerField(body, field, line) ?? type;
      body.position = line.next;
    }
  });
  return type;
}

/** A header field with the lines that it goes on in, which begin with a space (RFC 3261, section 7.3.1). */
function unfolded(view: DataView, at: number, end: number): { text: string; next: number; start: number } {
  let line = lineAt(view, at, end);
  let out = line.text;
  while (line.next < end && out !== '' && (view.getUint8(line.next) === 0x20 || view.getUint8(line.next) === 0x09)) {
    line = lineAt(view, line.next, end);
    out = utf8Text(view, at, line.textEnd - at);
  }
  return { text: out, next: line.next, start: at };
}

/** @returns the value of a Content-Type */
function headerField(body: Body, field: SipFields, line: { text: string; start: number }): string | undefined {
  const colon = line.text.indexOf(':');
  const key = colon < 0 ? undefined : headerKey(line.text.slice(0, colon));
  if (key === undefined) return undefined;
  let from = colon + 1;
  while (from < line.text.length && /\s/.test(line.text[from])) from++;
  const value: Piece = { text: line.text.slice(from).trimEnd(), at: line.start + from };
  if (field[key].kind === 'uint') {
    const number = /^\d{1,10}/.exec(value.text);
    if (number !== null) body.found(field[key], Number(number[0]), line.start, line.text.length);
    return undefined;
  }
  body.position = line.start;
  body.titled(field[key], value.text, () => {
    body.position = line.start + line.text.length;
    parts(body, field, key, value, { text: line.text, at: line.start });
  });
  return key === 'Content-Type' ? value.text : undefined;
}

function parts(body: Body, field: SipFields, key: keyof HeaderFields, value: Piece, line: Piece): void {
  switch (key) {
    case 'From':
      readAddress(body, field, 'from', value);
      return;
    case 'To':
      readAddress(body, field, 'to', value);
      return;
    case 'Contact':
      readAddresses(body, field, 'contact', value);
      return;
    case 'P-Asserted-Identity':
      readAddresses(body, field, 'pai', value);
      return;
    case 'Route':
      readAddresses(body, field, 'Route', value);
      return;
    case 'Record-Route':
      readAddresses(body, field, 'Record-Route', value);
      return;
    case 'Via':
      readVia(body, field, value);
      return;
    case 'CSeq':
      readWords(body, value, field['CSeq.seq'], field['CSeq.method']);
      return;
    case 'RAck':
      readWords(body, value, field['RAck.RSeq.seq'], field['RAck.CSeq.seq'], field['RAck.CSeq.method']);
      return;
    case 'Call-ID':
      body.derived(field.call_id_generated, value.text, undefined, value.at);
      return;
    case 'Authorization':
    case 'Proxy-Authorization':
    case 'WWW-Authenticate':
    case 'Proxy-Authenticate':
      readCredentials(body, field, line, value, true);
      return;
    case 'Authentication-Info':
      readCredentials(body, field, line, value, false);
      return;
    default:
  }
}

/** The request, or the status and what it answers. */
export function summary(view: DataView, start: number, end: number): string {
  if (!startsMessage(view, start, end)) return 'Continuation';
  const { text: line } = lineAt(view, start, end);
  const last = headerEnd(view, start, end);
  const header = utf8Text(view, start, (last < 0 ? end : last) - start);
  const method = /^CSeq\s*:\s*\d+\s+(\S+)/im.exec(header)?.[1];
  const [, code, phrase] = /^SIP\/2\.0 (\d{3}) ?(.*)$/.exec(line) ?? [];
  if (code !== undefined) {
    // An answer that ends a request says which: Wireshark names the method of 200 OK only.
    const answered =
      code === '200' && method !== undefined ? ` (${method})${method === 'REGISTER' ? bindings(header) : ''}` : '';
    return `Status: ${code} ${escapedText(phrase)}${answered} | `;
  }
  const request = escapedText(line.replace(/ SIP\/2\.0$/, ''));
  if (line.startsWith('REGISTER ')) return `Request: ${request}${bindings(header)} | `;
  // RFC 3261, section 12.2: within a dialogue, the other side has a tag as well.
  const inDialogue = line.startsWith('INVITE ') && /^(To|t)\s*:.*;\s*tag=/im.test(header) ? ', in-dialog' : '';
  return `Request: ${request}${inDialogue} | `;
}

/** How many addresses a registration is about: RFC 3261, section 10. */
function bindings(header: string): string {
  const contacts = [...header.matchAll(/^(?:Contact|m)\s*:\s*(.*)$/gim)].map((match) => match[1].trim());
  if (contacts.length === 0) return '  (fetch bindings)';
  const removes =
    /^Expires\s*:\s*0\s*$/im.test(header) || contacts.every((contact) => /;\s*expires=0\b/i.test(contact));
  if (contacts[0] === '*') return '  (remove all bindings)';
  const count = contacts.reduce((sum, contact) => sum + contact.split(/,\s*(?=<|"|sip)/).length, 0);
  return `  (${removes ? 'remove ' : ''}${count} binding${count === 1 ? '' : 's'})`;
}
