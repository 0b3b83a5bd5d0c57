/** What the capture consists of, as a person sees it: tshark is the judge of the numbers elsewhere. */

import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { Page } from 'playwright-core';
import { ethernet, type Host, ipv4, udp } from '../../src/sample-frames.js';
import { eventually, TestDaemon } from '../api/daemon.js';
import { pcapBytes } from '../support/pcap-bytes.js';
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

const open = (part: string, more = '') => browser.open(`${daemon.base}/c/${id}?tab=statistics&part=${part}${more}`);
const answer = async <T>(path: string): Promise<T> => (await daemon.json<T>(`/api/captures/${id}/${path}`)).body;
const filterOf = (page: Page): string => new URL(page.url()).searchParams.get('filter') ?? '';

describe('statistics', () => {
  test('show the protocols as a tree with shares, which opens and closes by keys', async () => {
    const { page, complaints } = await open('protocols');
    const grid = page.getByRole('treegrid', { name: 'Protocols' });
    const tcp = grid.getByRole('row', { name: /tcp Transmission Control Protocol/ }).first();
    await tcp.waitFor();
    const { count } = await answer<{ count: number }>('packets/count?filter=ip%20%26%26%20tcp');
    expect(await tcp.textContent()).toContain(String(count));
    expect(await tcp.getAttribute('aria-level')).toBe('3');
    await screenshot(page, 'statistics-protocols');
    expect(await seriousFindings(page)).toEqual([]);
    const before = await grid.getByRole('row').count();
    await grid.focus();
    await page.keyboard.press('ArrowLeft');
    await eventually(async () => ((await grid.getByRole('row').count()) < before ? true : undefined));
    expect(await grid.getByRole('row', { name: /^.*eth/ }).getAttribute('aria-expanded')).toBe('false');
    await page.keyboard.press('ArrowRight');
    await tcp.waitFor();
    expect(complaints).toEqual([]);
  });

  test('make a filter of a row: only these, and not these', async () => {
    const { page } = await open('endpoints');
    const grid = page.getByRole('grid', { name: 'Endpoints' });
    await grid.getByRole('button', { name: 'Filter by 192.0.2.80' }).click();
    await page.getByRole('menuitem', { name: /Only these/ }).click();
    await page.waitForURL(/filter=/);
    expect(filterOf(page)).toBe('ip.addr == 192.0.2.80');
    await page.getByRole('button', { name: 'Conversations' }).click();
    const pairs = page.getByRole('grid', { name: 'Conversations' });
    await pairs.getByRole('row', { name: /192\.0\.2\.10/ }).waitFor();
    await page.getByText('Counted under the filter').waitFor();

    await pairs.focus();
    await page.keyboard.press('Enter');
    await page.getByRole('menuitem', { name: /but not these/ }).click();
    await page.waitForURL((url) => url.searchParams.get('filter')?.includes('!') === true);
    expect(filterOf(page)).toMatch(/^ip\.addr == 192\.0\.2\.80 && !\(ip\.addr == .* && ip\.addr == .*\)$/);
  });

  test('lead to the packets that a row counts, under the filter that there is', async () => {
    const { page } = await open('endpoints', '&filter=dns');
    const grid = page.getByRole('grid', { name: 'Endpoints' });
    await grid.getByRole('button', { name: 'Filter by 192.0.2.1', exact: true }).click();
    await page.getByRole('menuitem', { name: 'Show these packets' }).click();
    await page.waitForURL((url) => !url.searchParams.has('tab'));
    expect(filterOf(page)).toBe('dns && ip.addr == 192.0.2.1');
    const { count } = await answer<{ count: number }>(
      `packets/count?filter=${encodeURIComponent('dns && ip.addr == 192.0.2.1')}`,
    );
    await page.locator(`[role=grid][aria-label=Packets][aria-rowcount="${count + 1}"]`).waitFor();
  });

  test('sort, change the layer, and have names beside addresses', async () => {
    const { page } = await open('endpoints/ip');
    const grid = page.getByRole('grid', { name: 'Endpoints' });
    await grid.getByText('192.0.2.80').first().waitFor();
    const head = grid.getByRole('columnheader', { name: 'Bytes sent' });
    await head.getByRole('button').click();
    expect(await head.getAttribute('aria-sort')).toBe('descending');
    const { endpoints } = await answer<{ endpoints: { address: string; txBytes: number }[] }>(
      'statistics/endpoints?type=ip',
    );
    const [most] = [...endpoints].sort((a, b) => b.txBytes - a.txBytes);
    expect(await grid.getByRole('row').nth(1).textContent()).toContain(most.address);
    const { names } = await answer<{ names: { address: string; names: string[] }[] }>('names');
    const named = names.find(({ address }) => endpoints.some((one) => one.address === address));
    if (named === undefined) throw new Error('the sample has a name for one of its addresses');
    await grid.getByText(named.names.at(-1)!).first().waitFor();

    await page.getByLabel('Layer').selectOption('tcp');
    await page.waitForURL(/endpoints%2Ftcp/);
    await grid.getByRole('columnheader', { name: 'Port' }).waitFor();
    expect(await seriousFindings(page)).toEqual([]);
    await screenshot(page, 'statistics-endpoints');
  });

  test('go to the clipboard as CSV and JSON', async () => {
    const { page } = await open('conversations/udp');
    await page.getByRole('grid', { name: 'Conversations' }).waitFor();
    await page.getByRole('button', { name: 'Copy CSV' }).click();
    await page.getByText(/Copied: CSV/).waitFor();
    const lines = String(await page.evaluate('navigator.clipboard.readText()'))
      .trim()
      .split('\r\n');
    const { conversations } = await answer<{ conversations: unknown[] }>('statistics/conversations?type=udp');
    expect(lines).toHaveLength(conversations.length + 1);
    expect(lines[0]).toMatch(/^Address A,Port A,Address B,Port B,Packets,/);
    await page.getByRole('button', { name: 'Copy JSON' }).click();
    await page.getByText(/Copied: JSON/).waitFor();
    const rows = JSON.parse(String(await page.evaluate('navigator.clipboard.readText()'))) as unknown[];
    expect(rows).toHaveLength(conversations.length);
  });

  test('group problems by how grave they are, with ways to the packets', async () => {
    const { page } = await open('problems');
    const { problems } = await answer<{ problems: { severity: string; packets: number[] }[] }>('statistics/problems');
    const [first] = problems.filter(({ severity }) => severity === 'chat');
    const group = page.getByRole('region', { name: 'For your information' });
    await group.waitFor();
    expect(await seriousFindings(page)).toEqual([]);
    await screenshot(page, 'statistics-problems');
    await group
      .getByRole('button', { name: `Packet ${first.packets[0]}`, exact: true })
      .first()
      .click();
    await page.waitForURL((url) => url.searchParams.get('packet') === String(first.packets[0]));
    await page.getByRole('grid', { name: 'Packets' }).waitFor();
  });

  test('tell why something was not seen', async () => {
    const { page } = await open('why', '&filter=dns');
    await page.getByLabel('Address', { exact: true }).fill('203.0.113.9');
    await page.keyboard.press('Enter');
    await page.getByText('It is not in this capture.').waitFor();
    await page.getByLabel('Address', { exact: true }).fill('192.0.2.80');
    await page.keyboard.press('Enter');
    await page.getByText(/but the display filter hides them/).waitFor();
    expect(await seriousFindings(page)).toEqual([]);
    await page.getByLabel('Address', { exact: true }).fill('nobody');
    await page.keyboard.press('Enter');
    await page
      .getByRole('alert')
      .getByText(/no IPv4 or IPv6 address/)
      .waitFor();
  });

  test('judge expectations, and say which does not hold', async () => {
    const { page, complaints } = await open('checks');
    await page.getByRole('button', { name: 'Example: a TCP handshake' }).click();
    await page.getByRole('button', { name: 'Judge' }).click();
    await page.getByText('Everything is as expected.').waitFor();
    const last = page.getByRole('group', { name: 'Check 4' });
    await last.getByLabel('Packets').fill('tcp.len == 60000');
    await page.getByText('The checks have been changed since.').waitFor();
    await page.keyboard.press('Enter');
    await page.getByText('1 of 4 checks failed.').waitFor();
    await screenshot(page, 'statistics-checks');
    expect(await seriousFindings(page)).toEqual([]);
    await last.getByLabel('How many').fill('1..5');
    expect(await page.getByRole('button', { name: 'Judge' }).isDisabled()).toBe(true);
    await last.getByLabel('How many').fill('0-5');
    await page.keyboard.press('Enter');
    await page.getByText('Everything is as expected.').waitFor();
    await page
      .getByRole('button', { name: /^Packet \d+$/ })
      .first()
      .click();
    await page.waitForURL(/packet=\d/);
    await page.getByRole('grid', { name: 'Packets' }).waitFor();
    expect(complaints).toEqual([]);
  });
});

