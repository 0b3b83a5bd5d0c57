/** Sending frames over veth: made of layers, and a capture again, beside tcpreplay or the bench's own sender. */

import { execFileSync, spawnSync } from 'node:child_process';
import { join } from 'node:path';
import type { Bench, Row } from '../harness/bench.js';
import { CLI } from '../harness/daemon.js';
import { Pair, whyNoNamespaces } from '../harness/network.js';
import type { Result } from '../harness/result.js';
import { median, shown } from '../harness/samples.js';

const PACKETS = 1_000_000;
/** Ethernet, IPv4 and UDP headers, and what fills the frame. */
const FRAME_BYTES = 100;
const PAYLOAD = 'x'.repeat(FRAME_BYTES - 42);
/** More than any machine reaches. */
const NO_LIMIT = ['--rate', '100000000'];

interface Report {
  readonly sent: number;
  readonly seconds: number;
}

/** One sending by one program. */
interface Round {
  readonly rate: number;
  readonly lost: number;
  readonly cpu: number;
}

const hasTcpreplay = spawnSync('tcpreplay', ['--version']).status === 0;

/** Frames that have arrived at the other end. */
function received(pair: Pair): number {
  const [program, ...args] = pair.namespace.command('cat', `/sys/class/net/${pair.peer}/statistics/rx_packets`);
  return Number(execFileSync(program, args, { encoding: 'utf8' }));
}

/** `netglass send` as a process of its own; packets a second are those of the sending, CPU is the whole process's. */
async function netglass(bench: Bench, pair: Pair, packets: number, what: readonly string[]): Promise<Round> {
  const before = received(pair);
  const data = bench.path('sent');
  const options = ['--alone', '--json', '--data', data, '--send-anywhere', '-i', pair.host, '-c', `${packets}`];
  const cost = await bench.tools.run(process.execPath, CLI, 'send', ...options, ...NO_LIMIT, ...what);
  const { sent, seconds } = JSON.parse(cost.output) as Report;
  bench.remove(data);
  return { rate: sent / seconds, lost: packets - (received(pair) - before), cpu: (cost.cpuSeconds / sent) * 1e6 };
}

/** The bench's C program: by sendmmsg, past the queueing discipline, and writes nothing down. */
async function sender(bench: Bench, pair: Pair, packets: number): Promise<Round> {
  const before = received(pair);
  const cost = await bench.tools.run(bench.tools.sender, pair.host, `${packets}`, `${FRAME_BYTES}`);
  const rate = Number(/(\d+) packets\/s/.exec(cost.output)?.[1]);
  return { rate, lost: packets - (received(pair) - before), cpu: (cost.cpuSeconds / packets) * 1e6 };
}

async function tcpreplay(bench: Bench, pair: Pair, packets: number, file: string): Promise<Round> {
  const before = received(pair);
  const cost = await bench.tools.run('tcpreplay', '--topspeed', '--preload-pcap', `--intf1=${pair.host}`, file);
  const rate = Number(/Rated: .* ([\d.]+) pps/.exec(cost.output)?.[1]);
  return { rate, lost: packets - (received(pair) - before), cpu: (cost.cpuSeconds / packets) * 1e6 };
}

/** What `netglass send` wrote down of one sending: the frames to send again. */
async function capture(bench: Bench, pair: Pair, packets: number, layers: string): Promise<string> {
  const data = bench.path('capture');
  const options = ['--alone', '--json', '--data', data, '--send-anywhere', '-i', pair.host, '-c', `${packets}`];
  const { output } = await bench.tools.run(process.execPath, CLI, 'send', ...options, ...NO_LIMIT, layers);
  return join((JSON.parse(output) as { log: string }).log, '000001.pcapng');
}

async function run(bench: Bench): Promise<Result> {
  const packets = bench.size(PACKETS);
  // As many as one file of the log of what was sent has for sure.
  const again = Math.min(packets, 50_000);
  const layers = JSON.stringify([
    { eth: { dst: '02:00:00:00:00:01', src: '02:00:00:00:00:02' } },
    { ip: { src: '198.18.0.1', dst: '198.18.0.2' } },
    { udp: { srcport: 1024, dstport: 9 } },
    { payload: PAYLOAD },
  ]);
  const peer = hasTcpreplay ? 'tcpreplay --topspeed' : 'sender.c';
  const made: Round[] = [];
  const replayed: Round[] = [];
  const peers: Round[] = [];
  const pair = new Pair();
  try {
    const file = await capture(bench, pair, again, layers);
    for (let round = 0; round < bench.rounds; round++) {
      made.push(await netglass(bench, pair, packets, [layers]));
      replayed.push(await netglass(bench, pair, again, ['--replay', file, '--speed', 'max']));
      peers.push(await (hasTcpreplay ? tcpreplay(bench, pair, again, file) : sender(bench, pair, packets)));
      bench.say(`send, round ${round + 1}: ${JSON.stringify(made.at(-1))}`);
    }
  } finally {
    pair.remove();
  }
  const rates = made.map(({ rate }) => rate);
  const lost = [...made, ...replayed].map((one) => one.lost);
  const of = (value: (round: Round) => number) => ({
    netglass: made.map(value),
    'netglass, a capture again': replayed.map(value),
    [peer]: peers.map(value),
  });
  return {
    title: `send: ${shown(packets)} UDP frames of ${FRAME_BYTES} octets over veth, as fast as it goes`,
    programs: ['netglass', 'netglass, a capture again', peer],
    lines: [
      { what: 'packets/s', values: of(({ rate }) => rate) },
      { what: 'CPU, µs a packet', values: of(({ cpu }) => cpu) },
      { what: 'packets that did not arrive', values: of((one) => one.lost) },
    ],
    goals: [
      {
        what: 'the native engine with a raised limit',
        target: 'at least 100,000 packets/s',
        measured: `${shown(median(rates))} packets/s`,
        reached: median(rates) >= 100_000,
      },
      {
        what: 'every packet arrives',
        target: '0 lost in every round',
        measured: `${shown(Math.max(...lost))} at most`,
        reached: lost.every((count) => count === 0),
      },
    ],
    notes: [
      `netglass writes every packet into its log of what was sent, and gives each an identification and a checksum of its own; a capture again: ${shown(again)} packets. CPU is the whole process's, its start among it.`,
      hasTcpreplay
        ? 'tcpreplay has the file in memory before it begins.'
        : 'tcpreplay is not installed here; the peer is the bench’s own C program, which sends the same frame past the queueing discipline and writes nothing down.',
    ],
  };
}

export const send: Row = { name: 'send', impossible: whyNoNamespaces, run };
