import { bits, protocol, spare, uint } from '../core/index.js';

/** Where the payloads' protocols are looked up: as link layers, by their LINKTYPE_ values. */
const linkTypes: Readonly<Record<number, number>> = { 1: 228, 2: 229, 3: 1 };

/** VXLAN with a field for what it carries. */
export const vxlanGpe = protocol('vxlan_gpe', 'Virtual eXtensible Local Area Network (GPE)', {
  reference: 'draft-ietf-nvo3-vxlan-gpe, section 3',
  prefix: 'vxlan',
  column: 'VxLAN',
  carriedBy: { 'udp.port': 4790 },
  header: {
    bits: bits(
      8,
      'Flags',
      {
        high: spare(2),
        ver: uint(2, 'Version', { filter: 'vxlan.ver' }),
        i: uint(1, 'Instance', { filter: 'vxlan.i_bit' }),
        p: uint(1, 'Next Protocol Bit', { filter: 'vxlan.p_bit' }),
        low: spare(1),
        o: uint(1, 'OAM bit', { filter: 'vxlan.o_bit' }),
      },
      { bare: true },
    ),
    reserved_16: uint(16, 'Reserved'),
    next_proto: uint(8, 'Next Protocol', { labels: { 1: 'IPv4', 2: 'IPv6', 3: 'Ethernet', 4: 'NSH', 5: 'MPLS' } }),
    vni: uint(24, 'VXLAN Network Identifier (VNI)'),
    reserved8: uint(8, 'Reserved'),
  },
  next: { table: 'linktype', value: (read, view, start) => linkTypes[read.next_proto(view, start)] ?? -1 },
  info: (_layer, { view, start, end }) =>
    start + 8 > end ? 'Cut VXLAN header' : `VNI ${view.getUint32(start + 4) >>> 8}`,
});
