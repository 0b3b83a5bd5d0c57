/** Text that must stand in a packet as it is written in the filter: looked for before anything is decoded. */

import type { Registry } from '../core/index.js';
import type { Worth } from '../session/options.js';
import type { Condition } from './condition.js';
import type { Reference } from './fields.js';

/**
 * Fields whose text is their octets: nothing is decrypted, unpacked or put into words. Of a domain name that is true of
 * the letters and digits of a label, which is all that is looked for.
 */
const verbatim = new Set([
  'dns.qry.name',
  'dns.resp.name',
  'http.host',
  'http.referer',
  'http.request.method',
  'http.request.uri',
  'http.server',
  'http.user_agent',
]);
/** Protocols in which those fields are octets of their own layer. */
const plainProtocols = new Set(['dns', 'mdns', 'llmnr', 'http', 'ssdp']);

/** Shorter ones are everywhere. */
const SHORTEST = 2;

/** Octets, one of which must be in a layer of a protocol for it to meet the condition; undefined: nothing is known. */
export function needlesOf(condition: Condition): readonly Uint8Array[] | undefined {
  if (condition.kind === 'or') {
    const parts = condition.parts.map(needlesOf);
    return parts.every((part) => part !== undefined) ? parts.flat() : undefined;
  }
  if (condition.kind === 'general')
    return condition.text === undefined || !isVerbatim(condition.needs) ? undefined : needles(condition.text);
  if (condition.kind !== 'match' || condition.negated || !isVerbatim([condition.reference])) return undefined;
  const texts: string[] = [];
  for (const bound of condition.bounds) {
    if (bound.order !== 'eq' || typeof bound.literal.value !== 'string') return undefined;
    texts.push(bound.literal.value);
  }
  return needles(texts);
}

function isVerbatim(references: readonly Reference[]): boolean {
  return references.every((one) => one.kind === 'fields' && one.members.every((field) => verbatim.has(field.name)));
}

/** The longest run of letters and digits of each; undefined when one has none that is worth it. */
function needles(texts: readonly string[]): Uint8Array[] | undefined {
  const found: Uint8Array[] = [];
  for (const text of texts) {
    const runs = text.match(/[A-Za-z0-9]+/g) ?? [];
    const longest = runs.reduce((best, run) => (run.length > best.length ? run : best), '');
    if (longest.length < SHORTEST) return undefined;
    found.push(Uint8Array.from(longest, (character) => character.charCodeAt(0)));
  }
  return found;
}

/** Whether one of them stands in the octets [start, end). */
export function holdsOne(view: DataView, start: number, end: number, needles: readonly Uint8Array[]): boolean {
  for (let i = 0; i < needles.length; i++) if (holds(view, start, end, needles[i])) return true;
  return false;
}

function holds(view: DataView, start: number, end: number, needle: Uint8Array): boolean {
  const first = needle[0];
  const { length } = needle;
  for (let at = start; at + length <= end; at++) {
    if (view.getUint8(at) !== first) continue;
    let i = 1;
    while (i < length && view.getUint8(at + i) === needle[i]) i++;
    if (i === length) return true;
  }
  return false;
}

/** Whether needles tell of a protocol's octets. */
export function tellsOf(registry: Registry, id: number): boolean {
  return plainProtocols.has(registry.runtime(id).protocol.filter);
}

/** Whether one of the protocols can stand in the payload of that one, however deep. */
function mayCarry(registry: Registry, id: number, wanted: ReadonlySet<number>): boolean {
  const seen = new Set([id]);
  const queue = [id];
  for (let next = queue.pop(); next !== undefined; next = queue.pop()) {
    const { dispatch, ports, hands } = registry.runtime(next).protocol;
    // What is recognised by its octets may stand over any ports.
    if (ports !== undefined) return true;
    const tables = [...dispatch.map(({ table }) => table), ...(hands === undefined ? [] : [hands])];
    for (const [index, { carriedBy }] of registry.protocols.entries()) {
      const child = index + 1;
      if (seen.has(child) || !tables.some((table) => Object.hasOwn(carriedBy, table))) continue;
      if (wanted.has(child)) return true;
      seen.add(child);
      queue.push(child);
    }
  }
  return false;
}

/** What a filter over these names would look at of the messages that leave nothing behind. */
export function worthOf(registry: Registry, condition: Condition, named: readonly Reference[]): Worth {
  const found = needlesOf(condition);
  const whole = new Set(named.map((one) => (one.kind === 'protocol' ? one.id : 0)));
  const names = new Set(named.flatMap((one) => (one.kind === 'fields' ? one.members.map((field) => field.name) : [])));
  const ids = new Set(named.flatMap((one) => (one.kind === 'fields' ? one.members.flatMap((m) => m.protocolIds) : [])));
  const wanted = new Set([...whole, ...ids]);
  const wayOf = (id: number): 'always' | 'never' | 'needles' => {
    const { forgets } = registry.runtime(id).protocol;
    if (whole.has(id) || mayCarry(registry, id, wanted)) return 'always';
    if (!ids.has(id) || forgets?.fields?.every((name) => !names.has(name)) === true) return 'never';
    return found !== undefined && tellsOf(registry, id) ? 'needles' : 'always';
  };
  // Found out for the few protocols that are met: for all of them it takes some milliseconds a filter.
  const ways: ('always' | 'never' | 'needles')[] = [];
  return (protocol, view, start, end) => {
    ways[protocol] ??= wayOf(protocol);
    const way = ways[protocol];
    if (way !== 'needles' || found === undefined) return way !== 'never';
    return holdsOne(view, start, end, found);
  };
}
