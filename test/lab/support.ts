/** Runs of demos in a real daemon, and what the capture and tshark have of them. */

import { once } from 'node:events';
import { type AddressInfo, createServer } from 'node:net';
import { expect } from '@jest/globals';
import type { LabService } from '../../api/lab.js';
import { type TestDaemon, tshark } from '../api/daemon.js';

export type LabRun = Awaited<ReturnType<LabService['begin']>>;
export type LabStep = LabRun['steps'][number];

/** A TCP port that nobody has; another protocol's is hardly ever taken either. */
export async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}

export async function runDemo(
  daemon: TestDaemon,
  name: string,
  parameters: object,
  more: object = {},
): Promise<LabRun> {
  const { status, body } = await daemon.json<LabRun>(`/api/lab/${name}`, { parameters, ...more });
  expect({ status, error: body.error, warnings: body.warnings }).toEqual({
    status: 201,
    error: undefined,
    warnings: [],
  });
  return body;
}

/** The step's calls in order, `server: bind`. */
export const callsOf = (run: LabRun, of = ''): string[] =>
  run.steps.filter(({ end }) => end.startsWith(of)).map(({ end, call }) => `${end}: ${call}`);

/** The one step whose line begins so. */
export function stepOf(run: LabRun, text: string): LabStep {
  const found = run.steps.filter((step) => step.text.startsWith(text));
  expect(found.map((step) => step.text)).toHaveLength(1);
  return found[0];
}

/** How many of the run's packets meet a display filter. */
export async function countOf(daemon: TestDaemon, run: LabRun, filter: string): Promise<number> {
  const both = encodeURIComponent(`(${run.filter}) && (${filter})`);
  const { body } = await daemon.json<{ count: number }>(`/api/captures/${run.capture}/packets/count?filter=${both}`);
  return body.count;
}

/** The run's packets as an exported file. */
export async function exportOf(daemon: TestDaemon, run: LabRun): Promise<Uint8Array> {
  const filter = encodeURIComponent(run.filter);
  const answer = await daemon.fetch(`/api/captures/${run.capture}/export?format=pcapng&filter=${filter}`);
  expect(answer.status).toBe(200);
  return new Uint8Array(await answer.arrayBuffer());
}

const CHECKED = ['ip', 'tcp', 'udp'].flatMap((one) => ['-o', `${one}.check_checksum:TRUE`]);

/**
 * Holds the exported file to tshark: as many packets, none malformed, every step's mark a comment, and right checksums.
 * Linux leaves those of TCP and UDP over loopback to a card that is not there; netglass says so of each, and no other
 * may be wrong.
 */
export async function expectSound(daemon: TestDaemon, run: LabRun, transport: 'computed' | 'offloaded'): Promise<void> {
  const file = await exportOf(daemon, run);
  const fields = [
    'frame.number',
    'frame.protocols',
    '_ws.malformed',
    'ip.checksum.status',
    'tcp.checksum.status',
    'udp.checksum.status',
    'icmp.checksum.status',
    'icmpv6.checksum.status',
  ];
  const { output, complaints } = await tshark(file, [
    ...CHECKED,
    '-T',
    'fields',
    ...fields.flatMap((field) => ['-e', field]),
  ]);
  expect(complaints).toBe('');
  const rows = output
    .trimEnd()
    .split('\n')
    .map((line) => line.split('\t'));
  expect(rows).toHaveLength(run.packets.length);
  for (const [, , malformed, ip, tcp, udp, icmp, icmpv6] of rows) {
    expect(malformed).toBe('');
    // An ICMP error quotes a header whose checksum the sender has not computed.
    expect([ip.split(',')[0], icmp, icmpv6]).not.toContain('0');
    if (transport === 'computed') expect([tcp, udp]).not.toContain('0');
  }
  const { body } = await daemon.json<{ packets: { problems: string[] }[] }>(
    `/api/captures/${run.capture}/packets?limit=10000&filter=${encodeURIComponent(run.filter)}`,
  );
  expect(
    body.packets.flatMap(({ problems }) =>
      problems.filter((kind) => kind === 'malformed' || kind === 'truncated' || kind === 'checksum'),
    ),
  ).toEqual([]);

  const comments = await tshark(file, ['-T', 'fields', '-e', 'frame.comment']);
  // tshark writes some characters with a backslash.
  const plain = (text: string): string => text.replaceAll('\\', '');
  for (const step of run.steps.filter(({ packets }) => packets.length > 0))
    expect(plain(comments.output)).toContain(plain(step.text));
}

/** Every packet of the run belongs to one step. */
export function expectAllLinked(run: LabRun): void {
  const linked = run.steps.flatMap(({ packets }) => packets);
  expect(linked.sort((a, b) => a - b)).toEqual(run.packets.map(({ number }) => number));
}

/** The descriptors of sockets that a process has open. */
export async function openSockets(pid: number): Promise<number> {
  const { readdirSync, readlinkSync } = await import('node:fs');
  return readdirSync(`/proc/${pid}/fd`).filter((fd) => {
    try {
      return readlinkSync(`/proc/${pid}/fd/${fd}`).startsWith('socket:');
    } catch {
      return false; // it was closed meanwhile
    }
  }).length;
}