test('a name that a stranger has chosen is text', async () => {
  const host = (last: number): Host => ({ mac: [2, 0, 0, 0, 0, last], v4: [192, 0, 2, last], v6: [] });
  const label = Buffer.from('<img src=x onerror=alert(1)>\u202e\u001b[31m');
  const name = Buffer.concat([Buffer.from([label.length]), label, Buffer.from([0])]);
  // A response (RFC 1035, section 4) that gives the name to 192.0.2.66.
  const answer = Buffer.concat([
    Buffer.from('123481800001000100000000', 'hex'),
    name,
    Buffer.from('00010001c00c000100010000003c0004c0000242', 'hex'),
  ]);
  const reply = ethernet(
    host(1),
    host(66).mac,
    0x0800,
    ipv4(host(1), host(66), 17, udp(host(1), host(66), 4, [53, 40_000], answer)),
  );
  const { body } = await daemon.import(
    pcapBytes({ records: [{ seconds: 1, fraction: 0, data: reply }] }),
    'names.pcap',
  );
  const { page, complaints } = await browser.open(`${daemon.base}/c/${body.id}?tab=statistics&part=endpoints`);
  const cell = page.getByRole('gridcell', { name: /192\.0\.2\.66 <img src=x/ });
  await cell.waitFor();
  // biome-ignore lint/suspicious/noControlCharactersInRegex: these are what must not be there
  expect(await cell.textContent()).not.toMatch(/[\u0000-\u001f\u202e]/);
  expect(await page.locator('img').count()).toBe(0);
  expect(complaints).toEqual([]);
});

