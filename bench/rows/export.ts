/** Export of everything as pcapng over REST, beside `tcpdump -r -w`. */

import { statSync } from 'node:fs';
import type { Bench, Row } from '../harness/bench.js';
import { Daemon } from '../harness/daemon.js';
import type { Result } from '../harness/result.js';
import { median, ratios, shown } from '../harness/samples.js';

const PACKETS = 2_000_000;

async function run(bench: Bench): Promise<Result> {
  const packets = bench.size(PACKETS);
  const { data, id } = await bench.imported(packets);
  const file = bench.capture(packets);
  const megabytes = statSync(file).size / 1e6;
  const speed: number[] = [];
  const tcpdump: number[] = [];
  const daemon = await Daemon.start(data, ['--no-capture']);
  try {
    const address = `${daemon.address}/api/captures/${id}/export?format=pcapng`;
    for (let round = 0; round < bench.rounds; round++) {
      const out = bench.path('export.pcapng');
      const ours = await bench.tools.run('curl', '--silent', '--fail', '--output', out, address);
      if (statSync(out).size < statSync(file).size) throw new Error('the export is not whole');
      bench.remove(out);
      const copy = bench.path('copy.pcap');
      const theirs = await bench.tools.run('tcpdump', '-Z', 'root', '-r', file, '-w', copy);
      bench.remove(copy);
      speed.push(megabytes / ours.seconds);
      tcpdump.push(megabytes / theirs.seconds);
      bench.say(`export, round ${round + 1}: ${shown(speed[round])} MB/s, tcpdump ${shown(tcpdump[round])} MB/s`);
    }
  } finally {
    await daemon.stop();
  }
  const share = ratios(speed, tcpdump);
  return {
    title: `export: ${shown(packets)} packets, ${shown(megabytes)} MB, everything as pcapng`,
    programs: ['netglass', 'tcpdump -r -w'],
    lines: [{ what: 'MB/s of the pcap', values: { netglass: speed, 'tcpdump -r -w': tcpdump } }],
    goals: [
      {
        what: "speed, of tcpdump's",
        target: 'at least 0.5 ×',
        measured: `${shown(median(share))} ×`,
        reached: median(share) >= 0.5,
      },
    ],
    notes: [
      'netglass over REST with curl, tcpdump from its file; both write a new file in the same folder. MB are those of the pcap for both; the pcapng is larger.',
    ],
  };
}

export const exportRow: Row = { name: 'export', run };
