import { type Body, bits, flag, protocol, uint } from '../core/index.js';
import { etherTypes } from '../labels/ethertypes.js';

const UNNUMBERED_INFORMATION = 3;
const LAST_OCTET = 1;
/** Q.922, section 3.2: an address has two octets, three or four. */
const LONGEST_ADDRESS = 4;
const PADDING = 0;
const IP = 0xcc;
const IPV6 = 0x8e;
const PPP = 0xcf;
const SNAP = 0x80;
const SNAP_OCTETS = 5;
const ETHERNET_TYPES = 0;
const BRIDGED = 0x0080c2;
/** Frames of Ethernet, with their check sequence and without (RFC 2427, section 4.2). */
const bridgedEthernet = new Set([1, 7]);

/** What the tables that are looked up in call IPv6, PPP and Ethernet. */
const IPV6_TYPE = 0x86dd;
const PPP_TYPE = 0x880b;
const ETHERNET_PROTOCOL = 143;

/** Network layer protocol identifiers, RFC 2427, appendix A. */
const identifiers: Readonly<Record<number, string>> = {
  [PADDING]: 'Padding',
  8: 'Q.933',
  9: 'LMI',
  [SNAP]: 'SNAP',
  0x81: 'CLNP',
  0x82: 'ESIS',
  0x83: 'ISIS',
  [IPV6]: 'IPv6',
  [IP]: 'IP',
  [PPP]: 'PPP',
};

function addressOctets(view: DataView, start: number, end: number): number {
  for (let octets = 1; octets < LONGEST_ADDRESS && start + octets <= end; octets++)
    if ((view.getUint8(start + octets - 1) & LAST_OCTET) !== 0) return octets;
  return LONGEST_ADDRESS;
}

/** Where the identifier stands behind control and padding, 0 for frames that have a type in the way of Cisco instead. */
function identifierAt(view: DataView, start: number, end: number): number {
  let at = start + addressOctets(view, start, end);
  if (at >= end || view.getUint8(at) !== UNNUMBERED_INFORMATION) return 0;
  at++;
  return at < end && view.getUint8(at) === PADDING ? at + 1 : at;
}

/** Numbered frames of Q.922 have a control field of two octets, which no EtherType is. */
function hasType(view: DataView, at: number): boolean {
  return etherTypes[view.getUint16(at)] !== undefined;
}

function headerOctets(view: DataView, start: number, end: number): number {
  const at = identifierAt(view, start, end);
  if (at === 0) return addressOctets(view, start, end) + 2;
  const snap = at < end && view.getUint8(at) === SNAP;
  return at + 1 + (snap ? SNAP_OCTETS : 0) - start;
}

/** The EtherType that the payload is of, -1 for none. */
function etherType(view: DataView, start: number, end: number): number {
  const at = identifierAt(view, start, end);
  if (at === 0) return hasType(view, end - 2) ? view.getUint16(end - 2) : -1;
  const identifier = view.getUint8(at);
  if (identifier === IPV6) return IPV6_TYPE;
  if (identifier === IP) return 0x0800;
  return identifier === SNAP && organization(view, at) === ETHERNET_TYPES ? view.getUint16(at + 4) : -1;
}

function organization(view: DataView, identifier: number): number {
  return view.getUint16(identifier + 1) * 256 + view.getUint8(identifier + 3);
}

