import type { Conversation } from '../core/conversation.js';
import { escapedText } from '../core/format.js';
import { type Body, type Field, flag, group, protocol, text, uint } from '../core/index.js';
import { smtpReplies } from '../labels/reply-codes.js';
import { CollectedOctets } from './collected-octets.js';
import { MEDIA, Media } from './media-types.js';
import { isFromServer, type Line, lineAt, lineLength, replyCode, takeRange } from './text-lines.js';

const PORTS = [25, 587];
/** Commands of RFC 5321 and its extensions; a client's line that begins with none of them is part of a mail. */
const COMMANDS = new Set(
  'HELO EHLO LHLO MAIL RCPT DATA BDAT RSET NOOP QUIT HELP VRFY EXPN AUTH STARTTLS ETRN TURN ATRN SEND SOML SAML XCLIENT XFORWARD X-EXPS XEXCH50 X-ANONYMOUSTLS'.split(
    ' ',
  ),
);
const READY = 220;
const CHALLENGE = 334;
const MAIL_INPUT = 354;
/** Packets of one mail that are told. */
const MOST_FRAGMENTS = 1000;

const fields = {
  req: flag('Request'),
  rsp: flag('Response'),
  command_line: text('Command Line'),
  'req.command': text('Command'),
  'req.parameter': text('Request parameter'),
  response: text('Response'),
  'response.code': uint(32, 'Response code', { labels: smtpReplies }),
  'rsp.parameter': text('Response parameter'),
  'auth.username': text('Username'),
  'auth.password': text('Password'),
  'auth.username_password': text('Username/Password'),
  eom: group('End of mail'),
  'data.fragments': group('DATA fragments'),
  'data.fragment': uint(32, 'DATA fragment'),
  'data.fragment.count': uint(32, 'DATA fragment count'),
  'data.reassembled.length': uint(32, 'Reassembled DATA length'),
};

type SmtpFields = { readonly [K in keyof typeof fields]: Field };

/** What both directions know of the session. */
interface Session {
  /** The client sent STARTTLS: after the server's next answer, everything is TLS (RFC 3207). */
  startTls: boolean;
  /** The server has agreed to it. */
  agreed: boolean;
  /** The client sends a mail, up to a line with a dot (RFC 5321, section 4.1.1.4). */
  mail: boolean;
  /** What came of it. */
  readonly octets: CollectedOctets;
  /** The server asked for the next of `answers`. */
  challenged: boolean;
  /** What the client's next lines are after AUTH (RFC 4954), by the mechanism. */
  answers: ('auth.username' | 'auth.password' | 'auth.username_password' | 'other')[];
}

/** Simple Mail Transfer Protocol. */
export const smtp = protocol('smtp', 'Simple Mail Transfer Protocol', {
  reference: 'RFC 5321',
  carriedBy: { 'tcp.port': PORTS },
  header: {},
  fields,
  hands: MEDIA,
  headerLength: 'all',
  message: (view, start, end, conversation) => {
    if (conversation !== undefined) goOn(view, start, conversation);
    return lineLength(view, start, end);
  },
  body: (body, field) => {
    const response = isFromServer(body, PORTS);
    if (response) body.derived(field.rsp, true);
    if (response) replies(body, field);
    else commands(body, field);
  },
  info: (_layer, body) => summary(body),
});

function session({ dissection }: Body): Session | undefined {
  return dissection.conversation && sessionOf(dissection.conversation);
}

function sessionOf(conversation: Conversation): Session {
  return conversation.remember('smtp', () => ({
    startTls: false,
    agreed: false,
    mail: false,
    octets: new CollectedOctets(),
    challenged: false,
    answers: [],
  }));
}

/** Behind an agreement on TLS come its records, unless the capture was made where they are decrypted already. */
function goOn(view: DataView, start: number, conversation: Conversation): void {
  const known = sessionOf(conversation);
  if (!known.agreed) return;
  known.agreed = false;
  const first = view.getUint8(start);
  const printable = first > 32 && first < 127;
  if (!printable) conversation.switchTo('tls');
}

