/** What `netglass read` does. A module of its own: the decoders, which it needs, take a tenth of a second to load. */

import { PcapngWriter } from '../../captures/formats/pcapng-writer.js';
import { hostTexts } from '../../captures/recording/section.js';
import { KeyLog } from '../../captures/secrets/key-log.js';
import { secretsOf } from '../../captures/secrets/node-secrets.js';
import { openFile } from '../../captures/sources/file.js';
import { CaptureError, type PacketSource } from '../../captures/sources/source.js';
import type { Registry } from '../../decoders/core/index.js';
import { type CompiledFilter, compileFilter, FilterError } from '../../decoders/filter/index.js';
import { registry } from '../../decoders/protocols/index.js';
import { filterInWords, UsageError } from '../commands/failure.js';
import { decodeAsRules } from './decode-as.js';
import { type FieldFormat, fieldFormat, fieldsLine, headerLine, type WantedField, wantedFields } from './fields.js';
import { jsonOf } from './json.js';
import { Output } from './output.js';
import { readPackets, type Sink } from './packets.js';
import { addKeyLogFile, checkPreferences, sessionOptions } from './preferences.js';
import { lineOf, treeOf } from './text.js';

export interface ReadOptions {
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

/** @throws UsageError, CaptureError */
export async function read(options: ReadOptions): Promise<void> {
  const format = fieldFormat(options.fieldOption);
  const fields = wantedFields(options.field);
  checkCombination(options, fields);
  for (const warning of checkPreferences(options.preference)) console.error(`netglass: ${warning}`);
  const decoder = registry.with(decodeAsRules(registry, options.decodeAs));
  const filter = compiled(decoder, options.displayFilter);
  const keyLog = new KeyLog();
  await addKeyLogFile(keyLog, options.preference);
  const source = await openFile(options.read);
  const output = new Output(options.write ?? '-');
  const sink = options.write === undefined ? printing(options, fields, format, output) : writing(output);
  await sink.begin(source);
  await readPackets(source, sink, {
    registry: decoder,
    filter,
    limit: options.count ?? Number.POSITIVE_INFINITY,
    session: { ...sessionOptions(options.preference), secrets: secretsOf(keyLog) },
    keyLog,
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
      await output.write(writer.writeBlock(bytes, matched));
    },
    end: (source) => output.write(writer.describe(source.interfaces)),
  };
}
