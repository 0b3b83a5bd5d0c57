/** What is wrong with a packet, or worth knowing of it. Packet content never throws: problems are data beside every field that was decoded. */

/** How grave, with Wireshark's numbers and names. */
export const severities = {
  chat: { number: 0x200000, title: 'Chat' },
  note: { number: 0x400000, title: 'Note' },
  warn: { number: 0x600000, title: 'Warning' },
  error: { number: 0x800000, title: 'Error' },
} as const;
export type Severity = keyof typeof severities;

/** Of what sort, with Wireshark's numbers and names. */
export const expertGroups = {
  checksum: { number: 0x1000000, title: 'Checksum' },
  sequence: { number: 0x2000000, title: 'Sequence' },
  undecoded: { number: 0x5000000, title: 'Undecoded' },
  malformed: { number: 0x7000000, title: 'Malformed' },
  protocol: { number: 0x9000000, title: 'Protocol' },
} as const;
export type ExpertGroup = keyof typeof expertGroups;

export interface Problem {
  /** Filter name of the protocol in which it was found. */
  readonly layer: string;
  /**
   * `truncated`: the capture did not keep all octets (snap length). `malformed`: the packet contradicts itself.
   * `checksum`: a checksum does not match. `offload`: the checksum was left for the network card to compute,
   * or one super-frame stands for many (segmentation offload); neither is an error on the wire.
   * `analysis`: what the packet is to the ones before it, such as a retransmission.
   */
  readonly kind: 'truncated' | 'malformed' | 'checksum' | 'offload' | 'analysis';
  /** Absent where the kind says it: see `expertOf`. */
  readonly severity?: Severity;
  readonly group?: ExpertGroup;
  /** Octets from the packet's start. */
  readonly at: number;
  /** Octets that the decoder needed from `at`, when that is what was wrong. */
  readonly needed?: number;
  /** Octets that were there. */
  readonly available?: number;
  /** What set the limit: the capture, or the length field of the named layer. */
  readonly limitedBy?: string;
  /** One sentence for a person. */
  readonly message: string;
}

const usual: Readonly<Record<Problem['kind'], readonly [Severity, ExpertGroup]>> = {
  truncated: ['note', 'undecoded'],
  malformed: ['error', 'malformed'],
  checksum: ['error', 'checksum'],
  offload: ['chat', 'checksum'],
  analysis: ['note', 'sequence'],
};

/** Severity and group of a problem, as Wireshark's expert information has them. */
export function expertOf({ kind, severity, group }: Problem): { severity: Severity; group: ExpertGroup } {
  const [usualSeverity, usualGroup] = usual[kind];
  return { severity: severity ?? usualSeverity, group: group ?? usualGroup };
}
