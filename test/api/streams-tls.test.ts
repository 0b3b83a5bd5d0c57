/** A stream of TLS, decrypted with the capture's secrets. */

import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { pcapOf, removeFolders, temporaryFolder } from '../support/packets.js';
import { BODY, certificateIn, tlsConversation } from '../support/tls-conversations.js';
import { type ProblemBody, TestDaemon } from './daemon.js';

let daemon: TestDaemon;
let folder: string;
beforeAll(async () => {
  folder = temporaryFolder();
  daemon = await TestDaemon.start();
});
afterAll(async () => {
  await daemon.stop();
  removeFolders();
});

test.each(['TLSv1.2', 'TLSv1.3'] as const)('%s: what was said, and its bodies without chunks', async (version) => {
  const { packets, keyLog } = await tlsConversation(certificateIn(folder), { version });
  const { body } = await daemon.import(pcapOf(packets));
  const base = `/api/captures/${body.id}/flows/1/stream`;
  const without = await daemon.json<ProblemBody>(`${base}?decode=tls`);
  expect([without.status, without.body.detail]).toEqual([
    400,
    'This capture has no secrets, so that TLS cannot be decrypted.',
  ]);
  const given = await daemon.fetch(`/api/captures/${body.id}/secrets`, { method: 'POST', body: keyLog });
  expect(given.status).toBe(200);
  const requests = await (await daemon.fetch(`${base}?decode=tls&format=raw&from=client`)).text();
  expect(requests.match(/^GET .*/gm)).toEqual(['GET /one HTTP/1.1', 'GET /two HTTP/1.1']);
  const answers = await (await daemon.fetch(`${base}?decode=tls,http&format=raw&from=server`)).text();
  expect(
    answers
      .split('\r\n\r\n')
      .slice(1)
      .map((text) => text.slice(0, BODY.length)),
  ).toEqual([BODY, BODY]);
  const page = await daemon.json<{
    segments: { decoded: string[]; packet: number; time: string }[];
    next: number | null;
  }>(`${base}?decode=tls`);
  expect(page.body.next).toBeNull();
  expect(page.body.segments.length).toBeGreaterThan(3);
  for (const one of page.body.segments) expect(one.decoded).toEqual(['tls']);
  const raw = await (await daemon.fetch(`${base}?format=raw&from=client`)).arrayBuffer();
  expect([...new Uint8Array(raw).subarray(0, 2)]).toEqual([22, 3]);
});
