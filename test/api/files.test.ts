/** Files in and out: what tshark and tcpdump make of them is what went in. */

import { execFileSync } from 'node:child_process';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { attachment } from '../../api/export.js';
import { sampleFile } from '../../src/sample.js';
import { TestDaemon, temporaryFile, tshark } from './daemon.js';

const FIELDS = [
  'frame.number',
  'frame.time_epoch',
  'frame.len',
  'frame.protocols',
  'ip.src',
  'ipv6.dst',
  'tcp.seq_raw',
  'udp.port',
  'dns.qry.name',
];
const fieldArguments = ['-T', 'fields', ...FIELDS.flatMap((name) => ['-e', name])];

let daemon: TestDaemon;
let id: string;
beforeAll(async () => {
  daemon = await TestDaemon.start();
  id = await daemon.sample();
});
afterAll(() => daemon.stop());

async function download(query: string): Promise<{ answer: Response; file: Buffer }> {
  const answer = await daemon.fetch(`/api/captures/${id}/export?${query}`);
  return { answer, file: Buffer.from(await answer.arrayBuffer()) };
}

describe('import', () => {
  test('gzip needs no word about it', async () => {
    const { status, body } = await daemon.import(gzipSync(sampleFile()), 'sample.pcapng.gz');
    expect(status).toBe(201);
    expect(body).toMatchObject({ name: 'sample.pcapng.gz', state: 'stopped', packets: 44, linkTypes: [1] });
    expect(body.firstTime).toBe('2026-11-22T18:00:00.123456789Z');
    expect(body).not.toHaveProperty('error');
  });

  test('a pcap file', async () => {
    const { file } = await download('format=pcap');
    const { body } = await daemon.import(file, 'sample.pcap');
    expect(body).toMatchObject({ packets: 44, linkTypes: [1], firstTime: '2026-11-22T18:00:00.123456789Z' });
  });
});

describe('export', () => {
  test.each([
    ['pcapng', 'application/x-pcapng'],
    ['pcap', 'application/vnd.tcpdump.pcap'],
  ])('%s is what went in, and tshark and tcpdump have nothing to complain of', async (format, type) => {
    const { answer, file } = await download(`format=${format}`);
    expect(answer.headers.get('content-type')).toBe(type);
    expect(answer.headers.get('content-disposition')).toContain(`filename="sample.${format}"`);
    const before = await tshark(sampleFile(), fieldArguments);
    const after = await tshark(file, fieldArguments);
    expect(after.output).toBe(before.output);
    expect(after.complaints).toBe('');
    const { path, remove } = temporaryFile(`x.${format}`, file);
    try {
      const lines = execFileSync('tcpdump', ['-nn', '-r', path], {
        encoding: 'utf8',
        stdio: ['ignore', 'pipe', 'ignore'],
      });
      expect(lines.trimEnd().split('\n')).toHaveLength(44);
    } finally {
      remove();
    }
  });

  test.each(['dns', 'tcp.flags.syn == 1', 'ip.src == 192.0.2.80 && udp', 'ipv6 and not tcp', 'frame.number > 40'])(
    'filtered by %s as tshark filters',
    async (filter) => {
      const { file } = await download(`filter=${encodeURIComponent(filter)}`);
      const wanted = await tshark(sampleFile(), ['-Y', filter, '-T', 'fields', '-e', 'frame.time_epoch']);
      const got = await tshark(file, ['-T', 'fields', '-e', 'frame.time_epoch']);
      expect(got).toEqual(wanted);
      const { body } = await daemon.json(`/api/captures/${id}/packets/count?filter=${encodeURIComponent(filter)}`);
      expect(body).toMatchObject({ count: wanted.output.split('\n').length - 1, loss: { malformed: 0 } });
    },
  );

  test('a filter that nothing meets gives a file without packets, not an empty one', async () => {
    const { file } = await download('filter=udp.port==9');
    expect((await tshark(file)).output).toBe('');
    expect(file.length).toBeGreaterThan(28);
  });

  test.each([
    [
      'Lecture 4/5: "sockets"',
      'attachment; filename="Lecture 4_5_ _sockets_.pcapng"; filename*=UTF-8\'\'Lecture%204_5_%20_sockets_.pcapng',
    ],
    ['../../etc/passwd', 'attachment; filename="_.._etc_passwd.pcapng"; filename*=UTF-8\'\'_.._etc_passwd.pcapng'],
    ['Übung.pcapng', 'attachment; filename="_bung.pcapng"; filename*=UTF-8\'\'%C3%9Cbung.pcapng'],
    [
      'a\r\nSet-Cookie: x',
      'attachment; filename="a__Set-Cookie_ x.pcapng"; filename*=UTF-8\'\'a__Set-Cookie_%20x.pcapng',
    ],
    ['...', 'attachment; filename="capture.pcapng"; filename*=UTF-8\'\'capture.pcapng'],
  ])('the file of a capture called %j has a harmless name', (name, header) => {
    expect(attachment(name, 'pcapng')).toBe(header);
  });
});

