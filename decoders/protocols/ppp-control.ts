/** The protocols with which PPP sets up a link: LCP and its relatives, and authentication. */

import { escapedText, utf8Text } from '../core/format.js';
import {
  type Body,
  bits,
  bytes,
  type Field,
  type FieldDeclaration,
  ipv4Address,
  type Protocol,
  protocol,
  spare,
  text,
  uint,
} from '../core/index.js';

/** IANA "Point-to-Point (PPP) Protocol Field Assignments", PPP LCP and IPCP Codes. */
const codes: Readonly<Record<number, string>> = {
  1: 'Configuration Request',
  2: 'Configuration Ack',
  3: 'Configuration Nak',
  4: 'Configuration Reject',
  5: 'Termination Request',
  6: 'Termination Ack',
  7: 'Code Reject',
  8: 'Protocol Reject',
  9: 'Echo Request',
  10: 'Echo Reply',
  11: 'Discard Request',
  12: 'Identification',
  13: 'Time Remaining',
};
const LAST_CONFIGURE = 4;
const PROTOCOL_REJECT = 8;
const ECHO_REQUEST = 9;
const TIME_REMAINING = 13;
const HEADER_OCTETS = 4;

type Fields = Readonly<Record<string, Field>>;
/** What an option is called, the heading with its octets, and how its value is read. */
type Option = readonly [title: string, heading: string | undefined, read: (body: Body, field: Fields) => void];

const header = {
  code: uint(8, 'Code', { filter: 'ppp.code', labels: codes }),
  identifier: uint(8, 'Identifier', { filter: 'ppp.identifier' }),
  length: uint(16, 'Length', { filter: 'ppp.length' }),
};

interface Form {
  readonly filter: string;
  readonly title: string;
  readonly reference: string;
  readonly column: string;
  readonly number: number;
  readonly fields: Readonly<Record<string, FieldDeclaration>>;
  readonly options: Readonly<Record<number, Option>>;
  /** Reads what stands behind the header where it is no list of options. */
  readonly message?: (body: Body, field: Fields, code: number) => void;
}

/** A protocol of RFC 1661, section 5: a code, and a list of options that one side asks for and the other answers. */
function controlProtocol({ filter, title, reference, column, number, fields, options, message }: Form): Protocol {
  return protocol(filter, title, {
    reference,
    column,
    carriedBy: { 'ppp.protocol': number },
    header,
    fields: {
      'opt.type': uint(8, 'Type'),
      'opt.length': uint(8, 'Length'),
      ...fields,
    } as Readonly<Record<string, FieldDeclaration>>,
    headerLength: (read, view, start) => read.length(view, start),
    payloadEnd: (read, view, start) => start + Math.max(HEADER_OCTETS, read.length(view, start)),
    body: (body, field) => {
      const code = body.view.getUint8(body.start);
      if (code >= 1 && code <= LAST_CONFIGURE) while (body.remaining > 0) option(body, field as Fields, options);
      else message?.(body, field as Fields, code);
      if (body.remaining > 0) body.skip(body.remaining);
    },
    info: (_layer, { view, start, end }) =>
      start >= end ? `Cut ${column} packet` : (codes[view.getUint8(start)] ?? `Unknown (${view.getUint8(start)})`),
  });
}

function option(body: Body, field: Fields, options: Readonly<Record<number, Option>>): void {
  const type = body.peek8();
  const length = body.peek8(1);
  const [title, heading, read] = options[type] ?? [`option ${type}`, undefined, () => undefined];
  if (length < 2) body.fail(`the PPP option ${title} has length ${length}; its header alone has 2`);
  const end = body.position + length;
  const inside = (): void => {
    body.number(field['opt.type']);
    body.number(field['opt.length']);
    body.within(end, () => {
      if (body.remaining > 0) read(body, field);
    });
    if (body.position < end) body.skip(end - body.position);
  };
  body.need(length, title);
  if (heading === undefined) inside();
  else body.group(field[heading], inside);
}

