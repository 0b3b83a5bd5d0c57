/** `netglass read`: a capture file as text, fields or JSON, with tshark's options, without a daemon. */

import { Command, Option } from 'commander';
import type { ReadOptions } from '../read/run.js';
import { whole } from '../settings.js';

const several = (value: string, before: string[]): string[] => [...before, value];
const list = (flags: string, what: string) =>
  new Option(flags, what).argParser(several).default([] as string[], 'none');

export function readCommand(): Command {
  return new Command('read')
    .description('print, or filter into another file, the packets of a capture file; the options are tshark’s')
    .requiredOption('-r, --read <file>', 'pcap or pcapng file, gzip or not; - for standard input')
    .option('-Y, --display-filter <filter>', 'only packets that meet this display filter')
    .addOption(
      new Option('-c, --count <number>', 'read so many packets at most').argParser(whole(1, Number.MAX_SAFE_INTEGER)),
    )
    .addOption(new Option('-T, --type <format>', 'what to print').choices(['text', 'fields', 'json']).default('text'))
    .addOption(list('-e, --field <name>', 'field to print with -T fields or -T json; several times for several'))
    .addOption(
      list(
        '-E, --field-option <name=value>',
        'header=y|n, separator=/t|/s|CHAR, aggregator=/s|CHAR, occurrence=f|l|a, quote=d|s|n',
      ),
    )
    .option('-V, --verbose', 'the whole tree of each packet')
    .option('-w, --write <file>', 'write the packets as pcapng instead of printing them; - for standard output')
    .addOption(list('-o, --preference <name:value>', 'preference by its Wireshark name'))
    .addOption(list('-d, --decode-as <table==value,protocol>', 'decode as this protocol, such as tcp.port==8080,http'))
    .addHelpText(
      'after',
      `
Examples:
  netglass read -r lecture.pcapng -Y "tcp.flags.syn == 1"
  netglass read -r lecture.pcapng -T fields -e ip.src -e tcp.port -E header=y
  netglass read -r big.pcap.gz -Y dns -w dns.pcapng`,
    )
    .action(async (options: ReadOptions) => (await import('../read/run.js')).read(options));
}