test('twenty thousand endpoints are in the table, and few of them in the page', async () => {
  const host = (number: number): Host => ({
    mac: [2, 0, 0, 0, 0, 1],
    v4: [10, 0, number >> 8, number & 255],
    v6: [],
  });
  const sink = host(65_535);
  const records = Array.from({ length: 20_000 }, (_, at) => ({
    seconds: 1 + Math.floor(at / 1000),
    fraction: at % 1000,
    data: ethernet(
      host(at),
      sink.mac,
      0x0800,
      ipv4(host(at), sink, 17, udp(host(at), sink, 4, [at, 9], Buffer.alloc(1))),
    ),
  }));
  const { body } = await daemon.import(pcapBytes({ records }), 'many.pcap');
  const { page } = await browser.open(`${daemon.base}/c/${body.id}?tab=statistics&part=endpoints`);
  const grid = page.getByRole('grid', { name: 'Endpoints' });
  await page.getByText('20,001 rows').waitFor();
  expect(await grid.getAttribute('aria-rowcount')).toBe('20002');
  await grid.getByRole('columnheader', { name: 'Address' }).getByRole('button').click();
  await grid.focus();
  await page.keyboard.press('End');
  await grid.getByRole('gridcell', { name: '10.0.255.255', exact: true }).waitFor();
  expect(await grid.getByRole('row').count()).toBeLessThan(100);
});
