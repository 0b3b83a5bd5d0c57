import { type Body, type Field, type FieldNode, findField, protocol, text, uint } from '../core/index.js';
import { distanceTo } from './messages.js';
import { isFromServer, lineAt, skipSpaces, takeRange, wordLength } from './text-lines.js';

const PORTS = [6667, 57000];
const COLON = 0x3a;
/** What stands before and behind a command of clients to each other (CTCP). */
const DELIMITER = 1;
/** RFC 1459, section 2.3: 15 at most, which RFC 2812 keeps; more are read all the same, but not without end. */
const MOST_PARAMETERS = 100;

const fields = {
  request: text('Request'),
  'request.prefix': text('Prefix'),
  'request.command': text('Command'),
  'request.command_parameter': text('Parameter'),
  'request.trailer': text('Trailer'),
  response: text('Response'),
  'response.prefix': text('Prefix'),
  'response.command': text('Command'),
  'response.num_command': uint(16, 'Command'),
  'response.command_parameter': text('Parameter'),
  'response.trailer': text('Trailer'),
  ctcp: text('CTCP Data'),
};

type IrcFields = { readonly [K in keyof typeof fields]: Field };

/** Internet Relay Chat: lines of a prefix, a command and its parameters. */
export const irc = protocol('irc', 'Internet Relay Chat', {
  reference: 'RFC 2812, section 2.3',
  carriedBy: { 'tcp.port': PORTS },
  header: {},
  fields,
  headerLength: 'all',
  body: (body, field) => {
    const side = isFromServer(body, PORTS) ? 'response' : 'request';
    while (body.remaining > 0) {
      const { start, textEnd, next } = lineAt(body.view, body.position, body.end);
      if (textEnd > start) body.over(field[side], textEnd - start, () => line(body, field, side));
      if (next > body.position) body.skip(next - body.position);
    }
  },
  info: (layer, body) => {
    const side = isFromServer(body, PORTS) ? 'response' : 'request';
    const command = (node: FieldNode) => findField(node.fields ?? [], `irc.${side}.command`)?.display;
    const commands = layer.fields.filter(({ name }) => name === `irc.${side}`).map(command);
    const listed = commands.filter((name) => name !== undefined).map((name) => ` (${name})`);
    return `${side === 'request' ? 'Request' : 'Response'}${listed.join('')}`;
  },
});

function line(body: Body, field: IrcFields, side: 'request' | 'response'): void {
  const { view, end } = body;
  let at = body.position;
  if (view.getUint8(at) === COLON) {
    const length = wordLength(view, at + 1, end);
    takeRange(body, field[`${side}.prefix`], at + 1, at + 1 + length);
    at += 1 + length;
  }
  at = skipSpaces(view, at, end);
  const length = wordLength(view, at, end);
  const command = takeRange(body, field[`${side}.command`], at, at + length);
  if (side === 'response' && /^\d{3}$/.test(command))
    body.derived(field['response.num_command'], Number(command), undefined, at, length);
  at += length;
  for (let i = 0; i < MOST_PARAMETERS; i++) {
    at = skipSpaces(view, at, end);
    if (at >= end) break;
    if (view.getUint8(at) === COLON) {
      takeRange(body, field[`${side}.trailer`], at + 1, end);
      if (/^(PRIVMSG|NOTICE)$/i.test(command)) between(body, field.ctcp, at + 1);
      break;
    }
    const parameter = wordLength(view, at, end);
    takeRange(body, field[`${side}.command_parameter`], at, at + parameter);
    at += parameter;
  }
  body.position = end;
}

/** Adds the text between two delimiters from `from` on. */
function between(body: Body, field: Field, from: number): void {
  const { view, end } = body;
  const before = distanceTo(view, DELIMITER, from, end);
  if (before < 0) return;
  const start = from + before + 1;
  const length = distanceTo(view, DELIMITER, start, end);
  if (length <= 0) return;
  let value = '';
  for (let i = 0; i < length; i++) value += String.fromCharCode(view.getUint8(start + i));
  body.derived(field, value, undefined, start, length);
}
