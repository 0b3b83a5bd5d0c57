/** What a comparison found, as text. */

import { registry } from '../../decoders/protocols/index.js';
import { exceptions } from './exceptions.js';
import type { FieldTally, Tallies } from './tally.js';

/** Characters of a value that are shown. */
const WIDTH = 120;

/** Protocols from the link to the transport layer, which are held to a higher share. */
export const LOWER =
  /^(eth|vlan|ieee8021ad|ieee8021ah|llc|sll|sll2|null|raw|ppp|pppoe[ds]|chdlc|mpls|macsec|stp|arp|ip|ipv6(\..*)?|ah|esp|icmp|icmpv6|igmp|gre|udp|udplite|tcp|sctp|dccp)$/;

export interface Share {
  readonly compared: number;
  readonly equal: number;
}

/** The sum over the protocols whose name the pattern finds. */
export function shareOf(tallies: Tallies, names: RegExp): Share {
  let compared = 0;
  let equal = 0;
  for (const [name, sum] of tallies.byProtocol()) {
    if (!names.test(name)) continue;
    compared += sum.compared;
    equal += sum.equal;
  }
  return { compared, equal };
}

export function percent({ compared, equal }: Share): string {
  return compared === 0 ? '' : `${((equal / compared) * 100).toFixed(3)} %`;
}

const row = (cells: readonly string[], first = 18): string =>
  cells.map((cell, index) => (index === 0 ? cell.padEnd(first) : cell.padStart(11))).join('');

/** A line a protocol: packets, fields compared, equal, differing, and of those the ones that netglass has nothing for. */
export function protocolTable(tallies: Tallies): string[] {
  const lines = [row(['protocol', 'packets', 'compared', 'equal', 'differing', 'missing', 'share'])];
  const add = (name: string, packets: number | undefined, sum: Share & { missing: number }): void => {
    const counts = [sum.compared, sum.equal, sum.compared - sum.equal, sum.missing].map(String);
    lines.push(row([name, packets === undefined ? '' : String(packets), ...counts, percent(sum)]));
  };
  let missing = 0;
  for (const [name, sum] of tallies.byProtocol()) {
    add(name, tallies.packets.get(name) ?? 0, sum);
    missing += sum.missing;
  }
  add('together', tallies.total, { ...shareOf(tallies, /^/), missing });
  return lines;
}

function shortened(text: string): string {
  return text.length > WIDTH ? `${text.slice(0, WIDTH)}…` : text;
}

/** The fields that differ, worst first, with the first differences of each. */
export function differences(tallies: Tallies, show: number): string[] {
  const differing = (field: FieldTally) => field.compared - field.equal;
  const worst = [...tallies.fields.values()].filter((field) => differing(field) > 0);
  worst.sort((a, b) => differing(b) - differing(a));
  return worst.flatMap((field) => [
    `${field.protocol} ${field.field}: ${differing(field)} of ${field.compared} differ, ${field.missing} are missing, in ${field.files.size} files`,
    ...field.examples
      .slice(0, show)
      .map(
        ({ file, packet, ours, theirs }) =>
          `    ${file} #${packet}: ${shortened(ours) || '(nothing)'} | tshark ${shortened(theirs) || '(nothing)'}`,
      ),
  ]);
}

/** Protocols of the registry that no packet of the corpus had: nothing is claimed for them. */
export function notSeen(tallies: Tallies): string[] {
  return registry.protocols.map(({ filter }) => filter).filter((name) => !tallies.packets.has(name));
}

export function exceptionLines(): string[] {
  return exceptions.map(
    ({ fields, mode, reason }) => `    ${fields}${mode === undefined ? '' : ` (${mode})`}: ${reason}`,
  );
}
