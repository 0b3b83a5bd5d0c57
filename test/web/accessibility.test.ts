/** Every tab by keyboard alone and by axe-core, on a desktop and a telephone, light and dark. */

import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { Page } from 'playwright-core';
import { TestDaemon } from '../api/daemon.js';
import { seriousFindings } from './axe.js';
import { screenshot, WebBrowser } from './browser.js';

let daemon: TestDaemon;
let browser: WebBrowser;
let id: string;
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

/** What is looked at, and what has to be there before. */
const VIEWS: readonly (readonly [name: string, query: string, ready: string])[] = [
  ['packets', 'packet=3', '[role=tree] [role=treeitem]'],
  ['flows', 'tab=flows', '[role=grid] [role=row]:nth-child(2)'],
  ['stream', 'tab=flows&flow=FLOW', '[aria-label="Follow stream"]'],
  ['ladder', 'tab=flows&flow=FLOW&part=sequence', '[aria-label="Sequence"] svg'],
  ['protocols', 'tab=statistics', '[role=treegrid] [role=row]:nth-child(2)'],
  ['endpoints', 'tab=statistics&part=endpoints', '[role=grid] [role=row]:nth-child(2)'],
  ['conversations', 'tab=statistics&part=conversations', '[role=grid] [role=row]:nth-child(2)'],
  ['problems', 'tab=statistics&part=problems', '[role=tabpanel] h3, [role=tabpanel] h2'],
  ['why', 'tab=statistics&part=why', '[role=tabpanel] input'],
  ['lab', 'tab=lab', '.lab-card'],
  ['demo', 'tab=lab&part=tcp-echo', '.lab-form'],
  ['captures', 'tab=captures', '.captures-table td'],
];

async function open(query: string, ready: string) {
  const opened = await browser.open('about:blank');
  await opened.page.emulateMedia({ colorScheme: 'light' });
  await opened.page.goto(`${daemon.base}/c/${id}?${query.replace('FLOW', String(flow))}`);
  await opened.page.locator(ready).first().waitFor({ state: 'attached' });
  await opened.page.waitForLoadState('networkidle');
  return opened;
}

describe('axe-core finds nothing serious', () => {
  test.each(VIEWS)('%s', async (name, query, ready) => {
    const { page, complaints } = await open(query, ready);
    for (const width of [1280, 360]) {
      await page.setViewportSize({ width, height: 800 });
      for (const colorScheme of ['light', 'dark'] as const) {
        await page.emulateMedia({ colorScheme });
        await page.locator(`html[data-theme=${colorScheme}]`).waitFor();
        expect({ width, colorScheme, found: await seriousFindings(page) }).toEqual({ width, colorScheme, found: [] });
        expect(await sideways(page)).toBe(0);
        await screenshot(page, `${name}-${width}-${colorScheme}`);
      }
    }
    expect(complaints).toEqual([]);
    await page.context().close();
  });
});

/** Pixels that the page is wider than the window: only data grids scroll sideways. */
const sideways = (page: Page) =>
  page.evaluate('document.documentElement.scrollWidth - document.documentElement.clientWidth');

/** Marks the element that has the keyboard, and says what it is; '' for the page itself. */
const FOCUSED = `(() => {
  const at = document.activeElement;
  if (at === null || at === document.body) return '';
  at.setAttribute('data-reached', '');
  const style = getComputedStyle(at);
  const seen = style.outlineStyle !== 'none' && parseFloat(style.outlineWidth) > 0;
  return (seen ? '' : 'NO OUTLINE ') + at.tagName + ' ' + (at.getAttribute('aria-label') ?? at.textContent ?? '').slice(0, 40);
})()`;

/** What can be clicked or typed into, is seen, and was never reached. A list or tree has the keyboard for its rows. */
const UNREACHED = `[...document.querySelectorAll('a[href], button, input, select, textarea, summary, [tabindex="0"]')]
  .filter((one) => one.getAttribute('data-reached') === null && !one.disabled && one.tabIndex >= 0 && one.checkVisibility({ visibilityProperty: true }))
  .filter((one) => one.closest('[role=grid], [role=treegrid], [role=tree], [role=listbox]')?.hasAttribute('tabindex') !== true || one.matches('[role=grid], [role=treegrid], [role=tree], [role=listbox]'))
  .filter((one) => one.type !== 'radio')
  .map((one) => one.outerHTML.slice(0, 120))`;

describe('by keyboard alone', () => {
  test.each(VIEWS)('%s: Tab comes to everything, is seen, and gets out again', async (_name, query, ready) => {
    const { page } = await open(query, ready);
    const reached: string[] = [];
    let rounds = 0;
    for (let pressed = 0; pressed < 250; pressed++) {
      await page.keyboard.press('Tab');
      const at = String(await page.evaluate(FOCUSED));
      if (at === '') rounds++;
      // A second time: what the first round has chosen lets more be done with it.
      if (rounds === 2) break;
      reached.push(at);
    }
    expect(rounds).toBe(2);
    expect(reached.filter((at) => at.startsWith('NO OUTLINE'))).toEqual([]);
    expect(await page.evaluate(UNREACHED)).toEqual([]);
    await page.context().close();
  });

  test('tabs by arrows, menus and dialogs by their keys, and the keyboard comes back from them', async () => {
    const { page } = await open('packet=3', '[role=tree] [role=treeitem]');
    const focused = () => page.evaluate('document.activeElement?.textContent');
    await page.getByRole('tab', { name: 'Packets' }).focus();
    await page.keyboard.press('ArrowRight');
    expect(await focused()).toBe('Flows');
    await page.waitForURL(/tab=flows/);
    await page.getByRole('button', { name: /^View/ }).focus();
    await page.keyboard.press('Enter');
    await page.getByRole('menu').waitFor();
    await page.keyboard.press('ArrowDown');
    await page.keyboard.press('Escape');
    expect(await focused()).toMatch(/^View/);
    await page.getByRole('button', { name: 'Start capture' }).focus();
    await page.keyboard.press('Enter');
    const dialog = page.getByRole('dialog', { name: 'Start a capture' });
    await dialog.waitFor();
    for (let pressed = 0; pressed < 40; pressed++) {
      await page.keyboard.press('Tab');
      // In the dialog, or at its end, from where the next Tab goes to its beginning.
      expect(await page.evaluate("document.querySelector('#root').contains(document.activeElement)")).toBe(false);
    }
    expect(await seriousFindings(page)).toEqual([]);
    await page.keyboard.press('Escape');
    await dialog.waitFor({ state: 'detached' });
    expect(await focused()).toBe('Start capture');
  });
});
