/** What can be done with the packet list, in a real browser: columns, colours, marks, find, keys, choosing, live rows. */

import { createSocket } from 'node:dgram';
import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { Page } from 'playwright-core';
import { isRoot, TestDaemon, tshark } from '../api/daemon.js';
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

const open = async (search = '', size = {}, capture = id) => {
  const opened = await browser.open(`${daemon.base}/c/${capture}${search}`, size);
  await grid(opened.page).getByRole('row').nth(1).waitFor();
  return opened;
};
const grid = (page: Page) => page.getByRole('grid', { name: 'Packets' });
const packet = (page: Page, number: number) =>
  page.waitForURL((url) => url.searchParams.get('packet') === String(number));
const row = (page: Page, number: number) =>
  grid(page).locator('[role=row]', { has: page.getByRole('gridcell', { name: String(number), exact: true }) });

describe('columns', () => {
  test('are found by their names, moved, made wider, and kept', async () => {
    const { page } = await open();
    await page.getByRole('button', { name: 'Columns' }).click();
    const dialog = page.getByRole('dialog');
    await dialog.getByRole('combobox', { name: 'Add a field' }).fill('ip.tt');
    await dialog.getByRole('option', { name: /^ip\.ttl/ }).click();
    await dialog.getByRole('button', { name: 'Move ip.ttl to the left' }).click();
    await dialog.getByRole('button', { name: 'Remove Length' }).click();
    const width = dialog.getByRole('spinbutton', { name: 'Width of Source in pixels' });
    await width.fill('260');
    await width.press('Enter');
    await dialog.getByRole('button', { name: 'Close' }).click();
    const heads = () => grid(page).getByRole('columnheader').allTextContents();
    const wanted = ['No.', 'Time', 'Source', 'Destination', 'Protocol', 'ip.ttl', 'Info'];
    expect(await heads()).toEqual(wanted);
    await row(page, 3).getByRole('gridcell', { name: '64', exact: true }).waitFor();
    await page.reload();
    await grid(page).getByRole('columnheader', { name: 'ip.ttl' }).waitFor();
    expect(await heads()).toEqual(wanted);
    const box = await grid(page).getByRole('columnheader', { name: 'Source' }).boundingBox();
    expect(box?.width).toBe(260);
  });

  test('are made wider by dragging the border', async () => {
    const { page } = await open();
    const head = grid(page).getByRole('columnheader', { name: 'Source' });
    const before = await head.boundingBox();
    if (before === null) throw new Error('the head is not seen');
    await page.mouse.move(before.x + before.width + 5, before.y + 8);
    await page.mouse.down();
    await page.mouse.move(before.x + before.width + 65, before.y + 8, { steps: 4 });
    await page.mouse.up();
    expect((await head.boundingBox())?.width).toBe(before.width + 60);
  });
});

test('colours have a legend, and can be taken away', async () => {
  const { page } = await open('?packet=28');
  await row(page, 28).locator('[data-kind=http]').waitFor();
  await row(page, 27).locator('[data-kind=tcp]').waitFor();
  await page.getByRole('button', { name: 'Colours' }).click();
  await page.getByText('TCP connection begins or ends (SYN, FIN)').waitFor();
  await screenshot(page, 'packets-legend');
  await page.getByRole('checkbox', { name: 'Colour the rows' }).click();
  await row(page, 28).locator('[data-kind=http]').waitFor({ state: 'detached' });
});

test('m puts a mark before the packet, and it stands between the packets', async () => {
  const { page, complaints } = await open('?packet=25');
  await grid(page).locator('[aria-selected=true]').waitFor();
  await page.keyboard.press('m');
  const dialog = page.getByRole('dialog');
  await dialog.getByRole('textbox').fill('before connect() <b>\u202e');
  await dialog.getByRole('button', { name: 'Set the mark' }).click();
  await dialog.waitFor({ state: 'detached' });
  await row(page, 25).getByText('before connect() <b>‹U+202E›').first().waitFor();
  const { body } = await daemon.json<{ marks: { text: string; time: string }[] }>(`/api/captures/${id}/marks`);
  const { body: detail } = await daemon.json<{ time: string }>(`/api/captures/${id}/packets/25`);
  expect(body.marks.map(({ time }) => time)).toEqual([detail.time]);
  // Marks take room: the last packet is seen all the same.
  await grid(page).focus();
  await page.keyboard.press('End');
  await packet(page, 44);
  const [last, whole] = await Promise.all([row(page, 44).boundingBox(), grid(page).boundingBox()]);
  expect((last?.y ?? 0) + (last?.height ?? 0)).toBeLessThanOrEqual((whole?.y ?? 0) + (whole?.height ?? 0) + 1);
  await screenshot(page, 'packets-mark');
  expect(complaints).toEqual([]);
});

