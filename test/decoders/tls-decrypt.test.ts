/** Decrypted TLS, field by field, beside what tshark decrypts with the same key log. */

import { spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { KeyLog } from '../../captures/secrets/key-log.js';
import { secretsOf } from '../../captures/secrets/node-secrets.js';
import { TlsOpener } from '../../decoders/protocols/tls-open.js';
import { FieldComparison, hasTshark, spoilt, textOf, trees } from '../support/decrypted.js';
import { pcapOf, removeFolders, temporaryFolder } from '../support/packets.js';
import {
  certificateIn,
  keyUpdates,
  type TlsCase,
  type TlsConversation,
  tlsConversation,
} from '../support/tls-conversations.js';

const PROTOCOLS = ['tls', 'http', 'http2'];

const hasOpenssl = spawnSync('openssl', ['version']).status === 0;

/** `SSL_OP_NO_ENCRYPT_THEN_MAC`, for which Node has no name. */
const NO_ENCRYPT_THEN_MAC = 1 << 19;

const suites: readonly (TlsCase & { readonly title: string })[] = [
  ...['TLS_AES_128_GCM_SHA256', 'TLS_AES_256_GCM_SHA384', 'TLS_CHACHA20_POLY1305_SHA256', 'TLS_AES_128_CCM_SHA256'].map(
    (suite) => ({ title: suite, version: 'TLSv1.3' as const, suite }),
  ),
  ...[
    'ECDHE-ECDSA-AES128-GCM-SHA256',
    'ECDHE-ECDSA-AES256-GCM-SHA384',
    'ECDHE-ECDSA-CHACHA20-POLY1305',
    'ECDHE-ECDSA-AES128-CCM',
    'ECDHE-ECDSA-AES256-CCM8',
    'ECDHE-ECDSA-AES128-SHA',
    'ECDHE-ECDSA-AES128-SHA256',
    'ECDHE-ECDSA-AES256-SHA384',
  ].map((suite) => ({ title: `TLS 1.2 ${suite}`, version: 'TLSv1.2' as const, suite })),
  {
    title: 'TLS 1.2 ECDHE-ECDSA-AES128-SHA256, encrypted after its check',
    version: 'TLSv1.2',
    suite: 'ECDHE-ECDSA-AES128-SHA256',
    secureOptions: NO_ENCRYPT_THEN_MAC,
  },
  { title: 'HTTP/2 in TLS 1.3', version: 'TLSv1.3', http2: true },
  { title: 'HTTP/2 in TLS 1.2', version: 'TLSv1.2', http2: true },
];

describe('decrypted TLS', () => {
  let folder = '';
  let certificate: { key: Buffer; cert: Buffer };
  beforeAll(() => {
    folder = temporaryFolder();
    certificate = certificateIn(folder);
  });
  afterAll(removeFolders);

  const fields = new FieldComparison(PROTOCOLS);

  describe.each(suites)('$title', (which) => {
    let said: TlsConversation;
    beforeAll(async () => {
      said = await tlsConversation(certificate, which);
    });

    test('what both said is there', () => {
      const shown = trees(said.packets, said.keyLog);
      const paths = shown.map((tree) => textOf(tree, which.http2 === true ? 'http2.headers.path' : 'http.request.uri'));
      expect(paths.filter((path) => path !== '')).toEqual(['/one', '/two']);
      const problems = shown.flatMap((tree) => tree.problems.filter(({ kind }) => kind === 'malformed'));
      expect(problems).toEqual([]);
    });

    test('another session’s secrets show nothing, and no rubbish', () => {
      const shown = trees(said.packets, spoilt(said.keyLog));
      const plain = trees(said.packets, '');
      expect(shown).toEqual(plain);
    });

    (hasTshark ? test : test.skip)('the same fields as tshark’s', () => {
      const path = join(folder, 'one.pcap');
      const keys = join(folder, 'one.keys');
      writeFileSync(path, pcapOf(said.packets));
      writeFileSync(keys, said.keyLog);
      const shown = trees(said.packets, said.keyLog);
      const { compared, different } = fields.compare(shown, path, ['-o', `tls.keylog_file:${keys}`]);
      expect(compared).toBeGreaterThan(100);
      expect(different).toEqual([]);
    });
  });

  test('updates of the keys', async () => {
    const { packets, keyLog } = await keyUpdates(folder);
    const shown = trees(packets, keyLog);
    const lines = shown.flatMap(({ sources = [] }) =>
      sources.filter(({ name }) => name === 'Decrypted TLS').map(({ bytes }) => Buffer.from(bytes).toString().trim()),
    );
    expect(lines).toEqual(['first', 'tsrif', 'second', 'dnoces', 'third', 'driht']);
    const updates = shown.map((tree) => textOf(tree, 'tls.handshake.key_update.request_update')).filter(Boolean);
    expect(updates).toEqual(['1', '0', '1', '0']);
    // On a port that says nothing, they are octets that nobody knows.
    for (const { data } of packets) {
      const view = new DataView(data.buffer, data.byteOffset, data.length);
      for (const at of [34, 36]) if (view.getUint16(at) === 443) view.setUint16(at, 18450);
    }
    const unknown = trees(packets, keyLog).flatMap(({ layers }) =>
      layers.filter(({ protocol }) => protocol === 'data'),
    );
    expect(unknown.map(({ length }) => length)).toEqual(lines.map((line) => line.length + 1));
  });

  test('records that are missing do not hide those behind them', async () => {
    const { packets, keyLog } = await tlsConversation(certificate, { version: 'TLSv1.3' });
    const log = new KeyLog();
    log.add(keyLog);
    const opener = new TlsOpener(secretsOf(log));
    const waiting = [Buffer.alloc(0), Buffer.alloc(0)];
    const said: string[] = [];
    let requests = 0;
    for (const { data } of packets) {
      const direction = data[29] === 1 ? 0 : 1;
      let bytes = Buffer.concat([waiting[direction], data.subarray(54)]);
      while (bytes.length >= 5 && bytes.length >= 5 + bytes.readUInt16BE(3)) {
        const record = bytes.subarray(0, 5 + bytes.readUInt16BE(3));
        bytes = bytes.subarray(record.length);
        // The client's first of this type is the end of its handshake, the second is its first request.
        if (direction === 0 && record[0] === 23 && ++requests === 2) continue;
        const sealed = { type: record[0], version: record.readUInt16BE(1), fragment: record.subarray(5) };
        const opened = opener.record(direction, sealed);
        if (opened !== undefined && direction === 0) said.push(Buffer.from(opened.octets).toString('latin1'));
      }
      waiting[direction] = bytes;
    }
    expect(said.filter((text) => text.startsWith('GET')).map((text) => text.split(' ')[1])).toEqual(['/two']);
  });
});
if (!hasOpenssl) throw new Error('these tests make a certificate with the openssl command');
