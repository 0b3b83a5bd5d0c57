import { escapedText, ipv4Text } from '../core/format.js';
import { type Body, bits, bytes, ether, type Field, flag, ipv4Address, protocol, text, uint } from '../core/index.js';
import { describedName, readNetbiosName } from './netbios-name.js';

const HEADER_OCTETS = 12;
const NB = 32;
const NBSTAT = 33;

/** RFC 1002, section 4.2.1.1; 8 and 9 are both in use for refreshing. */
const opcodes = {
  0: 'Name query',
  5: 'Registration',
  6: 'Release',
  7: 'Wait and acknowledgment',
  8: 'Refresh',
  9: 'Refresh(altcode)',
  15: 'Multi-homed registration',
};
const replyCodes = {
  0: 'No error',
  1: 'Request was invalidly formatted',
  2: 'Name server failure',
  3: 'Requested name does not exist',
  4: 'Request is not implemented',
  5: 'Request was refused',
  6: 'Name is owned by another node',
  7: 'Name is in conflict',
};
const types = { 1: 'A', 2: 'NS', 10: 'NULL', 32: 'NB', 33: 'NBSTAT' };
const classes = { 1: 'IN' };
const nodeTypes = { 0: 'B-node', 1: 'P-node', 2: 'M-node', 3: 'H-node' };

const isResponse = (flags: number): boolean => (flags & 0x8000) !== 0;
/** Bits that Wireshark does not show. */
const hidden = { bare: true, when: () => false };

const fields = {
  name: text('Name'),
  type: uint(16, 'Type', { labels: types }),
  class: uint(16, 'Class', { labels: classes }),
  ttl: uint(32, 'Time to live', { unit: 's' }),
  data_length: uint(16, 'Data length'),
  nb_flags: bits(
    16,
    'Name flags',
    {
      group: flag('Name type'),
      ont: uint(2, 'ONT', { labels: nodeTypes }),
      rest: uint(13, 'Reserved', hidden),
    },
    { base: 16 },
  ),
  addr: ipv4Address('Addr'),
  number_of_names: uint(8, 'Number of names'),
  netbios_name: text('Name'),
  name_flags: bits(
    16,
    'Name flags',
    {
      group: flag('Name type'),
      ont: uint(2, 'ONT', { labels: nodeTypes }),
      drg: flag('Name is being deregistered'),
      cnf: flag('Name is in conflict'),
      act: flag('Name is active'),
      prm: flag('Permanent node name'),
      rest: uint(9, 'Reserved', hidden),
    },
    { base: 16 },
  ),
  unit_id: ether('Unit ID'),
  data: bytes(0, 'Data'),
};

type NbnsFields = { readonly [K in keyof typeof fields]: Field };

/** NetBIOS Name Service. */
export const nbns = protocol('nbns', 'NetBIOS Name Service', {
  reference: 'RFC 1002, section 4.2',
  carriedBy: { 'udp.port': 137 },
  header: {
    id: uint(16, 'Transaction ID', { base: 16 }),
    flags: bits(
      16,
      'Flags',
      {
        response: flag('Response'),
        opcode: uint(4, 'Opcode', { labels: opcodes }),
        authoritative: flag('Authoritative', { when: isResponse }),
        truncated: flag('Truncated'),
        recdesired: flag('Recursion desired'),
        recavail: flag('Recursion available', { when: isResponse }),
        reserved: uint(2, 'Reserved', hidden),
        broadcast: flag('Broadcast'),
        rcode: uint(4, 'Reply code', { labels: replyCodes, when: isResponse }),
      },
      { base: 16 },
    ),
    'count.queries': uint(16, 'Questions'),
    'count.answers': uint(16, 'Answer RRs'),
    'count.auth_rr': uint(16, 'Authority RRs'),
    'count.add_rr': uint(16, 'Additional RRs'),
  },
  fields,
  headerLength: 'all',
  body: (body, field, read) => {
    const { view, start } = body;
    const questions = read['count.queries'](view, start);
    const records =
      read['count.answers'](view, start) + read['count.auth_rr'](view, start) + read['count.add_rr'](view, start);
    for (let i = 0; i < questions && body.remaining > 0; i++) question(body, field);
    for (let i = 0; i < records && body.remaining > 0; i++) record(body, field);
  },
  info: (_layer, body) => summary(body),
});

