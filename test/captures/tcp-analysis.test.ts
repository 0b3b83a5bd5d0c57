/** TCP analysis of stored packets: filters, lists and details say what tshark says of the same file. */

import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { FieldNode } from '../../decoders/core/tree.js';
import { pcapOf, removeFolders, temporaryFolder } from '../support/packets.js';
import { handshake, segmentPackets, type WrittenSegment } from '../support/segments.js';
import { type Opened, openStore } from '../support/stores.js';

/** A conversation in which every segment is answered, but for what goes wrong in it. */
function conversation(port: number, at: number): WrittenSegment[] {
  const client = 1000 * port;
  const seq = client + 1;
  const data = { port, seq, ack: 5001, length: 100 };
  return [
    ...handshake(client, 5000, at, port),
    { ...data, at: at + 10, flags: 'P' },
    { port, at: at + 11, back: true, seq: 5001, ack: seq + 100 },
    { ...data, at: at + 20, seq: seq + 200 },
    { port, at: at + 21, back: true, seq: 5001, ack: seq + 100 },
    { port, at: at + 22, back: true, seq: 5001, ack: seq + 100 },
    { ...data, at: at + 23, seq: seq + 100 },
    { port, at: at + 24, back: true, seq: 5001, ack: seq + 300, window: 0 },
    { port, at: at + 400, seq: seq + 299, ack: 5001 },
    { port, at: at + 401, back: true, seq: 5001, ack: seq + 300, window: 4000 },
    { ...data, at: at + 410, seq: seq + 300 },
    { ...data, at: at + 710, seq: seq + 300 },
    { port, at: at + 711, back: true, seq: 5001, ack: seq + 400, window: 4000 },
    { port, at: at + 720, seq: seq + 400, ack: 5001, flags: 'F' },
    { port, at: at + 721, back: true, seq: 5001, ack: seq + 401, flags: 'F' },
  ];
}

const CONVERSATIONS = 20;
// Side by side, and the first ports once more.
const segments = Array.from({ length: CONVERSATIONS }, (_, i) => conversation(40000 + i, i * 7))
  .flat()
  .sort((a, b) => a.at - b.at)
  .concat(handshake(77, 88, 5000));

const filters = [
  'tcp.analysis.flags',
  'tcp.analysis.retransmission',
  'tcp.analysis.lost_segment or tcp.analysis.out_of_order',
  '!tcp.analysis.flags && tcp.len > 0',
  'tcp.analysis.duplicate_ack_num == 1',
  'tcp.analysis.ack_rtt > 0.001',
  'tcp.analysis.bytes_in_flight == 100',
  'tcp.analysis.zero_window',
  'tcp.analysis.keep_alive || tcp.analysis.window_update',
  'tcp.analysis.reused_ports',
  'tcp.completeness == 31',
  'tcp.stream == 7',
  'tcp.seq == 101 and tcp.port == 40003',
  'tcp.ack == 401',
  'tcp.time_delta >= 0.3',
  'tcp.connection.fin_active',
  'tcp.window_size_scalefactor == -2',
  '_ws.expert.severity == 6291456',
  '_ws.expert.message contains "fast"',
  'tcp.flags.syn == 1 && tcp.analysis.initial_rtt',
];

let one: Opened;
let id: string;
let file: string;
beforeAll(async () => {
  one = await openStore();
  file = join(temporaryFolder(), 'segments.pcap');
  writeFileSync(file, pcapOf(segmentPackets(segments)));
  ({ id } = await one.store.importFile(file));
});
afterAll(async () => {
  await one.close();
  removeFolders();
});

const tshark = (...args: string[]): string[] => tsharkOf(file, ...args);

function tsharkOf(path: string, ...args: string[]): string[] {
  return execFileSync('tshark', ['-n', '-r', path, ...args], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] })
    .split('\n')
    .slice(0, -1);
}