describe('packets', () => {
  interface Page {
    packets: { number: number; info: string; flow: number; fields?: Record<string, string[]> }[];
    next: number | null;
    matches: { count: number; complete: boolean };
  }
  const page = async (query: string) => (await daemon.json<Page>(`/api/captures/${id}/packets?${query}`)).body;
  const numbers = (found: Page) => found.packets.map((one) => one.number);

  test('paged forwards to the end', async () => {
    const seen: number[] = [];
    let after: number | null = 0;
    while (after !== null) {
      const found: Page = await page(`limit=10&after=${after}`);
      seen.push(...numbers(found));
      after = found.next;
    }
    expect(seen).toEqual(Array.from({ length: 44 }, (_, at) => at + 1));
  });

  test('paged backwards, and by place', async () => {
    expect(numbers(await page('before=45&limit=3'))).toEqual([42, 43, 44]);
    expect(numbers(await page('position=20&limit=2'))).toEqual([21, 22]);
    const dns = await page('filter=dns&position=2&limit=10');
    expect(numbers(dns)).toEqual([17, 18]);
    expect(dns.matches).toMatchObject({ count: 4, complete: true });
  });

  test('every occurrence of a field, outermost first, as tshark has them', async () => {
    const found = await page('fields=ip.src,ip.ttl,icmpv6.type,tcp.port&limit=44');
    const names = ['ip.src', 'ip.ttl', 'icmpv6.type', 'tcp.port'];
    const wanted = await tshark(sampleFile(), ['-T', 'json', ...names.flatMap((name) => ['-e', name])]);
    const layers = (JSON.parse(wanted.output) as { _source: { layers: object } }[]).map((one) => one._source.layers);
    const got = found.packets.map(({ fields = {} }) =>
      Object.fromEntries(Object.entries(fields).filter(([, values]) => values.length > 0)),
    );
    expect(got).toEqual(layers);
  });

  test('one in full', async () => {
    const { body } = await daemon.json<{
      layers: { protocol: string; offset: number; length: number }[];
      problems: unknown[];
      bytes: string;
      loss: object;
    }>(`/api/captures/${id}/packets/16`);
    expect(body.layers.map((layer) => layer.protocol)).toEqual(['frame', 'eth', 'ip', 'udp', 'dns']);
    expect(body).toMatchObject({ number: 16, problems: [], loss: { truncated: 0 } });
    expect(Buffer.from(body.bytes, 'base64')).toHaveLength(90);
  });

  test('flows, and the packets of one', async () => {
    const { body } = await daemon.json<{
      flows: { id: number; transport: string; packets: number; serverPort: number; communityId: string }[];
      next: null;
    }>(`/api/captures/${id}/flows?filter=tcp&sort=packets`);
    expect(body.flows).toHaveLength(2);
    expect(body.flows[0]).toMatchObject({
      transport: 'tcp',
      packets: 10,
      serverPort: 80,
      communityId: expect.stringMatching(/^1:/),
    });
    const flow = body.flows[0].id;
    expect((await daemon.json(`/api/captures/${id}/flows/${flow}`)).body).toMatchObject({
      id: flow,
      loss: { kernel: null },
    });
    const { body: packets } = await daemon.json<Page>(`/api/captures/${id}/flows/${flow}/packets`);
    expect(packets.packets.map((one) => one.flow)).toEqual(Array.from({ length: 10 }, () => flow));
  });
});
