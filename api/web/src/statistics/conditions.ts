/** Rows of statistics as display filters. */

import type { Conversation, Endpoint, Finding } from '../api/types';
import { addressIs, quoted } from '../filter/combine';

export const TYPES = ['eth', 'ip', 'ipv6', 'tcp', 'udp', 'sctp'] as const;
export type PairType = (typeof TYPES)[number];

export const hasPorts = (type: PairType): boolean => type === 'tcp' || type === 'udp' || type === 'sctp';

function end(type: PairType, address: string, port: number | undefined): readonly string[] {
  const who = addressIs(address) ?? `frame contains ${quoted(address)}`;
  return port === undefined ? [who] : [who, `${type}.port == ${port}`];
}

export const ofEndpoint = (type: PairType, { address, port }: Endpoint): string =>
  end(type, address, port).join(' && ');

export function ofConversation(type: PairType, pair: Conversation): string {
  // An address that talks to itself is said once.
  const parts = new Set([...end(type, pair.addressA, pair.portA), ...end(type, pair.addressB, pair.portB)]);
  return [...parts].join(' && ');
}

/** The packets of a finding: all of them where a filter can tell, otherwise the first ones. */
export function ofFinding({ group, protocol, message, count, packets }: Finding): string {
  const isTold = protocol === 'tcp' && (group === 'sequence' || group === 'protocol');
  if (count > packets.length && isTold) return `_ws.expert.message == ${quoted(message)}`;
  return packets.length === 1 ? `frame.number == ${packets[0]}` : `frame.number in {${packets.join(', ')}}`;
}
