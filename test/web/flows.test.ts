/** Conversations: the list of them, and what there is to know about one. */

import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { Locator, Page } from 'playwright-core';
import { TestDaemon } from '../api/daemon.js';
import { seriousFindings } from './axe.js';
import { screenshot, WebBrowser } from './browser.js';

let daemon: TestDaemon;
let browser: WebBrowser;
let id: string;
let flows: { id: number; transport: string; bytes: number; communityId: string; server: string }[];

beforeAll(async () => {
  [daemon, browser] = await Promise.all([TestDaemon.start(), WebBrowser.start()]);
  id = await daemon.sample();
  flows = (await daemon.json<{ flows: typeof flows }>(`/api/captures/${id}/flows`)).body.flows;
});
afterAll(async () => {
  await browser.stop();
  await daemon.stop();
});

const grid = (page: Page): Locator => page.getByRole('grid', { name: 'Flows' });
/** Without the heads. */
const rows = (page: Page): Locator => grid(page).locator('[role=row][aria-selected]');
const tcp = (): number => flows.find(({ transport }) => transport === 'tcp')?.id ?? 0;

async function list(more = '', size = {}): Promise<{ page: Page; complaints: string[] }> {
  const opened = await browser.open(`${daemon.base}/c/${id}?tab=flows${more}`, size);
  await rows(opened.page).first().waitFor();
  return opened;
}

describe('the list of conversations', () => {
  test('has them all, with names, state and what each end sent', async () => {
    const { page, complaints } = await list('', { width: 1280, height: 1200 });
    expect(await grid(page).getAttribute('aria-rowcount')).toBe(String(flows.length + 1));
    await page.getByText(`${flows.length} conversations`).waitFor();
    const row = rows(page).filter({ hasText: 'HTTP' }).first();
    expect(await row.textContent()).toMatch(/server\.example.*closed.*410 µs.*3\.37 ms/);
    expect(await row.locator('.flow-state').getAttribute('title')).toMatch(/^SF: /);
    expect(await row.locator('.flow-side').first().getAttribute('title')).toBe('client → server: 368 B in 5 packets');
    expect(await seriousFindings(page)).toEqual([]);
    expect(complaints).toEqual([]);
    await screenshot(page, 'flows');
  });

  test('is sorted by its heads', async () => {
    const { page } = await list();
    await grid(page).getByRole('button', { name: 'Bytes' }).click();
    const most = Math.max(...flows.map(({ bytes }) => bytes));
    await rows(page)
      .first()
      .getByRole('gridcell', { name: `${most} B`, exact: true })
      .waitFor();
    const head = grid(page).getByRole('columnheader', { name: 'Bytes' });
    expect(await head.getAttribute('aria-sort')).toBe('descending');
    await grid(page).getByRole('button', { name: 'Bytes' }).click();
    await rows(page).first().getByText('ARP').waitFor();
    await page.getByLabel('Sort by').selectOption('longest');
    expect(await grid(page).getByRole('columnheader', { name: 'Duration' }).getAttribute('aria-sort')).toBe(
      'descending',
    );
  });

  test('is walked by keys, and is where it was when one comes back', async () => {
    const { page } = await list();
    await grid(page).focus();
    await page.keyboard.press('End');
    await page.keyboard.press('ArrowUp');
    const place = String(flows.length - 2);
    await page.locator(`#flow-row-${place}[aria-selected=true]`).waitFor();
    await page.keyboard.press('Enter');
    await page.waitForURL((url) => url.searchParams.get('flow') === String(flows[flows.length - 2].id));
    await page.getByRole('button', { name: 'All conversations' }).click();
    await page.locator(`#flow-row-${place}[aria-selected=true]`).waitFor();
    expect(await page.locator(`#flow-row-${place}`).isVisible()).toBe(true);
  });

  test('has a menu, by key and by mouse, that makes filters', async () => {
    const { page } = await list('&filter=tcp');
    await grid(page).focus();
    await page.keyboard.press('Shift+F10');
    await page.getByRole('menuitem', { name: /server’s port 80/ }).click();
    await page.waitForURL((url) => url.searchParams.get('filter') === 'tcp && tcp.port == 80');
    await rows(page).first().click({ button: 'right' });
    await page.getByRole('menuitem', { name: 'Ladder' }).click();
    await page.waitForURL(/part=sequence/);
  });

  test('is under the filter, and says when nothing matches or what is wrong', async () => {
    const { page } = await list('&filter=dns');
    const { body } = await daemon.json<{ flows: unknown[] }>(`/api/captures/${id}/flows?filter=dns`);
    expect(await grid(page).getAttribute('aria-rowcount')).toBe(String(body.flows.length + 1));
    const empty = await browser.open(`${daemon.base}/c/${id}?tab=flows&filter=sctp`);
    await empty.page.getByText('No conversation has a packet that matches this filter.').waitFor();
    await empty.page.waitForLoadState('networkidle');
    expect(empty.complaints).toEqual([]);
    const wrong = await browser.open(`${daemon.base}/c/${id}?tab=flows&filter=tcp.nothing`);
    await wrong.page
      .getByRole('tabpanel')
      .getByRole('alert')
      .getByText(/tcp\.nothing/)
      .waitFor();
  });

  test('is cards on a telephone', async () => {
    const { page } = await list('&from=1', { width: 360, height: 740 });
    await grid(page).scrollIntoViewIfNeeded();
    const sideways = 'document.documentElement.scrollWidth > document.documentElement.clientWidth';
    expect(await page.evaluate(sideways)).toBe(false);
    expect(
      await page.evaluate(
        "(({ scrollWidth, clientWidth }) => scrollWidth > clientWidth)(document.querySelector('[role=grid]'))",
      ),
    ).toBe(false);
    await screenshot(page, 'flows-360');
    expect(await seriousFindings(page)).toEqual([]);
  });
});

