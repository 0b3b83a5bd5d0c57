/** The page in Chromium: first paint, from the wire to the eye, under a flood, and anywhere in a long list. */

import { setTimeout as sleep } from 'node:timers/promises';
import type { Page } from 'playwright-core';
import { WebBrowser } from '../../test/web/browser.js';
import type { Bench, Row } from '../harness/bench.js';
import { Daemon } from '../harness/daemon.js';
import { Pair, whyNoNamespaces } from '../harness/network.js';
import type { Result } from '../harness/result.js';
import { median, shown } from '../harness/samples.js';

const LIST_PACKETS = 10_000_000;
const FRAME_BYTES = 100;
const CALM_RATE = 1000;
const CALM_SECONDS = 6;
const FLOOD_RATE = 100_000;
/** Of the ten minutes that a memory leak would need; `--quick` takes a few seconds. */
const FLOOD_SECONDS = 600;
const QUICK_SECONDS = 15;
const PLACES = 40;
const MEGABYTE = 1e6;

/**
 * What looks at the page from within: `seen` has, for each frame in which a newer row was drawn, the time of day and the
 * row's number; `frames` counts frames. The frame after the one in which something was put is when it is on the screen.
 */
const WATCH = `(() => {
  const watch = { frames: 0, worst: 0, seen: [], first: 0 };
  window.watch = watch;
  let newest = 0;
  let last = performance.now();
  const look = () => {
    const now = performance.now();
    watch.frames++;
    watch.worst = Math.max(watch.worst, now - last);
    last = now;
    const cells = document.querySelectorAll('[role=grid] [data-column=number]');
    const number = Number(cells[cells.length - 1]?.textContent ?? 0);
    if (number > 0 && watch.first === 0) watch.first = now;
    if (number > newest) {
      newest = number;
      watch.seen.push([performance.timeOrigin + now, number]);
    }
    requestAnimationFrame(look);
  };
  requestAnimationFrame(look);
})()`;

/** Milliseconds until the rows at a share of the scroll bar's way are drawn. */
const scrollTo = (share: number) => `new Promise((resolve) => {
  const box = document.querySelector('[role=grid]');
  const start = performance.now();
  box.scrollTop = ${share} * (box.scrollHeight - box.clientHeight);
  const wanted = ${share} * Number(box.getAttribute('aria-rowcount'));
  const look = () => {
    const cells = [...box.querySelectorAll('[data-column=number]')].map((cell) => Number(cell.textContent));
    const there = cells.length > 5 && cells.every((number) => number > 0) && Math.abs(cells[0] - wanted) < wanted * 0.01 + 100;
    if (there || performance.now() - start > 5000) resolve(performance.now() - start);
    else requestAnimationFrame(look);
  };
  requestAnimationFrame(look);
})`;

interface Watched {
  readonly frames: number;
  readonly worst: number;
  readonly first: number;
  readonly seen: readonly (readonly [number, number])[];
}

async function opened(browser: WebBrowser, url: string): Promise<Page> {
  const { page } = await browser.open('about:blank');
  await page.addInitScript(WATCH);
  await page.goto(url);
  return page;
}

const watched = (page: Page) => page.evaluate('window.watch') as Promise<Watched>;

/** Octets of the JavaScript heap that are still needed. */
async function heap(page: Page): Promise<number> {
  const session = await page.context().newCDPSession(page);
  await session.send('HeapProfiler.collectGarbage');
  return (await session.send('Runtime.getHeapUsage')).usedSize;
}

interface Live {
  /** Milliseconds from the wire until on the page, of every packet that was looked up. */
  readonly delay: number;
  readonly worstDelay: number;
}

async function capture(daemon: Daemon, pair: Pair): Promise<string> {
  return (await daemon.json<{ id: string }>('POST', '/api/captures', { interfaces: [pair.host] })).id;
}

async function calm(bench: Bench, browser: WebBrowser, daemon: Daemon, pair: Pair): Promise<Live> {
  const id = await capture(daemon, pair);
  const page = await opened(browser, `${daemon.address}/c/${id}`);
  await sleep(1000);
  const count = CALM_RATE * CALM_SECONDS;
  const command = [bench.tools.sender, pair.peer, `${count}`, `${FRAME_BYTES}`, '--rate', `${CALM_RATE}`];
  await bench.tools.run(...pair.namespace.command(...command));
  await sleep(1000);
  const { seen } = await watched(page);
  const delays: number[] = [];
  for (let number = 1; number <= count; number += 100) {
    const { time } = await daemon.json<{ time: string }>('GET', `/api/captures/${id}/packets/${number}`);
    const drawn = seen.find(([, newest]) => newest >= number);
    if (drawn === undefined) throw new Error(`packet ${number} was never on the page`);
    delays.push(drawn[0] - Date.parse(time));
  }
  await page.context().close();
  await daemon.json('POST', `/api/captures/${id}/stop`);
  return { delay: median(delays), worstDelay: Math.max(...delays) };
}

interface Flooded {
  readonly rate: number;
  readonly framesPerSecond: number;
  /** The longest time between two frames, milliseconds. */
  readonly worstFrame: number;
  readonly heap: number;
  /** What the page says about rows that it did not draw. */
  readonly said: string;
}

