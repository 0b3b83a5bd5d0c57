/** What the two ends of a flow said: pages, files, and events while the capture runs. */

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { connect, createServer, type Socket } from 'node:net';
import { brotliCompressSync, deflateRawSync, deflateSync, gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { ipFrame, pcapOf } from '../support/packets.js';
import { CLIENT, conversation, packetsOf, SERVER, type Segment, segmentFrame } from '../support/tcp-packets.js';
import { type CaptureBody, eventually, isRoot, type ProblemBody, TestDaemon } from './daemon.js';

interface Said {
  from: 'client' | 'server';
  packet: number;
  time: string;
  length: number;
  data: string;
  gap?: number;
  note?: string;
  decoded?: string[];
}

interface Page {
  client: object;
  server: object;
  segments: Said[];
  next: number | null;
  position: number;
}

let daemon: TestDaemon;
beforeAll(async () => {
  daemon = await TestDaemon.start();
});
afterAll(() => daemon.stop());

const importFrames = async (frames: readonly Uint8Array[]) =>
  (await daemon.import(pcapOf(packetsOf(frames)), 'x.pcap')).body.id;
const importSegments = (segments: readonly Segment[]) => importFrames(segments.map(segmentFrame));
const address = (id: string, query = '') => `/api/captures/${id}/flows/1/stream${query}`;
const page = async (id: string, query = '') => (await daemon.json<Page>(address(id, query))).body;
const file = async (id: string, query: string) => (await daemon.fetch(address(id, query))).text();
/** `>` or `<` and the text, `{n}` for a gap. */
const short = ({ from, data, gap }: Said) =>
  `${from === 'client' ? '>' : '<'}${gap === undefined ? Buffer.from(data, 'base64').toString() : `{${gap}}`}`;

describe('a connection', () => {
  let id: string;
  beforeAll(async () => {
    id = await importSegments(
      conversation([
        ['>', 'ping\n'],
        ['<', 'pong\n'],
        ['<', 'more\n'],
        ['>', 'bye\n'],
      ]),
    );
  });

  test('is told in the order in which it was said', async () => {
    const { client, server, segments, next } = await page(id);
    expect([client, server, next]).toEqual([CLIENT, SERVER, null]);
    expect(segments.map(short)).toEqual(['>ping\n', '<pong\n', '<more\n', '>bye\n']);
    expect(segments[0]).toEqual({
      from: 'client',
      packet: 4,
      time: '2023-11-14T22:13:20.003000000Z',
      length: 5,
      data: 'cGluZwo=',
    });
  });

  test('is paged', async () => {
    const found: string[] = [];
    let after: number | null = 0;
    for (let pages = 0; after !== null && pages < 9; pages++) {
      const one: Page = await page(id, `?limit=1&after=${after}`);
      expect(one.segments.length).toBeLessThanOrEqual(1);
      found.push(...one.segments.map(short));
      after = one.next;
    }
    expect(found).toEqual(['>ping\n', '<pong\n', '<more\n', '>bye\n']);
    // A page that nobody has asked for before begins at the beginning all the same.
    expect((await page(id, '?after=5')).segments.map(short)).toEqual(['<more\n', '>bye\n']);
    expect((await page(id, '?from=server')).segments.map(short)).toEqual(['<pong\n', '<more\n']);
  });

  test('is text, a hex dump, and raw', async () => {
    expect(await file(id, '?format=text')).toBe(
      '--> client, packet 4\nping\n<-- server, packet 5\npong\nmore\n--> client, packet 7\nbye\n',
    );
    expect(await file(id, '?format=text&from=client')).toBe('ping\nbye\n');
    expect((await file(id, '?format=hex')).split('\n').slice(0, 4)).toEqual([
      '--> client, packet 4, 2023-11-14T22:13:20.003000000Z, 5 octets',
      '00000000  70 69 6e 67 0a                                    ping.',
      '    <-- server, packet 5, 2023-11-14T22:13:20.004000000Z, 5 octets',
      '    00000000  70 6f 6e 67 0a                                    pong.',
    ]);
    const raw = await daemon.fetch(address(id, '?format=raw&from=server'));
    expect(raw.headers.get('content-type')).toBe('application/octet-stream');
    expect(raw.headers.get('content-disposition')).toBe('attachment; filename="flow-1-server.bin"');
    expect(await raw.text()).toBe('pong\nmore\n');
  });

  test('is events, which end, and are over then', async () => {
    const accept = { Accept: 'text/event-stream' };
    const answer = await daemon.fetch(address(id), { headers: accept });
    const text = await answer.text();
    expect(answer.headers.get('content-type')).toMatch(/^text\/event-stream/);
    expect(text.match(/^(id|event): .*/gm)).toEqual(['id: 10', 'event: segments', 'id: 10-end', 'event: ended']);
    const again = (last: string) => daemon.fetch(address(id), { headers: { ...accept, 'Last-Event-ID': last } });
    expect((await again('10-end')).status).toBe(204);
    const rest = await (await again('6')).text();
    expect((JSON.parse(/^data: (.*)$/m.exec(rest)![1]) as Page).segments.map(short)).toEqual(['>bye\n']);
    expect((await again('yesterday')).status).toBe(400);
  });
});

test('repeated, overlapping, contradicting and missing octets', async () => {
  const id = await importSegments([
    { from: '>', seq: 100, ack: 500, data: 'abcd' },
    { from: '>', seq: 100, ack: 500, data: 'abcd' },
    { from: '>', seq: 102, ack: 500, data: 'cXef' },
    { from: '>', seq: 110, ack: 500, data: 'kl' },
    { from: '<', seq: 500, ack: 112, data: 'yes' },
    { from: '>', seq: 100_112, ack: 503, data: 'z' },
  ]);
  const { segments } = await page(id);
  expect(segments.map(short)).toEqual(['>abcd', '>', '>ef', '>{4}', '>kl', '<yes', '>{100000}', '>z']);
  expect(segments[0].note).toBe('What was said before was not captured: the connection was open already.');
  expect(segments[1].note).toBe('Packet 3 says 1 octet differently than before; what came first is shown.');
  expect(segments.map((one) => one.packet)).toEqual([1, 3, 3, undefined, 4, 5, undefined, 6]);
  expect(await file(id, '?format=text&from=client')).toMatch(
    /^\[What was said before was not captured: .*\]\nabcd\n\[Packet 3 .*\]\nef\n\[4 octets are missing here: not captured\]\nkl\n/,
  );
});

test('what steers a terminal is shown as dots', async () => {
  const id = await importSegments([
    { from: '>', seq: 0, flags: 'S' },
    { from: '>', seq: 1, data: 'a\u001b[2Jb\u0000\u009bc é\r\n' },
  ]);
  expect(await file(id, '?format=text&from=client')).toBe('a.[2Jb..c é\n');
});

test('datagrams, and what has no stream', async () => {
  const udp = (payload: number, back = false) =>
    ipFrame(
      back
        ? { source: '10.0.0.2', destination: '10.0.0.1', sourcePort: 9, destinationPort: 40000, payload }
        : { payload },
    );
  const icmp = Buffer.from(udp(8));
  icmp[23] = 1;
  const id = await importFrames([udp(3), udp(2, true), udp(0), icmp]);
  const { segments } = await page(id);
  expect(segments.map(short)).toEqual(['>...', '<..', '>']);
  const refused = await daemon.json<ProblemBody>(`/api/captures/${id}/flows/2/stream`);
  expect(refused.status).toBe(400);
  expect(refused.body.detail).toBe('Flow 2 has no stream of octets: only flows of TCP, UDP and SCTP have.');
  expect((await daemon.json(`/api/captures/${id}/flows/3/stream`)).status).toBe(404);
});

describe('HTTP', () => {
  const body = 'Hello, hello, hello! '.repeat(50);
  const codings: readonly [string, Uint8Array][] = [
    ['gzip', gzipSync(body)],
    ['deflate', deflateSync(body)],
    ['deflate', deflateRawSync(body)],
    ['br', brotliCompressSync(body)],
  ];

  test.each(codings)('bodies in chunks, coded with %s', async (coding, coded) => {
    const half = coded.length >> 1;
    const chunk = (octets: Uint8Array) =>
      Buffer.concat([Buffer.from(`${octets.length.toString(16)}\r\n`), octets, Buffer.from('\r\n')]);
    const head = `HTTP/1.1 200 OK\r\nContent-Encoding: ${coding}\r\nTransfer-Encoding: chunked\r\n\r\n`;
    const answer = Buffer.concat([
      Buffer.from(head),
      chunk(coded.subarray(0, half)),
      chunk(coded.subarray(half)),
      Buffer.from('0\r\n\r\n'),
    ]);
    const id = await importSegments(
      conversation([
        ['>', 'GET / HTTP/1.1\r\n\r\n'],
        // Cut where it hurts: in the header, in a chunk's size, in the coding.
        ['<', answer.subarray(0, 20)],
        ['<', answer.subarray(20, head.length + 1)],
        ['<', answer.subarray(head.length + 1, head.length + half)],
        ['<', answer.subarray(head.length + half)],
        ['>', 'GET /next HTTP/1.1\r\n\r\n'],
        ['<', 'HTTP/1.1 204 No Content\r\n\r\n'],
      ]),
    );
    const { segments } = await page(id, '?decode=http&from=server');
    expect(segments.filter((one) => one.decoded !== undefined).map((one) => one.decoded!.join(' '))).toContain(
      `chunked ${coding}`,
    );
    expect(segments.map(short).join('').replaceAll('<', '')).toBe(`${head}${body}HTTP/1.1 204 No Content\r\n\r\n`);
    expect(await file(id, '?format=raw&from=server&decode=http')).toBe(`${head}${body}HTTP/1.1 204 No Content\r\n\r\n`);
    // And as it came, without.
    expect(
      Buffer.from(await (await daemon.fetch(address(id, '?format=raw&from=server'))).arrayBuffer()).subarray(
        0,
        answer.length,
      ),
    ).toEqual(answer);
  });

  test('a damaged body says so, and a bomb is not let off', async () => {
    const bomb = gzipSync(Buffer.alloc(64 << 20));
    const damaged = Buffer.concat([gzipSync(body).subarray(0, 10), Buffer.alloc(40, 0xff)]);
    const answer = (octets: Uint8Array) =>
      Buffer.concat([
        Buffer.from(`HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: ${octets.length}\r\n\r\n`),
        octets,
      ]);
    const pieces: ['<', Uint8Array][] = [];
    const whole = answer(bomb);
    for (let at = 0; at < whole.length; at += 1400) pieces.push(['<', whole.subarray(at, at + 1400)]);
    const id = await importSegments(conversation([['<', answer(damaged)], ...pieces]));
    const notes: string[] = [];
    let octets = 0;
    for (let after: number | null = 0; after !== null; ) {
      const one: Page = await page(id, `?decode=http&limit=10000&after=${after}`);
      notes.push(...one.segments.flatMap(({ note }) => note ?? []));
      for (const { length } of one.segments) octets += length;
      after = one.next;
    }
    expect(notes[0]).toMatch(
      /^The gzip body cannot be decoded further: it is damaged \(.+\)\. The rest is shown as it came\.$/,
    );
    expect(notes[1]).toMatch(/^The gzip body cannot be decoded further: it grows more than 200 times\./);
    expect(octets).toBeLessThan(16 << 20);
  });
});

(isRoot ? describe : describe.skip)('while the capture runs (needs root)', () => {
  let captured: string;
  let server: ReturnType<typeof createServer>;
  let port: number;
  const peers: Socket[] = [];
  beforeAll(async () => {
    server = createServer((socket) => {
      peers.push(socket);
      socket.on('data', (octets) => socket.write(`you said ${octets}`));
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    ({ port } = server.address() as { port: number });
    const started = await daemon.json<CaptureBody>('/api/captures', {
      interfaces: ['lo'],
      captureFilter: `tcp port ${port}`,
    });
    captured = started.body.id;
  });
  afterAll(() => {
    for (const peer of peers) peer.destroy();
    server.close();
  });

  test('curl -N shows what is said within 200 ms, goes on where it left off, and ends with the capture', async () => {
    const client = connect(port, '127.0.0.1');
    await once(client, 'connect');
    await eventually(async () =>
      (await daemon.json(`/api/captures/${captured}/flows/1`)).status === 200 ? true : undefined,
    );
    const url = `${daemon.base}${address(captured)}`;
    const curl = spawn('curl', ['-sN', '-H', 'Accept: text/event-stream', url], {
      stdio: ['ignore', 'pipe', 'ignore'],
    });
    const closed = once(curl, 'close');
    let seen = '';
    curl.stdout.on('data', (chunk: Buffer) => {
      seen += chunk.toString();
    });
    const said = (text: string) =>
      [...text.matchAll(/^data: (.*)$/gm)]
        .flatMap(([, data]) => (JSON.parse(data) as Partial<Page>).segments ?? [])
        .map(short)
        .join('');
    let best = Number.POSITIVE_INFINITY;
    for (let round = 1; round <= 10 && (best > 200 || round <= 3); round++) {
      const before = performance.now();
      client.write(`word ${round}\n`);
      await eventually(async () => (said(seen).includes(`<you said word ${round}\n`) ? true : undefined));
      best = Math.min(best, performance.now() - before);
    }
    expect(best).toBeLessThan(200);
    const last = seen
      .match(/^id: .*$/gm)!
      .at(-1)!
      .slice(4);
    client.write('the end\n');
    await eventually(async () => (said(seen).includes('<you said the end\n') ? true : undefined));
    const resumed = daemon.fetch(address(captured), {
      headers: { Accept: 'text/event-stream', 'Last-Event-ID': last },
    });
    client.destroy();
    await daemon.json(`/api/captures/${captured}/stop`, undefined, 'POST');
    await closed;
    expect(seen).toContain('event: ended');
    expect(said(await (await resumed).text())).toBe('>the end\n<you said the end\n');
  });
});
