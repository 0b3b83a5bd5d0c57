/** Which findings of TCP's analysis a segment must have at least one of, to meet a filter: most have none. */

import { Finding } from '../conversations/tcp-analysis.js';
import type { Condition } from './condition.js';
import type { Reference } from './fields.js';

const PREFIX = 'tcp.analysis.';

/** Fields that come with a finding whose name is another. */
const others: Readonly<Record<string, number>> = {
  flags: ~(Finding.finActive | Finding.finPassive),
  duplicate_ack_num: Finding.duplicateAck,
  duplicate_ack_frame: Finding.duplicateAck,
  rto: Finding.retransmission,
  rto_frame: Finding.retransmission,
};

/** `Finding` bits; undefined where a segment without findings may meet the condition too. */
export function findingsOf(condition: Condition): number | undefined {
  switch (condition.kind) {
    case 'present':
    case 'match':
      return ofReference(condition.reference);
    case 'general':
      return condition.needs.map(ofReference).find((bits) => bits !== undefined);
    case 'and':
      return condition.parts.map(findingsOf).find((bits) => bits !== undefined);
    case 'or': {
      const parts = condition.parts.map(findingsOf);
      return parts.reduce((all, bits) => (all === undefined || bits === undefined ? undefined : all | bits), 0);
    }
    default:
      return undefined;
  }
}

function ofReference(reference: Reference): number | undefined {
  if (reference.kind !== 'fields') return undefined;
  let bits = 0;
  for (const { name } of reference.members) {
    if (!name.startsWith(PREFIX)) return undefined;
    const key = name.slice(PREFIX.length);
    const found = others[key] ?? Finding[camel(key) as keyof typeof Finding];
    if (found === undefined) return undefined;
    bits |= found;
  }
  return bits;
}

function camel(name: string): string {
  return name.replace(/_(.)/g, (_, letter: string) => letter.toUpperCase());
}
