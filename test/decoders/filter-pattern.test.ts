/** The regular expressions of `matches`: as other engines have them, and in time whatever the pattern. */

import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { compileFilter } from '../../decoders/filter/index.js';
import { Pattern } from '../../decoders/filter/pattern.js';
import { registry } from '../../decoders/protocols/index.js';
import { frame, packetOf, udpInIpv4 } from './filter-support.js';

const octets = (text: string) => Uint8Array.from(text, (character) => character.charCodeAt(0));

describe('patterns', () => {
  test.each([
    ['abc', 'xxABCxx', true],
    ['(?-i)abc', 'xxABCxx', false],
    ['(?-i)a(?i)b', 'aB', true],
    ['(?-i:a)b', 'aB', true],
    ['(?-i:a)b', 'AB', false],
    ['^abc$', 'abc', true],
    ['^abc$', 'abc\n', true],
    ['^abc\\z', 'abc\n', false],
    ['^b', 'a\nb', false],
    ['(?m)^b', 'a\nb', true],
    ['a.c', 'a\nc', false],
    ['(?s)a.c', 'a\nc', true],
    ['\\d{3}', 'ab12', false],
    ['\\d{3}', 'ab123', true],
    ['^(?:a|bc){2,3}$', 'abca', true],
    ['^(?:a|bc){2,3}$', 'abcaa', false],
    ['[^a-y]', 'abcyZ', true],
    ['(?-i)[^a-y]', 'abcy', false],
    ['[^a]', 'A', false],
    ['[]x]', ']', true],
    ['[a\\-z]', '-', true],
    ['[[:digit:]_]+$', 'a_1', true],
    ['\\bfoo\\b', 'a foo b', true],
    ['\\bfoo\\b', 'afoo b', false],
    ['\\Boo', 'foo', true],
    ['\\x41\\x{42}\\103', 'abc', undefined],
    ['\\x41\\x{42}', 'ab', true],
    ['a\\.b', 'axb', false],
    ['x*', '', true],
    ['(a*)*b', 'aaab', true],
    ['(?<name>a)b', 'ab', true],
    ['(?x) a b # comment', 'ab', true],
    ['(?#comment)a', 'a', true],
    ['a{,2}', 'a{,2}', true],
    ['(a)\\1', '', undefined],
    ['(?=a)', '', undefined],
    ['a*+', '', undefined],
    ['(a', '', undefined],
    ['a)', '', undefined],
    ['[a', '', undefined],
    ['*', '', undefined],
    ['a{3,2}', '', undefined],
    ['\\', '', undefined],
    ['(a{500}){500}', '', undefined],
    [`${'('.repeat(200)}${')'.repeat(200)}`, '', undefined],
  ])('%s in %j', (pattern, text, expected) => {
    if (expected === undefined)
      expect(() => new Pattern(pattern)).toThrow(expect.objectContaining({ name: 'PatternError' }));
    else expect(new Pattern(pattern).test(octets(text))).toBe(expected);
  });

  test('agrees with another engine', () => {
    const { pattern } = fc.letrec<{ pattern: string }>((tie) => ({
      pattern: fc.oneof(
        { depthSize: 'small' },
        fc.constantFrom('a', 'b', 'c', '.', '[ab]', '[^a]', '\\d', '\\w', '\\b', '^', '(?:)', '1'),
        fc.tuple(tie('pattern'), tie('pattern')).map(([a, b]) => a + b),
        fc.tuple(tie('pattern'), tie('pattern')).map(([a, b]) => `(?:${a}|${b})`),
        fc
          .tuple(tie('pattern'), fc.constantFrom('*', '+', '?', '{2}', '{0,2}', '{1,}'))
          .map(([a, b]) => `(?:${a})${b}`),
      ),
    }));
    const text = fc.string({ unit: fc.constantFrom('a', 'b', 'c', 'B', '1', '_', ' ', '\n'), maxLength: 12 });
    fc.assert(
      fc.property(pattern, fc.array(text, { minLength: 4, maxLength: 4 }), (source, texts) => {
        const ours = new Pattern(source);
        for (const one of texts) expect(ours.test(octets(one))).toBe(new RegExp(source, 'i').test(one));
      }),
      { numRuns: 3000 },
    );
  });

  test('any text is a pattern or an error', () => {
    const part = fc.constantFrom(
      ...'()[]{}*+?|\\^$.-,:=!<>aA1bdwQEzx#&'.split(''),
      '(?',
      '[:alpha:]',
      '\\x',
      '{2,3}',
      '(?i)',
    );
    fc.assert(
      fc.property(
        fc.array(part, { maxLength: 12 }).map((parts) => parts.join('')),
        (source) => {
          try {
            new Pattern(source).test(octets('aB1-\n'));
          } catch (error) {
            expect(error).toMatchObject({ name: 'PatternError' });
          }
        },
      ),
      { numRuns: 20000 },
    );
  });

  test.each([
    '(a*)*$',
    '(a|aa)+$',
    '(a|a)*b',
    '([ab]*c)*d',
    '(.*)*x(.*)*y',
    '.*a.{300}b',
    '.*a.{300}c',
    '(((){500}){500}){500}x',
  ])('takes no long time: %s', (source) => {
    const start = performance.now();
    const pattern = new Pattern(source);
    pattern.test(octets(`${'ab'.repeat(5000)}${'a'.repeat(20000)}`));
    expect(performance.now() - start).toBeLessThan(2000);
  });
});

test('in a filter', () => {
  const packet = packetOf(frame(udpInIpv4()));
  const matches = (text: string) => compileFilter(registry, text).matches(packet);
  expect(matches('frame matches "HEL+O"')).toBe(true);
  expect(matches('udp ~ "(?-i)HELLO"')).toBe(false);
  expect(matches('udp matches "hello$"')).toBe(true);
  expect(matches('eth.src matches "\\\\x53\\\\x02$"')).toBe(true);
  expect(matches('string(ip.src) matches r"^10\\.\\d+\\."')).toBe(true);
  expect(() => matches('frame matches hello')).toThrow(/quotation marks/);
  expect(() => matches('frame matches "(a"')).toThrow(/wrong at its character 1/);
});
