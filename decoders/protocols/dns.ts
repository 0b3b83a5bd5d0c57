import { ipv4Text, ipv6Text, utf8Text } from '../core/format.js';
import { type Body, bits, type Field, flag, group, type Protocol, protocol, text, uint } from '../core/index.js';
import type { Recogniser } from '../core/protocol.js';
import { classes, opcodes, recordTypes, responseCodes } from '../labels/dns.js';
import { readLabels, type WireName } from './dns-name.js';
import { type RecordContext, takeName, wholeName } from './dns-reading.js';
import { recordFields, recordReaders } from './dns-records.js';

const HEADER_OCTETS = 12;
const OPT = 41;
const UPDATE = 5;
const TCP = 6;
const TSIG = 250;
/** Names that the summary has at most; the tree has all. */
const SUMMARY_RECORDS = 30;

const isResponse = (flags: number): boolean => (flags & 0x8000) !== 0;

/** The flags of RFC 1035 section 4.1.1, with those of DNSSEC (RFC 4035, section 3.2). Some mean something only in a response. */
const unicastFlags = {
  response: flag('Response'),
  opcode: uint(4, 'Opcode', { labels: opcodes }),
  authoritative: flag('Authoritative', { when: isResponse }),
  truncated: flag('Truncated'),
  recdesired: flag('Recursion desired'),
  recavail: flag('Recursion available', { when: isResponse }),
  z: flag('Z'),
  // RFC 4035, section 3.2.3: in a query it means something only where it is set (RFC 6840, section 5.7).
  authenticated: flag('Answer authenticated', { when: (flags) => (flags & 0x8020) !== 0 }),
  checkdisable: flag('Non-authenticated data'),
  rcode: uint(4, 'Reply code', { labels: responseCodes, when: isResponse }),
};

/** RFC 4795, section 2.1.1. */
const linkLocalFlags = {
  response: flag('Response'),
  opcode: uint(4, 'Opcode', { labels: opcodes }),
  conflict: flag('Conflict'),
  truncated: flag('Truncated'),
  tentative: flag('Tentative'),
  z: uint(4, 'Z', { filter: 'dns.flags.reserved' }),
  rcode: uint(4, 'Reply code', { labels: responseCodes, when: isResponse }),
};

/** Wireshark's subtrees of a message have no filter names; these are ours. */
const sections = {
  queries: group('Queries'),
  answers: group('Answers'),
  authorities: group('Authoritative nameservers'),
  additionals: group('Additional records'),
  record: group('Record'),
};

const messageFields = {
  length: uint(16, 'Length'),
  ...sections,
  'qry.name': text('Name'),
  'qry.name.len': uint(16, 'Name Length'),
  'count.labels': uint(16, 'Label Count'),
  'qry.type': uint(16, 'Type', { labels: recordTypes }),
  'qry.class': uint(16, 'Class', { base: 16, labels: classes }),
  'qry.qu': flag('"QU" question'),
  'resp.name': text('Name'),
  'resp.type': uint(16, 'Type', { labels: recordTypes }),
  'resp.class': uint(16, 'Class', { base: 16, labels: classes }),
  'resp.cache_flush': flag('Cache flush'),
  'resp.ttl': uint(32, 'Time to live', { unit: 's' }),
  'resp.len': uint(16, 'Data length'),
  'rr.udp_payload_size': uint(16, 'UDP payload size'),
  'rr.udp_payload_size_mdns': uint(16, 'UDP payload size', { base: 16, filter: 'dns.rr.udp_payload_size' }),
  'count.zones': uint(16, 'Zones'),
  'count.prerequisites': uint(16, 'Prerequisites'),
  'count.updates': uint(16, 'Updates'),
  'resp.ext_rcode': uint(8, 'Higher bits in extended RCODE', { base: 16 }),
  'resp.edns0_version': uint(8, 'EDNS0 version'),
  'resp.z': bits(16, 'Z', { do: flag('DO bit'), reserved: uint(15, 'Reserved', { base: 16 }) }, { base: 16 }),
  ...recordFields,
};

type MessageFields = {
  readonly [K in keyof typeof messageFields | 'id' | 'flags' | (typeof counts)[number]]: Field;
};

const counts = ['count.queries', 'count.answers', 'count.auth_rr', 'count.add_rr'] as const;

/** RFC 2136, section 2.2: what the counts and sections of a dynamic update are. */
const updateCounts = ['count.zones', 'count.prerequisites', 'count.updates', 'count.add_rr'] as const;

