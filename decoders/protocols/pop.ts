import type { Conversation } from '../core/conversation.js';
import { escapedText } from '../core/format.js';
import { type Body, type Field, protocol, text } from '../core/index.js';
import { CollectedOctets } from './collected-octets.js';
import { MEDIA } from './media-types.js';
import { isFromServer, lineAt, lineLength, skipSpaces, takeRange, wordLength } from './text-lines.js';

const PORTS = [110];

const fields = {
  response: text('Response'),
  'response.indicator': text('Response indicator'),
  'response.description': text('Response description'),
  'response.data': text('Data'),
  request: text('Request'),
  'request.command': text('Request command'),
  'request.parameter': text('Request parameter'),
};

/** Commands that are answered with a mail, up to a line with a dot (RFC 1939, sections 5 and 7). */
const WITH_MAIL = new Set(['RETR', 'TOP']);

interface Retrieval {
  /** Whether the last command wants a mail. */
  asked: boolean;
  /** Whether the server sends one. */
  mail: boolean;
  readonly octets: CollectedOctets;
}

function retrievalOf(conversation: Conversation): Retrieval {
  return conversation.remember('pop', () => ({ asked: false, mail: false, octets: new CollectedOctets() }));
}

type PopFields = { readonly [K in keyof typeof fields]: Field };

/** Post Office Protocol, version 3. */
export const pop = protocol('pop', 'Post Office Protocol', {
  reference: 'RFC 1939',
  carriedBy: { 'tcp.port': PORTS },
  header: {},
  fields,
  hands: MEDIA,
  headerLength: 'all',
  message: lineLength,
  body: (body, field) => {
    const response = isFromServer(body, PORTS);
    while (body.remaining > 0) line(body, field, response);
  },
  info: (_layer, body) => {
    const response = isFromServer(body, PORTS);
    const { text: first } = lineAt(body.view, body.start, body.end);
    if (response && !isIndicator(first.split(' ', 1)[0])) return 'S: DATA fragment, '.concat(`${octets(body)} bytes`);
    return `${response ? 'S' : 'C'}: ${escapedText(first)}`;
  },
});

function octets(body: Body): number {
  return body.end - body.start;
}

/** RFC 1939, section 3. Wireshark takes the `+` of RFC 5034 for a part of a mail. */
function isIndicator(word: string): boolean {
  return word === '+OK' || word === '-ERR';
}

function line(body: Body, field: PopFields, response: boolean): void {
  const { view } = body;
  const { start, textEnd, next, text: whole } = lineAt(view, body.position, body.end);
  const wordEnd = start + wordLength(view, start, textEnd);
  const [word] = whole.split(' ', 1);
  const { conversation } = body.dissection;
  const known = conversation === undefined ? undefined : retrievalOf(conversation);
  if (known?.mail === true && response) {
    if (textEnd > start) body.over(field['response.data'], textEnd - start, () => undefined);
    if (whole === '.') {
      known.mail = false;
      known.octets.handMail(body);
    } else known.octets.add(body, start, next);
  } else if (response && !isIndicator(word)) {
    if (textEnd > start && word !== '+') body.over(field['response.data'], textEnd - start, () => undefined);
  } else if (response) {
    body.titled(field.response, '', () => {
      body.describe(whole);
      parts(field['response.indicator'], field['response.description']);
    });
    if (known !== undefined) {
      known.mail = known.asked && word === '+OK';
      known.asked = false;
    }
  } else {
    body.titled(field.request, '', () => {
      body.describe(whole);
      parts(field['request.command'], field['request.parameter']);
    });
    if (known !== undefined) known.asked = WITH_MAIL.has(word.toUpperCase());
  }
  if (body.position < next) body.skip(next - body.position);

  function parts(first: Field, second: Field): void {
    takeRange(body, first, start, wordEnd);
    takeRange(body, second, skipSpaces(view, wordEnd, textEnd), textEnd);
    body.position = textEnd;
  }
}
