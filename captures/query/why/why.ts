/** "Why didn't I see it?": whether a capture has packets of somebody, and if not, what may have kept them out. */

import { isIP, isIPv6 } from 'node:net';
import type { CaptureRecord } from '../../store/capture-file.js';
import { letThrough, probes } from './why-probes.js';
import { interfaceTowards } from './why-route.js';

/** Who is asked about; at least one of the three. */
export interface Whom {
  /** IPv4 or IPv6. */
  readonly address?: string;
  readonly port?: number;
  /** Filter name of a protocol. */
  readonly protocol?: string;
  /** The display filter that the asker looks through. */
  readonly filter?: string;
}

export type ReasonKind =
  | 'display-filter'
  | 'capture-filter'
  | 'own-traffic'
  | 'interface'
  | 'not-running'
  | 'dropped'
  | 'expired'
  | 'truncated'
  | 'partial-match'
  | 'never-came';

export interface Reason {
  readonly kind: ReasonKind;
  /** Whether it explains the absence by itself, or only may. */
  readonly certain: boolean;
  /** One or two sentences. */
  readonly text: string;
  /** What to do about it. */
  readonly hint?: string;
}

export interface WhyAnswer {
  /** `seen`: they are there; `hidden`: there, but the display filter hides them; `absent`: they are not there. */
  readonly verdict: 'seen' | 'hidden' | 'absent';
  /** The display filter for whom was asked about. */
  readonly filter: string;
  /** Packets that it matches. */
  readonly count: number;
  /** The likeliest first. */
  readonly reasons: readonly Reason[];
}

const NUMBERS: Readonly<Record<string, readonly number[]>> = {
  tcp: [6],
  udp: [17],
  icmp: [1],
  icmpv6: [58],
  sctp: [132],
};

/** The display filter that finds whom was asked about. */
export function filterFor({ address, port, protocol }: Omit<Whom, 'filter'>): string {
  const parts: string[] = [];
  if (address !== undefined) parts.push(`${isIPv6(address) ? 'ipv6' : 'ip'}.addr == ${address}`);
  const carrier = protocol === 'tcp' || protocol === 'udp' || protocol === 'sctp' ? protocol : undefined;
  if (port !== undefined)
    parts.push(carrier === undefined ? `(tcp.port == ${port} || udp.port == ${port})` : `${carrier}.port == ${port}`);
  if (protocol !== undefined && (carrier === undefined || port === undefined)) parts.push(protocol);
  return parts.join(' && ');
}

/**
 * @param count how many packets of the capture meet a display filter
 * @throws FilterError for a wrong display filter or protocol
 */
export async function why(
  record: CaptureRecord,
  whom: Whom,
  count: (filter: string) => Promise<number>,
): Promise<WhyAnswer> {
  const filter = filterFor(whom);
  const found = await count(filter);
  const shown = whom.filter === undefined || whom.filter.trim() === '' ? undefined : whom.filter;
  if (found > 0) {
    const left = shown === undefined ? found : await count(`(${filter}) && (${shown})`);
    if (left > 0 || shown === undefined) return { verdict: 'seen', filter, count: found, reasons: [] };
    const text = `${packets(found)} of it in this capture, and the display filter hides ${found === 1 ? 'it' : 'all of them'}.`;
    const hint = `Look through this filter instead: ${filter}`;
    return {
      verdict: 'hidden',
      filter,
      count: found,
      reasons: [{ kind: 'display-filter', certain: true, text, hint }],
    };
  }
  const reasons = [
    ...excluded(record, whom),
    ...(await nearly(whom, count)),
    ...elsewhere(record, whom),
    ...lost(record),
    ...outOfTime(record),
  ];
  // What explains it comes before what may.
  reasons.sort((a, b) => Number(b.certain) - Number(a.certain));
  if (!reasons.some((reason) => reason.certain))
    reasons.push({
      kind: 'never-came',
      certain: reasons.length === 0,
      text:
        reasons.length === 0
          ? 'Nothing kept it out: the packets did not come by while this capture ran.'
          : 'If it is none of these, the packets did not come by while this capture ran.',
      hint: 'Is the sender running, and does it use this address and port? A firewall on the way drops packets before a capture sees them.',
    });
  return { verdict: 'absent', filter, count: 0, reasons };
}

const packets = (count: number): string =>
  count === 1 ? 'There is one packet' : `There are ${count.toLocaleString('en-GB')} packets`;

