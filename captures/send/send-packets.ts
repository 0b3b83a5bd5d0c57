/** Sends what a request asks for, and tells what came of it. */

import { viewOf } from '../formats/epb.js';
import { interfaceTowards } from '../query/why/why-route.js';
import { CaptureError } from '../sources/source.js';
import { type Crafted, craft, type SendEngine, type SendRequest } from './craft.js';
import { addressText, Destinations } from './destinations.js';
import { addressesOf, IpProtocol, readHeaders } from './headers.js';
import { Listener } from './listener.js';
import { openLinkOutput } from './output.js';
import { RateLimit } from './pace.js';
import { openRawOutput } from './raw-output.js';
import { sentPacket } from './replies.js';
import { type Decode, type ReportedPacket, reportPackets } from './report.js';
import { type Progress, sendAll } from './sender.js';
import type { SentLog } from './sent-log.js';
import { Copies } from './supplies.js';

/** Packets that are told of one by one. */
export const TOLD_PACKETS = 100;
/** Milliseconds in which a packet that has left is seen by the capture beside it. */
const SEEN_WITHIN = 500;

/** What sending is done with; the limits are whoever's who permits it. */
export interface SendRoom {
  readonly limit: RateLimit;
  /** Not only loopback and directly connected private networks. */
  readonly anywhere: boolean;
  readonly log?: SentLog | undefined;
  readonly decode: Decode;
}

export interface SendReport {
  readonly engine: SendEngine;
  readonly interface: string | null;
  readonly sent: number;
  readonly bytes: number;
  /** From the first packet to the last, and the wait for answers. */
  readonly seconds: number;
  /** Packets that were answered, errors among it; null when no answers were waited for. */
  readonly answered: number | null;
  readonly packets: readonly ReportedPacket[];
  readonly notes: readonly string[];
  /** Folder of the pcapng files that have every packet. */
  readonly log: string | null;
}

/**
 * Sends packets made of layers, and with `wait` waits for what answers them.
 *
 * @param progress grows as packets leave
 * @throws PacketError, CaptureError as `craft`, and those of the engine
 */
export async function sendPackets(
  request: SendRequest,
  room: SendRoom,
  signal: AbortSignal,
  progress: Progress = { packets: 0, bytes: 0 },
): Promise<SendReport> {
  const { count = 1, interval = 0, wait = 0, rate = room.limit.perSecond } = request;
  requireRate(rate, room.limit);
  if (wait > 0 && count > TOLD_PACKETS)
    throw new CaptureError(
      'bad-option',
      `Answers to ${count} packets are not waited for; the most is ${TOLD_PACKETS}.`,
      'Send fewer, or leave the wait out and look at the answers in a capture.',
    );
  const destinations = new Destinations(room.anywhere);
  const crafted = await craft(request, destinations);
  const notes = [...crafted.notes];
  const output = await (crafted.interface === undefined ? openRawOutput() : openLinkOutput(crafted.interface));
  let listener: Listener | undefined;
  try {
    listener = count <= TOLD_PACKETS ? await listen(crafted, count, wait > 0, notes) : undefined;
    const started = performance.now();
    const { linkType } = crafted.packet;
    const heard = listener;
    await sendAll(
      new Copies(crafted.packet, count, interval * 1e9),
      output,
      { shared: room.limit, own: new RateLimit(rate) },
      {
        log: room.log,
        signal,
        progress,
        ...(heard === undefined
          ? {}
          : {
              left: (view, start, length, time) => {
                const bytes = new Uint8Array(view.buffer, view.byteOffset + start, length).slice();
                heard.add(bytes, sentPacket(bytes, linkType), time);
              },
            }),
      },
    );
    if (listener !== undefined) await listener.wait(wait > 0 ? wait * 1000 : SEEN_WITHIN, wait > 0, signal);
    const seconds = (performance.now() - started) / 1000;
    await listener?.close();
    const packets = await reportPackets(listener?.exchanges ?? [], crafted.packet, room.decode);
    if (count > TOLD_PACKETS) notes.push(`More than ${TOLD_PACKETS} packets are not looked at one by one.`);
    notes.push(...kernelNotes(crafted, packets, destinations, wait > 0));
    return {
      engine: crafted.engine,
      interface: crafted.interface ?? null,
      sent: progress.packets,
      bytes: progress.bytes,
      seconds,
      answered: wait > 0 ? packets.filter(({ reply }) => reply !== null).length : null,
      packets,
      notes,
      log: room.log?.packets ?? null,
    };
  } finally {
    await listener?.close();
    await output.close();
  }
}

