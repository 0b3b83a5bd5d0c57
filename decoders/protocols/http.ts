import type { Conversation } from '../core/conversation.js';
import { asciiText, utf8Text } from '../core/format.js';
import { type Body, type Field, type LayerNode, protocol, REST, startingWith } from '../core/index.js';
import { statusCodes } from '../labels/http.js';
import { chunks, entity, partly, strayData } from './http-body.js';
import { exchangeOf, fullUri } from './http-exchange.js';
import { fields, type HttpFields, headers } from './http-fields.js';
import { links, note } from './http-links.js';
import {
  answersWithoutBody,
  beginsMethod,
  emptyLines,
  fieldEnd,
  hasNoBody,
  hasWholeChunks,
  isBlank,
  isPreface,
  isResponse,
  isText,
  lineEnd,
  messageLength,
  methodLength,
  recognise,
  scanHeader,
  startsMessage,
  textEnd,
} from './http-scan.js';
import { MEDIA } from './media-types.js';
import { agreeOnWebsocket } from './websocket-messages.js';

/** `NOTI`. */
const NOTIFY = 0x4e4f5449;

/** Hypertext Transfer Protocol, version 1. */
export const http = protocol('http', 'Hypertext Transfer Protocol', {
  reference: 'RFC 9112',
  carriedBy: { 'tcp.port': [80, 2710, 2869, 3128, 3132, 5985, 8080, 8088, 11371], 'sctp.port': 80 },
  header: {},
  fields,
  headerLength: (_read, view, start, end) => (isPreface(view, start, end) ? 0 : REST),
  hands: MEDIA,
  // What begins with the preface of HTTP/2 is all of that version.
  next: {
    table: 'http.version',
    value: (_read, view, start, end) => (isPreface(view, start, Math.min(end, view.byteLength)) ? 2 : -1),
  },
  message: messageLength,
  forgets: { octets: (view, start, end, conversation) => !switches(view, start, end, conversation), note },
  recognises: { tcp: startingWith(beginsMethod, recognise) },
  body: (body, field) => {
    while (body.remaining > 0) {
      const empty = emptyLines(body.view, body.position, body.end);
      if (empty > 0) body.skip(empty);
      else if (startsMessage(body.view, body.position, body.end)) message(body, field);
      else {
        continuation(body, field);
        return;
      }
    }
  },
  info: (layer, body) => summary(layer, body),
});

/** Whether the message may change what is spoken from here on: the preface of HTTP/2, status 101, and the answer to CONNECT. */
function switches(view: DataView, start: number, end: number, conversation?: Conversation): boolean {
  if (start + 10 > end || isPreface(view, start, end)) return true;
  if (!isResponse(view, start, end)) return false;
  return view.getUint8(start + 9) === 0x31 || conversation === undefined || exchangeOf(conversation).method !== '';
}

/** The middle of a message that began in another segment: lines of its header, as far as they are such, and its body. */
function continuation(body: Body, field: HttpFields): void {
  const { view } = body;
  const header = newHeader();
  if (!isText(view.getUint8(body.position))) {
    body.skip(body.remaining);
    return;
  }
  while (body.remaining > 0) {
    const next = lineEnd(view, body.position, body.end);
    const last = next < 0 ? body.end : textEnd(view, body.position, next);
    if (last === body.position) {
      body.skip(next - last);
      break;
    }
    if (indexOf(view, 58, body.position, last) < 0) break;
    body.group(field.chat, () => namedLine(body, field, next < 0 ? body.end : next, header));
  }
  if (body.remaining === 0) return;
  const { conversation } = body.dissection;
  if (conversation === undefined || exchangeOf(conversation).seen) strayData(body, field, body.remaining, header);
  else body.skip(body.remaining);
}

/** What the header says that the body needs to know. */
interface Header {
  /** Undefined without a Host. */
  host: string | undefined;
  coding: string;
  /** Of the body, with its parameters. */
  type: string;
  upgrade: string;
  /** Of WebSocket. */
  extensions: string;
}

const newHeader = (): Header => ({ host: undefined, coding: '', type: '', upgrade: '', extensions: '' });