const take =
  (key: string) =>
  (body: Body, field: Fields): void => {
    if (body.remaining * 8 >= field[key].bits)
      body.take(field[key], field[key].bits === 0 ? body.remaining : field[key].bits / 8);
  };
const nothing = (): void => undefined;

/** Link Control Protocol. */
export const lcp = controlProtocol({
  filter: 'lcp',
  title: 'PPP Link Control Protocol',
  reference: 'RFC 1661, sections 5 and 6',
  column: 'PPP LCP',
  number: 0xc021,
  fields: {
    'opt.mtu_bytes': bytes(0, 'Maximum Receive Unit'),
    'opt.mru': uint(16, 'Maximum Receive Unit'),
    'opt.asyncmap_bytes': bytes(0, 'Async Control Character Map', { filter: 'lcp.opt.asyncmap_bytes' }),
    'opt.asyncmap': uint(32, 'Async Control Character Map', { base: 16 }),
    'opt.auth_protocol_bytes': bytes(0, 'Authentication Protocol'),
    'opt.auth_protocol': uint(16, 'Authentication Protocol', {
      base: 16,
      labels: {
        0xc023: 'Password Authentication Protocol',
        0xc223: 'Challenge Handshake Authentication Protocol',
        0xc227: 'Extensible Authentication Protocol',
      },
    }),
    'opt.algorithm': uint(8, 'Algorithm', { labels: { 5: 'CHAP with MD5', 128: 'MS-CHAP', 129: 'MS-CHAP-2' } }),
    'opt.magic_number_bytes': bytes(0, 'Magic Number'),
    'opt.magic_number': uint(32, 'Magic Number', { base: 16 }),
    'opt.field_compress': bytes(0, 'Protocol Field Compression'),
    'opt.addr_field_compress': bytes(0, 'Address and Control Field Compression'),
    'opt.callback': bytes(0, 'Callback'),
    'opt.operation': uint(8, 'Operation'),
    'opt.multilink_mrru': bytes(0, 'Multilink MRRU'),
    'opt.mrru': uint(16, 'MRRU'),
    'opt.multilink_ep_disc': bytes(0, 'Multilink Endpoint Discriminator'),
    'opt.ep_disc_class': uint(8, 'Class'),
    'opt.data': bytes(0, 'Data'),
    magic_number: uint(32, 'Magic Number', { base: 16 }),
    rej_proto: uint(16, 'Rejected Protocol', { base: 16 }),
    secs_remaining: uint(32, 'Seconds Remaining'),
    message: text('Message'),
    data: bytes(0, 'Data'),
  },
  options: {
    1: ['Maximum Receive Unit', 'opt.mtu_bytes', take('opt.mru')],
    2: ['Async Control Character Map', 'opt.asyncmap_bytes', take('opt.asyncmap')],
    3: [
      'Authentication Protocol',
      'opt.auth_protocol_bytes',
      (body, field) => {
        take('opt.auth_protocol')(body, field);
        if (body.remaining === 1) body.number(field['opt.algorithm']);
        else if (body.remaining > 0) body.take(field['opt.data'], body.remaining);
      },
    ],
    5: ['Magic Number', 'opt.magic_number_bytes', take('opt.magic_number')],
    7: ['Protocol Field Compression', 'opt.field_compress', nothing],
    8: ['Address and Control Field Compression', 'opt.addr_field_compress', nothing],
    13: ['Callback', 'opt.callback', take('opt.operation')],
    17: ['Multilink MRRU', 'opt.multilink_mrru', take('opt.mrru')],
    19: [
      'Multilink Endpoint Discriminator',
      'opt.multilink_ep_disc',
      (body, field) => {
        body.number(field['opt.ep_disc_class']);
        if (body.remaining > 0) body.take(field['opt.data'], body.remaining);
      },
    ],
  },
  message: (body, field, code) => {
    if (code === PROTOCOL_REJECT) body.number(field['rej_proto']);
    else if (code >= ECHO_REQUEST && code <= TIME_REMAINING) {
      body.number(field['magic_number']);
      if (code === TIME_REMAINING) body.number(field['secs_remaining']);
      if (code >= 12 && body.remaining > 0) body.take(field['message'], body.remaining);
    }
    if (body.remaining > 0) body.take(field['data'], body.remaining);
  },
});