const isUpdate = (view: DataView, message: number): boolean => ((view.getUint8(message + 2) >> 3) & 15) === UPDATE;

const inUpdates = (other: string) => ({
  select: (_value: number, view: DataView, start: number) => (isUpdate(view, start) ? other : undefined),
});

interface Form {
  readonly filter: string;
  readonly title: string;
  readonly reference: string;
  readonly carriedBy: Protocol['carriedBy'];
  readonly flags: typeof unicastFlags | typeof linkLocalFlags;
  /** The class's highest bit has a meaning of its own (RFC 6762, sections 5.4 and 10.2). */
  readonly multicast: boolean;
  readonly recognises?: Readonly<Record<string, Recogniser>>;
}

function messageProtocol({ filter, title, reference, carriedBy, flags, multicast, recognises }: Form): Protocol {
  return protocol(filter, title, {
    reference,
    prefix: 'dns',
    carriedBy,
    ...(recognises === undefined ? {} : { recognises }),
    header: {
      id: uint(16, 'Transaction ID', { base: 16 }),
      flags: bits(16, 'Flags', flags, { base: 16 }),
      'count.queries': uint(16, 'Questions', inUpdates('count.zones')),
      'count.answers': uint(16, 'Answer RRs', inUpdates('count.prerequisites')),
      'count.auth_rr': uint(16, 'Authority RRs', inUpdates('count.updates')),
      'count.add_rr': uint(16, 'Additional RRs'),
    },
    fields: messageFields,
    // RFC 1035, section 4.2.2: over TCP, two octets in front say how long the message is. A segment that does not begin
    // with a message (the middle of a zone transfer) is left alone.
    lead: {
      fields: ['length'],
      octets: (_read, view, start, end, walk) => {
        if (walk.transport !== TCP) return 0;
        return start + 2 + HEADER_OCTETS > end || view.getUint16(start) < HEADER_OCTETS ? -1 : 2;
      },
    },
    headerLength: 'all',
    message: (view, start, end) => {
      if (start + 2 > end) return 0;
      const octets = view.getUint16(start);
      return octets < HEADER_OCTETS ? -1 : 2 + octets;
    },
    body: (body, field) => {
      const overTcp = body.walk.lead[body.depth] > 0;
      const length = overTcp ? body.view.getUint16(body.start - 2) : body.end - body.start;
      readMessage(body, field, body.start, length, multicast);
      while (overTcp && body.remaining > 0) nextMessage(body, field, multicast);
    },
    info: (_layer, body) => summary(body, multicast),
  });
}

/** A further message in the same TCP segment. */
function nextMessage(body: Body, field: MessageFields, multicast: boolean): void {
  if (body.remaining < 2 + HEADER_OCTETS) body.incomplete = true;
  const length = body.number(field.length);
  const start = body.position;
  if (length < HEADER_OCTETS) body.fail(`a DNS message of ${length} octets; the header alone has ${HEADER_OCTETS}`);
  body.number(field.id);
  body.number(field.flags);
  for (const count of isUpdate(body.view, start) ? updateCounts : counts) body.number(field[count]);
  readMessage(body, field, start, length, multicast);
}

/** Reads the sections of the message at `start`, whose header was read. */
function readMessage(body: Body, field: MessageFields, start: number, length: number, multicast: boolean): void {
  if (start + length > body.end && body.walk.lead[body.depth] > 0) {
    body.incomplete = true;
    body.report('truncated', `the message has ${length} octets, and goes on in another segment`, {
      needed: length,
      available: body.end - start,
      limitedBy: 'tcp',
    });
  }
  const { view } = body;
  const context: RecordContext = {
    body,
    field,
    type: field['resp.type'],
    message: start,
    end: Math.min(body.end, start + length),
  };
  const opcode = (view.getUint8(start + 2) >> 3) & 15;
  body.within(start + length, () => {
    section(field.queries, view.getUint16(start + 4), () => question(context, field, multicast));
    section(field.answers, view.getUint16(start + 6), () => record(context, field, multicast, opcode));
    section(field.authorities, view.getUint16(start + 8), () => record(context, field, multicast, opcode));
    section(field.additionals, view.getUint16(start + 10), () => record(context, field, multicast, opcode));
  });
  if (body.position < start + length && body.walk.lead[body.depth] > 0)
    body.skip(Math.min(body.remaining, start + length - body.position));

  function section(heading: Field, count: number, read: () => void): void {
    if (count === 0) return;
    body.group(heading, () => {
      body.describe(`${count}`);
      for (let i = 0; i < count; i++) body.group(field.record, read);
    });
  }
}

