/** Flows over REST: how they went, their VLANs, TTLs, identifiers, and the names that clients asked for. */

import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { createServer } from 'node:net';
import { connect } from 'node:tls';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { onesComplementSum } from '../../decoders/core/index.js';
import { pcapOf } from '../support/packets.js';
import { conversation, packetsOf, type Segment, segmentFrame } from '../support/tcp-packets.js';
import { TestDaemon, tshark } from './daemon.js';

interface Flow {
  readonly id: number;
  readonly transport: string;
  readonly client: string;
  readonly clientPort: number | null;
  readonly packets: number;
  readonly connState: string | null;
  readonly history: string | null;
  readonly handshakeRtt: number | null;
  readonly clientTtl: number | null;
  readonly serverTtl: number | null;
  readonly vlans: readonly number[];
  readonly icmp: { type: number; code: number; identifier: number | null } | null;
  readonly communityId: string | null;
  readonly host: string | null;
}

/** Fills in the checksum at `at` of what goes from `start` to the frame's end. */
function summed(frame: Buffer, start: number, at: number, pseudo = 0): Buffer {
  const view = new DataView(frame.buffer, frame.byteOffset, frame.length);
  let sum = onesComplementSum(view, start, frame.length - start) + pseudo;
  while (sum > 0xffff) sum = (sum & 0xffff) + Math.floor(sum / 0x10000);
  frame.writeUInt16BE(~sum & 0xffff, at);
  return frame;
}

/** A segment with its checksums right. */
function whole(segment: Segment, serverTtl = 64): Buffer {
  const frame = segmentFrame(segment);
  if (segment.from === '<') frame[22] = serverTtl;
  frame.writeUInt16BE(0, 24);
  const view = new DataView(frame.buffer, frame.byteOffset, frame.length);
  frame.writeUInt16BE(~onesComplementSum(view, 14, 20) & 0xffff, 24);
  const pseudo = onesComplementSum(view, 26, 8) + 6 + (frame.length - 34);
  return summed(frame, 34, 50, pseudo);
}

function tagged(frame: Buffer, ...ids: readonly number[]): Buffer {
  const tags = ids.flatMap((id) => [0x81, 0, id >> 8, id & 0xff]);
  return Buffer.concat([frame.subarray(0, 12), Uint8Array.from(tags), frame.subarray(12)]);
}

/** An ICMP message from 10.0.0.1 to 10.0.0.2, or back. */
function icmp(type: number, identifier: number, back = false): Buffer {
  const frame = Buffer.alloc(42);
  frame.set([2, 0, 0, 0, 0, 2, 2, 0, 0, 0, 0, 1, 8, 0, 0x45, 0, 0, 28]);
  frame.set([64, 1, 0, 0, 10, 0, 0, back ? 2 : 1, 10, 0, 0, back ? 1 : 2, type, 0, 0, 0], 22);
  const view = new DataView(frame.buffer, frame.byteOffset, frame.length);
  frame.writeUInt16BE(~onesComplementSum(view, 14, 20) & 0xffff, 24);
  frame.writeUInt16BE(identifier, 38);
  return summed(frame, 34, 36);
}

/** What a TLS client says first. */
async function clientHello(servername: string): Promise<Buffer> {
  const server = createServer();
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const client = connect({ host: '127.0.0.1', port: (server.address() as AddressInfo).port, servername });
  // Nobody answers it.
  client.on('error', () => undefined);
  const [socket] = await once(server, 'connection');
  const [hello] = (await once(socket, 'data')) as [Buffer];
  client.destroy();
  socket.destroy();
  server.close();
  return hello;
}

let daemon: TestDaemon;
beforeAll(async () => {
  daemon = await TestDaemon.start();
});
afterAll(() => daemon.stop());

async function flowsOf(frames: readonly Uint8Array[]): Promise<{ flows: Flow[]; file: Buffer }> {
  const file = pcapOf(packetsOf(frames));
  const { body } = await daemon.import(file, 'flows.pcap');
  const { body: page } = await daemon.json<{ flows: Flow[] }>(`/api/captures/${body.id}/flows`);
  const one = await daemon.json<Flow>(`/api/captures/${body.id}/flows/1`);
  expect(one.body).toMatchObject(page.flows[0]);
  return { flows: page.flows, file };
}

