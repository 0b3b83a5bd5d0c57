/**
 * Every capture of the shared corpus that is in a format we read, packet by packet against what tshark says, and back
 * out through our writers. The corpus lies beside the checkout; without it these tests are skipped, loudly.
 */
import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { gunzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { PcapWriter } from '../../captures/formats/pcap-writer.js';
import { PcapngWriter } from '../../captures/formats/pcapng-writer.js';
import { openFile } from '../../captures/sources/file.js';
import type { PacketSource } from '../../captures/sources/source.js';
import { type Drained, drain, joined } from '../support/pcap-bytes.js';

const CORPUS = path.resolve('../shared/corpus');
const present = existsSync(path.join(CORPUS, 'MANIFEST.tsv'));
if (!present) {
  console.warn(`SKIPPED: there is no corpus at ${CORPUS}: the readers were not compared with tshark`);
}

/** Formats of the manifest that we do not claim: they are refused, each with its name. */
const NOT_OURS: Readonly<Record<string, string>> = {
  snoop: 'a Solaris snoop capture',
  lz4: 'LZ4 data',
  zst: 'Zstandard data',
  'pcap-le-us+xz': 'xz data',
};

/** Files where tshark guesses another variant of the record header than libpcap and we do, by looking at a few records. */
const TSHARK_GUESSES: Readonly<Record<string, string>> = {
  'pcapplusplus__clusterfuzz-testcase-minimized-FuzzTarget-5766899836387328.pcap': 'tcpdump reads 1 packet too',
  'pcapplusplus__crash-exception-cast-constructed-record.pcap': 'tcpdump reads 2 packets too',
  'pcapplusplus__igmplayer.pcap': 'tcpdump reads the same 2 packets',
};

/** SunATM: tshark takes its pseudo-header of 4 octets off the packet. */
const SUNATM = 123;
const NANOSECONDS_32 = 1n << 32n;

interface Row {
  readonly file: string;
  readonly format: string;
  readonly packets: number;
  readonly tshark: string;
  readonly tcpdump: string;
}

async function manifest(): Promise<Row[]> {
  const lines = (await readFile(path.join(CORPUS, 'MANIFEST.tsv'), 'utf8')).trim().split('\n').slice(1);
  return lines.map((line) => {
    const cells = line.split('\t');
    return { file: cells[0], format: cells[5], packets: Number(cells[7]), tshark: cells[10], tcpdump: cells[11] };
  });
}

const captureOf = (row: Row): string => path.join(CORPUS, 'captures', row.file);

/** tshark's rows: time, length, captured length, section and interface. */
async function oracle(row: Row): Promise<string[][]> {
  const file = path.join(CORPUS, 'oracle', `${row.file}.pkt.tsv.gz`);
  if (!existsSync(file)) {
    return [];
  }
  const lines = gunzipSync(await readFile(file))
    .toString('latin1')
    .trim()
    .split('\n')
    .slice(1);
  return lines.map((line) => line.split('\t'));
}

/**
 * How a time compares with tshark's text. Exactly, modulo 2^64 ns; or, in classic pcap, with a fraction of more than a
 * second, for which tshark's 32-bit arithmetic overflows (sometimes into a negative fraction).
 */
function timeVerdict(ours: bigint | null, theirs: string): 'same' | 'overflow' | 'different' {
  const parts = /^(-?)(\d+)\.(\d+)$/.exec(theirs);
  if (ours === null || parts === null) {
    return ours === null && theirs === '' ? 'same' : 'different';
  }
  const fraction = BigInt(parts[3]) * (parts[1] === '-' ? -1n : 1n);
  const difference = BigInt.asUintN(64, BigInt(parts[2]) * 1_000_000_000n + fraction) - ours;
  return difference === 0n ? 'same' : difference % NANOSECONDS_32 === 0n ? 'overflow' : 'different';
}

function differences(
  source: PacketSource,
  drained: Drained,
  rows: readonly string[][],
): { different: string[]; overflows: number } {
  const different: string[] = [];
  let overflows = 0;
  drained.packets.forEach((packet, i) => {
    const row = rows[i];
    const described = source.interfaces[packet.interfaceId];
    const first = source.interfaces.findIndex((one) => one.section === described.section);
    const pseudo = described.linkType === SUNATM ? 4 : 0;
    const verdict = timeVerdict(packet.time, row[2]);
    overflows += verdict === 'overflow' ? 1 : 0;
    const same =
      verdict !== 'different' &&
      // tshark stops counting at 2^31-1.
      Math.min(packet.original - pseudo, 0x7fffffff) === Number(row[3]) &&
      packet.data.length - pseudo === Number(row[4]) &&
      (row[6] === '' || (described.section ?? 0) + 1 === Number(row[6])) &&
      (row[7] === '' || packet.interfaceId - first === Number(row[7]));
    if (!same) {
      different.push(`packet ${i + 1}: ${packet.time}, ${packet.original} | ${row.slice(2, 8).join(' ')}`);
    }
  });
  return { different, overflows };
}

const run = promisify(execFile);

(present ? describe : describe.skip)('the corpus', () => {
  let folder: string;
  beforeAll(async () => {
    folder = await mkdtemp(path.join(tmpdir(), 'netglass-corpus-'));
  });
  afterAll(() => rm(folder, { recursive: true }));

  test('every packet has the time, lengths and interface that tshark sees', async () => {
    const different: string[] = [];
    let packets = 0;
    let files = 0;
    let overflows = 0;
    for (const row of await manifest()) {
      const rows = await oracle(row);
      let source: PacketSource;
      try {
        source = await openFile(captureOf(row));
      } catch (error) {
        const looks = NOT_OURS[row.format];
        if (looks === undefined ? rows.length > 0 : !String(error).includes(looks)) {
          different.push(`${row.file}: ${error}`);
        }
        continue;
      }
      files++;
      const drained = await drain(source, true);
      if (row.file in TSHARK_GUESSES) {
        expect(Number.parseInt(row.tcpdump, 10)).toBe(drained.packets.length);
        continue;
      }
      // tshark refuses link types that it does not know; tcpdump has most of them.
      if (row.tshark.includes('network type')) {
        if (
          Number.parseInt(row.tcpdump, 10) !== drained.packets.length &&
          row.file !== 'derived__hdr-linktype-unknown.pcap'
        ) {
          different.push(`${row.file}: ${drained.packets.length} packets, tcpdump: ${row.tcpdump}`);
        }
        continue;
      }
      if (drained.packets.length !== rows.length || rows.length !== row.packets) {
        different.push(`${row.file}: ${drained.packets.length} packets, tshark: ${rows.length}`);
        continue;
      }
      if ((source.end?.reason === 'finished') !== row.tshark.startsWith('ok')) {
        different.push(`${row.file}: ${JSON.stringify(source.end)}, tshark: ${row.tshark}`);
      }
      const compared = differences(source, drained, rows);
      packets += rows.length;
      overflows += compared.overflows;
      different.push(...compared.different.slice(0, 3).map((line) => `${row.file}: ${line}`));
    }
    expect(different).toEqual([]);
    // How much was compared: neither may shrink unseen.
    expect(files).toBeGreaterThan(1700);
    expect(packets).toBeGreaterThan(80_000);
    expect(overflows).toBeLessThan(40);
  }, 300_000);

  /** One of each format and form, rather than all 1,758: tshark takes a quarter of a second to start. */
  const FORMS =
    /^(fq__many_interfaces|derived__(be-|gz-|modpcap|nsecpcap|dsb|blk-trailer|cut-in-packet)|pcapngtest__output_(be|le)|scapy__macos|arkime__bigendian|fq__inet_tls12|tcpdump__(time_2107|usb))/;

  test('what we write is read by tshark and capinfos without a complaint, and says the same', async () => {
    const complaints: string[] = [];
    let files = 0;
    for (const row of (await manifest()).filter(({ file, packets }) => FORMS.test(file) && packets > 0)) {
      const source = await openFile(captureOf(row));
      const drained = await drain(source, true);
      files++;
      const writer = new PcapngWriter({ application: 'netglass' });
      const out = path.join(folder, 'out.pcapng');
      await writeFile(out, joined(writer.header(source.interfaces), writer.writeBlock(drained.bytes)));
      const fields = ['frame.time_epoch', 'frame.len', 'frame.cap_len', 'frame.interface_id'];
      const dissection = await run(
        'tshark',
        ['-n', '-r', out, '-T', 'fields', ...fields.flatMap((field) => ['-e', field])],
        {
          maxBuffer: 1 << 26,
        },
      );
      complaints.push(
        ...dissection.stderr
          .split('\n')
          .filter((line) => line !== '' && !line.startsWith('Running as'))
          .map((line) => `${row.file}: ${line}`),
      );
      const lines = dissection.stdout
        .trimEnd()
        .split('\n')
        .map((line) => line.split('\t'))
        .filter((cells) => cells[1] !== '' && cells[0] !== undefined);
      const expected = drained.packets.map((packet) =>
        [packet.original, packet.data.length, packet.interfaceId].join(),
      );
      const kept = lines.filter((cells) => cells[3] !== '');
      if (kept.map((cells) => cells.slice(1).join()).join('\n') !== expected.join('\n')) {
        complaints.push(
          `${row.file}: tshark reads ${kept.length} packets of ours, or other lengths; written: ${expected.length}`,
        );
      }
      drained.packets.forEach((packet, i) => {
        if (packet.time !== null && timeVerdict(packet.time, kept[i]?.[0] ?? '') !== 'same') {
          complaints.push(`${row.file}: packet ${i + 1} has time ${packet.time}, tshark: ${kept[i]?.[0]}`);
        }
      });
      const infos = await run('capinfos', ['-M', '-T', '-r', '-c', out]);
      if (Number(infos.stdout.trim().split('\t').pop()) !== drained.packets.length) {
        complaints.push(`${row.file}: capinfos counts ${infos.stdout.trim()}, written: ${expected.length}`);
      }
      if (infos.stderr !== '' && !infos.stderr.startsWith('Running as')) {
        complaints.push(`${row.file}: capinfos: ${infos.stderr}`);
      }
      if (new Set(source.interfaces.map((one) => one.linkType)).size === 1) {
        const classic = new PcapWriter(source.interfaces);
        const back = path.join(folder, 'out.pcap');
        await writeFile(back, joined(classic.header(), classic.writeBlock(drained.bytes)));
        const again = await drain(await openFile(back));
        expect(again.packets.map((packet) => packet.data)).toEqual(drained.packets.map((packet) => packet.data));
        const read = await run('tcpdump', ['-n', '-t', '-r', back], { maxBuffer: 1 << 26 });
        complaints.push(
          ...read.stderr
            .split('\n')
            .filter((line) => line !== '' && !line.startsWith('reading from file'))
            .map((line) => `${row.file}: tcpdump: ${line}`),
        );
      }
    }
    expect(complaints).toEqual([]);
    expect(files).toBeGreaterThan(35);
  }, 300_000);
});
