/** Filters over what applications say, for which packets have to be decoded, beside `tshark -Y`; and one packet's tree. */

import type { Bench, Row } from '../harness/bench.js';
import { CLI, Daemon } from '../harness/daemon.js';
import type { Result } from '../harness/result.js';
import { median, ratios, shown } from '../harness/samples.js';
import { Sharkd } from '../harness/sharkd.js';
import { makeApplicationCapture } from '../traffic/application-capture.js';

const PACKETS = 2_000_000;
const SLICE = 50_000;
const FILTERS = [
  'dns.qry.name contains "example"',
  'tls.handshake.extensions_server_name',
  'http.request.method == "GET"',
];
const TREES = 500;
const TARGET = 40;
/** Nobody listens there, so that the command works on the folder itself. */
const NO_PORT = '9';

async function count(daemon: Daemon, id: string, filter: string): Promise<number> {
  const query = new URLSearchParams({ filter });
  const { milliseconds } = await daemon.ask('GET', `/api/captures/${id}/packets/count?${query}`);
  return milliseconds / 1000;
}

/** 99th percentile of the milliseconds that trees take, of packets spread over `packets`. */
async function treeTimes(packets: number, ask: (number: number) => Promise<number>): Promise<number> {
  const times: number[] = [];
  for (let i = 0; i < TREES; i++) times.push(await ask(1 + ((i * 7919) % packets)));
  times.sort((a, b) => a - b);
  return times[Math.floor(TREES * 0.99)];
}

async function sharkdTrees(file: string, packets: number): Promise<number> {
  const sharkd = await Sharkd.load(file);
  try {
    return await treeTimes(packets, (number) => sharkd.frame(number));
  } finally {
    sharkd.stop();
  }
}

async function run(bench: Bench): Promise<Result> {
  const packets = bench.size(PACKETS);
  const slicePackets = Math.min(SLICE, packets);
  const file = bench.path('applications.pcap');
  makeApplicationCapture(file, packets);
  const slice = await bench.slice(file, slicePackets);
  const one = await bench.slice(file, 1);
  const data = bench.path('data');
  const { output } = await bench.tools.run(process.execPath, CLI, 'import', file, '--data', data, '--port', NO_PORT);
  const id = /capture (\S+)/.exec(output)?.[1] ?? '';
  const ours = FILTERS.map((): number[] => []);
  const theirs = FILTERS.map((): number[] => []);
  const trees: number[] = [];
  const sharkdTimes: number[] = [];
  for (let round = 0; round < bench.rounds; round++) {
    const daemon = await Daemon.start(data, ['--no-capture']);
    try {
      await daemon.ask('GET', '/api/health');
      for (const [index, filter] of FILTERS.entries()) ours[index].push(packets / (await count(daemon, id, filter)));
      const tree = async (number: number) =>
        (await daemon.ask('GET', `/api/captures/${id}/packets/${number}`)).milliseconds;
      trees.push(await treeTimes(packets, tree));
    } finally {
      await daemon.stop();
    }
    for (const [index, filter] of FILTERS.entries()) {
      const [whole, start] = [
        await bench.tools.run('tshark', '-n', '-r', slice, '-Y', filter),
        await bench.tools.run('tshark', '-n', '-r', one, '-Y', filter),
      ];
      theirs[index].push((slicePackets - 1) / (whole.seconds - start.seconds));
    }
    sharkdTimes.push(await sharkdTrees(slice, slicePackets));
    bench.say(`deep-filter, round ${round + 1}: ${ours.map((rates) => shown(rates[round])).join(', ')} packets/s`);
  }
  return {
    title: `deep filters: ${shown(packets)} packets, counted over REST after the daemon's start`,
    programs: ['netglass', 'tshark -Y', 'sharkd'],
    lines: [
      ...FILTERS.map((filter, index) => ({
        what: `${filter}, packets/s`,
        values: { netglass: ours[index], 'tshark -Y': theirs[index] },
      })),
      { what: `tree of one packet, p99 of ${shown(TREES)}, ms`, values: { netglass: trees, sharkd: sharkdTimes } },
    ],
    goals: [
      ...FILTERS.map((filter, index) => {
        const times = median(ratios(ours[index], theirs[index]));
        return {
          what: filter,
          target: `at least ${TARGET} ×`,
          measured: `${shown(times)} ×`,
          reached: times >= TARGET,
        };
      }),
      {
        what: 'tree of one packet over REST, p99',
        target: 'under 5 ms',
        measured: `${shown(median(trees))} ms`,
        reached: median(trees) < 5,
      },
    ],
    notes: [
      `tshark on the first ${shown(slicePackets)} packets of the same file, less what it takes for one packet; so sharkd, when it has read them.`,
      'A quarter of the packets have a message of DNS, HTTP or TLS; trees are asked for with a new connection each.',
    ],
  };
}

export const deepFilter: Row = { name: 'deep-filter', run };
