/** Ethernet frames and capture files made of them, and what tshark says of a file: for tests of log, index and queries. */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const folders: string[] = [];
process.on('exit', removeFolders);

/** A new folder of this test's own; `removeFolders` removes it. */
export function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'netglass-test-'));
  folders.push(folder);
  return folder;
}

export function removeFolders(): void {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true });
}

export interface TestPacket {
  /** Nanoseconds since 1970. */
  readonly time: bigint;
  readonly data: Uint8Array;
}

/** An IPv4 frame over Ethernet whose UDP or TCP header has right lengths; checksums are left out (0: none, for UDP). */
export function ipFrame(options: {
  source?: string;
  destination?: string;
  sourcePort?: number;
  destinationPort?: number;
  /** TCP control bits: a TCP segment instead of a datagram. */
  tcpFlags?: number;
  payload?: number;
}): Uint8Array {
  const { source = '10.0.0.1', destination = '10.0.0.2', sourcePort = 40000, destinationPort = 9 } = options;
  const tcp = options.tcpFlags !== undefined;
  const header = tcp ? 20 : 8;
  const length = 20 + header + (options.payload ?? 0);
  const frame = Buffer.alloc(14 + length, 0x2e);
  frame.set([2, 0, 0, 0, 0, 2, 2, 0, 0, 0, 0, 1, 8, 0]);
  frame.fill(0, 14, 34 + header);
  frame[14] = 0x45;
  frame.writeUInt16BE(length, 16);
  frame[22] = 64;
  frame[23] = tcp ? 6 : 17;
  frame.set(source.split('.').map(Number), 26);
  frame.set(destination.split('.').map(Number), 30);
  let sum = 0;
  for (let at = 14; at < 34; at += 2) sum += frame.readUInt16BE(at);
  sum = (sum & 0xffff) + (sum >>> 16);
  frame.writeUInt16BE(~(sum + (sum >>> 16)) & 0xffff, 24);
  frame.writeUInt16BE(sourcePort, 34);
  frame.writeUInt16BE(destinationPort, 36);
  if (tcp) {
    frame[46] = 0x50;
    frame[47] = options.tcpFlags as number;
  } else frame.writeUInt16BE(8 + (options.payload ?? 0), 38);
  return frame;
}

export const START = 1_700_000_000_000_000_000n;

/** `count` datagrams of `flows` flows, 10 µs apart; every tenth goes the other way. */
export function datagrams(count: number, flows = 7, payload = 20): TestPacket[] {
  const frames = Array.from({ length: flows * 2 }, (_, flow) => {
    const forth = { sourcePort: 20000 + (flow >> 1), destinationPort: 9, payload };
    return ipFrame(
      (flow & 1) === 0
        ? forth
        : {
            source: '10.0.0.2',
            destination: '10.0.0.1',
            sourcePort: 9,
            destinationPort: forth.sourcePort,
            payload: payload + 4,
          },
    );
  });
  return Array.from({ length: count }, (_, index) => ({
    time: START + BigInt(index) * 10_000n,
    data: frames[(index % flows) * 2 + (index % 10 === 9 ? 1 : 0)],
  }));
}

/** A pcap file with nanoseconds. */
export function pcapOf(packets: readonly TestPacket[], linkType = 1): Buffer {
  const file = Buffer.alloc(24 + packets.reduce((sum, { data }) => sum + 16 + data.length, 0));
  file.writeUInt32LE(0xa1b23c4d);
  file.writeUInt16LE(2, 4);
  file.writeUInt16LE(4, 6);
  file.writeUInt32LE(262144, 16);
  file.writeUInt32LE(linkType, 20);
  let at = 24;
  for (const { time, data } of packets) {
    file.writeUInt32LE(Number(time / 1_000_000_000n), at);
    file.writeUInt32LE(Number(time % 1_000_000_000n), at + 4);
    file.writeUInt32LE(data.length, at + 8);
    file.writeUInt32LE(data.length, at + 12);
    file.set(data, at + 16);
    at += 16 + data.length;
  }
  return file;
}

/** What tshark prints, a line each. Throws when it warns or fails: a file that it opens has to be without a fault. */
export function tshark(file: string, ...args: string[]): string[] {
  const { stdout, stderr, status } = spawnSync('tshark', ['-n', '-r', file, ...args], {
    encoding: 'utf8',
    maxBuffer: 1 << 30,
    env: { ...process.env, TZ: 'UTC' },
  });
  const complaints = stderr.split('\n').filter((line) => line !== '' && !line.startsWith('Running as user'));
  if (status !== 0 || complaints.length > 0) throw new Error(`tshark on ${file}: ${complaints.join('; ')} (${status})`);
  return stdout.split('\n').slice(0, -1);
}

/** How many packets Wireshark's capinfos finds in a file; far quicker than tshark. Throws when it complains. */
export function tsharkCount(file: string): number {
  const { stdout, stderr, status } = spawnSync('capinfos', ['-c', '-M', '-r', '-T', file], { encoding: 'utf8' });
  const count = /\t(\d+)\s*$/.exec(stdout)?.[1];
  if (status !== 0 || stderr.trim() !== '' || count === undefined)
    throw new Error(`capinfos on ${file}: ${stderr || stdout}`);
  return Number(count);
}
