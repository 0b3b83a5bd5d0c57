/** Multipath TCP's option, RFC 8684 section 3 (and version 0, RFC 6824). */

import { type Body, bits, bytes, type Field, flag, ipv4Address, ipv6Address, uint } from '../core/index.js';

const subtypes = {
  0: 'Multipath Capable',
  1: 'Join Connection',
  2: 'Data Sequence Signal',
  3: 'Add Address',
  4: 'Remove Address',
  5: 'Change Subflow Priority',
  6: 'TCP Fallback',
  7: 'Fast Close',
  8: 'TCP Reset',
  15: 'Private Use',
};

const resetReasons = {
  0: 'Unspecified error',
  1: 'MPTCP-specific error',
  2: 'Lack of resources',
  3: 'Administratively prohibited',
  4: 'Too much outstanding data',
  5: 'Unacceptable performance',
  6: 'Middlebox interference',
};

const named = (name: string) => ({ filter: `tcp.options.mptcp.${name}` });

/** The fields of the option, which belong to TCP. */
export const multipathFields = {
  'options.mptcp.subtype': uint(4, 'Multipath TCP subtype', { labels: subtypes }),
  'options.mptcp.version': uint(4, 'Multipath TCP version'),
  'options.mptcp.ipver': uint(4, 'IP version or echo'),
  'options.mptcp.reserved': uint(12, 'Reserved', { base: 16 }),
  'options.mptcp.flags': bits(
    8,
    'Multipath TCP flags',
    {
      checksum: uint(1, 'Checksum required', named('checksumreq.flags')),
      extensibility: uint(1, 'Extensibility', named('extensibility.flag')),
      noMoreSubflows: uint(1, 'Do not attempt new subflows to this address and port', named('nomoresubflows.flag')),
      reserved: uint(4, 'Reserved', { base: 16, ...named('reserved.flag') }),
      sha256: uint(1, 'Use HMAC-SHA256', named('sha256.flag')),
    },
    { base: 16 },
  ),
  dssFlags: bits(
    8,
    'Data sequence signal flags',
    {
      reserved: uint(3, 'Reserved', { base: 16, ...named('dss_reserved.flag') }),
      dataFin: uint(1, 'DATA_FIN', named('datafin.flag')),
      sequence8: uint(1, 'Data Sequence Number is 8 octets', named('dseqn8.flag')),
      mapping: uint(
        1,
        'Data Sequence Number, Subflow Sequence Number, Data-level Length, Checksum present',
        named('dseqnpresent.flag'),
      ),
      ack8: uint(1, 'Data ACK is 8 octets', named('dataack8.flag')),
      ack: uint(1, 'Data ACK is present', named('dataackpresent.flag')),
    },
    { bare: true },
  ),
  'options.mptcp.backup.flag': uint(1, 'Backup flag'),
  resetFlags: bits(
    4,
    'Reset flags',
    {
      u: flag('Flag U', named('flag_U.flag')),
      v: flag('Flag V', named('flag_V.flag')),
      w: flag('Flag W', named('flag_W.flag')),
      t: flag('Transient', named('flag_T.flag')),
    },
    { bare: true },
  ),
  'options.mptcp.rst_reason': uint(8, 'TCPRST Reason', { base: 16, labels: resetReasons }),
  'options.mptcp.addrid': uint(8, 'Address ID'),
  'options.mptcp.sendkey': uint(64, "Sender's Key"),
  'options.mptcp.recvkey': uint(64, "Receiver's Key"),
  'options.mptcp.recvtok': uint(32, "Receiver's Token"),
  'options.mptcp.sendrand': uint(32, "Sender's Random Number"),
  'options.mptcp.sendtrunchmac': uint(64, "Sender's Truncated HMAC"),
  'options.mptcp.sendhmac': bytes(0, "Sender's HMAC"),
  'options.mptcp.addaddrtrunchmac': uint(64, 'Truncated HMAC'),
  'options.mptcp.rawdataack': uint(64, 'Original MPTCP Data ACK'),
  'options.mptcp.rawdataseqno': uint(64, 'Data Sequence Number'),
  'options.mptcp.subflowseqno': uint(32, 'Subflow Sequence Number'),
  'options.mptcp.datalvllen': uint(16, 'Data-level Length'),
  'options.mptcp.checksum': uint(16, 'Checksum', { base: 16 }),
  'options.mptcp.ipv4': ipv4Address('Advertised IPv4 Address'),
  'options.mptcp.ipv6': ipv6Address('Advertised IPv6 Address'),
  'options.mptcp.port': uint(16, 'Advertised port'),
};