/** Reads one message, or what there is of it; other protocols have the same (SSDP). */
export function message(body: Body, field: HttpFields): void {
  const { view } = body;
  const { conversation } = body.dissection;
  const start = body.position;
  const { bodyStart, chunked, length } = { ...scanHeader(view, start, body.end) };
  if (bodyStart < 0) partly(body, 'the header');
  const response = isResponse(view, start, body.end);
  const header = newHeader();
  if (conversation !== undefined)
    if (response) exchangeOf(conversation).seen = true;
    else exchangeOf(conversation).asks(view, start, methodLength(view, start, body.end));
  const uri = (response ? statusLine : requestLine)(body, field);
  // Wireshark takes the lines of a NOTIFY (UPnP) for neither a request's nor a response's.
  const line =
    !response && view.getUint32(start) === NOTIFY ? undefined : field[response ? 'response.line' : 'request.line'];
  while (body.remaining > 0 && (bodyStart < 0 || body.position < bodyStart)) {
    const end = fieldEnd(view, body.position, body.end);
    // A line that goes on in another segment is shown as far as it is there.
    const next = end < 0 ? body.end : end;
    const last = textEnd(view, body.position, next);
    if (last === body.position) body.skip(next - last);
    else if (indexOf(view, 58, body.position, last) < 0) {
      // Whether the rest of a line is a field is not known where its name is not there in full.
      if (end < 0) {
        body.skip(body.remaining);
        return;
      }
      // What is no field ends the header; all that follows is taken for the body.
      strayData(body, field, body.remaining, header);
      break;
    } else if (line === undefined) body.group(field.chat, () => namedLine(body, field, next, header));
    else headerField(body, field, line, next, header);
  }
  if (!response && header.host !== undefined)
    body.derived(field['request.full_uri'], fullUri(conversation, header.host, uri), undefined, start);
  body.derived(field[response ? 'response' : 'request'], true, undefined, start);
  if (conversation !== undefined && line !== undefined) {
    const exchange = exchangeOf(conversation);
    if (response) exchange.responded(conversation);
    else exchange.requested(conversation, uri, header.host);
    links(body, field, response, conversation);
  }
  if (bodyStart < 0) return;
  if (response && (hasNoBody(view, start, body.end) || answersWithoutBody(view, start, body.end, conversation))) {
    if (conversation !== undefined) switching(conversation, header);
    return;
  }
  // Wireshark shows nothing of chunks of which one is cut.
  if (chunked && !hasWholeChunks(view, body.position, body.end)) {
    partly(body, 'the chunked body');
    body.skip(body.remaining);
  } else if (chunked) chunks(body, field, header);
  else if (length >= 0) entity(body, field, length, header);
  else if (response && body.remaining > 0) entity(body, field, body.remaining, header);
}

/** RFC 9110, sections 7.8 and 9.3.6: behind a 101, and behind the success of a CONNECT, both sides speak something else. */
function switching(conversation: Conversation, { upgrade, extensions }: Header): void {
  const exchange = exchangeOf(conversation);
  if (exchange.method === 'CONNECT') {
    if (exchange.port !== 80) conversation.switchTo('tls');
  } else if (upgrade.toLowerCase() === 'websocket') {
    agreeOnWebsocket(conversation, extensions);
    conversation.switchTo('websocket');
  } else if (upgrade.toLowerCase() === 'h2c') conversation.switchTo('http2');
}

function requestLine(body: Body, field: HttpFields): string {
  const { view, position: start } = body;
  const next = lineEnd(view, start, body.end);
  const last = next < 0 ? body.end : textEnd(view, start, next);
  let uri = '';
  body.group(field.chat, () => {
    const length = methodLength(view, start, body.end);
    body.text(field['request.method'], length);
    // `GET` may be all that there is.
    if (body.remaining > 0 && body.position < last) body.position++;
    const space = indexOf(view, 32, body.position, last);
    uri = requestTarget(body, field, (space < 0 ? last : space) - body.position);
    if (space >= 0) {
      body.position = space + 1;
      body.text(field['request.version'], last - body.position);
    }
    body.position = next < 0 ? body.end : next;
    body.describe(utf8Text(view, start, last - start));
  });
  return uri;
}

/** The target, and its query's parameters, where it has a query. */
function requestTarget(body: Body, field: HttpFields, length: number): string {
  const { view, position: start } = body;
  const uri = asciiText(new Uint8Array(view.buffer, view.byteOffset + start, length));
  const end = start + length;
  const mark = indexOf(view, 63, start, end);
  if (mark < 0) {
    body.take(field['request.uri'], length);
    return uri;
  }
  body.over(field['request.uri'], length, () => {
    body.take(field['request.uri.path'], mark - start);
    body.position++;
    body.over(field['request.uri.query'], end - mark - 1, () => {
      while (body.remaining > 0) {
        const next = indexOf(view, 38, body.position, end);
        const octets = (next < 0 ? end : next) - body.position;
        if (octets > 0) body.take(field['request.uri.query.parameter'], octets);
        body.position = next < 0 ? end : next + 1;
      }
    });
  });
  return uri;
}

function indexOf(view: DataView, octet: number, from: number, end: number): number {
  for (let at = from; at < end; at++) if (view.getUint8(at) === octet) return at;
  return -1;
}

