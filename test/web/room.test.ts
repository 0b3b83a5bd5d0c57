/** For a room full of people: viewers who follow, a replay, fields that are hidden, large type. */

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

async function present(page: Page): Promise<string> {
  await page.getByRole('button', { name: /^View/ }).click();
  await page.getByRole('menuitem', { name: /Present/ }).click();
  const link = page.getByRole('link', { name: /\/watch\// });
  const address = await link.textContent();
  await page.getByRole('button', { name: 'Close' }).click();
  return address ?? '';
}

describe('presenter mode', () => {
  test('viewers see the capture alone, and go where the presenter goes', async () => {
    const other = await daemon.sample();
    const { page } = await browser.open(`${daemon.base}/c/${id}`);
    const address = await present(page);
    const viewer = await browser.open(address);
    await viewer.page.getByText('You follow the presenter.').waitFor();
    expect(await viewer.page.getByRole('button', { name: 'Start capture' }).count()).toBe(0);
    expect(await viewer.page.getByRole('tab', { name: 'Captures' }).count()).toBe(0);

    const filter = page.getByLabel('Display filter');
    await filter.fill('icmp');
    await filter.press('Enter');
    await viewer.page.waitForURL(/filter=icmp/);
    await page
      .getByRole('row', { name: /Echo \(ping\) reply/ })
      .first()
      .click();
    await viewer.page.waitForURL(/packet=4/);
    await screenshot(viewer.page, 'watch');

    await viewer.page.getByRole('button', { name: 'Look around by myself' }).click();
    await filter.fill('tcp');
    await filter.press('Enter');
    await page.waitForURL(/filter=tcp/);
    expect(viewer.page.url()).toMatch(/filter=icmp/);
    await viewer.page.getByRole('button', { name: 'Follow the presenter' }).click();
    await viewer.page.waitForURL(/filter=tcp/);

    const token = new URL(address).pathname.split('/')[2];
    const refused = await daemon.fetch(`/api/captures/${other}/packets?token=${token}`);
    expect(refused.status).toBe(403);
    await page.getByRole('button', { name: /^Presenting/ }).click();
    await page.getByRole('button', { name: 'End presenting' }).click();
    await viewer.page.getByText('The presenter has ended this.').waitFor();
  });
});

describe('a replay', () => {
  test('shows the packets one by one, at their pace, and all again at the end', async () => {
    const { page, complaints } = await browser.open(`${daemon.base}/c/${id}`);
    await page.getByRole('row', { name: /ARP/ }).first().waitFor();
    await page.getByRole('button', { name: /^View/ }).click();
    await page.getByRole('menuitem', { name: /Replay/ }).click();
    const bar = page.getByRole('region', { name: 'Replay' });
    await bar.getByRole('button', { name: 'Pause' }).click();
    const shown = async () => Number(/· ([\d,]+) of/.exec((await bar.textContent()) ?? '')?.[1]);
    const before = await shown();
    expect(before).toBeLessThan(44);
    await bar.getByRole('button', { name: 'Next packet' }).click();
    expect(await shown()).toBe(before + 1);
    await page.locator(`[role=grid][aria-label=Packets][aria-rowcount="${before + 2}"]`).waitFor();
    await bar.getByRole('button', { name: 'Back one' }).click();
    expect(await shown()).toBe(before);
    await bar.getByLabel('Speed').selectOption('100');
    await bar.getByRole('button', { name: 'Play', exact: true }).click();
    await bar.getByText(/44 of 44/).waitFor();
    await screenshot(page, 'replay');
    await bar.getByRole('button', { name: 'End the replay' }).click();
    await page.locator('[role=grid][aria-label=Packets][aria-rowcount="45"]').waitFor();
    expect(complaints).toEqual([]);
  });
});

describe('the look', () => {
  test('is dark or light, and large for a projector, and stays so', async () => {
    const { page } = await browser.open(`${daemon.base}/c/${id}`, { width: 1920, height: 1080 });
    const root = page.locator('html');
    await page.getByRole('button', { name: /^View/ }).click();
    await page.getByRole('menuitemradio', { name: /dark/ }).click();
    await page.getByRole('menuitemcheckbox', { name: /Large type/ }).click();
    await page.keyboard.press('Escape');
    expect(await root.getAttribute('data-theme')).toBe('dark');
    expect(await root.getAttribute('data-large')).toBe('true');
    await page.reload();
    await page.getByRole('row', { name: /ARP/ }).first().waitFor();
    expect(await root.getAttribute('data-theme')).toBe('dark');
    await screenshot(page, 'large-dark');
  });
});
