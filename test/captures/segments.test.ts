/** The packet log: rotation, ring, synchronization, and the repair of what a crash has torn. */

import { appendFileSync, copyFileSync, existsSync, readFileSync, statSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from '@jest/globals';
import { BlockScanner } from '../../captures/segments/block-scanner.js';
import { repairSegment } from '../../captures/segments/repair.js';
import { listSegments, segmentPath } from '../../captures/segments/segment-files.js';
import { SegmentLog, segmentLimits } from '../../captures/segments/segment-log.js';
import { openFile } from '../../captures/sources/file.js';
import type { Block, CaptureInterface } from '../../captures/sources/source.js';
import { ipFrame, removeFolders, START, temporaryFolder, tshark, tsharkCount } from '../support/packets.js';
import { epb, joined } from '../support/pcap-bytes.js';

afterAll(removeFolders);

const lan: CaptureInterface = { id: 0, name: 'lan', linkType: 1, snapLength: 262144, comment: 'first' };
const second: CaptureInterface = { id: 1, name: 'raw', linkType: 101, snapLength: 96 };
const datagram = ipFrame({ payload: 100 });

function block(packets: number, interfaceId = 0): Block {
  const data = interfaceId === 0 ? datagram : datagram.subarray(14);
  const blocks = Array.from({ length: packets }, (_, i) => epb(START + BigInt(i), data, true, [], interfaceId));
  return { bytes: joined(...blocks), packets };
}

function newLog(limits = {}): { folder: string; log: SegmentLog } {
  const folder = temporaryFolder();
  return { folder, log: new SegmentLog(folder, { application: 'test' }, limits) };
}

describe('rotation', () => {
  test('every segment opens by itself, with all interfaces and their packets', () => {
    const { folder, log } = newLog({ segmentBytes: 5000 });
    log.describe([lan]);
    for (let i = 0; i < 4; i++) log.append(block(20));
    log.describe([lan, second]);
    for (let i = 0; i < 4; i++) log.append(block(20, i & 1));
    log.close();
    const segments = listSegments(folder);
    expect(segments).toEqual([1, 2, 3, 4, 5, 6, 7, 8]);
    for (const id of segments) expect(tsharkCount(segmentPath(folder, id))).toBe(20);
    const names = tshark(segmentPath(folder, 8), '-T', 'fields', '-e', 'frame.interface_name');
    expect(new Set(names)).toEqual(new Set(['raw']));
    expect(log.packets).toBe(160);
  });

  test('a block larger than a segment makes one segment; an empty log is one that tshark opens', () => {
    const { folder, log } = newLog({ segmentBytes: 1000 });
    log.describe([lan]);
    expect(tsharkCount(segmentPath(folder, 1))).toBe(0);
    log.append(block(50));
    log.append(block(50));
    log.close();
    expect(listSegments(folder)).toEqual([1, 2]);
  });

  test('by time: as soon as a packet comes after it', async () => {
    const { folder, log } = newLog({ segmentSeconds: 0.05 });
    log.describe([lan]);
    log.append(block(1));
    await new Promise((resolve) => setTimeout(resolve, 80));
    expect(listSegments(folder)).toEqual([1]);
    log.append(block(1));
    log.close();
    expect(listSegments(folder)).toEqual([1, 2]);
  });

  test('a segment never outgrows the 32 bits that the index has for a place in it', () => {
    expect(segmentLimits({ segmentBytes: 2 ** 40 }).segmentBytes).toBeLessThan(2 ** 32 - (16 << 20));
  });

  test('closing writes statistics and can be repeated', () => {
    const { folder, log } = newLog();
    log.describe([lan]);
    const before = log.position.end;
    log.close([epb(START, datagram)]);
    log.close();
    expect(log.position.end).toBe(before + epb(START, datagram).length);
    expect(statSync(segmentPath(folder, 1)).size).toBe(log.position.end);
  });
});

describe('ring', () => {
  test('by segments: the oldest go, numbering stays, the newest and what is unread never go', () => {
    const { folder, log } = newLog({ segmentBytes: 3000, ringSegments: 2 });
    log.describe([lan]);
    for (let i = 0; i < 6; i++) log.append(block(15));
    expect(log.retain(1)).toBe(false);
    expect(listSegments(folder)).toHaveLength(6);
    expect(log.retain(3)).toBe(true);
    expect(listSegments(folder)).toEqual([3, 4, 5, 6]);
    expect(log.firstPacket).toBe(31);
    expect(log.retain(Number.POSITIVE_INFINITY)).toBe(true);
    expect(listSegments(folder)).toEqual([5, 6]);
    expect(log.firstPacket).toBe(61);
    expect(log.packets).toBe(90);
    log.close();
  });

  test('by octets and by seconds', async () => {
    const { folder, log } = newLog({ segmentBytes: 3000, ringBytes: 8000 });
    log.describe([lan]);
    for (let i = 0; i < 6; i++) log.append(block(15));
    log.retain(99);
    const sizes = listSegments(folder).map((id) => statSync(segmentPath(folder, id)).size);
    expect(sizes.reduce((sum, size) => sum + size, 0)).toBeLessThanOrEqual(8000);
    expect(sizes.length).toBeGreaterThan(1);
    log.close();
    const timed = newLog({ segmentBytes: 3000, ringSeconds: 0.1 });
    timed.log.describe([lan]);
    for (let i = 0; i < 3; i++) timed.log.append(block(15));
    expect(timed.log.retain(99)).toBe(false);
    await new Promise((resolve) => setTimeout(resolve, 150));
    expect(timed.log.retain(99)).toBe(true);
    expect(listSegments(timed.folder)).toEqual([3]);
    timed.log.close();
  });
});

describe('repair', () => {
  function sample(): { file: string; whole: Buffer; lastBlock: number } {
    const { folder, log } = newLog();
    log.describe([lan]);
    log.append(block(3));
    const lastBlock = log.position.end;
    log.append(block(1));
    log.close();
    const file = segmentPath(folder, 1);
    return { file, whole: readFileSync(file), lastBlock };
  }

  test('a tail torn at every length of the last block', () => {
    const { file, whole, lastBlock } = sample();
    for (let length = lastBlock; length < whole.length; length++) {
      writeFileSync(file, whole);
      truncateSync(file, length);
      expect(repairSegment(file)).toEqual({ length: lastBlock, removed: length - lastBlock });
      expect(statSync(file).size).toBe(lastBlock);
    }
    expect(tsharkCount(file)).toBe(3);
    writeFileSync(file, whole);
    expect(repairSegment(file)).toEqual({ length: whole.length, removed: 0 });
  });

  test('a tail of zeros or of garbage, and one that lies about its lengths', () => {
    const { file, whole } = sample();
    const lies = Buffer.alloc(48);
    lies.writeUInt32LE(6, 0);
    lies.writeUInt32LE(48, 4);
    lies.writeUInt32LE(4000, 20);
    lies.writeUInt32LE(48, 44);
    const huge = Buffer.alloc(64);
    huge.writeUInt32LE(6, 0);
    huge.writeUInt32LE(0xfffffffc, 4);
    const tails = [Buffer.alloc(1), Buffer.alloc(5000), Buffer.from('garbage that is no block at all'), lies, huge];
    for (const tail of tails) {
      writeFileSync(file, whole);
      appendFileSync(file, tail);
      expect(repairSegment(file)).toEqual({ length: whole.length, removed: tail.length });
      expect(readFileSync(file)).toEqual(whole);
    }
  });

  test('a segment without a whole block is removed', () => {
    const { file, whole } = sample();
    for (const length of [0, 3, 20]) {
      writeFileSync(file, whole.subarray(0, length));
      expect(repairSegment(file)).toEqual({ length: 0, removed: length });
      expect(existsSync(file)).toBe(false);
    }
  });

  test('a block larger than what is read at once is whole, and torn, as a small one is', () => {
    const { file, whole } = sample();
    const large = epb(START, new Uint8Array(3 << 20), true, [], 0);
    writeFileSync(file, Buffer.concat([whole, large]));
    expect(repairSegment(file).removed).toBe(0);
    writeFileSync(file, Buffer.concat([whole, large.subarray(0, large.length - 1)]));
    expect(repairSegment(file)).toEqual({ length: whole.length, removed: large.length - 1 });
  });
});

test('a scanner follows a file that grows, and stops at the end it is given', () => {
  const { folder, log } = newLog();
  log.describe([lan]);
  const scanner = new BlockScanner(segmentPath(folder, 1));
  expect(scanner.next()?.length).toBe(log.position.end);
  expect(scanner.next()).toBeNull();
  log.append(block(2));
  const middle = log.position.end;
  log.append(block(2));
  expect(scanner.next(middle)?.length).toBe(block(2).bytes.length);
  expect(scanner.next(middle)).toBeNull();
  expect(scanner.next()?.length).toBe(block(2).bytes.length);
  scanner.close();
  log.close();
});

test('a copy of a segment that is being written can be read as a file at any moment', async () => {
  const { folder, log } = newLog();
  log.describe([lan]);
  log.append(block(5));
  const copy = join(folder, 'copy.pcapng');
  copyFileSync(segmentPath(folder, 1), copy);
  log.close();
  const source = await openFile(copy);
  expect((await source.next())?.packets).toBe(5);
  await source.stop();
});
