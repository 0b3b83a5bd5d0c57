/**
 * Regular expressions for `matches`, compiled to a program for the engine in pattern.ts.
 *
 * The syntax is the part of PCRE2's that can be matched in linear time, over octets as in Wireshark: no back references
 * and no look-around, each of which is an error that says so.
 */

import { octetsOfText } from './octets.js';

/** A program is a list of these; `next` is the place in it to go on at. */
export type Instruction =
  | { readonly kind: 'octet'; readonly set: Uint8Array }
  | { readonly kind: 'split'; first: number; second: number }
  | { readonly kind: 'jump'; next: number }
  | { readonly kind: 'assert'; readonly test: Assertion }
  | { readonly kind: 'match' };

export type Assertion = 'start' | 'end' | 'end-or-newline' | 'line-start' | 'line-end' | 'word' | 'not-word';

/** What is wrong with a pattern, and at which of its characters. */
export class PatternError extends Error {
  override readonly name = 'PatternError';
  constructor(
    message: string,
    readonly at: number,
  ) {
    super(message);
  }
}

/** Instructions of the largest program: what a packet's octets may cost each. */
const MAXIMUM_PROGRAM = 500;
const MAXIMUM_NESTING = 100;

type Tree =
  | { readonly kind: 'set'; readonly set: Uint8Array }
  | { readonly kind: 'assert'; readonly test: Assertion }
  | { readonly kind: 'sequence' | 'choice'; readonly parts: readonly Tree[] }
  | { readonly kind: 'repeat'; readonly part: Tree; readonly least: number; readonly most: number };

interface Flags {
  readonly caseless: boolean;
  readonly dotAll: boolean;
  readonly multiline: boolean;
  readonly extended: boolean;
}

function setOf(test: (octet: number) => boolean): Uint8Array {
  return Uint8Array.from({ length: 256 }, (_, octet) => (test(octet) ? 1 : 0));
}

const isDigit = (octet: number): boolean => octet >= 48 && octet <= 57;
const isUpper = (octet: number): boolean => octet >= 65 && octet <= 90;
const isLower = (octet: number): boolean => octet >= 97 && octet <= 122;
const isAlpha = (octet: number): boolean => isUpper(octet) || isLower(octet);
/** Letters, digits and the underscore. */
export const isWord = (octet: number): boolean => isAlpha(octet) || isDigit(octet) || octet === 95;
const isSpace = (octet: number): boolean => octet === 32 || (octet >= 9 && octet <= 13);
const isGraph = (octet: number): boolean => octet > 32 && octet < 127;

const classes: Readonly<Record<string, (octet: number) => boolean>> = {
  d: isDigit,
  w: isWord,
  s: isSpace,
  h: (octet) => octet === 9 || octet === 32 || octet === 160,
  v: (octet) => (octet >= 10 && octet <= 13) || octet === 133,
};

const posix: Readonly<Record<string, (octet: number) => boolean>> = {
  alnum: (octet) => isAlpha(octet) || isDigit(octet),
  alpha: isAlpha,
  ascii: (octet) => octet < 128,
  blank: (octet) => octet === 9 || octet === 32,
  cntrl: (octet) => octet < 32 || octet === 127,
  digit: isDigit,
  graph: isGraph,
  lower: isLower,
  print: (octet) => isGraph(octet) || octet === 32,
  punct: (octet) => isGraph(octet) && !isAlpha(octet) && !isDigit(octet),
  space: isSpace,
  upper: isUpper,
  word: isWord,
  xdigit: (octet) => isDigit(octet) || (octet >= 65 && octet <= 70) || (octet >= 97 && octet <= 102),
};

const assertions: Readonly<Record<string, Assertion>> = {
  A: 'start',
  z: 'end',
  Z: 'end-or-newline',
  b: 'word',
  B: 'not-word',
};
const controls: Readonly<Record<string, number>> = { a: 7, e: 27, f: 12, n: 10, r: 13, t: 9 };

class PatternParser {
  private position = 0;
  private depth = 0;
  private readonly text: string;
  private flags: Flags = { caseless: true, dotAll: false, multiline: false, extended: false };

