import { escapedText, ipv4Text, ipv6Text } from '../core/format.js';
import { type Body, type Field, flag, ipv4Address, ipv6Address, protocol, text, uint } from '../core/index.js';
import { ftpReplies } from '../labels/reply-codes.js';
import {
  isFromServer,
  type Line,
  lineAt,
  lineLength,
  replyCode,
  skipSpaces,
  takeRange,
  wordLength,
} from './text-lines.js';

const PORTS = [21];
const PASSIVE = 227;
const EXTENDED_PASSIVE = 229;
const START_TLS = 234;

const fields = {
  request: flag('Request'),
  response: flag('Response'),
  'request.command': text('Request command'),
  'request.arg': text('Request arg'),
  'response.code': uint(32, 'Response code', { labels: ftpReplies }),
  'response.arg': text('Response arg'),
  'passive.ip': ipv4Address('Passive IP address'),
  'passive.port': uint(16, 'Passive port'),
  'active.cip': ipv4Address('Active IP address'),
  'active.port': uint(16, 'Active port'),
  'eprt.af': uint(8, 'Extended active address family', { labels: { 1: 'IPv4', 2: 'IPv6' } }),
  'eprt.ip': ipv4Address('Extended active IP address'),
  'eprt.ipv6': ipv6Address('Extended active IPv6 address'),
  'eprt.port': uint(16, 'Extended active port'),
  'epsv.ip': ipv4Address('Extended passive IPv4 address'),
  'epsv.ipv6': ipv6Address('Extended passive IPv6 address'),
  'epsv.port': uint(16, 'Extended passive port'),
};

type FtpFields = { readonly [K in keyof typeof fields]: Field };

/** File Transfer Protocol: its control connection. */
export const ftp = protocol('ftp', 'File Transfer Protocol (FTP)', {
  reference: 'RFC 959, RFC 2428',
  carriedBy: { 'tcp.port': PORTS },
  header: {},
  fields,
  headerLength: 'all',
  message: lineLength,
  body: (body, field) => {
    const response = isFromServer(body, PORTS);
    body.derived(field.request, !response);
    body.derived(field.response, response);
    // Further lines of an answer are text for people.
    const line = lineAt(body.view, body.position, body.end);
    if (response) reply(body, field, line);
    else command(body, field, line);
  },
  info: (_layer, body) => {
    const { text: first } = lineAt(body.view, body.start, body.end);
    return `${isFromServer(body, PORTS) ? 'Response' : 'Request'}: ${escapedText(first)}`;
  },
});

function command(body: Body, field: FtpFields, { start, textEnd, next }: Line): void {
  const { view } = body;
  const length = wordLength(view, start, textEnd);
  if (length === 0) return;
  const name = takeRange(body, field['request.command'], start, start + length);
  body.position = start + length;
  const from = skipSpaces(view, body.position, textEnd);
  if (from > body.position) body.skip(from - body.position);
  const argument = takeRange(body, field['request.arg'], from, textEnd);
  body.position = Math.max(body.position, textEnd);
  if (name.toUpperCase() === 'PORT') endpoint(body, field['active.cip'], field['active.port'], argument, from);
  else if (name.toUpperCase() === 'EPRT') extendedEndpoint(body, field, argument, from);
  if (body.position < next) body.skip(next - body.position);
}

function reply(body: Body, field: FtpFields, { start, textEnd, next, text: line }: Line): void {
  const code = replyCode(line);
  let from = start;
  if (code >= 0) {
    body.found(field['response.code'], code, start, 3);
    from = Math.min(start + 4, textEnd);
    body.position = start + 3;
    if (from > body.position) body.skip(from - body.position);
  }
  const argument = takeRange(body, field['response.arg'], from, textEnd);
  body.position = Math.max(body.position, textEnd);
  if (code === PASSIVE) endpoint(body, field['passive.ip'], field['passive.port'], argument, from);
  else if (code === EXTENDED_PASSIVE) extendedPassive(body, field, argument, from);
  else if (code === START_TLS) body.dissection.conversation?.switchTo('tls');
  if (body.position < next) body.skip(next - body.position);
}

/** `h1,h2,h3,h4,p1,p2`: RFC 959, section 4.1.2. */
function endpoint(body: Body, address: Field, port: Field, argument: string, at: number): void {
  const match = /(\d{1,3}),(\d{1,3}),(\d{1,3}),(\d{1,3}),(\d{1,3}),(\d{1,3})/.exec(argument);
  if (match === null) return;
  const numbers = match.slice(1).map(Number);
  if (numbers.some((number) => number > 255)) return;
  body.derived(address, numbers.slice(0, 4).join('.'), undefined, at + match.index, match[0].length);
  body.derived(port, numbers[4] * 256 + numbers[5], undefined, at + match.index, match[0].length);
}

/** `|af|address|port|`: RFC 2428, section 2. */
function extendedEndpoint(body: Body, field: FtpFields, argument: string, at: number): void {
  const match = /^(.)([12])\1(.+)\1(\d{1,5})\1/.exec(argument);
  if (match === null) return;
  const [, , family, address, port] = match;
  body.derived(field['eprt.af'], Number(family), undefined, at, argument.length);
  body.derived(field[family === '1' ? 'eprt.ip' : 'eprt.ipv6'], address, undefined, at, argument.length);
  body.derived(field['eprt.port'], Number(port), undefined, at, argument.length);
}

/** `(|||port|)`: RFC 2428, section 3. The address is the server's. */
function extendedPassive(body: Body, field: FtpFields, argument: string, at: number): void {
  const match = /\((.)\1\1(\d{1,5})\1\)/.exec(argument);
  if (match === null) return;
  const { view, walk, depth } = body;
  const network = walk.networkUnder[depth - 1];
  if (network >= 0) {
    const start = walk.start[network];
    if (view.getUint8(start) >> 4 === 4) body.derived(field['epsv.ip'], ipv4Text(view, start + 12), undefined, at, 0);
    else body.derived(field['epsv.ipv6'], ipv6Text(view, start + 8), undefined, at, 0);
  }
  body.derived(field['epsv.port'], Number(match[2]), undefined, at + match.index + 4, match[2].length);
}
