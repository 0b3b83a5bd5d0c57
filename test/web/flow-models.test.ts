/** What the parts of a conversation compute, without a browser. */

import { describe, expect, test } from '@jest/globals';
import { hiddenBy } from '../../api/web/src/flows/hidden.js';
import { findIn, MOST_MATCHES } from '../../api/web/src/flows/stream-find.js';
import { wrapped } from '../../api/web/src/flows/wrap.js';

const line = (text: string, goesOn = false) => ({ kind: 'text', text, goesOn });

describe('searching a stream', () => {
  test('finds every place, in upper and lower case, and nothing in the heads', () => {
    const lines = [{ kind: 'head', text: 'get' }, line('GET /get HTTP/1.1'), line('forget it')];
    expect(findIn(lines, 'get').map(([{ line: at, from, to }]) => [at, from, to])).toEqual([
      [1, 0, 3],
      [1, 5, 8],
      [2, 3, 6],
    ]);
  });

  test('finds what goes over the end of a broken line, but not over that of a whole one', () => {
    expect(findIn([line('abcde'), line('fgh', true)], 'def')).toEqual([
      [
        { line: 0, from: 3, to: 5 },
        { line: 1, from: 0, to: 1 },
      ],
    ]);
    expect(findIn([line('abcde'), line('fgh')], 'def')).toEqual([]);
  });

  test('takes what is typed as it is, and ends with enough', () => {
    expect(findIn([line('a.b'), line('axb')], 'a.b')).toHaveLength(1);
    expect(findIn([line('[(*+?^$|\\')], '[(*+?^$|\\')).toHaveLength(1);
    expect(findIn([line('x'.repeat(MOST_MATCHES * 2))], 'x')).toHaveLength(MOST_MATCHES);
    expect(findIn([line('x')], '')).toEqual([]);
  });
});

describe('sentences in lines', () => {
  test('break between words, and long words within', () => {
    expect(wrapped('The client asks to open a connection.', 20)).toEqual(['The client asks to', 'open a connection.']);
    expect(wrapped('', 20)).toEqual([]);
    expect(wrapped('x'.repeat(50), 20)).toEqual(['x'.repeat(20), 'x'.repeat(20), 'x'.repeat(10)]);
  });

  test('are a few, and say that there were more', () => {
    const lines = wrapped('word '.repeat(100), 10);
    expect(lines).toHaveLength(6);
    expect(lines.at(-1)).toMatch(/…$/);
  });
});

describe('a challenge', () => {
  test('hides what tells a hidden field, and every sentence', () => {
    const flags = hiddenBy(new Set(['tcp.flags.syn']));
    expect(flags).toMatchObject({ flags: true, words: true, addresses: false, seq: false });
    expect(hiddenBy(new Set(['ip.dst']))).toMatchObject({ addresses: true, ports: false, flags: false });
    expect(hiddenBy(new Set(['tcp.len']))).toMatchObject({ lengths: true, ports: false });
    expect(Object.values(hiddenBy(new Set()))).not.toContain(true);
  });
});
