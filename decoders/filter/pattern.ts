/**
 * A regular-expression engine whose time grows with the length of the text and not with its content: every octet is
 * looked at once, in all the ways that the pattern could be matching at once (Thompson 1968). Sets of ways that were
 * seen before are remembered as the states of a machine, so that most octets cost one look-up.
 */

import { type Assertion, compilePattern, type Instruction, isWord } from './pattern-parse.js';

/** States to remember; then all are forgotten and found again. */
const MAXIMUM_STATES = 500;
/** The octet that stands for the end. */
const END = 256;
/** Before the first octet. */
const START = 257;

const UNKNOWN = -1;
const MATCHED = -2;

interface State {
  /** Places in the program, in ascending order, before what needs no octet has been followed. */
  readonly places: Int32Array;
  /** What the octet before was, as far as assertions need to know: START, 10 (a line's end), a word's octet or not. */
  readonly before: number;
  /** By octet (or END): index of the next state, UNKNOWN or MATCHED. */
  readonly next: Int16Array;
}

/** The octets before a place that assertions tell apart, each by one of its kind. */
function kindOf(octet: number): number {
  if (octet === 10) return 10;
  return isWord(octet) ? 97 : 32;
}

function holds(test: Assertion, before: number, after: number, lastButNewline: boolean): boolean {
  switch (test) {
    case 'start':
      return before === START;
    case 'end':
      return after === END;
    case 'end-or-newline':
      return after === END || lastButNewline;
    case 'line-start':
      return before === START || before === 10;
    case 'line-end':
      return after === END || after === 10;
    default: {
      const boundary = (before < END && isWord(before)) !== (after < END && isWord(after));
      return boundary === (test === 'word');
    }
  }
}

export class Pattern {
  private readonly program: readonly Instruction[];
  private states: State[] = [];
  private byKey = new Map<string, number>();
  private readonly marks: Int32Array;
  private generation = 0;
  private readonly stack: number[] = [];

  /** @throws PatternError */
  constructor(text: string) {
    this.program = compilePattern(text);
    this.marks = new Int32Array(this.program.length);
  }

  /** Whether the pattern matches anywhere in the octets. */
  test(octets: Uint8Array): boolean {
    let index = this.stateOf(Int32Array.of(0), START);
    const { length } = octets;
    for (let at = 0; at < length; at++) {
      const octet = octets[at];
      // `$` also matches before a final line feed: that one transition depends on where it is and is not remembered.
      const final = octet === 10 && at === length - 1;
      let next = final ? UNKNOWN : this.states[index].next[octet];
      if (next === UNKNOWN) next = this.step(index, octet, final);
      if (next === MATCHED) return true;
      index = next;
    }
    const last = this.states[index].next[END];
    return (last === UNKNOWN ? this.step(index, END, false) : last) === MATCHED;
  }

  /** Follows the octet from a state; answers the next state or MATCHED. */
  private step(index: number, octet: number, final: boolean): number {
    const state = this.states[index];
    const reached = this.reach(state, octet, final);
    let next: number;
    if (reached === undefined) next = MATCHED;
    else {
      next = this.stateOf(reached, kindOf(octet));
      // A forgotten state's transition has nowhere to be noted.
      if (this.states[index] !== state) return next;
    }
    if (!final) state.next[octet] = next;
    return next;
  }

  /** The places after the octet, and the pattern's start (it may begin anywhere); undefined when it has matched. */
  private reach(state: State, octet: number, final: boolean): Int32Array | undefined {
    const { program, marks, stack } = this;
    const generation = ++this.generation;
    const reached: number[] = [0];
    const push = (place: number): void => {
      if (marks[place] === generation) return;
      marks[place] = generation;
      stack.push(place);
    };
    stack.length = 0;
    for (const place of state.places) push(place);
    for (let place = stack.pop(); place !== undefined; place = stack.pop()) {
      const instruction = program[place];
      switch (instruction.kind) {
        case 'match':
          return undefined;
        case 'octet':
          if (octet < END && instruction.set[octet] === 1) reached.push(place + 1);
          break;
        case 'split':
          push(instruction.first);
          push(instruction.second);
          break;
        case 'jump':
          push(instruction.next);
          break;
        case 'assert':
          if (holds(instruction.test, state.before, octet, final)) push(place + 1);
      }
    }
    return Int32Array.from(new Set(reached)).sort();
  }

  private stateOf(places: Int32Array, before: number): number {
    const key = `${before}:${places.join()}`;
    const known = this.byKey.get(key);
    if (known !== undefined) return known;
    if (this.states.length >= MAXIMUM_STATES) {
      this.states = [];
      this.byKey = new Map();
    }
    const index = this.states.push({ places, before, next: new Int16Array(END + 1).fill(UNKNOWN) }) - 1;
    this.byKey.set(key, index);
    return index;
  }
}