/** @returns the target that there is none of */
function statusLine(body: Body, field: HttpFields): string {
  const { view, position: start } = body;
  const next = lineEnd(view, start, body.end);
  const last = next < 0 ? body.end : textEnd(view, start, next);
  body.group(field.chat, () => {
    const version = indexOf(view, 32, start, last);
    body.text(field['response.version'], (version < 0 ? last : version) - start);
    if (version >= 0) {
      const phrase = indexOf(view, 32, version + 1, last);
      const end = phrase < 0 ? last : phrase;
      const digits = utf8Text(view, version + 1, end - version - 1);
      if (/^\d{3}$/.test(digits)) {
        const code = Number(digits);
        body.found(field['response.code'], code, version + 1, 3);
        const name = statusCodes[code];
        body.derived(field['response.code.desc'], name ?? 'Unknown', undefined, version + 1);
      }
      if (phrase >= 0) {
        body.position = phrase + 1;
        body.text(field['response.phrase'], last - phrase - 1);
      }
    }
    body.position = next < 0 ? body.end : next;
    body.describe(utf8Text(view, start, last - start));
  });
  return '';
}

function headerField(body: Body, field: HttpFields, line: Field, next: number, header: Header): void {
  const { position: start } = body;
  body.over(line, next - start, () => namedLine(body, field, next, header));
}

/** The value of a header line that ends at `next`, where its name is known. */
function namedLine(body: Body, field: HttpFields, next: number, header: Header): void {
  const { view, position: start } = body;
  const last = textEnd(view, start, next);
  const colon = indexOf(view, 58, start, last);
  body.describe(utf8Text(view, start, last - start));
  if (colon >= 0) {
    const name = utf8Text(view, start, colon - start)
      .trim()
      .toLowerCase();
    let from = colon + 1;
    let to = last;
    while (from < to && isBlank(view.getUint8(from))) from++;
    while (to > from && isBlank(view.getUint8(to - 1))) to--;
    namedField(body, field, name, from, to, header);
  }
  body.position = next;
}

function namedField(body: Body, field: HttpFields, name: string, from: number, to: number, header: Header): void {
  const key = (headers as Readonly<Record<string, (typeof headers)[keyof typeof headers] | undefined>>)[name];
  if (key === undefined || !Object.hasOwn(headers, name)) return;
  body.position = from;
  const whole = field[key];
  if (key === 'cookie') {
    body.over(whole, to - from, () => cookies(body, field));
    return;
  }
  const value = body.text(whole, to - from);
  if (key === 'host') header.host = value;
  else if (key === 'upgrade') header.upgrade = value;
  else if (key === 'sec_websocket_extensions') header.extensions = value;
  else if (key === 'content_encoding') header.coding = value.trim();
  else if (key === 'content_type') header.type = value;
  else if (key === 'content_length_header' && /^\d{1,15}$/.test(value))
    body.derived(field.content_length, Number(value), undefined, from, to - from);
  else if (key === 'authorization' || key === 'proxy_authorization') credentials(body, field, value, from, to);
}

function cookies(body: Body, field: HttpFields): void {
  const { view } = body;
  const end = body.end;
  while (body.remaining > 0) {
    const next = indexOf(view, 59, body.position, end);
    const last = next < 0 ? end : next;
    if (last > body.position) body.text(field.cookie_pair, last - body.position);
    body.position = next < 0 ? end : next + 1;
    while (body.remaining > 0 && isBlank(view.getUint8(body.position))) body.position++;
  }
}

/** RFC 7617: the user and the password, which are only encoded. */
function credentials(body: Body, field: HttpFields, value: string, from: number, to: number): void {
  const encoded = /^Basic +([A-Za-z0-9+/]+={0,2})$/i.exec(value)?.[1];
  if (encoded === undefined) return;
  const decoded = base64Text(encoded);
  if (decoded !== undefined) body.derived(field.authbasic, decoded, undefined, from, to - from);
}

const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/';

/** Base64 (RFC 4648, section 4) of UTF-8 text. */
function base64Text(encoded: string): string | undefined {
  const digits = encoded.replace(/=+$/, '');
  const out = new Uint8Array((digits.length * 3) >> 2);
  let value = 0;
  let have = 0;
  let at = 0;
  for (const character of digits) {
    value = ((value << 6) | ALPHABET.indexOf(character)) & 0xffff;
    have += 6;
    if (have < 8) continue;
    have -= 8;
    out[at++] = (value >> have) & 255;
  }
  return utf8Text(new DataView(out.buffer), 0, at);
}

/** The first line of the first message, whose line end Wireshark shows as a space. */
export function summary(layer: LayerNode, { view, start, end }: Body): string {
  if (layer.fields.length === 0 || !startsMessage(view, start, end)) return 'Continuation';
  const next = lineEnd(view, start, end);
  const last = next < 0 ? end : textEnd(view, start, next);
  return `${utf8Text(view, start, last - start)}${next < 0 ? '' : ' '}`;
}
