/** Questions about captures: against a brute-force look at every packet of the source file, and against themselves. */

import { createSocket } from 'node:dgram';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { EPB, forEachPacket } from '../../captures/formats/epb.js';
import type { PacketPage, PacketQuery } from '../../captures/query/query-types.js';
import { openFile } from '../../captures/sources/file.js';
import { Walk, walkPacket } from '../../decoders/core/index.js';
import { compileFilter } from '../../decoders/filter/index.js';
import { registry } from '../../decoders/protocols/index.js';
import { pause, until } from '../support/live-capture.js';
import {
  datagrams,
  ipFrame,
  pcapOf,
  removeFolders,
  START,
  type TestPacket,
  temporaryFolder,
} from '../support/packets.js';
import { exported, importPackets, type Opened, openStore } from '../support/stores.js';

let one: Opened;
beforeAll(async () => {
  one = await openStore();
});
afterAll(async () => {
  await one.close();
  removeFolders();
});

/** 3000 packets: datagrams both ways, a closed and a reset connection with a reused port, other protocols, cut ones. */
function mixture(): TestPacket[] {
  const frames: Uint8Array[] = [];
  for (const { data } of datagrams(2400, 40)) frames.push(data);
  for (const flags of [2, 18, 16, 24, 17, 17, 16, 2, 18, 4, 2])
    frames.push(ipFrame({ sourcePort: 50000, destinationPort: 443, tcpFlags: flags, payload: flags === 24 ? 99 : 0 }));
  const arp = Buffer.alloc(42);
  arp.set([255, 255, 255, 255, 255, 255, 2, 0, 0, 0, 0, 9, 8, 6, 0, 1, 8, 0, 6, 4, 0, 1]);
  for (let i = 0; i < 40; i++) frames.push(i % 2 === 0 ? arp : ipFrame({ source: '192.168.1.9' }).subarray(0, 14 + i));
  return Array.from({ length: 3000 }, (_, i) => ({
    time: START + BigInt(i * 1_000_003) - (i % 97 === 0 ? 5_000_000n : 0n),
    data: frames[(i * 7919) % frames.length],
  }));
}

const FILTERS = [
  'udp',
  'tcp',
  'arp',
  'ip.addr == 10.0.0.2',
  'ip.src == 10.0.0.0/24 && udp.port == 9',
  'udp.srcport == 20003',
  'udp.dstport != 9',
  'tcp.flags.syn == 1',
  'tcp.flags.reset == 1 || arp',
  '!udp',
  'not ip',
  'frame.number in {1..10, 2990}',
  'frame.len > 60 and frame.len <= 66',
  'frame.time_relative > 1.5',
  'ip.ttl == 64',
  'ip.ttl == 63',
  'udp.length == 32',
  'eth.type == 0x0806',
  'udp.port == 20001 || udp.port == 20002',
];

/** The numbers of the packets that match, found by decoding every one of the source file. */
async function bruteForce(file: string, filter: string): Promise<number[]> {
  const compiled = compileFilter(registry, filter);
  const source = await openFile(file);
  const found: number[] = [];
  const walk = new Walk();
  let number = 0;
  let base: bigint | undefined;
  for (let block = await source.next(); block !== null; block = await source.next())
    forEachPacket(block.bytes, (view, at) => {
      number++;
      const timeHigh = view.getUint32(at + EPB.timeHigh, true);
      const timeLow = view.getUint32(at + EPB.timeLow, true);
      const time = (BigInt(timeHigh) << 32n) | BigInt(timeLow);
      base ??= time;
      const { linkType, name } = source.interfaces[view.getUint32(at + EPB.interface, true)];
      const captured = view.getUint32(at + EPB.captured, true);
      const original = view.getUint32(at + EPB.original, true);
      const start = at + EPB.data;
      walkPacket(registry, view, linkType, start, captured, original, walk);
      const packet = {
        ...{ view, start, captured, original, linkType, number, timeHigh, timeLow, walk },
        relativeNanoseconds: Number(time - base),
        interfaceId: view.getUint32(at + EPB.interface, true),
        interfaceName: name,
      };
      if (compiled.matches(packet)) found.push(number);
    });
  return found;
}