/** Whether a client's line is a command. One alone can only tell by its first word. */
function isCommand(line: string): boolean {
  return COMMANDS.has(/^[\w-]+/.exec(line)?.[0].toUpperCase() ?? '');
}

function commands(body: Body, field: SmtpFields): void {
  const known = session(body);
  if (known?.mail === true) mail(body, field, known);
  else if (known?.challenged && known.answers.length > 0) answer(body, field, known);
  else if (areCommands(body, known !== undefined && known.answers.length > 0)) {
    while (body.remaining > 0) {
      body.derived(field.req, true);
      command(body, field, lineAt(body.view, body.position, body.end));
    }
  } else mail(body, field, known);
}

/** Whether all the lines are commands; with one that is none, Wireshark takes all for a part of a mail. */
function areCommands({ view, position, end }: Body, authenticating: boolean): boolean {
  if (authenticating) return true;
  for (let at = position; at < end; ) {
    const line = lineAt(view, at, end);
    if (!isCommand(line.text)) return false;
    at = line.next;
  }
  return true;
}

/** The lines of a mail, up to that with the dot; Wireshark shows nothing of what stands behind it. */
function mail(body: Body, field: SmtpFields, known: Session | undefined): void {
  const { position: start } = body;
  const wasMail = known?.mail === true;
  let end = start;
  while (body.remaining > 0 && !isDot(lineAt(body.view, body.position, body.end))) {
    const line = lineAt(body.view, body.position, body.end);
    body.skip(line.next - line.start);
    end = line.next;
  }
  // The line end before the dot belongs to it; Wireshark counts it so where a segment begins with both.
  const onlyLineEnd = end - start === 2 && body.remaining > 0;
  if (wasMail && !onlyLineEnd) known.octets.add(body, start, end);
  if (body.remaining === 0) {
    // As in Wireshark, what is a part of a mail is shown as text.
    if (known === undefined ? isText(body.view, start, end) : wasMail)
      body.hand(MEDIA, Media.text, { type: '', parameters: '' }, [start, end]);
    return;
  }
  const dot = lineAt(body.view, body.position, body.end);
  body.group(field.eom, () => body.skip(dot.next - dot.start));
  if (known !== undefined && wasMail) {
    known.mail = false;
    fragments(body, field, known.octets);
    known.octets.handMail(body);
  }
  if (body.remaining > 0) body.skip(body.remaining);
}

/** Whether octets of which nothing else is known look like lines of a mail: what answers AUTH is one line of one word. */
function isText(view: DataView, start: number, end: number): boolean {
  const { text: line, next } = lineAt(view, start, end);
  return /^[\t -~\u00a0-\uffff]*$/.test(line) && !line.includes('\ufffd') && (next < end || line.includes(' '));
}

/** Which packets the mail came in. */
function fragments(body: Body, field: SmtpFields, { packets, length }: CollectedOctets): void {
  if (length === 0) return;
  const brought = [...new Set(packets)];
  body.group(field['data.fragments'], () => {
    for (const packet of brought.slice(0, MOST_FRAGMENTS)) body.derived(field['data.fragment'], packet);
    body.derived(field['data.fragment.count'], brought.length);
    body.derived(field['data.reassembled.length'], length);
  });
}

/** The line that ends a mail (RFC 5321, section 4.1.1.4). */
function isDot(line: Line): boolean {
  return line.text === '.' && line.next !== line.textEnd;
}

/** What the client says to a challenge. */
function answer(body: Body, field: SmtpFields, known: Session): void {
  const what = known.answers.shift() ?? 'other';
  known.challenged = false;
  const line = lineAt(body.view, body.position, body.end);
  if (what !== 'other') {
    body.derived(field.req, true);
    takeRange(body, field[what], line.start, line.textEnd);
    body.position = line.textEnd;
  }
  if (body.remaining > 0) body.skip(body.remaining);
}

