import { absoluteTimeText } from '../core/format.js';
import { type Body, bits, bytes, type Field, flag, protocol, text, uint } from '../core/index.js';
import {
  clockSources,
  extensionTypes,
  leapIndicators,
  modes,
  opcodes,
  peerEvents,
  peerSelections,
  requestCodes,
  strata,
  systemEvents,
  versions,
} from '../labels/ntp.js';

const CONTROL = 6;
const PRIVATE = 7;
/** Seconds from 1900-01-01, where era 0 of NTP begins, to 1970-01-01 (RFC 5905, section 6). */
const ERA_0 = 2208988800;
/** Seconds of an era: the timestamp's 32 bits begin again in 2036. */
const ERA = 2 ** 32;
/** A key and a digest of 160 bits at most: what follows the header and is longer begins with an extension (RFC 7822). */
const LONGEST_MAC = 24;

const version = uint(3, 'Version number', { labels: versions, filter: 'ntp.flags.vn' });
const mode = uint(3, 'Mode', { labels: modes, filter: 'ntp.flags.mode' });

const fields = {
  flags: bits(
    8,
    'Flags',
    { li: uint(2, 'Leap Indicator', { labels: leapIndicators }), vn: version, mode },
    { base: 16 },
  ),
  privateFlags: bits(
    8,
    'Flags',
    {
      r: uint(1, 'Response bit', { labels: { 0: 'Request', 1: 'Response' }, filter: 'ntp.priv.flags.r' }),
      more: uint(1, 'More bit', { filter: 'ntp.priv.flags.more' }),
      vn: version,
      mode,
    },
    { base: 16, filter: 'ntp.flags' },
  ),
  stratum: uint(8, 'Peer Clock Stratum', { labels: strata }),
  ppoll: uint(8, 'Peer Polling Interval'),
  precision: uint(8, 'Peer Clock Precision'),
  rootdelay: uint(32, 'Root Delay'),
  rootdispersion: uint(32, 'Root Dispersion'),
  refid: bytes(4, 'Reference ID'),
  reftime: text('Reference Timestamp'),
  org: text('Origin Timestamp'),
  rec: text('Receive Timestamp'),
  xmt: text('Transmit Timestamp'),
  'ext.type': uint(16, 'Field Type', { base: 16, labels: extensionTypes }),
  'ext.length': uint(16, 'Length'),
  'ext.value': bytes(0, 'Value'),
  keyid: bytes(4, 'Key ID'),
  mac: bytes(0, 'Message Authentication Code'),
  'ctrl.flags2': bits(
    8,
    'Flags 2',
    {
      r: uint(1, 'Response bit', { labels: { 0: 'Request', 1: 'Response' } }),
      error: uint(1, 'Error bit'),
      more: uint(1, 'More bit'),
      opcode: uint(5, 'Opcode', { labels: opcodes }),
    },
    { base: 16 },
  ),
  'ctrl.sequence': uint(16, 'Sequence'),
  'ctrl.status': uint(16, 'Status', { base: 16 }),
  systemStatus: bits(
    16,
    'Status',
    {
      li: uint(2, 'Leap Indicator', { labels: leapIndicators, filter: 'ntp.ctrl.sys_status.li' }),
      clksrc: uint(6, 'Clock Source', { labels: clockSources, filter: 'ntp.ctrl.sys_status.clksrc' }),
      count: uint(4, 'System Event Counter', { filter: 'ntp.ctrl.sys_status.count' }),
      code: uint(4, 'System Event Code', { labels: systemEvents, filter: 'ntp.ctrl.sys_status.code' }),
    },
    { base: 16, filter: 'ntp.ctrl.status' },
  ),
  peerStatus: bits(
    16,
    'Status',
    {
      config: flag('Peer Status', { filter: 'ntp.ctrl.peer_status.config' }),
      authenable: flag('Peer Status', { filter: 'ntp.ctrl.peer_status.authenable' }),
      authentic: flag('Peer Status', { filter: 'ntp.ctrl.peer_status.authentic' }),
      reach: flag('Peer Status', { filter: 'ntp.ctrl.peer_status.reach' }),
      bcast: flag('Peer Status', { filter: 'ntp.ctrl.peer_status.bcast' }),
      selection: uint(3, 'Peer Selection', { labels: peerSelections, filter: 'ntp.ctrl.peer_status.selection' }),
      count: uint(4, 'Peer Event Counter', { filter: 'ntp.ctrl.peer_status.count' }),
      code: uint(4, 'Peer Event Code', { labels: peerEvents, filter: 'ntp.ctrl.peer_status.code' }),
    },
    { base: 16, filter: 'ntp.ctrl.status' },
  ),
  'ctrl.associd': uint(16, 'AssociationID'),
  'ctrl.offset': uint(16, 'Offset'),
  'ctrl.count': uint(16, 'Count'),
  'priv.auth_seq': bits(
    8,
    'Auth, sequence',
    {
      auth: uint(1, 'Auth bit', { filter: 'ntp.priv.auth' }),
      seq: uint(7, 'Sequence number', { filter: 'ntp.priv.seq' }),
    },
    {},
  ),
  'priv.impl': uint(8, 'Implementation', { labels: { 0: 'UNIV', 2: 'XNTPD_OLD (pre-IPv6)', 3: 'XNTPD' } }),
  'priv.reqcode': uint(8, 'Request code', { labels: requestCodes }),
  privateItems: bits(
    16,
    'Items',
    {
      err: uint(4, 'Err', { base: 16, filter: 'ntp.priv.err' }),
      numitems: uint(12, 'Number of data items', { filter: 'ntp.priv.numitems' }),
    },
    { bare: true, filter: 'ntp.priv.numitems' },
  ),
  privateSize: bits(
    16,
    'Size',
    {
      reserved: uint(4, 'Reserved', { base: 16, filter: 'ntp.priv.reserved' }),
      itemsize: uint(12, 'Size of data item', { filter: 'ntp.priv.itemsize' }),
    },
    { bare: true, filter: 'ntp.priv.itemsize' },
  ),
};

