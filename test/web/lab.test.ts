/** The socket lab in the browser: demos as cards, runs at once and step by step, with their code, packets and ladder. */

import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { Page } from 'playwright-core';
import { parametersOf, titleOf, valuesOf } from '../../api/web/src/lab/parameters.js';
import { isRoot, TestDaemon, WITHOUT_PRIVILEGE } from '../api/daemon.js';
import { freePort } from '../lab/support.js';
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

/** Opens a demo, with a port that is free. */
async function open(demo: string, width = 1280): Promise<{ page: Page; complaints: string[] }> {
  const opened = await browser.open(`${daemon.base}/?tab=lab`, { width, height: 900 });
  const { page } = opened;
  const { demos } = (await daemon.json<{ demos: { name: string; title: string }[] }>('/api/lab')).body;
  const title = demos.find(({ name }) => name === demo)?.title;
  await page.getByRole('button', { name: `Open the demo ${title}` }).click();
  await page.getByLabel('Port', { exact: true }).fill(String(await freePort()));
  return opened;
}

const steps = (page: Page) => page.getByRole('listbox', { name: 'Steps', exact: true }).getByRole('option');

test('every demo has a card with what it shows', async () => {
  const { page, complaints } = await browser.open(`${daemon.base}/?tab=lab`);
  const { demos } = (await daemon.json<{ demos: { title: string; shows: string }[] }>('/api/lab')).body;
  const cards = page.getByRole('list', { name: 'Demos' }).getByRole('listitem');
  await cards.first().waitFor();
  expect(await cards.count()).toBe(demos.length);
  for (const [at, { title, shows }] of demos.entries()) {
    const said = await cards.nth(at).textContent();
    expect(said).toContain(title);
    expect(said).toContain(shows);
  }
  expect(complaints).toEqual([]);
});

describe('a form of parameters', () => {
  const schema = {
    properties: {
      port: { type: 'integer', minimum: 1, maximum: 65535, default: 7, description: 'Its port.' },
      concurrent: { type: 'boolean', default: false },
      way: { type: 'string', enum: ['fast', 'slow'], default: 'fast' },
      helloText: { type: 'string', maxLength: 9, default: 'hi' },
      peers: { type: 'array', default: [1] },
      interface: { type: 'string', default: '' },
    },
  };
  test('has a field for each, of its kind', () => {
    const made = parametersOf(schema);
    expect(made.map(({ kind }) => kind)).toEqual(['number', 'switch', 'choice', 'text', 'json', 'text']);
    expect(made.map(({ optional }) => optional)).toEqual([false, false, false, false, false, true]);
    expect(made[0]).toMatchObject({ least: 1, most: 65535, whole: true, standard: 7, about: 'Its port.' });
    expect(made[2].choices).toEqual(['fast', 'slow']);
    expect(made[3].longest).toBe(9);
    expect(titleOf('helloText')).toBe('Hello text');
    expect(parametersOf({})).toEqual([]);
  });
  test('says what was typed, and leaves out what is empty', () => {
    const form = new Map<string, string>(Object.entries({ port: '80', way: 'slow', helloText: '', peers: '[1, 2]' }));
    expect(valuesOf(parametersOf(schema), { get: (name) => form.get(name) ?? null })).toEqual({
      port: 80,
      concurrent: false,
      way: 'slow',
      peers: [1, 2],
    });
  });
});

