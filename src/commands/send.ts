/** `netglass send`: packets made of layers, or those of a capture again; by the service when one runs, for it may send. */

import { readFileSync } from 'node:fs';
import { text } from 'node:stream/consumers';
import { Command, InvalidArgumentError, Option } from 'commander';
import type { SendEngine } from '../../captures/send/craft.js';
import { shared, whole } from '../settings.js';
import { UsageError } from './failure.js';

export interface SendOptions {
  file?: string;
  interface?: string;
  engine?: SendEngine;
  count?: number;
  interval?: number;
  rate?: number;
  wait?: number;
  replay?: string;
  displayFilter?: string;
  speed?: number;
  sendAnywhere?: true;
  json?: true;
  alone?: true;
  host: string;
  port: number;
  token?: string;
  data: string;
}

/** A number from `least` to `most`, for options. */
function decimal(least: number, most: number): (given: string) => number {
  return (given) => {
    const value = Number(given);
    if (given.trim() === '' || !(value >= least && value <= most))
      throw new InvalidArgumentError(`Give a number from ${least} to ${most}.`);
    return value;
  };
}

const speed = (given: string): number => (given === 'max' ? 0 : decimal(0, 1e6)(given));

export function sendCommand(): Command {
  return new Command('send')
    .description('make packets of layers and send them, or send the packets of a capture again')
    .argument('[layers]', 'the layers as JSON, outermost first')
    .option('--file <file>', 'read the layers from a file; - for standard input')
    .option('-i, --interface <name>', 'send frames by this interface')
    .addOption(
      new Option('--engine <name>', 'what sends; default: raw-socket for IP packets, native for frames').choices([
        'raw-socket',
        'native',
      ]),
    )
    .addOption(new Option('-c, --count <number>', 'send so many').argParser(whole(1, 1_000_000_000)))
    .addOption(new Option('--interval <seconds>', 'from one to the next').argParser(decimal(0, 86_400)))
    .addOption(
      new Option(
        '--rate <packets>',
        'packets a second at most (default: what the service allows; 100 without it)',
      ).argParser(decimal(0.001, 1e9)),
    )
    .addOption(
      new Option('-w, --wait <seconds>', 'wait so long for what answers, and show it').argParser(decimal(0, 60)),
    )
    .option('--replay <capture>', 'send the packets of a capture: an id, or a file, which is sent without the service')
    .option('-Y, --display-filter <filter>', 'of a replay: only packets that meet this display filter')
    .addOption(
      new Option('--speed <factor>', 'of a replay: how many times as fast as it was; max: as fast as the rate lets it')
        .argParser(speed)
        .default(1),
    )
    .option('--send-anywhere', 'without the service: beyond loopback and directly connected private networks')
    .option('--json', 'print what came of it as JSON, as POST /api/send answers')
    .addOption(shared.alone())
    .addOption(shared.host())
    .addOption(shared.port())
    .addOption(shared.token())
    .addOption(shared.data())
    .addHelpText(
      'after',
      `
A running service is asked over HTTP, and must have been started with --allow-send; when there is none, this process
sends, which needs the privilege to (root, or as "netglass doctor" says). Either way packets go to loopback and to directly
connected private networks only, at most 100 a second, unless more was allowed; and every packet is written down, as
pcapng, in the data folder's "sent".

A layer is {"PROTOCOL": {"FIELD": VALUE, …}}: eth, vlan, ieee8021ad, arp, ip, ipv6, icmp, icmpv6, udp, tcp, dns, with
Wireshark's field names; the last may be {"payload": "text"}, {"payload": "0x0a1b"} or {"payload": {"hex": "0a1b"}}. Lengths,
checksums, identifications and next protocols are computed unless they are given, right or wrong. Ctrl-C stops.

Examples:
  netglass send --wait 1 '[{"ip": {"dst": "127.0.0.1", "ttl": 3}}, {"icmp": {"type": 8}}, {"payload": "hello"}]'
  netglass send -w 1 '[{"ip": {"dst": "127.0.0.1"}}, {"tcp": {"dstport": 80, "options": [{"options.mss_val": 1460}]}}]'
  netglass send -w 1 '[{"ip": {"dst": "127.0.0.53"}}, {"udp": {}}, {"dns": {"qry.name": "example.com", "qry.type": "AAAA"}}]'
  netglass send -i eth0 -w 1 '[{"eth": {}}, {"arp": {"dst.proto_ipv4": "192.168.1.1"}}]'
  netglass send --replay lecture.pcapng -Y udp -i lo --speed 2`,
    )
    .action(send);
}

async function send(layers: string | undefined, options: SendOptions): Promise<void> {
  const given = [layers, options.file, options.replay].filter((one) => one !== undefined).length;
  if (given !== 1)
    throw new UsageError('Give either layers, or --file, or --replay (netglass send --help has examples).');
  if (options.replay !== undefined) {
    if (options.interface === undefined) throw new UsageError('A replay needs an interface: -i NAME');
    const { replay } = await import('../send/replay.js');
    await replay(options.replay, options.interface, options);
    return;
  }
  if (options.displayFilter !== undefined) throw new UsageError('A display filter is for --replay only.');
  const { sendLayers } = await import('../send/layers.js');
  await sendLayers(readLayers(layers ?? (await fileText(options.file ?? '-'))), options);
}

function readLayers(json: string): unknown[] {
  let value: unknown;
  try {
    value = JSON.parse(json);
  } catch (error) {
    throw new UsageError(`The layers are no JSON: ${(error as Error).message}`);
  }
  if (!Array.isArray(value)) throw new UsageError('The layers are a list: [{"ip": {…}}, {"icmp": {…}}]');
  return value;
}

async function fileText(file: string): Promise<string> {
  if (file === '-') return text(process.stdin);
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    throw new UsageError(`${file} cannot be read: ${(error as Error).message}`);
  }
}
