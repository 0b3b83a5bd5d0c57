/** Filters put together by clicks mean what was clicked: the service's own parser is the judge. */

import { describe, expect, test } from '@jest/globals';
import { addressIs, combine, negated, quoted, type Way } from '../../api/web/src/filter/combine.js';
import { check } from '../../decoders/filter/index.js';
import { registry } from '../../decoders/protocols/index.js';

describe('a filter with another condition', () => {
  const cases: readonly (readonly [string, string, Way, string])[] = [
    ['', 'dns', 'and', 'dns'],
    ['tcp', 'dns', 'only', 'dns'],
    ['tcp', 'dns', 'not', '!dns'],
    ['tcp', 'ip.addr == 10.0.0.1', 'and', 'tcp && ip.addr == 10.0.0.1'],
    ['tcp && dns', 'http', 'and', 'tcp && dns && http'],
    ['tcp || dns', 'http', 'and', '(tcp || dns) && http'],
    ['tcp or dns', 'http', 'and', '(tcp or dns) && http'],
    ['tcp && dns', 'http', 'or', '(tcp && dns) || http'],
    ['tcp', 'a.b == 1 || c.d == 2', 'and', 'tcp && (a.b == 1 || c.d == 2)'],
    ['tcp', 'udp.port == 53', 'andNot', 'tcp && !(udp.port == 53)'],
    ['tcp', '!dns', 'andNot', 'tcp && dns'],
    ['tcp', 'dns', 'orNot', 'tcp || !dns'],
    ['tcp&&dns', 'http', 'or', '(tcp&&dns) || http'],
    ['tcp ^^ dns', 'http', 'and', '(tcp ^^ dns) && http'],
    ['frame contains "a || b"', 'tcp', 'and', 'frame contains "a || b" && tcp'],
    ['frame contains "\\" || b"', 'tcp', 'and', 'frame contains "\\" || b" && tcp'],
    ['tcp.port in {80, 443}', 'ip', 'or', 'tcp.port in {80, 443} || ip'],
    ['(tcp || udp)', 'ip', 'and', '(tcp || udp) && ip'],
    ['tcp && dns', 'dns', 'and', 'tcp && dns'],
    ['dns', 'dns', 'and', 'dns'],
    ['tcp', ' ', 'and', 'tcp'],
  ];
  test.each(cases)('%j, %j, %s: %s', (filter, condition, way, wanted) => {
    expect(combine(filter, condition, way)).toBe(wanted);
  });

  test('not twice is the condition itself', () => {
    for (const condition of ['dns', 'udp.port == 53', '(a) == 1 || (b)', '!(tcp) && (udp)'])
      expect(negated(negated(condition))).toBe(condition);
    expect(negated('!(tcp) && (udp)')).toBe('!(!(tcp) && (udp))');
  });
});

test('a text is written so that the parser reads the same', () => {
  for (const text of ['plain', 'a "b" \\ c', 'line\nfeed\x1b[31m', '<script>', '\u202eabc'])
    expect(check(registry, `http.host == ${quoted(text)}`)).toEqual({ valid: true });
});

test('an address is compared with the field of its kind', () => {
  expect(addressIs('10.0.0.1')).toBe('ip.addr == 10.0.0.1');
  expect(addressIs('fe80::1', 'src')).toBe('ipv6.src == fe80::1');
  expect(addressIs('::ffff:10.0.0.1')).toBe('ipv6.addr == ::ffff:10.0.0.1');
  expect(addressIs('00:11:22:aa:bb:cc', 'dst')).toBe('eth.dst == 00:11:22:aa:bb:cc');
  expect(addressIs('example.org')).toBeUndefined();
});
