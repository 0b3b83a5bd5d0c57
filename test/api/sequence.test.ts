/** The ladder: what happened between two hosts, step by step. */

import { once } from 'node:events';
import { connect, createServer } from 'node:net';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { pcapOf } from '../support/packets.js';
import { CLIENT, conversation, packetsOf, SERVER, segmentFrame } from '../support/tcp-packets.js';
import { type CaptureBody, eventually, isRoot, TestDaemon } from './daemon.js';

interface Step {
  packet?: number;
  mark?: number;
  text?: string;
  time: string;
  from: number;
  to: number;
  flow: number;
  flags?: string;
  seq?: number;
  ack?: number;
  length: number;
  label: string;
  clientState?: string | null;
  serverState?: string | null;
  note?: string;
  sincePrevious: number | null;
}

interface Page {
  hosts: { address: string; port: number | null }[];
  steps: Step[];
  next: number | null;
  position: number;
}

let daemon: TestDaemon;
beforeAll(async () => {
  daemon = await TestDaemon.start();
});
afterAll(() => daemon.stop());

const get = async (path: string) => (await daemon.json<Page>(path)).body;

describe('a connection', () => {
  let id: string;
  let base: string;
  beforeAll(async () => {
    const said = conversation([
      ['>', 'GET / HTTP/1.1\r\nHost: a\r\n\r\n'],
      ['<', 'HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n'],
    ]);
    const again = { from: '>', seq: 1001, ack: 5001, flags: 'P', data: 'GET / HTTP/1.1\r\nHost: a\r\n\r\n' } as const;
    // The request twice, the answer late.
    const segments = [...said.slice(0, 4), again, ...said.slice(4)];
    const packets = packetsOf(segments.map(segmentFrame));
    const late = packets.map(({ time, data }, index) => ({ time: time + (index > 3 ? 200_000_000n : 0n), data }));
    id = (await daemon.import(pcapOf(late), 'ladder.pcap')).body.id;
    base = `/api/captures/${id}/flows/1/sequence`;
  });

  test('has a step for every packet, with the states of RFC 9293', async () => {
    const { hosts, steps, next } = await get(base);
    expect([hosts, next]).toEqual([[CLIENT, SERVER], null]);
    const lines = steps.map((step) => [
      step.from < step.to ? '>' : '<',
      step.flags,
      `${step.seq}/${step.ack ?? ''}`,
      step.length,
      step.clientState,
      step.serverState,
    ]);
    expect(lines).toEqual([
      ['>', 'SYN', '0/', 0, 'SYN-SENT', 'SYN-RECEIVED'],
      ['<', 'SYN, ACK', '0/1', 0, 'ESTABLISHED', 'SYN-RECEIVED'],
      ['>', 'ACK', '1/1', 0, 'ESTABLISHED', 'ESTABLISHED'],
      ['>', 'PSH, ACK', '1/1', 27, 'ESTABLISHED', 'ESTABLISHED'],
      ['>', 'PSH, ACK', '1/1', 27, 'ESTABLISHED', 'ESTABLISHED'],
      ['<', 'PSH, ACK', '1/28', 45, 'ESTABLISHED', 'ESTABLISHED'],
      ['>', 'FIN, ACK', '28/46', 0, 'FIN-WAIT-1', 'CLOSE-WAIT'],
      ['<', 'FIN, ACK', '46/29', 0, 'TIME-WAIT', 'LAST-ACK'],
      ['>', 'ACK', '29/47', 0, 'TIME-WAIT', 'CLOSED'],
    ]);
  });

  test('says in words what it is about', async () => {
    const { steps } = await get(base);
    expect(steps.map(({ label }) => label)).toEqual([
      'SYN',
      'SYN, ACK',
      'ACK',
      'HTTP GET / HTTP/1.1',
      'PSH, ACK · 27 octets',
      'HTTP/1.1 404 Not Found',
      'FIN, ACK',
      'FIN, ACK',
      'ACK',
    ]);
    expect(steps.map(({ note }) => note)).toEqual([
      'The client asks to open a connection.',
      'The server accepts, and asks to open its own direction.',
      'Both directions are open.',
      undefined,
      'Retransmission of packet 4: its acknowledgment did not arrive in 201 ms.',
      undefined,
      'The client has nothing more to say and closes its direction.',
      'The server has nothing more to say and closes its direction.',
      'Both directions are closed.',
    ]);
    expect(steps[4].sincePrevious).toBeCloseTo(0.201, 6);
  });

  test('is paged, and every page knows what was before', async () => {
    const whole = await get(base);
    const found: Step[] = [];
    let after: number | null = 0;
    for (let pages = 0; after !== null && pages < 9; pages++) {
      const one: Page = await get(`${base}?limit=2&after=${after}`);
      expect(one.hosts).toEqual(whole.hosts);
      found.push(...one.steps);
      after = one.next;
    }
    expect(found).toEqual(whole.steps);
    // Back again.
    expect((await get(`${base}?limit=2&after=3`)).steps).toEqual(whole.steps.slice(3, 5));
  });

  test('has marks between its steps', async () => {
    const { steps } = await get(base);
    const made = await daemon.json(`/api/captures/${id}/marks`, { text: 'send()', time: steps[3].time });
    expect(made.status).toBe(201);
    await daemon.json(`/api/captures/${id}/marks`, { text: 'done', time: '2030-01-01T00:00:00Z' });
    const marked = (await get(base)).steps;
    expect(marked.map(({ mark }) => mark)).toEqual([
      undefined,
      undefined,
      undefined,
      1,
      ...Array(6).fill(undefined),
      2,
    ]);
    expect(marked[3]).toEqual({ mark: 1, text: 'send()', time: steps[3].time });
    const first = await get(`${base}?limit=3`);
    const second = await get(`${base}?limit=3&after=${first.next}`);
    expect(first.steps.map(({ text }) => text)).toEqual([undefined, undefined, undefined]);
    expect(second.steps.map(({ text }) => text)).toEqual(['send()', undefined, undefined, undefined]);
  });

  test('a filter leaves steps out, and the states are those of the whole connection', async () => {
    const { hosts, steps } = await get(
      `/api/captures/${id}/sequence?filter=${encodeURIComponent('tcp.flags.fin == 1')}`,
    );
    expect(hosts).toEqual([
      { address: CLIENT.address, port: null },
      { address: SERVER.address, port: null },
    ]);
    expect(steps.flatMap(({ packet }) => packet ?? [])).toEqual([7, 8]);
    expect(steps.flatMap(({ clientState }) => clientState ?? [])).toEqual(['FIN-WAIT-1', 'TIME-WAIT']);
  });
});

