/** The course of the capture, as it is drawn. */

import { createSocket } from 'node:dgram';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { Page } from 'playwright-core';
import { LossLog } from '../../captures/recording/loss-log.js';
import { type CaptureBody, eventually, isRoot, TestDaemon } from '../api/daemon.js';
import { seriousFindings } from './axe.js';
import { screenshot, WebBrowser } from './browser.js';

let daemon: TestDaemon;
let browser: WebBrowser;

beforeAll(async () => {
  [daemon, browser] = await Promise.all([TestDaemon.start(), WebBrowser.start()]);
});
afterAll(async () => {
  await browser.stop();
  await daemon.stop();
});

async function open(path: string): Promise<{ page: Page; complaints: string[] }> {
  const opened = await browser.open(`${daemon.base}${path}`);
  await opened.page.getByRole('region', { name: 'Timeline' }).locator('canvas').waitFor();
  return opened;
}

const limitsOf = (page: Page): (number | null)[] =>
  ['from', 'to'].map((name) => {
    const value = new URL(page.url()).searchParams.get(name);
    return value === null ? null : Number(value);
  });

describe('the timeline', () => {
  test('draws the capture, and says it in words', async () => {
    const id = await daemon.sample();
    const { page, complaints } = await open(`/c/${id}`);
    const slider = page.getByRole('slider', { name: 'Moment in the capture' });
    expect(await slider.getAttribute('aria-valuetext')).toMatch(/^44 packets in .*; the busiest moment is at /);
    // Something is drawn: not every pixel is the same.
    const colours = (await page.evaluate(
      "(() => { const c = document.querySelector('.timeline canvas'); const d = c.getContext('2d').getImageData(0, 0, c.width, c.height).data; const s = new Set(); for (let i = 0; i < d.length; i += 4) if (d[i + 3] === 255) s.add(d[i] << 16 | d[i + 1] << 8 | d[i + 2]); return s.size; })()",
    )) as number;
    expect(colours).toBeGreaterThan(4);
    await page.getByRole('button', { name: 'As a table' }).click();
    const cells = await page.locator('.timeline-table tbody tr').evaluateAll((rows) => rows.length);
    expect(cells).toBeGreaterThan(10);
    await screenshot(page, 'timeline');
    expect(await seriousFindings(page)).toEqual([]);
    expect(complaints).toEqual([]);
  });

  test('limits the time by dragging, and shows everything again', async () => {
    const id = await daemon.sample();
    const { page } = await open(`/c/${id}`);
    const box = await page.locator('.timeline .u-over').boundingBox();
    if (box === null) throw new Error('there is no chart');
    await page.mouse.move(box.x + box.width * 0.25, box.y + 20);
    await page.mouse.down();
    await page.mouse.move(box.x + box.width * 0.75, box.y + 30, { steps: 5 });
    await page.mouse.up();
    await page.waitForURL(/from=/);
    const [from, to] = limitsOf(page);
    const filter = `frame.time_relative >= ${from} && frame.time_relative <= ${to}`;
    const { body } = await daemon.json<{ count: number }>(
      `/api/captures/${id}/packets/count?filter=${encodeURIComponent(filter)}`,
    );
    expect(body.count).toBeGreaterThan(0);
    expect(body.count).toBeLessThan(44);
    await page.locator(`[role=grid][aria-label=Packets][aria-rowcount="${body.count + 1}"]`).waitFor();
    await page.getByRole('button', { name: 'Whole capture' }).click();
    await page.locator('[role=grid][aria-label=Packets][aria-rowcount="45"]').waitFor();
    expect(limitsOf(page)).toEqual([null, null]);
  });

  test('goes to a moment by a click, or by Enter', async () => {
    const id = await daemon.sample();
    const { page } = await open(`/c/${id}`);
    await page.getByRole('grid', { name: 'Packets' }).getByRole('row').nth(3).waitFor();
    const box = await page.locator('.timeline .u-over').boundingBox();
    if (box === null) throw new Error('there is no chart');
    await page.mouse.click(box.x + box.width / 2, box.y + 20);
    await page.waitForURL(/packet=/);
    const packet = Number(new URL(page.url()).searchParams.get('packet'));
    const { body } = await daemon.json<{ packets: { number: number; relativeTime: number }[] }>(
      `/api/captures/${id}/packets`,
    );
    const middle = (body.packets.at(-1)?.relativeTime ?? 0) / 2;
    const wanted = body.packets.find(({ relativeTime }) => relativeTime >= middle);
    expect(Math.abs(packet - (wanted?.number ?? 0))).toBeLessThanOrEqual(1);
    await page.getByRole('slider').focus();
    await page.keyboard.press('Home');
    await page.keyboard.press('Enter');
    await page.waitForURL((url) => url.searchParams.get('packet') === '1');
  });

  test('limits the time by keys', async () => {
    const id = await daemon.sample();
    const { page } = await open(`/c/${id}`);
    const slider = page.getByRole('slider', { name: 'Moment in the capture' });
    await slider.focus();
    await page.keyboard.press('Home');
    for (let i = 0; i < 3; i++) await page.keyboard.press('ArrowRight');
    expect(await slider.getAttribute('aria-valuenow')).toBe('3');
    await page.keyboard.down('Shift');
    for (let i = 0; i < 4; i++) await page.keyboard.press('ArrowRight');
    await page.keyboard.up('Shift');
    await page.waitForURL(/from=/);
    const { body } = await daemon.json<{ interval: number }>(`/api/captures/${id}/statistics/timeline`);
    const [from, to] = limitsOf(page);
    expect(from).toBeGreaterThan(0);
    expect(to! - from!).toBeLessThan(10 * body.interval);
    await page.keyboard.press('Escape');
    await page.waitForURL((url) => !url.searchParams.has('from'));
  });

  test('hides a protocol, draws octets, and closes', async () => {
    const id = await daemon.sample();
    const { page } = await open(`/c/${id}`);
    const region = page.getByRole('region', { name: 'Timeline' });
    const tcp = region.getByRole('button', { name: 'tcp', exact: true });
    await tcp.click();
    expect(await tcp.getAttribute('aria-pressed')).toBe('false');
    await region.getByRole('button', { name: 'Bytes' }).click();
    await region.getByRole('button', { name: 'Timeline' }).click();
    await region.locator('canvas').waitFor({ state: 'detached' });
    await page.reload();
    await page.getByRole('grid', { name: 'Packets' }).waitFor();
    expect(await region.locator('canvas').count()).toBe(0);
  });

  test('says in red where packets were lost', async () => {
    const id = await daemon.sample();
    const { body } = await daemon.json<CaptureBody>(`/api/captures/${id}`);
    const start = BigInt(Date.parse(body.firstTime!)) * 1_000_000n;
    // As the recorder of a live capture writes it down.
    const log = new LossLog(join(daemon.data, 'captures', id), start);
    log.look({ received: 1, kernel: 0, interface: 0, daemon: 0 }, start + 2_000_000_000n);
    log.look({ received: 1, kernel: 412, interface: 0, daemon: 0 }, start + 2_500_000_000n);
    const { page } = await open(`/c/${id}`);
    await page.getByText('412 lost. Packets were lost where it is red').waitFor();
    const spoken = (of: Page) => of.getByRole('slider').getAttribute('aria-valuetext');
    expect(await spoken(page)).toMatch(/412 packets were lost/);
    await screenshot(page, 'timeline-loss');
    // A file says nothing of losses, which is not that there were none.
    const unknown = await open(`/c/${await daemon.sample()}`);
    await unknown.page.getByRole('slider').waitFor();
    await eventually(async () => (/not counted/.test((await spoken(unknown.page)) ?? '') ? true : undefined));
  });

  (isRoot ? test : test.skip)('grows while packets come (needs root)', async () => {
    const socket = createSocket('udp4');
    await new Promise<void>((resolve) => socket.bind(0, '127.0.0.1', resolve));
    const { port } = socket.address();
    const { body } = await daemon.json<CaptureBody>('/api/captures', {
      interfaces: ['lo'],
      captureFilter: `udp port ${port}`,
    });
    const send = setInterval(() => socket.send('a packet', port, '127.0.0.1'), 20);
    const { page } = await open(`/c/${body.id}`);
    const slider = page.getByRole('slider', { name: 'Moment in the capture' });
    const said = async () => Number(/^(\d+) packets/.exec((await slider.getAttribute('aria-valuetext')) ?? '')?.[1]);
    const before = await said();
    await eventually(async () => ((await said()) > before + 20 ? true : undefined), 10_000);
    clearInterval(send);
    await daemon.json(`/api/captures/${body.id}/stop`, {});
    const { packets } = (await daemon.json<CaptureBody>(`/api/captures/${body.id}`)).body;
    await eventually(async () => ((await said()) === packets ? true : undefined), 10_000);
    await new Promise<void>((resolve) => socket.close(() => resolve()));
  });
});
