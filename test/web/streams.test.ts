/** What two programs say to each other, on the page as they say it, and on the ladder. */

import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createServer as createHttp, get } from 'node:http';
import { connect, createServer, type Server, type Socket } from 'node:net';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { Locator, Page } from 'playwright-core';
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

interface Running {
  readonly id: string;
  /** Ends it once it has so many packets. */
  stop(packets: number): Promise<void>;
}

async function capture(captureFilter: string): Promise<Running> {
  const { status, body } = await daemon.json<CaptureBody>('/api/captures', { interfaces: ['lo'], captureFilter });
  expect({ status, body }).toMatchObject({ status: 201 });
  const path = `/api/captures/${body.id}`;
  const stop = async (packets: number) => {
    await eventually(async () => {
      const { body: now } = await daemon.json<CaptureBody>(path);
      return now.packets >= packets ? true : undefined;
    }, 20_000);
    await daemon.json(`${path}/stop`, {});
  };
  return { id: body.id, stop };
}

/** A server that listens, for as long as `use` takes. */
async function listening<T>(server: Server, use: (port: number) => Promise<T>): Promise<T> {
  const open = new Set<Socket>();
  server.on('connection', (socket) => {
    open.add(socket);
    socket.on('error', () => socket.destroy());
    socket.on('close', () => open.delete(socket));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  try {
    return await use((server.address() as { port: number }).port);
  } finally {
    for (const socket of open) socket.destroy();
    server.close();
    await once(server, 'close');
  }
}

const streamOf = (page: Page): Locator => page.getByRole('region', { name: 'Follow stream' });
const said = (page: Page): Locator => page.getByRole('region', { name: /^What was said/ });
const line = (page: Page, text: string | RegExp): Locator => said(page).locator('.stream-line.text', { hasText: text });
const open = (id: string, part = 'stream', size = {}) =>
  browser.open(`${daemon.base}/c/${id}?tab=flows&flow=1&part=${part}`, size);

async function contentOf(page: Page, click: Locator): Promise<{ file: string; content: Buffer }> {
  const [download] = await Promise.all([page.waitForEvent('download'), click.click()]);
  return { file: download.suggestedFilename(), content: readFileSync(await download.path()) };
}

(isRoot ? describe : describe.skip)('a stream (needs root)', () => {
  test('shows what is typed as it is typed, in both directions, and makes everything visible', async () => {
    const server = createServer((socket) =>
      socket.on('data', (data) => socket.write(`echo ${data.toString('latin1')}`, 'latin1')),
    );
    await listening(server, async (port) => {
      const { id, stop } = await capture(`tcp port ${port}`);
      const client = connect(port, '127.0.0.1');
      client.resume();
      await once(client, 'connect');
      const list = await browser.open(`${daemon.base}/c/${id}?tab=flows`);
      await list.page.getByRole('grid', { name: 'Flows' }).getByText(`127.0.0.1:${port}`).first().waitFor();
      await list.page.context().close();

      const { page, complaints } = await open(id);
      await page.getByText('Nothing was said yet.').waitFor();
      await streamOf(page).getByText('● live').waitFor();
      client.write('good morning\n');
      await line(page, /^good morning$/).waitFor();
      await line(page, /^echo good morning$/).waitFor();
      // A character of which the second half comes later, a terminal escape, a turn of the direction of writing.
      client.write(Buffer.from('gr\xc3', 'latin1'));
      await line(page, /^gr$/).waitFor();
      client.write(Buffer.from('\xbc\xc3\x9fe\x1b[31m\u0007', 'latin1'));
      await line(page, 'üße␛[31m␇').waitFor();
      client.write(Buffer.from('<b>\u202eevil</b>\n'));
      await line(page, '<b>‹U+202E›evil</b>').first().waitFor();
      expect(await said(page).locator('b').count()).toBe(0);
      expect(
        await said(page)
          .getByRole('button', { name: /^→ client · packet \d+ · 13 bytes$/ })
          .count(),
      ).toBe(1);
      expect(
        await said(page)
          .getByRole('button', { name: /^← server · packet \d+ · 18 bytes$/ })
          .count(),
      ).toBe(1);
      await screenshot(page, 'stream-live');
      expect(await seriousFindings(page)).toEqual([]);

      client.destroy();
      await stop(10);
      // What was there stays, and nothing comes twice.
      await streamOf(page).getByText('● live').waitFor({ state: 'detached' });
      expect(await line(page, /^good morning$/).count()).toBe(1);
      await said(page)
        .getByRole('button', { name: /^→ client/ })
        .first()
        .click();
      await page.waitForURL(/packet=\d+/);
      await page
        .getByRole('tree', { name: 'Packet details' })
        .getByText(/Data \(13 bytes\)|^Data/)
        .first()
        .waitFor();
      expect(complaints).toEqual([]);
    });
  });

  test('of HTTP is unpacked, shown as octets, searched and saved', async () => {
    const body = 'The quick brown fox. '.repeat(400);
    const packed = gzipSync(body);
    const server = createHttp((_, answer) => {
      answer.writeHead(200, { 'Content-Encoding': 'gzip', 'Content-Type': 'text/plain', Connection: 'close' });
      answer.end(packed);
    });
    await listening(server, async (port) => {
      const { id, stop } = await capture(`tcp port ${port}`);
      const answer = await new Promise<NodeJS.ReadableStream>((resolve) => get({ host: '127.0.0.1', port }, resolve));
      answer.resume();
      await once(answer, 'end');
      await stop(8);
      const { page, complaints } = await open(id);
      await line(page, /^GET \/ HTTP\/1\.1$/).waitFor();
      await said(page)
        .getByText(/unpacked: .*gzip/)
        .waitFor();
      await line(page, 'The quick brown fox.').first().waitFor();

      const find = streamOf(page).getByRole('searchbox', { name: 'Search in this stream' });
      await find.fill('QUICK BROWN');
      await streamOf(page).getByText('1 of 400').waitFor();
      await find.press('Shift+Enter');
      await streamOf(page).getByText('400 of 400').waitFor();
      expect(await said(page).locator('mark').allTextContents()).toEqual(['quick brown']);
      await find.fill('slow');
      await streamOf(page).getByText('not found', { exact: true }).waitFor();
      await find.fill('');

      await page.getByLabel('Who').selectOption({ index: 1 });
      await line(page, 'HTTP/1.1 200 OK').waitFor({ state: 'detached' });
      await line(page, 'GET / HTTP/1.1').waitFor();
      await page.getByRole('button', { name: 'Hex' }).click();
      await line(page, '00000000  47 45 54 20 2f 20 48 54 54 50 2f 31 2e 31 0d 0a  GET / HTTP/1.1..').waitFor();
      await screenshot(page, 'stream-hex');
      expect(await seriousFindings(page)).toEqual([]);

      const client = await contentOf(page, streamOf(page).getByRole('link', { name: /bytes of the client/ }));
      expect(client.file).toBe('flow-1-client.bin');
      expect(client.content.toString()).toMatch(/^GET \/ HTTP\/1\.1\r\n/);
      const unpacked = await contentOf(page, streamOf(page).getByRole('link', { name: /bytes of the server/ }));
      expect(unpacked.content.toString()).toContain(body);
      await page.getByLabel('unpack HTTP bodies').uncheck();
      const sent = await contentOf(page, streamOf(page).getByRole('link', { name: /bytes of the server/ }));
      expect(sent.content.includes(packed.subarray(0, 32))).toBe(true);
      expect(complaints).toEqual([]);
    });
  });

  test('that is long is read in pages, from either end, and only a part of it is kept', async () => {
    const lines = 130_000;
    const server = createServer((socket) => {
      socket.end(
        Array.from({ length: lines }, (_, at) => `line ${String(at + 1).padStart(6, '0')} ${'.'.repeat(40)}\n`).join(
          '',
        ),
      );
    });
    await listening(server, async (port) => {
      const { id, stop } = await capture(`tcp port ${port}`);
      const client = connect(port, '127.0.0.1');
      client.resume();
      await once(client, 'close');
      await stop(20);
      const { page, complaints } = await open(id);
      await line(page, 'line 000001').waitFor();
      await streamOf(page).getByRole('button', { name: 'To the newest' }).click();
      const toEnd =
        "(() => { const box = document.querySelector('.stream-lines'); box.scrollTop = box.scrollHeight; })()";
      await expect(
        eventually(async () => {
          await page.evaluate(toEnd);
          return (await line(page, `line ${lines}`).count()) > 0 ? true : undefined;
        }, 30_000),
      ).resolves.toBe(true);
      // Few of all the lines are elements of the page.
      expect(await said(page).locator('.stream-line').count()).toBeLessThan(200);
      const kept = /([\d,]+) lines/.exec((await said(page).getAttribute('aria-label')) ?? '')?.[1].replaceAll(',', '');
      expect(Number(kept)).toBeLessThan(90_000);
      await streamOf(page).getByRole('button', { name: 'From the beginning' }).click();
      await line(page, 'line 000001').waitFor();
      expect(complaints).toEqual([]);
    });
  });

  test('has gaps where packets are missing, with their length', async () => {
    const server = createServer((socket) => socket.resume());
    await listening(server, async (port) => {
      // What is larger than that is not captured.
      const { id, stop } = await capture(`tcp port ${port} and less 500`);
      const client = connect(port, '127.0.0.1');
      await once(client, 'connect');
      for (const text of ['before ', 'x'.repeat(1000), ' after']) {
        client.write(text);
        await new Promise((resolve) => setTimeout(resolve, 30));
      }
      client.end();
      await once(client, 'close');
      await stop(9);
      const { page } = await open(id, 'stream', { width: 360, height: 740 });
      await said(page).getByText('→ client · 1,000 bytes').waitFor();
      await line(page, 'after').waitFor();
      await streamOf(page).scrollIntoViewIfNeeded();
      const sideways = 'document.documentElement.scrollWidth > document.documentElement.clientWidth';
      expect(await page.evaluate(sideways)).toBe(false);
      await screenshot(page, 'stream-360');
    });
  });
});

(isRoot ? test : test.skip)(
  'the list grows while somebody reads it, and what is chosen stays chosen (needs root)',
  async () => {
    const server = createServer((socket) => socket.on('data', (data) => socket.write(data)));
    await listening(server, async (port) => {
      const { id, stop } = await capture(`tcp port ${port}`);
      const clients = [connect(port, '127.0.0.1'), connect(port, '127.0.0.1')];
      await Promise.all(clients.map((client) => once(client.resume(), 'connect')));
      const { page, complaints } = await browser.open(`${daemon.base}/c/${id}?tab=flows`);
      await page.getByLabel('Sort by').selectOption('most bytes');
      const rows = page.getByRole('grid', { name: 'Flows' }).locator('[role=row][aria-selected]');
      await rows.nth(1).waitFor();
      const portOf = (client: Socket) => `127.0.0.1:${client.localPort}`;
      await rows.filter({ hasText: portOf(clients[1]) }).click();
      for (const [at, client] of clients.entries()) client.write('x'.repeat(500 + 1000 * (1 - at)));
      await rows
        .first()
        .filter({ hasText: portOf(clients[0]) })
        .filter({ hasText: 'kB' })
        .waitFor();
      clients[1].write('x'.repeat(9000));
      await page
        .locator('#flow-row-0[aria-selected=true]')
        .filter({ hasText: portOf(clients[1]) })
        .filter({ hasText: 'kB' })
        .waitFor();
      clients.push(connect(port, '127.0.0.1'));
      await page.getByText('3 conversations').waitFor();
      expect(await page.locator('#flow-row-0[aria-selected=true]').textContent()).toContain(portOf(clients[1]));
      for (const client of clients) client.destroy();
      await stop(12);
      expect(complaints).toEqual([]);
    });
  },
);

const step = (page: Page, at: number): Locator => page.locator(`#ladder-step-${at}`);
const sequence = (page: Page): Locator => page.getByRole('region', { name: 'Sequence' });

describe('the ladder', () => {
  let id: string;
  let flow: number;
  beforeAll(async () => {
    id = await daemon.sample();
    const { body } = await daemon.json<{ flows: { id: number }[] }>(`/api/captures/${id}/flows?filter=tcp`);
    flow = body.flows[0].id;
  });
  const ladder = async (more = '', size = {}) => {
    const opened = await browser.open(`${daemon.base}/c/${id}?tab=flows&flow=${flow}&part=sequence${more}`, size);
    await step(opened.page, 0).waitFor();
    return opened;
  };

  test('has arrows with flags and numbers, TCP’s states, and words', async () => {
    const { page, complaints } = await ladder();
    const first = (await step(page, 0).textContent()) ?? '';
    for (const told of ['[SYN]', 'seq 0', 'SYN-SENT', 'SYN-RECEIVED', 'The client asks to open a connection.'])
      expect(first).toContain(told);
    expect(await step(page, 1).textContent()).toMatch(/\+350 µs.*\[SYN, ACK\].*seq 0 {2}ack 1/);
    expect(await step(page, 3).textContent()).toMatch(/HTTP GET \/.*\[PSH, ACK\] {2}seq 1 {2}ack 1 {2}len/);
    await sequence(page).getByText('10 steps').waitFor();
    expect(await seriousFindings(page)).toEqual([]);
    expect(complaints).toEqual([]);
    await screenshot(page, 'ladder');
  });

  test('is walked by keys, and leads to the packets', async () => {
    const { page } = await ladder();
    const list = page.getByRole('listbox', { name: 'Steps of the ladder' });
    await list.focus();
    await page.keyboard.press('End');
    await page.keyboard.press('ArrowUp');
    expect(await list.getAttribute('aria-activedescendant')).toBe('ladder-step-8');
    expect(await step(page, 8).getAttribute('aria-selected')).toBe('true');
    const packet = new URL(page.url()).searchParams.get('packet');
    await page.keyboard.press('Enter');
    await page.waitForURL((url) => !url.searchParams.has('tab') && url.searchParams.get('packet') === packet);
  });

  test('is spaced by time, and larger', async () => {
    const { page } = await ladder();
    const heightOf = async () => Number(await page.locator('.ladder-list svg').getAttribute('height'));
    const compact = await heightOf();
    await page.getByLabel('Times').selectOption('to scale');
    const scale = await heightOf();
    expect(scale).toBeGreaterThan(compact + 1000);
    await page.getByLabel('Zoom').selectOption('200 %');
    expect(await heightOf()).toBeGreaterThan(1.9 * scale);
  });

  test('is saved as SVG and as PNG that can be opened, with all steps', async () => {
    const { page, complaints } = await ladder();
    const svg = await contentOf(page, page.getByRole('button', { name: 'Save as SVG' }));
    expect(svg.file).toBe(`ladder-flow-${flow}.svg`);
    const text = svg.content.toString();
    expect(text).toMatch(/^<svg xmlns="http:\/\/www\.w3\.org\/2000\/svg"/);
    expect(text).not.toMatch(/var\(--|class=|NaN|undefined/);
    for (const told of ['server.example', '[SYN, ACK]', 'ESTABLISHED', 'Both directions are closed.'])
      expect(text).toContain(told);
    const png = await contentOf(page, page.getByRole('button', { name: 'Save as PNG' }));
    expect(png.content.subarray(1, 4).toString()).toBe('PNG');
    // Its header has the size, and a browser draws both.
    const [width, height] = [png.content.readUInt32BE(16), png.content.readUInt32BE(20)];
    expect(width).toBeGreaterThan(1500);
    expect(height).toBeGreaterThan(1000);
    const viewer = await browser.open('about:blank');
    for (const [type, { content }] of [
      ['image/svg+xml', svg],
      ['image/png', png],
    ] as const) {
      await viewer.page.setContent(`<img src="data:${type};base64,${content.toString('base64')}">`);
      expect(
        await viewer.page.evaluate('document.images[0].decode().then(() => document.images[0].naturalWidth)'),
      ).toBeGreaterThan(700);
    }
    expect(complaints).toEqual([]);
  });

  test('stands upright on a telephone', async () => {
    const { page } = await ladder('', { width: 360, height: 740 });
    expect(
      await page.evaluate(
        "(({ scrollWidth, clientWidth }) => scrollWidth > clientWidth)(document.querySelector('.ladder-view'))",
      ),
    ).toBe(false);
    await page.locator('.ladder-view').scrollIntoViewIfNeeded();
    await screenshot(page, 'ladder-360');
    expect(await seriousFindings(page)).toEqual([]);
  });

  test('shows what the filter shows, with a lifeline a host, and marks', async () => {
    await daemon.json(`/api/captures/${id}/marks`, {
      text: 'server: accept(fd=3) = 4',
      time: '2026-11-22T18:00:00.2Z',
    });
    const { page } = await browser.open(`${daemon.base}/c/${id}?tab=flows&filter=icmp%20or%20dns`);
    await page.getByRole('button', { name: 'Ladder of all of them' }).click();
    await page.getByRole('heading', { name: 'Ladder of what the filter shows' }).waitFor();
    await step(page, 0).waitFor();
    expect(await sequence(page).textContent()).toContain('server: accept(fd=3) = 4');
    const { body } = await daemon.json<{ hosts: unknown[] }>(`/api/captures/${id}/sequence?filter=icmp%20or%20dns`);
    expect(await page.locator('.ladder-heads .ladder-host').count()).toBe(body.hosts.length);
    await screenshot(page, 'ladder-filter');
  });

  (isRoot ? test : test.skip)(
    'of a long conversation is drawn in part, and grows while it goes on (needs root)',
    async () => {
      const receiver = createSocket('udp4');
      receiver.bind(0, '127.0.0.1');
      await once(receiver, 'listening');
      const { port } = receiver.address();
      const sender = createSocket('udp4');
      const send = (text: string) => new Promise((resolve) => sender.send(text, port, '127.0.0.1', resolve));
      try {
        const { id: live, stop } = await capture(`udp port ${port}`);
        for (let at = 0; at < 600; at++) await send(`datagram ${at}`);
        const { page, complaints } = await open(live, 'sequence');
        await sequence(page).getByText('500 steps and more').waitFor();
        expect(await page.locator('.ladder-step').count()).toBeLessThan(60);
        await page.getByRole('button', { name: 'More steps' }).click();
        await sequence(page).getByText('600 steps').waitFor();
        await send('one more');
        await sequence(page).getByText('601 steps').waitFor();
        await page.getByRole('listbox', { name: 'Steps of the ladder' }).focus();
        await page.keyboard.press('End');
        await step(page, 600).waitFor();
        await stop(601);
        expect(complaints).toEqual([]);
      } finally {
        sender.close();
        receiver.close();
      }
    },
  );
});