describe('a capture of 3000 packets', () => {
  const packets = mixture();
  let file: string;
  let id: string;
  beforeAll(async () => {
    file = join(temporaryFolder(), 'mixture.pcap');
    writeFileSync(file, pcapOf(packets));
    ({ id } = await one.store.importFile(file));
  });

  async function numbers(query: PacketQuery): Promise<number[]> {
    return (await one.queries.packets(id, query)).packets.map(({ number }) => number);
  }

  test.each(FILTERS)(
    '%s: what it matches, on pages from either end, at any place, counted and exported',
    async (filter) => {
      const expected = await bruteForce(file, filter);
      const forth: number[] = [];
      let last: PacketPage | undefined;
      for (let after: number | null = 0; after !== null; after = last.next) {
        last = await one.queries.packets(id, { filter, limit: 170, after });
        forth.push(...last.packets.map(({ number }) => number));
      }
      expect(forth).toEqual(expected);
      expect(last?.matches).toMatchObject({ count: expected.length, complete: true });
      const back: number[] = [];
      for (let page = await numbers({ filter, limit: 333, before: 3001 }); page.length > 0; ) {
        back.unshift(...page);
        page = await numbers({ filter, limit: 333, before: page[0] });
      }
      expect(back).toEqual(expected);
      const middle = Math.floor(expected.length / 2);
      expect(await numbers({ filter, limit: 10, position: middle })).toEqual(expected.slice(middle, middle + 10));
      expect(await one.queries.count(id, filter)).toBe(expected.length);
      const csv = (await exported(one.queries, id, { format: 'csv', filter })).toString().trim().split('\r\n');
      expect(csv.slice(1).map((line) => Number(line.split(',')[0]))).toEqual(expected);
    },
  );

  test('a page deep in a capture that was not looked through yet', async () => {
    const expected = (await bruteForce(file, 'udp && frame.len > 1')).filter((number) => number > 2900);
    expect(await numbers({ filter: 'udp && frame.len > 1', after: 2900, limit: 5000 })).toEqual(expected);
  });

  test('without a filter: pages, places, and fields', async () => {
    expect(await numbers({ limit: 3 })).toEqual([1, 2, 3]);
    expect(await numbers({ limit: 3, position: 1500 })).toEqual([1501, 1502, 1503]);
    expect(await numbers({ limit: 3, before: 3 })).toEqual([1, 2]);
    expect((await one.queries.packets(id, { after: 2990 })).next).toBeNull();
    const { packets: rows } = await one.queries.packets(id, { filter: 'udp', limit: 1, fields: ['ip.addr', 'udp'] });
    expect(rows[0].fields?.['ip.addr']).toHaveLength(2);
    await expect(one.queries.packets(id, { fields: ['no.such'] })).rejects.toThrow(/not a field/);
    await expect(one.queries.packets(id, { filter: 'udp ==' })).rejects.toMatchObject({ name: 'FilterError' });
    await expect(one.queries.count(id, 'nonsense')).rejects.toMatchObject({ position: 0 });
  });

  test('flows: their sums, their packets, and those of a filter', async () => {
    const { flows } = await one.queries.flows(id, { limit: 1000 });
    const rows = (await one.queries.packets(id, { limit: 10_000 })).packets;
    expect(flows.reduce((sum, flow) => sum + flow.packets, 0)).toBe(rows.filter(({ flow }) => flow !== null).length);
    for (const flow of flows.slice(0, 5).concat(flows.slice(-5))) {
      const own = rows.filter((row) => row.flow === flow.id).map(({ number }) => number);
      expect(own).toHaveLength(flow.packets);
      expect(await numbers({ flow: flow.id, limit: 10_000 })).toEqual(own);
      expect(await numbers({ flow: flow.id, limit: 4, position: 2 })).toEqual(own.slice(2, 6));
      expect(await numbers({ flow: flow.id, limit: 4, before: own.at(-1)! })).toEqual(own.slice(0, -1).slice(-4));
      const short = rows.filter((row) => row.flow === flow.id && row.length < 64).map(({ number }) => number);
      expect(await numbers({ flow: flow.id, filter: 'frame.len < 64', limit: 10_000 })).toEqual(short);
      expect(await one.queries.flow(id, flow.id)).toEqual(flow);
    }
    const wanted = new Set(rows.filter(({ protocol }) => /tcp|tls|https/i.test(protocol)).map(({ flow }) => flow));
    expect(new Set((await one.queries.flows(id, { filter: 'tcp', limit: 1000 })).flows.map((flow) => flow.id))).toEqual(
      wanted,
    );
    const byPackets = (await one.queries.flows(id, { sort: 'packets', limit: 1000 })).flows.map((flow) => flow.packets);
    expect(byPackets).toEqual([...byPackets].sort((a, b) => b - a));
    const paged = await one.queries.flows(id, { limit: 7 });
    expect((await one.queries.flows(id, { limit: 7, after: paged.next! })).flows[0].id).toBe(flows[7].id);
    expect(await one.queries.flow(id, 9999)).toBeNull();
    expect(await numbers({ flow: 9999 })).toEqual([]);
  });

  test('a packet has the octets of the file', async () => {
    for (const number of [1, 77, 3000]) {
      const detail = await one.queries.packet(id, number);
      expect(Buffer.from(detail!.bytes, 'base64')).toEqual(Buffer.from(packets[number - 1].data));
    }
    expect(await one.queries.packet(id, 3001)).toBeNull();
    expect(await one.queries.packet(id, 0)).toBeNull();
  });

  test('two captures at once, and more than are kept open, while long questions run', async () => {
    const many = await Promise.all(Array.from({ length: 12 }, (_, i) => importPackets(one.store, datagrams(100 + i))));
    const long = Array.from({ length: 3 }, () => one.queries.count(id, 'frame contains "x"'));
    const counts = await Promise.all(many.map((record) => one.queries.count(record.id, 'frame contains "..."')));
    expect(counts).toEqual(many.map((record) => record.packets));
    await Promise.all(long);
    await Promise.all(many.map((record) => one.store.delete(record.id)));
  });
});

