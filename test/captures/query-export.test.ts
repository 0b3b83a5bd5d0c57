/** Exports: the same packets as the source file, by what tshark says of both, in bounded memory and without leaks. */

import { existsSync, readdirSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { ExportFormat } from '../../captures/query/query-types.js';
import { pause, until } from '../support/live-capture.js';
import { datagrams, removeFolders, START, tshark, tsharkCount } from '../support/packets.js';
import { exported, exportedFile, importPackets, type Opened, openStore } from '../support/stores.js';

const CORPUS = path.resolve('../shared/corpus/captures');
if (!existsSync(CORPUS))
  console.warn(`SKIPPED: there is no corpus at ${CORPUS}: exports were not compared with tshark`);

let one: Opened;
beforeAll(async () => {
  one = await openStore();
});
afterAll(async () => {
  await one.close();
  removeFolders();
});

const FIELDS = [
  'frame.time_epoch',
  'frame.len',
  'frame.cap_len',
  'frame.protocols',
  'ip.src',
  'tcp.seq_raw',
  'udp.checksum',
];
const PCAPNG_FIELDS = [...FIELDS, 'frame.interface_id', 'frame.interface_name', 'frame.comment', 'frame.packet_flags'];

function fields(file: string, names: readonly string[], ...more: string[]): string[] {
  return tshark(file, '-T', 'fields', ...names.flatMap((name) => ['-e', name]), ...more);
}

(existsSync(CORPUS) ? describe : describe.skip)('field by field as the source', () => {
  test.each([
    'fq__many_interfaces.pcapng',
    'derived__comments.pcapng',
    'derived__dsb.pcapng',
    'arkime__http-simple-get.pcap',
    'tcpdump__bfd-raw-auth-simple.pcap',
  ])('%s', async (name) => {
    const source = path.join(CORPUS, name);
    const { id } = await one.store.importFile(source);
    const file = await exportedFile(one.queries, id, { format: 'pcapng' });
    const names = name.endsWith('.pcapng') ? PCAPNG_FIELDS : FIELDS;
    expect(fields(file, names)).toEqual(fields(source, names));
    const some = await exportedFile(one.queries, id, {
      format: 'pcapng',
      filter: 'frame.number >= 3 && frame.number <= 5',
    });
    expect(fields(some, FIELDS)).toEqual(fields(source, FIELDS, '-Y', 'frame.number >= 3 && frame.number <= 5'));
    const links = new Set(one.store.get(id)!.interfaces.map(({ linkType }) => linkType));
    if (links.size > 1)
      await expect(exported(one.queries, id, { format: 'pcap' })).rejects.toMatchObject({ code: 'unsupported' });
    else {
      const pcap = await exportedFile(one.queries, id, { format: 'pcap' });
      expect(fields(pcap, FIELDS)).toEqual(fields(source, FIELDS));
    }
    const rows = JSON.parse((await exported(one.queries, id, { format: 'json' })).toString()) as { number: number }[];
    expect(rows.map(({ number }) => number)).toEqual(rows.map((_row, index) => index + 1));
    expect(rows).toHaveLength(tsharkCount(source));
  });
});

describe('marks', () => {
  test('are comments of the next packet that is exported', async () => {
    const { id } = await importPackets(one.store, datagrams(100));
    one.store.mark(id, 'before everything', START - 5n);
    one.store.mark(id, 'in between', START + 15_000n);
    one.store.mark(id, 'too', START + 16_000n);
    one.store.mark(id, 'after everything', START + 10n ** 12n);
    const comments = (file: string) =>
      fields(file, ['frame.number', 'frame.comment']).filter((line) => /\t./.test(line));
    const whole = await exportedFile(one.queries, id, { format: 'pcapng' });
    expect(comments(whole)).toEqual(['1\tbefore everything', '3\tin between\\ntoo']);
    const late = await exportedFile(one.queries, id, { format: 'pcapng', filter: 'frame.number > 50' });
    expect(comments(late)).toEqual(['1\tbefore everything\\nin between\\ntoo']);
  });
});

describe('large exports', () => {
  let id: string;
  beforeAll(async () => {
    ({ id } = await importPackets(one.store, datagrams(300_000, 50, 200)));
  });
  const descriptors = () => readdirSync('/proc/self/fd').length;

  test('are whole, and a filter that finds nothing ends too', async () => {
    expect(tsharkCount(await exportedFile(one.queries, id, { format: 'pcapng' }))).toBe(300_000);
    expect(tsharkCount(await exportedFile(one.queries, id, { format: 'pcapng', filter: 'udp.srcport == 9' }))).toBe(
      30_000,
    );
    expect(tsharkCount(await exportedFile(one.queries, id, { format: 'pcap', filter: 'arp' }))).toBe(0);
  }, 60_000);

  test('a reader that does not read holds up nothing and costs no memory', async () => {
    const before = process.memoryUsage.rss();
    const slow = Array.from({ length: 5 }, () => one.queries.export(id, { format: 'pcapng' }));
    for (const reader of slow) await reader.next();
    await pause(500);
    expect(process.memoryUsage.rss() - before).toBeLessThan(120 << 20);
    const begun = performance.now();
    expect(await one.queries.count(id, undefined)).toBe(300_000);
    expect(performance.now() - begun).toBeLessThan(500);
    for (const reader of slow) await reader.return(undefined);
  });

  test('a piece stays as it is until the next one is asked for', async () => {
    const whole = await exported(one.queries, id, { format: 'pcapng' });
    let at = 0;
    for await (const piece of one.queries.export(id, { format: 'pcapng' })) {
      // Long enough for everything that may be made in advance.
      if (at < 12 << 20) await pause(20);
      expect(whole.compare(piece, 0, piece.length, at, at + piece.length)).toBe(0);
      at += piece.length;
    }
    expect(at).toBe(whole.length);
  });

  test.each<ExportFormat>(['pcapng', 'json'])('a %s export that is given up frees everything', async (format) => {
    await one.queries.count(id, undefined);
    const before = descriptors();
    for (let round = 0; round < 8; round++) {
      const filter = round % 2 === 0 ? {} : { filter: 'frame contains "nowhere"' };
      const reader = one.queries.export(id, { format, ...filter });
      await reader.next();
      await reader.return(undefined);
    }
    await until(() => descriptors() <= before, `${before} descriptors`);
  });

  test('quick questions are answered while long ones run', async () => {
    const long = [
      exported(one.queries, id, { format: 'csv', filter: 'ip.ttl == 63' }),
      one.queries.count(id, 'frame contains "q"'),
    ];
    let slowest = 0;
    for (let i = 0; i < 10; i++) {
      const begun = performance.now();
      await one.queries.packets(id, { position: i * 1000, limit: 20 });
      slowest = Math.max(slowest, performance.now() - begun);
    }
    expect(slowest).toBeLessThan(700);
    await Promise.all(long);
  });
});