async function flooded(bench: Bench, browser: WebBrowser, daemon: Daemon, pair: Pair): Promise<Flooded> {
  const id = await capture(daemon, pair);
  const page = await opened(browser, `${daemon.address}/c/${id}`);
  await sleep(1000);
  const count = FLOOD_RATE * (bench.quick ? QUICK_SECONDS : FLOOD_SECONDS);
  await page.evaluate('(() => { window.watch.frames = 0; window.watch.worst = 0; })()');
  const start = performance.now();
  const command = [bench.tools.sender, pair.peer, `${count}`, `${FRAME_BYTES}`, '--rate', `${FLOOD_RATE}`];
  const { output } = await bench.tools.run(...pair.namespace.command(...command));
  const seconds = (performance.now() - start) / 1000;
  const { frames, worst } = await watched(page);
  const used = await heap(page);
  const said = (await page.locator('.packet-told').first().textContent()) ?? '';
  await page.context().close();
  await daemon.json('POST', `/api/captures/${id}/stop`);
  await daemon.ask('DELETE', `/api/captures/${id}`);
  const rate = Number(/(\d+) packets\/s/.exec(output)?.[1]);
  return { rate, framesPerSecond: frames / seconds, worstFrame: worst, heap: used, said };
}

async function anywhere(browser: WebBrowser, daemon: Daemon, id: string): Promise<{ first: number; places: number[] }> {
  const page = await opened(browser, `${daemon.address}/c/${id}`);
  await page.getByRole('gridcell').first().waitFor();
  await sleep(1000);
  const { first } = await watched(page);
  const places: number[] = [];
  for (let at = 0; at < PLACES; at++) {
    // Low-discrepancy: everywhere, in no order.
    places.push((await page.evaluate(scrollTo((at * 0.618034) % 1))) as number);
  }
  await page.context().close();
  return { first, places };
}

async function run(bench: Bench): Promise<Result> {
  const packets = bench.size(LIST_PACKETS);
  const { data, id } = await bench.imported(packets);
  const browser = await WebBrowser.start();
  const pair = new Pair();
  const daemon = await Daemon.start(data, ['--no-capture']);
  try {
    const paint: number[] = [];
    const places: number[] = [];
    const delay: number[] = [];
    const worstDelay: number[] = [];
    for (let round = 0; round < bench.rounds; round++) {
      const found = await anywhere(browser, daemon, id);
      paint.push(found.first);
      places.push(...found.places);
      const told = await calm(bench, browser, daemon, pair);
      delay.push(told.delay);
      worstDelay.push(told.worstDelay);
      bench.say(
        `page, round ${round + 1}: first rows ${shown(found.first)} ms, a place ${shown(median(found.places))} ms (${shown(Math.max(...found.places))}), from the wire ${shown(told.delay)} ms (${shown(told.worstDelay)})`,
      );
    }
    const flood = await flooded(bench, browser, daemon, pair);
    bench.say(`page, flood: ${JSON.stringify(flood)}`);
    const sorted = [...places].sort((a, b) => a - b);
    const most = sorted[Math.floor(sorted.length * 0.95)];
    return {
      title: `the page: Chromium, headless, 1280 × 800, ${shown(packets)} packets in the list`,
      programs: ['netglass'],
      lines: [
        { what: 'rows after navigation, ms', values: { netglass: paint } },
        { what: 'rows after a jump of the scroll bar, ms', values: { netglass: places } },
        { what: `wire to page at ${shown(CALM_RATE)} packets/s, ms`, values: { netglass: delay } },
        { what: '… of the slowest packet, ms', values: { netglass: worstDelay } },
        { what: 'flood, packets/s', values: { netglass: [flood.rate] } },
        { what: '… frames/s', values: { netglass: [flood.framesPerSecond] } },
        { what: '… longest frame, ms', values: { netglass: [flood.worstFrame] } },
        { what: '… heap after it, MB', values: { netglass: [flood.heap / MEGABYTE] } },
      ],
      goals: [
        goal('first rows', 'under 1 s', median(paint), 1000, 'ms'),
        goal('rows anywhere in the list, 95 of 100 jumps', 'within 150 ms', most, 150, 'ms'),
        goal('a packet is on the page', 'within 300 ms of the wire', Math.max(...worstDelay), 300, 'ms'),
        {
          what: 'frames under the flood',
          target: 'at least 30 a second',
          measured: `${shown(flood.framesPerSecond)} a second`,
          reached: flood.framesPerSecond >= 30,
        },
        goal('heap after the flood', 'under 300 MB', flood.heap / MEGABYTE, 300, 'MB'),
      ],
      notes: [
        'Browser, daemon and sender share the machine’s cores.',
        `The flood went on for ${shown(bench.quick ? QUICK_SECONDS : FLOOD_SECONDS)} s; the page said “${flood.said}”.`,
        'A row counts as seen in the frame in which it was found drawn, one frame after it was put there.',
      ],
    };
  } finally {
    await browser.stop();
    await daemon.stop();
    pair.remove();
  }
}

const goal = (what: string, target: string, measured: number, most: number, unit: string) => ({
  what,
  target,
  measured: `${shown(measured)} ${unit}`,
  reached: measured < most,
});

export const page: Row = { name: 'page', impossible: whyNoNamespaces, run };
