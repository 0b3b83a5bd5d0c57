/** Live capture of a flood, beside `tcpdump -w` and `dumpcap -w`. */

import { setTimeout as sleep } from 'node:timers/promises';
import type { Bench, Row } from '../harness/bench.js';
import { Daemon } from '../harness/daemon.js';
import { Pair, whyNoNamespaces } from '../harness/network.js';
import { cpuSeconds } from '../harness/processes.js';
import type { Result } from '../harness/result.js';
import { median, ratios, shown } from '../harness/samples.js';

const PACKETS = 4_000_000;
const FRAME_BYTES = 100;
/** How long nothing may be indexed before what is missing counts as lost. */
const GIVE_UP_MILLISECONDS = 10_000;
/** For the buffers of the peers to reach their file. */
const SETTLE_MILLISECONDS = 1000;

interface Capture {
  readonly id: string;
  readonly packets: number;
  readonly error?: string;
}

/** One flood as one program saw it. */
interface Seen {
  readonly sent: number;
  readonly lost: number;
  readonly cpu: number;
  /** Only netglass: seconds from the end of the flood until all is indexed, and the CPU until then. */
  readonly behind?: number;
  readonly cpuCaptured?: number;
}

/** Sends the flood; resolves to the sender's packets a second. */
async function flood(bench: Bench, pair: Pair, packets: number): Promise<number> {
  const command = pair.namespace.command(bench.tools.sender, pair.peer, `${packets}`, `${FRAME_BYTES}`);
  const { output } = await bench.tools.run(...command);
  return Number(/(\d+) packets\/s/.exec(output)?.[1]);
}

async function netglass(bench: Bench, pair: Pair, packets: number): Promise<Seen> {
  const data = bench.path('data');
  const daemon = await Daemon.start(data, ['--no-capture']);
  try {
    const { id } = await daemon.json<Capture>('POST', '/api/captures', { interfaces: [pair.host] });
    const before = cpuSeconds(daemon.pid);
    const sent = await flood(bench, pair, packets);
    const behind = await indexed(daemon, id, packets);
    const cpuCaptured = cpuSeconds(daemon.pid) - before;
    const { error } = await daemon.json<Capture>('POST', `/api/captures/${id}/stop`);
    if (error !== undefined) throw new Error(`the capture failed: ${error}`);
    const cpu = cpuSeconds(daemon.pid) - before;
    const { count } = await daemon.json<{ count: number }>('GET', `/api/captures/${id}/packets/count`);
    return {
      sent,
      lost: packets - count,
      behind,
      cpu: (cpu / packets) * 1e6,
      cpuCaptured: (cpuCaptured / packets) * 1e6,
    };
  } finally {
    await daemon.stop();
    bench.remove(data);
  }
}

/** Waits until all packets are in the index; resolves to the seconds that took. */
async function indexed(daemon: Daemon, id: string, packets: number): Promise<number> {
  const start = performance.now();
  let last = -1;
  let changed = start;
  for (;;) {
    const capture = await daemon.json<Capture>('GET', `/api/captures/${id}`);
    const now = performance.now();
    if (capture.packets !== last) changed = now;
    last = capture.packets;
    if (last >= packets || now - changed > GIVE_UP_MILLISECONDS) return (changed - start) / 1000;
    await sleep(20);
  }
}

/** A peer that writes to a file and says at its end how many packets it has. */
async function peer(bench: Bench, pair: Pair, packets: number, program: 'tcpdump' | 'dumpcap'): Promise<Seen> {
  const file = bench.path('peer.pcap');
  const own = program === 'tcpdump' ? ['-Z', 'root'] : ['-q'];
  const running = bench.tools.start(program, ...own, '-i', pair.host, '-w', file);
  await running.said(program === 'tcpdump' ? /listening on/ : /File: /);
  // dumpcap names its file a moment before it captures.
  await sleep(SETTLE_MILLISECONDS);
  const sent = await flood(bench, pair, packets);
  await sleep(SETTLE_MILLISECONDS);
  const cost = await running.stop();
  bench.remove(file);
  const captured = Number(/(\d+) packets captured|Packets captured: (\d+)/.exec(cost.errors)?.slice(1).find(Boolean));
  return { sent, lost: packets - captured, cpu: (cost.cpuSeconds / captured) * 1e6 };
}

async function run(bench: Bench): Promise<Result> {
  const packets = bench.size(PACKETS);
  const seen: Record<'netglass' | 'tcpdump' | 'dumpcap', Seen[]> = { netglass: [], tcpdump: [], dumpcap: [] };
  const pair = new Pair();
  try {
    for (let round = 0; round < bench.rounds; round++) {
      seen.netglass.push(await netglass(bench, pair, packets));
      seen.tcpdump.push(await peer(bench, pair, packets, 'tcpdump'));
      seen.dumpcap.push(await peer(bench, pair, packets, 'dumpcap'));
      bench.say(`live, round ${round + 1}: ${JSON.stringify(seen.netglass.at(-1))}`);
    }
  } finally {
    pair.remove();
  }
  const of = (value: (one: Seen) => number) => ({
    netglass: seen.netglass.map(value),
    'tcpdump -w': seen.tcpdump.map(value),
    'dumpcap -w': seen.dumpcap.map(value),
  });
  const lost = seen.netglass.map((one) => one.lost);
  const behind = seen.netglass.map((one) => one.behind ?? 0);
  const cpu = of((one) => one.cpu);
  const ratio = ratios(cpu.netglass, cpu['dumpcap -w']);
  return {
    title: `live: ${shown(packets)} UDP frames of ${FRAME_BYTES} octets over veth, the sender at its limit`,
    programs: ['netglass', 'tcpdump -w', 'dumpcap -w'],
    lines: [
      { what: 'packets lost', values: of((one) => one.lost) },
      { what: 'sent, packets/s', values: of((one) => one.sent) },
      { what: 'CPU, µs a packet', values: cpu },
      { what: '… until all is indexed', values: { netglass: seen.netglass.map((one) => one.cpuCaptured ?? 0) } },
      { what: 'all indexed after the end, s', values: { netglass: behind } },
    ],
    goals: [
      {
        what: 'nothing is lost',
        target: '0 in every round',
        measured: `${shown(Math.max(...lost))} at most`,
        reached: lost.every((count) => count === 0),
      },
      {
        what: 'every packet is in the index after the end',
        target: 'within 5 s',
        measured: `${shown(median(behind))} s`,
        reached: median(behind) <= 5,
      },
      {
        what: "CPU a packet, of dumpcap's",
        target: 'at most 1 ×',
        measured: `${shown(median(ratio))} ×`,
        reached: median(ratio) <= 1,
      },
    ],
    notes: [
      'CPU is that of the whole process, user and system: netglass’s from before the flood until the capture is stopped, decoded, indexed and synchronized with the disk; the peers’ from start to end.',
      'A packet that a peer lost is not counted as one that it worked for.',
      'The sender runs on the same cores and gets slower where the receiver costs more, so the rates differ.',
    ],
  };
}

export const live: Row = { name: 'live', impossible: whyNoNamespaces, run };