/** Conditions in the kernel that let nothing of it through. */
function excluded({ source }: CaptureRecord, { address, port, protocol }: Whom): Reason[] {
  if (source.kind !== 'live') return [];
  const byName = protocol === undefined ? undefined : NUMBERS[protocol];
  const transports = byName ?? (port === undefined && protocol === undefined ? [6, 17, 1] : [6, 17]);
  const frames = probes({ address, port, transports });
  const reasons: Reason[] = [];
  const { captureFilter, leftOut } = source;
  if (captureFilter !== undefined) {
    const through = letThrough(captureFilter, frames);
    if (through !== undefined && through < frames.length)
      reasons.push({
        kind: 'capture-filter',
        certain: through === 0,
        text:
          through === 0
            ? `The capture filter "${captureFilter}" keeps such packets out.`
            : `The capture filter "${captureFilter}" keeps some of such packets out.`,
        hint: 'Start a capture with a wider capture filter, or with none: what it excludes is never stored.',
      });
  }
  if (leftOut !== undefined) {
    const through = letThrough(`not (${leftOut})`, frames);
    if (through !== undefined && through < frames.length)
      reasons.push({
        kind: 'own-traffic',
        certain: through === 0,
        text: 'It is the traffic of netglass itself, which is left out.',
        hint: 'Start with --own-traffic to capture it too.',
      });
  }
  return reasons;
}

/** Packets that meet a part of the question: a wrong port is the most frequent mistake of all. */
async function nearly(whom: Whom, count: (filter: string) => Promise<number>): Promise<Reason[]> {
  const { filter: _, ...wanted } = whom;
  const names = Object.keys(wanted) as (keyof typeof wanted)[];
  if (names.length < 2) return [];
  const words = {
    address: `the address ${whom.address}`,
    port: `port ${whom.port}`,
    protocol: `the protocol ${whom.protocol}`,
  };
  const reasons: Reason[] = [];
  for (const name of names) {
    const { [name]: _without, ...rest } = wanted;
    const filter = filterFor(rest);
    const found = await count(filter);
    if (found === 0) continue;
    const others = names.filter((one) => one !== name).map((one) => words[one]);
    const text = `${packets(found)} with ${others.join(' and ')}, but none of them has ${words[name]}.`;
    reasons.push({ kind: 'partial-match', certain: false, text, hint: `Look at them: ${filter}` });
  }
  return reasons;
}

/** The packets go by another interface. */
function elsewhere({ source }: CaptureRecord, { address }: Whom): Reason[] {
  if (source.kind !== 'live' || source.engine === 'raw-socket' || address === undefined || isIP(address) === 0)
    return [];
  if (source.interfaces.includes('any')) return [];
  const towards = interfaceTowards(address);
  if (towards === undefined || source.interfaces.includes(towards)) return [];
  const captured = source.interfaces.join(', ');
  return [
    {
      kind: 'interface',
      // Two other machines may talk by the interface that is captured.
      certain: towards === 'lo',
      text: `This machine reaches ${address} by ${towards}, but this capture is on ${captured}.`,
      hint: `Capture on ${towards}, or on any.`,
    },
  ];
}

function lost({ loss, firstPacket }: CaptureRecord): Reason[] {
  const reasons: Reason[] = [];
  const dropped = (loss.kernel ?? 0) + (loss.interface ?? 0) + (loss.daemon ?? 0);
  if (dropped > 0)
    reasons.push({
      kind: 'dropped',
      certain: false,
      text: `${dropped.toLocaleString('en-GB')} packets were lost while capturing; it may have been among them.`,
      hint: 'A narrower capture filter, a shorter snap length or a larger buffer loses less.',
    });
  if (firstPacket > 1)
    reasons.push({
      kind: 'expired',
      certain: false,
      text: `The ring has let the first ${(firstPacket - 1).toLocaleString('en-GB')} packets go; it may have been among them.`,
      hint: 'Capture into a larger ring, or without one.',
    });
  if (loss.truncated > 0)
    reasons.push({
      kind: 'truncated',
      certain: false,
      text: `${loss.truncated.toLocaleString('en-GB')} packets were kept only in part; what tells may be in the part that is missing.`,
      hint: 'Capture with a longer snap length.',
    });
  return reasons;
}

function outOfTime({ state, stoppedAt, source, startedAt }: CaptureRecord): Reason[] {
  if (source.kind !== 'live' || state === 'running') return [];
  return [
    {
      kind: 'not-running',
      certain: false,
      text: `This capture ran from ${startedAt} to ${stoppedAt ?? 'its failure'}; what came before or after is not in it.`,
      hint: 'Start a capture, and then send.',
    },
  ];
}
