/** Encoders of Ethernet, its tags, and ARP. */

import { arp } from '../protocols/arp.js';
import { ethernet } from '../protocols/ethernet.js';
import { serviceVlan, vlan } from '../protocols/vlan.js';
import { type Codec, codec, type EncodedLayer, numberOf } from './codec.js';
import { writeField, writeParts } from './parts.js';

/** IEEE 802, "Local Experimental Ethertype 1": for a payload that is nobody's protocol. */
const EXPERIMENTAL = 0x88b5;
const BROADCAST = 'ff:ff:ff:ff:ff:ff';

const typeOf = ({ codec: own, next }: EncodedLayer): number =>
  (next === undefined ? undefined : numberOf(own, next.codec)) ?? EXPERIMENTAL;

/** IEEE 802.3, clause 3; frames are not padded, which is the sending card's business. */
export const ethernetCodec: Codec = codec(
  ethernet,
  {
    table: 'eth.type',
    defaults: (layer) => ({ dst: BROADCAST, type: typeOf(layer) }),
  },
  { len: 'type' },
);

export const vlanCodec: Codec = codec(
  vlan,
  { table: 'eth.type', defaults: (layer) => ({ etype: typeOf(layer) }) },
  { len: 'etype' },
);

export const serviceVlanCodec: Codec = codec(
  serviceVlan,
  {
    table: 'eth.type',
    body: (layer) => writeField(layer.out, layer.given, 'ieee8021ah.etype', typeOf(layer)),
  },
  { etype: 'ieee8021ah.etype' },
);

/** RFC 826. Addresses that are not Ethernet's and IPv4's are given as `src.hw`, `src.proto`, `dst.hw`, `dst.proto`. */
export const arpCodec: Codec = codec(arp, {
  defaults: ({ given }) => ({
    'hw.type': 1,
    'proto.type': 0x0800,
    'hw.size': 6,
    'proto.size': 4,
    opcode: given.has('opcode') ? undefined : 1,
  }),
  body: ({ given, out }) => {
    const hardware = (end: string) => (given.has(`${end}.hw`) ? `${end}.hw` : `${end}.hw_mac`);
    const protocol = (end: string) => (given.has(`${end}.proto`) ? `${end}.proto` : `${end}.proto_ipv4`);
    writeParts(out, given, [hardware('src'), protocol('src'), hardware('dst'), protocol('dst')]);
  },
});
