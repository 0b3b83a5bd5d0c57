/** The system's resolver, asked for names: a real DNS server on loopback answers, late, wrongly or not at all. */

import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { SystemResolver } from '../../captures/names/system-resolver.js';

let server: Socket;
let address: string;
/** Questions in the order in which they came, as the names that were asked for. */
const questions: string[] = [];
let unanswered = 0;
let mostUnanswered = 0;
/** Milliseconds until the answer; null for none. */
let delay: number | null = 0;

/** The labels of a name in a question (RFC 1035, section 4.1.2), and where it ends. */
function questionOf(message: Buffer): { name: string; end: number } {
  const labels: string[] = [];
  let at = 12;
  for (let length = message[at]; length > 0; length = message[at]) {
    labels.push(message.toString('latin1', at + 1, at + 1 + length));
    at += 1 + length;
  }
  return { name: labels.join('.'), end: at + 5 };
}

/** `host.example` for every address but those of 198.51.100.0/24, which have no name (RCODE 3). */
function answerTo(message: Buffer): Buffer {
  const { name, end } = questionOf(message);
  const known = !name.endsWith('.100.51.198.in-addr.arpa');
  const head = Buffer.from(message.subarray(0, end));
  head.writeUInt16BE(known ? 0x8180 : 0x8183, 2);
  head.writeUInt16BE(known ? 1 : 0, 6);
  head.writeUInt16BE(0, 10);
  const target = Buffer.from('\x04host\x07example\0', 'latin1');
  const record = Buffer.from([0xc0, 12, 0, 12, 0, 1, 0, 0, 0, 60, 0, target.length]);
  return known ? Buffer.concat([head, record, target]) : head;
}

beforeAll(async () => {
  server = createSocket('udp4');
  server.on('message', (message, { port, address: from }) => {
    questions.push(questionOf(message).name);
    mostUnanswered = Math.max(mostUnanswered, ++unanswered);
    if (delay === null) return;
    setTimeout(() => {
      unanswered--;
      server.send(answerTo(message), port, from);
    }, delay);
  });
  server.bind(0, '127.0.0.1');
  await once(server, 'listening');
  address = `127.0.0.1:${server.address().port}`;
});
afterAll(() => {
  server.close();
});

test('IPv4 and IPv6 have names, an address without one has none, and each is asked for once', async () => {
  const resolver = new SystemResolver([address]);
  const wanted = ['192.0.2.1', '2001:db8::1', '198.51.100.7', '192.0.2.1'];
  const expected = new Map([
    ['192.0.2.1', ['host.example']],
    ['2001:db8::1', ['host.example']],
  ]);
  const both = await Promise.all([resolver.names(wanted), resolver.names(wanted)]);
  for (const answer of [...both, await resolver.names(wanted)]) expect(answer).toEqual({ names: expected, pending: 0 });
  expect(questions.splice(0).sort()).toEqual([
    '1.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.8.b.d.0.1.0.0.2.ip6.arpa',
    '1.2.0.192.in-addr.arpa',
    '7.100.51.198.in-addr.arpa',
  ]);
  resolver.close();
});

test('nobody is asked for groups, network cards and texts', async () => {
  const resolver = new SystemResolver([address]);
  const texts = [
    '224.0.0.251',
    '255.255.255.255',
    '0.0.0.0',
    '::',
    'ff02::fb',
    'fe80::1%lo',
    '00:00:0c:00:00:01',
    'host.example',
    '',
  ];
  expect(await resolver.names(texts)).toEqual({ names: new Map(), pending: 0 });
  expect(questions).toEqual([]);
  resolver.close();
});

test('at most sixteen questions are open at once', async () => {
  const resolver = new SystemResolver([address]);
  delay = 5;
  mostUnanswered = 0;
  const many = Array.from({ length: 200 }, (_, i) => `203.0.113.${i + 1}`);
  const { names, pending } = await resolver.names(many);
  expect([names.size, pending]).toEqual([200, 0]);
  expect(mostUnanswered).toBeLessThanOrEqual(16);
  expect(questions.splice(0)).toHaveLength(200);
  resolver.close();
});

test('a resolver that does not answer holds nobody up, and what is pending is said', async () => {
  const resolver = new SystemResolver([address]);
  delay = null;
  const { names, pending } = await resolver.names(['192.0.2.9', '192.0.2.10']);
  expect([names.size, pending]).toEqual([0, 2]);
  resolver.close();
});
