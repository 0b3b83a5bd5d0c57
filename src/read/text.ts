/** Packets as lines, and as trees of lines: what `tshark` and `tshark -V` print. */

import type { FieldNode } from '../../decoders/core/index.js';
import type { Packet } from './packets.js';

/** Seconds with the decimals that the file's clock had. */
export function secondsOf(nanoseconds: number, decimals: number): string {
  const sign = nanoseconds < 0 ? '-' : '';
  const whole = Math.abs(nanoseconds);
  const seconds = Math.floor(whole / 1e9);
  if (decimals === 0) return `${sign}${seconds}`;
  const fraction = String(Math.round(whole - seconds * 1e9))
    .padStart(9, '0')
    .slice(0, decimals);
  return `${sign}${seconds}.${fraction}`;
}

/** A line is a line whatever a packet has in it. */
function printable(text: string): string {
  return text.replace(/\p{Cc}/gu, (character) => `\\x${character.charCodeAt(0).toString(16).padStart(2, '0')}`);
}

/** The one address that tshark has a name for without asking anybody. */
function named(address: string): string {
  return address === 'ff:ff:ff:ff:ff:ff' ? 'Broadcast' : address;
}

/** tshark's default columns, as wide as it makes them. */
export function lineOf(packet: Packet): string {
  const [source, destination] = packet.addresses.map(named);
  const { protocol, info } = packet.tree;
  return [
    String(packet.number).padStart(5),
    (packet.timed ? secondsOf(packet.relativeNanoseconds, packet.decimals) : '').padStart(10),
    `${source.padStart(12)} → ${destination.padEnd(12)}`,
    protocol,
    String(packet.original),
    printable(info),
  ].join(' ');
}

/** The whole tree, and an empty line. */
export function treeOf(packet: Packet): string {
  const { number, original, captured } = packet;
  const lines = [
    `Frame ${number}: ${original} bytes on wire (${original * 8} bits), ${captured} bytes captured (${captured * 8} bits)`,
  ];
  const add = (fields: readonly FieldNode[], depth: number): void => {
    for (const { title, display, fields: inner } of fields) {
      lines.push(`${'    '.repeat(depth)}${printable(display === '' ? title : `${title}: ${display}`)}`);
      if (inner !== undefined) add(inner, depth + 1);
    }
  };
  const [frame, ...layers] = packet.layers;
  add(frame.fields, 1);
  for (const { title, summary, fields } of layers) {
    lines.push(printable(summary === '' || summary === title ? title : `${title}, ${summary}`));
    add(fields, 1);
  }
  for (const { message, kind } of packet.tree.problems) lines.push(`[${kind}: ${printable(message)}]`);
  return `${lines.join('\n')}\n`;
}