describe('one conversation', () => {
  test('is told in plain words, letter by letter', async () => {
    const { page, complaints } = await browser.open(`${daemon.base}/c/${id}?tab=flows&flow=${tcp()}&part=about`);
    const about = page.getByRole('region', { name: 'About this conversation' });
    await about.getByText('SF: established, and closed by both ends in order').waitFor();
    const history = await about.getByRole('listitem').allTextContents();
    expect(history.slice(0, 3)).toEqual([
      'S client: SYN: asks to open',
      'h server: SYN and ACK: accepts, and asks in turn',
      'A client: ACK: acknowledges, without data',
    ]);
    await about.getByText('tcp.stream == 0').waitFor();
    await about.getByRole('button', { name: 'Copy: Community ID' }).click();
    const copied = await page.evaluate('navigator.clipboard.readText()');
    expect(copied).toBe(flows.find(({ id: one }) => one === tcp())?.communityId);
    expect(await seriousFindings(page)).toEqual([]);
    expect(complaints).toEqual([]);
    await screenshot(page, 'flow-about');
  });

  test('has its packets, which open in the packet list', async () => {
    const { page } = await browser.open(`${daemon.base}/c/${id}?tab=flows&flow=${tcp()}&part=packets`);
    const table = page.getByRole('region', { name: 'Packets of this conversation' });
    expect(await table.locator('tbody tr').first().textContent()).toMatch(/→ client.*\[SYN\]/);
    expect(await table.locator('tbody tr').count()).toBe(10);
    expect(await seriousFindings(page)).toEqual([]);
    await page.getByRole('button', { name: 'Open them in the packet list' }).click();
    await page.waitForURL((url) => url.searchParams.get('filter') === 'tcp.stream == 0');
    await page.locator('[role=grid][aria-rowcount="11"]').waitFor();
  });

  test('that there is not: says so, and leads back', async () => {
    const { page } = await browser.open(`${daemon.base}/c/${id}?tab=flows&flow=999`);
    await page.getByRole('alert').getByText('There is no flow 999 in this capture.').waitFor();
    await page.getByRole('button', { name: 'All conversations' }).click();
    await rows(page).first().waitFor();
  });

  test('without a stream says what there is instead', async () => {
    const icmp = flows.find(({ transport }) => transport === 'icmp')?.id;
    const { page } = await browser.open(`${daemon.base}/c/${id}?tab=flows&flow=${icmp}`);
    await page.getByText('ICMP has no stream of bytes to follow').waitFor();
  });
});

test('a viewer of a presentation sees conversations too, and not what is hidden', async () => {
  const opened = await daemon.json<{ path: string; token: string }>(`/api/captures/${id}/watch`, {});
  const view = { tab: 'flows', flow: tcp(), part: 'stream' };
  await daemon.json(`/api/captures/${id}/view`, view, 'PUT');
  const { page, complaints } = await browser.open(`${daemon.base}${opened.body.path}`);
  const stream = page.getByRole('region', { name: 'Follow stream' });
  await stream.getByText('HTTP/1.1 200 OK').waitFor();
  expect(await stream.getByRole('link', { name: /of both ends/ }).getAttribute('href')).toContain(
    `token=${opened.body.token}`,
  );
  await daemon.json(`/api/captures/${id}/view`, { ...view, hidden: ['tcp.flags.syn'] }, 'PUT');
  await stream.getByText(/hidden as long as the challenge lasts/).waitFor();
  expect(await stream.getByText('HTTP/1.1').count()).toBe(0);
  await daemon.json(`/api/captures/${id}/view`, { ...view, part: 'sequence', hidden: ['tcp.flags.syn'] }, 'PUT');
  const ladder = page.getByRole('region', { name: 'Sequence' });
  await ladder.locator('#ladder-step-0').waitFor();
  expect(await ladder.textContent()).not.toMatch(/SYN|ESTABLISHED|asks to open/);
  await daemon.json(`/api/captures/${id}/view`, { ...view, part: 'sequence' }, 'PUT');
  await ladder.locator('.ladder-state', { hasText: 'SYN-SENT' }).first().waitFor();
  expect(complaints).toEqual([]);
  await daemon.json(`/api/captures/${id}/watch`, undefined, 'DELETE');
});