describe('packets without a time, and times far apart', () => {
  test('the index, the rows and the export agree', async () => {
    const far = { time: 0n, data: ipFrame({}) };
    const { id } = await importPackets(one.store, [
      { time: START, data: ipFrame({}) },
      far,
      { time: START, data: ipFrame({}) },
    ]);
    const { packets } = await one.queries.packets(id, {});
    expect(packets.map(({ relativeTime }) => relativeTime)).toEqual([0, -1.7e9, 0]);
    expect(packets[1].time).toBe('1970-01-01T00:00:00.000000000Z');
    expect((await one.queries.flows(id, {})).flows[0]).toMatchObject({ firstTime: packets[1].time, packets: 3 });
  });
});

const permitted = process.platform === 'linux' && process.getuid?.() === 0;
(permitted ? describe : describe.skip)('a capture that runs', () => {
  const port = 30_000 + (process.pid % 10_000);
  const socket = createSocket('udp4').on('error', () => undefined);
  afterAll(() => {
    socket.close();
  });
  const send = async (count: number): Promise<void> => {
    for (let i = 0; i < count; i++)
      await new Promise((resolve) => socket.send(`datagram ${i}`, port, '127.0.0.1', resolve));
  };
  const start = (more: object = {}) =>
    one.store.start({ engine: 'native', interfaces: ['lo'], captureFilter: `udp port ${port}`, ...more });

  test('can be asked as soon as it is there, and its result sets grow', async () => {
    const { id } = await start();
    expect(await one.queries.count(id, 'udp')).toBe(0);
    expect((await one.queries.packets(id, { filter: 'frame.time_relative >= 0' })).packets).toEqual([]);
    for (const total of [10, 20, 40]) {
      await send(total === 40 ? 20 : 10);
      await until(() => one.store.get(id)!.packets >= total, `${total} packets`);
      expect(await one.queries.count(id, 'udp')).toBe(total);
      expect(await one.queries.count(id, 'frame.time_relative >= 0')).toBe(total);
      expect(await one.queries.count(id, 'frame contains "datagram"')).toBe(total);
      expect((await one.queries.packets(id, { filter: 'udp', after: total - 5 })).packets).toHaveLength(5);
    }
    expect((await one.store.stop(id)).packets).toBe(40);
  });

  test('a live export brings packets as they come, marks too, and ends with the capture', async () => {
    const { id } = await start();
    const pieces: Uint8Array[] = [];
    const texts = () => Buffer.concat(pieces).toString('latin1');
    let ended = false;
    const follow = (async () => {
      for await (const piece of one.queries.export(id, { format: 'pcapng', follow: true }))
        pieces.push(new Uint8Array(piece));
      ended = true;
    })();
    for (let round = 1; round <= 4; round++) {
      one.store.mark(id, `mark ${round}`, BigInt(Date.now()) * 1_000_000n);
      await pause(5);
      const sent = performance.now();
      await send(1);
      await until(() => texts().split('datagram 0').length > round, `round ${round}`);
      expect(performance.now() - sent).toBeLessThan(1500);
      expect(texts()).toContain(`mark ${round}`);
      await pause(100);
      expect(ended).toBe(false);
    }
    await one.store.stop(id);
    await follow;
    expect(texts().split('mark 1')).toHaveLength(2);
  });

  test('a live export that is cancelled, and one of a capture that is deleted', async () => {
    const { id } = await start();
    await send(3);
    const cancelled = one.queries.export(id, { format: 'pcapng', follow: true });
    await cancelled.next();
    await cancelled.return(undefined);
    const deleted = exported(one.queries, id, { format: 'pcapng', follow: true, filter: 'tcp' });
    await pause(100);
    await one.store.delete(id);
    expect((await deleted).length).toBeGreaterThan(0);
  });

  test('stop rules are met to the packet', async () => {
    const { id } = await start({ stop: { packets: 5 } });
    await send(20);
    await one.store.ended(id);
    expect(one.store.get(id)).toMatchObject({ state: 'stopped', packets: 5 });
    const timed = await start({ stop: { seconds: 0.2 } });
    await one.store.ended(timed.id);
    const distant = await start({ stop: { seconds: 1e9 } });
    await pause(100);
    expect(one.store.get(distant.id)?.state).toBe('running');
  });
});
