/** What strace writes (strace(1)), line by line: descriptors over threads, forks and dup; lines that are cut or mean harm. */

import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { CallTracker, callText, type TracedCall } from '../../lab/trace/calls.js';
import { LineReader } from '../../lab/trace/lines.js';
import { sockaddrOf } from '../../lab/trace/sockets.js';

function traced(lines: string): TracedCall[] {
  const reader = new LineReader();
  const tracker = new CallTracker();
  return lines
    .trim()
    .split('\n')
    .flatMap((line) => {
      const read = reader.read(line.trim());
      return read === undefined ? [] : tracker.follow(read);
    });
}

describe('lines', () => {
  test('a call in one line, with what would end it in its data', () => {
    const [call] = traced(
      String.raw`7 1795401849.876538851 sendto(4<UDP:[99]>, "a\"b) = 3, {[\\", 12, 0, {sa_family=AF_INET, sin_port=htons(53), sin_addr=inet_addr("192.0.2.1")}, 16) = 12 <0.000044946>`,
    );
    expect(callText(call)).toBe(String.raw`sendto(4, "a\"b) = 3, {[\\", 12, 0, 192.0.2.1:53, 16) = 12`);
    expect(call).toMatchObject({
      pid: 7,
      effect: 'sends',
      sizes: [12],
      peer: { address: '192.0.2.1', port: 53 },
      began: 1_795_401_849_876_538_851n,
      ended: 1_795_401_849_876_583_797n,
    });
  });

  test('halves of calls of two threads, in each other', () => {
    const calls = traced(`
      1 10.000000000 accept4(3<TCP:[127.0.0.1:7]>,  <unfinished ...>
      2 10.100000000 connect(5<TCP:[8]>, {sa_family=AF_INET, sin_port=htons(7), sin_addr=inet_addr("127.0.0.1")}, 16 <unfinished ...>
      1 10.200000000 <... accept4 resumed>NULL, NULL, SOCK_CLOEXEC) = 4<TCP:[127.0.0.1:7->127.0.0.1:9]> <0.200000000>
      2 10.200000001 <... connect resumed>) = 0 <0.100000001>`);
    expect(calls.map(callText)).toEqual([
      'accept4(3, NULL, NULL, SOCK_CLOEXEC) = 4 from 127.0.0.1:9',
      'connect(5, 127.0.0.1:7, 16) = 0',
    ]);
    expect(calls[0].socket).toMatchObject({ local: { port: 7 }, remote: { address: '127.0.0.1', port: 9 } });
  });

  test('files, pipes, local sockets, and calls in vain are left out', () => {
    expect(
      traced(`
      1 1.000000000 read(3</etc/x, "y) = 1>, "z", 1) = 1 <0.000000001>
      1 1.000000000 close(4<pipe:[77]>) = 0 <0.000000001>
      1 1.000000000 socket(AF_UNIX, SOCK_STREAM, 0) = 3<UNIX-STREAM:[5]> <0.000000001>
      1 1.000000000 sendto(3<UNIX-STREAM:[5->6]>, "x", 1, 0, NULL, 0) = 1 <0.000000001>
      1 1.000000000 recvfrom(4<TCP:[127.0.0.1:1->127.0.0.1:2]>, 0x7f, 1, 0, NULL, NULL) = -1 EAGAIN (Resource temporarily unavailable) <0.000000001>
      1 1.000000000 recvfrom(4<TCP:[127.0.0.1:1->127.0.0.1:2]>, 0x7f, 1, 0, NULL, NULL) = ? ERESTARTSYS (To be restarted if SA_RESTART is set) <0.000000001>
      1 1.000000000 --- SIGCHLD {si_signo=SIGCHLD} ---`),
    ).toEqual([]);
  });

  test('a socket is the same one over dup, fork and threads, and closes with its last descriptor', () => {
    const calls = traced(`
      1 1.000000000 socket(AF_INET, SOCK_STREAM, IPPROTO_IP) = 3<TCP:[50]> <0.000000001>
      1 1.100000000 connect(3<TCP:[50]>, {sa_family=AF_INET, sin_port=htons(7), sin_addr=inet_addr("192.0.2.1")}, 16) = 0 <0.000000001>
      1 1.200000000 dup2(3<TCP:[192.0.2.9:1000->192.0.2.1:7]>, 0</dev/null>) = 0<TCP:[192.0.2.9:1000->192.0.2.1:7]> <0.000000001>
      2 1.300000000 close(3<TCP:[192.0.2.9:1000->192.0.2.1:7]>) = 0 <0.000000001>
      1 1.250000000 clone(child_stack=NULL, flags=CLONE_CHILD_CLEARTID|SIGCHLD, child_tidptr=0x7f) = 2 <0.100000000>
      1 1.400000000 clone3({flags=CLONE_VM|CLONE_FILES|CLONE_THREAD, stack=0x7f}, 88) = 4 <0.000000001>
      4 1.500000000 close(3<TCP:[192.0.2.9:1000->192.0.2.1:7]>) = 0 <0.000000001>
      1 1.600000000 close(0<TCP:[192.0.2.9:1000->192.0.2.1:7]>) = 0 <0.000000001>
      2 1.700000000 +++ exited with 0 +++
      4 1.800000000 +++ exited with 0 +++
      1 1.900000000 +++ exited with 0 +++`);
    expect(new Set(calls.map(({ socket }) => socket)).size).toBe(1);
    expect(calls[0].socket).toMatchObject({ local: { address: '192.0.2.9', port: 1000 }, remote: { port: 7 } });
    const closing = calls.filter(({ effect }) => effect === 'closes');
    // The child, whose first line came before its parent's clone returned, had it to the end.
    expect(closing.map(({ pid, name, result }) => `${pid} ${name} ${result}`)).toEqual(['2 exit closes 3, 0']);
  });

  test('addresses of both families, and IPv4 in IPv6', () => {
    const six = (address: string) =>
      `{sa_family=AF_INET6, sin6_port=htons(7712), sin6_flowinfo=htonl(0), inet_pton(AF_INET6, "${address}", &sin6_addr), sin6_scope_id=0}`;
    expect(sockaddrOf(six('::1'))).toEqual({ address: '::1', port: 7712 });
    expect(sockaddrOf(six('::ffff:192.0.2.1'))).toEqual({ address: '192.0.2.1', port: 7712 });
    expect(sockaddrOf('{sa_family=AF_UNIX, sun_path="/run/x"}')).toBeUndefined();
  });

  test('the lengths of several messages at once', () => {
    const [call] = traced(
      '1 1.000000000 sendmmsg(3<UDP:[192.0.2.9:5->192.0.2.53:53]>, [{msg_hdr={msg_name=NULL, msg_iov=[{iov_base="ab", iov_len=2}]}, msg_len=2}, {msg_hdr={}, msg_len=31}], 2, MSG_NOSIGNAL) = 2 <0.000000001>',
    );
    expect(call.sizes).toEqual([2, 31]);
  });

  test('whatever a line is, it throws nothing', () => {
    const pieces = [
      '1 ',
      '1.000000000 ',
      'sendto(',
      '3<TCP:[',
      '1.2.3.4:5',
      '->',
      ']>',
      '"',
      '\\',
      ', ',
      '{',
      ') = ',
      '?',
      '-1 E',
      ' <unfinished ...>',
      '<... read resumed>',
      '+++',
      'clone(',
      ' <0.000000001>',
    ];
    const line = fc.array(fc.oneof(fc.constantFrom(...pieces), fc.string({ maxLength: 5 })), { maxLength: 20 });
    fc.assert(
      fc.property(fc.array(line, { maxLength: 10 }), (lines) => {
        traced(lines.map((parts) => parts.join('')).join('\n'));
      }),
      { numRuns: 2000 },
    );
  });
});
