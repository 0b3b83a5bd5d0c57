import { bits, protocol, spare, startingWith, uint } from '../core/index.js';
import { gtpMessages } from '../labels/gtp.js';
import { elementFields, readElements } from './gtpv2-elements.js';

const PORT = 2123;
const VERSION = 2;
const PIGGYBACKED = 0x10;
const WITH_ENDPOINT = 0x08;
/** Octets that the length does not count: flags, type and itself. */
const UNCOUNTED = 4;
const UDP_OCTETS = 8;

/**
 * Whether a datagram to or from GTP's control port is of that version: both versions use the port (3GPP TS 29.274,
 * section 4.2). UDP's header stands directly before the payload.
 */
export function isControl(view: DataView, start: number, end: number, version: number): boolean {
  if (start < UDP_OCTETS || end - start < UDP_OCTETS || view.getUint8(start) >> 5 !== version) return false;
  return view.getUint16(start - UDP_OCTETS) === PORT || view.getUint16(start - UDP_OCTETS + 2) === PORT;
}

/** GPRS Tunnelling Protocol, version 2 of the control plane. */
export const gtpv2 = protocol('gtpv2', 'GPRS Tunneling Protocol V2', {
  reference: '3GPP TS 29.274, section 5',
  column: 'GTPv2',
  carriedBy: { 'gtpv2.p': 1 },
  header: {
    flags: bits(
      8,
      'Flags',
      {
        version: uint(3, 'Version', { filter: 'gtpv2.version' }),
        p: uint(1, 'Piggybacking flag (P)', { filter: 'gtpv2.p' }),
        t: uint(1, 'TEID flag (T)', { filter: 'gtpv2.t' }),
        mp: uint(1, 'Message Priority(MP)', { filter: 'gtpv2.mp' }),
        rest: spare(2),
      },
      { base: 16 },
    ),
    message_type: uint(8, 'Message Type', { labels: gtpMessages }),
    msg_length: uint(16, 'Message Length'),
  },
  fields: {
    teid_of_header: uint(32, 'Tunnel Endpoint Identifier', { base: 16, filter: 'gtpv2.teid' }),
    seq: uint(24, 'Sequence Number', { base: 16 }),
    spare: uint(8, 'Spare'),
    ...elementFields,
  },
  headerLength: (read, view, start) => UNCOUNTED + read.msg_length(view, start),
  // A message may bring another along, of the same form (section 5.5.1).
  next: { table: 'gtpv2.p', value: (_read, view, start) => ((view.getUint8(start) & PIGGYBACKED) === 0 ? -1 : 1) },
  recognises: {
    udp: startingWith(
      (octet) => octet >> 5 === VERSION,
      (view, start, end) => isControl(view, start, end, VERSION),
    ),
  },
  body: (body, field) => {
    const flags = body.view.getUint8(body.start);
    if ((flags & WITH_ENDPOINT) !== 0) body.number(field.teid_of_header);
    body.number(field.seq);
    // With a message priority, which is in the upper half, the octet is not all in reserve.
    if ((flags & 4) === 0) body.number(field.spare);
    else body.skip(1);
    readElements(body, field);
  },
  info: (_layer, { view, start, end }) => {
    if (start + 2 > end) return 'Cut GTPv2 header';
    return gtpMessages[view.getUint8(start + 1)] ?? `Unknown message ${view.getUint8(start + 1)}`;
  },
});
