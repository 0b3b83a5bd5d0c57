/** ping and traceroute from raw sockets: on loopback, and over routers in namespaces, of both families. */

import { execFileSync } from 'node:child_process';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { summary } from '../../lab/ping.js';
import { isRoot, type ProblemBody, TestDaemon, WITHOUT_PRIVILEGE } from '../api/daemon.js';
import { createPair, namespacesMissing, type Pair } from '../support/netns.js';
import { countOf, expectAllLinked, expectSound, runDemo, stepOf } from './support.js';

let daemon: TestDaemon;
beforeAll(async () => {
  daemon = await TestDaemon.start();
});
afterAll(() => daemon.stop());

test('statistics are those of iputils', () => {
  const reply = (milliseconds: number) =>
    ({ kind: 'reply', from: '192.0.2.1', length: 64, ttl: 64, milliseconds }) as const;
  expect(summary([reply(1), undefined, reply(3), { ...reply(9), kind: 'unreachable' }], 612.4)).toEqual([
    '4 packets transmitted, 2 received, +1 errors, 50% packet loss, time 612ms',
    'rtt min/avg/max/mdev = 1.000/2.000/3.000/1.000 ms',
  ]);
  expect(summary([undefined, undefined, undefined], 3000)).toEqual([
    '3 packets transmitted, 0 received, 100% packet loss, time 3000ms',
  ]);
});

(isRoot ? describe : describe.skip)('ping (needs root)', () => {
  test.each(['127.0.0.1', '::1'])('each request has its reply, at %s', async (address) => {
    const run = await runDemo(daemon, 'ping', { address, count: 3, interval: 0 });
    expect(run.state).toBe('finished');
    const view =
      address === '::1' ? ['icmpv6.type == 128', 'icmpv6.type == 129'] : ['icmp.type == 8', 'icmp.type == 0'];
    // Others may ping loopback at the same time.
    for (const filter of view) expect(await countOf(daemon, run, filter)).toBeGreaterThanOrEqual(3);
    const sent = run.steps.filter(({ call }) => call === 'sendto');
    const got = run.steps.filter(({ call }) => call === 'recvfrom');
    expect(got.map(({ result }) => /icmp_seq=(\d)/.exec(result)?.[1])).toEqual(['1', '2', '3']);
    got.forEach(({ received }, index) => {
      expect(received).toHaveLength(1);
      expect(sent[index].packets).toContain(received[0]);
    });
    expect(stepOf(run, 'ping: statistics').output).toMatch(
      /3 packets transmitted, 3 received, 0% packet loss.*\nrtt min/,
    );
    expectAllLinked(run);
    await expectSound(daemon, run, 'computed');
  });

  test('without an answer it says so', async () => {
    // RFC 5737: an address for documents; loopback's own namespace knows no host there.
    const pair = createPair();
    try {
      const [a, b, c] = pair.hostAddress.split('.');
      const address = `${a}.${b}.${c}.${Number(pair.hostAddress.split('.')[3]) + 1}`;
      await pair.run('sysctl', '-qw', 'net.ipv4.icmp_echo_ignore_all=1');
      const run = await runDemo(daemon, 'ping', { address, count: 1, timeout: 0.3 });
      expect(stepOf(run, 'ping: recvfrom')).toMatchObject({ error: 'EAGAIN', received: [] });
      expect(stepOf(run, 'ping: statistics').output).toContain('1 packets transmitted, 0 received, 100% packet loss');
      expect(run.packets).toHaveLength(1);
    } finally {
      pair.close();
    }
  });

  test('without the privilege, the command that gives it', async () => {
    const poor = await TestDaemon.start(['--no-capture'], WITHOUT_PRIVILEGE);
    try {
      const { status, body } = await poor.json<ProblemBody>('/api/lab/ping', {});
      expect({ status, hint: body.hint }).toEqual({ status: 403, hint: expect.stringContaining('setcap') });
    } finally {
      await poor.stop();
    }
  });
});

/** A router behind a pair's cable, and a host behind the router. */
class Way {
  readonly far = '198.18.77.2';
  readonly far6 = 'fd00:198:18:77::2';
  private readonly target = `ngt${process.pid.toString(36)}`;
  readonly pair: Pair = createPair({ ipv6: true });