describe('find', () => {
  test('jumps to matches, and hides nothing', async () => {
    const { page } = await open();
    await page.keyboard.press('Control+f');
    const input = page.getByRole('textbox', { name: 'Find packets without hiding the others' });
    await input.fill('dns');
    await input.press('Enter');
    await packet(page, 15);
    await grid(page).focus();
    await page.keyboard.press('n');
    await packet(page, 16);
    await page.keyboard.press('N');
    await packet(page, 15);
    await page.keyboard.press('N');
    await packet(page, 18);
    await page.getByText('Packet 18, from the end again').waitFor();
    expect(await grid(page).getAttribute('aria-rowcount')).toBe('45');
    await page.getByRole('combobox', { name: 'Find by' }).selectOption('text');
    await input.fill('hello.txt');
    await input.press('Enter');
    await packet(page, 28);
  });

  test('says what is wrong with its filter, and when nothing matches', async () => {
    const { page } = await open();
    await page.getByRole('button', { name: 'Find', exact: true }).click();
    const input = page.getByRole('textbox', { name: 'Find packets without hiding the others' });
    await input.fill('ip.sr == 1');
    await input.press('Enter');
    await page
      .getByRole('alert')
      .getByText(/did you mean ip.src/)
      .waitFor();
    await input.fill('tcp.port == 9');
    await input.press('Enter');
    await page.getByText('No packet matches.').waitFor();
  });
});

describe('keys and choosing', () => {
  test('/ goes to the filter, ? tells the keys', async () => {
    const { page } = await open();
    await grid(page).focus();
    await page.keyboard.press('?');
    await page.getByRole('dialog').getByText('put a mark before the packet').waitFor();
    await page.keyboard.press('Escape');
    await grid(page).focus();
    await page.keyboard.press('/');
    expect(await page.evaluate('document.activeElement.getAttribute("aria-label")')).toBe('Display filter');
  });

  test('Shift and Ctrl choose several packets', async () => {
    const { page } = await open('', { width: 1280, height: 1200 });
    await row(page, 3).click();
    await row(page, 6).click({ modifiers: ['Shift'] });
    await page.getByText('4 packets chosen').waitFor();
    await row(page, 5).click({ modifiers: ['Control'] });
    await row(page, 9).click({ modifiers: ['Control'] });
    await page.getByText('4 packets chosen').waitFor();
    const numbers = grid(page).locator('[aria-selected=true] [data-column=number]');
    expect(await numbers.allTextContents()).toEqual(['3', '4', '6', '9']);
    await page.getByRole('button', { name: 'Export' }).click();
    await page.getByText('The 4 selected packets').waitFor();
    const [download] = await Promise.all([
      page.waitForEvent('download'),
      page.getByRole('dialog').locator('button[type=submit]').click(),
    ]);
    const { output } = await tshark(readFileSync(await download.path()), ['-T', 'fields', '-e', 'frame.len']);
    expect(output.trim().split('\n')).toHaveLength(4);
    await page.getByRole('button', { name: 'Choose none' }).click();
    expect(await numbers.allTextContents()).toEqual(['9']);
  });

  test('Enter and a double click open the flow', async () => {
    const { page } = await open('?packet=28');
    await grid(page).locator('[aria-selected=true]').waitFor();
    await grid(page).focus();
    await page.keyboard.press('Enter');
    await page.waitForURL((url) => url.searchParams.get('tab') === 'flows' && url.searchParams.get('flow') === '12');
  });

  test('the menu of a row filters by its conversation', async () => {
    const { page } = await open();
    await row(page, 15).click({ button: 'right' });
    await page.getByRole('menuitem', { name: /this conversation/ }).click();
    await page.waitForURL(/udp.port/);
    await page.locator('[role=grid][aria-rowcount="3"]').waitFor();
  });
});

