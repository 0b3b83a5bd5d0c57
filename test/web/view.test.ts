/** The page's address is its state; and what the first load weighs. */

import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { Page } from 'playwright-core';
import { TestDaemon } from '../api/daemon.js';
import { WebBrowser } from './browser.js';

let daemon: TestDaemon;
let browser: WebBrowser;
let id: string;
/** Id of a TCP conversation. */
let flow: number;

beforeAll(async () => {
  [daemon, browser] = await Promise.all([TestDaemon.start(), WebBrowser.start()]);
  id = await daemon.sample();
  const { flows } = (await daemon.json<{ flows: { id: number }[] }>(`/api/captures/${id}/flows?filter=tcp`)).body;
  flow = flows[0].id;
});
afterAll(async () => {
  await browser.stop();
  await daemon.stop();
});

/** What is seen of a packet view. */
async function seen(page: Page) {
  const grid = page.getByRole('grid', { name: 'Packets' });
  const selected = grid.locator('[role=row][aria-selected=true]').first();
  await selected.waitFor();
  return {
    rows: await grid.getAttribute('aria-rowcount'),
    selected: await selected.textContent(),
    filter: await page.getByRole('combobox', { name: 'Display filter' }).inputValue(),
    packet: await page.getByRole('tree', { name: 'Packet details' }).getByRole('treeitem').first().textContent(),
  };
}

describe('a view is its address', () => {
  test('filter, packet and time in another browser', async () => {
    const { page } = await browser.open(`${daemon.base}/c/${id}?from=0&to=5`);
    const filter = page.getByRole('combobox', { name: 'Display filter' });
    await filter.fill('icmp || arp');
    await filter.press('Enter');
    await page.waitForURL(/filter=/);
    await page.getByRole('row', { name: /reply/ }).first().click();
    await page.waitForURL(/packet=/);
    const here = await seen(page);
    const other = await browser.open(page.url());
    expect(await seen(other.page)).toEqual(here);
    expect(other.page.url()).toBe(page.url());
    expect(other.complaints).toEqual([]);
  });

  test.each([
    ['flows', 'grid', 'Flows'],
    ['flows&flow=FLOW', 'region', 'Follow stream'],
    ['flows&flow=FLOW&part=sequence', 'region', 'Sequence'],
    ['statistics&part=endpoints', 'grid', 'Endpoints'],
    ['statistics&part=conversations/tcp', 'grid', 'Conversations'],
    ['lab&part=udp-echo', 'form', 'What it runs with'],
    ['captures', 'region', 'Captures'],
  ] as const)('tab=%s', async (tab, role, name) => {
    const { page } = await browser.open(`${daemon.base}/c/${id}?tab=${tab.replace('FLOW', String(flow))}`);
    await page.getByRole(role, { name }).waitFor();
    await page.context().close();
  });

  test('Back and Forward go through what was looked at', async () => {
    const { page } = await browser.open(`${daemon.base}/`);
    await page.getByRole('grid', { name: 'Packets' }).waitFor();
    expect(new URL(page.url()).pathname).toBe(`/c/${id}`);
    await page.getByRole('tab', { name: 'Flows' }).click();
    await page.getByRole('grid', { name: 'Flows' }).waitFor();
    await page.getByRole('tab', { name: 'Statistics' }).click();
    await page.getByRole('button', { name: 'Endpoints' }).click();
    await page.getByRole('grid', { name: 'Endpoints' }).waitFor();
    await page.goBack();
    await page.getByRole('treegrid', { name: 'Protocols' }).waitFor();
    await page.goBack();
    await page.getByRole('grid', { name: 'Flows' }).waitFor();
    await page.goBack();
    await page.getByRole('grid', { name: 'Packets' }).waitFor();
    await page.goForward();
    await page.getByRole('grid', { name: 'Flows' }).waitFor();
    expect(await page.getByRole('tab', { name: 'Flows' }).getAttribute('aria-selected')).toBe('true');
  });
});

test('the first load is below 350 kB, compressed, and of this service alone', async () => {
  const { page } = await browser.open('about:blank');
  const asked: string[] = [];
  page.on('request', (request) => asked.push(request.url()));
  await page.goto(`${daemon.base}/c/${id}`);
  await page.getByRole('grid', { name: 'Packets' }).getByRole('row').nth(3).waitFor();
  await page.waitForLoadState('networkidle');
  expect(asked.filter((url) => !url.startsWith(daemon.base))).toEqual([]);
  const files = [...new Set(asked)].filter((url) => !url.includes('/api/'));
  expect(files.length).toBeGreaterThan(2);
  let weight = 0;
  for (const url of files) weight += gzipSync(Buffer.from(await (await fetch(url)).arrayBuffer())).length;
  expect(weight).toBeGreaterThan(50_000);
  expect(weight).toBeLessThan(350_000);
});
