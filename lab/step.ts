/** What is told of a step: before it is made, and what became of it. */

import type { Code } from './demo.js';

/** One end of a conversation; a port of null is any. */
export interface EndPoint {
  readonly address: string;
  readonly port: number | null;
}

/** The 5-tuple that a step's packets have; without `remote`, whoever is there. */
export interface Touch {
  readonly local: EndPoint;
  readonly remote?: EndPoint;
}

/** A step before it is made. */
export interface Telling {
  /** Who makes it: `server`, `client 1`. */
  readonly end: string;
  readonly call: string;
  /** As they are printed: `fd=3`, `"127.0.0.1"`, `7007`. */
  readonly arguments: readonly string[];
  readonly code: Code;
  /** One or two sentences: why this step, what is to be seen. */
  readonly note?: string;
  /** Display filter for what it makes. */
  readonly look?: string;
  /**
   * `sends`: data, a SYN or a FIN that leaves its end from then on is its doing; `receives`: it takes what has come.
   * Absent: it does neither, like `bind`.
   */
  readonly does?: 'sends' | 'receives';
}

/** What became of a step. */
export interface Outcome<T> {
  readonly value: T;
  /** What the call returned, as it is printed: `0`, `5 "hello"`. */
  readonly result: string;
  /** The error's name where it failed: `ECONNREFUSED`. */
  readonly error?: string;
  readonly touch?: Touch | undefined;
  /** Octets received. */
  readonly octets?: number;
  /** Numbers of the packets that it received, where the demo knows them; otherwise they are found by touch and time. */
  readonly received?: readonly number[];
  /** Several lines that the step printed. */
  readonly output?: string;
  /** Nanoseconds since 1970; otherwise the framework's own clock around the action. */
  readonly began?: bigint;
  readonly ended?: bigint;
}

/** A step that was made. */
export interface MadeStep extends Telling, Omit<Outcome<unknown>, 'value'> {
  /** 1, 2, 3, … */
  readonly number: number;
  readonly began: bigint;
  readonly ended: bigint;
  /** Id of its mark in the capture; null until it is written. */
  mark: number | null;
}

/** Characters of a mark at most. */
const LONGEST = 400;

/** `server: bind(fd=3, "127.0.0.1", 7007)` */
export function askedText({ end, call, arguments: given }: Telling): string {
  return `${end}: ${call}(${given.join(', ')})`;
}

/** `server: bind(fd=3, "127.0.0.1", 7007) = 0` */
export function stepText(step: Telling & { readonly result: string }): string {
  const text = `${askedText(step)} = ${step.result}`;
  return text.length > LONGEST ? `${text.slice(0, LONGEST - 1)}…` : text;
}

/** Octets of data that are printed. */
const SHOWN = 40;

/** Data as C writes a string; of much, its length. */
export function dataText(data: Uint8Array): string {
  if (data.length > SHOWN) return `<${data.length} octets>`;
  const text = Array.from(data, (octet) =>
    octet === 0x22 || octet === 0x5c
      ? `\\${String.fromCharCode(octet)}`
      : octet >= 0x20 && octet < 0x7f
        ? String.fromCharCode(octet)
        : octet === 0x0a
          ? '\\n'
          : `\\x${octet.toString(16).padStart(2, '0')}`,
  );
  return `"${text.join('')}"`;
}