  build(): void {
    const { pair, target } = this;
    const ip = (...args: string[]) => execFileSync('ip', args, { stdio: ['ignore', 'ignore', 'pipe'] });
    const write = (namespace: string, path: string, value: string) =>
      ip('netns', 'exec', namespace, 'sh', '-c', `echo ${value} > /proc/sys/net/${path}`);
    write(pair.namespace, 'ipv4/ip_forward', '1');
    write(pair.namespace, 'ipv6/conf/all/forwarding', '1');
    ip('netns', 'add', target);
    const mac = (last: number) => `02:00:00:00:77:0${last}`;
    const veth = ['name', 'ngt', 'address', mac(2), 'netns', target];
    ip('-n', pair.namespace, 'link', 'add', 'ngr', 'address', mac(1), 'type', 'veth', 'peer', ...veth);
    for (const [namespace, name, last] of [
      [pair.namespace, 'ngr', 1],
      [target, 'ngt', 2],
    ] as const) {
      ip('-n', namespace, 'addr', 'add', `198.18.77.${last}/30`, 'dev', name);
      ip('-n', namespace, 'addr', 'add', `fd00:198:18:77::${last}/64`, 'dev', name, 'nodad');
      ip('-n', namespace, 'link', 'set', name, 'up');
      // An interface that has just come up may ask for its neighbour in vain, and a probe would be lost meanwhile.
      const other = 3 - last;
      const known = ['lladdr', mac(other), 'dev', name, 'nud', 'permanent'];
      ip('-n', namespace, '-6', 'neigh', 'replace', `fd00:198:18:77::${other}`, ...known);
    }
    ip('-n', target, 'route', 'add', 'default', 'via', '198.18.77.1');
    ip('-n', target, '-6', 'route', 'add', 'default', 'via', 'fd00:198:18:77::1');
    ip('route', 'add', '198.18.77.0/30', 'via', pair.peerAddress);
    ip('-6', 'route', 'add', 'fd00:198:18:77::/64', 'via', pair.peerAddress6);
  }

  close(): void {
    this.pair.close();
    try {
      execFileSync('ip', ['netns', 'del', this.target], { stdio: 'ignore' });
    } catch {
      // It was not made.
    }
  }
}

(namespacesMissing === undefined ? describe : describe.skip)('traceroute over a router (needs root)', () => {
  let way: Way;
  beforeAll(() => {
    way = new Way();
    way.build();
  });
  afterAll(() => way.close());

  test.each(['IPv4', 'IPv6'])('the router tells, and then the host answers: %s', async (family) => {
    const six = family === 'IPv6';
    const address = six ? way.far6 : way.far;
    const router = six ? way.pair.peerAddress6 : way.pair.peerAddress;
    const run = await runDemo(daemon, 'traceroute', { address, queries: 2 });
    expect(run.state).toBe('finished');
    const { output = '' } = stepOf(run, 'traceroute: print');
    const lines = output.split('\n').slice(1);
    expect(lines).toEqual([
      expect.stringMatching(new RegExp(`^ 1 {2}${router} {2}[\\d.]+ ms {2}[\\d.]+ ms$`)),
      expect.stringMatching(new RegExp(`^ 2 {2}${address} {2}[\\d.]+ ms {2}[\\d.]+ ms$`)),
    ]);
    expect(await countOf(daemon, run, six ? 'icmpv6.type == 3' : 'icmp.type == 11')).toBe(2);
    expect(await countOf(daemon, run, six ? 'icmpv6.type == 129' : 'icmp.type == 0')).toBe(2);
    const hops = run.steps.filter(({ call }) => call === 'setsockopt').map(({ arguments: given }) => given.slice(1));
    const option = six ? 'IPV6_UNICAST_HOPS' : 'IP_TTL';
    expect(hops).toEqual([
      [option, '1'],
      [option, '2'],
    ]);
    expectAllLinked(run);
    await expectSound(daemon, run, 'computed');
  });

  test('where nobody answers stands a star', async () => {
    // The broadcast address behind the router: no ICMP errors about those (RFC 1122, section 3.2.2).
    const parameters = { address: '198.18.77.3', maxHops: 2, queries: 1, timeout: 0.3 };
    const run = await runDemo(daemon, 'traceroute', parameters);
    expect(stepOf(run, 'traceroute: print').output).toMatch(/^ 1 {2}\*\n 2 {2}\*$/m);
  });
});
