import { deflateRawSync, deflateSync, gzipSync } from 'node:zlib';
import { describe, expect, test } from '@jest/globals';
import { inflate, inflateRaw } from '../../decoders/core/inflate.js';

const inputs: readonly [string, Buffer][] = [
  ['one octet', Buffer.from('a')],
  ['text', Buffer.from('the quick brown fox jumps over the lazy dog; '.repeat(400))],
  ['octets of every value', Buffer.from(Array.from({ length: 70_000 }, (_, i) => (i * i * 31 + (i >> 3)) & 255))],
];

describe('what zlib compressed comes out again', () => {
  for (const level of [0, 1, 6, 9])
    test.each(inputs)(`%s, level ${level}`, (_name, octets) => {
      for (const compress of [gzipSync, deflateSync]) {
        const found = inflate(compress(octets, { level }));
        expect(found?.complete).toBe(true);
        expect(Buffer.compare(Buffer.from(found?.bytes ?? []), octets)).toBe(0);
      }
      expect(Buffer.compare(Buffer.from(inflateRaw(deflateRawSync(octets, { level })).bytes), octets)).toBe(0);
    });
});

test('what is cut gives what there was of it', () => {
  const whole = gzipSync(inputs[1][1]);
  for (let kept = 0; kept < whole.length - 8; kept++) {
    const found = inflate(whole.subarray(0, kept));
    if (found === undefined) continue;
    expect(inputs[1][1].subarray(0, found.bytes.length).equals(Buffer.from(found.bytes))).toBe(true);
  }
});

test('the output is bounded', () => {
  const found = inflate(gzipSync(Buffer.alloc(64 << 20)));
  expect(found?.complete).toBe(false);
  expect(found?.bytes.length).toBeLessThanOrEqual(2 << 20);
});
