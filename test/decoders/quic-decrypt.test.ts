/**
 * Decrypted QUIC, field by field, beside tshark's. The capture is of ngtcp2's client and server (version 0.12.1): two
 * requests of HTTP/3 on loopback, and an update of the keys; its secrets are in a Decryption Secrets Block.
 */

import { fileURLToPath } from 'node:url';
import { beforeAll, describe, expect, test } from '@jest/globals';
import { EPB, forEachPacket } from '../../captures/formats/epb.js';
import { keyLogTexts } from '../../captures/secrets/secrets-blocks.js';
import { openFile } from '../../captures/sources/file.js';
import { FieldComparison, hasTshark, spoilt, textOf, trees } from '../support/decrypted.js';

const FILE = fileURLToPath(new URL('../../../test/fixtures/quic/http3-key-update.pcapng', import.meta.url));

describe('decrypted QUIC', () => {
  const packets: { data: Uint8Array }[] = [];
  let keyLog = '';
  beforeAll(async () => {
    const source = await openFile(FILE);
    for (let block = await source.next(); block !== null; block = await source.next()) {
      const { bytes } = block;
      keyLog += keyLogTexts(bytes).join('');
      forEachPacket(bytes, (view, at) => {
        const start = at + EPB.data;
        packets.push({ data: bytes.slice(start, start + view.getUint32(at + EPB.captured, true)) });
      });
    }
  });

  test('the handshake, the streams and the updated keys are there', () => {
    const shown = trees(packets, keyLog);
    expect(shown.map((tree) => textOf(tree, 'tls.handshake.type')).filter((types) => types !== '')).toEqual([
      '1',
      '2|8|11|15|20',
      '20',
      '4',
    ]);
    expect(shown.at(-1)?.info).toMatch(/^Protected Payload \(KP1\).*CC$/);
    expect(shown.flatMap(({ problems }) => problems.filter(({ kind }) => kind === 'malformed'))).toEqual([]);
  });

  test('HTTP/3 is shown with its headers, also those of the dynamic table', () => {
    const shown = trees(packets, keyLog);
    const has = (name: string) => shown.map((tree) => textOf(tree, name)).filter((values) => values !== '');
    expect(has('http3.headers.path')).toEqual(['/s.txt|/s.txt']);
    expect(has('http3.headers.authority')).toEqual(['127.0.0.1:4433|127.0.0.1:4433']);
    expect(has('http3.headers.status')).toEqual(['200|200']);
    const body = Buffer.from('hello '.repeat(50)).toString('hex');
    expect(
      has('http3.frame_payload')
        .at(-1)
        ?.split('|')
        .filter((payload) => payload === body),
    ).toHaveLength(2);
  });

  test('other secrets show nothing, and no rubbish', () => {
    expect(trees(packets, spoilt(keyLog))).toEqual(trees(packets, ''));
  });

  (hasTshark ? test : test.skip)('the same fields as tshark’s', () => {
    const options = ['-d', 'udp.port==4433,quic'];
    const fields = new FieldComparison(['quic', 'tls', 'http3']);
    const { compared, different } = fields.compare(trees(packets, keyLog), FILE, options);
    expect(compared).toBeGreaterThan(400);
    // Packet 6 repeats packet 4's frames, of which tshark shows the HTTP/3 again.
    expect(different.filter((one) => !one.startsWith('6 http3.'))).toEqual([]);
    expect(different.length).toBeLessThan(10);
  });
});
