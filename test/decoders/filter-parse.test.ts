/** The filter language's syntax: trees, errors with their places, and what random text does. */

import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { type Expression, print } from '../../decoders/filter/ast.js';
import { check, FilterError } from '../../decoders/filter/index.js';
import { parse } from '../../decoders/filter/parse.js';
import { registry } from '../../decoders/protocols/index.js';

/** The tree without places, which printing and parsing again changes. */
function shape(expression: Expression | undefined): unknown {
  return JSON.parse(
    JSON.stringify(expression ?? null, (key, value) => (key === 'at' || key === 'end' ? undefined : value)),
  );
}

describe('the tree', () => {
  test.each([
    ['tcp', 'tcp'],
    ['a and b or not c or d && !e', '((a and b) or not c or (d and not e))'],
    ['a or b and c', '(a or (b and c))'],
    ['a xor b and c ^^ d', '(a xor (b and c) xor d)'],
    ['not a == 1', 'not a == 1'],
    ['tcp.port eq 80', 'tcp.port == 80'],
    ['a any_eq 1 and a all_ne 1 and a all_eq 1 and a any_ne 1', '(a == 1 and a != 1 and a === 1 and a !== 1)'],
    ['a gt 1 and a lt 2 and a ge 3 and a le 4', '(a > 1 and a < 2 and a >= 3 and a <= 4)'],
    ['a ~ "x" and a contains 01:02', '(a matches "x" and a contains 01:02)'],
    ['any a != 1 and all b in {1}', '(any a != 1 and all b in {1})'],
    ['a < b <= c', '(a < b and b <= c)'],
    ['tcp.port in {1, 3..5,"a"}', 'tcp.port in {1, 3 .. 5, "a"}'],
    ['a not in {1}', 'not a in {1}'],
    [
      'ip.addr in {10.0.0.5 .. 10.0.0.9, 192.168.1.1..192.168.1.9}',
      'ip.addr in {10.0.0.5 .. 10.0.0.9, 192.168.1.1 .. 192.168.1.9}',
    ],
    ['ip.src==10.0.0.0/8', 'ip.src == 10.0.0.0/8'],
    ['ipv6.src==2001:db8::/32', 'ipv6.src == 2001:db8::/32'],
    ['eth.src == 00-1b-21-3c-9d-f8', 'eth.src == 00-1b-21-3c-9d-f8'],
    ['eth.src[0:3,1-2,:4,4:,-4:4,-1]', 'eth.src[0:3,1-2,0:4,4:,-4:4,-1:1]'],
    ['ip.src#2 == 1.1.1.1', 'ip.src#[2:1] == 1.1.1.1'],
    ['ip.src#[2-4]', 'ip.src#[2-4]'],
    ['a & 0x0f == 2', '{a & 0x0f} == 2'],
    ['a bitwise_and 3', '{a & 3}'],
    ['tcp.dstport >= 4 * {tcp.srcport + 3}', 'tcp.dstport >= {4 * {tcp.srcport + 3}}'],
    ['a -1 == 2 % 3', '{a - 1} == {2 % 3}'],
    ['a == -5', 'a == -{5}'],
    ['max(a, b) > len(c)', 'max(a, b) > len(c)'],
    [String.raw`a == "q\"\x41\102\\\n"`, String.raw`a == "q\"AB\\\x0a"`],
    [String.raw`a == r"\d\"" `, String.raw`a == "\\d\\\""`],
    [String.raw`a == '\n' or a == 'x' or a == '\xff'`, String.raw`(a == '\x0a' or a == '\x78' or a == '\xff')`],
  ])('%s', (text, printed) => {
    const expression = parse(text)!;
    expect(print(expression)).toBe(printed);
    expect(shape(parse(printed))).toEqual(shape(expression));
  });

  test('an empty filter is none', () => {
    expect(parse('  \n ')).toBeUndefined();
  });

  test('ten thousand alternatives are no depth', () => {
    expect(parse(Array.from({ length: 8000 }, (_, i) => `a==${i % 10}`).join('||'))).toMatchObject({ kind: 'or' });
  });
});

