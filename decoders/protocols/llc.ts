import { bits, flag, protocol, uint } from '../core/index.js';
import { etherTypes } from '../labels/ethertypes.js';

/** Link service access points, IEEE 802.2 and IANA "IEEE 802 Numbers", as the upper seven bits of the octet. */
const accessPoints = {
  0: 'NULL LSAP',
  1: 'LLC Sublayer Management',
  2: 'SNA Path Control',
  3: 'TCP/IP',
  33: 'Spanning Tree BPDU',
  64: 'XNS',
  85: 'SNAP',
  112: 'NetWare',
  120: 'NetBIOS',
  127: 'ISO Network Layer',
};

const ciscoProtocols = { 267: 'PVST+', 273: 'UDLD', 8192: 'CDP', 8195: 'VTP', 8196: 'DTP' };
/** Organizations (OUI) that number SNAP protocols themselves. */
const CISCO = 0x00000c;
const NORTEL = 0x000081;
const APPLE = 0x080007;

const SNAP = 0xaa;
const UNNUMBERED_INFORMATION = 0x03;

/** Organizations whose SNAP protocol id is an EtherType: 0 (RFC 1042) and bridge-tunnel encapsulation (IEEE 802.1H). */
function isEtherType(oui: number): boolean {
  return oui === 0 || oui === 0xf8;
}

/** U frames have one control octet, I and S frames two (IEEE 802.2, clause 5.2). */
function controlOctets(view: DataView, start: number): number {
  return (view.getUint8(start + 2) & 3) === 3 ? 1 : 2;
}

/** Whether the header goes on with a Subnetwork Access Protocol part (RFC 1042). */
function isSnap(view: DataView, start: number): boolean {
  return view.getUint16(start) === ((SNAP << 8) | SNAP) && view.getUint8(start + 2) === UNNUMBERED_INFORMATION;
}

/** Logical Link Control with its SNAP extension: what an 802.3 frame carries. */
export const llc = protocol('llc', 'Logical-Link Control', {
  reference: 'IEEE 802.2, RFC 1042',
  carriedBy: { 'eth.type': 4 },
  header: {
    dsap: bits(8, 'DSAP', { sap: uint(7, 'SAP', { labels: accessPoints }), ig: flag('IG Bit') }, { base: 16 }),
    ssap: bits(8, 'SSAP', { sap: uint(7, 'SAP', { labels: accessPoints }), cr: flag('CR Bit') }, { base: 16 }),
  },
  fields: {
    control: uint(16, 'Control field', { base: 16 }),
    oui: uint(24, 'Organization Code'),
    type: uint(16, 'Type', { base: 16, labels: etherTypes }),
    pid: uint(16, 'Protocol ID', { base: 16 }),
    cisco_pid: uint(16, 'Protocol ID', { base: 16, labels: ciscoProtocols }),
    apple_atalk_pid: uint(16, 'Protocol ID', { base: 16 }),
    nortel_pid: uint(16, 'Protocol ID', { base: 16 }),
  },
  headerLength: (_read, view, start, end) => {
    if (start + 3 > end) return 3;
    return isSnap(view, start) ? 8 : 2 + controlOctets(view, start);
  },
  // IP straight on LLC has the access point 6; it enters the EtherTypes' table as IPv4.
  next: [
    {
      table: 'eth.type',
      value: (_read, view, start) => {
        if (isSnap(view, start))
          return isEtherType(view.getUint32(start + 2) & 0xffffff) ? view.getUint16(start + 6) : -1;
        return view.getUint8(start) === 6 ? 0x0800 : -1;
      },
    },
    { table: 'llc.dsap', value: (_read, view, start) => (isSnap(view, start) ? -1 : view.getUint8(start)) },
    {
      table: 'llc.cisco_pid',
      value: (_read, view, start) =>
        isSnap(view, start) && (view.getUint32(start + 2) & 0xffffff) === CISCO ? view.getUint16(start + 6) : -1,
    },
  ],
  body: (body, field) => {
    const { view, start } = body;
    body.need(1, 'Control field');
    body.take(field.control, controlOctets(view, start));
    if (!isSnap(view, start)) return;
    const oui = body.number(field.oui);
    const own: Readonly<Record<number, typeof field.pid>> = {
      [CISCO]: field.cisco_pid,
      [APPLE]: field.apple_atalk_pid,
      [NORTEL]: field.nortel_pid,
    };
    body.number(isEtherType(oui) ? field.type : (own[oui] ?? field.pid));
  },
  info: (_layer, { view, start, end }) => {
    if (start + 3 > end) return 'Logical-Link Control';
    const control = view.getUint8(start + 2);
    const kind = (control & 1) === 0 ? 'I' : (control & 3) === 1 ? 'S' : 'U';
    const sap = (value: number) =>
      accessPoints[(value >> 1) as keyof typeof accessPoints] ?? `0x${value.toString(16).padStart(2, '0')}`;
    return `${kind}, DSAP ${sap(view.getUint8(start))}, SSAP ${sap(view.getUint8(start + 1))}`;
  },
});
