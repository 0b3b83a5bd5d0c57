import { absoluteTimeText, escapedText, utf8Text } from '../core/format.js';
import { type Body, type Field, findField, protocol, text, uint } from '../core/index.js';
import { distanceTo } from './messages.js';

/** RFC 5424, section 6.2.1. */
const facilities = [
  ['KERN', 'kernel messages'],
  ['USER', 'random user-level messages'],
  ['MAIL', 'mail system'],
  ['DAEMON', 'system daemons'],
  ['AUTH', 'security/authorization messages'],
  ['SYSLOG', 'messages generated internally by syslogd'],
  ['LPR', 'line printer subsystem'],
  ['NEWS', 'network news subsystem'],
  ['UUCP', 'UUCP subsystem'],
  ['CRON', 'clock daemon'],
  ['AUTHPRIV', 'security/authorization messages (private)'],
  ['FTP', 'ftp daemon'],
  ['NTP', 'ntp subsystem'],
  ['LOGAUDIT', 'log audit'],
  ['LOGALERT', 'log alert'],
  ['CRON', 'clock daemon'],
  ...[0, 1, 2, 3, 4, 5, 6, 7].map((n) => [`LOCAL${n}`, 'reserved for local use'] as const),
] as const;
const severities = [
  ['EMERG', 'system is unusable'],
  ['ALERT', 'action must be taken immediately'],
  ['CRIT', 'critical conditions'],
  ['ERR', 'error conditions'],
  ['WARNING', 'warning conditions'],
  ['NOTICE', 'normal but significant condition'],
  ['INFO', 'informational'],
  ['DEBUG', 'debug-level messages'],
] as const;
const labelsOf = (list: readonly (readonly [string, string])[]) =>
  Object.fromEntries(list.map(([name, title], index) => [index, `${name} - ${title}`]));

const SPACE = 0x20;
const COLON = 0x3a;
/** Digits that a priority has at most (RFC 5424, section 6.2.1). */
const MOST_DIGITS = 3;

const fields = {
  facility: uint(8, 'Facility', { labels: labelsOf(facilities) }),
  level: uint(8, 'Level', { labels: labelsOf(severities) }),
  msg: text('Message'),
  version: text('Syslog version'),
  timestamp: text('Syslog timestamp'),
  timestamp_rfc3164: text('Syslog timestamp (RFC3164)'),
  hostname: text('Syslog hostname'),
  appname: text('Syslog app name'),
  procid: text('Syslog process id'),
  msgid: text('Syslog message id'),
};

type SyslogFields = { readonly [K in keyof typeof fields]: Field };

/** The syslog protocol over UDP, in its standard form and in that of the BSDs. */
export const syslog = protocol('syslog', 'Syslog message', {
  reference: 'RFC 5424, RFC 3164',
  column: 'Syslog',
  carriedBy: { 'udp.port': 514 },
  header: {},
  fields,
  headerLength: 'all',
  body: (body, field) => {
    const { view, position: start, end } = body;
    const prefix = priorityOctets(view, start, end);
    if (prefix > 0) {
      const priority = Number.parseInt(utf8Text(view, start + 1, prefix - 1), 10) || 0;
      body.found(field.facility, priority >> 3, start, prefix);
      body.derived(field.level, priority & 7, undefined, start, prefix);
      body.position = start + prefix;
    }
    if (body.remaining === 0) return;
    const from = body.position;
    const zero = distanceTo(view, 0, from, end);
    const message = utf8Text(view, from, zero < 0 ? end - from : zero);
    body.titled(field.msg, message, () => {
      if (!standard(body, field)) traditional(body, field);
      body.position = end;
    });
  },
  info: (layer, { view, start, end }) => {
    const facility = findField(layer.fields, 'syslog.facility');
    const level = findField(layer.fields, 'syslog.level');
    const from = start + priorityOctets(view, start, end);
    const message = escapedText(utf8Text(view, from, Math.max(0, end - from)));
    if (facility === undefined || level === undefined) return message;
    return `${facilities[Number(facility.value)]?.[0] ?? 'UNKNOWN'}.${severities[Number(level.value)][0]}: ${message}`;
  },
});

/** Octets of `<PRI>`, or of what there is of it; 0 when the message does not begin with it. */
function priorityOctets(view: DataView, start: number, end: number): number {
  if (start >= end || view.getUint8(start) !== 0x3c) return 0;
  let at = start + 1;
  while (at < end && at <= start + MOST_DIGITS && view.getUint8(at) >= 0x30 && view.getUint8(at) <= 0x39) at++;
  return at < end && view.getUint8(at) === 0x3e ? at + 1 - start : at - start;
}

/** Reads a word and the space behind it. */
function word(body: Body, field: Field): boolean {
  const length = distanceTo(body.view, SPACE, body.position, body.end);
  if (length <= 0) return false;
  body.found(field, utf8Text(body.view, body.position, length), body.position, length);
  body.position += length + 1;
  return true;
}

/** RFC 5424, section 6: version, time, host, application, process and message id. */
function standard(body: Body, field: SyslogFields): boolean {
  const { view, position } = body;
  if (body.remaining < 2 || view.getUint8(position) !== 0x31 || view.getUint8(position + 1) !== SPACE) return false;
  word(body, field.version);
  const length = distanceTo(view, SPACE, body.position, body.end);
  if (length <= 0) return true;
  const time = timeOf(utf8Text(view, body.position, length));
  if (time !== undefined) body.found(field.timestamp, time, body.position, length);
  body.position += length + 1;
  for (const key of ['hostname', 'appname', 'procid', 'msgid'] as const) if (!word(body, field[key])) return true;
  return true;
}

/** RFC 3339 time as a moment; undefined when it is none (`-`). */
function timeOf(value: string): string | undefined {
  const milliseconds = Date.parse(value);
  if (Number.isNaN(milliseconds)) return undefined;
  const fraction = /\.(\d{1,9})/.exec(value)?.[1] ?? '';
  return absoluteTimeText(Math.floor(milliseconds / 1000), Number(fraction.padEnd(9, '0')));
}

const MONTH = /^(Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec) [ \d]\d \d\d:\d\d:\d\d /;

/** RFC 3164, section 4.1: time and host, and by custom the process. */
function traditional(body: Body, field: SyslogFields): void {
  const { view } = body;
  if (body.remaining < 16 || !MONTH.test(utf8Text(view, body.position, 16))) return;
  body.found(field.timestamp_rfc3164, utf8Text(view, body.position, 15), body.position, 15);
  body.position += 16;
  if (!word(body, field.hostname)) return;
  const length = distanceTo(view, COLON, body.position, body.end);
  if (length <= 0) return;
  body.found(field.procid, utf8Text(view, body.position, length), body.position, length);
  body.position += length;
  const zero = distanceTo(view, 0, body.position, body.end);
  const left = zero < 0 ? body.remaining : zero;
  if (left > 0) body.found(field.msgid, utf8Text(view, body.position, left), body.position, left);
}
