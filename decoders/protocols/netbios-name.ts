/** NetBIOS names on the wire: RFC 1001, section 14.1. */

import { readLabels } from './dns-name.js';

/** A NetBIOS name has 16 octets, of which the last says what it is the name of; each is sent as two letters. */
const OCTETS = 16;
const LETTER_A = 0x41;

export interface NetbiosName {
  /** The name as Wireshark writes it: without its trailing spaces, and the last octet as `<20>`. */
  readonly text: string;
  /** First octet behind the name where it stands. */
  readonly end: number;
  readonly problem: string | undefined;
}

/**
 * Reads a name in the second level encoding, which is that of DNS.
 *
 * @param message offset in the view that pointers count from
 */
export function readNetbiosName(view: DataView, at: number, end: number, message: number): NetbiosName {
  const name = readLabels(view, at, end, message);
  const [first, ...scope] = name.text.split('.');
  const text = decode(first) ?? first;
  return { text: scope.length === 0 ? text : `${text}.${scope.join('.')}`, end: name.end, problem: name.problem };
}

/** The first level encoding; undefined when the label is none. */
function decode(label: string): string | undefined {
  if (!/^[A-P]{32}$/.test(label)) return undefined;
  const octets = Array.from({ length: OCTETS }, (_, i) => nibble(label, i * 2) * 16 + nibble(label, i * 2 + 1));
  let length = OCTETS - 1;
  while (length > 0 && octets[length - 1] === 0x20) length--;
  const hex = (octet: number) => `<${octet.toString(16).padStart(2, '0')}>`;
  const shown = octets
    .slice(0, length)
    .map((octet) => (octet >= 0x20 && octet < 0x7f ? String.fromCharCode(octet) : hex(octet)));
  return `${shown.join('')}${hex(octets[OCTETS - 1])}`;
}

function nibble(label: string, index: number): number {
  return label.charCodeAt(index) - LETTER_A;
}

/** What a name is the name of, by its last octet: Microsoft, "NetBIOS Suffixes" (KB 163409). */
const suffixes: Readonly<Record<string, string>> = {
  '00': 'Workstation/Redirector',
  '01': 'Browser',
  '03': 'Messenger service/Main name',
  '06': 'RAS Server service',
  '1b': 'Domain Master Browser',
  '1c': 'Domain Controllers',
  '1d': 'Local Master Browser',
  '1e': 'Browser Election Service',
  '1f': 'NetDDE service',
  '20': 'Server service',
  '21': 'RAS Client service',
};

/** A name with what it is the name of, as the records of the name service show it. */
export function describedName(name: string): string {
  const meaning = suffixes[/<([0-9a-f]{2})>$/.exec(name)?.[1] ?? ''];
  return meaning === undefined ? name : `${name} (${meaning})`;
}
