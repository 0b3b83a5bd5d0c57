/** What came of sending: each packet as it was asked for, as it left, and what answered it. */

import type { FieldNode, LayerNode, PacketTree } from '../../decoders/core/index.js';
import type { BuiltPacket } from '../../decoders/encode/index.js';
import type { LoosePacket } from '../query/filters/filter-language.js';
import { LinkType } from './headers.js';
import type { Exchange } from './listener.js';

/** Makes trees of packets, where the decoders are loaded. */
export type Decode = (packets: readonly LoosePacket[]) => Promise<PacketTree[]>;

/** Who a field of a sent packet is from. */
export type FieldOrigin = 'asked' | 'computed' | 'kernel';

export interface SentField {
  readonly name: string;
  /** As it was handed over. */
  readonly handed: string | null;
  /** As it left; null when it was not seen leaving. */
  readonly left: string | null;
  readonly by: FieldOrigin;
}

export interface ReportedReply {
  readonly kind: 'answer' | 'error' | 'reset';
  /** Nanoseconds since 1970. */
  readonly time: bigint;
  /** Seconds from when it left to the reply, by the kernel's clock. */
  readonly rtt: number;
  readonly summary: string;
  readonly linkType: number;
  readonly bytes: Uint8Array;
  readonly layers: readonly LayerNode[];
}

export interface ReportedPacket {
  readonly number: number;
  readonly time: bigint;
  readonly bytes: Uint8Array;
  readonly linkType: number;
  /** Of the first packets only, as the layers. */
  readonly fields?: readonly SentField[];
  readonly left: Uint8Array | null;
  readonly reply: ReportedReply | null;
}

/** Packets whose fields are told one by one. */
const COMPARED = 10;

/**
 * @param exchanges what was sent, and seen
 * @param made the packet as it was made, with what was asked for
 */
export async function reportPackets(
  exchanges: readonly Exchange[],
  made: BuiltPacket,
  decode: Decode,
): Promise<ReportedPacket[]> {
  const compared = exchanges.slice(0, COMPARED);
  const handed = await decode(compared.map(({ bytes }) => ({ bytes, linkType: made.linkType })));
  const left = await decode(compared.flatMap(({ left: one }) => (one === undefined ? [] : [loose(one)])));
  const replies = await decode(exchanges.flatMap(({ reply }) => (reply === undefined ? [] : [loose(reply)])));
  let seen = 0;
  let answered = 0;
  return exchanges.map((exchange, index) => {
    const { number, time, bytes, reply } = exchange;
    const asLeft = index < COMPARED && exchange.left !== undefined ? left[seen++] : undefined;
    const tree = reply === undefined ? undefined : replies[answered++];
    return {
      number,
      time: exchange.left?.time ?? time,
      bytes,
      linkType: made.linkType,
      ...(index < COMPARED ? { fields: compare(handed[index], asLeft, made) } : {}),
      left: exchange.left?.bytes ?? null,
      reply:
        reply === undefined || tree === undefined
          ? null
          : {
              kind: reply.kind,
              time: reply.time,
              rtt: Number(reply.time - (exchange.left?.time ?? time)) / 1e9,
              summary: summaryOf(tree, reply.kind),
              linkType: reply.linkType,
              bytes: reply.bytes,
              layers: tree.layers,
            },
    };
  });
}

/** Nothing else crosses to the thread with the decoders. */
const loose = ({ bytes, linkType }: LoosePacket): LoosePacket => ({ bytes, linkType });

/** The line of what answers: of an error its own, and not that of the packet that it quotes. */
function summaryOf({ layers }: PacketTree, kind: ReportedReply['kind']): string {
  const isMessage = ({ protocol }: LayerNode): boolean => protocol === 'icmp' || protocol === 'icmpv6';
  const told = kind === 'error' ? layers.find(isMessage) : layers.findLast(({ protocol }) => protocol !== 'data');
  return told?.summary ?? '';
}

/** The fields of both trees side by side; link layers are left out where they are not the same. */
function compare(handed: PacketTree, left: PacketTree | undefined, made: BuiltPacket): SentField[] {
  const asked = new Set(made.layers.flatMap((layer) => layer.given));
  const ours = fieldsOf(handed, made.linkType);
  const theirs = left === undefined ? undefined : fieldsOf(left, made.linkType);
  const seen = new Map<string, number>();
  return ours.map(({ name, text }) => {
    const occurrence = seen.get(name) ?? 0;
    seen.set(name, occurrence + 1);
    const other = theirs?.filter((field) => field.name === name)[occurrence]?.text ?? null;
    const changed = other !== null && other !== text;
    return { name, handed: text, left: other, by: changed ? 'kernel' : asked.has(name) ? 'asked' : 'computed' };
  });
}

/** What stands in the packet: neither headings nor what the decoder found out. */
function fieldsOf({ layers }: PacketTree, linkType: number): FieldNode[] {
  const out: FieldNode[] = [];
  const collect = (fields: readonly FieldNode[]): void => {
    for (const field of fields) {
      if (field.generated === true) continue;
      if (field.value !== null && field.length > 0) out.push(field);
      if (field.fields !== undefined) collect(field.fields);
    }
  };
  const first = layers.findIndex(({ protocol }) => protocol === 'ip' || protocol === 'ipv6');
  for (const { fields } of linkType === LinkType.raw ? layers.slice(Math.max(0, first)) : layers) collect(fields);
  return out;
}