/** IP Control Protocol. */
export const ipcp = controlProtocol({
  filter: 'ipcp',
  title: 'PPP IP Control Protocol',
  reference: 'RFC 1332, RFC 1877',
  column: 'PPP IPCP',
  number: 0x8021,
  fields: {
    'opt.addrs': bytes(0, 'IP Addresses'),
    'opt.src_address': ipv4Address('Source IP Address'),
    'opt.dst_address': ipv4Address('Destination IP Address'),
    'opt.compress': bytes(0, 'IP Compression Protocol'),
    'opt.compress_proto': uint(16, 'IP Compression Protocol', { base: 16 }),
    'opt.max_slot_id': uint(8, 'Max Slot ID'),
    slots: bits(
      8,
      'Compress Slot ID',
      { unused: spare(7), comp: uint(1, 'Compress Slot ID', { filter: 'ipcp.opt.comp_slot_id' }) },
      { bare: true },
    ),
    'opt.addr': bytes(0, 'IP Address'),
    'opt.ip_address': ipv4Address('IP Address'),
    'opt.pri_dns': bytes(0, 'Primary DNS Server IP Address'),
    'opt.pri_dns_address': ipv4Address('Primary DNS Address'),
    'opt.pri_nbns': bytes(0, 'Primary NBNS Server IP Address'),
    'opt.pri_nbns_address': ipv4Address('Primary NBNS Address'),
    'opt.sec_dns': bytes(0, 'Secondary DNS Server IP Address'),
    'opt.sec_dns_address': ipv4Address('Secondary DNS Address'),
    'opt.sec_nbns': bytes(0, 'Secondary NBNS Server IP Address'),
    'opt.sec_nbns_address': ipv4Address('Secondary NBNS Address'),
    data: bytes(0, 'Data'),
  },
  options: {
    1: [
      'IP Addresses',
      'opt.addrs',
      (body, field) => {
        take('opt.src_address')(body, field);
        take('opt.dst_address')(body, field);
      },
    ],
    2: [
      'IP Compression Protocol',
      'opt.compress',
      (body, field) => {
        body.number(field['opt.compress_proto']);
        if (body.remaining !== 2) return;
        body.number(field['opt.max_slot_id']);
        body.number(field['slots']);
      },
    ],
    3: ['IP Address', 'opt.addr', take('opt.ip_address')],
    129: ['Primary DNS Server IP Address', 'opt.pri_dns', take('opt.pri_dns_address')],
    130: ['Primary NBNS Server IP Address', 'opt.pri_nbns', take('opt.pri_nbns_address')],
    131: ['Secondary DNS Server IP Address', 'opt.sec_dns', take('opt.sec_dns_address')],
    132: ['Secondary NBNS Server IP Address', 'opt.sec_nbns', take('opt.sec_nbns_address')],
  },
  message: (body, field) => {
    if (body.remaining > 0) body.take(field['data'], body.remaining);
  },
});

/** IPv6 Control Protocol. */
export const ipv6cp = controlProtocol({
  filter: 'ipv6cp',
  title: 'PPP IPv6 Control Protocol',
  reference: 'RFC 5072, section 4',
  column: 'PPP IPV6CP',
  number: 0x8057,
  fields: { interface_identifier: bytes(8, 'Interface Identifier') },
  options: { 1: ['Interface Identifier', undefined, take('interface_identifier')] },
});

