/** Reads the display-filter language of wireshark-filter(4), Wireshark 4.0, into a syntax tree. */

import type {
  ArithmeticOperator,
  ComparisonOperator,
  Expression,
  Junction,
  Quantifier,
  SetElement,
  Value,
  Word,
} from './ast.js';
import { FilterError } from './error.js';
import { type Token, Tokens } from './tokens.js';

/** Brackets, negations and operators that may stand within one another. */
export const MAXIMUM_NESTING = 200;
/** Members of one `{…}`. */
export const MAXIMUM_SET = 10000;
/** Arguments of one function. */
const MAXIMUM_ARGUMENTS = 64;

const comparisons: ReadonlyMap<string, ComparisonOperator> = new Map([
  ['==', 'eq'],
  ['eq', 'eq'],
  ['any_eq', 'eq'],
  ['!=', 'ne'],
  ['ne', 'ne'],
  ['all_ne', 'ne'],
  ['===', 'all_eq'],
  ['all_eq', 'all_eq'],
  ['!==', 'any_ne'],
  ['~=', 'any_ne'],
  ['any_ne', 'any_ne'],
  ['>', 'gt'],
  ['gt', 'gt'],
  ['<', 'lt'],
  ['lt', 'lt'],
  ['>=', 'ge'],
  ['ge', 'ge'],
  ['<=', 'le'],
  ['le', 'le'],
  ['contains', 'contains'],
  ['~', 'matches'],
  ['matches', 'matches'],
]);

const words = {
  and: new Set(['and', '&&']),
  or: new Set(['or', '||']),
  xor: new Set(['xor', '^^']),
  not: new Set(['not', '!']),
};

/** Words that are operators and never values. */
const reserved = new Set([
  ...[...comparisons.keys()].filter((word) => /^[a-z]/.test(word)),
  ...['and', 'or', 'xor', 'not', 'in', 'any', 'all', 'bitwise_and'],
]);

const levels: readonly (readonly ArithmeticOperator[])[] = [['&'], ['+', '-'], ['*', '/', '%']];

const VALUE = 'a field or a value';
const OPERATOR = 'an operator such as ==, contains, in, and';

class Parser {
  private nesting = 0;

  constructor(private readonly tokens: Tokens) {}

  filter(): Expression {
    const expression = this.or();
    const rest = this.tokens.peek();
    if (rest.kind !== 'end') throw this.unexpected(rest, `after "${this.written(expression)}"`, OPERATOR);
    return expression;
  }

  private or(): Expression {
    return this.junction('or', () => this.xor());
  }

  private xor(): Expression {
    return this.junction('xor', () => this.and());
  }

  private and(): Expression {
    return this.junction('and', () => this.negation());
  }

  private junction(kind: Junction['kind'], operand: () => Expression): Expression {
    const first = operand();
    const parts = [first];
    while (this.isOperator(words[kind])) {
      this.tokens.next();
      parts.push(operand());
    }
    return parts.length === 1 ? first : { kind, parts, at: first.at, end: parts[parts.length - 1].end };
  }

  private negation(): Expression {
    if (!this.isOperator(words.not)) return this.test();
    const { at } = this.tokens.next();
    const part = this.nested(at, () => this.negation());
    return { kind: 'not', part, at, end: part.end };
  }

  private test(): Expression {
    const token = this.tokens.peek();
    if (this.tokens.accept('(')) {
      const inner = this.nested(token.at, () => this.or());
      this.close(')', token);
      const after = this.tokens.peek();
      if (after.kind !== 'end' && this.comparison(after) !== undefined)
        throw new FilterError(
          `"(…)" groups tests and cannot be compared with "${after.text}"; group a calculation with "{…}"`,
          after.at,
          'and, or',
        );
      return inner;
    }
    if (token.kind === 'word' && (token.text === 'any' || token.text === 'all')) {
      this.tokens.next();
      return this.relation(token.text, token);
    }
    return this.relation(undefined, token);
  }

