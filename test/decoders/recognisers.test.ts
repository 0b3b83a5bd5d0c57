/** What recognises payloads says truly with which octets they can begin. */
import { expect, test } from '@jest/globals';
import { dissect, Walk, walkPacket } from '../../decoders/core/index.js';
import { registry } from '../../decoders/protocols/index.js';
import { loadFixtures } from '../support/fixtures.js';
import { Random } from '../support/random.js';

/** The payloads of the transports in all fixtures, in buffers with the transport's header before them. */
function payloads(): { carrier: string; octets: Uint8Array<ArrayBuffer>; start: number }[] {
  const walk = new Walk();
  return loadFixtures().flatMap(({ packet }) => {
    const { view, linkType, start, captured, original } = packet;
    walkPacket(registry, view, linkType, start, captured, original, walk);
    return Array.from({ length: walk.depth }, (_, depth) => {
      const carrier = registry.runtime(walk.protocol[depth]).protocol.filter;
      const end = Math.min(walk.end[depth], walk.capturedEnd);
      const octets = new Uint8Array(view.buffer, view.byteOffset + walk.start[depth], end - walk.start[depth]).slice();
      return { carrier, octets, start: walk.headerEnd[depth] - walk.start[depth] };
    }).filter(({ carrier, octets, start: at }) => (carrier === 'tcp' || carrier === 'udp') && at < octets.length);
  });
}

test('no recogniser takes a payload that begins with an octet that it does not declare', () => {
  const all = payloads();
  const random = new Random(7);
  let taken = 0;
  for (const { filter, recognises } of registry.protocols)
    for (const [over, recogniser] of Object.entries(recognises)) {
      const { first } = recogniser;
      if (first === undefined) continue;
      for (const { carrier, octets, start } of all) {
        if (carrier !== over) continue;
        const view = new DataView(octets.buffer);
        const own = octets[start];
        for (let octet = 0; octet < 256; octet++) {
          octets[start] = octet;
          const other = start + 1 + random.below(8);
          const before = octets[other];
          if (other < octets.length && random.below(2) === 0) octets[other] = random.below(256);
          if (recogniser(view, start, octets.length)) {
            taken++;
            if (!first(octet)) throw new Error(`${filter} takes a payload that begins with ${octet}`);
          }
          if (other < octets.length) octets[other] = before;
        }
        octets[start] = own;
      }
    }
  expect(taken).toBeGreaterThan(100);
});

test('a payload is recognised by whoever comes first in the list, whatever it begins with', () => {
  // SIP's methods are tokens, and so is `GET`: HTTP stands before it.
  const text = 'GET / HTTP/1.1\r\n\r\n';
  const octets = Uint8Array.from([...new Array(20).fill(0), ...Buffer.from(text, 'latin1')]);
  octets[12] = 0x50;
  const view = new DataView(octets.buffer);
  expect(registry.recognise(registry.idOf('tcp'), 0, view, 20, octets.length)).toBe(registry.idOf('http'));
  const frame = new Uint8Array(34 + octets.length);
  frame.set(Buffer.from('02000000000102000000000208004500', 'hex'));
  frame.set([0, 20 + octets.length, 0, 0, 0, 0, 64, 6], 16);
  octets.set([0xc3, 0x50, 0xc3, 0x51]);
  frame.set(octets, 34);
  const whole = {
    view: new DataView(frame.buffer),
    start: 0,
    captured: frame.length,
    original: frame.length,
    linkType: 1,
  };
  expect(dissect(registry, whole).layers.map(({ protocol }) => protocol)).toEqual(['eth', 'ip', 'tcp', 'http']);
});
