/** Cuts a filter's text into tokens, one at a time: what stands between `[` and `]` has rules of its own. */

import type { Range } from './ast.js';
import { FilterError } from './error.js';
import { escapedOctet } from './octets.js';

/** Longest filter in characters. */
export const MAXIMUM_LENGTH = 65536;
/** Ranges between one pair of `[` and `]`. */
const MAXIMUM_RANGES = 64;

export interface Token {
  readonly kind: 'word' | 'text' | 'character' | 'symbol' | 'end';
  /** As written. */
  readonly text: string;
  /** Of a text: what is between the quotes, escapes undone. */
  readonly value: string;
  readonly at: number;
  readonly end: number;
}

// Longest first.
const SYMBOLS = [
  ...['===', '!==', '==', '!=', '~=', '>=', '<=', '&&', '||', '^^', '..'],
  ...['>', '<', '!', '~', '&', '+', '-', '*', '/', '%', '(', ')', '{', '}', '[', ']', ',', '#'],
];

const hints: Readonly<Record<string, string>> = {
  '=': 'a single "=" is no operator; write "==" to compare',
  '|': 'a single "|" is no operator; write "||" or "or"',
  '^': 'a single "^" is no operator; write "^^" or "xor"',
  $: 'references to the selected packet, written with "$", are not supported',
  '“': 'use straight quotation marks (")',
  '”': 'use straight quotation marks (")',
};

const escapes: Readonly<Record<string, string>> = {
  "'": "'",
  '"': '"',
  '\\': '\\',
  a: '\x07',
  b: '\b',
  f: '\f',
  n: '\n',
  r: '\r',
  t: '\t',
  v: '\v',
};

const WORD_START = /[A-Za-z0-9_.:]/;
const WORD_PART = /[A-Za-z0-9_.:]/;
const ALPHANUMERIC = /[A-Za-z0-9_]/;
/** What a prefix length may follow: an IPv4 or IPv6 address. Elsewhere `/` divides. */
const ADDRESS = /^(\d+\.\d+\.\d+\.\d+|[0-9A-Fa-f:.]*:[0-9A-Fa-f:.]*)$/;
const RANGE = /^\s*(-?\d+)?\s*(?:(:|-)\s*(-?\d+)?)?\s*$/;

export class Tokens {
  /** End of the last token taken. */
  end = 0;
  private position = 0;
  private ahead: Token | undefined;

  constructor(readonly source: string) {
    if (source.length > MAXIMUM_LENGTH)
      throw new FilterError(
        `the filter is ${source.length} characters long; ${MAXIMUM_LENGTH} is the most`,
        MAXIMUM_LENGTH,
      );
  }

  /** The next token, which stays next. */
  peek(): Token {
    this.ahead ??= this.scan();
    return this.ahead;
  }

  next(): Token {
    const token = this.peek();
    this.ahead = undefined;
    this.end = token.end;
    return token;
  }

  /** Takes the next token when it is that symbol. */
  accept(symbol: string): boolean {
    const token = this.peek();
    if (token.kind !== 'symbol' || token.text !== symbol) return false;
    this.next();
    return true;
  }

  /** The ranges after a `[` that has just been taken, and their `]`. */
  ranges(): Range[] {
    const from = this.position;
    const close = this.source.indexOf(']', from);
    if (close < 0) throw new FilterError('the "[" has no "]"', from - 1, ']');
    this.position = this.end = close + 1;
    const parts = this.source.slice(from, close).split(',');
    if (parts.length > MAXIMUM_RANGES) throw new FilterError(`a slice may have ${MAXIMUM_RANGES} ranges at most`, from);
    let at = from;
    return parts.map((part) => {
      const range = rangeOf(part, at);
      at += part.length + 1;
      return range;
    });
  }

  private scan(): Token {
    const { source } = this;
    while (this.position < source.length && /\s/.test(source[this.position])) this.position++;
    const at = this.position;
    if (at >= source.length) return { kind: 'end', text: '', value: '', at, end: at };
    const character = source[at];
    if (character === '"') return this.text(at, at + 1, false);
    if (/[rR]/.test(character) && source[at + 1] === '"') return this.text(at, at + 2, true);
    if (character === "'") return this.character(at);
    if (WORD_START.test(character) && !source.startsWith('..', at)) return this.word(at);
    const symbol = SYMBOLS.find((candidate) => source.startsWith(candidate, at));
    if (symbol === undefined) {
      const hint = hints[character];
      const shown = String.fromCodePoint(source.codePointAt(at)!);
      throw new FilterError(hint ?? `the character "${shown}" has no meaning here`, at);
    }
    return this.token('symbol', at, at + symbol.length);
  }

