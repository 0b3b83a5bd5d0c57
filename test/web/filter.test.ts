/** The display filter, as somebody types it. */

import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { Locator, Page } from 'playwright-core';
import { TestDaemon } from '../api/daemon.js';
import { seriousFindings } from './axe.js';
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

const fieldOf = (page: Page): Locator => page.getByRole('combobox', { name: 'Display filter' });
const rowsAre = (page: Page, count: number): Promise<void> =>
  page.locator(`[role=grid][aria-label=Packets][aria-rowcount="${count + 1}"]`).waitFor();

async function countOf(filter: string): Promise<number> {
  const { body } = await daemon.json<{ count: number }>(
    `/api/captures/${id}/packets/count?filter=${encodeURIComponent(filter)}`,
  );
  return body.count;
}

async function open(query = ''): Promise<{ page: Page; complaints: string[]; field: Locator }> {
  const { page, complaints } = await browser.open(`${daemon.base}/c/${id}${query}`);
  await page.getByRole('grid', { name: 'Packets' }).waitFor();
  return { page, complaints, field: fieldOf(page) };
}

describe('a display filter', () => {
  test('is green when it is right, and red with the reason at the character when it is not', async () => {
    const { page, complaints, field } = await open();
    await field.fill('tcp.port == 80 && ip.addr =? 1');
    await page.locator('.filter-field[data-state=bad]').waitFor();
    const { body } = await daemon.json<{ error: string; position: number }>(
      `/api/filters/check?filter=${encodeURIComponent('tcp.port == 80 && ip.addr =? 1')}`,
    );
    expect(await field.getAttribute('aria-invalid')).toBe('true');
    const said = (await page.locator(`[id="${await field.getAttribute('aria-describedby')}"]`).textContent()) ?? '';
    expect(said.toLowerCase()).toBe(body.error.toLowerCase());
    // The sign stands below that character.
    const shift = (await page.evaluate(
      "document.querySelector('.filter-caret > span').getBoundingClientRect().left - document.querySelector('.filter-caret').getBoundingClientRect().left",
    )) as number;
    const character = (await page.evaluate(
      "(() => { const c = document.createElement('canvas').getContext('2d'); c.font = getComputedStyle(document.querySelector('#display-filter')).font; return c.measureText('0').width; })()",
    )) as number;
    expect(Math.abs(shift - body.position * character)).toBeLessThan(character / 2);
    await screenshot(page, 'filter-wrong');
    expect(await seriousFindings(page)).toEqual([]);

    await field.press('Enter');
    expect(page.url()).not.toContain('filter=');
    await field.fill('tcp.port == 80');
    await page.locator('.filter-field[data-state=good]').waitFor();
    await field.press('Enter');
    await page.waitForURL(/filter=tcp.port/);
    expect(complaints).toEqual([]);
  });

  test('is completed by keys: fields with their titles, operators, values', async () => {
    const { page, field } = await open();
    await page.keyboard.press('/');
    await page.keyboard.type('tcp.flags.sy');
    const option = page.getByRole('option', { name: /tcp\.flags\.syn/ });
    await option.waitFor();
    expect(await option.textContent()).toMatch(/Syn/);
    await screenshot(page, 'filter-completion');
    expect(await seriousFindings(page)).toEqual([]);
    await page.keyboard.press('ArrowDown');
    await page.keyboard.press('Enter');
    expect(await field.inputValue()).toBe('tcp.flags.syn ');
    await page.getByRole('option', { name: /^== / }).waitFor();
    await page.keyboard.press('ArrowDown');
    await page.keyboard.press('Tab');
    expect(await field.inputValue()).toBe('tcp.flags.syn == ');
    await page.getByRole('option', { name: /True/ }).first().click();
    expect(await field.inputValue()).toBe('tcp.flags.syn == True');
    await page.keyboard.press('Enter');
    await rowsAre(page, await countOf('tcp.flags.syn == True'));
  });

  test('can be chosen from examples, and from what was applied before', async () => {
    const { page, field } = await open();
    await page.getByRole('button', { name: 'Examples' }).click();
    await page.getByRole('option', { name: /Only DNS/ }).click();
    await page.waitForURL(/filter=dns/);
    await rowsAre(page, await countOf('dns'));
    const found = await countOf('dns');
    await page.getByText(`${found} of 44 packets match`).waitFor();

    await page.getByRole('button', { name: 'Clear the filter' }).click();
    await rowsAre(page, 44);
    await field.press('ArrowDown');
    const list = page.getByRole('listbox', { name: 'Suggestions' });
    expect(await list.textContent()).toMatch(/^Recent/);
    await field.press('ArrowDown');
    await field.press('Enter');
    await page.waitForURL(/filter=dns/);
  });

  test('goes back to the applied one by Escape', async () => {
    const { page, field } = await open('?filter=icmp');
    await field.focus();
    await page.keyboard.type(' && no.such');
    await page.keyboard.press('Escape');
    await page.keyboard.press('Escape');
    expect(await field.inputValue()).toBe('icmp');
    expect(new URL(page.url()).searchParams.get('filter')).toBe('icmp');
  });

  test('says so when it is wrong in the address', async () => {
    const { page } = await open('?filter=no.such');
    await page.locator('.filter-says.bad').waitFor();
    expect(await page.locator('.filter-says').textContent()).toMatch(/no\.such/);
  });

  test('has room on a telephone', async () => {
    const { page } = await browser.open(`${daemon.base}/c/${id}`, { width: 360, height: 700 });
    await fieldOf(page).fill('udp.');
    await page.getByRole('option').first().waitFor();
    const width = await page.evaluate('document.documentElement.scrollWidth');
    expect(width).toBeLessThanOrEqual(360);
    await screenshot(page, 'filter-360');
  });
});
