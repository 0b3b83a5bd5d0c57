/** Decrypted TLS, field by field, beside what tshark decrypts with the same key log. */

import { spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { FieldComparison, hasTshark, spoilt, textOf, trees } from '../support/decrypted.js';
import { pcapOf, removeFolders, temporaryFolder } from '../support/packets.js';
import { certificateIn, type TlsCase, type TlsConversation, tlsConversation } from '../support/tls-conversations.js';

const PROTOCOLS = ['tls', 'http', 'http2'];

const hasOpenssl = spawnSync('openssl', ['version']).status === 0;

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
});
if (!hasOpenssl) throw new Error('these tests make a certificate with the openssl command');