/** Frame relay, with what RFC 2427 puts in it, or Cisco's two octets of a type. */
export const frameRelay = protocol('fr', 'Frame Relay', {
  reference: 'ITU-T Q.922, section 3; RFC 2427, section 3',
  role: 'link',
  column: 'FR',
  carriedBy: { linktype: 107, 'gre.proto': 0x6559 },
  header: {},
  fields: {
    first_addr_octet: bits(
      8,
      'First address octet',
      {
        upper_dlci: uint(6, 'Upper DLCI', { base: 16, filter: 'fr.upper_dlci' }),
        cr: flag('CR', { filter: 'fr.cr' }),
        ea: flag('EA', { filter: 'fr.ea' }),
      },
      { base: 16 },
    ),
    second_addr_octet: bits(
      8,
      'Second address octet',
      {
        second_dlci: uint(4, 'Second DLCI', { base: 16, filter: 'fr.second_dlci' }),
        fecn: flag('FECN', { filter: 'fr.fecn' }),
        becn: flag('BECN', { filter: 'fr.becn' }),
        de: flag('DE', { filter: 'fr.de' }),
        ea: flag('EA', { filter: 'fr.ea' }),
      },
      { base: 16 },
    ),
    last: bits(
      8,
      'Final address octet',
      {
        lower: uint(6, 'Lower DLCI', { base: 16, filter: 'fr.lower_dlci' }),
        dc: flag('DC', { filter: 'fr.dc' }),
        ea: flag('EA', { filter: 'fr.ea' }),
      },
      { bare: true },
    ),
    dlci: uint(32, 'DLCI'),
    control: uint(8, 'Control Field', { base: 16 }),
    nlpid: uint(8, 'NLPID', { base: 16, labels: identifiers }),
    'snap.oui': uint(24, 'Organization Code'),
    'snap.pid': uint(16, 'Protocol ID', { base: 16 }),
    snaptype: uint(16, 'Type', { base: 16, labels: etherTypes }),
    chdlctype: uint(16, 'Type', { base: 16, labels: etherTypes }),
  },
  headerLength: (_read, view, start, end) => headerOctets(view, start, end),
  next: [
    {
      table: 'eth.type',
      value: (_read, view, start, _end, walk) => etherType(view, start, walk.headerEnd[walk.depth - 1]),
    },
    {
      table: 'gre.proto',
      value: (_read, view, start, _end, walk) => {
        const at = identifierAt(view, start, walk.headerEnd[walk.depth - 1]);
        return at > 0 && view.getUint8(at) === PPP ? PPP_TYPE : -1;
      },
    },
    {
      table: 'ip.proto',
      value: (_read, view, start, _end, walk) => {
        const at = identifierAt(view, start, walk.headerEnd[walk.depth - 1]);
        if (at === 0 || view.getUint8(at) !== SNAP || organization(view, at) !== BRIDGED) return -1;
        return bridgedEthernet.has(view.getUint16(at + 4)) ? ETHERNET_PROTOCOL : -1;
      },
    },
  ],
  body: (body, field) => {
    const { view, start } = body;
    const octets = addressOctets(view, start, body.end);
    body.number(field.first_addr_octet);
    if (octets > 1) body.number(field.second_addr_octet);
    if (octets > 3) body.skip(octets - 3);
    if (octets > 2) body.number(field.last);
    body.derived(field.dlci, identifierOfLink(body, octets), undefined, start, octets);
    if (body.remaining === 0) return;
    if (body.peek8() !== UNNUMBERED_INFORMATION) {
      body.need(2, 'Type');
      if (hasType(view, body.position)) body.number(field.chdlctype);
      else {
        body.number(field.control);
        body.skip(1);
      }
      return;
    }
    body.number(field.control);
    if (body.number(field.nlpid) === PADDING && body.remaining > 0) body.number(field.nlpid);
    if (body.remaining < SNAP_OCTETS) return;
    const ethernet = body.number(field['snap.oui']) === ETHERNET_TYPES;
    body.number(ethernet ? field.snaptype : field['snap.pid']);
  },
  info: (_layer, body) => {
    const { view, start, end } = body;
    if (start + 2 > end) return 'Cut frame relay header';
    return `DLCI ${identifierOfLink(body, addressOctets(view, start, end))}`;
  },
});

/** The data link connection's number: 6 bits, 4 bits, and of further octets 7 or, of the last one, 6. */
function identifierOfLink({ view, start, end }: Body, octets: number): number {
  if (start + octets > end || octets < 2) return start < end ? view.getUint8(start) >> 2 : 0;
  let value = (view.getUint8(start) >> 2) * 16 + (view.getUint8(start + 1) >> 4);
  for (let i = 2; i < octets; i++) {
    const octet = view.getUint8(start + i);
    value = i + 1 < octets ? value * 128 + (octet >> 1) : value * 64 + (octet >> 2);
  }
  return value;
}