  /** `value`, `value op value`, `value in {…}`, and chains: `a < b < c` is `a < b and b < c`. */
  private relation(quantifier: Quantifier | undefined, first: Token): Expression {
    let left = this.value();
    const tests: Expression[] = [];
    for (;;) {
      const token = this.tokens.peek();
      const operator = this.comparison(token);
      if (operator === 'in') {
        tests.push(this.membership(quantifier, left));
        break;
      }
      if (operator === 'not') {
        // `a not in {…}`: the negation stands before the operator.
        this.tokens.next();
        const inside = this.tokens.peek();
        if (inside.kind !== 'word' || inside.text !== 'in') throw this.unexpected(inside, 'after "not"', 'in');
        const part = this.membership(quantifier, left);
        tests.push({ kind: 'not', part, at: part.at, end: part.end });
        break;
      }
      if (operator === undefined) break;
      this.tokens.next();
      const right = this.value();
      tests.push({ kind: 'compare', quantifier, operator, left, right, at: left.at, end: right.end });
      left = right;
    }
    if (tests.length === 0) {
      if (quantifier !== undefined)
        throw this.unexpected(this.tokens.peek(), `: "${quantifier}" needs a comparison`, OPERATOR);
      return { kind: 'presence', value: left, at: left.at, end: left.end };
    }
    if (tests.length === 1) return tests[0];
    return { kind: 'and', parts: tests, at: first.at, end: tests[tests.length - 1].end };
  }

  private membership(quantifier: Quantifier | undefined, left: Value): Expression {
    this.tokens.next();
    const open = this.tokens.peek();
    if (!this.tokens.accept('{')) throw this.unexpected(open, 'after "in"', 'a set such as {80, 443, 8000..8080}');
    const set: SetElement[] = [];
    do {
      if (set.length === MAXIMUM_SET)
        throw new FilterError(`a set may have ${MAXIMUM_SET} members at most`, this.tokens.peek().at);
      const from = this.value();
      set.push({ from, to: this.tokens.accept('..') ? this.value() : undefined });
    } while (this.tokens.accept(','));
    const end = this.close('}', open);
    return { kind: 'in', quantifier, left, set, at: left.at, end };
  }

  private value(level = 0): Value {
    if (level === levels.length) return this.unary();
    let left = this.value(level + 1);
    for (let count = 0; ; count++) {
      const token = this.tokens.peek();
      const symbol = token.text === 'bitwise_and' ? '&' : token.text;
      const operator = levels[level].find((candidate) => candidate === symbol);
      if (operator === undefined || (token.kind !== 'symbol' && token.kind !== 'word')) return left;
      if (count === MAXIMUM_NESTING) throw this.tooDeep(token.at);
      this.tokens.next();
      const right = this.value(level + 1);
      left = { kind: 'arithmetic', operator, left, right, at: left.at, end: right.end };
    }
  }

  private unary(): Value {
    const token = this.tokens.peek();
    if (this.tokens.accept('-')) {
      const of = this.nested(token.at, () => this.unary());
      return { kind: 'negative', of, at: token.at, end: of.end };
    }
    if (this.tokens.accept('+')) return this.nested(token.at, () => this.unary());
    let value = this.primary();
    for (let count = 0; this.tokens.accept('['); count++) {
      if (count === MAXIMUM_NESTING) throw this.tooDeep(value.at);
      value = { kind: 'slice', of: value, ranges: this.tokens.ranges(), at: value.at, end: this.tokens.end };
    }
    return value;
  }

  private primary(): Value {
    const token = this.tokens.peek();
    const { at, end } = token;
    if (this.tokens.accept('{')) {
      const inner = this.nested(at, () => this.value());
      this.close('}', token);
      return inner;
    }
    if (token.kind === 'text' || token.kind === 'character') {
      this.tokens.next();
      if (token.kind === 'text') return { kind: 'text', value: token.value, at, end };
      return { kind: 'character', value: token.value.charCodeAt(0) & 0xff, at, end };
    }
    if (token.kind !== 'word' || reserved.has(token.text)) throw this.unexpected(token, '', VALUE);
    this.tokens.next();
    const word: Word = { kind: 'word', text: token.text, at, end };
    if (this.tokens.accept('(')) return this.call(token);
    return this.tokens.accept('#') ? this.layer(word) : word;
  }