describe('stored segments', () => {
  test.each(filters)('filter %s', async (filter) => {
    const theirs = tshark('-Y', filter, '-T', 'fields', '-e', 'frame.number').map(Number);
    const { packets, matches } = await one.queries.packets(id, { filter, limit: 1000 });
    expect(packets.map(({ number }) => number)).toEqual(theirs);
    expect(matches.plan).toBe('decode');
    expect(await one.queries.count(id, filter)).toBe(theirs.length);
    // From the middle, without what was found before it.
    const late = await one.queries.packets(id, {
      filter: `${filter} `.concat('&& frame.number > 0'),
      after: 200,
      limit: 1000,
    });
    expect(late.packets.map(({ number }) => number)).toEqual(theirs.filter((number) => number > 200));
  });

  test('the list has the analysis in its info and fields', async () => {
    const names = ['tcp.stream', 'tcp.seq', 'tcp.analysis.bytes_in_flight', 'tcp.completeness', 'tcp.time_delta'];
    const { packets } = await one.queries.packets(id, { fields: names, limit: 1000 });
    const theirs = tshark('-T', 'fields', ...[...names, '_ws.col.Info'].flatMap((name) => ['-e', name]));
    const ours = packets.map(({ fields, info }) =>
      [...names.map((name) => fields?.[name].join() ?? ''), info].join('\t'),
    );
    // Where ports are used again, a flow of its own begins: what is shown of it does not say so.
    const plain = (line: string): string => line.replace('[TCP Port numbers reused] ', '');
    expect(ours.slice(0, -3).map(plain)).toEqual(theirs.slice(0, -3).map(plain));
  });

  test('the detail of a packet has it too, with severity and group', async () => {
    const number = Number(tshark('-Y', 'tcp.analysis.fast_retransmission', '-T', 'fields', '-e', 'frame.number')[0]);
    const detail = await one.queries.packet(id, number);
    expect(detail?.info).toMatch(/^\[TCP Fast Retransmission\] /);
    expect(detail?.details).toContainEqual(
      expect.objectContaining({ kind: 'analysis', severity: 'note', group: 'sequence' }),
    );
    const names: string[] = [];
    const collect = (fields: readonly FieldNode[]): void => {
      for (const { name, fields: inner } of fields) {
        names.push(name);
        if (inner !== undefined) collect(inner);
      }
    };
    for (const { fields } of detail?.layers ?? []) collect(fields);
    expect(names).toContain('tcp.analysis.fast_retransmission');
    expect(names).toContain('tcp.analysis.initial_rtt');
  });
});

describe('a connection of thousands of segments, twenty of them under way at a time', () => {
  const names = [
    'tcp.seq',
    'tcp.ack',
    'tcp.window_size',
    'tcp.completeness',
    'tcp.time_relative',
    'tcp.analysis.initial_rtt',
    'tcp.analysis.acks_frame',
    'tcp.analysis.bytes_in_flight',
    'tcp.analysis.push_bytes_sent',
    'tcp.analysis.rto_frame',
  ];
  const ROUNDS = 150;
  const IN_FLIGHT = 20;
  const flow = handshake(1000, 5000, 0);
  for (let round = 0; round < ROUNDS; round++) {
    const first = 1001 + round * IN_FLIGHT * 100;
    const at = 100 + round * 10;
    for (let i = 0; i < IN_FLIGHT; i++) {
      const segment = { at: at + i / 10, seq: first + i * 100, ack: 5001, length: 100 };
      flow.push(i === IN_FLIGHT - 1 ? { ...segment, flags: 'P' } : segment);
    }
    // Now and then one is lost, and sent again.
    if (round % 7 === 3) flow.push({ at: at + 4, seq: first, ack: 5001, length: 100 });
    flow.push({ at: at + 5, back: true, seq: 5001, ack: first + IN_FLIGHT * 50 });
    flow.push({ at: at + 6, back: true, seq: 5001, ack: first + IN_FLIGHT * 100 });
  }
  let long: string;
  let theirs: string[];
  beforeAll(async () => {
    const path = join(temporaryFolder(), 'long.pcap');
    writeFileSync(path, pcapOf(segmentPackets(flow)));
    long = (await one.store.importFile(path)).id;
    theirs = tsharkOf(path, '-T', 'fields', ...names.flatMap((name) => ['-e', name]));
  });

  const told = (nodes: readonly FieldNode[]): FieldNode[] =>
    nodes.flatMap((node) => [node, ...(node.fields === undefined ? [] : told(node.fields))]);

  test('its details are told from the packets just before, as tshark tells them from all', async () => {
    // Forward, where one goes on from another, and backward, where it cannot.
    const checked = [500, 501, 1777, ...[1, 2, 3, 25, 26].map((i) => 2600 + i), 2590, 2580, 40];
    for (const number of checked) {
      const detail = await one.queries.packet(long, number);
      const all = told((detail?.layers ?? []).flatMap(({ fields }) => fields));
      const ours = names.map((name) => all.find((node) => node.name === name)?.text ?? '');
      expect([number, ...ours].join('\t')).toBe([number, theirs[number - 1]].join('\t'));
    }
  });

  test.each([2000, 2060, 2500, 1000])('so are its rows on a page behind packet %d', async (after) => {
    const { packets } = await one.queries.packets(long, { after, limit: 60, fields: names });
    for (const { number, fields } of packets)
      expect(names.map((name) => fields?.[name].join() ?? '').join('\t')).toBe(theirs[number - 1]);
  });
});