const request = 'GET / HTTP/1.1\r\nHost: www.example.org\r\n\r\n';
const answer = 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok';

describe('a connection', () => {
  test('how it went, how long its handshake took, how far its ends are, whom the client asked for', async () => {
    const talk = conversation([
      ['>', request],
      ['<', answer],
    ]);
    const { flows, file } = await flowsOf(talk.map((segment) => whole(segment, 57)));
    expect(flows).toHaveLength(1);
    expect(flows[0]).toMatchObject({
      connState: 'SF',
      history: 'ShADdFf',
      clientTtl: 64,
      serverTtl: 57,
      vlans: [],
      icmp: null,
      host: 'www.example.org',
    });
    const fields = ['-T', 'fields', '-e', 'tcp.analysis.initial_rtt', '-e', 'communityid', '-c', '4'];
    const { output } = await tshark(file, ['--enable-protocol', 'communityid', ...fields]);
    const [rtt, community] = output.trim().split('\n').at(-1)?.split('\t') ?? [];
    expect(flows[0].handshakeRtt).toBe(Number(rtt));
    expect(flows[0].communityId).toBe(community);
  });

  test('the same ports on two VLANs are two, and both tags count', async () => {
    const talk = conversation([['>', request]]).map((segment) => whole(segment));
    const { flows } = await flowsOf([
      ...talk.map((frame) => tagged(frame, 5)),
      ...talk.map((frame) => tagged(frame, 6)),
      ...talk.map((frame) => tagged(frame, 5, 7)),
      // A priority is no VLAN.
      ...talk.map((frame) => tagged(frame, 0)),
    ]);
    expect(flows.map(({ vlans, packets }) => [vlans, packets])).toEqual([
      [[5], talk.length],
      [[6], talk.length],
      [[5, 7], talk.length],
      [[], talk.length],
    ]);
    expect(new Set(flows.map(({ communityId }) => communityId)).size).toBe(1);
  });

  test('a server name in a Client Hello that fills two segments', async () => {
    const hello = await clientHello('secret.example.net');
    const halves = [hello.subarray(0, 40), hello.subarray(40)] as const;
    const { flows } = await flowsOf(
      conversation([
        ['>', halves[0]],
        ['>', halves[1]],
      ]).map((segment) => {
        const frame = whole(segment);
        frame.writeUInt16BE(443, segment.from === '>' ? 36 : 34);
        frame.writeUInt16BE(0, 50);
        const view = new DataView(frame.buffer, frame.byteOffset, frame.length);
        return summed(frame, 34, 50, onesComplementSum(view, 26, 8) + 6 + (frame.length - 34));
      }),
    );
    expect(flows[0]).toMatchObject({ connState: 'SF', host: 'secret.example.net' });
  });
});

test('a port that is used again: each connection has its own state and name', async () => {
  const first = conversation([['>', request]]);
  const second = conversation([['>', request.replace('example.org', 'example.com')]]).map((segment) => ({
    ...segment,
    seq: segment.seq + 70_000,
    ...(segment.ack === undefined ? {} : { ack: segment.ack + 70_000 }),
  }));
  const { flows } = await flowsOf([...first, ...second].map((segment) => whole(segment)));
  expect(flows.map(({ connState, host }) => [connState, host])).toEqual([
    ['SF', 'www.example.org'],
    ['SF', 'www.example.com'],
  ]);
});

test('pings are told apart by their identifier, and an answer alone knows who asked', async () => {
  const { flows } = await flowsOf([
    icmp(8, 7),
    icmp(0, 7, true),
    icmp(8, 9),
    icmp(8, 7),
    icmp(0, 11, false),
    icmp(13, 7),
  ]);
  expect(flows.map(({ client, packets, icmp: kind, clientPort }) => [client, packets, kind, clientPort])).toEqual([
    ['10.0.0.1', 3, { type: 8, code: 0, identifier: 7 }, null],
    ['10.0.0.1', 1, { type: 8, code: 0, identifier: 9 }, null],
    ['10.0.0.2', 1, { type: 8, code: 0, identifier: 11 }, null],
    ['10.0.0.1', 1, { type: 13, code: 0, identifier: 7 }, null],
  ]);
  expect(flows.every(({ connState }) => connState === 'OTH')).toBe(true);
});
