/** Packets, names, comments and marks that want to be more than text: the page shows them as text, everywhere. */

import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { Page } from 'playwright-core';
import { TestDaemon } from '../api/daemon.js';
import { EVIL, hostileFile } from '../support/hostile.js';
import { screenshot, WebBrowser } from './browser.js';

let daemon: TestDaemon;
let browser: WebBrowser;
let id: string;
let packets: { number: number; protocol: string; flow: number | null; info: string }[];

beforeAll(async () => {
  [daemon, browser] = await Promise.all([TestDaemon.start(), WebBrowser.start()]);
  const { status, body } = await daemon.import(hostileFile(), `${EVIL}.pcapng`);
  expect({ status, error: body.error }).toEqual({ status: 201, error: undefined });
  id = body.id;
  for (const text of [EVIL, `${EVIL} again`]) {
    const marked = await daemon.json(`/api/captures/${id}/marks`, { text, time: '2023-11-14T22:13:20.001500000Z' });
    expect(marked.status).toBe(201);
  }
  packets = (await daemon.json<{ packets: typeof packets }>(`/api/captures/${id}/packets?limit=100`)).body.packets;
});
afterAll(async () => {
  await browser.stop();
  await daemon.stop();
});

const number = (protocol: string): number => {
  const found = packets.filter((packet) => packet.protocol.startsWith(protocol));
  if (found.length === 0) throw new Error(`no ${protocol} among ${packets.map((packet) => packet.protocol).join(' ')}`);
  return found[0].number;
};
const flowOf = (of: number): number | null | undefined => packets.find((packet) => packet.number === of)?.flow;

/** What a page shows that it must not: controls, turned text, elements that packets made, texts without a bound. */
const LOOK = `(() => {
  const wrong = [];
  const unsafe = /[\\u0000-\\u0008\\u000b-\\u001f\\u007f-\\u009f\\u200e\\u200f\\u202a-\\u202e\\u2066-\\u2069]/;
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT | NodeFilter.SHOW_ELEMENT);
  let elements = 0;
  for (let node = walker.currentNode; node !== null; node = walker.nextNode()) {
    const at = (node.parentElement ?? node).className?.baseVal ?? (node.parentElement ?? node).className ?? node.nodeName;
    if (node.nodeType === Node.TEXT_NODE) {
      if (unsafe.test(node.data)) wrong.push('text in ' + at + ': ' + JSON.stringify(node.data.slice(0, 80)));
      if (node.data.length > 25000) wrong.push(node.data.length + ' characters in ' + at);
      continue;
    }
    elements++;
    if (['IMG', 'IFRAME', 'OBJECT', 'EMBED', 'FORM'].includes(node.nodeName) && (node.getAttribute('src') ?? '') === 'x')
      wrong.push('element ' + node.outerHTML.slice(0, 80));
    if (node.nodeName === 'SCRIPT') wrong.push('script ' + node.outerHTML.slice(0, 80));
    for (const { name, value } of node.attributes) {
      if (name.startsWith('on')) wrong.push('handler ' + name);
      if (['title', 'aria-label', 'placeholder'].includes(name) && unsafe.test(value))
        wrong.push(name + ' of ' + node.className + ': ' + JSON.stringify(value.slice(0, 80)));
    }
  }
  if (elements > 6000) wrong.push(elements + ' elements');
  if (window.pwned !== undefined) wrong.push('a script of a packet ran: ' + window.pwned);
  if (document.title.includes('pwned')) wrong.push('title ' + document.title);
  return wrong;
})()`;

async function harmless(page: Page, complaints: readonly string[]): Promise<void> {
  expect(await page.evaluate(LOOK)).toEqual([]);
  expect(complaints).toEqual([]);
}

describe('hostile content', () => {
  test('is text in the packet list, the tree and the bytes of every protocol', async () => {
    for (const protocol of ['DNS', 'DHCP', 'HTTP', 'TLS']) {
      const { page, complaints } = await browser.open(`${daemon.base}/c/${id}?packet=${number(protocol)}`);
      await page.getByRole('grid', { name: 'Packets' }).getByRole('row').nth(2).waitFor();
      const tree = page.getByRole('tree', { name: 'Packet details' });
      await tree.getByRole('treeitem').nth(3).waitFor();
      // Every branch, also those that hold the long texts.
      await tree.focus();
      for (let at = 0; at < 12; at++) {
        await page.keyboard.press('ArrowRight');
        await page.keyboard.press('ArrowDown');
      }
      await page.getByRole('region', { name: 'Packet bytes' }).waitFor();
      await harmless(page, complaints);
      if (protocol === 'DHCP') await screenshot(page, 'hostile-packets');
      await page.context().close();
    }
  });

  test('is text among flows, in a stream and on the ladder', async () => {
    for (const protocol of ['HTTP', 'DNS', 'TLS']) {
      const flow = flowOf(number(protocol));
      const { page, complaints } = await browser.open(`${daemon.base}/c/${id}?tab=flows`);
      await page.getByRole('grid', { name: 'Flows' }).getByRole('row').nth(2).waitFor();
      await harmless(page, complaints);
      await page.goto(`${daemon.base}/c/${id}?tab=flows&flow=${flow}`);
      await page.getByRole('region', { name: 'Follow stream' }).waitFor();
      await page.waitForLoadState('networkidle');
      await harmless(page, complaints);
      await page.goto(`${daemon.base}/c/${id}?tab=flows&flow=${flow}&part=sequence`);
      await page.getByRole('region', { name: 'Sequence' }).waitFor();
      await page.waitForLoadState('networkidle');
      await harmless(page, complaints);
      if (protocol === 'HTTP') await screenshot(page, 'hostile-ladder');
      await page.context().close();
    }
  });

  test('is text in statistics and among the captures, with their marks', async () => {
    const { page, complaints } = await browser.open(`${daemon.base}/c/${id}?tab=captures`);
    await page.getByRole('button', { name: /^Show / }).waitFor();
    await page.getByRole('listitem').first().waitFor();
    await harmless(page, complaints);
    await screenshot(page, 'hostile-captures');
    for (const part of ['protocols', 'endpoints', 'conversations', 'problems']) {
      await page.goto(`${daemon.base}/c/${id}?tab=statistics&part=${part}`);
      await page.waitForLoadState('networkidle');
      await harmless(page, complaints);
    }
  });

  test('is text in the address: filter, part and capture', async () => {
    const evil = encodeURIComponent(EVIL);
    for (const path of [
      `/c/${id}?filter=${evil}`,
      `/c/${id}?tab=statistics&part=${evil}`,
      `/c/${id}?tab=lab&part=${evil}`,
    ]) {
      const { page, complaints } = await browser.open(daemon.base + path);
      await page.getByRole('combobox', { name: 'Display filter' }).waitFor();
      await page.waitForLoadState('networkidle');
      // A filter that is none is refused by the service, and the browser notes that.
      await harmless(
        page,
        complaints.filter((complaint) => !/status of 400/.test(complaint)),
      );
      await page.context().close();
    }
  });

  test('cannot run: the policy of the page allows no script but its own', async () => {
    const policy = (await daemon.fetch('/')).headers.get('content-security-policy') ?? '';
    expect(policy).toContain("default-src 'none'");
    expect(policy).toContain("script-src 'self'");
    expect(policy).not.toContain('unsafe');
  });
});