/** RFC 1035, section 4.1.2. */
function question(context: RecordContext, field: MessageFields, multicast: boolean): void {
  const { body } = context;
  const start = body.position;
  const wire = wholeName(context);
  // Nothing of a question is shown that is not there in full.
  body.need(wire.end + 4 - start, 'a question');
  const name = takeName(context, field['qry.name'], wire);
  body.derived(field['qry.name.len'], wire.length, undefined, start);
  body.derived(field['count.labels'], wire.labels, undefined, start);
  const type = body.number(field['qry.type']);
  recordClass(body, field['qry.class'], field['qry.qu'], multicast);
  body.describe(`${name}: type ${recordTypes[type] ?? type}`);
}

function recordClass(body: Body, value: Field, highest: Field, multicast: boolean): void {
  if (!multicast) {
    body.number(value);
    return;
  }
  const bitsOfClass = body.peek16();
  body.found(value, bitsOfClass & 0x7fff, body.position, 2);
  body.derived(highest, bitsOfClass >> 15 === 1, undefined, body.position, 2);
  body.position += 2;
}

/** RFC 1035, section 4.1.3. */
function record(context: RecordContext, field: MessageFields, multicast: boolean, opcode: number): void {
  const { body } = context;
  const name = takeName(context, field['resp.name'], nameOfWholeRecord(context));
  const type = body.number(field['resp.type']);
  const label = `${name}: type ${recordTypes[type] ?? type}`;
  body.describe(label);
  if (type === OPT) {
    // RFC 6891, section 6.1.3: class and time to live have other meanings here.
    if (multicast) recordClass(body, field['rr.udp_payload_size_mdns'], field['resp.cache_flush'], true);
    else body.number(field['rr.udp_payload_size']);
    body.number(field['resp.ext_rcode']);
    body.number(field['resp.edns0_version']);
    body.number(field['resp.z']);
  } else {
    recordClass(body, field['resp.class'], field['resp.cache_flush'], multicast);
    body.number(field['resp.ttl']);
  }
  const length = body.number(field['resp.len']);
  // RFC 2136, section 2.4: a prerequisite or an update may be about a type without data.
  if (length === 0 && (opcode === UPDATE || type === TSIG)) return;
  const end = body.position + length;
  body.within(end, () => {
    if (length === 0) return;
    const text = (recordReaders[type] ?? data)(context);
    if (text !== undefined) body.describe(`${label}, ${text}`);
  });
  if (body.position < end) body.take(context.field.data, end - body.position);
  body.position = end;
}

/** The name of the next record. Stops before one that is not there in full: nothing of it is shown. */
function nameOfWholeRecord(context: RecordContext): WireName {
  const { body } = context;
  const name = wholeName(context);
  const fixed = name.end - body.position + 10;
  body.need(fixed, 'a resource record');
  body.need(fixed + body.view.getUint16(name.end + 8), 'the data of a resource record');
  return name;
}

function data({ body, field }: RecordContext): undefined {
  if (body.remaining > 0) body.take(field.data, body.remaining);
}

/** The `info` column: what is asked, and the types and data of what is answered, as Wireshark writes them. */
function summary(body: Body, multicast: boolean): string {
  const { view, start } = body;
  if (start + HEADER_OCTETS > body.end) return 'Cut DNS header';
  const flags = view.getUint16(start + 2);
  const opcode = (flags >> 11) & 15;
  const id = view.getUint16(start).toString(16).padStart(4, '0');
  const rcode = flags & 15;
  const failed = isResponse(flags) && rcode !== 0 ? ` ${responseCodes[rcode] ?? `Unknown error (${rcode})`}` : '';
  const kind = opcodes[opcode] ?? `Unknown operation (${opcode})`;
  return `${kind}${isResponse(flags) ? ' response' : ''} 0x${id}${failed}${summaryRecords(body, multicast)}`;
}

