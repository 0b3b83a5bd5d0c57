import { bits, flag, protocol, spare, uint } from '../core/index.js';

const RESERVED_FLAGS = 0x77b7;
const ETHERNET_LINK = 1;

/** Virtual eXtensible Local Area Network, RFC 7348, with the group policy bits of draft-smith-vxlan-group-policy. */
export const vxlan = protocol('vxlan', 'Virtual eXtensible Local Area Network', {
  reference: 'RFC 7348, section 5',
  // IANA's; Linux' 8472 of before it was assigned is for `-d`, as with Wireshark.
  carriedBy: { 'udp.port': 4789 },
  header: {
    flags: bits(
      16,
      'Flags',
      {
        g: flag('GBP Extension', { filter: 'vxlan.flag_g' }),
        first: spare(3),
        i: flag('VXLAN Network ID (VNI)', { filter: 'vxlan.flag_i' }),
        second: spare(4),
        d: flag("Don't Learn", { filter: 'vxlan.flag_d' }),
        third: spare(2),
        a: flag('Policy Applied', { filter: 'vxlan.flag_a' }),
        fourth: spare(3),
      },
      { base: 16 },
    ),
    gbp: uint(16, 'Group Policy ID'),
    vni: uint(24, 'VXLAN Network Identifier (VNI)'),
    reserved8: uint(8, 'Reserved'),
  },
  fields: { flags_reserved: uint(16, 'Reserved(R)', { base: 16 }) },
  next: { table: 'linktype', value: () => ETHERNET_LINK },
  body: (body, field, read) => {
    body.derived(field.flags_reserved, read.flags(body.view, body.start) & RESERVED_FLAGS, undefined, body.start, 2);
  },
  info: (_layer, { view, start, end }) =>
    start + 8 > end ? 'Cut VXLAN header' : `VNI ${view.getUint32(start + 4) >>> 8}`,
});
