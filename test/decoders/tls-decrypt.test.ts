/** Decrypted TLS, field by field, beside what tshark decrypts with the same key log. */

import { spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { KeyLog } from '../../captures/secrets/key-log.js';
import { secretsOf } from '../../captures/secrets/node-secrets.js';
import type { FieldNode, PacketTree } from '../../decoders/core/index.js';
import { registry } from '../../decoders/protocols/index.js';
import { Session } from '../../decoders/session/session.js';
import { pcapOf, removeFolders, type TestPacket, temporaryFolder } from '../support/packets.js';
import { certificateIn, type TlsCase, type TlsConversation, tlsConversation } from '../support/tls-conversations.js';

const ETHERNET = 1;
const PROTOCOLS = ['tls', 'http', 'http2', 'data-text-lines'];

const hasTshark = spawnSync('tshark', ['-v']).status === 0;
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

/** Every packet's tree. */
function trees(packets: readonly TestPacket[], keyLog: string): PacketTree[] {
  const log = new KeyLog();
  log.add(keyLog);
  const session = new Session(registry, { secrets: secretsOf(log) });
  return packets.map(({ data }, index) => {
    const view = new DataView(data.buffer, data.byteOffset, data.length);
    const { length } = data;
    return session.dissect({
      view,
      start: 0,
      captured: length,
      original: length,
      linkType: ETHERNET,
      number: index + 1,
    });
  });
}

function collect(fields: readonly FieldNode[], into: Map<string, string[]>): void {
  for (const { name, text, fields: inner } of fields) {
    const values = into.get(name);
    if (values === undefined) into.set(name, [text]);
    else values.push(text);
    if (inner !== undefined) collect(inner, into);
  }
}

/** All values of a packet by field. */
function valuesOf(tree: PacketTree): Map<string, string[]> {
  const values = new Map<string, string[]>();
  for (const layer of tree.layers) collect(layer.fields, values);
  return values;
}

const textOf = (tree: PacketTree, name: string): string => valuesOf(tree).get(name)?.join('|') ?? '';

/** The fields of those protocols that tshark has, too. */
function comparable(): string[] {
  const listed = spawnSync('tshark', ['-G', 'fields'], { encoding: 'utf8', maxBuffer: 1 << 28 }).stdout;
  const theirs = new Set(
    listed
      .split('\n')
      .filter((line) => line.startsWith('F\t'))
      .map((line) => line.split('\t')[2]),
  );
  return [...registry.fields()]
    .filter(({ name, kind }) => PROTOCOLS.includes(name.split('.')[0]) && kind !== 'group' && theirs.has(name))
    .map(({ name }) => name);
}

describe('decrypted TLS', () => {
  let folder = '';
  let certificate: { key: Buffer; cert: Buffer };
  beforeAll(() => {
    folder = temporaryFolder();
    certificate = certificateIn(folder);
  });
  afterAll(removeFolders);

  const fields = hasTshark ? comparable() : [];

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
      const wrong = said.keyLog.replace(/ ([0-9a-f]{64,96})$/gm, (_all, secret: string) => {
        const last = secret.endsWith('0') ? '1' : '0';
        return ` ${secret.slice(0, -1)}${last}`;
      });
      const shown = trees(said.packets, wrong);
      const plain = trees(said.packets, '');
      expect(shown).toEqual(plain);
    });

    (hasTshark ? test : test.skip)('the same fields as tshark’s', () => {
      const path = join(folder, 'one.pcap');
      const keys = join(folder, 'one.keys');
      writeFileSync(path, pcapOf(said.packets));
      writeFileSync(keys, said.keyLog);
      const arguments_ = ['-n', '-r', path, '-o', `tls.keylog_file:${keys}`, '-T', 'fields', '-E', 'aggregator=|'];
      const asked = fields.flatMap((field) => ['-e', field]);
      const { stdout } = spawnSync('tshark', [...arguments_, ...asked], { encoding: 'utf8', maxBuffer: 1 << 28 });
      const theirs = stdout.split('\n');
      let all = 0;
      const different: string[] = [];
      trees(said.packets, said.keyLog).forEach((tree, index) => {
        const ours = valuesOf(tree);
        const columns = theirs[index].split('\t');
        fields.forEach((field, place) => {
          const mine = ours.get(field)?.join('|') ?? '';
          const yours = columns[place] ?? '';
          // An empty DATA frame that ends a stream has the whole body in tshark, which joins the frames before it.
          if ((mine === '' && yours === '') || (field === 'http2.data.data' && mine === '')) return;
          all++;
          if (mine !== yours) different.push(`${index + 1} ${field}: ${mine.slice(0, 60)} ≠ ${yours.slice(0, 60)}`);
        });
      });
      expect(all).toBeGreaterThan(100);
      expect(different).toEqual([]);
    });
  });
});
if (!hasOpenssl) throw new Error('these tests make a certificate with the openssl command');
