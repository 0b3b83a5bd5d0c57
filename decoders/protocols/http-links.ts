/** What messages of HTTP/1 tell of one another: which request a response answers, where it is, and how long it took. */

import type { Conversation } from '../core/conversation.js';
import { asciiText } from '../core/format.js';
import type { Body } from '../core/index.js';
import { exchangeOf, secondsSince } from './http-exchange.js';
import type { HttpFields } from './http-fields.js';
import { isBlank, isResponse, lineEnd, methodLength, named, textEnd } from './http-scan.js';

const SP = 32;
/** `NOTI`: a NOTIFY of UPnP asks for no answer. */
const NOTIFY = 0x4e4f5449;
/** Lines of a header that are looked at for the host. */
const MOST_LINES = 100;

/** Shows where the messages are that belong to the one that was counted last. */
export function links(body: Body, field: HttpFields, response: boolean, conversation: Conversation): void {
  const { pair, before, uri } = exchangeOf(conversation);
  if (pair === undefined) return;
  const told = (as: HttpFields[keyof HttpFields], packet: number | undefined) => {
    if (packet !== undefined && packet > 0) body.derived(as, packet);
  };
  body.derived(field[response ? 'response_number' : 'request_number'], pair.number);
  if (response && pair.request > 0) {
    const seconds = secondsSince(pair, conversation);
    if (!Number.isNaN(seconds)) body.derived(field.time, seconds);
    told(field.request_in, pair.request);
  }
  told(field.prev_request_in, before?.request);
  if (!response) return;
  told(field.prev_response_in, before?.response);
  if (uri !== '') body.derived(field['response_for.uri'], uri);
}

/** Counts a message that is not decoded: only its first line, and its host, are looked at. */
export function note(view: DataView, start: number, end: number, conversation: Conversation): void {
  if (isResponse(view, start, end)) {
    exchangeOf(conversation).responded(conversation);
    return;
  }
  const method = methodLength(view, start, end);
  if (method === 0 || (method >= 4 && view.getUint32(start) === NOTIFY)) return;
  const next = lineEnd(view, start, end);
  if (next < 0) return;
  const last = textEnd(view, start, next);
  const from = Math.min(start + method + 1, last);
  let to = from;
  while (to < last && view.getUint8(to) !== SP) to++;
  exchangeOf(conversation).requested(conversation, textOf(view, from, to), hostOf(view, next, end));
}

/** The value of the Host field of the header lines that begin at `from`. */
function hostOf(view: DataView, from: number, end: number): string | undefined {
  let at = from;
  for (let line = 0; line < MOST_LINES; line++) {
    const next = lineEnd(view, at, end);
    const last = next < 0 ? at : textEnd(view, at, next);
    if (last === at) return undefined;
    if (named(view, at, last, 'host')) {
      let first = at + 5;
      let to = last;
      while (first < to && isBlank(view.getUint8(first))) first++;
      while (to > first && isBlank(view.getUint8(to - 1))) to--;
      return textOf(view, first, to);
    }
    at = next;
  }
  return undefined;
}

function textOf(view: DataView, from: number, to: number): string {
  return asciiText(new Uint8Array(view.buffer, view.byteOffset + from, to - from));
}
