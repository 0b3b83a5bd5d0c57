/** What makes ICMP messages one flow: a question and its answer, and the identifier that both carry. */

const ICMPV6 = 58;

/** A message's part in an exchange. `alone`: it is not answered. */
export const IcmpPart = { alone: 0, question: 1, answer: 2 } as const;

interface Exchange {
  readonly question: number;
  readonly answer: number;
  /** Whether both have an identifier in their fifth and sixth octet. */
  readonly identified: boolean;
}

/** RFC 792: echo, timestamp, information; RFC 950: address mask; RFC 1256: router discovery. */
const VERSION_4: readonly Exchange[] = [
  { question: 8, answer: 0, identified: true },
  { question: 13, answer: 14, identified: true },
  { question: 15, answer: 16, identified: true },
  { question: 17, answer: 18, identified: true },
  { question: 10, answer: 9, identified: false },
];

/**
 * RFC 4443: echo; RFC 2710: listeners; RFC 4861: routers, neighbours; RFC 4620: node information; RFC 6275: home agents.
 */
const VERSION_6: readonly Exchange[] = [
  { question: 128, answer: 129, identified: true },
  { question: 130, answer: 131, identified: false },
  { question: 133, answer: 134, identified: false },
  { question: 135, answer: 136, identified: false },
  { question: 139, answer: 140, identified: false },
  { question: 144, answer: 145, identified: true },
];

/** By type: the part, the other message's type, whether there is an identifier. */
interface Kinds {
  readonly part: Uint8Array;
  readonly other: Uint8Array;
  readonly identified: Uint8Array;
}

function kindsOf(exchanges: readonly Exchange[]): Kinds {
  const kinds = { part: new Uint8Array(256), other: new Uint8Array(256), identified: new Uint8Array(256) };
  for (const { question, answer, identified } of exchanges) {
    kinds.part[question] = IcmpPart.question;
    kinds.part[answer] = IcmpPart.answer;
    kinds.other[question] = answer;
    kinds.other[answer] = question;
    kinds.identified[question] = kinds.identified[answer] = identified ? 1 : 0;
  }
  return kinds;
}

const kinds4 = kindsOf(VERSION_4);
const kinds6 = kindsOf(VERSION_6);

/** @param transport IP protocol number, of ICMP or ICMPv6 */
export function icmpPart(transport: number, type: number): number {
  return (transport === ICMPV6 ? kinds6 : kinds4).part[type];
}

export function hasIdentifier(transport: number, type: number): boolean {
  return (transport === ICMPV6 ? kinds6 : kinds4).identified[type] === 1;
}

/** What messages of one flow have in common: 256 times the question's type; of a message alone, its code besides. */
export function icmpKey(transport: number, type: number, code: number): number {
  const { part, other } = transport === ICMPV6 ? kinds6 : kinds4;
  if (part[type] === IcmpPart.alone) return type * 256 + code;
  return (part[type] === IcmpPart.question ? type : other[type]) * 256;
}

/**
 * What stands for ports in a flow's Community ID, as in Zeek: the question's and the answer's type, or type and code of a
 * message that is not answered.
 *
 * @param key as `icmpKey` made it
 */
export function icmpPorts(transport: number, key: number): { client: number; server: number; oneWay: boolean } {
  const { part, other } = transport === ICMPV6 ? kinds6 : kinds4;
  const type = key >> 8;
  if (part[type] === IcmpPart.alone) return { client: type, server: key & 0xff, oneWay: true };
  return { client: type, server: other[type], oneWay: false };
}
