/** The frame: what the capture says of a packet, as the outermost layer of its tree. */

import type { FieldNode, FieldValue, LayerNode } from './tree.js';

export interface FrameFacts {
  /** 1-based number within the capture. */
  readonly number: number;
  /** Nanoseconds since 1970-01-01 UTC; null when the packet has no time. */
  readonly time: bigint | null;
  /** Nanoseconds since the capture's first packet. */
  readonly relative: bigint | null;
  /** Octets on the wire, and octets kept. */
  readonly length: number;
  readonly captured: number;
  /** Nanoseconds since the packet captured before; absent where that is not known, 0 for the first. */
  readonly delta?: bigint;
  readonly interfaceId: number;
  readonly interfaceName: string;
  readonly comments: readonly string[];
}

const BILLION = 1_000_000_000n;

/** Seconds with nine decimals, as `frame.time_epoch` prints them. */
export function secondsText(nanoseconds: bigint): string {
  const magnitude = nanoseconds < 0n ? -nanoseconds : nanoseconds;
  const fraction = (magnitude % BILLION).toString().padStart(9, '0');
  return `${nanoseconds < 0n ? '-' : ''}${magnitude / BILLION}.${fraction}`;
}

/** RFC 3339 in UTC with nine decimals. */
export function timeText(nanoseconds: bigint): string {
  const fraction = (nanoseconds % BILLION).toString().padStart(9, '0');
  // 2^64 ns end in the year 2554, well inside what Date can hold.
  return `${new Date(Number(nanoseconds / BILLION) * 1000).toISOString().slice(0, 19)}.${fraction}Z`;
}

/** Layers whose payload is chosen by an ethertype, but for what LLC carries. */
const byEthertype = new Set(['eth', 'vlan', 'ieee8021ad', 'sll', 'macsec']);

/** `frame.protocols`: the layers' names, with Wireshark's token between a link layer and what its ethertype chose. */
export function protocolsText(names: readonly string[]): string {
  return names
    .map((name, index) => {
      const chosen = byEthertype.has(name) && index + 1 < names.length && names[index + 1] !== 'llc';
      return chosen ? `${name}:ethertype` : name;
    })
    .join(':');
}

/** The layer `frame` of a packet whose other layers are given. */
export function frameLayer(facts: FrameFacts, layers: readonly LayerNode[]): LayerNode {
  const fields: FieldNode[] = [];
  const add = (name: string, title: string, value: FieldValue, text = String(value), display = text): void => {
    fields.push({ name: `frame.${name}`, title, value, display, text, offset: 0, length: 0, generated: true });
  };
  add('interface_id', 'Interface id', facts.interfaceId);
  if (facts.interfaceName !== '') add('interface_name', 'Interface name', facts.interfaceName);
  if (facts.time !== null) {
    add('time', 'Arrival Time', timeText(facts.time));
    add(
      'time_epoch',
      'Epoch Time',
      secondsText(facts.time),
      secondsText(facts.time),
      `${secondsText(facts.time)} seconds`,
    );
  }
  if (facts.delta !== undefined) {
    const text = secondsText(facts.delta);
    add('time_delta', 'Time since the frame captured before', text, text, `${text} seconds`);
  }
  if (facts.relative !== null) {
    const text = secondsText(facts.relative);
    add('time_relative', 'Time since the first packet', text, text, `${text} seconds`);
  }
  add('number', 'Frame Number', facts.number);
  add('len', 'Frame Length', facts.length, String(facts.length), `${facts.length} bytes`);
  add('cap_len', 'Capture Length', facts.captured, String(facts.captured), `${facts.captured} bytes`);
  add('protocols', 'Protocols in frame', protocolsText(layers.map((layer) => layer.protocol)));
  for (const comment of facts.comments) add('comment', 'Comment', comment);
  return {
    protocol: 'frame',
    title: 'Frame',
    summary: `Frame ${facts.number}: ${facts.length} bytes on wire, ${facts.captured} bytes captured`,
    offset: 0,
    length: facts.captured,
    fields,
  };
}
