import type { Conversation } from '../core/conversation.js';
import { escapedText } from '../core/format.js';
import { type Body, type Field, flag, protocol, text } from '../core/index.js';
import { CollectedOctets } from './collected-octets.js';
import { MEDIA } from './media-types.js';
import { isFromServer, type Line, lineAt, lineLength, skipSpaces, takeRange, wordLength } from './text-lines.js';

const PORTS = [143];
const QUOTE = 0x22;

const fields = {
  isrequest: flag('Is Request'),
  line: text('Line'),
  request: text('Request'),
  request_tag: text('Request Tag'),
  'request.command': text('Request Command'),
  'request.folder': text('Request Folder'),
  'request.username': text('Request Username'),
  'request.password': text('Request Password'),
  'request.command.uid': flag('Request Command UID'),
  response: text('Response'),
  response_tag: text('Response Tag'),
  'response.status': text('Response Status'),
  'response.command': text('Response Command'),
  tag: text('Tag'),
  command: text('Command'),
};

/** One direction's mail that is being sent: octets that are still to come. */
function mailOf(conversation: Conversation): { left: number; readonly octets: CollectedOctets } {
  return conversation.remember(`imap ${conversation.direction}`, newMail);
}

function newMail(): { left: number; readonly octets: CollectedOctets } {
  return { left: 0, octets: new CollectedOctets() };
}

type ImapFields = { readonly [K in keyof typeof fields]: Field };

/** RFC 3501, section 7.1: how a command went. */
const COMPLETED = /^[^\s*+]+ (OK|NO|BAD)\b/i;
/** A line that announces the octets of a mail. */
const FETCHED = /^\* \d+ FETCH.*\{(\d{1,9})\+?\}$/i;

/** Commands whose argument is a mailbox (RFC 3501, section 6.3). */
const WITH_FOLDER = new Set(['SELECT', 'EXAMINE', 'CREATE', 'DELETE', 'SUBSCRIBE', 'UNSUBSCRIBE', 'STATUS', 'APPEND']);

/** Internet Message Access Protocol. */
export const imap = protocol('imap', 'Internet Message Access Protocol', {
  reference: 'RFC 3501, RFC 9051',
  carriedBy: { 'tcp.port': PORTS },
  header: {},
  fields,
  hands: MEDIA,
  headerLength: 'all',
  message: (view, start, end, conversation) => {
    // What is left of a mail is no line.
    const left = conversation === undefined ? 0 : mailOf(conversation).left;
    return left > 0 ? Math.min(left, end - start) : lineLength(view, start, end);
  },
  body: (body, field) => {
    const request = !isFromServer(body, PORTS);
    body.derived(field.isrequest, request);
    const { conversation } = body.dissection;
    const mail = conversation === undefined ? newMail() : mailOf(conversation);
    while (body.remaining > 0) {
      if (mail.left > 0) {
        const octets = Math.min(mail.left, body.remaining);
        mail.left -= octets;
        mail.octets.add(body, body.position, body.position + octets);
        body.skip(octets);
        if (mail.left === 0) mail.octets.handMail(body);
        continue;
      }
      const line = lineAt(body.view, body.position, body.end);
      body.over(field.line, line.next - line.start, () => parts(body, field, line, request));
      // RFC 3501, section 4.3: a literal's octets follow the line that announces them.
      const literal = FETCHED.exec(line.text);
      if (literal !== null) mail.left = Number(literal[1]);
    }
  },
  info: (_layer, body) => {
    const request = !isFromServer(body, PORTS);
    // Of an answer in several lines, the last is the one that says how it went.
    let line = lineAt(body.view, body.start, body.end);
    let shown = line.text;
    while (!request && line.next < body.end) {
      line = lineAt(body.view, line.next, body.end);
      if (COMPLETED.test(line.text)) shown = line.text;
    }
    return `${request ? 'Request' : 'Response'}: ${escapedText(shown)}`;
  },
});

/** RFC 3501, section 2.2: a tag, and a command or a status; `*` stands for no tag. */
function parts(body: Body, field: ImapFields, { start, textEnd, text: whole }: Line, request: boolean): void {
  const { view } = body;
  body.describe(whole);
  const tagEnd = start + wordLength(view, start, textEnd);
  const tag = whole.split(' ', 1)[0];
  if (whole === '' || tag === '*') return;
  const from = skipSpaces(view, tagEnd, textEnd);
  const heading = field[request ? 'request' : 'response'];
  body.over(heading, textEnd - start, () => {
    takeRange(body, field[request ? 'request_tag' : 'response_tag'], start, tagEnd);
    if (tag === '') return;
    body.derived(field.tag, tag, undefined, start, tagEnd - start);
    if (request) command(body, field, from, textEnd);
    else status(body, field, from, textEnd);
  });
}

function command(body: Body, field: ImapFields, at: number, end: number): void {
  const { view } = body;
  let from = at;
  let wordEnd = from + wordLength(view, from, end);
  let name = takeRange(body, field['request.command'], from, wordEnd);
  if (name.toUpperCase() === 'UID') {
    body.derived(field['request.command.uid'], true, undefined, from, wordEnd - from);
    from = skipSpaces(view, wordEnd, end);
    wordEnd = from + wordLength(view, from, end);
    name = takeRange(body, field['request.command'], from, wordEnd);
  }
  if (name === '') return;
  body.derived(field.command, name, undefined, from, wordEnd - from);
  const argument = skipSpaces(view, wordEnd, end);
  const argumentEnd = argument + wordLength(view, argument, end);
  if (WITH_FOLDER.has(name.toUpperCase())) takeRange(body, field['request.folder'], argument, argumentEnd);
  else if (name.toUpperCase() === 'LOGIN') {
    takeRange(body, field['request.username'], argument, argumentEnd);
    const password = skipSpaces(view, argumentEnd, end);
    const quoted = password + 1 < end && view.getUint8(password) === QUOTE && view.getUint8(end - 1) === QUOTE ? 1 : 0;
    takeRange(body, field['request.password'], password + quoted, end - quoted);
  }
}

function status(body: Body, field: ImapFields, at: number, end: number): void {
  const { view } = body;
  const wordEnd = at + wordLength(view, at, end);
  takeRange(body, field['response.status'], at, wordEnd);
  const from = skipSpaces(view, wordEnd, end);
  const nameEnd = from + wordLength(view, from, end);
  const name = takeRange(body, field['response.command'], from, nameEnd);
  if (name !== '') body.derived(field.command, name, undefined, from, nameEnd - from);
}
