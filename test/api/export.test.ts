/** Exports over real sockets: of several clients at once, some slow and some gone, each gets all octets of its own. */

import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { type IncomingMessage, request } from 'node:http';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { datagrams, pcapOf } from '../support/packets.js';
import { TestDaemon } from './daemon.js';

const PACKETS = 100_000;
const pause = (milliseconds: number) => new Promise((resolve) => setTimeout(resolve, milliseconds));

let daemon: TestDaemon;
let path: string;
beforeAll(async () => {
  daemon = await TestDaemon.start();
  // More than sockets hold by themselves: some 30 MB.
  const { body } = await daemon.import(pcapOf(datagrams(PACKETS, 50, 230)), 'large.pcap');
  expect(body.packets).toBe(PACKETS);
  path = `/api/captures/${body.id}/export`;
}, 60_000);
afterAll(() => daemon.stop());

async function download(query: string): Promise<IncomingMessage> {
  const asked = request(`${daemon.base}${path}?${query}`, { agent: false }).end();
  const [answer] = (await once(asked, 'response')) as [IncomingMessage];
  expect(answer.statusCode).toBe(200);
  return answer;
}

/** What was received, as a digest; `stall` milliseconds are waited after each of the first chunks. */
async function digest(query: string, stall = 0): Promise<string> {
  const hash = createHash('sha256');
  let octets = 0;
  let stalls = 20;
  for await (const chunk of await download(query)) {
    hash.update(chunk as Buffer);
    octets += (chunk as Buffer).length;
    if (stall > 0 && stalls-- > 0) await pause(stall);
  }
  return `${octets} ${hash.digest('hex')}`;
}

const some = `format=pcapng&filter=${encodeURIComponent('udp.srcport == 9')}`;

test('several at once, slow ones among them, are each the same as one alone', async () => {
  const [pcapng, pcap, filtered] = [await digest('format=pcapng'), await digest('format=pcap'), await digest(some)];
  const together = await Promise.all([
    digest('format=pcapng'),
    digest('format=pcapng', 25),
    digest('format=pcap'),
    digest('format=pcap', 10),
    digest(some),
    digest(some, 15),
  ]);
  expect(together).toEqual([pcapng, pcapng, pcap, pcap, filtered, filtered]);
}, 60_000);

test('clients that go in the middle leave the others what is theirs', async () => {
  const alone = await digest('format=pcapng');
  const slow = digest('format=pcapng', 30);
  for (let round = 0; round < 12; round++) {
    const answer = await download('format=pcapng');
    await once(answer, 'readable');
    if (round % 3 === 0) await pause(20);
    answer.destroy();
  }
  expect(await digest('format=pcapng')).toBe(alone);
  expect(await slow).toBe(alone);
}, 60_000);

test('a client that does not read keeps nobody from an answer', async () => {
  const stalled = await Promise.all(Array.from({ length: 6 }, () => download('format=pcapng')));
  const { body } = await daemon.json<{ packets: unknown[] }>(`${path.replace(/export$/, 'packets')}?limit=5`);
  expect(body.packets).toHaveLength(5);
  expect(await digest(some)).toMatch(/^\d+ /);
  for (const answer of stalled) answer.destroy();
}, 60_000);
