/** Encoders of UDP and of TCP with its options. */

import { tcp } from '../protocols/tcp.js';
import { udp } from '../protocols/udp.js';
import { type Codec, codec, type EncodedLayer, numberOf, type PacketOctets, placeOf } from './codec.js';
import { PacketError } from './error.js';
import { finalDestination } from './ip.js';
import { type OptionKind, writeOptions } from './options.js';
import type { Defaults } from './parts.js';

const UDP_NUMBER = 17;
const TCP_NUMBER = 6;
const SYN = 2;
/** The ports that nobody may register (RFC 6335, section 6). */
const FIRST_EPHEMERAL = 49_152;
const WINDOW = 64_240;

/** Ports that were not given: one of nobody's, and the well-known one of what stands above. */
function ports(layer: EncodedLayer, random: (most: number) => number): Defaults {
  const { given, codec: own, next } = layer;
  const known = next === undefined ? undefined : numberOf(own, next.codec);
  if (known === undefined && !given.has('dstport'))
    throw new PacketError(
      `${given.where}: ${own.protocol.filter}.dstport is missing: to which port is it to go? For example {"dstport": 9}.`,
    );
  return { srcport: FIRST_EPHEMERAL + random(0xffff - FIRST_EPHEMERAL), dstport: known };
}

function transportSum(layer: EncodedLayer, packet: PacketOctets, protocol: number, zeroMeansNone: boolean): void {
  const length = packet.end - layer.start;
  const pseudo = packet.pseudoHeader(layer, protocol, length, (network) => finalDestination(packet.view, network));
  packet.checksum(layer, layer.start, packet.end, pseudo, zeroMeansNone);
}

/** RFC 768. */
export const udpCodec: Codec = codec(udp, {
  table: 'udp.port',
  defaults: ports,
  finish: (layer, packet) => {
    packet.compute(layer, 'length', packet.end - layer.start);
    transportSum(layer, packet, UDP_NUMBER, true);
  },
});

/** What stands in the options of RFC 9293 section 3.2, RFC 7323, RFC 2018, RFC 5482 and RFC 7413. */
const optionKinds: Readonly<Record<number, OptionKind>> = {
  0: { alone: true },
  1: { alone: true },
  2: { parts: ['options.mss_val'] },
  3: { parts: ['options.wscale.shift'] },
  4: {},
  5: { parts: [{ pairs: ['options.sack_le', 'options.sack_re'] }] },
  6: { parts: ['options.echo_value'] },
  7: { parts: ['options.echo_value'] },
  8: { parts: ['options.timestamp.tsval', 'options.timestamp.tsecr'] },
  19: { parts: ['options.md5.digest'] },
  28: { parts: ['userTimeout'] },
  34: { parts: ['options.tfo.cookie'] },
};

/** RFC 9293, section 3.1. */
export const tcpCodec: Codec = codec(
  tcp,
  {
    table: 'tcp.port',
    defaults: (layer, random) => ({
      ...ports(layer, random),
      seq_raw: random(0xffffffff),
      hdr_len: 20,
      flags: SYN,
      window_size_value: WINDOW,
    }),
    body: (layer) =>
      writeOptions(layer, {
        type: 'option_kind',
        length: 'option_len',
        data: 'options.unknown.payload',
        kinds: optionKinds,
        most: 40,
      }),
    finish: (layer, packet) => {
      packet.compute(layer, 'hdr_len', layer.out.length);
      // A connection of its own for each copy, lest the second one look like a retransmission.
      packet.identifies(layer, 'srcport', placeOf(layer, 'srcport'));
      transportSum(layer, packet, TCP_NUMBER, false);
    },
  },
  { seq: 'seq_raw', ack: 'ack_raw', window_size: 'window_size_value' },
);
