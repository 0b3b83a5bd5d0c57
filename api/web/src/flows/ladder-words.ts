/** What stands on the rungs of a ladder. */

import type { SequencePage } from '../api/types';
import { plain } from '../parts/plain';
import { HIDDEN } from '../room/challenge';
import { text } from '../text';
import type { Hidden } from './hidden';
import type { MarkStep, PacketStep } from './ladder-layout';

const words = text.flows.ladder;

/** What was said, or the control bits. */
export function labelOf({ label, flags }: PacketStep, hidden: Hidden): string {
  if (hidden.words) return HIDDEN;
  // Of a segment without application data the label begins with the control bits, and its length stands below.
  return plain(flags !== undefined && label.startsWith(flags) ? `[${flags}]` : label, 200);
}

/** Below the arrow: control bits where the label has none, relative numbers, length. */
export function numbersOf({ label, flags, seq, ack, length }: PacketStep, hidden: Hidden): string {
  const bits =
    flags === undefined || (label.startsWith(flags) && !hidden.words) ? [] : [`[${hidden.flags ? HIDDEN : flags}]`];
  const numbers = words.numbers(
    seq === undefined || !hidden.seq ? seq : HIDDEN,
    ack === undefined || !hidden.ack ? ack : HIDDEN,
    hidden.lengths ? HIDDEN : length,
  );
  return [...bits, ...(numbers === '' ? [] : [numbers])].join('  ');
}

/** The analysis, in sentences. */
export const noteOf = ({ note }: PacketStep, hidden: Hidden): string =>
  note === undefined || hidden.words ? '' : plain(note, 400);

export function hostName(host: SequencePage['hosts'][number], hidden: Hidden): string {
  return hidden.addresses || (hidden.words && host.name !== undefined) ? HIDDEN : plain(host.name ?? host.address, 60);
}

export function hostPlace(host: SequencePage['hosts'][number], hidden: Hidden): string {
  const address = host.name === undefined ? '' : hidden.addresses ? HIDDEN : host.address;
  const port = host.port === null ? '' : hidden.ports ? HIDDEN : words.port(host.port);
  return [address, port].filter((one) => one !== '').join(' ');
}

/** A step in a sentence, for who does not see the drawing, and for whoever points at it. */
export function stepName(step: PacketStep, hosts: SequencePage['hosts'], hidden: Hidden): string {
  const { packet, relativeTime, from, to, clientState, serverState } = step;
  const what = [labelOf(step, hidden), numbersOf(step, hidden)].filter((one) => one !== '').join(' ');
  const sentence = words.step(
    packet,
    relativeTime?.toFixed(6) ?? '',
    hostName(hosts[from], hidden),
    hostName(hosts[to], hidden),
    what,
  );
  const states =
    hidden.flags || clientState == null || serverState == null ? '' : words.states(clientState, serverState);
  return [`${sentence}.`, noteOf(step, hidden), states].filter((one) => one !== '').join(' ');
}

/** At which end a mark was made: the lab's say it first (`server: …`, `late client: …`). */
export function sideOf({ text: said }: MarkStep): 'client' | 'server' | undefined {
  const [, side] = /^[\w ]{0,30}\b(client|server)\b[\w ]{0,30}:/.exec(said) ?? [];
  return side === 'client' || side === 'server' ? side : undefined;
}
