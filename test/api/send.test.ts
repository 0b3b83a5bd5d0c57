/** Sending over REST, on loopback and on a cable of its own: what leaves, what answers, and what is refused. */

import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { createServer, type Server } from 'node:net';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { sendRoutes } from '../../api/send.js';
import { hasTshark } from '../support/decrypted.js';
import { createPair, namespacesMissing, type Pair } from '../support/netns.js';
import { cookedFile, frameFile } from '../support/sent-frames.js';
import {
  type CaptureBody,
  eventually,
  isRoot,
  type ProblemBody,
  TestDaemon,
  tshark,
  WITHOUT_PRIVILEGE,
} from './daemon.js';

interface Sent {
  engine: string;
  interface: string | null;
  sent: number;
  answered: number | null;
  packets: {
    number: number;
    bytes: string;
    left: string | null;
    fields?: { name: string; handed: string; left: string; by: string }[];
    reply: { kind: string; rtt: number; summary: string; layers: { protocol: string }[] } | null;
  }[];
  notes: string[];
  log: string;
}

interface Job {
  id: string;
  startedAt: string;
  state: string;
  sent: number;
  total: number | null;
  report?: Sent & { tooLong: number; refused: number };
  error?: ProblemBody;
}

/** Answers are as the OpenAPI document says. */
function described(method: string, path: string, status: number, body: unknown): void {
  const route = sendRoutes.find(({ declaration }) => declaration.method === method && declaration.path === path);
  expect(route?.declaration.responses[status].schema?.safeParse(body).error).toBeUndefined();
}

const ping = [{ ip: { dst: '127.0.0.1' } }, { icmp: { type: 8 } }, { payload: 'netglass' }];
const rooted = isRoot ? test : test.skip;
const needsRoot = isRoot ? '' : ' (needs root)';

test('sending is off unless the daemon was started with --allow-send', async () => {
  const daemon = await TestDaemon.start();
  try {
    const id = await daemon.sample();
    for (const [path, body] of [
      ['/api/send', { layers: ping }],
      [`/api/captures/${id}/replay`, { interface: 'lo' }],
      ['/api/send/some/stop', {}],
    ] as const) {
      const answer = await daemon.json<ProblemBody>(path, body);
      expect([path, answer.status, answer.body.detail]).toEqual([path, 403, 'Sending is switched off here.']);
      expect(answer.body.hint).toContain('--allow-send');
    }
    expect((await daemon.json('/api/send')).body).toEqual({ allowed: false, rate: null, anywhere: null, jobs: [] });
    expect(existsSync(join(daemon.data, 'sent'))).toBe(false);
  } finally {
    await daemon.stop();
  }
});

rooted(`without the privilege it says what mends it${needsRoot}`, async () => {
  const daemon = await TestDaemon.start(['--no-capture', '--allow-send'], WITHOUT_PRIVILEGE);
  try {
    for (const request of [{ layers: ping }, { layers: [{ eth: {} }, ...ping], interface: 'lo' }]) {
      const { status, body } = await daemon.json<ProblemBody>('/api/send', request);
      expect([status, body.detail]).toEqual([403, expect.stringContaining('Sending is not permitted')]);
      expect(body.hint).toMatch(/^sudo setcap /);
    }
  } finally {
    await daemon.stop();
  }
});

