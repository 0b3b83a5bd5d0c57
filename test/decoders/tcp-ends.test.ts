/** The states of both ends of a connection, in the figures of RFC 9293. */

import { describe, expect, test } from '@jest/globals';
import { type EndsRemark, TcpEnds } from '../../decoders/conversations/tcp-ends.js';

const BITS: Readonly<Record<string, number>> = { F: 1, S: 2, R: 4, P: 8, A: 16 };

/** `>` or `<`, the control bits, SEQ, ACK and octets of data; then what the two are in. */
type Line = readonly [string, number, number, number, string, string, EndsRemark?];

function walk(lines: readonly Line[]): unknown[] {
  const ends = new TcpEnds();
  return lines.map(([arrow, sequence, acknowledgment, length]) => {
    const flags = [...arrow.slice(1)].reduce((bits, letter) => bits | BITS[letter], 0);
    const from = arrow.startsWith('>') ? 'client' : 'server';
    const remark = ends.add({ from, sequence: sequence >>> 0, acknowledgment: acknowledgment >>> 0, flags, length });
    const states: unknown[] = [ends.clientState, ends.serverState];
    return remark === undefined ? states : [...states, remark];
  });
}

const figures: readonly [string, readonly Line[]][] = [
  [
    'figure 6: basic three-way handshake',
    [
      ['>S', 100, 0, 0, 'SYN-SENT', 'SYN-RECEIVED'],
      ['<SA', 300, 101, 0, 'ESTABLISHED', 'SYN-RECEIVED'],
      ['>A', 101, 301, 0, 'ESTABLISHED', 'ESTABLISHED'],
      ['>A', 101, 301, 5, 'ESTABLISHED', 'ESTABLISHED'],
    ],
  ],
  [
    'figure 7: simultaneous connection synchronization',
    [
      ['>S', 100, 0, 0, 'SYN-SENT', 'SYN-RECEIVED'],
      ['<S', 300, 0, 0, 'SYN-RECEIVED', 'SYN-RECEIVED', 'simultaneous-open'],
      ['>SA', 100, 301, 0, 'SYN-RECEIVED', 'ESTABLISHED'],
      ['<SA', 300, 101, 0, 'ESTABLISHED', 'ESTABLISHED'],
    ],
  ],
  [
    'figure 12: normal close sequence',
    [
      ['>A', 100, 300, 0, 'ESTABLISHED', 'ESTABLISHED'],
      ['>FA', 100, 300, 0, 'FIN-WAIT-1', 'CLOSE-WAIT'],
      ['<A', 300, 101, 0, 'FIN-WAIT-2', 'CLOSE-WAIT'],
      ['<FA', 300, 101, 0, 'TIME-WAIT', 'LAST-ACK'],
      ['>A', 101, 301, 0, 'TIME-WAIT', 'CLOSED'],
    ],
  ],
  [
    'figure 13: simultaneous close sequence',
    [
      ['>A', 100, 300, 0, 'ESTABLISHED', 'ESTABLISHED'],
      ['>FA', 100, 300, 0, 'FIN-WAIT-1', 'CLOSE-WAIT'],
      ['<FA', 300, 100, 0, 'CLOSING', 'CLOSING', 'crossing-fin'],
      ['>A', 101, 301, 0, 'CLOSING', 'TIME-WAIT'],
      ['<A', 301, 101, 0, 'TIME-WAIT', 'TIME-WAIT'],
    ],
  ],
  [
    'three segments to close, the server first, with data and across the wrap of numbers',
    [
      ['<A', -5, 50, 0, 'ESTABLISHED', 'ESTABLISHED'],
      ['<FA', -5, 50, 10, 'CLOSE-WAIT', 'FIN-WAIT-1'],
      ['>FA', 50, 6, 0, 'LAST-ACK', 'TIME-WAIT'],
      ['<A', 6, 51, 0, 'CLOSED', 'TIME-WAIT'],
    ],
  ],
  [
    'nobody listens (section 3.5.2)',
    [
      ['>S', 100, 0, 0, 'SYN-SENT', 'SYN-RECEIVED'],
      ['<RA', 0, 101, 0, 'CLOSED', 'CLOSED', 'refused'],
    ],
  ],
  [
    'a repeated SYN, a reset, and another connection on the same ports',
    [
      ['>S', 100, 0, 0, 'SYN-SENT', 'SYN-RECEIVED'],
      ['>S', 100, 0, 0, 'SYN-SENT', 'SYN-RECEIVED'],
      ['<SA', 300, 101, 0, 'ESTABLISHED', 'SYN-RECEIVED'],
      ['>A', 101, 301, 0, 'ESTABLISHED', 'ESTABLISHED'],
      ['<R', 301, 0, 0, 'CLOSED', 'CLOSED', 'reset'],
      ['>S', 900, 0, 0, 'SYN-SENT', 'SYN-RECEIVED', 'ports-used-again'],
    ],
  ],
  [
    'the capture begins in the middle',
    [
      ['<A', 300, 101, 1000, 'ESTABLISHED', 'ESTABLISHED'],
      ['>A', 101, 1300, 0, 'ESTABLISHED', 'ESTABLISHED'],
    ],
  ],
  [
    'the capture begins with the answer to the SYN',
    [
      ['<SA', 300, 101, 0, 'ESTABLISHED', 'SYN-RECEIVED'],
      ['>A', 101, 301, 0, 'ESTABLISHED', 'ESTABLISHED'],
    ],
  ],
];

describe('RFC 9293', () => {
  test.each(figures)('%s', (_name, lines) => {
    expect(walk(lines)).toEqual(lines.map(([, , , , ...states]) => states));
  });
});

test('numbers are relative to the first of each side', () => {
  const ends = new TcpEnds();
  ends.add({ from: 'client', sequence: 0xfffffffe, acknowledgment: 0, flags: 2, length: 0 });
  expect([ends.relative('client', 0xfffffffe), ends.relative('client', 3), ends.relative('server', 3)]).toEqual([
    0,
    5,
    undefined,
  ]);
  ends.add({ from: 'server', sequence: 7, acknowledgment: 0xffffffff, flags: 18, length: 0 });
  expect(ends.relative('server', 8)).toBe(1);
});
