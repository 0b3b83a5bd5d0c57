/** Multiprotocol Label Switching: a stack of labels, and the control word that may stand behind it. */

import { bits, protocol, uint } from '../core/index.js';

/** IANA "Special-Purpose Multiprotocol Label Switching (MPLS) Label Values". */
const reservedLabels = {
  0: 'IPv4 Explicit-Null',
  1: 'Router Alert',
  2: 'IPv6 Explicit-Null',
  3: 'Implicit-Null',
  7: 'Entropy Label Indicator (ELI)',
  13: 'Generic Associated Channel Label (GAL)',
  14: 'OAM Alert',
  15: 'Extension Label',
};

const ENTRY_OCTETS = 4;
const BOTTOM = 0x100;
const ETHERNET_LINK = 1;
/** The keys of the table in which pseudowires stand. */
const CONTROL_WORD = 0;
const NO_CONTROL_WORD = 1;
const ETHERNET_HEADER = 14;
const LEAST_TYPE = 1536;

/** Whether what begins at `at` can be an Ethernet frame: two addresses of one host each, and a type or a length that fits. */
function isFrame(view: DataView, at: number, end: number): boolean {
  if (at + ETHERNET_HEADER > end) return false;
  const type = view.getUint16(at + 12);
  if (type < LEAST_TYPE) return type <= end - at - ETHERNET_HEADER && type > 2;
  return type === 0x0800 || type === 0x0806 || type === 0x86dd || type === 0x8100 || type === 0x8847 || type === 0x88a8;
}

/** MPLS label stack, RFC 3032. */
export const mpls = protocol('mpls', 'MultiProtocol Label Switching Header', {
  reference: 'RFC 3032, section 2.1',
  carriedBy: { 'eth.type': [0x8847, 0x8848], 'ppp.protocol': [0x0281, 0x0283], 'ip.proto': 137, 'ipv6.nxt': 137 },
  header: {},
  fields: {
    entry: bits(
      32,
      'Label stack entry',
      {
        label: uint(20, 'MPLS Label', { filter: 'mpls.label', labels: reservedLabels }),
        exp: uint(3, 'MPLS Experimental Bits', { filter: 'mpls.exp' }),
        bottom: uint(1, 'MPLS Bottom Of Label Stack', { filter: 'mpls.bottom' }),
        ttl: uint(8, 'MPLS TTL', { filter: 'mpls.ttl' }),
      },
      { bare: true },
    ),
  },
  headerLength: (_read, view, start, end) => {
    for (let at = start; ; at += ENTRY_OCTETS) {
      if (at + ENTRY_OCTETS > end || (view.getUint32(at) & BOTTOM) !== 0) return at + ENTRY_OCTETS - start;
    }
  },
  next: [
    // RFC 4928, section 3: what follows shows by its first four bits.
    {
      table: 'raw.version',
      value: (_read, view, _start, _end, walk) => {
        const at = walk.headerEnd[walk.depth - 1];
        const version = at < walk.capturedEnd ? view.getUint8(at) >> 4 : -1;
        return version === 4 || version === 6 ? version : -1;
      },
    },
    {
      table: 'mpls.pseudowire',
      value: (_read, view, _start, end, walk) => {
        const at = walk.headerEnd[walk.depth - 1];
        const limit = end < walk.capturedEnd ? end : walk.capturedEnd;
        // RFC 4385, section 3: a control word begins with four zero bits.
        if (at < limit && view.getUint8(at) >> 4 === 0 && isFrame(view, at + 4, limit)) return CONTROL_WORD;
        return isFrame(view, at, limit) ? NO_CONTROL_WORD : -1;
      },
    },
  ],
  body: (body, field) => {
    while ((body.number(field.entry) & BOTTOM) === 0 && body.remaining > 0);
  },
  info: () => 'MPLS Label Switched Packet',
});

/** The frame of an Ethernet pseudowire was recognised, not announced: Wireshark shows that as a layer without octets. */
export const pseudowire = protocol('pwethheuristic', 'Ethernet PW (CW heuristic)', {
  reference: 'RFC 4448',
  column: 'PW ETH',
  carriedBy: { 'mpls.pseudowire': CONTROL_WORD },
  header: {},
  next: { table: 'mpls.controlword', value: () => 0 },
  info: () => 'Ethernet PW (CW heuristic)',
});

/** Control word of an Ethernet pseudowire, RFC 4448 section 4.6. */
export const controlWord = protocol('pwethcw', 'PW Ethernet Control Word', {
  reference: 'RFC 4448, section 4.6',
  column: 'PW ETH',
  carriedBy: { 'mpls.controlword': 0 },
  header: {},
  fields: { sequence: uint(16, 'Sequence Number', { filter: 'pweth.cw.sequence_number' }) },
  headerLength: () => 4,
  next: { table: 'linktype', value: () => ETHERNET_LINK },
  body: (body, field) => {
    body.skip(2);
    body.number(field.sequence);
  },
  info: (_layer, { view, start, end }) =>
    start + 4 > end ? 'Cut control word' : `Sequence number ${view.getUint16(start + 2)}`,
});

/** Ethernet pseudowire without a control word, RFC 4448 section 4.4. */
export const bareWire = protocol('pwethnocw', 'Ethernet PW (no CW)', {
  reference: 'RFC 4448, section 4.4',
  column: 'PW ETH',
  carriedBy: { 'mpls.pseudowire': NO_CONTROL_WORD },
  header: {},
  next: { table: 'linktype', value: () => ETHERNET_LINK },
  info: () => 'Ethernet PW (no CW)',
});