test('several flows on one ladder, in the words of the packet list', async () => {
  const id = await daemon.sample();
  const { hosts, steps, next } = await get(`/api/captures/${id}/sequence?limit=1000`);
  expect(next).toBeNull();
  expect(new Set(hosts.map(({ address }) => address)).size).toBe(hosts.length);
  const { body } = await daemon.json<{
    packets: { number: number; protocol: string; info: string; source: string; destination: string }[];
  }>(`/api/captures/${id}/packets?limit=1000`);
  for (const step of steps) {
    const row = body.packets[(step.packet ?? 0) - 1];
    expect([hosts[step.from].address, hosts[step.to].address]).toEqual([row.source, row.destination]);
    if (row.protocol === 'DNS') expect(step.label).toBe(`DNS ${row.info}`);
  }
  expect((await daemon.json(`/api/captures/${id}/sequence?filter=tcp.prot`)).status).toBe(400);
  expect((await daemon.json(`/api/captures/${id}/flows/9999/sequence`)).status).toBe(404);
});

(isRoot ? describe : describe.skip)('real connections on loopback (needs root)', () => {
  test('one that is refused, and one that is closed, as the kernel does it', async () => {
    const server = createServer((socket) => socket.on('data', () => socket.end('answer')));
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as { port: number };
    const { body } = await daemon.json<CaptureBody>('/api/captures', {
      interfaces: ['lo'],
      captureFilter: `tcp port ${port}`,
    });
    const client = connect(port, '127.0.0.1');
    client.resume();
    client.write('question');
    await once(client, 'close');
    server.close();
    await once(server, 'close');
    const refused = connect(port, '127.0.0.1');
    await once(refused, 'error');
    const steps = await eventually(async () => {
      const page = await get(`/api/captures/${body.id}/sequence`);
      // Loopback: the server has a lifeline of its own, though its address is the client's.
      return page.steps.some((step) => step.flags?.includes('RST')) && page.hosts.length === 2 ? page.steps : undefined;
    });
    await daemon.json(`/api/captures/${body.id}/stop`, undefined, 'POST');
    const first = steps.filter((step) => step.flow === 1);
    const states = first.map(({ clientState, serverState }) => `${clientState} ${serverState}`);
    expect(states.slice(0, 3)).toEqual([
      'SYN-SENT SYN-RECEIVED',
      'ESTABLISHED SYN-RECEIVED',
      'ESTABLISHED ESTABLISHED',
    ]);
    // The server closes first, so it is the one that waits.
    expect(states.at(-1)).toBe('CLOSED TIME-WAIT');
    const last = steps.at(-1)!;
    expect([last.clientState, last.serverState, last.note]).toEqual([
      'CLOSED',
      'CLOSED',
      'The server refuses: nobody listens on this port.',
    ]);
  });
});