  /** @param octets the pattern; one character an octet from here on */
  constructor(octets: Uint8Array) {
    this.text = Array.from(octets, (octet) => String.fromCharCode(octet)).join('');
  }

  pattern(): Tree {
    const tree = this.choice();
    if (this.position < this.text.length) throw this.error('")" has no "("');
    return tree;
  }

  private choice(): Tree {
    const outer = this.flags;
    if (++this.depth > MAXIMUM_NESTING) throw this.error(`groups nest more than ${MAXIMUM_NESTING} deep`);
    const parts = [this.sequence()];
    while (this.take('|')) parts.push(this.sequence());
    this.depth--;
    this.flags = outer;
    return parts.length === 1 ? parts[0] : { kind: 'choice', parts };
  }

  private sequence(): Tree {
    const parts: Tree[] = [];
    for (;;) {
      if (this.flags.extended && this.skipped()) continue;
      const next = this.text[this.position];
      if (next === undefined || next === '|' || next === ')') break;
      const part = this.atom();
      if (part !== undefined) parts.push(this.repeated(part));
    }
    return parts.length === 1 ? parts[0] : { kind: 'sequence', parts };
  }

  /** White space and comments, which mean nothing after (?x). */
  private skipped(): boolean {
    const match = /^(?:\s+|#[^\n]*\n?)/.exec(this.text.slice(this.position, this.position + 1000));
    if (match === null) return false;
    this.position += match[0].length;
    return true;
  }

  private repeated(part: Tree): Tree {
    let tree = part;
    for (let count = 0; ; count++) {
      const range = this.range();
      if (range === undefined) return tree;
      if (count > 0) throw this.error('a repetition cannot be repeated; put it in (…)');
      // Whether it prefers more or fewer makes no difference to whether it matches; taking all for good would.
      if (!this.take('?') && this.take('+')) throw this.error('possessive repetitions (such as *+) are not supported');
      tree = { kind: 'repeat', part: tree, ...range };
    }
  }

  private range(): { least: number; most: number } | undefined {
    if (this.take('*')) return { least: 0, most: Number.POSITIVE_INFINITY };
    if (this.take('+')) return { least: 1, most: Number.POSITIVE_INFINITY };
    if (this.take('?')) return { least: 0, most: 1 };
    const match = /^\{(\d+)(,?)(\d*)\}/.exec(this.text.slice(this.position, this.position + 20));
    if (match === null) return undefined;
    const least = Number(match[1]);
    const most = match[2] === '' ? least : match[3] === '' ? Number.POSITIVE_INFINITY : Number(match[3]);
    if (most < least) throw this.error('the numbers in {…} are the wrong way round');
    if (least > MAXIMUM_PROGRAM || (most !== Number.POSITIVE_INFINITY && most > MAXIMUM_PROGRAM))
      throw this.error(`a repetition may be ${MAXIMUM_PROGRAM} times at most`);
    this.position += match[0].length;
    return { least, most };
  }

  private atom(): Tree | undefined {
    const character = this.text[this.position];
    switch (character) {
      case '(':
        return this.group();
      case '[':
        return { kind: 'set', set: this.folded(this.bracket()) };
      case '.':
        this.position++;
        return { kind: 'set', set: setOf((octet) => this.flags.dotAll || octet !== 10) };
      case '^':
        this.position++;
        return { kind: 'assert', test: this.flags.multiline ? 'line-start' : 'start' };
      case '$':
        this.position++;
        return { kind: 'assert', test: this.flags.multiline ? 'line-end' : 'end-or-newline' };
      case '*':
      case '+':
      case '?':
        throw this.error(`there is nothing before "${character}" to repeat`);
      case '\\':
        return this.escaped();
      default:
        this.position++;
        return this.literal(character.charCodeAt(0));
    }
  }

  private literal(octet: number): Tree {
    return { kind: 'set', set: this.folded(setOf((other) => other === octet)) };
  }

  /** The set with both cases of its letters, when case does not matter. */
  private folded(set: Uint8Array): Uint8Array {
    if (!this.flags.caseless) return set;
    return setOf((octet) => set[octet] === 1 || (isAlpha(octet) && set[octet ^ 32] === 1));
  }

  private group(): Tree | undefined {
    const at = this.position++;
    if (this.take('?')) {
      const named = /^P?<[A-Za-z_]\w*>|^'\w+'/.exec(this.text.slice(this.position, this.position + 100));
      if (named !== null) this.position += named[0].length;
      else if (!this.take(':')) return this.options(at);
    } else if (this.text[this.position] === '*') throw this.error('verbs such as (*…) are not supported');
    const tree = this.choice();
    if (!this.take(')')) throw this.error('"(" has no ")"', at);
    return tree;
  }

  /** `(?i)` until the group ends, or `(?i:…)`; also comments, and what is refused. */
  private options(at: number): Tree | undefined {
    const rest = this.text.slice(this.position);
    if (rest.startsWith('#')) {
      const end = rest.indexOf(')');
      if (end < 0) throw this.error('"(" has no ")"', at);
      this.position += end + 1;
      return undefined;
    }
    if (/^(=|!|<=|<!)/.test(rest)) throw this.error('look-ahead and look-behind are not supported', at);
    const match = /^([imsx]*)(?:-([imsx]*))?([:)])/.exec(rest);
    if (match === null) throw this.error(`"(?${rest[0] ?? ''}" is not supported`, at);
    this.position += match[0].length;
    const outer = this.flags;
    const value = (letter: string, now: boolean) =>
      (match[1].includes(letter) || now) && !(match[2] ?? '').includes(letter);
    this.flags = {
      caseless: value('i', outer.caseless),
      dotAll: value('s', outer.dotAll),
      multiline: value('m', outer.multiline),
      extended: value('x', outer.extended),
    };
    // Without a body of its own it holds until the group around it ends, where `choice` puts the old flags back.
    if (match[3] === ')') return undefined;
    const tree = this.choice();
    this.flags = outer;
    if (!this.take(')')) throw this.error('"(" has no ")"', at);
    return tree;
  }

