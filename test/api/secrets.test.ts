/** Secrets: what they decrypt in packets, filters and exports, and where they are kept. */

import { spawnSync } from 'node:child_process';
import { appendFileSync, existsSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { pcapOf, removeFolders, temporaryFolder } from '../support/packets.js';
import { certificateIn, type TlsConversation, tlsConversation } from '../support/tls-conversations.js';
import { isRoot, netglass, TestDaemon } from './daemon.js';

interface Secrets {
  readonly labels: Record<string, number>;
  readonly sessions: number;
  readonly taken: { readonly labels: Record<string, number>; known: number; ignored: number; refused: number };
}
interface Packets {
  readonly packets: { readonly number: number; readonly protocol: string; readonly info: string }[];
}

const QUIC = fileURLToPath(new URL('../../../test/fixtures/quic/http3-key-update.pcapng', import.meta.url));
const LABELS = {
  CLIENT_HANDSHAKE_TRAFFIC_SECRET: 1,
  SERVER_HANDSHAKE_TRAFFIC_SECRET: 1,
  CLIENT_TRAFFIC_SECRET_0: 1,
  SERVER_TRAFFIC_SECRET_0: 1,
  EXPORTER_SECRET: 1,
};

let daemon: TestDaemon;
let folder: string;
let said: TlsConversation;
beforeAll(async () => {
  folder = temporaryFolder();
  daemon = await TestDaemon.start();
  said = await tlsConversation(certificateIn(folder), { version: 'TLSv1.3', http2: true });
});
afterAll(async () => {
  await daemon.stop();
  removeFolders();
});

async function imported(file: Uint8Array = pcapOf(said.packets)): Promise<string> {
  const { status, body } = await daemon.import(file);
  expect(status).toBe(201);
  return body.id;
}

async function give(id: string, body: string): Promise<{ status: number; body: Secrets }> {
  const answer = await daemon.fetch(`/api/captures/${id}/secrets`, { method: 'POST', body });
  return { status: answer.status, body: (await answer.json()) as Secrets };
}
const found = async (id: string, filter: string): Promise<Packets['packets']> =>
  (await daemon.json<Packets>(`/api/captures/${id}/packets?filter=${encodeURIComponent(filter)}`)).body.packets;
async function exported(id: string): Promise<string> {
  const path = join(folder, `${id}.pcapng`);
  const answer = await daemon.fetch(`/api/captures/${id}/export?format=pcapng`);
  writeFileSync(path, new Uint8Array(await answer.arrayBuffer()));
  return path;
}
const requests = 'http2.headers.method == "GET"';

describe('secrets of a capture', () => {
  test('are counted by label; rubbish is counted and ignored', async () => {
    const id = await imported();
    const rubbish = 'not a secret\nCLIENT_RANDOM 12 34\n\n# a comment\n';
    const { status, body } = await give(id, rubbish + said.keyLog);
    expect(status).toBe(200);
    expect(body).toEqual({
      taken: { labels: LABELS, known: 0, ignored: 2, refused: 0 },
      labels: LABELS,
      sessions: 1,
    });
    expect((await give(id, said.keyLog)).body.taken).toMatchObject({ labels: LABELS, known: 5 });
    expect((await daemon.json<Secrets>(`/api/captures/${id}/secrets`)).body).toEqual({ labels: LABELS, sessions: 1 });
  });

  test('let filters, lists and trees see what was encrypted, though the filter was asked before', async () => {
    const id = await imported();
    expect(await found(id, requests)).toEqual([]);
    await give(id, said.keyLog);
    const packets = await found(id, requests);
    expect(packets.map(({ info }) => /GET \/\w+/.exec(info)?.[0])).toEqual(['GET /one', 'GET /two']);
    const detail = await daemon.json<{ layers: { protocol: string }[]; sources: { name: string; bytes: string }[] }>(
      `/api/captures/${id}/packets/${packets[0].number}`,
    );
    expect(detail.body.layers.map(({ protocol }) => protocol)).toContain('http2');
    expect(Buffer.from(detail.body.sources[0].bytes, 'base64').toString('latin1')).toMatch(/^PRI \* HTTP\/2\.0/);
  });

  test('are in one file that only its owner may read, and go with the capture', async () => {
    const id = await imported();
    await give(id, said.keyLog);
    const own = join(daemon.data, 'captures', id);
    const path = join(own, 'secrets.keys');
    expect(statSync(path).mode & 0o777).toBe(0o600);
    const secret = said.keyLog.trim().split(/\s+/).at(-1) as string;
    expect(readFileSync(path, 'latin1')).toContain(secret);
    for (const name of readdirSync(own))
      if (name !== 'secrets.keys') {
        const stored = readFileSync(join(own, name));
        expect(stored.includes(secret) || stored.includes(Buffer.from(secret, 'hex'))).toBe(false);
      }
    expect(daemon.output.join('')).not.toContain(secret);
    expect(JSON.stringify((await daemon.json(`/api/captures/${id}`)).body)).not.toContain(secret);
    await daemon.fetch(`/api/captures/${id}`, { method: 'DELETE' });
    expect(existsSync(own)).toBe(false);
  });

  test('are carried by an export, with which tshark decrypts, and taken from an import', async () => {
    const id = await imported();
    await give(id, said.keyLog);
    const path = await exported(id);
    const { stdout } = spawnSync(
      'tshark',
      ['-n', '-r', path, '-Y', requests, '-T', 'fields', '-e', 'http2.headers.path'],
      {
        encoding: 'utf8',
      },
    );
    expect(stdout.trim().split('\n')).toEqual(['/one', '/two']);
    const again = await imported(readFileSync(path));
    expect((await daemon.json<Secrets>(`/api/captures/${again}/secrets`)).body).toEqual({
      labels: LABELS,
      sessions: 1,
    });
    expect(await found(again, requests)).toHaveLength(2);
    // Once, not once from the log and once from the folder.
    expect(readFileSync(await exported(again)).length).toBe(readFileSync(path).length);
    const read = await netglass(['read', '-r', path, '-Y', requests, '-T', 'fields', '-e', 'http2.headers.path']);
    expect(read.stdout.trim().split('\n')).toEqual(['/one', '/two']);
  });

  test('of QUIC come with an imported file: HTTP/3 is found and listed', async () => {
    const id = await imported(readFileSync(QUIC));
    const packets = await found(id, 'http3.headers.status == 200');
    expect(packets.map(({ number, protocol }) => `${number} ${protocol}`)).toEqual(['13 HTTP3']);
    expect(await found(id, 'http3.headers.path == "/s.txt"')).toHaveLength(1);
  });

  (isRoot ? test : test.skip)('of a key log that grows decrypt the capture that runs (needs root)', async () => {
    const keys = join(folder, 'growing.keys');
    const live = await TestDaemon.start(['-i', 'lo', '--keylog', keys]);
    try {
      const { body } = await live.json<{ id: string }[]>('/api/captures');
      const path = `/api/captures/${body[0].id}`;
      // The client is behind a proxy, so that everything is on the loopback twice.
      for (let round = 1; round <= 2; round++) {
        const { keyLog } = await tlsConversation(certificateIn(folder), { version: 'TLSv1.3' });
        appendFileSync(keys, keyLog);
        const filter = encodeURIComponent('http.request.uri == "/two" && tls');
        let count = 0;
        for (let i = 0; i < 100 && count < 2 * round; i++) {
          await new Promise((resolve) => setTimeout(resolve, 100));
          count = (await live.json<{ count: number }>(`${path}/packets/count?filter=${filter}`)).body.count;
        }
        expect(count).toBe(2 * round);
      }
      expect((await live.json<Secrets>(`${path}/secrets`)).body.sessions).toBe(2);
    } finally {
      await live.stop();
    }
  });

  test('that are none are refused in words', async () => {
    const id = await imported();
    expect((await give(id, '')).status).toBe(400);
    expect((await give(id, 'x'.repeat(100_000))).body.taken).toMatchObject({ ignored: 1, labels: {} });
    expect((await daemon.json('/api/captures/none/secrets')).status).toBe(404);
  });
});
