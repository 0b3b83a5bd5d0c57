/** What several packets have together is shown by the one that completes it, wherever it is asked for. */

import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { removeFolders, START } from '../support/packets.js';
import { importPackets, type Opened, openStore } from '../support/stores.js';

let one: Opened;
beforeAll(async () => {
  one = await openStore();
});
afterAll(async () => {
  await one.close();
  removeFolders();
});

/** A segment from 10.0.0.1:40000 to 10.0.0.2:`port`, in Ethernet. */
function segment(sequence: number, text: string, flags = 0x18, port = 80): Uint8Array {
  const payload = Buffer.from(text);
  const frame = Buffer.alloc(54 + payload.length);
  frame.set([2, 0, 0, 0, 0, 2, 2, 0, 0, 0, 0, 1, 8, 0, 0x45, 0]);
  frame.writeUInt16BE(40 + payload.length, 16);
  frame.set([64, 6, 0, 0, 10, 0, 0, 1, 10, 0, 0, 2], 22);
  frame.writeUInt16BE(40000, 34);
  frame.writeUInt16BE(port, 36);
  frame.writeUInt32BE(sequence, 38);
  frame.set([0x50, flags], 46);
  frame.set(payload, 54);
  return frame;
}

/** A datagram's fragment: UDP to port 53 in two pieces. */
function fragment(offset: number, more: boolean, payload: Uint8Array): Uint8Array {
  const frame = Buffer.alloc(34 + payload.length);
  frame.set([2, 0, 0, 0, 0, 2, 2, 0, 0, 0, 0, 1, 8, 0, 0x45, 0]);
  frame.writeUInt16BE(20 + payload.length, 16);
  frame.writeUInt16BE(77, 18);
  frame.writeUInt16BE((more ? 0x2000 : 0) | (offset / 8), 20);
  frame.set([64, 17, 0, 0, 10, 0, 0, 1, 10, 0, 0, 2], 22);
  frame.set(payload, 34);
  return frame;
}

const query = Buffer.from(
  'a1b20035002900000001010000010000000000000377777707657861' + '6d706c6503636f6d0000010001',
  'hex',
);
const lines = ['GET / HTTP/1.1\r\nHo', 'st: example.com\r\nX: y', '\r\n\r\n'];

const frames = [
  segment(100, '', 2),
  segment(101, lines[0]),
  segment(101 + lines[0].length, lines[1]),
  fragment(0, true, query.subarray(0, 24)),
  segment(101 + lines[0].length + lines[1].length, lines[2]),
  fragment(24, false, query.subarray(24)),
];

describe('a capture with a request in three segments and a question in two fragments', () => {
  let id: string;
  beforeAll(async () => {
    const packets = frames.map((data, index) => ({ time: START + BigInt(index), data }));
    ({ id } = await importPackets(one.store, packets));
  });

  test('the detail has the message, and the octets that it stands in', async () => {
    const detail = await one.queries.packet(id, 5);
    const http = detail?.layers.find((layer) => layer.protocol === 'http');
    expect(http?.source).toBe(0);
    expect(detail?.sources?.[0].name).toBe('Reassembled TCP');
    expect(Buffer.from(detail?.sources?.[0].bytes ?? '', 'base64').toString()).toBe(lines.join(''));
    expect(detail?.info).toBe('GET / HTTP/1.1 ');
  });

  test('so has the detail of the last fragment', async () => {
    const detail = await one.queries.packet(id, 6);
    expect(detail?.layers.map((layer) => layer.protocol)).toEqual(['frame', 'eth', 'ip', 'udp', 'dns']);
    expect(detail?.sources?.[0].name).toBe('Reassembled IPv4');
  });

  test('and the list', async () => {
    const { packets } = await one.queries.packets(id, { fields: ['http.host', 'dns.qry.name'] });
    expect(packets.map((row) => row.protocol)).toEqual(['TCP', 'TCP', 'TCP', 'IPv4', 'HTTP', 'DNS']);
    expect(packets[4].fields).toEqual({ 'http.host': ['example.com'], 'dns.qry.name': [] });
    expect(packets[5].fields?.['dns.qry.name']).toEqual(['www.example.com']);
    const last = await one.queries.packets(id, { after: 4 });
    expect(last.packets.map((row) => row.protocol)).toEqual(['HTTP', 'DNS']);
  });

  test.each([
    ['http', [5]],
    ['http.request.method == "GET"', [5]],
    ['http.host contains "example" and ip.src == 10.0.0.1', [5]],
    ['!http', [1, 2, 3, 4, 6]],
    ['dns.qry.name contains "example"', [6]],
    ['dns or http', [5, 6]],
    ['tcp.port == 80 and not http', [1, 2, 3]],
    ['frame.protocols contains "http"', [5]],
    ['max(http.content_length, tcp.dstport) == 80', [1, 2, 3, 5]],
  ])('filter %s', async (filter, numbers) => {
    const { packets } = await one.queries.packets(id, { filter });
    expect(packets.map((row) => row.number)).toEqual(numbers);
  });

  test('a search that begins in the middle knows what came before', async () => {
    const { packets } = await one.queries.packets(id, { filter: 'http.request', after: 3, limit: 1 });
    expect(packets.map((row) => row.number)).toEqual([5]);
  });
});