function command(body: Body, field: SmtpFields, { start, textEnd, next, text: line }: Line): void {
  body.over(field.command_line, next - start, () => {
    body.describe(line);
    // Wireshark takes four letters for the command, as RFC 821 had them; of STARTTLS it makes STAR and TLS.
    takeRange(body, field['req.command'], start, Math.min(start + 4, textEnd));
    takeRange(body, field['req.parameter'], start + 5, textEnd);
    const known = session(body);
    const words = line.trim().split(/\s+/);
    const name = words[0].toUpperCase();
    const answers = name === 'AUTH' ? answersTo((words[1] ?? '').toUpperCase()) : [];
    if (words.length > 2 && answers.length > 0) {
      const [first] = answers.splice(0, 1);
      const from = start + line.lastIndexOf(words[2]);
      if (first !== 'other') takeRange(body, field[first], from, from + words[2].length);
    }
    if (known === undefined) return;
    if (name === 'STARTTLS') known.startTls = true;
    else if (name === 'DATA') known.mail = true;
    else if (name === 'AUTH') Object.assign(known, { answers, challenged: false });
  });
}

/** What a client says after AUTH. */
function answersTo(mechanism: string): Session['answers'] {
  if (mechanism === 'LOGIN') return ['auth.username', 'auth.password'];
  return mechanism === 'PLAIN' ? ['auth.username_password'] : ['other', 'other', 'other'];
}

/** RFC 5321, section 4.2.1: of an answer in several lines all but the last have a hyphen behind the code. */
function replies(body: Body, field: SmtpFields): void {
  const { view } = body;
  while (body.remaining > 0) {
    const first = lineAt(view, body.position, body.end);
    const code = replyCode(first.text);
    if (code < 0) {
      body.skip(first.next - first.start);
      continue;
    }
    body.titled(field.response, textOf(view, first), () => {
      body.describe(first.text);
      body.found(field['response.code'], code, first.start, 3);
      let line = first;
      for (;;) {
        const from = Math.min(line.start + 4, line.textEnd);
        takeRange(body, field['rsp.parameter'], from, line.textEnd);
        body.position = line.next;
        if (!line.text.startsWith('-', 3) || body.remaining === 0) break;
        line = lineAt(view, body.position, body.end);
        if (replyCode(line.text) !== code) break;
      }
    });
    const known = session(body);
    if (known !== undefined) {
      known.challenged = code === CHALLENGE;
      if (code === MAIL_INPUT) known.mail = true;
      else if (code !== CHALLENGE) {
        known.answers = [];
        if (code >= 400) known.mail = false;
        if (!known.mail) known.octets.forget(body);
      }
    }
    if (known?.startTls === true) {
      known.startTls = false;
      known.agreed = code === READY;
    }
  }
}

/** A line with what ends it. */
function textOf(view: DataView, { text: line, textEnd, next }: Line): string {
  let out = line;
  for (let at = textEnd; at < next; at++) out += String.fromCharCode(view.getUint8(at));
  return out;
}

/** Every command of the segment; of an answer the first line whole, and of its further lines the text. */
function summary(body: Body): string {
  const { view, start, end } = body;
  const response = isFromServer(body, PORTS);
  const parts: string[] = [];
  let continued = false;
  for (let at = start; at < end; ) {
    const line = lineAt(view, at, end);
    at = line.next;
    if (response) {
      parts.push(escapedText(continued ? line.text.slice(4) : line.text));
      continued = line.text.startsWith('-', 3);
    } else if (isCommand(line.text) || line.text === '.') parts.push(escapedText(line.text));
    else if (parts.length === 0) return `C: DATA fragment, ${end - start} byte${end - start === 1 ? '' : 's'}`;
  }
  return `${response ? 'S' : 'C'}: ${parts.join(' | ')}`;
}
