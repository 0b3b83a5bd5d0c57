/** `netglass check` as a shell script sees it. */

import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { sampleFile } from '../../src/sample.js';
import { netglass } from '../api/daemon.js';
import { removeFolders, temporaryFolder } from '../support/packets.js';

let folder: string;
let capture: string;
beforeAll(() => {
  folder = temporaryFolder();
  capture = join(folder, 'sample.pcapng');
  writeFileSync(capture, sampleFile());
});
afterAll(removeFolders);

const run = (checks: unknown, ...more: string[]) => {
  const file = join(folder, 'checks.json');
  writeFileSync(file, typeof checks === 'string' ? checks : JSON.stringify(checks));
  return netglass(['check', capture, file, ...more]);
};

test('checks that hold: exit status 0', async () => {
  const { status, stdout, stderr } = await run({
    checks: [{ name: 'a question', expect: 'dns.flags.response == 0' }, { no: 'bgp' }],
  });
  expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
  expect(stdout).toMatch(/✓ a question: .*\n✓ no bgp: .*\nall 2 checks hold\n/);
});

test('one that does not: exit status 1, and which', async () => {
  const { status, stdout } = await run({ checks: [{ expect: 'dns' }, { no: 'tcp' }] });
  expect(status).toBe(1);
  expect(stdout).toMatch(/✗ no tcp: .* where none may be\. \(\d+.*\)\n1 of 2 checks fail\n/);
});

test('as JSON', async () => {
  const { status, stdout } = await run({ checks: [{ expect: 'arp', count: 2 }] }, '--json');
  expect(status).toBe(0);
  expect(JSON.parse(stdout)).toMatchObject({ pass: true, checks: [{ name: 'arp', count: 2, pass: true }] });
});

test.each([
  ['no JSON', '{"checks"', /is no JSON/],
  ['no checks', {}, /checks/],
  ['an unknown member', { checks: [{ expct: 'tcp' }] }, /checks\.0/],
  ['a wrong filter', { checks: [{ expect: 'tcp.prt' }] }, /tcp\.prt.*\n {2}tcp\.prt\n {2}\^/],
])('used wrongly: %s', async (_what, checks, words) => {
  const { status, stderr } = await run(checks);
  expect(status).toBe(2);
  expect(stderr).toMatch(words);
});

test('files that are not there', async () => {
  expect(await netglass(['check', capture, join(folder, 'none.json')])).toMatchObject({ status: 1 });
  writeFileSync(join(folder, 'one.json'), '{"checks": [{"no": "bgp"}]}');
  const { status, stderr } = await netglass(['check', join(folder, 'none.pcap'), join(folder, 'one.json')]);
  expect(status).toBe(1);
  expect(stderr).toMatch(/none\.pcap/);
});