type MultipathFields = { readonly [K in keyof typeof multipathFields]: Field };

/** Reads the option behind its kind and length; what a subtype does not use becomes a gap. */
export function readMultipath(body: Body, field: MultipathFields): string {
  const type = body.peek8() >> 4;
  const start = body.position;
  const low = body.view.getUint8(start) & 15;
  body.bitsAt(field['options.mptcp.subtype'], start * 8);
  const lowHalf = (key: keyof MultipathFields) => body.bitsAt(field[key], start * 8 + 4);
  switch (type) {
    case 0:
      lowHalf('options.mptcp.version');
      body.position = start + 1;
      capable(body, field);
      break;
    case 1:
      join(body, field, start);
      break;
    case 2:
      body.position = start + 1;
      sequenceSignal(body, field);
      break;
    case 3:
      lowHalf('options.mptcp.ipver');
      body.position = start + 1;
      addAddress(body, field, low);
      break;
    case 4:
      body.position = start + 1;
      while (body.remaining > 0) body.number(field['options.mptcp.addrid']);
      break;
    case 5:
      body.bitsAt(field['options.mptcp.backup.flag'], start * 8 + 7);
      body.position = start + 1;
      if (body.remaining > 0) body.number(field['options.mptcp.addrid']);
      break;
    case 6:
      reserved(body, field, start);
      body.take(field['options.mptcp.rawdataseqno']);
      break;
    case 7:
      reserved(body, field, start);
      body.take(field['options.mptcp.recvkey']);
      break;
    case 8:
      lowHalf('resetFlags');
      body.position = start + 1;
      body.number(field['options.mptcp.rst_reason']);
      break;
    default:
      body.position = start + 1;
  }
  return subtypes[type as keyof typeof subtypes] ?? `Subtype ${type}`;
}

function reserved(body: Body, field: MultipathFields, start: number): void {
  body.need(2, 'Reserved');
  body.bitsAt(field['options.mptcp.reserved'], start * 8 + 4);
  body.position = start + 2;
}

/** Section 3.1: keys come with the handshake's second half; the last ACK may carry data's length. */
function capable(body: Body, field: MultipathFields): void {
  body.number(field['options.mptcp.flags']);
  if (body.remaining >= 8) body.take(field['options.mptcp.sendkey']);
  if (body.remaining >= 8) body.take(field['options.mptcp.recvkey']);
  if (body.remaining >= 2) body.number(field['options.mptcp.datalvllen']);
  if (body.remaining >= 2) body.number(field['options.mptcp.checksum']);
}

/** Section 3.2: SYN has 12 octets, SYN/ACK 16 and the last ACK 24, of which two were read. */
function join(body: Body, field: MultipathFields, start: number): void {
  const left = body.remaining;
  if (left >= 22) {
    reserved(body, field, start);
    body.take(field['options.mptcp.sendhmac'], body.remaining);
    return;
  }
  body.bitsAt(field['options.mptcp.backup.flag'], start * 8 + 7);
  body.position = start + 1;
  body.number(field['options.mptcp.addrid']);
  if (left >= 14) {
    body.take(field['options.mptcp.sendtrunchmac']);
    body.number(field['options.mptcp.sendrand']);
  } else {
    body.number(field['options.mptcp.recvtok']);
    body.number(field['options.mptcp.sendrand']);
  }
}

/** Section 3.3. */
function sequenceSignal(body: Body, field: MultipathFields): void {
  const flags = body.number(field.dssFlags);
  if ((flags & 1) !== 0) body.take(field['options.mptcp.rawdataack'], (flags & 2) === 0 ? 4 : 8);
  if ((flags & 4) === 0) return;
  body.take(field['options.mptcp.rawdataseqno'], (flags & 8) === 0 ? 4 : 8);
  body.number(field['options.mptcp.subflowseqno']);
  body.number(field['options.mptcp.datalvllen']);
  if (body.remaining >= 2) body.number(field['options.mptcp.checksum']);
}

/** Section 3.4.1; version 0 has the IP version where version 1 has the echo flag, so the length decides. */
function addAddress(body: Body, field: MultipathFields, low: number): void {
  body.number(field['options.mptcp.addrid']);
  if (body.remaining >= 16 && (low === 6 || body.remaining !== 4 + 2 + 8)) body.take(field['options.mptcp.ipv6']);
  else body.take(field['options.mptcp.ipv4']);
  if (body.remaining === 2 || body.remaining === 10) body.number(field['options.mptcp.port']);
  if (body.remaining >= 8) body.take(field['options.mptcp.addaddrtrunchmac']);
}