describe('on loopback', () => {
  let daemon: TestDaemon;
  let server: Server;
  let echo: Socket;

  beforeAll(async () => {
    daemon = await TestDaemon.start(['--no-capture', '--allow-send', '--send-rate', '500']);
    server = createServer((socket) => socket.destroy()).listen(0, '127.0.0.1');
    await once(server, 'listening');
    echo = createSocket('udp4');
    // An answer of DNS to whatever is asked: the same, with the bit for responses.
    echo.on('message', (message, { port, address }) => {
      const answer = Buffer.from(message);
      answer[2] |= 0x80;
      echo.send(answer, port, address);
    });
    echo.bind(53, '127.0.0.61');
    await once(echo, 'listening');
  });

  afterAll(async () => {
    echo.close();
    server.close();
    await daemon.stop();
  });

  const send = async (request: object): Promise<Sent> => {
    const { status, body } = await daemon.json<Sent & ProblemBody>('/api/send', request);
    expect([status, body.detail]).toEqual([200, undefined]);
    described('post', '/api/send', 200, body);
    return body;
  };

  rooted(`an echo request is answered, and so is each of its copies${needsRoot}`, async () => {
    const { engine, sent, answered, packets } = await send({ layers: ping, wait: 5, count: 3 });
    expect([engine, sent, answered]).toEqual(['raw-socket', 3, 3]);
    for (const { number, reply, left, bytes } of packets) {
      expect(reply).toMatchObject({ kind: 'answer', summary: expect.stringMatching(`reply.*seq=${number}/`) });
      expect(reply!.rtt).toBeGreaterThan(0);
      expect(reply!.layers.map((layer) => layer.protocol)).toEqual(expect.arrayContaining(['ip', 'icmp']));
      // The frame that left has the packet behind its Ethernet header.
      expect(Buffer.from(left!, 'base64').subarray(14)).toEqual(Buffer.from(bytes, 'base64'));
    }
  });

  rooted(`what was asked stands beside what the kernel made of it${needsRoot}`, async () => {
    const layers = [{ ip: { dst: '127.0.0.1', id: 0, checksum: 1, ttl: 9 } }, { icmp: {} }];
    const { packets, notes } = await send({ layers });
    const by = (origin: string) => packets[0].fields!.filter((field) => field.by === origin).map((field) => field.name);
    expect(by('kernel')).toEqual(['ip.id', 'ip.checksum']);
    expect(by('asked')).toEqual(['ip.ttl', 'ip.dst']);
    expect(by('computed')).toEqual(expect.arrayContaining(['ip.src', 'ip.len', 'icmp.checksum', 'icmp.ident']));
    expect(packets[0].fields).toContainEqual({ name: 'ip.ttl', handed: '9', left: '9', by: 'asked' });
    expect(packets[0].fields).toContainEqual({
      name: 'ip.id',
      handed: '0x0000',
      left: expect.not.stringMatching(/^0x0000$/),
      by: 'kernel',
    });
    expect(notes.join()).toContain('The kernel changed ip.id, ip.checksum');
  });

  rooted(`a datagram to a closed port is answered by an error that quotes it${needsRoot}`, async () => {
    const layers = [{ ip: { dst: '127.0.0.1' } }, { udp: { dstport: 9 } }, { payload: 'x' }];
    const [{ reply }] = (await send({ layers, wait: 5 })).packets;
    expect(reply).toMatchObject({ kind: 'error', summary: expect.stringContaining('Port unreachable') });
  });

  rooted(`a SYN gets SYN, ACK or RST; what the kernel does then is said${needsRoot}`, async () => {
    const syn = (dstport: number) => [{ ip: { dst: '127.0.0.1' } }, { tcp: { dstport } }];
    const open = await send({ layers: syn((server.address() as AddressInfo).port), wait: 5 });
    expect(open.packets[0].reply).toMatchObject({ kind: 'answer', summary: expect.stringContaining('[SYN, ACK]') });
    expect(open.notes.join()).toContain('answers the SYN, ACK with a RST');
    const closed = await send({ layers: syn(1), wait: 5 });
    expect(closed.packets[0].reply).toMatchObject({ kind: 'reset', summary: expect.stringContaining('[RST, ACK]') });
  });

  rooted(`a DNS query's answer has its transaction${needsRoot}`, async () => {
    const layers = [
      { ip: { dst: '127.0.0.61' } },
      { udp: {} },
      { dns: { id: 4711, 'qry.name': 'lecture.example', 'qry.type': 'AAAA' } },
    ];
    const [{ reply }] = (await send({ layers, wait: 5 })).packets;
    expect(reply).toMatchObject({ kind: 'answer', summary: 'Standard query response 0x1267 AAAA lecture.example' });
  });

  rooted(`IPv6 goes by raw sockets, too${needsRoot}`, async () => {
    if (!existsSync('/proc/net/if_inet6')) return;
    const { answered, packets } = await send({ layers: [{ ipv6: { dst: '::1' } }, { icmpv6: {} }], wait: 5 });
    expect([answered, packets[0].reply?.kind]).toEqual([1, 'answer']);
  });

  rooted(`nobody answers: the wait ends, and it is no error${needsRoot}`, async () => {
    const layers = [{ ip: { dst: '127.0.0.1' } }, { icmp: { type: 0 } }];
    expect(await send({ layers, wait: 0.2 })).toMatchObject({ sent: 1, answered: 0, packets: [{ reply: null }] });
  });

  rooted(`every packet is in the log, whose files are sound${needsRoot}`, async () => {
    const { log } = await send({ layers: ping, count: 40 });
    expect(readFileSync(join(daemon.data, 'sent', 'requests.jsonl'), 'utf8')).toContain('"count":40');
    if (!hasTshark) return;
    const file = readFileSync(join(log, readdirSync(log)[0]));
    const fields = ['-T', 'fields', '-e', 'icmp.seq', '-e', 'icmp.checksum.status', '-e', 'ip.checksum.status'];
    const { output, complaints } = await tshark(file, ['-n', '-o', 'ip.check_checksum:TRUE', ...fields]);
    const mine = output.trimEnd().split('\n').slice(-40);
    expect(complaints).toBe('');
    expect(mine).toEqual(Array.from({ length: 40 }, (_, index) => `${index + 1}\t1\t1`));
  });

  rooted(`in the background it is followed, and stopped${needsRoot}`, async () => {
    const request = { layers: ping, count: 100_000, interval: 0.01, background: true };
    const { status, headers, body } = await daemon.json<Job>('/api/send', request);
    described('post', '/api/send', 202, body);
    expect([status, headers.get('location'), body.state]).toEqual([202, `/api/send/${body.id}`, 'running']);
    const look = async () => (await daemon.json<Job>(`/api/send/${body.id}`)).body;
    await eventually(async () => ((await look()).sent > 3 ? true : undefined));
    const stopped = (await daemon.json<Job>(`/api/send/${body.id}/stop`, {})).body;
    described('post', '/api/send/{job}/stop', 200, stopped);
    expect(stopped).toMatchObject({ state: 'stopped', total: 100_000 });
    expect(stopped.sent).toBeLessThan(100_000);
    expect(stopped.report!.sent).toBe(stopped.sent);
    expect((await look()).sent).toBe(stopped.sent);
    const listed = (await daemon.json<{ allowed: boolean; rate: number; jobs: Job[] }>('/api/send')).body;
    expect(listed).toMatchObject({ allowed: true, rate: 500 });
    expect(listed.jobs.find((one) => one.id === body.id)).toMatchObject({ state: 'stopped' });
  });

  rooted(`no more than four send at once${needsRoot}`, async () => {
    const request = { layers: ping, count: 10_000, interval: 1, background: true };
    const begun: Job[] = [];
    for (let i = 0; i < 4; i++) begun.push((await daemon.json<Job>('/api/send', request)).body);
    expect((await daemon.json('/api/send', request)).status).toBe(409);
    expect((await daemon.json('/api/send', { layers: ping })).status).toBe(409);
    for (const { id } of begun) await daemon.json(`/api/send/${id}/stop`, {});
    expect((await daemon.json('/api/send', { layers: ping })).status).toBe(200);
  });

  rooted(`the packets of a capture are sent again, as they were, or some of them${needsRoot}`, async () => {
    const capture = (
      await daemon.json<CaptureBody>('/api/captures', { interfaces: ['lo'], captureFilter: 'port 4999' })
    ).body;
    const stored = (await daemon.import(frameFile(30))).body;
    const wanted = { interface: 'lo', speed: 10, filter: 'frame.number <= 20' };
    const { status, body } = await daemon.json<Job>(`/api/captures/${stored.id}/replay`, wanted);
    expect([status, body.error]).toEqual([202, undefined]);
    const done = await eventually(async () => {
      const job = (await daemon.json<Job>(`/api/send/${body.id}`)).body;
      return job.state === 'running' ? undefined : job;
    });
    described('get', '/api/send/{job}', 200, done);
    expect(done).toMatchObject({ state: 'done', sent: 20, report: { sent: 20, tooLong: 0, refused: 0 } });
    await eventually(async () => {
      const { packets } = (await daemon.json<CaptureBody>(`/api/captures/${capture.id}`)).body;
      return packets >= 20 ? true : undefined;
    });
    await daemon.json(`/api/captures/${capture.id}/stop`, {});
    const octets = async (id: string, number: number) =>
      (await daemon.json<{ bytes: string }>(`/api/captures/${id}/packets/${number}`)).body.bytes;
    for (const number of [1, 7, 20]) expect(await octets(capture.id, number)).toBe(await octets(stored.id, number));
  });

  rooted(`packets leave no earlier than their pace has it${needsRoot}`, async () => {
    const stored = (await daemon.import(frameFile(30))).body;
    const capture = (
      await daemon.json<CaptureBody>('/api/captures', { interfaces: ['lo'], captureFilter: 'port 4999' })
    ).body;
    // 5 ms apart at half the speed.
    const request = { interface: 'lo', speed: 0.5 };
    const { startedAt, id } = (await daemon.json<Job>(`/api/captures/${stored.id}/replay`, request)).body;
    await eventually(async () =>
      (await daemon.json<Job>(`/api/send/${id}`)).body.state === 'running' ? undefined : true,
    );
    await daemon.json(`/api/captures/${capture.id}/stop`, {});
    const { packets } = (await daemon.json<{ packets: { time: string }[] }>(`/api/captures/${capture.id}/packets`))
      .body;
    expect(packets.length).toBe(30);
    for (const [index, { time }] of packets.entries())
      expect(Date.parse(time) - Date.parse(startedAt)).toBeGreaterThanOrEqual(index * 10 - 1);
  });

  rooted(`replays that are asked for at once are no more than four either${needsRoot}`, async () => {
    const stored = (await daemon.import(frameFile(30))).body;
    const slow = { interface: 'lo', speed: 0.001 };
    const asked = Array.from({ length: 8 }, () => daemon.json<Job>(`/api/captures/${stored.id}/replay`, slow));
    const answers = await Promise.all(asked);
    const begun = answers.filter(({ status }) => status === 202);
    for (const { body } of begun) await daemon.json(`/api/send/${body.id}/stop`, {});
    expect(answers.map(({ status }) => status).sort()).toEqual([202, 202, 202, 202, 409, 409, 409, 409]);
  });

  rooted(`whoever sends slowly does not hold up others${needsRoot}`, async () => {
    const slow = { layers: ping, count: 3, rate: 0.001, background: true };
    const { body } = await daemon.json<Job>('/api/send', slow);
    await eventually(async () => ((await daemon.json<Job>(`/api/send/${body.id}`)).body.sent > 0 ? true : undefined));
    expect((await daemon.json<Sent>('/api/send', { layers: ping })).body.sent).toBe(1);
    expect((await daemon.json<Job>(`/api/send/${body.id}/stop`, {})).body).toMatchObject({ state: 'stopped', sent: 1 });
  });

  // Once as slowly as a timer can wait, and once more slowly.
  rooted.each([0.001, 1e-9])(`a long replay is stopped: speed %d${needsRoot}`, async (speed) => {
    const stored = (await daemon.import(frameFile(30))).body;
    const slow = { interface: 'lo', speed };
    const { body } = await daemon.json<Job>(`/api/captures/${stored.id}/replay`, slow);
    await eventually(async () => ((await daemon.json<Job>(`/api/send/${body.id}`)).body.sent > 0 ? true : undefined));
    const { state, sent } = (await daemon.json<Job>(`/api/send/${body.id}/stop`, {})).body;
    expect([state, sent < 30]).toEqual(['stopped', true]);
  });

  rooted(`what cannot be replayed is an error in words${needsRoot}`, async () => {
    const { id } = (await daemon.import(frameFile(3))).body;
    const cooked = (await daemon.import(cookedFile())).body;
    const problem = async (of: string, request: object) => {
      const { status, body } = await daemon.json<ProblemBody>(`/api/captures/${of}/replay`, request);
      return `${status} ${body.detail}`;
    };
    expect(await problem(id, { interface: 'nope0' })).toBe('400 There is no interface called "nope0" here.');
    expect(await problem(id, { interface: 'any' })).toBe(
      '400 any is no interface of its own: frames cannot be sent by it.',
    );
    expect(await problem(id, { interface: 'lo', filter: 'tcp.prot' })).toMatch(/^400 .*did you mean tcp.port/);
    expect(await problem(id, { interface: 'lo', speed: -1 })).toMatch(/^400 The body's "speed" is not right/);
    expect(await problem(id, { interface: 'lo', rate: 501 })).toMatch(/^400 A rate of 501 .* above the limit of 500/);
    expect(await problem('none', { interface: 'lo' })).toMatch(/^404 There is no capture "none"/);
    expect(await problem(cooked.id, { interface: 'lo' })).toMatch(
      /^400 The capture's packets begin with Linux cooked .*; lo takes Ethernet frames/,
    );
  });

  const ip = { dst: '127.0.0.1' };
  test.each<[string, object, number, string]>([
    ['no layers', {}, 400, '"layers"'],
    ['layers that are no list', { layers: { ip } }, 400, '"layers"'],
    ['an unknown member', { layers: ping, cuont: 2 }, 400, 'no member "cuont"'],
    ['an unknown protocol', { layers: [{ ipx: {} }] }, 400, 'Layer 1: no packet can be made of "ipx"'],
    ['an unknown field', { layers: [{ ip: { dts: '127.0.0.1' } }] }, 400, 'did you mean "dst"?'],
    ['a value that does not fit', { layers: [{ ip: { ...ip, ttl: 256 } }] }, 400, 'has 8 bits: 0 to 255'],
    ['an order that makes no sense', { layers: [{ ip }, { arp: {} }] }, 400, 'arp does not stand on ip'],
    [
      'a payload that is too long',
      { layers: [{ ip }, { payload: 'x'.repeat(65_516) }] },
      400,
      'do not fit into ip.len',
    ],
    ['too many packets for one answer', { layers: ping, count: 1e6 }, 400, 'takes 2000 s; an answer is waited for'],
    [
      'answers to too many packets',
      { layers: ping, count: 101, wait: 1 },
      400,
      'Answers to 101 packets are not waited',
    ],
    ['a rate above the limit', { layers: ping, rate: 1000 }, 400, 'above the limit of 500'],
    ['a public destination', { layers: [{ ip: { dst: '8.8.8.8' } }, { icmp: {} }] }, 403, '8.8.8.8 is in a public'],
    ['a public destination of IPv6', { layers: [{ ipv6: { dst: '2606:4700::1' } }] }, 403, 'may not be sent: '],
    ['frames by a raw socket', { layers: [{ eth: {} }, ...ping], engine: 'raw-socket' }, 400, 'begin with eth'],
    [
      'a raw socket by an interface',
      { layers: ping, engine: 'raw-socket', interface: 'lo' },
      400,
      'no interface can be',
    ],
    ['no such interface', { layers: [{ eth: {} }, ...ping], interface: 'nope0' }, 400, 'no interface called "nope0"'],
    ['no way for a frame', { layers: [{ eth: { type: 0x88b5 } }] }, 400, 'by which interface'],
  ])('%s is an error in words', async (_what, request, status, words) => {
    const answer = await daemon.json<ProblemBody>('/api/send', request);
    expect([answer.status, answer.body.detail]).toEqual([status, expect.stringContaining(words)]);
  });

  rooted(`a source route is no way around the limits${needsRoot}`, async () => {
    const options = [{ 'opt.type': 131, src_rt: ['8.8.8.8'] }];
    const answer = await daemon.json<ProblemBody>('/api/send', {
      layers: [{ ip: { dst: '10.255.255.254', options } }, { icmp: {} }],
    });
    expect(answer.status).toBe(403);
  });
});

(namespacesMissing === undefined ? describe : describe.skip)(
  `on a cable of its own${namespacesMissing === undefined ? '' : ` (${namespacesMissing})`}`,
  () => {
    let daemon: TestDaemon;
    let pair: Pair;

    beforeAll(async () => {
      pair = createPair();
      daemon = await TestDaemon.start(['--no-capture', '--allow-send', '--send-rate', '1000000']);
    });

    afterAll(async () => {
      await daemon.stop();
      pair.close();
    });

    const received = async () => Number(await pair.run('cat', `/sys/class/net/${pair.peer}/statistics/rx_packets`));

    test('an ARP request is answered by the host at the other end, and so is an echo request in a frame', async () => {
      const asked = await daemon.json<Sent>('/api/send', {
        layers: [{ eth: {} }, { arp: { 'dst.proto_ipv4': pair.peerAddress } }],
        interface: pair.host,
        wait: 5,
      });
      expect(asked.body.packets[0].reply).toMatchObject({
        kind: 'answer',
        summary: expect.stringContaining(`${pair.peerAddress} is at`),
      });
      const hardware = /is at (\S+)/.exec(asked.body.packets[0].reply!.summary)![1];
      const echoed = await daemon.json<Sent>('/api/send', {
        layers: [{ eth: { dst: hardware } }, { ip: { dst: pair.peerAddress } }, { icmp: {} }, { payload: 'frame' }],
        interface: pair.host,
        wait: 5,
      });
      expect(echoed.body).toMatchObject({ engine: 'native', interface: pair.host, answered: 1 });
      expect(echoed.body.packets[0].fields!.every(({ by }) => by !== 'kernel')).toBe(true);
    });

    test('every one of 20,000 frames arrives', async () => {
      const before = await received();
      const { body } = await daemon.json<Sent>('/api/send', {
        layers: [{ eth: { dst: '02:00:00:00:00:01' } }, { ip: { dst: pair.peerAddress } }, { udp: { dstport: 9 } }],
        interface: pair.host,
        count: 20_000,
      });
      expect(body.sent).toBe(20_000);
      await eventually(async () => ((await received()) - before >= 20_000 ? true : undefined));
    });

    test('a frame that is longer than the interface takes is an error, and so is one to nobody knows whom', async () => {
      const send = async (eth: object, dst: string, length: number) => {
        const layers = [{ eth }, { ip: { dst } }, { udp: { dstport: 9 } }, { payload: 'x'.repeat(length) }];
        const { status, body } = await daemon.json<ProblemBody>('/api/send', { layers, interface: pair.host });
        return `${status} ${body.detail}`;
      };
      const dst = '02:00:00:00:00:01';
      expect(await send({ dst }, pair.peerAddress, 1500)).toBe(`400 A frame is longer than ${pair.host} takes.`);
      // The network's own address, which no host has.
      const nobody = pair.hostAddress.replace(/\d+$/, (last) => `${Number(last) - 1}`);
      expect(await send({}, nobody, 1)).toBe(
        `400 Which host on ${pair.host} has ${nobody} is not known: eth.dst is missing.`,
      );
      expect(await send({ dst }, '192.168.255.254', 1)).toBe(
        `403 The packet may not be sent: 192.168.255.254 is not in a network that ${pair.host} is directly in.`,
      );
    });

    test('packets to elsewhere are left out of a replay, and counted', async () => {
      const stored = (await daemon.import(frameFile(10, '8.8.8.8'))).body;
      const request = { interface: pair.host, speed: 0 };
      const { body } = await daemon.json<Job>(`/api/captures/${stored.id}/replay`, request);
      const done = await eventually(async () => {
        const job = (await daemon.json<Job>(`/api/send/${body.id}`)).body;
        return job.state === 'running' ? undefined : job;
      });
      expect(done).toMatchObject({ state: 'done', sent: 0, report: { refused: 10 } });
      expect(done.report!.notes.join()).toContain('8.8.8.8 is in a public network');
    });

    test('the interface goes away: what is being sent ends with an error in words', async () => {
      const other = createPair();
      try {
        const { body } = await daemon.json<Job>('/api/send', {
          layers: [{ eth: { dst: '02:00:00:00:00:01' } }, { ip: { dst: other.peerAddress } }, { udp: { dstport: 9 } }],
          interface: other.host,
          count: 1000,
          interval: 0.05,
          background: true,
        });
        const look = async () => (await daemon.json<Job>(`/api/send/${body.id}`)).body;
        await eventually(async () => ((await look()).sent > 1 ? true : undefined));
        other.unplug();
        const ended = await eventually(async () => {
          const job = await look();
          return job.state === 'running' ? undefined : job;
        });
        expect(ended.state).toBe('failed');
        expect(ended.error?.detail).toMatch(/no interface called|is down|does not take/);
      } finally {
        other.close();
      }
    });
  },
);