describe('errors', () => {
  const errors: readonly [string, number, RegExp][] = [
    ['ip.src == ', 10, /ends too early/],
    ['(ip', 0, /never closed/],
    ['ip)', 2, /"\)" was not expected/],
    ['ip and or udp', 7, /"or" was not expected here/],
    ['ip AND udp', 3, /small letters: "and"/],
    ['ip.ttl = 1', 7, /write "=="/],
    ['ip | udp', 3, /write "\|\|"/],
    ['(ip.ttl) == 1', 9, /groups tests/],
    ['ip.ttl == 1 2', 12, /"2" was not expected/],
    ['udp.port in 53', 12, /a set such as/],
    ['udp.port in {}', 13, /a field or a value is expected/],
    ['udp.port in {53 54}', 16, /"," or "}"/],
    ['all udp', 7, /needs a comparison/],
    ['ip.src == "a', 10, /no closing quotation mark/],
    [String.raw`ip.src == "\q"`, 11, /escape sequence/],
    ["ip.ttl == ''", 10, /one character/],
    ['eth.src[', 7, /has no "]"/],
    ['eth.src[x]', 8, /not a range/],
    ['eth.src[3:0]', 8, /length above 0/],
    ['eth.src[3-1]', 8, /ends before it begins/],
    ['ip.src#x', 7, /number of a layer/],
    ['ip.src#0', 7, /counted from 1/],
    ['$ip.src', 0, /not supported/],
    ['ip ; udp', 3, /no meaning/],
    // What is wrong only with the registry at hand.
    ['ip.sr', 0, /ip\.sr is not a field; did you mean ip\.src\?/],
    ['ip.src == 10.0.0.1 and nosuch.field', 23, /nosuch\.field is not a field$/],
    ['frame.time_delta_displayed > 1', 0, /cannot be filtered by yet/],
    ['53 == udp.port', 0, /a field or protocol must stand here/],
    ['"a" == udp.port', 0, /a field must stand to the left/],
    ['udp.port == 70000', 12, /too big for udp\.port; its maximum is 65535/],
    ['ip.ttl == -1', 10, /never negative/],
    ['ip.ttl == 08', 10, /not a number/],
    ['ip.src == 1.2.3', 10, /not an IPv4 address/],
    ['ip.src == ::1', 10, /ipv6\.addr/],
    ['ip.src == 10.0.0.0/33', 10, /at most 32/],
    ['ip.src == "10.0.0.1"', 10, /without quotation marks/],
    ['eth.src == 00:11', 11, /has 2 octets; a MAC address has 6/],
    ['ip.flags.df == yes', 15, /not a truth value/],
    ['ip.src == ip.ttl', 10, /cannot be compared/],
    ['ip.ttl contains "a"', 0, /searches only texts/],
    ['ip.ttl[0] == 1', 0, /cannot be cut/],
    ['ip.src + 1 == 3', 0, /cannot calculate/],
    ['ip.options.nosuch', 0, /not a field/],
    ['foo(ip.src) == 1', 0, /no function foo/],
    ['lem(ip.src) == 1', 0, /did you mean len/],
    ['len(ip.src)', 0, /compare it with something/],
    ['len() == 1', 0, /takes one field/],
    ['count(ip.ttl + 1) == 1', 6, /takes a field/],
    ['frame.time == "yesterday"', 14, /is not a time/],
    ['frame.time == "2026-02-31"', 14, /is not a time/],
    ['frame.time_relative > "1"', 22, /number of seconds/],
    ['udp.port in {udp.srcport + 1}', 13, /not calculations/],
    ['frame.len#1 == 3', 0, /belongs to no layer/],
  ];
  test.each(errors)('%s', (text, position, message) => {
    const result = check(registry, text);
    expect(result).toMatchObject({ valid: false, position });
    expect(result.valid ? '' : result.error).toMatch(message);
  });

  test('too long, too deep, too many', () => {
    expect(() => parse(' '.repeat(65537))).toThrow(FilterError);
    expect(() => parse(`${'('.repeat(5000)}a${')'.repeat(5000)}`)).toThrow(/nests more than/);
    expect(() => parse(`${'!'.repeat(60000)}a`)).toThrow(/nests more than/);
    expect(() => parse(`a${'[0:1]'.repeat(5000)}`)).toThrow(/nests more than/);
    expect(() => parse(`a == 1${'+1'.repeat(5000)}`)).toThrow(/nests more than/);
    expect(() => parse(`a in {${'1,'.repeat(10001)}1}`)).toThrow(/at most/);
  });
});

describe('random text', () => {
  const words = [
    ...['tcp', 'udp.port', 'ip.src', 'eth.dst', 'ip.ttl', 'frame.time', 'udp', 'frame', 'frame.len', 'ip.flags.df'],
    ...['==', '!=', '===', 'eq', '<', '>=', 'contains', 'matches', 'in', 'and', '||', 'xor', 'not', '!', 'any', 'all'],
    ...['(', ')', '{', '}', '[0:3]', '[-1]', '[', ']', ',', '..', '#1', '#[1-2]', '&', '+', '-', '*', '/', '%'],
    ...[
      '1',
      '0x1f',
      '10.0.0.1',
      '10.0.0.0/8',
      '::1',
      'aa:bb',
      '"text"',
      "'c'",
      'True',
      '"2026-01-01"',
      '0.5',
      'len(',
      'max(',
    ],
  ];
  const text = fc.oneof(
    fc.string({ unit: 'binary', maxLength: 40 }),
    fc.array(fc.constantFrom(...words), { maxLength: 12 }).map((parts) => parts.join(' ')),
    fc.array(fc.constantFrom(...words), { maxLength: 12 }).map((parts) => parts.join('')),
  );

  test('is a filter or a FilterError at a place in it', () => {
    fc.assert(
      fc.property(text, (source) => {
        const result = check(registry, source);
        if (result.valid) return;
        expect(result.position).toBeGreaterThanOrEqual(0);
        expect(result.position).toBeLessThanOrEqual(source.length);
      }),
      { numRuns: 20000 },
    );
  });

  test('parses to what its printed form parses to', () => {
    fc.assert(
      fc.property(text, (source) => {
        let expression: Expression | undefined;
        try {
          expression = parse(source);
        } catch (error) {
          expect(error).toBeInstanceOf(FilterError);
        }
        if (expression === undefined) return;
        expect(shape(parse(print(expression)))).toEqual(shape(expression));
      }),
      { numRuns: 20000 },
    );
  });
});
