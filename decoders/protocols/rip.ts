import { hexText, zeroEndedText } from '../core/format.js';
import { type Body, bytes, type Field, ipv4Address, protocol, text, uint } from '../core/index.js';

/** IANA "Routing Information Protocol (RIP) Parameters". */
const commands = {
  1: 'Request',
  2: 'Response',
  3: 'Traceon',
  4: 'Traceoff',
  5: 'Vendor specific (Sun)',
  6: 'Triggered Request',
  7: 'Triggered Response',
  8: 'Triggered Acknowledgement',
  9: 'Update Request',
  10: 'Update Response',
  11: 'Update Acknowledge',
};
const families = { 0: 'Unspecified', 2: 'IP' };
const authentications = { 1: 'IP Route', 2: 'Simple Password', 3: 'Keyed Message Digest' };
const AUTHENTICATION = 0xffff;
const KEYED_DIGEST = 3;
const ENTRY_OCTETS = 20;
/** 0xffff and 1 stand before the digest. */
/** Octets of the digest that are shown: those of MD5 (RFC 2082, section 3.2.2). */
const DIGEST = 16;
const TRAILER_HEADER = 4;

const fields = {
  family: uint(16, 'Address Family', { labels: families }),
  route_tag: uint(16, 'Route Tag'),
  ip: ipv4Address('IP Address'),
  netmask: ipv4Address('Netmask'),
  next_hop: ipv4Address('Next Hop'),
  metric: uint(32, 'Metric', {}),
  'auth.type': uint(16, 'Authentication type', { labels: authentications }),
  'auth.passwd': text('Password'),
  digest_offset: uint(16, 'Digest Offset'),
  key_id: uint(8, 'Key ID'),
  auth_data_len: uint(8, 'Auth Data Len'),
  seq_num: uint(32, 'Seq num'),
  zero_padding: text('Zero Padding'),
  authentication_data: bytes(0, 'Authentication Data'),
};

type RipFields = { readonly [K in keyof typeof fields]: Field };

/** Routing Information Protocol, versions 1 and 2. */
export const rip = protocol('rip', 'Routing Information Protocol', {
  reference: 'RFC 2453, RFC 1058, RFC 4822',
  column: 'RIP',
  carriedBy: { 'udp.port': 520 },
  header: {
    command: uint(8, 'Command', { labels: commands }),
    version: uint(8, 'Version', { labels: { 1: 'RIPv1', 2: 'RIPv2' } }),
  },
  fields,
  headerLength: 'all',
  body: (body, field) => {
    const version = body.view.getUint8(body.start + 1);
    if (version === 1) body.column = 'RIPv1';
    else if (version === 2) body.column = 'RIPv2';
    body.skip(Math.min(2, body.remaining));
    let entriesEnd = body.end;
    while (body.remaining >= ENTRY_OCTETS && body.position + ENTRY_OCTETS <= entriesEnd) {
      if (body.peek16() !== AUTHENTICATION) entry(body, field, version);
      else entriesEnd = Math.min(entriesEnd, authentication(body, field));
    }
  },
  info: (_layer, { view, start, end }) => {
    if (start >= end) return 'Cut RIP header';
    const command = view.getUint8(start);
    return commands[command as keyof typeof commands] ?? `Unknown command (${command})`;
  },
});

/** RFC 2453, section 4; version 1 has zeros where version 2 has tag, mask and next hop. */
function entry(body: Body, field: RipFields, version: number): void {
  const family = body.number(field.family);
  if (family !== 2 && family !== 0) {
    body.skip(ENTRY_OCTETS - 2);
    return;
  }
  if (version === 2) {
    body.number(field.route_tag);
    if (family === 0) body.skip(4);
    else body.take(field.ip);
    body.take(field.netmask);
    body.take(field.next_hop);
  } else {
    body.skip(2);
    if (family === 0) body.skip(4);
    else body.take(field.ip);
    body.skip(8);
  }
  body.number(field.metric);
}

/** RFC 4822, section 2.1: the digest stands behind the entries. Returns where these end. */
function authentication(body: Body, field: RipFields): number {
  body.skip(2);
  const kind = body.number(field['auth.type']);
  if (kind !== KEYED_DIGEST) {
    const at = body.position;
    body.found(field['auth.passwd'], zeroEndedText(body.view, at, 16), at, 16);
    body.position = at + 16;
    return body.end;
  }
  const offset = body.number(field.digest_offset);
  body.number(field.key_id);
  const length = body.number(field.auth_data_len);
  body.number(field.seq_num);
  const at = body.position;
  body.found(field.zero_padding, zeroEndedText(body.view, at, 8), at, 8);
  body.position = at + 8;
  const end = body.start + offset;
  // RFC 2082 counts the four octets before the digest as well: its 20 stands for the 16 of MD5.
  const octets = Math.min(length, DIGEST);
  const from = end + TRAILER_HEADER;
  if (octets > 0 && end >= body.position && from + octets <= body.end)
    body.derived(field.authentication_data, hexText(body.view, from, octets), undefined, from, octets);
  return end;
}
