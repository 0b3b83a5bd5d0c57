/** What messages carry: layers of their own behind the message, also where several packets bring it, and whatever it is. */

import { expect, test } from '@jest/globals';
import type { Body, PacketTree } from '../../decoders/core/index.js';
import { CollectedOctets } from '../../decoders/protocols/collected-octets.js';
import { registry } from '../../decoders/protocols/index.js';
import { Session } from '../../decoders/session/session.js';
import { segmentFrame } from '../support/segments.js';

type Turn = readonly [fromServer: boolean, text: string];

/** The trees of the packets of one conversation with a server at that port. */
function conversation(port: number, turns: readonly Turn[]): PacketTree[] {
  const session = new Session(registry);
  const sequence = [1000, 5000];
  return turns.map(([fromServer, text], index) => {
    const payload = Buffer.from(text);
    const [own, other] = fromServer ? [1, 0] : [0, 1];
    const numbers = { seq: sequence[own], ack: sequence[other], length: payload.length };
    sequence[own] += payload.length;
    const bytes = segmentFrame({ at: index, back: fromServer, flags: 'P', ...numbers });
    payload.copy(bytes, bytes.length - payload.length);
    bytes.writeUInt16BE(port, fromServer ? 34 : 36);
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
    const size = { start: 0, captured: bytes.length, original: bytes.length };
    return session.dissect({ view, ...size, linkType: 1, number: index + 1 });
  });
}

const layersOf = ({ layers }: PacketTree) => layers.map(({ protocol }) => protocol).slice(3);

function answer(type: string, body: string): PacketTree {
  const head = `HTTP/1.1 200 OK\r\nContent-Type: ${type}\r\nContent-Length: ${Buffer.byteLength(body)}\r\n\r\n`;
  return conversation(80, [[true, head + body]])[0];
}

test('a mail that several packets bring is shown by the one with its dot', () => {
  const trees = conversation(25, [
    [false, 'DATA\r\n'],
    [true, '354 go on\r\n'],
    [false, 'From: a@a.example\r\nSubject: s\r\n'],
    [false, 'Content-Type: text/plain; charset=utf-8\r\n\r\nhello\r\n'],
    [false, '.\r\n'],
  ]);
  expect(trees.map(layersOf)).toEqual([
    ['smtp'],
    ['smtp'],
    ['smtp', 'data-text-lines'],
    ['smtp', 'data-text-lines'],
    ['smtp', 'imf', 'data-text-lines'],
  ]);
  expect([trees[4].protocol, trees[4].info]).toEqual(['SMTP/IMF', 'from: a@a.example, subject: s,  (text/plain)']);
});

test('what is no JSON is shown as text behind it', () => {
  expect(layersOf(answer('application/json', '{"a":1}'))).toEqual(['http', 'json']);
  for (const body of [
    '{"a":1',
    '[1,]',
    '{"a":01}',
    "{'a':1}",
    '['.repeat(60_000),
    `${'['.repeat(65)}${']'.repeat(65)}`,
  ])
    expect(layersOf(answer('application/json', body))).toEqual(['http', 'json', 'data-text-lines']);
});

test('a text of very many values is shown in part', () => {
  const { problems, layers } = answer('application/json', `[${'1,'.repeat(20_000)}1]`);
  expect(problems.filter(({ kind }) => kind === 'malformed')).toEqual([]);
  expect(layers.at(-1)?.protocol).toBe('json');
});

test('parts within parts are followed so far', () => {
  let body = 'x';
  for (let depth = 0; depth < 20; depth++)
    body = `--b${depth}b\r\nContent-Type: ${depth === 0 ? 'text/plain' : `multipart/mixed; boundary=b${depth - 1}b`}\r\n\r\n${body}\r\n--b${depth}b--`;
  const found = layersOf(answer('multipart/mixed; boundary=b19b', body));
  expect(found.filter((name) => name === 'mime_multipart').length).toBe(8);
});

test('what comes in pieces of one octet takes no more memory than its octets and their packets, and is whole', () => {
  let kept = 0;
  const talk = { packet: 0, keeps: (more: number) => (kept += more) };
  const view = new DataView(new ArrayBuffer(250));
  for (let i = 0; i < view.byteLength; i++) view.setUint8(i, i);
  const body = { view, dissection: { conversation: talk } } as unknown as Body;
  const octets = new CollectedOctets();
  const most = 100_000;
  for (let i = 0; i < most; i++) {
    talk.packet = i + 1;
    octets.add(body, i % 250, (i % 250) + 1);
    expect(kept).toBeGreaterThanOrEqual(i + 1);
  }
  // Memory that doubles, and eight octets for the number of each packet.
  expect(kept).toBeLessThanOrEqual(10 * most);
  const whole = octets.take(body) as Uint8Array;
  expect([whole.length, whole[249], whole[250], kept]).toEqual([most, 249, 0, 0]);
});