function takeName(body: Body, field: Field, described = false): void {
  const at = body.position;
  const name = readNetbiosName(body.view, at, body.end, body.start);
  if (name.problem !== undefined && name.end + 1 >= body.end) body.need(body.remaining + 1, field.title);
  body.found(field, described ? describedName(name.text) : name.text, at, name.end - at);
  body.position = name.end;
  if (name.problem !== undefined) body.fail(name.problem);
}

function question(body: Body, field: NbnsFields): void {
  takeName(body, field.name);
  body.number(field.type);
  body.number(field.class);
}

/** RFC 1002, section 4.2.1.3. */
function record(body: Body, field: NbnsFields): void {
  takeName(body, field.name, true);
  const type = body.number(field.type);
  body.number(field.class);
  body.number(field.ttl);
  const length = body.number(field.data_length);
  const end = body.position + length;
  body.within(end, () => {
    if (type === NB) {
      while (body.remaining >= 6) {
        body.number(field.nb_flags);
        body.take(field.addr);
      }
    } else if (type === NBSTAT) nodeStatus(body, field);
    if (body.remaining > 0) body.take(field.data, body.remaining);
  });
  if (end > body.end) body.need(end - body.position, 'the data of a resource record');
}

/** RFC 1002, section 4.2.18: names of 15 octets and what each is the name of, and the adapter's address. */
function nodeStatus(body: Body, field: NbnsFields): void {
  if (body.remaining === 0) return;
  const names = body.number(field.number_of_names);
  for (let i = 0; i < names && body.remaining >= 18; i++) {
    const at = body.position;
    let name = '';
    for (let j = 0; j < 15; j++) {
      const octet = body.view.getUint8(at + j);
      name += octet >= 0x20 && octet < 0x7f ? String.fromCharCode(octet) : `<${octet.toString(16).padStart(2, '0')}>`;
    }
    const kind = body.view
      .getUint8(at + 15)
      .toString(16)
      .padStart(2, '0');
    body.found(field.netbios_name, `${name.trimEnd()}<${kind}>`, at, 16);
    body.position = at + 16;
    body.number(field.name_flags);
  }
  if (body.remaining >= 6) body.take(field.unit_id);
}

/** What is asked, or the answer's name and addresses, as Wireshark writes them. */
function summary({ view, start, end }: Body): string {
  if (start + HEADER_OCTETS > end) return 'Cut NBNS header';
  const flags = view.getUint16(start + 2);
  const opcode = (flags >> 11) & 15;
  let out = opcodes[opcode as keyof typeof opcodes] ?? `Unknown operation (${opcode})`;
  if (isResponse(flags)) {
    out += ' response';
    const code = flags & 15;
    if (code !== 0) out += `, ${replyCodes[code as keyof typeof replyCodes] ?? `Unknown error (${code})`}`;
  }
  let at = start + HEADER_OCTETS;
  const questions = view.getUint16(start + 4);
  const answers = view.getUint16(start + 6);
  if (questions + answers === 0) return out;
  const name = readNetbiosName(view, at, end, start);
  at = name.end;
  if (name.problem !== undefined || at + 4 > end) return out;
  const type = view.getUint16(at);
  const typeName = types[type as keyof typeof types] ?? `Unknown (${type})`;
  if (questions > 0) return `${out} ${typeName} ${escapedText(name.text)}`;
  out += ` ${typeName}`;
  if (type !== NB || at + 10 > end) return out;
  const length = view.getUint16(at + 8);
  at += 10;
  for (const last = Math.min(end, at + length); at + 6 <= last; at += 6) out += ` ${ipv4Text(view, at + 2)}`;
  return out;
}
