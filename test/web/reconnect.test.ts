/** The service goes away and comes back: the page says so, and goes on without a reload. */

import { createSocket } from 'node:dgram';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import type { Page } from 'playwright-core';
import { type CaptureBody, isRoot, TestDaemon } from '../api/daemon.js';
import { screenshot, WebBrowser } from './browser.js';

const AWAY = /netglass does not answer/;
let daemon: TestDaemon;
let browser: WebBrowser;
let data: string;

const start = (port = 0) => TestDaemon.start(['--no-capture', '--data', data, '--port', String(port)]);

beforeEach(async () => {
  data = mkdtempSync(join(tmpdir(), 'netglass-again-'));
  [daemon, browser] = await Promise.all([start(), WebBrowser.start()]);
});
afterEach(async () => {
  await browser.stop();
  await daemon.stop();
  rmSync(data, { recursive: true });
});

/** Kills the service, lets `meanwhile` happen once the page has noticed, and starts it again where it was. */
async function again(page: Page, meanwhile: () => Promise<void>): Promise<void> {
  const { port } = daemon;
  await page.evaluate('window.loadedOnce = true');
  await daemon.stop('SIGKILL');
  await page.getByText(AWAY).waitFor();
  await meanwhile();
  daemon = await start(port);
  await page.getByText(AWAY).waitFor({ state: 'detached' });
  expect(await page.evaluate('window.loadedOnce')).toBe(true);
}

describe('when the service was away', () => {
  test('a stored capture goes on, with the filter that was set meanwhile', async () => {
    const id = await daemon.sample();
    const { page } = await browser.open(`${daemon.base}/c/${id}`);
    await page.locator('[role=grid][aria-rowcount="45"]').waitFor();
    await again(page, async () => {
      const filter = page.getByRole('combobox', { name: 'Display filter' });
      await filter.fill('icmp');
      await filter.press('Enter');
      await screenshot(page, 'service-away');
    });
    const { count } = (await daemon.json<{ count: number }>(`/api/captures/${id}/packets/count?filter=icmp`)).body;
    await page.locator(`[role=grid][aria-rowcount="${count + 1}"]`).waitFor();
    await page.getByRole('row', { name: /Echo/ }).first().click();
    await page.getByRole('tree', { name: 'Packet details' }).getByRole('treeitem').nth(2).waitFor();
    await page.getByRole('tab', { name: 'Flows' }).click();
    await page.getByRole('grid', { name: 'Flows' }).getByRole('row').nth(1).waitFor();
  });

  (isRoot ? test : test.skip)('a live capture keeps its packets, and another one can begin (needs root)', async () => {
    const { body } = await daemon.json<CaptureBody>('/api/captures', {
      interfaces: ['lo'],
      captureFilter: 'udp port 9',
    });
    const { page } = await browser.open(`${daemon.base}/c/${body.id}`);
    const status = page.getByRole('status', { name: 'Capture status' });
    await status.filter({ hasText: 'capturing' }).waitFor();
    const socket = createSocket('udp4');
    const send = () => new Promise((resolve) => socket.send('discarded', 9, '127.0.0.1', resolve));
    for (let sent = 0; sent < 5; sent++) await send();
    await page.locator('[role=grid][aria-rowcount="6"]').waitFor();
    await again(page, send as () => Promise<void>);
    await status.filter({ hasText: 'stopped' }).waitFor();
    await page.locator('[role=grid][aria-rowcount="6"]').waitFor();
    const next = await daemon.json<CaptureBody>('/api/captures', { interfaces: ['lo'], captureFilter: 'udp port 9' });
    await page.getByRole('tab', { name: 'Captures' }).click();
    await page
      .getByRole('button', { name: `Show ${next.body.name}` })
      .first()
      .click();
    await status.filter({ hasText: 'capturing' }).waitFor();
    await send();
    socket.close();
    await page.locator('[role=grid][aria-rowcount="2"]').waitFor();
  });

  test('a capture that is gone is said to be gone', async () => {
    const id = await daemon.sample();
    const { page } = await browser.open(`${daemon.base}/c/${id}`);
    await page.locator('[role=grid][aria-rowcount="45"]').waitFor();
    await daemon.json(`/api/captures/${id}`, undefined, 'DELETE');
    await page.getByText('There is no such capture').waitFor();
  });
});
