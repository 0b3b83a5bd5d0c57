/** Encoder of ICMPv6: RFC 4443, Neighbor Discovery (RFC 4861), Multicast Listener Discovery (RFC 2710, RFC 3810). */

import { icmpv6 } from '../protocols/icmpv6.js';
import { type Codec, codec, type EncodedLayer } from './codec.js';
import { messageType } from './icmp.js';
import { finalDestination } from './ip.js';
import { type OptionKind, writeOptions } from './options.js';
import { type Part, writeParts } from './parts.js';

const PROTOCOL_NUMBER = 58;
const ECHO_REQUEST = 128;
const LISTENER_QUERY = 130;
const REDIRECT = 137;

const echo = ['echo.identifier', 'echo.sequence_number'];
const listener = ['mld.maximum_response_delay', 2, 'mld.multicast_address'];
const version2 = [
  'mld.maximum_response_code',
  2,
  'mld.multicast_address',
  'mld.flag',
  'mld.qqi',
  'mld.nb_sources',
  { many: 'mld.source_address' },
];

/** What stands behind type, code and checksum, by type. */
const bodies: Readonly<Record<number, readonly Part[]>> = {
  1: [4],
  2: ['mtu'],
  3: [4],
  4: ['pointer'],
  128: echo,
  129: echo,
  130: listener,
  131: listener,
  132: listener,
  133: [4],
  134: ['nd.ra.cur_hop_limit', 'nd.ra.flag', 'nd.ra.router_lifetime', 'nd.ra.reachable_time', 'nd.ra.retrans_timer'],
  135: [4, 'nd.ns.target_address'],
  136: ['nd.na.flag', 'nd.na.target_address'],
  137: [4, 'nd.rd.target_address', 'rd.na.destination_address'],
};

/** Messages that end with options (RFC 4861, section 4). */
const withOptions = new Set([133, 134, 135, 136, REDIRECT]);

/** RFC 4861, section 4.6, and RFC 8106. */
const optionKinds: Readonly<Record<number, OptionKind>> = {
  1: { parts: ['opt.src_linkaddr'] },
  2: { parts: ['opt.target_linkaddr'] },
  3: {
    parts: [
      'opt.prefix.length',
      'opt.prefix.flag',
      'opt.prefix.valid_lifetime',
      'opt.prefix.preferred_lifetime',
      4,
      'opt.prefix',
    ],
  },
  5: { parts: [2, 'opt.mtu'] },
  7: { parts: [2, 'opt.advertisement_interval'] },
  14: { parts: ['opt.nonce'] },
  25: { parts: [2, 'opt.rdnss.lifetime', { many: 'opt.rdnss' }] },
};

/** Whether the message quotes a packet. */
export function isIcmpv6Error(layer: EncodedLayer): boolean {
  const type = messageType(layer, ECHO_REQUEST);
  return type <= 4 || type === REDIRECT;
}

export const icmpv6Codec: Codec = codec(icmpv6, {
  table: 'raw.version',
  defaults: () => ({ type: ECHO_REQUEST }),
  body: (layer, random) => {
    const { given, out } = layer;
    const type = messageType(layer, ECHO_REQUEST);
    const sources = given.has('mld.nb_sources') || given.has('mld.source_address') || given.has('mld.qqi');
    const parts = type === LISTENER_QUERY && sources ? version2 : (bodies[type] ?? []);
    writeParts(out, given, parts, {
      'echo.identifier': random(0xffff),
      'echo.sequence_number': 1,
      'mld.nb_sources': given.takeList('mld.source_address').length,
    });
    if (withOptions.has(type))
      writeOptions(layer, {
        type: 'opt.type',
        length: 'opt.length',
        data: 'opt.data',
        kinds: optionKinds,
        most: 2048,
        unit: 8,
      });
  },
  finish: (layer, packet) => {
    const type = messageType(layer, ECHO_REQUEST);
    if (bodies[type] === echo) packet.identifies(layer, 'echo.sequence_number', layer.start + 6);
    const length = packet.end - layer.start;
    const pseudo = packet.pseudoHeader(layer, PROTOCOL_NUMBER, length, (network) =>
      finalDestination(packet.view, network),
    );
    packet.checksum(layer, layer.start, packet.end, pseudo);
  },
});
