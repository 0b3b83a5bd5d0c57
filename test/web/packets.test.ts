/** The packet list, as a person sees it. */

import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { Page } from 'playwright-core';
import { TestDaemon } from '../api/daemon.js';
import { screenshot, WebBrowser } from './browser.js';

let daemon: TestDaemon;
let browser: WebBrowser;
let id: string;

beforeAll(async () => {
  [daemon, browser] = await Promise.all([TestDaemon.start(), WebBrowser.start()]);
  id = await daemon.sample();
});
afterAll(async () => {
  await browser.stop();
  await daemon.stop();
});

describe('the packet list', () => {
  test('opens the last capture, and shows its rows', async () => {
    const { page, complaints } = await browser.open(`${daemon.base}/`);
    const grid = page.getByRole('grid', { name: 'Packets' });
    await grid.getByRole('row', { name: /ICMP/ }).first().waitFor();
    expect(await grid.getAttribute('aria-rowcount')).toBe('45');
    expect(new URL(page.url()).pathname).toBe(`/c/${id}`);
    expect(await page.getByRole('status', { name: 'Capture status' }).textContent()).toMatch(/44 packets/);
    await screenshot(page, 'packets');
    expect(complaints).toEqual([]);
  });

  test('is walked through by keys, and the address follows', async () => {
    const { page } = await browser.open(`${daemon.base}/c/${id}`);
    const grid = page.getByRole('grid', { name: 'Packets' });
    await grid.getByRole('row').nth(3).waitFor();
    await grid.focus();
    await page.keyboard.press('Home');
    await page.keyboard.press('ArrowDown');
    await expectPacket(page, 2);
    await page.keyboard.press('End');
    await expectPacket(page, 44);
    await page.keyboard.press('PageUp');
    await page.waitForURL((url) => url.searchParams.get('packet') !== '44');
  });

  test('takes a filter, and a packet from its address', async () => {
    const { page } = await browser.open(`${daemon.base}/c/${id}?filter=icmp&packet=3`);
    const grid = page.getByRole('grid', { name: 'Packets' });
    const { count } = (await daemon.json<{ count: number }>(`/api/captures/${id}/packets/count?filter=icmp`)).body;
    await page.locator(`[role=grid][aria-label=Packets][aria-rowcount="${count + 1}"]`).waitFor();
    expect(await grid.getByRole('row').count()).toBeGreaterThan(1);
    const input = page.getByLabel('Display filter');
    await input.fill('tcp');
    await input.press('Enter');
    await page.waitForURL(/filter=tcp/);
  });
});

async function expectPacket(page: Page, number: number): Promise<void> {
  await page.waitForURL((url) => url.searchParams.get('packet') === String(number));
}
