/** Fields that are not compared with tshark, each with its reason. Whatever is not here counts. */

import type { Mode } from '../support/corpus.js';

export interface Exception {
  /** Field name, or all fields of a protocol: `data.*`. */
  readonly fields: string;
  readonly reason: string;
  /** Where it is not compared; default everywhere. */
  readonly mode?: Mode;
}

const ALONE = 'mode pkt looks at each packet by itself; tshark remembers conversations in that mode too';

export const exceptions: readonly Exception[] = [
  {
    fields: 'ip.version',
    reason: 'tshark has it for IPv6 packets too (NOTES.md, 3); ipv6.version and ip.hdr_len tell the same',
  },
  {
    fields: 'data.*',
    reason:
      'the payload that no protocol claims: tshark knows 3,000 protocols more, so that there are other such payloads',
  },
  { fields: 'chargen.data', reason: 'tshark has the word "Data" as its value, whatever the characters are' },
  { fields: 'frame.*', reason: 'facts of the file, not of the packet; the file formats have tests of their own' },
  { fields: 'http.request_number', mode: 'pkt', reason: ALONE },
  { fields: 'http.response_number', mode: 'pkt', reason: ALONE },
  { fields: 'http.request_in', mode: 'pkt', reason: ALONE },
  { fields: 'http.time', mode: 'pkt', reason: ALONE },
  { fields: 'http.prev_request_in', mode: 'pkt', reason: ALONE },
  { fields: 'http.prev_response_in', mode: 'pkt', reason: ALONE },
  { fields: 'http.response_for.uri', mode: 'pkt', reason: ALONE },
  { fields: 'imf.*', mode: 'pkt', reason: ALONE },
  { fields: 'smtp.data.fragments', mode: 'pkt', reason: ALONE },
  { fields: 'smtp.data.fragment', mode: 'pkt', reason: ALONE },
  { fields: 'smtp.data.fragment.count', mode: 'pkt', reason: ALONE },
  { fields: 'smtp.data.reassembled.length', mode: 'pkt', reason: ALONE },
];

const everywhere = namesOf(undefined);
const inMode = { pkt: namesOf('pkt'), app: namesOf('app') };

function namesOf(where: Mode | undefined): ReadonlySet<string> {
  return new Set(exceptions.filter(({ mode }) => mode === where).map(({ fields }) => fields));
}

/** Whether the field is compared in neither mode, or not in that one. */
export function isException(field: string, mode?: Mode): boolean {
  const all = `${field.slice(0, field.indexOf('.'))}.*`;
  const isIn = (names: ReadonlySet<string>) => names.has(field) || names.has(all);
  return isIn(everywhere) || (mode !== undefined && isIn(inMode[mode]));
}

/**
 * Protocols in TCP of whose cut messages a packet by itself shows what it has, where tshark shows nothing of a record
 * that goes on in the next segment. In mode `pkt`, only what tshark has counts for them, and must come first; in mode
 * `app`, where messages are whole, everything does.
 */
const SHOWN_IN_PART = new Set(['tls']);

export function showsMore(protocol: string, ours: readonly string[], theirs: readonly string[]): boolean {
  return (
    SHOWN_IN_PART.has(protocol) && ours.length > theirs.length && theirs.every((value, index) => value === ours[index])
  );
}

/** Filters whose packets differ from tshark's for a reason that stays. */
export const filterExceptions: ReadonlyMap<string, string> = new Map([
  ['frame.interface_id == 0', 'tshark has no such field for pcap files; here every packet is of an interface'],
  ['ip.dst[3] == ff', 'for tshark, ff is the protocol "FOUNDATION Fieldbus"'],
  ['ipv6.dst[0] == ff && icmpv6', 'for tshark, ff is the protocol "FOUNDATION Fieldbus"'],
]);

/** Texts that tshark 4.0 takes for no filter, and netglass for one. */
export const acceptedHereOnly: ReadonlyMap<string, string> = new Map([
  ['ip xor ipv6', 'newer versions of tshark have xor'],
  ['ip.flags.df == true', 'newer versions of tshark have true in any case'],
  ['icmp.type == "Echo (ping) request"', 'tshark 4.0 has no names for the values of this field, and netglass has'],
  ['dns.qry.type == A', 'tshark 4.0 has no names for the values of this field in filters, and netglass has'],
]);
