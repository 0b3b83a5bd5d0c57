/** The benchmark's own parts: traffic that is what it says, and sums that are right. */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { cpuSeconds, residentMegabytes, threadSeconds } from '../bench/harness/processes.js';
import { markdown } from '../bench/harness/result.js';
import { median, ratios, shown, summary } from '../bench/harness/samples.js';
import { Kind, LEAST_TCP, planFlows } from '../bench/traffic/flow-plan.js';
import { makeCapture } from '../bench/traffic/make-capture.js';
import { FlowTable } from '../decoders/conversations/flow-table.js';
import { Columns, PacketFlag, summarizePacket, Walk } from '../decoders/core/index.js';
import { registry } from '../decoders/protocols/index.js';

const PACKETS = 10_000;
const FLOWS = 100;
const CHECKSUM_OFF = PacketFlag.badNetworkChecksum | PacketFlag.badTransportChecksum | PacketFlag.checksumOffload;

let folder: string;
let file: string;
let octets: number;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'netglass-test-bench-'));
  file = join(folder, 'made.pcap');
  octets = makeCapture(file, PACKETS, FLOWS);
});
afterAll(() => rmSync(folder, { recursive: true }));

describe('the made capture', () => {
  test('has exactly the packets and flows that were asked for, with right checksums', () => {
    const bytes = readFileSync(file);
    expect(bytes.length).toBe(octets);
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
    const columns = new Columns();
    const walk = new Walk();
    let row = 0;
    for (let at = 24; at < bytes.length; at += 16 + view.getUint32(at + 8, true)) {
      const length = view.getUint32(at + 8, true);
      summarizePacket(registry, view, 1, at + 16, length, length, walk, columns, row);
      expect(columns.flags[row] & (CHECKSUM_OFF | PacketFlag.malformed | PacketFlag.short)).toBe(0);
      columns.length[row++] = length;
    }
    expect(row).toBe(PACKETS);
    columns.rows = row;
    const flows = new FlowTable(registry);
    flows.track(columns, view, 1);
    expect(flows.size).toBe(FLOWS);
  });

  test('is of about half a kilobyte a packet, with the first page’s filter met here and there', () => {
    expect(octets / PACKETS).toBeGreaterThan(400);
    expect(octets / PACKETS).toBeLessThan(700);
    const filter = 'tcp.port == 443 && ip.addr == 10.0.0.0/8';
    const matches = execFileSync('tshark', ['-r', file, '-Y', filter, '-T', 'fields', '-e', 'frame.number'], {
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'ignore'],
    });
    expect(matches.trim().split('\n').length).toBeGreaterThan(PACKETS / 20);
  });

  test('is the same every time', () => {
    const again = join(folder, 'again.pcap');
    makeCapture(again, PACKETS, FLOWS);
    expect(readFileSync(again).equals(readFileSync(file))).toBe(true);
  });

  test('is refused when the flows need more packets', () => {
    expect(() => planFlows(100, 99)).toThrow(RangeError);
  });

  test('gives every flow what its protocol needs', () => {
    const plan = planFlows(500, 20_000);
    expect(plan.packets.reduce((sum, count) => sum + count, 0)).toBe(20_000);
    for (let flow = 0; flow < plan.count; flow++) {
      if (plan.kind[flow] === Kind.dns) expect(plan.packets[flow]).toBe(2);
      else expect(plan.packets[flow]).toBeGreaterThanOrEqual(plan.kind[flow] === Kind.tcp ? LEAST_TCP : 1);
    }
  });
});

describe('samples', () => {
  test('medians and ratios', () => {
    expect(median([3, 1, 2])).toBe(2);
    expect(median([4, 1, 2, 3])).toBe(2.5);
    expect(() => median([])).toThrow(RangeError);
    expect(ratios([2, 9], [1, 3])).toEqual([2, 3]);
  });

  test('are shown with three digits that count', () => {
    expect(shown(0.012345)).toBe('0.0123');
    expect(shown(1234567.8)).toBe('1,234,568');
    expect(summary([2, 1, 3])).toBe('2 (1–3)');
    expect(summary([2, 2])).toBe('2');
    expect(summary([])).toBe('');
  });

  test('become a table that says what was missed', () => {
    const text = markdown({
      title: 'row',
      programs: ['netglass', 'peer'],
      lines: [{ what: 'speed', values: { netglass: [1, 2, 3] } }],
      goals: [{ what: 'speed', target: 'at least 5', measured: '2', reached: false }],
      notes: [],
    }).join('\n');
    expect(text).toMatch(/\| speed +\| 2 \(1–3\) +\| +\|/);
    expect(text).toMatch(/\| speed \| at least 5 \| 2 +\| \*\*no\*\* +\|/);
  });
});

(process.platform === 'linux' ? describe : describe.skip)('what Linux says of a process', () => {
  test('CPU and memory of this one', () => {
    expect(cpuSeconds(process.pid)).toBeGreaterThan(0);
    expect(threadSeconds(process.pid)).toBeGreaterThan(0);
    expect(residentMegabytes(process.pid, 'peak')).toBeGreaterThanOrEqual(
      Math.floor(residentMegabytes(process.pid, 'now')),
    );
  });
});
