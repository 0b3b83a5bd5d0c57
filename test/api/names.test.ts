/** Host names from the capture's own answers, in lists of flows and by themselves. */

import { reverse } from 'node:dns/promises';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { TestDaemon, tshark } from './daemon.js';

interface Names {
  names: { address: string; names: string[]; packet: number | null; vendor: string | null }[];
}

let daemon: TestDaemon;
let base: string;
beforeAll(async () => {
  daemon = await TestDaemon.start();
  base = `/api/captures/${await daemon.sample()}`;
});
afterAll(() => daemon.stop());

/** Address, and the name that was asked for, as the packet list has them. */
async function answers(): Promise<[string, string][]> {
  const fields = 'dns.qry.name,dns.a,dns.aaaa';
  const { body } = await daemon.json<{ packets: { fields: Record<string, string[]> }[] }>(
    `${base}/packets?fields=${fields}&filter=${encodeURIComponent('dns.flags.response == 1')}`,
  );
  return body.packets.flatMap(({ fields: found }) =>
    [...found['dns.a'], ...found['dns.aaaa']].map((address): [string, string] => [address, found['dns.qry.name'][0]]),
  );
}

test('addresses are called what was asked for', async () => {
  const expected = await answers();
  expect(expected.length).toBeGreaterThan(0);
  const { names } = (await daemon.json<Names>(`${base}/names`)).body;
  for (const [address, name] of expected) expect(names.find((one) => one.address === address)?.names).toContain(name);
  expect(new Set(names.map((one) => one.address))).toEqual(new Set(expected.map(([address]) => address)));
});

test('flows carry the names of their ends', async () => {
  const [[address, name]] = await answers();
  const { body } = await daemon.json<{
    flows: { id: number; server: string; serverPort: number; service: string; hostnames: { server: string | null } }[];
  }>(
    `${base}/flows?filter=${encodeURIComponent(`${address.includes(':') ? 'ipv6' : 'ip'}.addr == ${address} && tcp`)}`,
  );
  const flow = body.flows.find((one) => one.server === address);
  expect(flow?.hostnames.server).toBe(name);
  expect(flow).toMatchObject({ serverPort: 80, service: 'http' });
  const single = await daemon.json<{ hostnames: { server: string } }>(`${base}/flows/${flow?.id}`);
  expect(single.body.hostnames.server).toBe(name);
});

test('single addresses, named or not', async () => {
  const { names } = (await daemon.json<Names>(`${base}/names?addresses=203.0.113.9,00:00:0c:00:00:01`)).body;
  expect(names).toEqual([
    { address: '203.0.113.9', names: [], packet: null, vendor: null },
    { address: '00:00:0c:00:00:01', names: [], packet: null, vendor: expect.stringMatching(/^Cisco/i) },
  ]);
});

test('an export carries the names: tshark knows them without asking anybody', async () => {
  const exported = new Uint8Array(await (await daemon.fetch(`${base}/export?format=pcapng`)).arrayBuffer());
  const [[address, name]] = await answers();
  const v6 = address.includes(':');
  const { output, complaints } = await tshark(exported, [
    ...['-N', 'n', '-Y', `${v6 ? 'ipv6' : 'ip'}.addr == ${address}`],
    ...['-T', 'fields', '-e', v6 ? 'ipv6.dst_host' : 'ip.dst_host'],
  ]);
  expect(complaints).toBe('');
  expect(output.split('\n')).toContain(name);
});

test('no resolver is asked, unless that is wanted; what it says stands apart', async () => {
  const plain = await daemon.json<Names>(`${base}/names?addresses=127.0.0.1`);
  expect(plain.body.names[0]).not.toHaveProperty('resolved');
  const other = await TestDaemon.start(['--no-capture', '--resolve-names']);
  try {
    // The hosts file has this one, so that nobody else is asked.
    const id = await other.sample();
    const { body } = await other.json<Names & { pending: number }>(`/api/captures/${id}/names?addresses=127.0.0.1`);
    expect(body).toMatchObject({ pending: 0, names: [{ address: '127.0.0.1', names: [] }] });
    expect(body.names[0]).toHaveProperty('resolved', await reverse('127.0.0.1'));
  } finally {
    await other.stop();
  }
});