  private call(name: Token): Value {
    const args: Value[] = [];
    if (!this.tokens.accept(')')) {
      do {
        if (args.length === MAXIMUM_ARGUMENTS)
          throw new FilterError(`a function may have ${MAXIMUM_ARGUMENTS} arguments at most`, this.tokens.peek().at);
        args.push(this.nested(name.at, () => this.value()));
      } while (this.tokens.accept(','));
      this.close(')', name);
    }
    return { kind: 'call', name: name.text, arguments: args, at: name.at, end: this.tokens.end };
  }

  private layer(of: Word): Value {
    const token = this.tokens.peek();
    if (this.tokens.accept('[')) {
      const ranges = this.tokens.ranges();
      return { kind: 'layer', of, ranges, at: of.at, end: this.tokens.end };
    }
    const negative = this.tokens.accept('-');
    const number = this.tokens.next();
    if (number.kind !== 'word' || !/^\d{1,9}$/.test(number.text))
      throw this.unexpected(number, `after "${of.text}#"`, 'the number of a layer, or a range such as [1-2]');
    const from = negative ? -Number(number.text) : Number(number.text);
    if (from === 0) throw new FilterError('layers are counted from 1', token.at, 'a number from 1');
    return { kind: 'layer', of, ranges: [{ kind: 'length', from, length: 1 }], at: of.at, end: number.end };
  }

  private comparison(token: Token): ComparisonOperator | 'in' | 'not' | undefined {
    if (token.kind !== 'word' && token.kind !== 'symbol') return undefined;
    if (token.kind === 'word' && (token.text === 'in' || token.text === 'not')) return token.text;
    return comparisons.get(token.text);
  }

  private isOperator(spellings: ReadonlySet<string>): boolean {
    const token = this.tokens.peek();
    return (token.kind === 'word' || token.kind === 'symbol') && spellings.has(token.text);
  }

  private nested<T>(at: number, inner: () => T): T {
    if (++this.nesting > MAXIMUM_NESTING) throw this.tooDeep(at);
    const result = inner();
    this.nesting--;
    return result;
  }

  private tooDeep(at: number): FilterError {
    return new FilterError(`the filter nests more than ${MAXIMUM_NESTING} deep`, at);
  }

  private close(symbol: string, open: Token): number {
    const token = this.tokens.peek();
    if (this.tokens.accept(symbol)) return token.end;
    if (token.kind === 'end') throw new FilterError(`"${open.text}" is never closed with "${symbol}"`, open.at, symbol);
    throw this.unexpected(token, '', symbol === ')' ? '"and", "or" or ")"' : `"," or "${symbol}"`);
  }

  private unexpected(token: Token, where: string, expected: string): FilterError {
    const space = where === '' || where.startsWith(':') ? where : ` ${where}`;
    if (token.kind === 'end')
      return new FilterError(`the filter ends too early${space}; ${expected} is expected`, token.at, expected);
    const lower = token.text.toLowerCase();
    const hint =
      token.kind === 'word' && lower !== token.text && reserved.has(lower)
        ? `operators are written in small letters: "${lower}"`
        : `${expected} is expected`;
    return new FilterError(`"${token.text}" was not expected here${space}; ${hint}`, token.at, expected);
  }

  private written(expression: Expression): string {
    const text = this.tokens.source.slice(expression.at, expression.end);
    return text.length > 40 ? `…${text.slice(-40)}` : text;
  }
}

/**
 * Parses a display filter.
 *
 * @returns undefined for an empty filter, which every packet meets
 * @throws FilterError
 */
export function parse(text: string): Expression | undefined {
  const tokens = new Tokens(text);
  return tokens.peek().kind === 'end' ? undefined : new Parser(tokens).filter();
}