  private escaped(): Tree {
    const letter = this.text[this.position + 1];
    if (letter === undefined) throw this.error('the pattern ends with a backslash');
    const test = assertions[letter];
    if (test !== undefined) {
      this.position += 2;
      return { kind: 'assert', test };
    }
    const set = this.classEscape();
    if (set !== undefined) return { kind: 'set', set };
    return this.literal(this.octetEscape());
  }

  /** `\d` and its like at the current position. */
  private classEscape(): Uint8Array | undefined {
    const letter = this.text[this.position + 1];
    if (letter === 'N') {
      this.position += 2;
      return setOf((octet) => octet !== 10);
    }
    const test = classes[letter?.toLowerCase()];
    if (test === undefined) return undefined;
    this.position += 2;
    return setOf(letter === letter.toLowerCase() ? test : (octet) => !test(octet));
  }

  /** Any other escape: one octet. */
  private octetEscape(): number {
    const rest = this.text.slice(this.position + 1, this.position + 12);
    const hex = /^x(?:([0-9A-Fa-f]{1,2})|\{([0-9A-Fa-f]{1,2})\})/.exec(rest);
    const octal = /^0[0-7]{0,2}/.exec(rest) ?? /^o\{([0-7]{1,3})\}/.exec(rest);
    const matched = hex ?? octal;
    if (matched !== null) {
      this.position += 1 + matched[0].length;
      if (hex !== null) return Number.parseInt(hex[1] ?? hex[2], 16);
      return Number.parseInt(matched[1] ?? matched[0], 8) & 0xff;
    }
    const letter = rest[0];
    if (/[1-9gk]/.test(letter)) throw this.error('references back to a group are not supported');
    const control = controls[letter];
    if (control === undefined && isAlpha(letter.charCodeAt(0))) throw this.error(`"\\${letter}" is not supported`);
    this.position += 2;
    return control ?? letter.charCodeAt(0);
  }

