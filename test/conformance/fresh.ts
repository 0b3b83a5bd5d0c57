/**
 * Asks the tshark of this machine for fields that the corpus's own answers lack. The answers are kept in the
 * system's temporary folder, by what is in the capture, so that they are asked for once.
 */

import { execFile, execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { gunzipSync, gzipSync } from 'node:zlib';
import { registry } from '../../decoders/protocols/index.js';
import { corpusPath, type Mode, oracleSheet, type Sheet } from '../support/corpus.js';
import { isException } from './exceptions.js';
import { LOWER } from './report.js';

const run = promisify(execFile);
/** Fields of one run: a command line has its limits. */
const CHUNK = 500;
const SEPARATOR = '\x1f';
/** Octets that tshark may print for one file. */
const MAXIMUM_OUTPUT = 1 << 30;

const always = [
  'ip.use_geoip:FALSE',
  'ipv6.use_geoip:FALSE',
  'ip.check_checksum:TRUE',
  'tcp.check_checksum:TRUE',
  'udp.check_checksum:TRUE',
  'tcp.relative_sequence_numbers:FALSE',
  'sctp.relative_tsns:FALSE',
  'wlan.enable_decryption:FALSE',
];
/** As the corpus's own answers were made (`oracle.sh`). */
const preferences: Readonly<Record<Mode, readonly string[]>> = {
  pkt: [
    ...always,
    'ip.defragment:FALSE',
    'ipv6.defragment:FALSE',
    'tcp.desegment_tcp_streams:FALSE',
    'tcp.analyze_sequence_numbers:FALSE',
    'tcp.calculate_timestamps:FALSE',
    'tcp.track_bytes_in_flight:FALSE',
    'sctp.reassembly:FALSE',
    'wlan.defragment:FALSE',
  ],
  app: [
    ...always,
    'ip.defragment:TRUE',
    'ipv6.defragment:TRUE',
    'tcp.desegment_tcp_streams:TRUE',
    'tcp.reassemble_out_of_order:TRUE',
    'tcp.analyze_sequence_numbers:TRUE',
  ],
};

/** tshark's `-o` for a mode. */
export function preferenceArguments(mode: Mode): string[] {
  return preferences[mode].flatMap((preference) => ['-o', preference]);
}

/** Where answers are kept. */
export const cacheFolder = join(tmpdir(), 'netglass-conformance');

/** Runs tshark with no profile, hosts file or time zone of this machine. Capture files may be damaged: status 2. */
export async function askTshark(args: readonly string[]): Promise<string> {
  const configuration = join(cacheFolder, 'configuration');
  mkdirSync(configuration, { recursive: true });
  const env = { ...process.env, TZ: 'UTC', LC_ALL: 'C.UTF-8', WIRESHARK_CONFIG_DIR: configuration };
  try {
    const { stdout } = await run('tshark', ['-n', ...args], { env, maxBuffer: MAXIMUM_OUTPUT });
    return stdout;
  } catch (error) {
    const { code, stdout } = error as { code?: number | string; stdout?: string };
    if (code === 2 && stdout !== undefined) return stdout;
    throw error;
  }
}

/** Types without a value of their own: what `-T fields` prints of them is a title. */
const VALUELESS = new Set(['FT_NONE', 'FT_PROTOCOL']);

let shared: string[] | undefined;
/** The registry's fields that this tshark has a value for. */
export function sharedFields(): readonly string[] {
  if (shared !== undefined) return shared;
  const text = execFileSync('tshark', ['-G', 'fields'], { encoding: 'utf8', maxBuffer: 1 << 28, stdio: 'pipe' });
  const known = new Set<string>();
  for (const line of text.split('\n')) {
    const [kind, , name, type] = line.split('\t');
    if (kind === 'F' && !VALUELESS.has(type)) known.add(name);
  }
  shared = [...registry.fields()].map(({ name }) => name).filter((name) => known.has(name) && !isException(name));
  return shared;
}

/** A sheet on the disk: of each packet only what is there. */
interface Kept {
  readonly columns: readonly string[];
  /** Index of a column, value, index, value, … of each packet, from the first. */
  readonly packets: readonly (readonly (number | string)[])[];
}

function keptPath(path: string, mode: Mode): string {
  return join(cacheFolder, `${createHash('sha256').update(readFileSync(path)).digest('hex')}.${mode}.json.gz`);
}

function load(path: string): Kept {
  if (!existsSync(path)) return { columns: [], packets: [] };
  return JSON.parse(gunzipSync(readFileSync(path)).toString('utf8')) as Kept;
}

function save(path: string, kept: Kept): void {
  mkdirSync(cacheFolder, { recursive: true });
  const draft = `${path}.${process.pid}`;
  writeFileSync(draft, gzipSync(JSON.stringify(kept)));
  renameSync(draft, path);
}

function sheetOf({ columns, packets }: Kept): Sheet {
  const rows = packets.map((pairs, index): [number, string[]] => {
    const values = new Array<string>(columns.length).fill('');
    for (let i = 0; i < pairs.length; i += 2) values[pairs[i] as number] = pairs[i + 1] as string;
    return [index + 1, values];
  });
  return { columns, rows: new Map(rows) };
}

/** Splits what tshark printed: a line a packet, but a value may have line breaks in it. */
function* rowsOf(text: string, fields: number): Generator<string[]> {
  let values: string[] = [];
  for (const line of text.split('\n')) {
    const parts = line.split(SEPARATOR);
    if (values.length === 0) values = parts;
    else {
      values[values.length - 1] += `\\n${parts[0]}`;
      values.push(...parts.slice(1));
    }
    if (values.length < fields) continue;
    yield values;
    values = [];
  }
}

async function askFields(path: string, mode: Mode, fields: readonly string[], known: Kept): Promise<Kept> {
  const columns = [...known.columns];
  const packets = known.packets.map((pairs) => [...pairs]);
  for (let at = 0; at < fields.length; at += CHUNK) {
    const chunk = fields.slice(at, at + CHUNK);
    const text = await askTshark([
      ...preferenceArguments(mode),
      ...['-r', path, '-Y', 'frame.encap_type', '-T', 'fields'],
      ...['-E', `separator=${SEPARATOR}`, '-E', 'occurrence=a', '-E', 'aggregator=|'],
      ...['frame.encap_type', ...chunk].flatMap((field) => ['-e', field]),
    ]);
    let index = 0;
    for (const values of rowsOf(text, chunk.length + 1)) {
      packets[index] ??= [];
      const pairs = packets[index++];
      for (let i = 0; i < chunk.length; i++)
        if (values[i + 1] !== '')
          pairs.push(columns.length + i, values[i + 1].replaceAll('\t', '\\t').replaceAll('\r', '\\r'));
    }
    columns.push(...chunk);
  }
  return { columns, packets };
}

/** Octets of a key log: a capture that brings its secrets along would be decrypted. */
const SECRETS = /CLIENT_RANDOM|TRAFFIC_SECRET|RSA Session/;

/** Calls `use` with the capture, without the secrets that it may hold. */
async function withoutSecrets<T>(path: string, mode: Mode, use: (path: string) => Promise<T>): Promise<T> {
  const bytes = readFileSync(path);
  if (mode === 'pkt' || bytes.subarray(0, 4).toString('hex') !== '0a0d0d0a' || !SECRETS.test(bytes.toString('latin1')))
    return use(path);
  const folder = mkdtempSync(join(tmpdir(), 'netglass-secrets-'));
  try {
    const clean = join(folder, 'clean.pcapng');
    const done = await run('editcap', ['--discard-all-secrets', path, clean]).then(
      () => true,
      // editcap 4.0 cannot rewrite a file whose secrets stand before its first interface (NOTES.md, 14).
      () => false,
    );
    return await use(done ? clean : path);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/**
 * What tshark says of a file in all fields that both know of the protocols that are in it.
 *
 * @param only filter name: only the fields of this protocol
 */
export async function freshSheet(file: string, mode: Mode, folder: string, only?: string): Promise<Sheet> {
  const path = corpusPath(file, folder);
  const place = keptPath(path, mode);
  let kept = load(place);
  return withoutSecrets(path, mode, async (capture) => {
    const oracle = oracleSheet(file, mode, folder);
    const before = kept.columns.length;
    const basic = ['frame.protocols', 'frame.cap_len'].filter((name) => !kept.columns.includes(name));
    if (basic.length > 0 && oracle === undefined) kept = await askFields(capture, mode, basic, kept);
    const protocols = protocolsIn(oracle ?? sheetOf(kept), mode, only);
    const known = new Set(kept.columns);
    const wanted = sharedFields().filter((name) => {
      const field = registry.field(name);
      return !known.has(name) && field?.protocolIds.some((id) => protocols.has(registry.runtime(id).protocol.filter));
    });
    const missing = known.has('frame.protocols') ? wanted : [...basic, ...wanted];
    if (missing.length > 0)
      kept = await askFields(
        capture,
        mode,
        [...new Set(missing)].filter((name) => !kept.columns.includes(name)),
        kept,
      );
    if (kept.columns.length > before) save(place, kept);
    return sheetOf(kept);
  });
}

function protocolsIn({ columns, rows }: Sheet, mode: Mode, only: string | undefined): Set<string> {
  const index = columns.indexOf('frame.protocols');
  const found = new Set<string>();
  for (const row of rows.values()) for (const token of row[index].split(':')) found.add(token);
  if (only !== undefined) return new Set([...found].filter((name) => name === only));
  // Reassembly changes what applications get; what is below is compared packet by packet.
  return mode === 'pkt' ? found : new Set([...found].filter((name) => !LOWER.test(name)));
}