type NtpFields = { readonly [K in keyof typeof fields]: Field };

/** Network Time Protocol, with the control messages of its mode 6 and the header of the private mode 7. */
export const ntp = protocol('ntp', 'Network Time Protocol', {
  reference: 'RFC 5905, RFC 9327',
  carriedBy: { 'udp.port': 123 },
  header: {},
  fields,
  headerLength: 'all',
  body: (body, field) => {
    const kind = body.peek8() & 7;
    if (kind === CONTROL) control(body, field);
    else if (kind === PRIVATE) privateMessage(body, field);
    else time(body, field);
  },
  info: (_layer, { view, start, end }) => {
    if (start >= end) return 'Cut NTP header';
    const first = view.getUint8(start);
    const text = `NTP Version ${(first >> 3) & 7}, ${shortModes[first & 7]}`;
    if ((first & 7) !== PRIVATE || start + 4 > end) return text;
    const code = view.getUint8(start + 3);
    return `${text}, ${first >= 128 ? 'Response' : 'Request'}, ${requestCodes[code] ?? 'Unknown'}`;
  },
});

const shortModes = [
  'reserved',
  'symmetric active',
  'symmetric passive',
  'client',
  'server',
  'broadcast',
  'control',
  'private',
];

/** RFC 5905, section 7.3. */
function time(body: Body, field: NtpFields): void {
  body.number(field.flags);
  body.number(field.stratum);
  body.number(field.ppoll);
  body.number(field.precision);
  body.number(field.rootdelay);
  body.number(field.rootdispersion);
  body.take(field.refid);
  for (const key of ['reftime', 'org', 'rec', 'xmt'] as const) timestamp(body, field[key]);
  while (body.remaining > LONGEST_MAC) {
    body.number(field['ext.type']);
    const length = body.number(field['ext.length']);
    if (length < 4) body.fail(`an extension field of ${length} octets; its header alone has 4`);
    if (length > 4) body.take(field['ext.value'], length - 4);
  }
  if (body.remaining === 0) return;
  body.take(field.keyid);
  if (body.remaining > 0) body.take(field.mac, body.remaining);
}

/** Seconds and their binary fraction (RFC 5905, section 6). */
function timestamp(body: Body, field: Field): void {
  body.need(8, field.title);
  const at = body.position;
  const seconds = body.view.getUint32(at);
  const fraction = body.view.getUint32(at + 4);
  const nanoseconds = Math.floor((fraction * 1e9) / 2 ** 32);
  body.found(field, timeOf(seconds, fraction, nanoseconds), at, 8);
  body.position = at + 8;
}

function timeOf(seconds: number, fraction: number, nanoseconds: number): string {
  // All zero says that there is none (RFC 5905, section 6).
  if (seconds === 0 && fraction === 0) return 'NULL';
  return absoluteTimeText(seconds - ERA_0 + (seconds >= 2 ** 31 ? 0 : ERA), nanoseconds);
}

/** RFC 9327, section 2. */
function control(body: Body, field: NtpFields): void {
  body.number(field.flags);
  const flags = body.number(field['ctrl.flags2']);
  const opcode = flags & 31;
  const isResponse = flags >= 128;
  body.number(field['ctrl.sequence']);
  body.need(4, field['ctrl.status'].title);
  const association = body.peek16(2);
  const status = association === 0 ? field.systemStatus : field.peerStatus;
  const hasStatus = isResponse && (flags & 64) === 0 && (opcode === 1 || opcode === 2 || opcode === 3);
  body.number(hasStatus ? status : field['ctrl.status']);
  body.number(field['ctrl.associd']);
  body.number(field['ctrl.offset']);
  const count = body.number(field['ctrl.count']);
  if (opcode !== 1 || !isResponse || association !== 0) return;
  body.within(body.position + count, () => {
    while (body.remaining >= 4) {
      body.number(field['ctrl.associd']);
      body.number(field.peerStatus);
    }
  });
}

/** The header that ntpd gives its private messages (ntp_request.h); what follows depends on the request. */
function privateMessage(body: Body, field: NtpFields): void {
  body.number(field.privateFlags);
  body.number(field['priv.auth_seq']);
  body.number(field['priv.impl']);
  body.number(field['priv.reqcode']);
  body.number(field.privateItems);
  body.number(field.privateSize);
}
