/** Export of everything as pcapng over REST, beside `tcpdump -r -w`. */

import { spawnSync } from 'node:child_process';
import { statSync } from 'node:fs';
import type { Bench, Row } from '../harness/bench.js';
import { Daemon } from '../harness/daemon.js';
import type { Result } from '../harness/result.js';
import { median, ratios, shown } from '../harness/samples.js';

const PACKETS = 2_000_000;

/** Where to: a new file, as a person would have it, and nowhere, which leaves only the programs' own speed. */
type Sink = 'file' | 'nowhere';

class Speeds {
  readonly netglass: number[] = [];
  readonly tcpdump: number[] = [];

  get shares(): number[] {
    return ratios(this.netglass, this.tcpdump);
  }
}

/** Runs a program that writes a file, and resolves to its seconds. */
async function seconds(bench: Bench, sink: Sink, least: number, command: (out: string) => string[]): Promise<number> {
  const out = sink === 'file' ? bench.path('out') : '/dev/null';
  const cost = await bench.tools.run(...command(out));
  if (sink === 'file') {
    if (statSync(out).size < least) throw new Error(`${out} is not whole`);
    bench.remove(out);
  }
  return cost.seconds;
}

async function run(bench: Bench): Promise<Result> {
  const packets = bench.size(PACKETS);
  const { data, id } = await bench.imported(packets);
  const file = bench.capture(packets);
  const { size } = statSync(file);
  const speeds: Record<Sink, Speeds> = { file: new Speeds(), nowhere: new Speeds() };
  const daemon = await Daemon.start(data, ['--no-capture']);
  try {
    const address = `${daemon.address}/api/captures/${id}/export?format=pcapng`;
    const curl = (out: string) => ['curl', '--silent', '--fail', '--output', out, address];
    const tcpdump = (out: string) => ['tcpdump', '-Z', 'root', '-r', file, '-w', out];
    for (let round = 0; round < bench.rounds; round++)
      for (const sink of ['file', 'nowhere'] as const) {
        speeds[sink].netglass.push(size / 1e6 / (await seconds(bench, sink, size, curl)));
        speeds[sink].tcpdump.push(size / 1e6 / (await seconds(bench, sink, size, tcpdump)));
        bench.say(`export to ${sink}, round ${round + 1}: ${shown(speeds[sink].shares[round])} × tcpdump`);
      }
  } finally {
    await daemon.stop();
  }
  const line = (what: string, { netglass, tcpdump }: Speeds) => ({
    what,
    values: { netglass, 'tcpdump -r -w': tcpdump },
  });
  const goal = (what: string, { shares }: Speeds) => ({
    what,
    target: 'at least 0.5 ×',
    measured: `${shown(median(shares))} ×`,
    reached: median(shares) >= 0.5,
  });
  return {
    title: `export: ${shown(packets)} packets, ${shown(size / 1e6)} MB, everything as pcapng`,
    programs: ['netglass', 'tcpdump -r -w'],
    lines: [line('to a file, MB/s', speeds.file), line('to /dev/null, MB/s', speeds.nowhere)],
    goals: [
      goal("to a file, of tcpdump's speed", speeds.file),
      goal("to /dev/null, of tcpdump's speed", speeds.nowhere),
    ],
    notes: [
      'netglass over REST with curl, tcpdump from its file. MB are those of the pcap for both; the pcapng is larger.',
    ],
  };
}

/** No program of the tests' needs: it is only asked for here. */
function whyNoCurl(): string | undefined {
  return spawnSync('curl', ['--version']).error === undefined ? undefined : 'it needs curl (sudo apt-get install curl)';
}

export const exportRow: Row = { name: 'export', impossible: whyNoCurl, run };
