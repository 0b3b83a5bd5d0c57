/** The demos about numbers, names and tables, held to the programs that print the same. */

import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { convert, swap16 } from '../../lab/byte-order.js';
import { ifconfig } from '../../lab/ifconfig.js';
import { INADDR_NONE, inetAton, inetLnaof, inetMakeaddr, inetNetof, inetNetwork, inetNtoa } from '../../lab/inet.js';
import { isRoot, TestDaemon, tshark } from '../api/daemon.js';
import { Random } from '../support/random.js';
import { countOf, expectAllLinked, expectSound, exportOf, freePort, runDemo, stepOf } from './support.js';

const has = (program: string, ...args: string[]): boolean => spawnSync(program, args).error === undefined;

let daemon: TestDaemon;
beforeAll(async () => {
  daemon = await TestDaemon.start();
});
afterAll(() => daemon.stop());

describe('inet(3)', () => {
  test('the classes of RFC 791', () => {
    expect(inetAton('10.1.2.3')).toBe(0x0a010203);
    expect(inetAton('10.1')).toBe(0x0a000001);
    expect(inetAton('0x7f.1')).toBe(0x7f000001);
    expect(inetAton('256.1.1.1')).toBeUndefined();
    expect(inetNtoa(0xc0a8010a)).toBe('192.168.1.10');
    expect(inetNetof(0x0a010203)).toBe(10);
    expect(inetNetof(0xac100102)).toBe(0xac10);
    expect(inetLnaof(0xc0a8010a)).toBe(10);
    expect(inetMakeaddr(10, 0x010203)).toBe(0x0a010203);
    expect(inetNetwork('10.1')).toBe(0x0a01);
    expect(inetNetwork('10.256')).toBe(INADDR_NONE);
  });

  (has('cc', '--version') ? test : test.skip)('as the C library of this machine answers', () => {
    const folder = mkdtempSync(join(tmpdir(), 'netglass-inet-'));
    try {
      writeFileSync(
        join(folder, 'inet.c'),
        `#define _DEFAULT_SOURCE
#include <arpa/inet.h>
#include <stdio.h>
#include <string.h>
int main(void) {
  char line[200];
  while (fgets(line, sizeof line, stdin)) {
    line[strcspn(line, "\\n")] = 0;
    struct in_addr a = {0};
    int good = inet_aton(line, &a);
    struct in_addr b = inet_makeaddr(inet_netof(a), inet_lnaof(a));
    printf("%d %u %s %u %u %u %u\\n", good, ntohl(a.s_addr), inet_ntoa(a), inet_network(line), inet_netof(a), inet_lnaof(a), ntohl(b.s_addr));
  }
}`,
      );
      execFileSync('cc', ['-o', join(folder, 'inet'), join(folder, 'inet.c')]);
      const random = new Random(20261123);
      const part = (): string => {
        const value = random.below(random.below(4) === 0 ? 70_000 : 300);
        const form = random.below(8);
        return form === 0
          ? `0x${value.toString(16)}`
          : form === 1
            ? `0${value.toString(8)}`
            : form === 2
              ? ''
              : String(value);
      };
      const texts = Array.from({ length: 3000 }, () => Array.from({ length: 1 + random.below(5) }, part).join('.'));
      texts.push(
        '1.2.3.4 and more',
        ' 1.2.3.4',
        '08.1.1.1',
        '0x.1.1.1',
        '1.2.3.4.',
        '4294967295',
        '4294967296',
        '0',
        '1.2.3.4\t',
      );
      const answers = execFileSync(join(folder, 'inet'), { input: `${texts.join('\n')}\n` })
        .toString()
        .trimEnd()
        .split('\n');
      const ours = texts.map((text) => {
        const address = inetAton(text);
        const a = address ?? 0;
        const again = inetMakeaddr(inetNetof(a), inetLnaof(a));
        return [
          address === undefined ? 0 : 1,
          a,
          inetNtoa(a),
          inetNetwork(text),
          inetNetof(a),
          inetLnaof(a),
          again,
        ].join(' ');
      });
      expect(texts.map((text, index) => `${text}: ${ours[index]}`)).toEqual(
        texts.map((text, index) => `${text}: ${answers[index]}`),
      );
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});

/** Lines of `ifconfig` without what counts while one looks. */
const still = (text: string): string[] =>
  text.split('\n').filter((line) => !/[RT]X (packets|errors)/.test(line) && line !== '');

(has('ifconfig', '--version') && process.platform === 'linux' ? test : test.skip)(
  'interfaces as ifconfig prints them',
  () => {
    // Other tests make and remove interfaces meanwhile.
    const printed = execFileSync('ifconfig', ['lo'], { stdio: ['ignore', 'pipe', 'ignore'] }).toString();
    expect(still(ifconfig('lo') ?? '')).toEqual(still(printed));
    expect(ifconfig('no-such-if')).toBeUndefined();
    const all = still(ifconfig() ?? '');
    for (const line of still(printed)) expect(all).toContain(line);
  },
);

(isRoot ? describe : describe.skip)('demos (needs root)', () => {
  test('byte-order: the numbers of a real header, and where a forgotten htons sends to', async () => {
    const port = await distinctPort();
    const run = await runDemo(daemon, 'byte-order', { port, text: 'order' });
    expectAllLinked(run);
    await expectSound(daemon, run, 'offloaded');
    const raw = convert('htons', port);
    expect(stepOf(run, `host: htons(${port})`).result).toMatch(new RegExp(`^${raw} `));
    expect(stepOf(run, `header: ntohs(0x${raw.toString(16).padStart(4, '0')}`).result).toBe(String(port));
    expect(stepOf(run, 'header: ntohl').result).toBe(String(0x7f000001));
    expect(await countOf(daemon, run, `udp.dstport == ${swap16(port)} && !icmp`)).toBe(1);
    expect(await countOf(daemon, run, 'icmp.code == 3')).toBe(1);
  });

  test('interfaces: one datagram moves the counters of loopback', async () => {
    const run = await runDemo(daemon, 'interfaces', { port: await freePort() });
    expectAllLinked(run);
    await expectSound(daemon, run, 'offloaded');
    const [all, before, after] = run.steps.filter(({ call }) => call === 'ifconfig').map(({ output = '' }) => output);
    const received = (text: string): number => Number(/RX packets (\d+)/.exec(text)?.[1]);
    expect(all).toContain('lo: flags=');
    expect(received(after)).toBeGreaterThan(received(before));
    expect(run.packets).toHaveLength(1);
  });

  test('sockets: the demo’s own in the tables of netstat and lsof', async () => {
    const port = await freePort();
    const run = await runDemo(daemon, 'sockets', { port });
    expectAllLinked(run);
    await expectSound(daemon, run, 'offloaded');
    const client = run.packets[0].sourcePort;
    const [, own, closed] = run.steps.filter(({ call }) => call === 'netstat').map(({ output }) => output);
    const [, programs] = run.steps.filter(({ call }) => call === 'lsof').map(({ output }) => output);
    expect(own).toMatch(new RegExp(`^tcp +12 +0 \\S+:${port} +\\S+:${client} +ESTABLISHED$`, 'm'));
    expect(own).toMatch(new RegExp(`^udp +0 +0 \\S+:${port} +0.0.0.0:\\*$`, 'm'));
    expect(closed).toMatch(new RegExp(`:${client} +\\S+:${port} +TIME_WAIT$`, 'm'));
    expect(programs).toMatch(
      new RegExp(
        `^node +${daemon.pid} root +\\d+u +IPv4 +\\d+ +0t0 +TCP 127.0.0.1:${client}->127.0.0.1:${port} \\(ESTABLISHED\\)$`,
        'm',
      ),
    );
    expect(programs).toMatch(new RegExp(`TCP 127.0.0.1:${port} \\(LISTEN\\)$`, 'm'));
  });

  test('addresses: parts, names, ports', async () => {
    // A name of /etc/hosts: no name server has to answer here.
    const run = await runDemo(daemon, 'addresses', { address: '172.16.1.2', host: 'localhost' });
    expect(stepOf(run, 'program: inet_netof').result).toBe(`${0xac10} (class B)`);
    expect(stepOf(run, 'program: inet_lnaof').result).toBe('258');
    expect(run.steps.filter(({ call }) => call === 'gethostbyname').map(({ result }) => result)).toEqual([
      '127.0.0.1',
      '127.0.0.1',
    ]);
    expect(run.steps.find(({ call }) => call === 'gethostbyaddr')?.error).toBeUndefined();
    expect(stepOf(run, 'program: getservbyname').result).toBe('80');
    expect(stepOf(run, 'program: getservbyname').output).toMatch(/^domain +53\/udp/m);
  });

  test('seqpacket: SCTP, sent by the kernel or written by netglass', async () => {
    const run = await runDemo(daemon, 'seqpacket', { port: await freePort() });
    expectAllLinked(run);
    await expectSound(daemon, run, 'computed');
    for (const type of [0, 1, 2, 3, 7, 8, 10, 11, 14])
      expect(await countOf(daemon, run, `sctp.chunk_type == ${type}`)).toBeGreaterThan(0);
    const file = await exportOf(daemon, run);
    const { output } = await tshark(file, [
      '-o',
      'sctp.checksum:CRC-32C',
      '-T',
      'fields',
      '-e',
      'sctp.checksum.status',
    ]);
    expect(new Set(output.trimEnd().split('\n'))).toEqual(new Set(['1']));
    // Two messages, two receives.
    const [first, second] = run.steps.filter(({ call, end }) => call === 'recvfrom' && end === 'server');
    expect([first.result, second.result].map((text) => /"(.*)"/.exec(text)?.[1])).toEqual(['one', 'two, three']);
    expect(first.received).not.toEqual(second.received);
  });
});

/** A port whose octets differ and are not 0, and of which the other order is free as well. */
async function distinctPort(): Promise<number> {
  for (;;) {
    const port = await freePort();
    const other = swap16(port);
    if (other !== port && other > 1024 && (port & 0xff) !== 0) return port;
  }
}