(isRoot ? describe : describe.skip)('runs (needs root)', () => {
  test('at once: each call with its result, code, packets and place on the ladder', async () => {
    const { page, complaints } = await open('tcp-echo');
    await page.getByRole('button', { name: 'Run at once' }).click();
    await page.getByRole('status').filter({ hasText: 'finished' }).waitFor();
    const connect = page.getByRole('option', { name: /client connect\(.* 3 packets$/ });
    await connect.click();
    const detail = page.getByRole('region', { name: 'The chosen step' });
    await detail.getByText('s.connect((').waitFor();
    await detail.getByRole('tab', { name: 'C', exact: true }).click();
    await detail.getByText('connect(s, (struct sockaddr *)').waitFor();
    await detail.getByRole('tab', { name: 'TypeScript' }).click();
    await detail.getByText("'127.0.0.1');").waitFor();
    await detail.getByRole('button', { name: 'Copy' }).click();
    await page.getByText('Copied: the code').waitFor();
    expect(await page.evaluate('navigator.clipboard.readText()')).toMatch(/^s\.connect\(\d+, '127\.0\.0\.1'\);$/);

    const ladder = page.getByRole('region', { name: 'Sequence' });
    await ladder.locator('.ladder-call').filter({ hasText: 'client: connect(' }).waitFor();
    // The call and the three packets of its handshake stand out.
    expect(await ladder.locator('[data-lit=true]').count()).toBe(4);
    await screenshot(page, 'lab-run');
    expect(await seriousFindings(page)).toEqual([]);

    const first = detail.getByRole('button', { name: /^Packet \d+ TCP .*\[SYN\]/ });
    await first.click();
    await page.waitForURL(/packet=1/);
    await page.getByRole('tree', { name: 'Packet details' }).waitFor();
    await page.goBack();
    await connect.waitFor();
    expect(await connect.getAttribute('aria-selected')).toBe('true');
    // The run, and the step in it, are in the address.
    const other = await browser.open(page.url());
    await other.page
      .getByRole('region', { name: 'The chosen step' })
      .getByText(/connect\(fd=/)
      .first()
      .waitFor();
    expect(complaints).toEqual([]);
  });

  test('step by step: the next call before it is made, then what it did; and the tab keeps its place', async () => {
    const { page } = await open('udp-echo');
    await page.getByRole('button', { name: 'Step by step' }).click();
    const next = page.getByRole('button', { name: 'Next step' });
    await page.getByRole('option', { name: /^1 server socket\(.* next$/ }).waitFor();
    const detail = page.getByRole('region', { name: 'The chosen step' });
    await detail.getByText('This call has not been made yet.').waitFor();
    for (const call of ['server socket', 'server bind', 'client socket', 'client sendto']) {
      await next.click();
      await page.getByRole('option', { name: new RegExp(`^\\d+ ${call}\\(.* = `) }).waitFor();
    }
    await detail.getByRole('button', { name: /^Packet 1 UDP/ }).waitFor();
    await page.locator('.ladder-call').filter({ hasText: 'client: sendto(' }).waitFor();
    await page.getByRole('tab', { name: 'Packets' }).click();
    await page.getByRole('grid', { name: 'Packets' }).getByRole('row').nth(1).waitFor();
    await page.getByRole('tab', { name: 'Lab' }).click();
    await next.waitFor();
    // By keys: the listbox goes through the steps.
    await page.getByRole('listbox', { name: 'Steps', exact: true }).focus();
    await page.keyboard.press('Home');
    await detail.getByText('Step 1 of 4').waitFor();
    await page.getByRole('button', { name: 'All other steps' }).click();
    await page.getByRole('status').filter({ hasText: 'finished' }).waitFor({ timeout: 60_000 });
    await steps(page).filter({ hasText: 'ECONNREFUSED' }).waitFor();
  });

  test('stops, and keeps what was made; an open run is offered again', async () => {
    const { page } = await open('tcp-echo', 360);
    await page.getByRole('button', { name: 'Step by step' }).click();
    const next = page.getByRole('button', { name: 'Next step' });
    await next.click();
    await steps(page).filter({ hasText: 'server' }).first().waitFor();
    await page.getByRole('button', { name: 'All demos' }).click();
    await page.getByRole('button', { name: /^Open the demo TCP: an echo/ }).click();
    await page.getByText('An earlier run of this demo is not over').waitFor();
    await page.getByRole('button', { name: 'TCP: an echo server and its clients', exact: true }).click();
    await next.waitFor();
    await screenshot(page, 'lab-360');
    expect(await page.evaluate('document.documentElement.scrollWidth')).toBe(360);
    expect(await seriousFindings(page)).toEqual([]);
    await page.getByRole('button', { name: 'Stop', exact: true }).click();
    await page.getByRole('status').filter({ hasText: 'stopped' }).last().waitFor();
    expect(await steps(page).count()).toBe(1);
    await page.getByRole('button', { name: 'Run again' }).waitFor();
  });

  test('says in words what is wrong: a port in use, a run that is forgotten, no privilege', async () => {
    const { page } = await open('udp-echo');
    const taken = createSocket('udp4').bind(0, '127.0.0.1');
    await once(taken, 'listening');
    await page.getByLabel('Port', { exact: true }).fill(String(taken.address().port));
    await page.getByRole('button', { name: 'Run at once' }).click();
    await page.getByRole('alert').filter({ hasText: 'the port is in use already' }).waitFor();
    taken.close();
    const gone = await browser.open(`${daemon.base}/?tab=lab&part=udp-echo/000000000000`);
    await gone.page.getByText('The service keeps the last 50 runs.').waitFor();
    await gone.page.getByRole('button', { name: 'Run again' }).click();
    await gone.page.getByRole('form', { name: 'What it runs with' }).waitFor();
    const poor = await TestDaemon.start(['--no-capture'], WITHOUT_PRIVILEGE);
    try {
      const refused = await browser.open(`${poor.base}/?tab=lab&part=udp-echo`);
      await refused.page.getByRole('button', { name: 'Run at once' }).click();
      await refused.page.getByText(/setcap/).waitFor();
    } finally {
      await poor.stop();
    }
  });
});
