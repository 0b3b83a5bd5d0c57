/** Key logs: what is taken, what is ignored, and what they may cost. */

import { appendFileSync, existsSync, renameSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeEach, describe, expect, test } from '@jest/globals';
import { StoredSecrets, secretsPath } from '../../captures/secrets/capture-secrets.js';
import { KeyLog, MAXIMUM_SESSIONS } from '../../captures/secrets/key-log.js';
import { KeyLogWatch } from '../../captures/secrets/key-log-file.js';
import { removeFolders, temporaryFolder } from '../support/packets.js';

const random = (session: number): string => session.toString(16).padStart(64, '0');
const line = (session: number, secret = 'ab'): string => `CLIENT_RANDOM ${random(session)} ${secret.repeat(48)}\n`;

let folder: string;
beforeEach(() => {
  folder = temporaryFolder();
});
afterAll(removeFolders);

describe('the lines of a key log', () => {
  test('are taken in any case of the digits, with either end of line', () => {
    const log = new KeyLog();
    const { taken, fresh } = log.add(`CLIENT_RANDOM ${'AB'.repeat(32)} ${'CD'.repeat(48)}\r\n# comment\n\n`);
    expect(taken).toEqual({ labels: { CLIENT_RANDOM: 1 }, known: 0, ignored: 0, refused: 0 });
    expect(fresh).toBe(`CLIENT_RANDOM ${'ab'.repeat(32)} ${'cd'.repeat(48)}\n`);
    expect(log.of('ab'.repeat(32))?.get('CLIENT_RANDOM')).toEqual(new Uint8Array(48).fill(0xcd));
  });

  test.each([
    ['words', 'this is no secret'],
    ['an unknown label', `SOMETHING_ELSE ${random(1)} ${'ab'.repeat(32)}`],
    ['a random that is too short', `CLIENT_RANDOM ab ${'ab'.repeat(48)}`],
    ['a secret of another length', `CLIENT_RANDOM ${random(1)} ${'ab'.repeat(47)}`],
    ['half an octet', `CLIENT_TRAFFIC_SECRET_0 ${random(1)} ${'ab'.repeat(32)}c`],
    ['other digits', `CLIENT_RANDOM ${random(1)} ${'zz'.repeat(48)}`],
    ['a name that every object has', `constructor ${random(1)} ${'ab'.repeat(48)}`],
    ['a line without end', 'x'.repeat(1 << 20)],
  ])('%s is ignored, and counted', (_what, text) => {
    const log = new KeyLog();
    expect(log.add(text).taken).toEqual({ labels: {}, known: 0, ignored: 1, refused: 0 });
    expect(log.size).toBe(0);
  });

  test('of the same session, what is said last counts', () => {
    const log = new KeyLog();
    log.add(line(1, 'ab'));
    expect(log.add(line(1, 'ab')).taken).toMatchObject({ known: 1 });
    expect(log.add(line(1, 'cd'))).toMatchObject({ taken: { known: 0 }, fresh: line(1, 'cd') });
    expect(log.of(random(1))?.get('CLIENT_RANDOM')?.[0]).toBe(0xcd);
  });

  test('of more sessions than there is room for are refused', () => {
    const log = new KeyLog();
    for (let at = 0; at < MAXIMUM_SESSIONS; at += 10_000)
      log.add(Array.from({ length: 10_000 }, (_, index) => line(at + index)).join(''));
    expect(log.add(line(MAXIMUM_SESSIONS) + line(1)).taken).toMatchObject({ refused: 1, known: 1 });
    expect(log.size).toBe(MAXIMUM_SESSIONS);
  });
});

describe('the secrets of a folder', () => {
  test('are its owner’s only, also in a file that was not', () => {
    writeFileSync(secretsPath(folder), line(1), { mode: 0o644 });
    const secrets = new StoredSecrets(folder);
    expect(secrets.refresh()).toBe(true);
    secrets.add(line(1) + line(2));
    expect(statSync(secretsPath(folder)).mode & 0o777).toBe(0o600);
    expect(statSync(secretsPath(folder)).size).toBe(2 * line(1).length);
  });

  test('are found by who read them before', () => {
    const reader = new StoredSecrets(folder);
    expect(reader.refresh()).toBe(false);
    expect(existsSync(secretsPath(folder))).toBe(false);
    const writer = new StoredSecrets(folder);
    writer.add(line(1));
    expect([reader.refresh(), reader.refresh()]).toEqual([true, false]);
    writer.add(line(2));
    expect(reader.refresh()).toBe(true);
    expect(reader.keyLog.size).toBe(2);
  });
});

describe('a key log that is watched', () => {
  const until = async (holds: () => boolean): Promise<void> => {
    for (let i = 0; i < 100 && !holds(); i++) await new Promise((resolve) => setTimeout(resolve, 50));
  };

  test('may come later, grow by half a line, be emptied and be replaced', async () => {
    const path = join(folder, 'keys');
    let got = '';
    const complaints: string[] = [];
    const watch = new KeyLogWatch(
      path,
      async (lines) => {
        got += lines;
      },
      (message) => complaints.push(message),
    );
    try {
      writeFileSync(path, line(1) + line(2).slice(0, 50));
      await until(() => got !== '');
      expect(got).toBe(line(1));
      appendFileSync(path, line(2).slice(50));
      await until(() => got.length > line(1).length);
      expect(got).toBe(line(1) + line(2));
      writeFileSync(path, line(3));
      await until(() => got.includes(line(3)));
      writeFileSync(`${path}.new`, line(4) + line(5) + line(6));
      renameSync(`${path}.new`, path);
      await until(() => got.includes(line(6)));
      appendFileSync(path, line(7));
    } finally {
      await watch.stop();
    }
    expect(got).toBe([1, 2, 3, 4, 5, 6, 7].map((session) => line(session)).join(''));
    expect(complaints).toEqual([]);
  });
});
