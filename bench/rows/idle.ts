/** The daemon when nothing happens, beside an idle dumpcap. */

import { setTimeout as sleep } from 'node:timers/promises';
import type { Bench, Row } from '../harness/bench.js';
import { Daemon } from '../harness/daemon.js';
import { Namespace, whyNoNamespaces } from '../harness/network.js';
import { residentMegabytes, threadSeconds } from '../harness/processes.js';
import type { Result } from '../harness/result.js';
import { median, shown } from '../harness/samples.js';

const SECONDS = 30;
/** Until the start of the process is over: compiling, first collections. */
const SETTLE_SECONDS = 3;

async function run(bench: Bench): Promise<Result> {
  const seconds = bench.size(SECONDS);
  const namespace = new Namespace();
  const data = bench.path('data');
  const cpu: number[] = [];
  const memory: number[] = [];
  const peak: number[] = [];
  const dumpcap: number[] = [];
  const peer = bench.tools.start(...namespace.command('dumpcap', '-q', '-i', 'any', '-w', bench.path('idle.pcapng')));
  try {
    await peer.said(/File: /);
    const daemon = await Daemon.start(data, ['-i', 'any'], namespace.command(), /capturing on any/);
    try {
      await sleep(SETTLE_SECONDS * 1000);
      for (let round = 0; round < bench.rounds; round++) {
        const start = performance.now();
        const before = threadSeconds(daemon.pid);
        await sleep(seconds * 1000);
        const took = (performance.now() - start) / 1000;
        cpu.push(((threadSeconds(daemon.pid) - before) / took) * 100);
        memory.push(residentMegabytes(daemon.pid, 'now'));
        peak.push(residentMegabytes(daemon.pid, 'peak'));
        bench.say(`idle, round ${round + 1}: ${shown(cpu[round])} % of a core, ${shown(memory[round])} MB`);
      }
    } finally {
      await daemon.stop();
    }
    const { cpuSeconds, seconds: wall, peakMegabytes } = await peer.stop();
    dumpcap.push((cpuSeconds / wall) * 100, peakMegabytes);
  } finally {
    namespace.remove();
    bench.remove(data);
  }
  const most = Math.max(...memory);
  return {
    title: `idle: the daemon capturing on \`any\` where nothing happens, ${bench.rounds} times ${shown(seconds)} s`,
    programs: ['netglass', 'dumpcap'],
    lines: [
      { what: 'CPU, % of a core', values: { netglass: cpu, dumpcap: dumpcap.slice(0, 1) } },
      { what: 'memory, MB', values: { netglass: memory } },
      { what: 'peak memory, MB', values: { netglass: peak, dumpcap: dumpcap.slice(1) } },
    ],
    goals: [
      {
        what: 'CPU',
        target: 'under 1 % of a core',
        measured: `${shown(median(cpu))} %`,
        reached: median(cpu) < 1,
      },
      { what: 'memory', target: 'at most 150 MB', measured: `${shown(most)} MB`, reached: most <= 150 },
    ],
    notes: [
      'In a network namespace of its own with loopback only; the goal is about the memory while it idles; the peak includes the start.',
    ],
  };
}

export const idle: Row = { name: 'idle', impossible: whyNoNamespaces, run };
