/** Whether a filter can be answered from a packet's own octets, without what earlier packets told. */

import type { Protocol, Registry } from '../core/index.js';
import type { Condition } from './condition.js';
import type { Reference } from './fields.js';
import { isUnclaimed } from './occurrences.js';

/** True only when nothing that other packets bring can change the answer, but for an IP fragment's. */
export function isShallow(registry: Registry, condition: Condition): boolean {
  switch (condition.kind) {
    case 'constant':
      return true;
    case 'present':
    case 'match':
      return isBelow(registry, condition.reference);
    case 'general':
      // A function of several fields names none that it needs.
      return condition.needs.length > 0 && condition.needs.every((reference) => isBelow(registry, reference));
    case 'not':
      return isShallow(registry, condition.part);
    default:
      return condition.parts.every((part) => isShallow(registry, part));
  }
}

/** The same for a single name. */
export function isBelow(registry: Registry, reference: Reference): boolean {
  // Which layers there are, and what nobody claims, depends on all of them.
  if (reference.kind === 'frame') return reference.name !== 'frame.protocols';
  if (isUnclaimed(reference)) return false;
  if (reference.kind === 'protocol') return reference.id === 0 || !isUpper(registry.runtime(reference.id).protocol);
  return reference.members.every(
    ({ protocol, protocolIds, bitOffset }) =>
      // Of TCP's variable part, some fields are what the conversation told.
      (bitOffset >= 0 || protocol.filter !== 'tcp') &&
      protocolIds.every((id) => !isUpper(registry.runtime(id).protocol)),
  );
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
