import { hexText, zeroEndedText } from '../core/format.js';
import { type Body, bytes, type Field, protocol, text, uint } from '../core/index.js';
import { commands, options } from '../labels/telnet.js';

const IAC = 255;
const SUBOPTION = 250;
const WILL = 251;
const TERMINAL_TYPE = 24;
const TERMINAL_SPEED = 32;
const X_DISPLAY_LOCATION = 35;
const WINDOW_SIZE = 31;
const LF = 0x0a;
const CR = 0x0d;

const fields = {
  cmd: uint(8, 'Command', { labels: commands }),
  subcmd: uint(8, 'Subcommand', { labels: options }),
  option_data: bytes(0, 'Option data'),
  'naws_subopt.width': uint(16, 'Width'),
  'naws_subopt.height': uint(16, 'Height'),
  'string_subopt.value': text('Value'),
  data: text('Data'),
};

type TelnetFields = { readonly [K in keyof typeof fields]: Field };

/** Telnet, with the negotiation of its options. */
export const telnet = protocol('telnet', 'Telnet', {
  reference: 'RFC 854, RFC 855',
  carriedBy: { 'tcp.port': 23 },
  header: {},
  fields,
  headerLength: 'all',
  body: (body, field) => {
    while (body.remaining > 0) {
      if (isCommand(body.view, body.position, body.end)) command(body, field);
      else data(body, field);
    }
  },
  info: () => 'Telnet Data ...',
});

/** IAC that is not an octet 255 of the data, which is sent twice (RFC 854). */
function isCommand(view: DataView, at: number, end: number): boolean {
  return view.getUint8(at) === IAC && (at + 1 >= end || view.getUint8(at + 1) !== IAC);
}

/** Data up to the next command; a line is a field. */
function data(body: Body, field: TelnetFields): void {
  const { view, position: start, end } = body;
  let at = start;
  while (at < end && !isCommand(view, at, end)) {
    const octet = view.getUint8(at);
    at += octet === IAC ? 2 : 1;
    if (octet === LF) break;
    if (octet !== CR) continue;
    // A carriage return alone is sent with a zero behind it (RFC 854).
    if (at < end && (view.getUint8(at) === LF || view.getUint8(at) === 0)) at++;
    break;
  }
  at = Math.min(at, end);
  body.found(field.data, zeroEndedText(view, start, at - start), start, at - start);
  body.position = at;
}

function command(body: Body, field: TelnetFields): void {
  body.need(2, 'a command');
  const { view } = body;
  const code = view.getUint8(body.position + 1);
  body.skip(1);
  body.headed(field.cmd, () => {
    body.describe(commands[code] ?? `Command ${code}`);
    if (code === SUBOPTION) suboption(body, field);
    else if (code >= WILL && code < IAC) {
      const option = body.number(field.subcmd);
      body.describe(`${commands[code]} ${options[option] ?? `option ${option}`}`);
    }
  });
}

/** RFC 855: everything up to IAC SE, or to whatever command ends it. */
function suboption(body: Body, field: TelnetFields): void {
  const { view } = body;
  const option = body.number(field.subcmd);
  body.describe(`Suboption ${options[option] ?? `option ${option}`}`);
  let end = body.position;
  while (end < body.end && !isCommand(view, end, body.end)) end += view.getUint8(end) === IAC ? 2 : 1;
  end = Math.min(end, body.end);
  const length = end - body.position;
  body.within(end, () => {
    if (option === WINDOW_SIZE && length === 4) {
      body.number(field['naws_subopt.width']);
      body.number(field['naws_subopt.height']);
    } else if (isText(option) && length > 0) {
      body.number(field.subcmd);
      if (body.remaining > 0) body.take(field['string_subopt.value'], body.remaining);
    } else if (length > 0) {
      if (option === TERMINAL_SPEED && length > 1) body.skip(1);
      const at = body.position;
      body.found(field.option_data, hexText(view, at, end - at), at, end - at);
      body.position = end;
    }
  });
}

/** Options whose value is text behind IS or SEND: RFC 1091, RFC 1096. */
function isText(option: number): boolean {
  return option === TERMINAL_TYPE || option === X_DISPLAY_LOCATION;
}
