/** What there is to say about a segment, in words that a student understands. */

import type { TcpState } from '../../../decoders/conversations/tcp-ends.js';
import { findField, type LayerNode } from '../../../decoders/core/index.js';
import type { LadderSegment } from './ladder-flows.js';

const FIN = 1;
const SYN = 2;
const RST = 4;
const ACK = 16;

/**
 * What the connection's states and the analysis of its numbers say about a segment; undefined for nothing.
 *
 * @param secondsSince how long ago another packet was; undefined where that is not known
 */
export function noteOf(
  segment: LadderSegment,
  layers: readonly LayerNode[],
  secondsSince: (packet: number) => number | undefined,
): string | undefined {
  const sentences = [...connectionNotes(segment), ...analysisNotes(layers, secondsSince)];
  return sentences.length === 0 ? undefined : sentences.join(' ');
}

function connectionNotes(segment: LadderSegment): string[] {
  const { bits, fromServer, remark, clientState, serverState, before } = segment;
  const sender = fromServer ? 'server' : 'client';
  const other = fromServer ? 'client' : 'server';
  const notes: string[] = [];
  const changed = clientState !== before.clientState || serverState !== before.serverState;
  if (remark === 'ports-used-again') notes.push('The ports are used again: another connection begins.');
  if ((bits & RST) !== 0) {
    if (remark === 'refused') notes.push(`The ${sender} refuses: nobody listens on this port.`);
    else if (remark === 'reset') notes.push(`The ${sender} breaks the connection off: what was on its way is lost.`);
    return notes;
  }
  if (!changed) return notes;
  if ((bits & SYN) !== 0) {
    if (remark === 'simultaneous-open') notes.push('Both ends open at the same time.');
    else if ((bits & ACK) === 0) notes.push(`The ${sender} asks to open a connection.`);
    else notes.push(`The ${sender} accepts, and asks to open its own direction.`);
  } else if (isOpen(clientState, serverState) && !isOpen(before.clientState, before.serverState))
    notes.push(
      before.clientState === undefined && before.serverState === undefined
        ? 'The connection was open before the capture began.'
        : 'Both directions are open.',
    );
  const acknowledgesFin =
    (before.clientState === 'FIN-WAIT-1' && clientState === 'FIN-WAIT-2') ||
    (before.serverState === 'FIN-WAIT-1' && serverState === 'FIN-WAIT-2');
  if ((bits & FIN) !== 0) {
    notes.push(`The ${sender} has nothing more to say and closes its direction.`);
    if (remark === 'crossing-fin') notes.push(`It did not know yet that the ${other} is closing too.`);
  } else if (acknowledgesFin)
    notes.push(`The ${sender} knows that the ${other} has nothing more to say; it may go on itself.`);
  if (over(clientState, serverState) && !over(before.clientState, before.serverState))
    notes.push('Both directions are closed.');
  return notes;
}

const isOpen = (a: TcpState | undefined, b: TcpState | undefined): boolean =>
  a === 'ESTABLISHED' && b === 'ESTABLISHED';

function over(a: TcpState | undefined, b: TcpState | undefined): boolean {
  const done = (state: TcpState | undefined) => state === 'TIME-WAIT' || state === 'CLOSED';
  return done(a) && done(b);
}

/** What the analysis of TCP's numbers found (`tcp.analysis.*`), in the order of its names there. */
function analysisNotes(layers: readonly LayerNode[], secondsSince: (packet: number) => number | undefined): string[] {
  const tcp = layers.findLast((layer) => layer.protocol === 'tcp');
  if (tcp === undefined) return [];
  const has = (name: string) => findField(tcp.fields, `tcp.analysis.${name}`) !== undefined;
  const value = (name: string) => {
    const found = findField(tcp.fields, `tcp.analysis.${name}`)?.value;
    return found === undefined || found === null ? undefined : Number(found);
  };
  const notes: string[] = [];
  const again = value('rto_frame');
  const waited = again === undefined ? undefined : secondsSince(again);
  const of = again === undefined ? 'what was sent before' : `packet ${again}`;
  const after = waited === undefined ? '' : ` after ${duration(waited)}`;
  if (has('spurious_retransmission'))
    notes.push(`Sent again although it was acknowledged already (spurious retransmission).`);
  else if (has('fast_retransmission'))
    notes.push(`Retransmission of ${of}: the repeated acknowledgments said at once that it is missing.`);
  else if (has('retransmission'))
    notes.push(
      `Retransmission of ${of}: its acknowledgment did not arrive${waited === undefined ? ' in time' : ` in ${duration(waited)}`}.`,
    );
  else if (has('out_of_order')) notes.push(`Out of order: it was overtaken by segments sent after it${after}.`);
  if (has('lost_segment')) notes.push('A segment before this one is missing in the capture.');
  if (has('ack_lost_segment')) notes.push('It acknowledges a segment that is missing in the capture.');
  const repeated = value('duplicate_ack_num');
  const first = value('duplicate_ack_frame');
  if (has('duplicate_ack'))
    notes.push(
      `The same acknowledgment again${repeated === undefined ? '' : ` (${repeated}${first === undefined ? '' : `, first in packet ${first}`})`}: something behind it arrived, and something before that is missing.`,
    );
  if (has('keep_alive')) notes.push('Keep-alive: is the other end still there?');
  if (has('keep_alive_ack')) notes.push('Answer to the keep-alive: still here.');
  if (has('zero_window')) notes.push('Its receive buffer is full: nothing more may be sent to it.');
  if (has('zero_window_probe')) notes.push('Is there room again? One octet is sent to find out.');
  if (has('zero_window_probe_ack')) notes.push('The answer: still no room.');
  if (has('window_update')) notes.push('There is room in its receive buffer again.');
  if (has('window_full')) notes.push('With this the receive buffer of the other end is full.');
  return notes;
}

/** @param seconds of any size */
function duration(seconds: number): string {
  if (seconds >= 1) return `${round(seconds)} s`;
  return seconds >= 1e-3 ? `${round(seconds * 1e3)} ms` : `${round(seconds * 1e6)} µs`;
}

function round(value: number): string {
  return String(Number(value.toPrecision(3)));
}
