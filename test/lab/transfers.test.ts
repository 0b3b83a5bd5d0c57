/** The demos of HTTP/1.1 and of peers, on real sockets: what goes where, and what tshark sees of it. */

import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { isRoot, TestDaemon, tshark } from '../api/daemon.js';
import { countOf, expectAllLinked, expectSound, exportOf, freePort, type LabRun, runDemo } from './support.js';

let daemon: TestDaemon;
beforeAll(async () => {
  daemon = await TestDaemon.start();
});
afterAll(() => daemon.stop());

(isRoot ? describe : describe.skip)('http1 (needs root)', () => {
  test.each(['127.0.0.1', '::1'])('three requests on one connection, at %s', async (address) => {
    const run = await runDemo(daemon, 'http1', { address, port: await freePort() });
    expect(run.state).toBe('finished');
    expect(run.flows).toHaveLength(1);
    expectAllLinked(run);
    expect(await countOf(daemon, run, 'http.request')).toBe(3);
    expect(await countOf(daemon, run, 'http.response')).toBe(3);
    expect(await countOf(daemon, run, 'tcp.flags.syn == 1 && tcp.flags.ack == 0')).toBe(1);
    const flow = await daemon.fetch(
      `/api/captures/${run.capture}/flows/${run.flows[0]}/stream?format=text&decode=http`,
    );
    expect(await flow.text()).toContain('first chunk, second, and the last.');
    // Bodies whose lengths are wrong would join with what follows.
    const file = await exportOf(daemon, run);
    const decode = ['-d', `tcp.port==${run.packets[0].destinationPort},http`];
    const fields = ['http.request.method', 'http.response.code', 'http.content_length', '_ws.expert.message'];
    const { output } = await tshark(file, [
      ...decode,
      '-Y',
      'http',
      '-T',
      'fields',
      ...fields.flatMap((one) => ['-e', one]),
    ]);
    const rows = output
      .trimEnd()
      .split('\n')
      .map((line) => line.split('\t').slice(0, 2).join(' ').trim());
    expect(rows).toEqual(['GET', '200', 'GET', '200', 'POST', '404']);
    await expectSound(daemon, run, 'offloaded');
  });
});

/** Octets of TCP data that an address has sent from the demo's port. */
async function servedBy(run: LabRun, port: number, address: string): Promise<number> {
  const file = await exportOf(daemon, run);
  const filter = `ip.src == ${address} && tcp.srcport == ${port}`;
  const { output } = await tshark(file, ['-Y', filter, '-T', 'fields', '-e', 'tcp.len']);
  return output.split('\n').reduce((sum, length) => sum + Number(length), 0);
}

(isRoot ? describe : describe.skip)('p2p (needs root)', () => {
  test('every piece leaves its owner once; a server sends it to every client', async () => {
    const port = await freePort();
    const run = await runDemo(daemon, 'p2p', { port, pieces: 4, pieceSize: 3000 });
    expect(run.state).toBe('finished');
    const served = new Map<string, number>();
    for (const host of ['127.0.0.11', '127.0.0.12', '127.0.0.13', '127.0.0.20'])
      served.set(host, await servedBy(run, port, host));
    expect(Object.fromEntries(served)).toEqual({
      '127.0.0.11': 4 * 3000,
      '127.0.0.12': 2 * 3000,
      '127.0.0.13': 2 * 3000,
      '127.0.0.20': 2 * 4 * 3000,
    });
    const { output = '' } = run.steps.at(-1) ?? {};
    for (const [host, octets] of served) expect(output).toMatch(new RegExp(`${host} +${octets}$`, 'm'));
    expect(run.steps.filter(({ call, result }) => call === 'sha256' && /WRONG|wrong/.test(result))).toEqual([]);
    expectAllLinked(run);
    await expectSound(daemon, run, 'offloaded');
  });

  test('a peer that dies in the middle of a piece costs that piece, and nothing else', async () => {
    const port = await freePort();
    const run = await runDemo(daemon, 'p2p', { port, pieces: 4, dies: true });
    expect(run.state).toBe('finished');
    const checks = run.steps.filter(({ call }) => call === 'sha256');
    expect(checks.filter(({ result }) => result === 'wrong')).toHaveLength(1);
    expect(
      checks.filter(({ text, result }) => text.includes('the whole file') && /should be/.test(result)),
    ).toHaveLength(3);
    // What the dead one did not give came from the first.
    expect(await servedBy(run, port, '127.0.0.11')).toBe((4 + 1) * 1024);
    await expectSound(daemon, run, 'offloaded');
  });

  test('a port that somebody has is said before anything begins', async () => {
    const port = await freePort();
    const { createServer } = await import('node:net');
    const server = createServer().listen(port, '127.0.0.12');
    await new Promise((resolve) => server.once('listening', resolve));
    const { status, body } = await daemon.json('/api/lab/p2p', { parameters: { port } });
    server.close();
    expect({ status, detail: body['detail'] }).toEqual({ status: 400, detail: expect.stringContaining('127.0.0.12') });
  });
});
