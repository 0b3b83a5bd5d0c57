import { checkCovered, checksumStatusLabels, flagTransport, transportChecksum } from '../core/checksum.js';
import { type Body, bits, flag, protocol, uint, type Walk } from '../core/index.js';
import { optionFields, readOptions } from './dccp-options.js';

const PROTOCOL_NUMBER = 33;
const REQUEST = 0;
const RESPONSE = 1;
const DATA = 2;
const CLOSE_REQUEST = 5;
const RESET = 7;
const LISTEN = 10;

/** IANA "DCCP Packet Types". */
const types: Readonly<Record<number, string>> = {
  [REQUEST]: 'Request',
  [RESPONSE]: 'Response',
  [DATA]: 'Data',
  3: 'Ack',
  4: 'DataAck',
  [CLOSE_REQUEST]: 'CloseReq',
  6: 'Close',
  [RESET]: 'Reset',
  8: 'Sync',
  9: 'SyncAck',
  [LISTEN]: 'Listen',
};

/** IANA "DCCP Reset Codes". */
const resetCodes: Readonly<Record<number, string>> = {
  0: 'Unspecified',
  1: 'Closed',
  2: 'Aborted',
  3: 'No Connection',
  4: 'Packet Error',
  5: 'Option Error',
  6: 'Mandatory Failure',
  7: 'Connection Refused',
  8: 'Bad Service Code',
  9: 'Too Busy',
  10: 'Bad Init Cookie',
  11: 'Aggression Penalty',
};

const typeAt = (view: DataView, start: number) => (view.getUint8(start + 8) >> 1) & 15;
const isExtended = (view: DataView, start: number) => (view.getUint8(start + 8) & 1) === 1;
const hasServiceCode = (type: number) => type === REQUEST || type === RESPONSE || type === LISTEN;

/** Octets of the acknowledgement number and what stands before it (RFC 4340, section 5.3). */
function acknowledgementOctets(type: number, extended: boolean): number {
  if (type === REQUEST || type === DATA || type >= LISTEN) return 0;
  return extended || type >= CLOSE_REQUEST ? 8 : 4;
}

/** Octets before the options. */
function leastOctets(view: DataView, start: number): number {
  const type = typeAt(view, start);
  const extended = isExtended(view, start);
  const more = hasServiceCode(type) || type === RESET ? 4 : 0;
  return (extended ? 16 : 12) + acknowledgementOctets(type, extended) + more;
}

/** Datagram Congestion Control Protocol. */
export const dccp = protocol('dccp', 'Datagram Congestion Control Protocol', {
  reference: 'RFC 4340, section 5',
  role: 'transport',
  carriedBy: { 'ip.proto': PROTOCOL_NUMBER, 'ipv6.nxt': PROTOCOL_NUMBER },
  header: {
    srcport: uint(16, 'Source Port', { column: 'sourcePort' }),
    dstport: uint(16, 'Destination Port', { column: 'destinationPort' }),
    data_offset: uint(8, 'Data Offset'),
    ccval: uint(4, 'CCVal'),
    cscov: uint(4, 'Checksum Coverage'),
    checksum: uint(16, 'Checksum', { base: 16 }),
    kind: bits(
      8,
      'Type',
      {
        res1: uint(3, 'Reserved', { base: 16, filter: 'dccp.res1' }),
        type: uint(4, 'Type', { labels: types, filter: 'dccp.type' }),
        x: flag('Extended Sequence Numbers', { filter: 'dccp.x' }),
      },
      { bare: true },
    ),
  },
  fields: {
    'checksum.status': uint(8, 'Checksum Status', { labels: checksumStatusLabels }),
    res2: uint(8, 'Reserved', { base: 16 }),
    seq_raw: uint(48, 'Sequence Number (raw)'),
    ack_res: uint(16, 'Reserved', { base: 16 }),
    ack_raw: uint(48, 'Acknowledgement Number (raw)'),
    service_code: uint(32, 'Service Code', { labels: { 0: 'not specified' } }),
    reset_code: uint(8, 'Reset Code', { labels: resetCodes }),
    data1: uint(8, 'Data 1'),
    data2: uint(8, 'Data 2'),
    data3: uint(8, 'Data 3'),
    ...optionFields,
  },
  either: { port: ['srcport', 'dstport'] },
  headerLength: (read, view, start) => {
    const octets = read.data_offset(view, start) * 4;
    return octets < leastOctets(view, start) ? -1 : octets;
  },
  next: { table: 'dccp.port', ports: ['srcport', 'dstport'] },
  inspect: (_read, view, start, end, walk) => {
    flagTransport(walk, status(view, walk, walk.depth, start, end));
  },
  body: (body, field) => {
    const { view, walk, depth, start } = body;
    const sum = status(view, walk, depth, start, walk.end[depth]);
    transportChecksum(body, field['checksum.status'], sum, start + 6, 'DCCP checksum');
    const type = typeAt(view, start);
    const extended = isExtended(view, start);
    if (extended) body.number(field.res2);
    body.take(field.seq_raw, extended ? 6 : 3);
    if (type > LISTEN) return;
    const acknowledgement = acknowledgementOctets(type, extended);
    if (acknowledgement > 0) {
      body.take(field.ack_res, acknowledgement === 8 ? 2 : 1);
      body.take(field.ack_raw, acknowledgement === 8 ? 6 : 3);
    }
    if (hasServiceCode(type)) body.number(field.service_code);
    if (type === RESET) {
      body.number(field.reset_code);
      body.number(field.data1);
      body.number(field.data2);
      body.number(field.data3);
    }
    if (body.remaining > 0) readOptions(body, field);
  },
  info: (_layer, body) => summary(body),
});

/**
 * The checksum covers the header and so many words of the payload, less one; 0 is all of it. The pseudo-header has the
 * packet's whole length (RFC 4340, section 9).
 */
function status(view: DataView, walk: Walk, depth: number, start: number, end: number): number {
  const length = end - start;
  const coverage = view.getUint8(start + 5) & 15;
  const part = view.getUint8(start + 4) * 4 + (coverage - 1) * 4;
  const covered = coverage === 0 || part > length ? length : part;
  return checkCovered(view, walk, depth, start, end, PROTOCOL_NUMBER, covered);
}

function summary({ view, start, end }: Body): string {
  if (start + 9 > end) return 'Cut DCCP header';
  const type = typeAt(view, start);
  const extended = isExtended(view, start);
  const first = `${view.getUint16(start)} → ${view.getUint16(start + 2)} [${types[type] ?? 'Reserved'}]`;
  if (start + leastOctets(view, start) > end) return first;
  const number = (at: number, octets: 3 | 6) =>
    octets === 6
      ? view.getUint16(at) * 0x100000000 + view.getUint32(at + 2)
      : view.getUint16(at) * 256 + view.getUint8(at + 2);
  const sequence = extended ? number(start + 10, 6) : number(start + 9, 3);
  let at = start + (extended ? 16 : 12);
  const acknowledgement = acknowledgementOctets(type, extended);
  let out = `${first} Seq=${sequence}`;
  if (acknowledgement === 8) out += ` (Ack=${number(at + 2, 6)})`;
  if (acknowledgement === 4) out += ` (Ack=${number(at + 1, 3)})`;
  at += acknowledgement;
  if (hasServiceCode(type)) {
    const code = view.getUint32(at);
    out += ` (service=${code === 0 ? 'not specified' : code})`;
  }
  return type === RESET ? `${out} (code=${resetCodes[view.getUint8(at)] ?? 'Unknown'})` : out;
}