function summaryRecords({ view, start, end }: Body, multicast: boolean): string {
  let at = start + HEADER_OCTETS;
  let out = '';
  const questions = view.getUint16(start + 4);
  const records = view.getUint16(start + 6) + view.getUint16(start + 8) + view.getUint16(start + 10);
  for (let i = 0; i < questions + records; i++) {
    if (i === SUMMARY_RECORDS) return `${out} …`;
    const name = readLabels(view, at, end, start);
    at = name.end;
    if (name.problem !== undefined || at + 4 > end) return out;
    const type = view.getUint16(at);
    const highest = view.getUint8(at + 2) >> 7 === 1;
    out += ` ${recordTypes[type] ?? `Unknown (${type})`}`;
    if (i < questions) {
      out += ` ${name.text}${multicast ? `, "${highest ? 'QU' : 'QM'}" question` : ''}`;
      at += 4;
      continue;
    }
    if (at + 10 > end) return out;
    const length = view.getUint16(at + 8);
    at += 10;
    if (at + length > end) return out;
    if (multicast && highest && type !== OPT) out += ', cache flush';
    out += recordData(view, type, at, length, start);
    at += length;
  }
  return out;
}

/** Records whose data is an address or begins with a name show it; where it begins within the data. */
const nameAt: Readonly<Record<number, number>> = { 2: 0, 5: 0, 6: 0, 12: 0, 39: 0, 47: 0, 15: 2, 33: 6 };

function recordData(view: DataView, type: number, at: number, length: number, message: number): string {
  if (type === 1 && length === 4) return ` ${ipv4Text(view, at)}`;
  if (type === 28 && length === 16) return ` ${ipv6Text(view, at)}`;
  if (type === 13) {
    const [cpu, next] = charactersAt(view, at, at + length);
    return ` ${cpu} ${charactersAt(view, next, at + length)[0]}`;
  }
  if (type === 35 && length > 4)
    return ` ${view.getUint16(at)} ${view.getUint16(at + 2)} ${charactersAt(view, at + 4, at + length)[0]}`;
  const offset = nameAt[type];
  if (offset === undefined || offset >= length) return '';
  const name = readLabels(view, at + offset, at + length, message);
  if (type === 15) return ` ${view.getUint16(at)} ${name.text}`;
  if (type === 33) return ` ${view.getUint16(at)} ${view.getUint16(at + 2)} ${view.getUint16(at + 4)} ${name.text}`;
  return ` ${name.text}`;
}

/** A character-string and what follows it; empty when it is not whole. */
function charactersAt(view: DataView, at: number, end: number): [string, number] {
  const length = at < end ? view.getUint8(at) : 0;
  return at + 1 + length > end ? ['', end] : [utf8Text(view, at + 1, length), at + 1 + length];
}

const NOTIFY = 4;

/**
 * A query, a notification or an update, or the answer to one, on a port that nobody knows: with one question of a class
 * that there is, whose name has labels that are text, and no bit set that must be zero.
 */
function isMessage(view: DataView, start: number, end: number): boolean {
  if (start + HEADER_OCTETS + 5 > end || view.getUint16(start + 4) !== 1) return false;
  const flags = view.getUint16(start + 2);
  const opcode = (flags >> 11) & 15;
  if ((opcode !== 0 && opcode !== NOTIFY && opcode !== UPDATE) || (flags & 0x40) !== 0) return false;
  if ((flags & 0x8000) === 0 && (flags & 15) !== 0) return false;
  let at = start + HEADER_OCTETS;
  for (let octets = view.getUint8(at); octets !== 0; octets = view.getUint8(at)) {
    if (octets > 63 || at + 1 + octets + 5 > end) return false;
    for (let i = 1; i <= octets; i++) if (view.getUint8(at + i) <= 0x20) return false;
    at += 1 + octets;
  }
  const kind = at + 5 <= end ? view.getUint16(at + 3) : 0;
  return view.getUint16(at + 1) !== 0 && (kind === 1 || kind === 3 || kind === 4 || kind === 255);
}

/** Domain Name System over UDP and TCP. */
export const dns = messageProtocol({
  filter: 'dns',
  title: 'Domain Name System',
  reference: 'RFC 1035, section 4',
  carriedBy: { 'udp.port': 53, 'tcp.port': 53 },
  flags: unicastFlags,
  multicast: false,
  recognises: { udp: isMessage },
});

/** Multicast DNS: the same message, sent to all neighbours. */
export const mdns = messageProtocol({
  filter: 'mdns',
  title: 'Multicast Domain Name System',
  reference: 'RFC 6762, section 18',
  carriedBy: { 'udp.port': 5353 },
  flags: unicastFlags,
  multicast: true,
});

/** Link-Local Multicast Name Resolution. */
export const llmnr = messageProtocol({
  filter: 'llmnr',
  title: 'Link-local Multicast Name Resolution',
  reference: 'RFC 4795, section 2',
  carriedBy: { 'udp.port': 5355, 'tcp.port': 5355 },
  flags: linkLocalFlags,
  multicast: false,
});
