/** The first page of a filter's matches, over REST, beside `tshark -Y`. */

import type { Bench, Row } from '../harness/bench.js';
import { Daemon } from '../harness/daemon.js';
import type { Result } from '../harness/result.js';
import { median, shown } from '../harness/samples.js';

const PACKETS = 10_000_000;
const SLICE = 200_000;
const FILTER = 'tcp.port == 443 && ip.addr == 10.0.0.0/8';
/** No packet of the traffic meets it: the answer is only known when everything was looked at. */
const NOTHING = 'tcp.port == 4443 && ip.addr == 10.0.0.0/8';
const PAGE = 100;

interface Page {
  readonly packets: readonly unknown[];
  readonly matches: { readonly count: number };
}

async function firstPage(daemon: Daemon, id: string, filter: string): Promise<{ milliseconds: number; page: Page }> {
  const query = new URLSearchParams({ filter, limit: `${PAGE}` });
  const { milliseconds, text } = await daemon.ask('GET', `/api/captures/${id}/packets?${query}`);
  return { milliseconds, page: JSON.parse(text) as Page };
}

async function run(bench: Bench): Promise<Result> {
  const packets = bench.size(PACKETS);
  const { data, id } = await bench.imported(packets);
  const slicePackets = Math.min(SLICE, packets);
  const slice = await bench.slice(bench.capture(packets), slicePackets);
  const cold: number[] = [];
  const warm: number[] = [];
  const nothing: number[] = [];
  const tshark: number[] = [];
  for (let round = 0; round < bench.rounds; round++) {
    const daemon = await Daemon.start(data, ['--no-capture']);
    try {
      // The client's own first request and the daemon's first answer of all are not what is measured.
      await daemon.ask('GET', '/api/health');
      const first = await firstPage(daemon, id, FILTER);
      if (first.page.packets.length !== PAGE) throw new Error(`${first.page.packets.length} packets on the first page`);
      cold.push(first.milliseconds);
      const again: number[] = [];
      for (let i = 0; i < 20; i++) again.push((await firstPage(daemon, id, FILTER)).milliseconds);
      warm.push(median(again));
      nothing.push((await firstPage(daemon, id, NOTHING)).milliseconds);
    } finally {
      await daemon.stop();
    }
    const { seconds } = await bench.tools.run('tshark', '-r', slice, '-Y', FILTER);
    tshark.push(seconds * 1000 * (packets / slicePackets));
    bench.say(`first-page, round ${round + 1}: cold ${shown(cold[round])} ms, warm ${shown(warm[round])} ms`);
  }
  const worst = median(cold);
  return {
    title: `first page: ${PAGE} rows of \`${FILTER}\` over ${shown(packets)} packets`,
    programs: ['netglass', 'tshark -Y'],
    lines: [
      { what: 'first time after the start of the daemon, ms', values: { netglass: cold, 'tshark -Y': tshark } },
      { what: 'again, ms', values: { netglass: warm } },
      { what: 'a filter that nothing meets, ms', values: { netglass: nothing } },
    ],
    goals: [
      {
        what: 'first page, first time',
        target: 'under 100 ms',
        measured: `${shown(worst)} ms`,
        reached: worst < 100,
      },
      {
        what: 'first page, again',
        target: 'under 100 ms',
        measured: `${shown(median(warm))} ms`,
        reached: median(warm) < 100,
      },
    ],
    notes: [
      'From the request until the whole answer is read, over REST with a new connection. The files are in the system’s cache.',
      `tshark on the first ${shown(slicePackets)} packets, times ${shown(packets / slicePackets)}: it has no first page before it has read everything.`,
    ],
  };
}

export const firstPageRow: Row = { name: 'first-page', run };