  private bracket(): Uint8Array {
    const at = this.position++;
    const negated = this.take('^');
    const set = new Uint8Array(256);
    for (let first = true; ; first = false) {
      if (this.position >= this.text.length) throw this.error('"[" has no "]"', at);
      if (!first && this.take(']')) break;
      const part = this.member();
      if (part instanceof Uint8Array) {
        for (let octet = 0; octet < 256; octet++) if (part[octet] === 1) set[octet] = 1;
        continue;
      }
      let to = part;
      if (this.text[this.position] === '-' && this.text[this.position + 1] !== ']') {
        this.position++;
        const end = this.member();
        if (end instanceof Uint8Array) throw this.error('a range must end with a character');
        if (end < part) throw this.error('a range must go upwards');
        to = end;
      }
      set.fill(1, part, to + 1);
    }
    if (!negated) return set;
    // Case is folded before the set is turned round, or [^a] would have A in it.
    const folded = this.folded(set);
    return setOf((octet) => folded[octet] === 0);
  }

  /** One octet of a bracket, or a class. */
  private member(): number | Uint8Array {
    const rest = this.text.slice(this.position, this.position + 12);
    const named = /^\[:(\^?)([a-z]+):\]/.exec(rest);
    if (named !== null) {
      const test = posix[named[2]];
      if (test === undefined) throw this.error(`there is no class [:${named[2]}:]`);
      this.position += named[0].length;
      return setOf((octet) => test(octet) !== (named[1] === '^'));
    }
    if (rest[0] !== '\\') {
      this.position++;
      return rest.charCodeAt(0);
    }
    if (rest.length < 2) throw this.error('the pattern ends with a backslash');
    if (rest[1] === 'b') {
      this.position += 2;
      return 8;
    }
    return this.classEscape() ?? this.octetEscape();
  }

  private take(text: string): boolean {
    if (!this.text.startsWith(text, this.position)) return false;
    this.position += text.length;
    return true;
  }

  private error(message: string, at = this.position): PatternError {
    return new PatternError(message, at);
  }
}

/** Appends the tree's instructions; the next one to be appended is where it goes on. */
function emit(program: Instruction[], tree: Tree): void {
  if (program.length > MAXIMUM_PROGRAM) throw new PatternError('the pattern is too large', 0);
  switch (tree.kind) {
    case 'set':
      program.push({ kind: 'octet', set: tree.set });
      return;
    case 'assert':
      program.push(tree);
      return;
    case 'sequence':
      for (const part of tree.parts) emit(program, part);
      return;
    case 'choice': {
      const ends: { next: number }[] = [];
      tree.parts.forEach((part, index) => {
        if (index === tree.parts.length - 1) {
          emit(program, part);
          return;
        }
        const split = { kind: 'split' as const, first: program.length + 1, second: 0 };
        const jump = { kind: 'jump' as const, next: 0 };
        program.push(split);
        emit(program, part);
        program.push(jump);
        split.second = program.length;
        ends.push(jump);
      });
      for (const end of ends) end.next = program.length;
      return;
    }
    case 'repeat':
      repeat(program, tree.part, tree.least, tree.most);
  }
}

function repeat(program: Instruction[], part: Tree, least: number, most: number): void {
  for (let i = 0; i < least; i++) {
    const before = program.length;
    emit(program, part);
    // Nothing repeated is nothing, however often: (){500} within {500} within … must not take time either.
    if (program.length === before) break;
  }
  if (most === Number.POSITIVE_INFINITY) {
    const split = { kind: 'split' as const, first: program.length + 1, second: 0 };
    program.push(split);
    emit(program, part);
    program.push({ kind: 'jump', next: program.indexOf(split) });
    split.second = program.length;
    return;
  }
  const splits: { second: number }[] = [];
  for (let i = least; i < most; i++) {
    const split = { kind: 'split' as const, first: program.length + 1, second: 0 };
    program.push(split);
    splits.push(split);
    emit(program, part);
  }
  for (const split of splits) split.second = program.length;
}

/**
 * Compiles a pattern, case-insensitive unless it says `(?-i)`.
 *
 * @throws PatternError
 */
export function compilePattern(text: string): Instruction[] {
  const program: Instruction[] = [];
  emit(program, new PatternParser(octetsOfText(text)).pattern());
  program.push({ kind: 'match' });
  if (program.length > MAXIMUM_PROGRAM) throw new PatternError('the pattern is too large', 0);
  return program;
}
