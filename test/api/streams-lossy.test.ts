/** A stream and its ladder over a link that loses segments: a network namespace behind a queue that is too short. */

import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { expect, test } from '@jest/globals';
import { createPair, namespacesMissing } from '../support/netns.js';
import { type CaptureBody, eventually, TestDaemon } from './daemon.js';

/** Why this cannot be tested here. */
function missing(): string | undefined {
  if (namespacesMissing !== undefined) return namespacesMissing;
  try {
    execFileSync('tc', ['-Version'], { stdio: 'ignore' });
    return undefined;
  } catch {
    return 'needs tc';
  }
}

interface Page {
  segments: { gap?: number }[];
  next: number | null;
}
interface Ladder {
  steps: { note?: string; clientState: string; serverState: string }[];
  next: number | null;
}

const reason = missing();
const title = 'what comes in the wrong order is put in order, and the ladder says why';
(reason === undefined ? test : test.skip)(reason === undefined ? title : `${title} (${reason})`, async () => {
  const pair = createPair();
  const daemon = await TestDaemon.start();
  const octets = Buffer.from(Array.from({ length: 400_000 }, (_, index) => (index * 31 + (index >> 8)) & 255));
  const server = createServer((socket) => socket.end(octets));
  try {
    // Longer bursts than a queue of 12 KiB are cut: segments are lost, and sent again.
    execFileSync('tc', [
      'qdisc',
      'add',
      'dev',
      pair.host,
      'root',
      'tbf',
      'rate',
      '30mbit',
      'burst',
      '6k',
      'limit',
      '12k',
    ]);
    server.listen(0, pair.hostAddress);
    await once(server, 'listening');
    const { port } = server.address() as { port: number };
    const { body } = await daemon.json<CaptureBody>('/api/captures', { interfaces: [pair.host], captureFilter: 'tcp' });
    const received = await pair.run(
      'bash',
      '-c',
      'exec 3<>"/dev/tcp/$1/$2"; wc -c <&3',
      'read',
      pair.hostAddress,
      String(port),
    );
    expect(Number(received)).toBe(octets.length);
    const base = `/api/captures/${body.id}/flows/1`;
    await eventually(async () =>
      (await daemon.json<{ state: string }>(base)).body.state === 'closed' ? true : undefined,
    );
    await daemon.json(`/api/captures/${body.id}/stop`, undefined, 'POST');
    const raw = await (await daemon.fetch(`${base}/stream?format=raw&from=server`)).arrayBuffer();
    expect(Buffer.from(raw).equals(octets)).toBe(true);
    const { segments, next } = (await daemon.json<Page>(`${base}/stream?limit=10000`)).body;
    expect([next, segments.filter(({ gap }) => gap !== undefined)]).toEqual([null, []]);
    const { steps } = (await daemon.json<Ladder>(`${base}/sequence?limit=10000`)).body;
    const notes = steps.flatMap(({ note }) => note ?? []);
    expect(notes.some((note) => note.includes('A segment before this one is missing in the capture.'))).toBe(true);
    expect(notes.some((note) => /^(Out of order|Retransmission)/.test(note))).toBe(true);
    expect(notes.some((note) => note.startsWith('The same acknowledgment again'))).toBe(true);
    expect(steps.at(-1)).toMatchObject({ clientState: 'CLOSED', serverState: 'TIME-WAIT' });
  } finally {
    server.close();
    await daemon.stop();
    pair.close();
  }
});
