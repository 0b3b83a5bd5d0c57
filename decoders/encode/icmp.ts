/** Encoder of ICMP: RFC 792, 950, 1256, 4884, 8335. */

import { icmp } from '../protocols/icmp.js';
import { type Codec, codec, type EncodedLayer } from './codec.js';
import { type Defaults, type Part, writeParts } from './parts.js';
import { wireNumber } from './value.js';

const UNREACHABLE = 3;
const FRAGMENTATION_NEEDED = 4;
const ECHO_REQUEST = 8;

/** Errors, which quote a packet. */
const errors = new Set([UNREACHABLE, 4, 5, 11, 12]);

const identified = ['ident', 'seq'];
const times = [...identified, 'originate_timestamp', 'receive_timestamp', 'transmit_timestamp'];
const echo = [...identified];
const masks = [...identified, 'address_mask'];
const extended = ['ident', 'ext.echo.seq', 'ext.echo.flags'];

/** What stands behind type, code and checksum, by type. */
const bodies: Readonly<Record<number, readonly Part[]>> = {
  0: echo,
  3: [1, 'length', 2],
  4: [4],
  5: ['redir_gw'],
  8: echo,
  9: ['num_addrs', 'addr_entry_size', 'lifetime', { pairs: ['router_address', 'pref_level'] }],
  10: [4],
  11: [1, 'length', 2],
  12: ['pointer', 'length', 2],
  13: times,
  14: times,
  15: echo,
  16: echo,
  17: masks,
  18: masks,
  42: extended,
  43: extended,
};

/** The type that the message will have. */
export function messageType({ given, codec: own }: EncodedLayer, byDefault: number): number {
  if (!given.has('type')) return byDefault;
  return wireNumber(own.names.field('type'), given.take('type'), given.at('type'));
}

/** Whether the message quotes a packet. */
export function isIcmpError(layer: EncodedLayer): boolean {
  return errors.has(messageType(layer, ECHO_REQUEST));
}

export const icmpCodec: Codec = codec(icmp, {
  table: 'raw.version',
  defaults: () => ({ type: ECHO_REQUEST }),
  body: (layer, random) => {
    const { given, out } = layer;
    const type = messageType(layer, ECHO_REQUEST);
    const code = given.has('code')
      ? wireNumber(layer.codec.names.field('code'), given.take('code'), given.at('code'))
      : 0;
    const needsMtu = type === UNREACHABLE && code === FRAGMENTATION_NEEDED;
    const routers = given.takeList('router_address').length;
    const defaults: Defaults = {
      ident: random(0xffff),
      seq: 1,
      num_addrs: routers,
      addr_entry_size: 2,
      lifetime: 1800,
    };
    writeParts(out, given, needsMtu ? [1, 'length', 'mtu'] : (bodies[type] ?? []), defaults);
  },
  finish: (layer, packet) => {
    if (hasSequence(messageType(layer, ECHO_REQUEST))) packet.identifies(layer, 'seq', layer.start + 6);
    packet.checksum(layer, layer.start, packet.end);
  },
});

function hasSequence(type: number): boolean {
  const body = bodies[type];
  return body?.[1] === 'seq';
}
