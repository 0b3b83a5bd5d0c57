/** Starting, stopping, opening, renaming and deleting captures in the browser, and what leaves it. */

import { createSocket } from 'node:dgram';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { Page } from 'playwright-core';
import { sampleFile } from '../../src/sample.js';
import { isRoot, TestDaemon, WITHOUT_PRIVILEGE } from '../api/daemon.js';
import { screenshot, WebBrowser } from './browser.js';

const asRoot = isRoot ? test : test.skip;
let daemon: TestDaemon;
let browser: WebBrowser;
let folder: string;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'netglass-web-'));
  [daemon, browser] = await Promise.all([TestDaemon.start(), WebBrowser.start()]);
});
afterAll(async () => {
  await browser.stop();
  await daemon.stop();
  rmSync(folder, { recursive: true });
});

async function choose(page: Page, path: string): Promise<void> {
  await page.getByRole('tab', { name: 'Captures' }).click();
  const [chooser] = await Promise.all([
    page.waitForEvent('filechooser'),
    page.getByRole('button', { name: 'Open a file …' }).click(),
  ]);
  await chooser.setFiles(path);
}

describe('captures', () => {
  test('an empty page says what to do', async () => {
    const { page, complaints } = await browser.open(`${daemon.base}/?tab=captures`);
    await page.getByRole('heading', { name: 'No capture yet' }).waitFor();
    await screenshot(page, 'captures-none');
    for (const tab of ['Packets', 'Flows', 'Statistics']) {
      await page.getByRole('tab', { name: tab }).click();
      await page.getByRole('heading', { name: 'No capture yet' }).waitFor();
      await page.getByRole('button', { name: 'Open a file …' }).waitFor();
    }
    await screenshot(page, 'first-steps');
    await page.getByRole('button', { name: 'Run a demo of the lab' }).click();
    await page.getByRole('list', { name: 'Demos' }).waitFor();
    expect(complaints).toEqual([]);
  });

  asRoot('starts on an interface with a checked capture filter, shows what comes, and stops', async () => {
    const { page } = await browser.open(`${daemon.base}/`);
    await page.getByRole('button', { name: 'Start capture' }).click();
    await page.getByRole('checkbox', { name: /^any/ }).uncheck();
    await page.getByRole('checkbox', { name: /^lo/ }).check();
    const filter = page.getByLabel(/Capture filter/);
    await filter.fill('tcp prot 80');
    await page.getByText(/syntax error/i).waitFor();
    const server = createServer((socket) => socket.end('hello')).listen(0, '127.0.0.1');
    await new Promise((resolve) => server.once('listening', resolve));
    const { port } = server.address() as { port: number };
    await filter.fill(`tcp port ${port}`);
    await page.getByText('This capture filter is valid.').waitFor();
    await page.getByRole('img', { name: /Traffic on lo/ }).waitFor();
    await screenshot(page, 'captures-start');
    await page.getByRole('button', { name: 'Start', exact: true }).click();
    await page.waitForURL(/\/c\//);
    await page.getByRole('status', { name: 'Capture status' }).filter({ hasText: 'capturing' }).waitFor();
    await fetch(`http://127.0.0.1:${port}/`).catch(() => undefined); // no HTTP server: only its packets matter
    await page
      .getByRole('row', { name: /SYN, ACK/ })
      .first()
      .waitFor();
    server.close();
    await page.getByRole('button', { name: 'Stop capture' }).click();
    await page.getByRole('status', { name: 'Capture status' }).filter({ hasText: 'stopped' }).waitFor();
  });

  asRoot('a trigger that has met its packet is in sight, and leads to it', async () => {
    const port = 40_000 + Math.floor(Math.random() * 20_000);
    const body = {
      interfaces: ['lo'],
      captureFilter: `udp port ${port}`,
      trigger: { when: 'data contains "now"', action: 'notify' },
    };
    const { body: capture } = await daemon.json<{ id: string }>('/api/captures', body);
    const { page } = await browser.open(`${daemon.base}/c/${capture.id}`);
    const sender = createSocket('udp4');
    for (const words of ['not yet', 'now', 'later']) sender.send(words, port, '127.0.0.1');
    await page.getByRole('button', { name: /met the trigger/ }).click();
    await page.waitForURL(/packet=2/);
    sender.close();
    await daemon.json(`/api/captures/${capture.id}`, undefined, 'DELETE');
  });

  test('opens a file, renames its capture, marks it and deletes it after asking', async () => {
    const { page, complaints } = await browser.open(`${daemon.base}/`);
    const path = join(folder, 'lecture.pcapng');
    writeFileSync(path, sampleFile());
    await choose(page, path);
    await page.getByRole('status', { name: 'Capture status' }).filter({ hasText: '44 packets' }).waitFor();
    await page.getByRole('tab', { name: 'Captures' }).click();
    await page.getByRole('button', { name: 'Rename lecture.pcapng' }).click();
    await page.getByLabel('New name').fill('Lecture 4');
    await page.getByRole('button', { name: 'Save' }).click();
    await page.getByRole('button', { name: 'Show Lecture 4' }).waitFor();
    await page.getByLabel('Text of the mark').fill('<b>before connect()</b>');
    await page.getByRole('button', { name: 'Add mark' }).click();
    await page.getByRole('listitem').filter({ hasText: '<b>before connect()</b>' }).waitFor();
    await screenshot(page, 'captures');
    await page.getByRole('button', { name: 'Delete Lecture 4' }).click();
    const dialog = page.getByRole('dialog', { name: 'Delete Lecture 4?' });
    await dialog.getByRole('button', { name: 'Cancel' }).click();
    await page.getByRole('button', { name: 'Show Lecture 4' }).waitFor();
    await page.getByRole('button', { name: 'Delete Lecture 4' }).click();
    await dialog.getByRole('button', { name: 'Delete' }).click();
    await page.getByRole('button', { name: 'Show Lecture 4' }).waitFor({ state: 'detached' });
    expect(complaints).toEqual([]);
  });

  test('says in words what is wrong with a file', async () => {
    const { page } = await browser.open(`${daemon.base}/`);
    const path = join(folder, 'letter.txt');
    writeFileSync(path, 'Dear Sir or Madam');
    await choose(page, path);
    await page.getByText('letter.txt could not be opened whole').waitFor();
    expect(await page.getByRole('alert').last().textContent()).toMatch(/pcap/);
  });

  asRoot('a missing privilege comes with the command that mends it', async () => {
    const poor = await TestDaemon.start(['--no-capture'], WITHOUT_PRIVILEGE);
    try {
      const { page } = await browser.open(`${poor.base}/?tab=captures`);
      await page.getByRole('button', { name: 'Start capture' }).click();
      await page.getByRole('button', { name: 'Start', exact: true }).click();
      await page.getByText(/setcap/).waitFor();
      await screenshot(page, 'captures-no-privilege');
    } finally {
      await poor.stop();
    }
  });
});

describe('the ways out', () => {
  test('exports what the filter shows, and copies the view', async () => {
    const id = await daemon.sample();
    const { page } = await browser.open(`${daemon.base}/c/${id}?filter=icmp`);
    await page.getByRole('button', { name: 'Export' }).click();
    await page.getByLabel(/CSV/).check();
    const [download] = await Promise.all([
      page.waitForEvent('download'),
      page.getByRole('button', { name: 'Download' }).click(),
    ]);
    const lines = readFileSync(await download.path(), 'utf8')
      .trim()
      .split('\n');
    const { count } = (await daemon.json<{ count: number }>(`/api/captures/${id}/packets/count?filter=icmp`)).body;
    expect(lines).toHaveLength(count + 1);
    await page.getByRole('button', { name: /Copy as/ }).click();
    await page.getByRole('menuitem', { name: /curl command/ }).click();
    await page.getByText('Copied: curl command').waitFor();
    const copied = await page.evaluate('navigator.clipboard.readText()');
    expect(copied).toBe(`curl '${daemon.base}/api/captures/${id}/packets?filter=icmp'`);
  });
});
