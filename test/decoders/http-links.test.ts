/** What messages of HTTP tell of one another, as tshark 4.0 has it; and that it is the same when nobody looked at the earlier ones. */

import { expect, test } from '@jest/globals';
import { findField } from '../../decoders/core/index.js';
import { registry } from '../../decoders/protocols/index.js';
import { Session, type SessionPacket } from '../../decoders/session/session.js';
import { segmentFrame } from '../support/segments.js';

const request = (uri: string): string => `GET ${uri} HTTP/1.1\r\nHost: a\r\n\r\n`;
const response = (code: number): string => `HTTP/1.1 ${code} X\r\nContent-Length: 2\r\n\r\nok`;

/** Segments in turn, ten milliseconds apart; `>` is from the client. */
function conversation(...said: readonly (readonly ['>' | '<', string])[]): SessionPacket[] {
  const sequence = { '>': 1000, '<': 5000 };
  return said.map(([way, text], index) => {
    const back = way === '<';
    const frame = segmentFrame({
      at: 0,
      back,
      seq: sequence[way],
      ack: sequence[back ? '>' : '<'],
      length: text.length,
    });
    frame.write(text, 54, 'latin1');
    sequence[way] += text.length;
    const view = new DataView(frame.buffer, frame.byteOffset, frame.length);
    const size = { start: 0, captured: frame.length, original: frame.length };
    return { view, ...size, linkType: 1, number: index + 1, timeHigh: 400_000_000, timeLow: index * 10_000_000 };
  });
}

const names = ['request_number', 'response_number', 'request_in', 'time', 'prev_request_in', 'prev_response_in'];

/** What the last layer of HTTP of a tree says, in the order of `names`, and the URI that it answers. */
function linksOf(session: Session, packet: SessionPacket): string {
  const layer = session.dissect(packet).layers.findLast(({ protocol }) => protocol === 'http');
  const fields = layer?.fields ?? [];
  return [...names, 'response_for.uri'].map((name) => findField(fields, `http.${name}`)?.text ?? '-').join(' ');
}

const talk = conversation(
  ['>', request('/1') + request('/2')],
  ['<', response(200)],
  ['<', response(404)],
  ['>', request('/3')],
  ['<', 'HTTP/1.1 100 Continue\r\n\r\n'],
  ['<', response(200)],
);
const expected = [
  // Two requests: the first's number, and the second's predecessor.
  '1 - - - 1 - -',
  '- 2 1 0.010000000 1 - http://a/2',
  '- 3 - - 1 2 http://a/2',
  '4 - - - - - -',
  '- 4 4 0.010000000 - 3 http://a/3',
  '- 5 - - 4 5 http://a/3',
];

test('a response is one to the last request, unless that has one', () => {
  const session = new Session(registry);
  expect(talk.map((packet) => linksOf(session, packet))).toEqual(expected);
});

test('it is the same when the messages before were only followed', () => {
  talk.forEach((packet, index) => {
    const session = new Session(registry);
    for (const earlier of talk.slice(0, index)) session.follow(earlier);
    expect(linksOf(session, packet)).toBe(expected[index]);
  });
});

test('a NOTIFY is no request', () => {
  const [notify, answer] = conversation(['>', 'NOTIFY /x HTTP/1.1\r\nHost: a\r\n\r\n'], ['<', response(200)]);
  for (const look of [true, false]) {
    const session = new Session(registry);
    if (look) expect(linksOf(session, notify)).toBe('- - - - - - -');
    else session.follow(notify);
    expect(linksOf(session, answer)).toBe('- 1 - - - - -');
  }
});
