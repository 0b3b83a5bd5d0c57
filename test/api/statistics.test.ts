/** Statistics over REST: their shapes, filters, growth, and what is refused. */

import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { sampleFile } from '../../src/sample.js';
import { removeFolders, temporaryFolder } from '../support/packets.js';
import { printedBytes, tsharkStatistics } from '../support/tshark-statistics.js';
import { type ProblemBody, TestDaemon } from './daemon.js';

interface Node {
  protocol: string;
  packets: number;
  bytes: number;
  children: Node[];
}

interface Row {
  addressA: string;
  portA?: number;
  addressB: string;
  portB?: number;
  packetsAB: number;
  bytesAB: number;
  packetsBA: number;
  bytesBA: number;
}

interface Bucket {
  time: string;
  packets: number;
  bytes: number;
  byProtocol: Record<string, { packets: number; bytes: number }>;
}

let daemon: TestDaemon;
let base: string;
let truth: ReturnType<typeof tsharkStatistics>;

beforeAll(async () => {
  daemon = await TestDaemon.start();
  base = `/api/captures/${await daemon.sample()}`;
  const file = join(temporaryFolder(), 'sample.pcapng');
  writeFileSync(file, sampleFile());
  truth = tsharkStatistics(file);
});
afterAll(async () => {
  await daemon.stop();
  removeFolders();
});

const ask = async <T>(what: string) => (await daemon.json<T>(`${base}/statistics/${what}`)).body;

function paths(nodes: readonly Node[], above: readonly string[] = []): string[] {
  return nodes.flatMap(({ protocol, packets, bytes, children }) => {
    const path = [...above, protocol];
    return [`${path.join(':')} ${packets} ${bytes}`, ...paths(children, path)];
  });
}

const port = (value: number | undefined) => (value === undefined ? '' : `:${value}`);
const line = (row: Row) =>
  `${row.addressA}${port(row.portA)}|${row.addressB}${port(row.portB)} ${row.packetsAB} ${printedBytes(row.bytesAB)} ${row.packetsBA} ${printedBytes(row.bytesBA)}`;

describe('as tshark counts the sample', () => {
  test('the protocol hierarchy', async () => {
    const { protocols, complete } = await ask<{ protocols: Node[]; complete: boolean }>('protocols');
    expect(complete).toBe(true);
    // Reassembled segments and lines of text are items of tshark's tree, but no protocols.
    const plain = (path: string) => !/tcp\.segments|data-text-lines/.test(path);
    expect(paths(protocols).filter(plain).sort()).toEqual(truth.protocols.filter(plain));
    expect(protocols).not.toHaveLength(0);
  });

  test.each(['eth', 'ip', 'ipv6', 'tcp', 'udp'] as const)('conversations and endpoints of %s', async (type) => {
    const { conversations } = await ask<{ conversations: Row[] }>(`conversations?type=${type}`);
    expect(conversations.map(line).sort()).toEqual(truth.conversations[type]);
    const { endpoints } = await ask<{ endpoints: Record<string, number | string>[] }>(`endpoints?type=${type}`);
    const rows = endpoints.map(({ address, port: number, ...counts }) =>
      [address, ...(number === undefined ? [] : [number]), ...Object.values(counts)].join(' '),
    );
    expect(rows.sort()).toEqual(truth.endpoints[type]);
    expect(truth.conversations[type].length).toBeGreaterThan(0);
  });

  test.each(['eth', 'ip', 'ipv6', 'tcp', 'udp'] as const)('%s under a filter that all packets meet', async (type) => {
    // Counted from the packets themselves instead of the flows.
    const all = await ask<{ conversations: Row[] }>(`conversations?type=${type}`);
    const some = await ask<{ conversations: Row[] }>(`conversations?type=${type}&filter=frame`);
    expect(some.conversations.map(line).sort()).toEqual(all.conversations.map(line).sort());
  });
});

test('a filter narrows each of them', async () => {
  const filter = 'filter=dns';
  const { count } = (await daemon.json<{ count: number }>(`${base}/packets/count?${filter}`)).body;
  expect(count).toBeGreaterThan(0);
  const { protocols } = await ask<{ protocols: Node[] }>(`protocols?${filter}`);
  expect(protocols.reduce((sum, node) => sum + node.packets, 0)).toBe(count);
  const { conversations } = await ask<{ conversations: Row[] }>(`conversations?type=udp&${filter}`);
  expect(conversations.reduce((sum, row) => sum + row.packetsAB + row.packetsBA, 0)).toBe(count);
  const { buckets } = await ask<{ buckets: Bucket[] }>(`timeline?${filter}`);
  expect(buckets.reduce((sum, bucket) => sum + bucket.packets, 0)).toBe(count);
  expect([...new Set(buckets.flatMap((bucket) => Object.keys(bucket.byProtocol)))]).toEqual(['dns']);
});

test.each([[1], [0.001], [0.5], [7]])('a timeline with an interval of %p s has every packet once', async (interval) => {
  const { packets, bytes } = (await daemon.json<{ packets: number; bytes: number }>(base)).body;
  const { buckets, start } = await ask<{ buckets: Bucket[]; start: string }>(`timeline?interval=${interval}`);
  expect(buckets.reduce((sum, bucket) => sum + bucket.packets, 0)).toBe(packets);
  expect(buckets.reduce((sum, bucket) => sum + bucket.bytes, 0)).toBe(bytes);
  expect(buckets[0].time).toBe(start);
  const times = buckets.map((bucket) => Date.parse(bucket.time));
  for (let i = 1; i < times.length; i++)
    expect(Math.abs(times[i] - times[i - 1] - interval * 1000)).toBeLessThanOrEqual(1);
});

test('problems are the packets’ own', async () => {
  const { problems } = await ask<{ problems: { count: number; packets: number[]; protocol: string }[] }>('problems');
  for (const { packets, count } of problems) {
    expect(count).toBeGreaterThanOrEqual(packets.length);
    const { body } = await daemon.json<{ problems: string[] }>(`${base}/packets/${packets[0]}`);
    expect(body.problems).not.toHaveLength(0);
  }
});

test('what is asked wrongly is refused in words', async () => {
  const refused = async (what: string) => (await daemon.json<ProblemBody>(`${base}/statistics/${what}`)).body;
  expect(await refused('timeline?interval=0.000001')).toMatchObject({
    status: 400,
    detail: expect.stringContaining('buckets'),
  });
  expect(await refused('timeline?interval=0')).toMatchObject({ status: 400 });
  expect(await refused('conversations?type=token-ring')).toMatchObject({ status: 400 });
  expect(await refused('protocols?filter=ip.scr')).toMatchObject({ status: 400, position: 0 });
  expect((await daemon.json('/api/captures/none/statistics/protocols')).status).toBe(404);
});

test('with no time to wait the answer says how far it came, and goes on from there', async () => {
  const first = await ask<{ complete: boolean; scannedTo: number }>('protocols?filter=tcp&wait=0');
  expect(first.scannedTo).toBeGreaterThanOrEqual(0);
  const whole = await ask<{ complete: boolean; protocols: Node[] }>('protocols?filter=tcp');
  expect(whole.complete).toBe(true);
});