  private token(kind: Token['kind'], at: number, end: number, value = ''): Token {
    this.position = end;
    return { kind, text: this.source.slice(at, end), value, at, end };
  }

  private word(at: number): Token {
    const { source } = this;
    let end = at;
    for (; end < source.length; end++) {
      const character = source[end];
      if (source.startsWith('..', end)) break;
      if (WORD_PART.test(character)) continue;
      // A dash belongs to a name or an address only when that goes on behind it; Wireshark has it so too.
      if (character === '-' && ALPHANUMERIC.test(source[end + 1] ?? '')) continue;
      break;
    }
    if (source[end] === '/' && /\d/.test(source[end + 1] ?? '') && ADDRESS.test(source.slice(at, end))) {
      end++;
      while (/\d/.test(source[end] ?? '')) end++;
    }
    return this.token('word', at, end);
  }

  private text(at: number, from: number, raw: boolean): Token {
    const { source } = this;
    let value = '';
    let position = from;
    for (;;) {
      const character = source[position];
      if (character === undefined) throw new FilterError('the text has no closing quotation mark (")', at, '"');
      if (character === '"') return this.token('text', at, position + 1, value);
      if (character !== '\\') {
        value += character;
        position++;
      } else if (raw) {
        // Backslashes stay; they only keep a quotation mark from ending the text.
        value += source.slice(position, position + 2);
        position += 2;
      } else {
        const escaped = this.escape(position);
        value += escaped.value;
        position = escaped.end;
      }
    }
  }

  private character(at: number): Token {
    const { source } = this;
    let value = source[at + 1] ?? '';
    let end = at + 2;
    if (value === '\\') ({ value, end } = this.escape(at + 1));
    if (value === '' || value === "'" || source[end] !== "'" || value.length !== 1 || !isOctet(value))
      throw new FilterError("a character constant is one character between single quotes, such as 'a' or '\\n'", at);
    return this.token('character', at, end + 1, value);
  }

  private escape(at: number): { value: string; end: number } {
    const rest = this.source.slice(at + 1, at + 10);
    const simple = escapes[rest[0]];
    if (simple !== undefined) return { value: simple, end: at + 2 };
    const number = /^(?:x([0-9A-Fa-f]{1,2})|([0-7]{1,3})|u([0-9A-Fa-f]{4})|U([0-9A-Fa-f]{8}))/.exec(rest);
    const code =
      number === null
        ? -1
        : number[2] === undefined
          ? Number.parseInt(number[0].slice(1), 16)
          : Number.parseInt(number[2], 8);
    if (number === null || code > 0x10ffff || (number[2] !== undefined && code > 255))
      throw new FilterError(`"\\${rest[0] ?? ''}" is no escape sequence; write "\\\\" for a backslash`, at);
    const octet = number[1] !== undefined || number[2] !== undefined;
    return { value: octet ? escapedOctet(code) : String.fromCodePoint(code), end: at + 1 + number[0].length };
  }
}

/** Whether a character stands for one octet. */
function isOctet(character: string): boolean {
  const code = character.charCodeAt(0);
  return code <= 255 || (code >= 0xdc80 && code <= 0xdcff);
}

function rangeOf(text: string, at: number): Range {
  const match = RANGE.exec(text);
  const [, first, separator, second] = match ?? [];
  const bad = (message: string) => new FilterError(message, at, 'a range such as 0:3, 1-2, 4, :4 or 4:');
  if (match === null || (first === undefined && second === undefined))
    throw bad(`"${text.trim()}" is not a range of octets`);
  const from = Number(first ?? 0);
  const to = Number(second ?? 0);
  if (Math.abs(from) > 0x7fffffff || Math.abs(to) > 0x7fffffff) throw bad(`"${text.trim()}" is too big for a range`);
  if (separator === undefined) return { kind: 'length', from, length: 1 };
  if (separator === ':') {
    if (second === undefined) return { kind: 'rest', from };
    if (to <= 0) throw bad(`a range needs a length above 0, not ${to}`);
    return { kind: 'length', from, length: to };
  }
  if (second === undefined || first === undefined) throw bad(`"${text.trim()}" is not a range of octets`);
  if (from >= 0 === to >= 0 && to < from) throw bad(`the range ${from}-${to} ends before it begins`);
  return { kind: 'until', from, to };
}
