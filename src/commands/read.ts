/** `netglass read`: a capture file as text, fields or JSON, with tshark's options, without a daemon. */

import { Command, Option } from 'commander';
import { PcapngWriter } from '../../captures/formats/pcapng-writer.js';
import { hostTexts } from '../../captures/recording/section.js';
import { openFile } from '../../captures/sources/file.js';
import { CaptureError, type PacketSource } from '../../captures/sources/source.js';
import type { Registry } from '../../decoders/core/index.js';
import { type CompiledFilter, compileFilter, FilterError } from '../../decoders/filter/index.js';
import { registry } from '../../decoders/protocols/index.js';
import { decodeAsRules } from '../read/decode-as.js';
import {
  type FieldFormat,
  fieldFormat,
  fieldsLine,
  headerLine,
  type WantedField,
  wantedFields,
} from '../read/fields.js';
import { jsonOf } from '../read/json.js';
import { Output } from '../read/output.js';
import { readPackets, type Sink } from '../read/packets.js';
import { checkPreferences, sessionOptions } from '../read/preferences.js';
import { lineOf, treeOf } from '../read/text.js';
import { whole } from '../settings.js';
import { filterInWords, UsageError } from './failure.js';

interface ReadOptions {
  read: string;
  displayFilter?: string;
  count?: number;
  type: 'text' | 'fields' | 'json';
  field: string[];
  fieldOption: string[];
  verbose?: true;
  write?: string;
  preference: string[];
  decodeAs: string[];
}

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
    .action(read);
}

async function read(options: ReadOptions): Promise<void> {
  const format = fieldFormat(options.fieldOption);
  const fields = wantedFields(options.field);
  checkCombination(options, fields);
  for (const warning of checkPreferences(options.preference)) console.error(`netglass: ${warning}`);
  const decoder = registry.with(decodeAsRules(registry, options.decodeAs));
  const filter = compiled(decoder, options.displayFilter);
  const source = await openFile(options.read);
  const output = new Output(options.write ?? '-');
  const sink = options.write === undefined ? printing(options, fields, format, output) : writing(output);
  await sink.begin(source);
  await readPackets(source, sink, {
    registry: decoder,
    filter,
    limit: options.count ?? Number.POSITIVE_INFINITY,
    session: sessionOptions(options.preference),
    // What is only written, or is below applications, needs nothing of earlier packets.
    inOrder: options.write === undefined && !(options.type === 'fields' && fields.every((field) => field.shallow)),
  });
  await sink.end(source);
  await output.close();
  for (const warning of source.warnings) console.error(`netglass: ${warning}`);
  if (source.end?.reason === 'damaged' || source.end?.reason === 'lost')
    throw new CaptureError('io', `${options.read}: ${source.end.detail ?? 'it is damaged'}`);
}

function checkCombination({ type, verbose, write }: ReadOptions, fields: readonly WantedField[]): void {
  if (type === 'fields' && fields.length === 0)
    throw new UsageError('"-T fields" was specified, but no fields were specified with "-e".');
  if (type === 'text' && fields.length > 0)
    throw new UsageError('Output fields were specified with "-e", but "-T fields" or "-T json" was not.');
  if (write !== undefined && (type !== 'text' || verbose === true))
    throw new UsageError('-w writes packets; -T and -V print them. Give one or the other.');
}

function compiled(decoder: Registry, text: string | undefined): CompiledFilter | undefined {
  if (text === undefined || text.trim() === '') return undefined;
  try {
    return compileFilter(decoder, text);
  } catch (error) {
    if (error instanceof FilterError) throw new UsageError(filterInWords(error, text));
    throw error;
  }
}

interface WholeSink extends Sink {
  begin(source: PacketSource): Promise<void>;
  end(source: PacketSource): Promise<void>;
}

function printing(
  { type, verbose }: ReadOptions,
  fields: readonly WantedField[],
  format: FieldFormat,
  output: Output,
): WholeSink {
  let first = true;
  return {
    begin: async () => {
      if (type === 'fields' && format.header) output.line(headerLine(fields, format));
      if (type === 'json') await output.write('[\n');
    },
    packet: (packet) => {
      if (type === 'fields') output.line(fieldsLine(packet, fields, format));
      else if (type === 'json') output.line(`${first ? '' : '  ,\n'}${jsonOf(packet, fields, format)}`);
      else output.line(verbose === true ? treeOf(packet) : lineOf(packet));
      first = false;
    },
    block: () => output.flush(),
    end: async () => {
      await output.flush();
      if (type === 'json') await output.write(']\n');
    },
  };
}

function writing(output: Output): WholeSink {
  let writer: PcapngWriter;
  return {
    begin: async (source) => {
      writer = new PcapngWriter(hostTexts(source.section, false));
      await output.write(writer.header(source.interfaces));
    },
    block: async ({ bytes }, source, matched) => {
      await output.write(writer.describe(source.interfaces));
      // The writer uses its buffer again, and a slow disk would be given the next block's octets.
      await output.write(new Uint8Array(writer.writeBlock(bytes, matched)));
    },
    end: (source) => output.write(writer.describe(source.interfaces)),
  };
}
