/** Messages of WebSockets that need what came before: compressed ones, and those in several frames. */

import { constants, deflateRawSync } from 'node:zlib';
import { expect, test } from '@jest/globals';
import { registry } from '../../decoders/protocols/index.js';
import { Session } from '../../decoders/session/session.js';
import { segmentFrame } from '../support/segments.js';

const handshake = (extension: string): [boolean, Buffer][] => [
  [false, Buffer.from(`GET / HTTP/1.1\r\nHost: a\r\nUpgrade: websocket\r\n${extension}\r\n`)],
  [true, Buffer.from(`HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n${extension}\r\n`)],
];
const COMPRESSED = 'Sec-WebSocket-Extensions: permessage-deflate\r\n';

function frame(first: number, octets: Buffer): Buffer {
  return Buffer.concat([Buffer.from([first, octets.length]), octets]);
}

/** Compressed as RFC 7692, section 7.2.1, has it; `before` is what the same sender sent before. */
function compressed(text: string, before = ''): Buffer {
  const dictionary = before === '' ? undefined : Buffer.from(before);
  const found = deflateRawSync(text, { finishFlush: constants.Z_SYNC_FLUSH, ...(dictionary && { dictionary }) });
  return found.subarray(0, -4);
}

/** What each packet says in the fields of these names, behind the handshake. */
function said(extension: string, frames: readonly Buffer[], ...names: string[]): string[] {
  const session = new Session(registry);
  const sequence = [1000, 5000];
  const server = frames.map((octets): [boolean, Buffer] => [true, octets]);
  const found = [...handshake(extension), ...server].map(([back, octets], index) => {
    const way = back ? 1 : 0;
    const seq = sequence[way];
    const packet = segmentFrame({ at: 0, back, seq, ack: sequence[1 - way], length: octets.length });
    octets.copy(packet, 54);
    sequence[way] += octets.length;
    const view = new DataView(packet.buffer, packet.byteOffset, packet.length);
    const size = { start: 0, captured: packet.length, original: packet.length };
    const { layers } = session.dissect({ view, ...size, linkType: 1, number: index + 1 });
    const fields = layers.filter(({ protocol }) => protocol === 'websocket').flatMap((layer) => layer.fields);
    return fields
      .flatMap((field) => [field, ...(field.fields ?? [])])
      .filter(({ name }) => names.includes(name.replace('websocket.', '')))
      .map(({ text }) => text)
      .join(' ');
  });
  return found.slice(2);
}

test('compressed messages refer to those before them', () => {
  const text = '{"hello":"compressed world"}';
  const again = compressed(text, text);
  expect(again.length).toBeLessThan(text.length / 2);
  const frames = [frame(0xc1, compressed(text)), frame(0xc1, again), frame(0x81, Buffer.from('plain'))];
  expect(said(COMPRESSED, frames, 'payload.text', 'pmc')).toEqual([`1 ${text}`, `1 ${text}`, '0 plain']);
});

test('where the server forgets, they do not', () => {
  const frames = ['first', 'second'].map((text) => frame(0xc1, compressed(text)));
  const extension = COMPRESSED.replace('deflate', 'deflate; server_no_context_takeover');
  expect(said(extension, frames, 'payload.text')).toEqual(['first', 'second']);
});

test('without the extension nothing is inflated', () => {
  expect(said('', [frame(0xc1, Buffer.from('as it is'))], 'payload.text', 'pmc')).toEqual(['as it is']);
});

test('the last fragment shows the message, whatever stands between them', () => {
  const fragments: [number, string][] = [
    [0x01, 'hel'],
    [0x89, 'p'],
    [0x00, 'lo wo'],
    [0x80, 'rld'],
    [0x80, 'stray'],
  ];
  const frames = fragments.map(([first, text]) => frame(first, Buffer.from(text)));
  const names = ['payload.text', 'fragment', 'fragment.count', 'reassembled.length'];
  expect(said('', frames, ...names)).toEqual(['', '', '', 'hello world 3 5 6 3 11', '']);
});

test('a message that becomes too much is not inflated further, and does no harm', () => {
  const bomb = compressed('\0'.repeat(10 << 20)).subarray(0, 100);
  const [first] = said(COMPRESSED, [Buffer.concat([frame(0xc2, bomb), frame(0xc1, bomb)])], 'payload.text');
  expect(first.length).toBeLessThan(3 << 20);
});
