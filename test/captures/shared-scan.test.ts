/** Two threads find what one finds, in the same order, whatever happens to one of them. */

import { appendFileSync, existsSync, readdirSync, readlinkSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { makeApplicationCapture } from '../../bench/traffic/application-capture.js';
import { CaptureReader } from '../../captures/query/capture-reader.js';
import { FilterRun } from '../../captures/query/filters/filter-run.js';
import { endScanHelper, scanHelperIsFree } from '../../captures/query/filters/scan-helper.js';
import { type SharedStep, sharedNumbers } from '../../captures/query/filters/shared-scan.js';
import { Questions } from '../../captures/query/thread/questions.js';
import { until } from '../support/live-capture.js';
import { removeFolders, temporaryFolder } from '../support/packets.js';
import { type Opened, openStore } from '../support/stores.js';

const PACKETS = 40_000;
const FILTERS = [
  'dns.qry.name contains "example"',
  'tls.handshake.extensions_server_name',
  'http.request.method == "GET"',
  'tls.record.length > 100 || http.response.code == 200',
];

let store: Opened;
let plain: CaptureReader;
/** The same with a fragment as its last packet. */
let fragmented: CaptureReader;

async function importFile(withFragment: boolean): Promise<CaptureReader> {
  const file = join(temporaryFolder(), 'packets.pcap');
  makeApplicationCapture(file, PACKETS);
  if (withFragment) {
    const record = Buffer.alloc(16 + 42);
    record.writeUInt32LE(1767225601, 0);
    record.writeUInt32LE(42, 8);
    record.writeUInt32LE(42, 12);
    // The middle of a datagram: more fragments, and an offset (RFC 791, section 3.1).
    Buffer.from('0200000000010200000000020800' + '4500001c0000200114060000', 'hex').copy(record, 16);
    Buffer.from('0a0000010a000002', 'hex').copy(record, 16 + 26);
    appendFileSync(file, record);
  }
  const { id } = await store.store.importFile(file);
  return new CaptureReader(store.store.folder(id));
}

beforeAll(async () => {
  store = await openStore();
  plain = await importFile(false);
  fragmented = await importFile(true);
});
afterAll(async () => {
  await endScanHelper();
  plain.close();
  fragmented.close();
  await store.close();
  removeFolders();
});

function alone(reader: CaptureReader, filter: string): number[] {
  return [...new FilterRun(reader, filter).numbers(1, reader.lastNumber)].flatMap(({ numbers }) => numbers);
}

/** All that two threads find; `each` is called after every step. */
async function together(reader: CaptureReader, filter: string, each?: (step: SharedStep) => Promise<void>) {
  await until(() => scanHelperIsFree(), 'the second thread');
  const found: number[] = [];
  let last = 0;
  const to = reader.lastNumber;
  for (const step of sharedNumbers(reader, filter, new FilterRun(reader, filter), 1, to, 1000, () => true)) {
    expect(step.scannedTo).toBeGreaterThanOrEqual(last);
    last = step.scannedTo;
    for (const number of step.numbers) found.push(number);
    await step.wait;
    await each?.(step);
    await new Promise((resolve) => setImmediate(resolve));
  }
  expect(last).toBe(to);
  return found;
}

test.each(FILTERS)('%s', async (filter) => {
  const found = await together(plain, filter);
  expect(found.length).toBeGreaterThan(1000);
  expect(found).toEqual(alone(plain, filter));
});

test('matches are told in order before all is looked at, and a scan that is left makes room for the next', async () => {
  const [filter] = FILTERS;
  const expected = alone(plain, filter);
  await until(() => scanHelperIsFree(), 'the second thread');
  const steps = sharedNumbers(plain, filter, new FilterRun(plain, filter), 1, PACKETS, 1000, () => true);
  const first = [...(steps.next().value?.numbers ?? []), ...(steps.next().value?.numbers ?? [])];
  expect(first.length).toBeGreaterThan(0);
  expect(first).toEqual(expected.slice(0, first.length));
  expect(scanHelperIsFree()).toBe(false);
  steps.return();
  expect(scanHelperIsFree()).toBe(true);
  expect(await together(plain, filter)).toEqual(expected);
});

test('where there is a fragment, one thread looks at everything', async () => {
  for (const filter of FILTERS.slice(1)) expect(await together(fragmented, filter)).toEqual(alone(fragmented, filter));
});

test('a thread that is lost in the middle changes nothing', async () => {
  const filter = FILTERS[1];
  let steps = 0;
  const found = await together(plain, filter, async () => {
    if (++steps === 3) await endScanHelper();
  });
  expect(found).toEqual(alone(plain, filter));
});

test('what columns answer, and filters on the order of packets, are not divided', () => {
  expect(new FilterRun(plain, FILTERS[1]).mayBeDivided(1, PACKETS)).toBe(true);
  expect(new FilterRun(plain, 'tcp.analysis.retransmission').mayBeDivided(1, PACKETS)).toBe(false);
  expect(new FilterRun(plain, 'tcp.port == 443').mayBeDivided(1, PACKETS)).toBe(false);
});

const openFiles = (folder: string): number =>
  readdirSync('/proc/self/fd').filter((fd) => {
    const path = join('/proc/self/fd', fd);
    // The descriptor of this very list is gone by now.
    return existsSync(path) && readlinkSync(path).startsWith(folder);
  }).length;

test('what nobody asks any more keeps no file open', async () => {
  const { folder } = plain;
  const before = openFiles(folder);
  const questions = new Questions(folder, async () => undefined);
  // A page is full long before the log is through: the search stays where it is.
  for (let i = 0; i < 20; i++) await questions.packets({ filter: `frame contains ${10 + i} || udp || tcp`, limit: 1 });
  await questions.statistics({ kind: 'protocols', wait: 0 });
  // Of sixteen results and the capture itself: a database, and a segment each.
  expect(openFiles(folder) - before).toBeLessThanOrEqual(16 + 5);
  questions.close();
  expect(openFiles(folder)).toBe(before);
});
