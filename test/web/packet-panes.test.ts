/** The selected packet in a real browser: tree, bytes, header picture and byte-order lens, bound to each other. */

import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
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

/** Packet 25 of the sample is the SYN of a TCP connection to port 80. */
const SYN = 25;
const open = async (packet = SYN, size = {}, more = '') => {
  const opened = await browser.open(`${daemon.base}/c/${id}?packet=${packet}${more}`, size);
  await tree(opened.page).getByRole('treeitem').first().waitFor();
  return opened;
};
const tree = (page: Page) => page.getByRole('tree', { name: 'Packet details' });
const item = (page: Page, name: string | RegExp) => tree(page).getByRole('treeitem', { name });
const bytes = (page: Page) => page.getByRole('region', { name: 'Packet bytes' });
const picture = (page: Page) => page.getByRole('region', { name: 'Header picture' });
const lens = (page: Page) => page.getByRole('region', { name: 'Byte order' });
const litBytes = (page: Page) => bytes(page).locator('[role=gridcell][aria-selected=true]').allTextContents();

describe('the tree', () => {
  test('is walked by keys, and what is opened stays open in the next packet', async () => {
    const { page, complaints } = await open();
    await tree(page).focus();
    await page.keyboard.press('End');
    await page.keyboard.press('ArrowRight');
    await page.keyboard.press('ArrowRight');
    expect(await tree(page).locator('[aria-selected=true]').textContent()).toContain('Source Port: 51000');
    await page.getByRole('grid', { name: 'Packets' }).focus();
    await page.keyboard.press('ArrowDown');
    await tree(page).locator('[aria-selected=true]', { hasText: 'Source Port: 80' }).waitFor();
    await tree(page).focus();
    await page.keyboard.press('ArrowLeft');
    await page.keyboard.press('ArrowLeft');
    await item(page, /^Source Port/).waitFor({ state: 'detached' });
    expect(complaints).toEqual([]);
  });

  test('has computed fields in brackets, and says in words what is remarkable', async () => {
    const { page } = await open(33);
    await item(page, /Transmission Control Protocol/).dblclick();
    await tree(page).focus();
    await page.keyboard.press('End');
    await item(page, /^\[Checksum Status: Good/).waitFor();
    await item(page, /note.*connection closing/).waitFor();
  });

  test('menu: filters, makes a column, and says what a field is', async () => {
    const { page } = await open();
    await item(page, /Transmission Control Protocol/).dblclick();
    await item(page, /^Window: 64240/).click({ button: 'right' });
    await page.getByRole('menuitem', { name: /Only these.*tcp.window_size_value == 64240/ }).click();
    await page.waitForURL((url) => url.searchParams.get('filter') === 'tcp.window_size_value == 64240');
    await item(page, /^Window: 64240/).click();
    await page.keyboard.press('Shift+F10');
    await page.getByRole('menuitem', { name: 'Show as a column' }).click();
    await page.getByRole('columnheader', { name: 'tcp.window_size_value' }).waitFor();
    await page.getByRole('gridcell', { name: '64240', exact: true }).first().waitFor();
    await page.getByRole('button', { name: 'Field actions' }).click();
    await page.getByRole('menuitem', { name: 'What is this?' }).click();
    const dialog = page.getByRole('dialog');
    await dialog.getByText('2 bytes (16 bits)').waitFor();
    expect(await dialog.getByRole('link').getAttribute('href')).toBe(
      'https://www.rfc-editor.org/rfc/rfc9293.html#section-3.1',
    );
    await page.keyboard.press('Escape');
    await dialog.waitFor({ state: 'detached' });
  });
});

describe('bytes', () => {
  test('of the selected field are lit, and a click on a byte selects its field', async () => {
    const { page } = await open();
    await item(page, /Transmission Control Protocol/).dblclick();
    await item(page, /^Source Port/).click();
    expect(await litBytes(page)).toEqual(['c7', '38']);
    await bytes(page).locator('#octet-36').click();
    await tree(page).locator('[aria-selected=true]', { hasText: 'Destination Port: 80' }).waitFor();
    await bytes(page).getByRole('grid').focus();
    await page.keyboard.press('ArrowDown');
    await tree(page).locator('[aria-selected=true]', { hasText: 'Urgent Pointer' }).waitFor();
    await page.keyboard.press('Shift+ArrowRight');
    expect(await litBytes(page)).toHaveLength(2);
  });

  test('light up below the pointer, and so does the field', async () => {
    const { page } = await open();
    await item(page, /Internet Protocol Version 4/).hover();
    await bytes(page).locator('[data-hover=true]').first().waitFor();
    expect(await bytes(page).locator('[role=gridcell][data-hover=true]').count()).toBe(20);
    await bytes(page).locator('#octet-3').hover();
    await bytes(page).locator('[role=gridcell][data-hover=true]').nth(5).waitFor();
    expect(await bytes(page).locator('[role=gridcell][data-hover=true]').count()).toBe(6);
  });

  test('show the bits of a field that is smaller', async () => {
    const { page } = await open();
    await item(page, /Transmission Control Protocol/).dblclick();
    await item(page, /^Header Length: 32 bytes/).click();
    const bits = page.getByRole('group', { name: 'Bits of byte 46' });
    expect(await bits.locator('[data-lit=true]').allTextContents()).toEqual(['1', '0', '0', '0']);
  });

  test('are eight in a row where there is little room', async () => {
    const { page } = await open(SYN, { width: 360, height: 740 });
    await bytes(page).getByRole('row').first().waitFor();
    expect(await bytes(page).getByRole('row').first().getByRole('gridcell').count()).toBe(8);
    const sideways = 'document.documentElement.scrollWidth > document.documentElement.clientWidth';
    expect(await page.evaluate(sideways)).toBe(false);
    await screenshot(page, 'packets-360');
  });
});

test('a hidden field is hidden in tree, bytes, header picture, lens and list, until it is revealed', async () => {
  const { page } = await open();
  await item(page, /Transmission Control Protocol/).dblclick();
  await item(page, /^Destination Port/).click({ button: 'right' });
  await page.getByRole('menuitem', { name: /^Hide until revealed/ }).click();
  await item(page, 'Destination Port: ▒▒▒').waitFor();
  expect(await litBytes(page)).toEqual(['▒▒', '▒▒']);
  await picture(page).getByRole('option', { name: 'Destination Port: ▒▒▒' }).waitFor();
  await lens(page).getByText('These bytes are hidden').waitFor();
  const info = page.getByRole('grid', { name: 'Packets' }).locator('[aria-selected=true] [data-column=info]');
  expect(await info.textContent()).toBe('▒▒▒');
  await page.getByRole('button', { name: 'Reveal everything' }).click();
  await item(page, 'Destination Port: 80').waitFor();
});

describe('the header picture', () => {
  test('has this packet’s values in the cells, and is bound to the tree', async () => {
    const { page } = await open();
    await item(page, /Transmission Control Protocol/).click();
    const names = await picture(page).getByRole('option').locator('title').allTextContents();
    expect(names.slice(0, 5)).toEqual([
      'Source Port: 51000',
      'Destination Port: 80',
      'Sequence Number (raw): 1000000000',
      'Acknowledgment number (raw): 0',
      'Header Length: 32 bytes',
    ]);
    expect(names).toContain('Syn: Set');
    await picture(page).getByRole('option', { name: 'Syn: Set' }).click();
    await tree(page).locator('[aria-selected=true]', { hasText: 'Syn: Set' }).waitFor();
    await picture(page).getByRole('listbox').focus();
    await page.keyboard.press('ArrowRight');
    await tree(page).locator('[aria-selected=true]', { hasText: 'Fin: Not set' }).waitFor();
  });

  test('is another layer’s at a click, and a file to keep', async () => {
    const { page } = await open();
    await picture(page).getByRole('button', { name: 'Internet Protocol Version 4' }).click();
    await picture(page).getByRole('option', { name: 'Time to Live: 64' }).waitFor();
    const [download] = await Promise.all([
      page.waitForEvent('download'),
      picture(page).getByRole('button', { name: 'Save as SVG' }).click(),
    ]);
    expect(download.suggestedFilename()).toBe('ip-header-packet-25.svg');
    const svg = readFileSync(await download.path(), 'utf8');
    expect(svg).toMatch(/^<svg xmlns="http:\/\/www.w3.org\/2000\/svg"/);
    expect(svg).toContain('192.0.2.80');
    expect(svg).not.toMatch(/var\(--|class=/);
  });
});

test('the byte-order lens tells what a port is in either order, and which one is meant', async () => {
  const { page } = await open();
  await item(page, /Transmission Control Protocol/).dblclick();
  await item(page, /^Destination Port/).click();
  const said = (await lens(page).textContent()) ?? '';
  expect(said).toContain('00 50');
  expect(said).toContain('20480');
  expect(said).toContain('ntohs(20480) gives 80');
  expect(said).toContain('The network means the big-endian value: Destination Port is 80.');
  await screenshot(page, 'packet-panes');
});

test('dividers are moved by keys, and stay where they were put', async () => {
  const { page } = await open();
  const divider = page.getByRole('separator', { name: 'Packet details and header picture' });
  const before = Number(await divider.getAttribute('aria-valuenow'));
  await divider.focus();
  for (let at = 0; at < 5; at++) await page.keyboard.press('ArrowRight');
  expect(Number(await divider.getAttribute('aria-valuenow'))).toBe(before + 10);
  await page.reload();
  await divider.waitFor();
  expect(Number(await divider.getAttribute('aria-valuenow'))).toBe(before + 10);
});

test('axe finds no serious issue, in either theme', async () => {
  const source = readFileSync(createRequire(import.meta.url).resolve('axe-core'), 'utf8');
  for (const scheme of ['light', 'dark'] as const) {
    const { page } = await open(33);
    await page.emulateMedia({ colorScheme: scheme });
    await item(page, /Transmission Control Protocol/).dblclick();
    await item(page, /^Header Length/).click();
    await page.evaluate(source);
    const found = (await page.evaluate(
      `axe.run(document, { resultTypes: ['violations'] }).then(({ violations }) => violations
        .filter(({ impact }) => impact === 'serious' || impact === 'critical')
        .map(({ id, nodes }) => id + ': ' + nodes.slice(0, 3).map(({ html }) => html.slice(0, 160)).join(' | ')))`,
    )) as string[];
    expect(found).toEqual([]);
  }
});
