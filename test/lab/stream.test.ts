/** The stream demo: Nagle, delayed ACK, the closed window. */

import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { isRoot, TestDaemon, tshark } from '../api/daemon.js';
import { countOf, expectAllLinked, expectSound, exportOf, freePort, runDemo } from './support.js';

let daemon: TestDaemon;
beforeAll(async () => {
  daemon = await TestDaemon.start();
});
afterAll(() => daemon.stop());

(isRoot ? describe : describe.skip)('tcp-stream (needs root)', () => {
  test('sends that wait for an ACK become one packet, and a slow reader closes the window', async () => {
    const run = await runDemo(daemon, 'tcp-stream', { port: await freePort() });
    expect(run.state).toBe('finished');
    expectAllLinked(run);
    await expectSound(daemon, run, 'offloaded');
    const sends = run.steps.filter(({ call }) => call === 'send');
    // Nagle: the first leaves at once, the others together, when its ACK has come.
    expect(await countOf(daemon, run, 'tcp.len == 40')).toBe(1);
    expect(sends[0].packets).toHaveLength(1);
    expect(sends.slice(1, 4).map(({ packets }) => packets)).toEqual([[], [], []]);
    const [whole] = run.steps.filter(({ call }) => call === 'recv');
    expect(whole.result).toContain('50');
    expect(whole.received).toHaveLength(2);
    // TCP_NODELAY: a packet each.
    expect(sends.slice(5, 10).every(({ packets }) => packets.length >= 1)).toBe(true);
    // A border in the middle.
    expect(run.steps.filter(({ call }) => call === 'recv')[1].result).toBe('13 "message 1\\nmes"');
    expect(sends.at(-1)?.error).toBe('EAGAIN');
    expect(await countOf(daemon, run, 'tcp.analysis.zero_window')).toBeGreaterThanOrEqual(1);
    expect(await countOf(daemon, run, 'tcp.analysis.window_update')).toBeGreaterThanOrEqual(1);
    const file = await exportOf(daemon, run);
    for (const filter of ['tcp.analysis.zero_window', 'tcp.analysis.window_update', 'tcp.analysis.window_full'])
      expect((await tshark(file, ['-Y', filter])).output).not.toBe('');
  });
});
