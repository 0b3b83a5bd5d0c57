import { type Body, bits, type Field, flag, protocol, startingWith, uint } from '../core/index.js';
import { isControl } from './gtpv2.js';

const FIXED_OCTETS = 8;
const OPTIONAL_OCTETS = 4;
const EXTENSION = 4;
const SEQUENCE = 2;
const NUMBER = 1;
const PAYLOAD = 0xff;
const UDP_PORT = 0x40;
const PDCP_NUMBER = 0xc0;
const SESSION_CONTAINER = 0x85;

/** Messages of the user plane, 3GPP TS 29.281 table 6.1-1, and the usual ones of the control plane, TS 29.060 table 1. */
const messages: Readonly<Record<number, string>> = {
  1: 'Echo request',
  2: 'Echo response',
  3: 'Version not supported',
  16: 'Create PDP context request',
  17: 'Create PDP context response',
  18: 'Update PDP context request',
  19: 'Update PDP context response',
  20: 'Delete PDP context request',
  21: 'Delete PDP context response',
  26: 'Error indication',
  31: 'Supported extension header notification',
  253: 'Tunnel status',
  254: 'End Marker',
  255: 'T-PDU',
};
const extensions: Readonly<Record<number, string>> = {
  0: 'No more extension headers',
  0x20: 'Service Class Indicator',
  [UDP_PORT]: 'UDP Port number',
  0x81: 'RAN container',
  0x82: 'Long PDCP PDU number',
  0x83: 'Xw RAN container',
  0x84: 'NR RAN container',
  [SESSION_CONTAINER]: 'PDU Session container',
  [PDCP_NUMBER]: 'PDCP PDU number',
  0xc1: 'Suspend Request',
  0xc2: 'Suspend Response',
};

/** Octets of the header with its extensions, each of which says how many words it has (TS 29.281, section 5.2.1). */
function headerOctets(view: DataView, start: number, end: number): number {
  const flags = view.getUint8(start);
  if ((flags & (EXTENSION | SEQUENCE | NUMBER)) === 0) return FIXED_OCTETS;
  let at = start + FIXED_OCTETS + OPTIONAL_OCTETS;
  if ((flags & EXTENSION) === 0) return at - start;
  while (at <= end && view.getUint8(at - 1) !== 0) {
    if (at >= end) return at + OPTIONAL_OCTETS - start;
    const words = view.getUint8(at);
    if (words === 0) return at - start;
    at += words * 4;
  }
  return at - start;
}

/** GPRS Tunnelling Protocol, user plane. */
export const gtp = protocol('gtp', 'GPRS Tunneling Protocol', {
  reference: '3GPP TS 29.281, section 5',
  carriedBy: { 'udp.port': 2152 },
  recognises: {
    udp: startingWith(
      (octet) => octet >> 5 === 1,
      (view, start, end) => isControl(view, start, end, 1),
    ),
  },
  header: {
    flags: bits(
      8,
      'Flags',
      {
        version: uint(3, 'Version', { labels: { 0: 'GTP release 97/98 version', 1: 'GTP release 99 version' } }),
        payload: uint(1, 'Protocol type', { labels: { 0: "GTP'", 1: 'GTP' } }),
        reserved: uint(1, 'Reserved'),
        e: flag('Is Next Extension Header present?'),
        s: flag('Is Sequence Number present?'),
        pn: flag('Is N-PDU number present?'),
      },
      { base: 16 },
    ),
    message: uint(8, 'Message Type', { base: 16, labels: messages }),
    length: uint(16, 'Length'),
    teid: uint(32, 'TEID', { base: 16 }),
  },
  fields: {
    seq_number: uint(16, 'Sequence number', { base: 16 }),
    npdu_number: uint(8, 'N-PDU Number', { base: 16 }),
    'ext_hdr.next': uint(8, 'Next extension header type', { base: 16, labels: extensions }),
    'ext_hdr.length': uint(8, 'Extension Header Length'),
    'ext_hdr.udp_port': uint(16, 'UDP Port'),
    'ext_hdr.pdcp_sn': uint(16, 'PDCP Sequence Number'),
    'ext_hdr.pdu_ses_con.pdu_type': uint(8, 'PDU Type', {
      labels: { 0: 'DL PDU SESSION INFORMATION', 1: 'UL PDU SESSION INFORMATION' },
    }),
    'ext_hdr.pdu_ses_con.qos_flow_id': uint(8, 'QoS Flow Identifier (QFI)'),
  },
  headerLength: (_read, view, start, end) => headerOctets(view, start, end),
  payloadEnd: (read, view, start) => start + FIXED_OCTETS + read.length(view, start),
  next: {
    table: 'raw.version',
    value: (read, view, start, _end, walk) => {
      const at = walk.headerEnd[walk.depth - 1];
      return read.message(view, start) === PAYLOAD && at < walk.capturedEnd ? view.getUint8(at) >> 4 : -1;
    },
  },
  body: (body, field) => {
    const flags = body.view.getUint8(body.start);
    if ((flags & (EXTENSION | SEQUENCE | NUMBER)) === 0) return;
    // The three stand there together, and mean something only where their flags are set.
    if ((flags & SEQUENCE) === 0) body.skip(2);
    else body.number(field.seq_number);
    if ((flags & NUMBER) === 0) body.skip(1);
    else body.number(field.npdu_number);
    if ((flags & EXTENSION) === 0) {
      body.skip(1);
      return;
    }
    let next = body.number(field['ext_hdr.next']);
    while (next !== 0) next = extension(body, field, next);
  },
  info: (_layer, { view, start, end }) => {
    if (start + 2 > end) return 'Cut GTP header';
    return messages[view.getUint8(start + 1)] ?? `Unknown message ${view.getUint8(start + 1)}`;
  },
});

/** @returns the type of the next extension header, 0 for none */
function extension(body: Body, field: Readonly<Record<string, Field>>, type: number): number {
  const start = body.position;
  const words = body.number(field['ext_hdr.length']);
  if (words === 0) body.fail('a GTP extension header has length 0');
  const end = start + words * 4 - 1;
  body.need(words * 4 - 1, 'a GTP extension header');
  if (type === UDP_PORT) body.number(field['ext_hdr.udp_port']);
  else if (type === PDCP_NUMBER) body.number(field['ext_hdr.pdcp_sn']);
  else if (type === SESSION_CONTAINER) {
    const at = body.position;
    body.derived(field['ext_hdr.pdu_ses_con.pdu_type'], body.peek8() >> 4, undefined, at, 1);
    body.derived(field['ext_hdr.pdu_ses_con.qos_flow_id'], body.peek8(1) & 0x3f, undefined, at + 1, 1);
  }
  if (body.position < end) body.skip(end - body.position);
  return body.number(field['ext_hdr.next']);
}