const authenticationCodes = (prefix: string, names: Readonly<Record<number, string>>) => ({
  code: uint(8, 'Code', { filter: `${prefix}.code`, labels: names }),
  identifier: uint(8, 'Identifier', { filter: `${prefix}.identifier` }),
  length: uint(16, 'Length', { filter: `${prefix}.length` }),
});

const passwordCodes: Readonly<Record<number, string>> = {
  1: 'Authenticate-Request',
  2: 'Authenticate-Ack',
  3: 'Authenticate-Nak',
};

/** Password Authentication Protocol. */
export const pap = protocol('pap', 'PPP Password Authentication Protocol', {
  reference: 'RFC 1334, section 2',
  column: 'PPP PAP',
  carriedBy: { 'ppp.protocol': 0xc023 },
  header: authenticationCodes('pap', passwordCodes),
  fields: {
    'peer_id.length': uint(8, 'Peer-ID-Length'),
    peer_id: text('Peer-ID'),
    'password.length': uint(8, 'Password-Length'),
    password: text('Password'),
    'message.length': uint(8, 'Message-Length'),
    message: text('Message'),
  },
  headerLength: (read, view, start) => read.length(view, start),
  payloadEnd: (read, view, start) => start + Math.max(HEADER_OCTETS, read.length(view, start)),
  body: (body, field, read) => {
    if (read.code(body.view, body.start) === 1) {
      body.take(field.peer_id, body.number(field['peer_id.length']));
      body.take(field.password, body.number(field['password.length']));
    } else if (body.remaining > 0) body.take(field.message, body.number(field['message.length']));
    if (body.remaining > 0) body.skip(body.remaining);
  },
  info: (_layer, body) => passwordSummary(body),
});

/** What the packet is, with the name and the password that it sends for all to read. */
function passwordSummary({ view, start, end }: Body): string {
  if (start >= end) return 'Cut PAP packet';
  const code = view.getUint8(start);
  const name = passwordCodes[code] ?? `Unknown (${code})`;
  const [first, next] = counted(view, start + HEADER_OCTETS, end);
  if (first === undefined) return name;
  if (code !== 1) return `${name} (Message='${first}')`;
  const [second] = counted(view, next, end);
  return second === undefined ? name : `${name} (Peer-ID='${first}', Password='${second}')`;
}

/** A text with its length in front, and where the next begins. */
function counted(view: DataView, at: number, end: number): [string | undefined, number] {
  if (at >= end || at + 1 + view.getUint8(at) > end) return [undefined, end];
  const length = view.getUint8(at);
  return [escapedText(utf8Text(view, at + 1, length)), at + 1 + length];
}

const challengeCodes: Readonly<Record<number, string>> = { 1: 'Challenge', 2: 'Response', 3: 'Success', 4: 'Failure' };

/** Challenge Handshake Authentication Protocol. */
export const chap = protocol('chap', 'PPP Challenge Handshake Authentication Protocol', {
  reference: 'RFC 1994, section 4',
  column: 'PPP CHAP',
  carriedBy: { 'ppp.protocol': 0xc223 },
  header: authenticationCodes('chap', challengeCodes),
  fields: {
    value_size: uint(8, 'Value Size'),
    value: bytes(0, 'Value'),
    name: text('Name'),
    message: text('Message'),
  },
  headerLength: (read, view, start) => read.length(view, start),
  payloadEnd: (read, view, start) => start + Math.max(HEADER_OCTETS, read.length(view, start)),
  body: (body, field, read) => {
    if (body.remaining > 0 && read.code(body.view, body.start) <= 2) {
      const size = body.number(field.value_size);
      if (size > 0) body.take(field.value, size);
      if (body.remaining > 0) body.take(field.name, body.remaining);
    } else if (body.remaining > 0) body.take(field.message, body.remaining);
  },
  info: (_layer, { view, start, end }) =>
    start >= end ? 'Cut CHAP packet' : (challengeCodes[view.getUint8(start)] ?? `Unknown (${view.getUint8(start)})`),
});
