/** Import of a capture file until it is queryable, beside `tshark -T fields`. */

import type { Bench, Row } from '../harness/bench.js';
import type { Result } from '../harness/result.js';
import { median, ratios, shown } from '../harness/samples.js';
import type { Cost } from '../harness/tools.js';

const PACKETS = 2_000_000;
const SMALL = 1_000_000;
const LARGE = 10_000_000;
/** tshark would take a minute for everything. */
const SLICE = 200_000;
/** Hardly anything to import: what is left is the start of the process. */
const TINY = 1000;
const FIELDS = ['frame.number', 'frame.time_epoch', 'ip.src', 'ip.dst', 'tcp.port', 'udp.port'];

function tsharkFields(bench: Bench, slice: string): Promise<Cost> {
  const fields = FIELDS.flatMap((field) => ['-e', field]);
  return bench.tools.run('tshark', '-r', slice, '-T', 'fields', ...fields);
}

async function run(bench: Bench): Promise<Result> {
  const packets = bench.size(PACKETS);
  const sizes = { small: bench.size(SMALL), large: bench.size(LARGE) };
  const slicePackets = Math.min(SLICE, packets);
  const slice = await bench.slice(bench.capture(packets), slicePackets);
  const rate: number[] = [];
  const cpu: number[] = [];
  const peak: number[] = [];
  const tshark: number[] = [];
  const tsharkCpu: number[] = [];
  const start: number[] = [];
  const small: number[] = [];
  const large: number[] = [];
  const largePeak: number[] = [];
  for (let round = 0; round < bench.rounds; round++) {
    const tiny = await bench.import(TINY);
    bench.remove(tiny.data);
    start.push(tiny.cost.seconds);
    const { cost, data } = await bench.import(packets);
    bench.remove(data);
    rate.push(packets / cost.seconds);
    cpu.push((cost.cpuSeconds / packets) * 1e6);
    peak.push(cost.peakMegabytes);
    const peer = await tsharkFields(bench, slice);
    tshark.push(slicePackets / peer.seconds);
    tsharkCpu.push((peer.cpuSeconds / slicePackets) * 1e6);
    const little = await bench.import(sizes.small);
    bench.remove(little.data);
    small.push(sizes.small / (little.cost.seconds - tiny.cost.seconds));
    const much = await bench.import(sizes.large);
    bench.keepOrRemove(sizes.large, much);
    large.push(sizes.large / (much.cost.seconds - tiny.cost.seconds));
    largePeak.push(much.cost.peakMegabytes);
    bench.say(`import, round ${round + 1}: ${shown(rate[round])}/s, tshark ${shown(tshark[round])}/s`);
  }
  const times = ratios(rate, tshark);
  const scaling = ratios(large, small);
  const mostMemory = Math.max(...peak, ...largePeak);
  return {
    title: `import: ${shown(packets)} packets in ${shown(packets / 100)} flows, until they are queryable`,
    programs: ['netglass', 'tshark'],
    lines: [
      { what: 'packets/s', values: { netglass: rate, tshark } },
      { what: 'CPU, µs a packet', values: { netglass: cpu, tshark: tsharkCpu } },
      { what: 'peak memory, MB', values: { netglass: peak } },
      { what: `packets/s, ${shown(sizes.small)} packets, without the start`, values: { netglass: small } },
      { what: `packets/s, ${shown(sizes.large)} packets, without the start`, values: { netglass: large } },
      { what: `peak memory, ${shown(sizes.large)} packets, MB`, values: { netglass: largePeak } },
      { what: 'start of the process, s', values: { netglass: start } },
    ],
    goals: [
      {
        what: "packets/s, of tshark's",
        target: 'at least 80 ×',
        measured: `${shown(median(times))} ×`,
        reached: median(times) >= 80,
      },
      {
        what: 'packets/s',
        target: 'at least 700,000',
        measured: shown(median(rate)),
        reached: median(rate) >= 700_000,
      },
      {
        what: 'peak memory',
        target: 'at most 300 MB',
        measured: `${shown(mostMemory)} MB`,
        reached: mostMemory <= 300,
      },
      {
        what: `rate at ${shown(sizes.large)} packets, of that at ${shown(sizes.small)}`,
        target: 'at least 0.85 ×',
        measured: `${shown(median(scaling))} ×`,
        reached: median(scaling) >= 0.85,
      },
    ],
    notes: [
      '`netglass import FILE` in a new process each time, its start included where nothing else is said.',
      `tshark: \`-T fields\` with ${FIELDS.join(' ')}, on the first ${shown(slicePackets)} packets of the same file.`,
    ],
  };
}

export const imports: Row = { name: 'import', run };
