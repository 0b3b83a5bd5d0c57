/** Whether a filter can be answered from a packet's own octets, without what earlier packets told. */

import type { Protocol, Registry } from '../core/index.js';
import type { Worth } from '../session/options.js';
import type { Condition } from './condition.js';
import type { Reference } from './fields.js';
import { findingsOf } from './findings.js';
import { handing } from './handing.js';
import { worthOf } from './needles.js';
import { isUnclaimed } from './occurrences.js';

/** What a filter asks for of what conversations can tell. */
export interface Upper {
  /** Registry ids of the protocols that it names; undefined when it depends on more than names say. */
  readonly protocols: ReadonlySet<number> | undefined;
  /** Whether it names nothing else: then trees need no other layers. */
  readonly only: boolean;
  /** Whether it asks for what the order of packets tells of transports, so that all packets have to be looked at in order. */
  readonly analysis: boolean;
  /** With `analysis`: whether it asks for nothing above transports. */
  readonly lower: boolean;
  /** With `lower`: findings of TCP's analysis of which a matching segment has one at least; undefined where it may have none. */
  readonly findings?: number | undefined;
  /** With `only`: what a session need not decode for it. */
  readonly worth?: Worth;
}

/** What the condition names above transports; undefined when nothing that other packets bring can change its answer. */
export function upperOf(registry: Registry, condition: Condition): Upper | undefined {
  const named = references(condition);
  if (named === undefined) return { protocols: undefined, only: false, analysis: true, lower: false };
  const above = named.filter((reference) => !isBelow(registry, reference));
  if (above.length === 0) return undefined;
  const told = above.filter(isTold);
  if (told.length > 0)
    return {
      protocols: undefined,
      only: false,
      analysis: true,
      lower: told.length === above.length,
      findings: findingsOf(condition),
    };
  const anything: Upper = { protocols: undefined, only: false, analysis: false, lower: false };
  const only = above.length === named.length;
  const protocols = new Set<number>();
  for (const reference of above) {
    if (reference.kind === 'frame' || isUnclaimed(reference)) return anything;
    for (const id of idsOf(reference)) {
      if (!isUpper(registry.runtime(id).protocol)) return anything;
      protocols.add(id);
    }
  }
  for (const id of handing(registry, protocols)) protocols.add(id);
  const upper = { protocols, only, analysis: false, lower: false };
  return only ? { ...upper, worth: worthOf(registry, condition, above) } : upper;
}

/** Registry ids of the protocols whose names are in the condition. */
export function namedProtocols(condition: Condition): ReadonlySet<number> {
  return new Set((references(condition) ?? []).flatMap(idsOf));
}

function idsOf(reference: Reference): readonly number[] {
  if (reference.kind === 'frame') return [];
  return reference.kind === 'protocol' ? [reference.id] : reference.members.flatMap((one) => one.protocolIds);
}

/** Every name in it; undefined for a function of several fields, which does not tell. */
function references(condition: Condition): readonly Reference[] | undefined {
  switch (condition.kind) {
    case 'constant':
      return [];
    case 'present':
    case 'match':
      return [condition.reference];
    case 'general':
      return condition.needs.length > 0 ? condition.needs : undefined;
    case 'not':
      return references(condition.part);
    default: {
      const parts = condition.parts.map(references);
      return parts.every((part) => part !== undefined) ? parts.flat() : undefined;
    }
  }
}

/** Whether nothing that other packets bring can change what a name stands for, but for an IP fragment's. */
export function isBelow(registry: Registry, reference: Reference): boolean {
  // Which layers there are, and what nobody claims, depends on all of them.
  if (reference.kind === 'frame') return reference.name !== 'frame.protocols';
  if (isUnclaimed(reference)) return false;
  if (reference.kind === 'protocol') return reference.id === 0 || !isUpper(registry.runtime(reference.id).protocol);
  if (isTold(reference)) return false;
  return reference.members.every(({ protocolIds }) =>
    protocolIds.every((id) => !isUpper(registry.runtime(id).protocol)),
  );
}

/** Fields of transports that a packet by itself does not have, or not with the same value. */
const TOLD =
  /^(tcp\.(analysis|connection)(\..+)?|_ws\.expert(\..+)?|(tcp|udp)\.(stream|time_relative|time_delta)|tcp\.(seq|ack|nxtseq|completeness|window_size|window_size_scalefactor|options\.sack_[lr]e))$/;

function isTold(reference: Reference): boolean {
  return reference.kind === 'fields' && reference.members.some(({ name }) => TOLD.test(name));
}

/** The tables in which links, networks and tunnels look up what they carry: nothing that comes by them hears a conversation. */
const lowerTables =
  /^(linktype|eth\.type|ip\.proto|ipv6\.nxt|raw\.version|gre\.proto|chdlc\.protocol|(llc|ppp|pppoe|mpls)\..+)$/;

/**
 * Whether a conversation can have a say in where the protocol is. What stands in a tunnel over UDP is in the packet's own
 * walk, wherever it is.
 */
function isUpper({ carriedBy, recognises, message }: Protocol): boolean {
  const tables = Object.keys(carriedBy);
  if (tables.length === 0 || message !== undefined || Object.keys(recognises).length > 0) return true;
  return tables.some((table) => !lowerTables.test(table));
}