test('hostile contents are text: markup, escapes, reversed writing and long names', async () => {
  const name = `<img src=x onerror=alert(1)>\u202e\u001b[31m${'x'.repeat(60_000)}`;
  const payload = Buffer.from(`GET /${encodeURI('a')}<b>\u202e HTTP/1.1\r\nHost: ${name}\r\n\r\n`);
  const file = Buffer.concat([
    // A pcap of raw IPv4 (LINKTYPE_RAW) with one TCP segment to port 80.
    Buffer.from('d4c3b2a1020004000000000000000000ffff040065000000', 'hex'),
    record(segment(payload)),
  ]);
  const { body } = await daemon.import(file, '<script>.pcap');
  const { page, complaints } = await open('?packet=1', { width: 1280, height: 1000 }, body.id);
  const tree = page.getByRole('tree', { name: 'Packet details' });
  await tree.getByRole('treeitem', { name: /Hypertext Transfer Protocol/ }).dblclick();
  const host = tree.getByRole('treeitem', { name: /Host: <img src=x onerror=alert\(1\)>‹U\+202E›␛\[31mxxx/ });
  await host.waitFor();
  expect(((await host.textContent()) ?? '').length).toBeLessThan(400);
  expect(await page.locator('img, b').count()).toBe(0);
  await host.click();
  await page.getByRole('region', { name: 'Packet bytes' }).getByRole('grid').focus();
  await page.keyboard.press('PageDown');
  expect(await page.locator('[role=gridcell][data-octet]').count()).toBeLessThan(1000);
  expect(complaints).toEqual([]);
  await screenshot(page, 'packets-hostile');
});

/** A pcap record, little-endian, at one second after 1970. */
function record(packet: Buffer): Buffer {
  const head = Buffer.alloc(16);
  head.writeUInt32LE(1, 0);
  head.writeUInt32LE(packet.length, 8);
  head.writeUInt32LE(packet.length, 12);
  return Buffer.concat([head, packet]);
}

/** IPv4 and TCP headers without checksums around a payload. */
function segment(payload: Buffer): Buffer {
  const head = Buffer.from('4500000000004000400600007f0000017f000001c00000500000000100000001501800ff00000000', 'hex');
  head.writeUInt16BE(head.length + payload.length, 2);
  return Buffer.concat([head, payload]);
}

test('a packet of the address is brought into sight under a filter', async () => {
  const { page } = await open('?filter=tcp&packet=40');
  await row(page, 40).and(page.locator('[aria-selected=true]')).waitFor();
});

(isRoot ? describe : describe.skip)('a live capture (needs root)', () => {
  test('shows packets and marks as they come, and space stops that', async () => {
    const started = await daemon.json<{ id: string }>('/api/captures', {
      interfaces: ['lo'],
      captureFilter: 'udp port 50777',
    });
    const live = started.body.id;
    const socket = createSocket('udp4');
    try {
      const { page } = await browser.open(`${daemon.base}/c/${live}`);
      await page.getByText('No packets yet.').waitFor();
      const send = () =>
        new Promise<void>((resolve, reject) =>
          socket.send('hello', 50777, '127.0.0.1', (error) => (error === null ? resolve() : reject(error))),
        );
      await send();
      await row(page, 1).waitFor();
      await daemon.json(`/api/captures/${live}/marks`, { text: 'from my own code' });
      await grid(page).getByText('from my own code').waitFor();
      for (let at = 0; at < 60; at++) await send();
      const newest = grid(page).locator('[data-column=number]').last();
      await newest.and(page.getByText('61', { exact: true })).waitFor();
      await grid(page).focus();
      await page.keyboard.press(' ');
      await page.getByRole('button', { name: 'Follow the newest' }).waitFor();
      const oldest = grid(page).locator('[data-column=number]').first();
      const stays = await oldest.textContent();
      for (let at = 0; at < 20; at++) await send();
      await page.locator('[role=grid][aria-rowcount="82"]').waitFor();
      expect(await oldest.textContent()).toBe(stays);
    } finally {
      socket.close();
      await daemon.json(`/api/captures/${live}/stop`, {});
    }
  });
});