/** @throws CaptureError `bad-option` for a rate above the limit */
export function requireRate(rate: number, limit: RateLimit): void {
  if (rate <= limit.perSecond) return;
  throw new CaptureError(
    'bad-option',
    `A rate of ${rate} packets/s is above the limit of ${limit.perSecond}.`,
    'Start netglass with a higher one: --send-rate NUMBER',
  );
}

/** Listens where the packets leave; without the means to, says so in `notes`, unless answers are waited for. */
async function listen(
  { packet, interface: outgoing }: Crafted,
  count: number,
  answers: boolean,
  notes: string[],
): Promise<Listener | undefined> {
  const view = viewOf(packet.bytes);
  const headers = readHeaders(view, packet.linkType);
  const where = headers === undefined ? undefined : addressesOf(headers);
  const text =
    where === undefined
      ? undefined
      : addressText(new Uint8Array(view.buffer, view.byteOffset + where.destination, where.length));
  const name = outgoing ?? (text === undefined ? undefined : interfaceTowards(text)) ?? 'any';
  const filter =
    headers === undefined || text === undefined
      ? ''
      : headers.kind === 'arp'
        ? 'arp'
        : // Who answers may be another host: a router, or anybody in a group.
          `host ${text} or icmp or icmp6 or (vlan and (host ${text} or icmp or icmp6))${isGroup(text) ? ' or ip or ip6' : ''}`;
  try {
    return await Listener.open(name, filter, count);
  } catch (error) {
    if (answers || !(error instanceof CaptureError)) throw error;
    notes.push(`How the packets left could not be looked at: ${error.message}`);
    return undefined;
  }
}

function isGroup(text: string): boolean {
  return /^(22[4-9]|23\d)\.|\.255$/.test(text) || /^ff/i.test(text);
}

const SYN = 2;
const ACK = 0x10;

/** What the kernel does on its own, which surprises who sees it for the first time. */
function kernelNotes(
  { packet, engine, interface: where }: Crafted,
  packets: readonly ReportedPacket[],
  destinations: Destinations,
  answers: boolean,
): string[] {
  const notes: string[] = [];
  const view = viewOf(packet.bytes);
  const headers = readHeaders(view, packet.linkType);
  if (headers === undefined) return notes;
  const changed = packets.flatMap(({ fields = [] }) => fields.filter(({ by }) => by === 'kernel'));
  if (changed.length > 0)
    notes.push(
      `The kernel changed ${[...new Set(changed.map(({ name }) => name))].join(', ')}: with IP_HDRINCL it fills in IPv4's total length and checksum always, and the identification and the source where they are 0 (raw(7)).`,
    );
  if (engine === 'raw-socket' && headers.kind === 'ipv6') notes.push('Of an IPv6 header the kernel fills in nothing.');
  const unanswered = answers && packets.some(({ reply }) => reply === null);
  if (engine === 'native' && unanswered && where !== undefined && destinations.isLoopback(where))
    notes.push(
      'Linux drops frames on loopback that its own stack has not sent when their addresses are 127.0.0.0/8 or ::1; raw sockets (layers that begin with ip) get answers there.',
    );
  if (changed.some(({ name }) => name === 'ip.src') && headers.protocol !== IpProtocol.icmp)
    notes.push(
      'The checksum above IP is over the source that was handed over, and therefore wrong for the one that left.',
    );
  const isSyn = headers.protocol === IpProtocol.tcp && headers.transport >= 0 && headers.transport + 14 <= headers.end;
  if (isSyn && (view.getUint8(headers.transport + 13) & (SYN | ACK)) === SYN && packets.some((one) => isSynAck(one)))
    notes.push(
      'The kernel answers the SYN, ACK with a RST, for no socket of its own has sent the SYN; a firewall rule that drops outgoing RSTs keeps the connection open.',
    );
  return notes;
}

function isSynAck({ reply }: ReportedPacket): boolean {
  if (reply === null || reply.kind !== 'answer') return false;
  const view = viewOf(reply.bytes);
  const headers = readHeaders(view, reply.linkType);
  return (
    headers?.protocol === IpProtocol.tcp &&
    headers.transport + 14 <= headers.end &&
    (view.getUint8(headers.transport + 13) & (SYN | ACK)) === (SYN | ACK)
  );
}
