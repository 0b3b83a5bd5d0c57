/** Raw sockets: what arrives, and packets written by hand, on loopback. */

import { createServer } from 'node:net';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { isRoot, type ProblemBody, TestDaemon, tshark, WITHOUT_PRIVILEGE } from '../api/daemon.js';
import { countOf, expectSound, exportOf, freePort, type LabRun, openSockets, runDemo, stepOf } from './support.js';

let daemon: TestDaemon;
beforeAll(async () => {
  daemon = await TestDaemon.start();
});
afterAll(() => daemon.stop());

(isRoot ? describe : describe.skip)('raw-receive (needs root)', () => {
  test('an echo request, its reply and an error arrive, decoded', async () => {
    const run = await runDemo(daemon, 'raw-receive', { port: await freePort() });
    expect(run.state).toBe('finished');
    const got = run.steps.filter(({ end, call }) => end === 'receiver' && call === 'recvfrom');
    expect(got).toHaveLength(3);
    const outputs = got.map(({ output }) => output).join('\n');
    // Another test's messages may come between.
    for (const { received, output } of got) {
      expect(received).toHaveLength(1);
      const packet = run.packets.find(({ number }) => number === received[0]);
      expect(output).toContain(packet?.info);
    }
    expect(outputs).toMatch(/^Type +(8|0|3)$/m);
    expect(await countOf(daemon, run, 'icmp.type == 3 && icmp.code == 3')).toBeGreaterThanOrEqual(1);
    await expectSound(daemon, run, 'offloaded');
  });

  test('until it is ended: then the socket is closed, and the capture stays', async () => {
    const before = await openSockets(daemon.pid);
    const parameters = { messages: 0, provoke: false, seconds: 5, port: await freePort() };
    const { status, body } = await daemon.json<LabRun>('/api/lab/raw-receive', { parameters, wait: 0.5 });
    expect({ status, state: body.state }).toEqual({ status: 201, state: 'running' });
    expect((await daemon.fetch(`/api/lab/runs/${body.id}`, { method: 'DELETE' })).status).toBe(204);
    const { body: capture } = await daemon.json(`/api/captures/${body.capture}`);
    expect(capture['state']).toBe('stopped');
    expect(await openSockets(daemon.pid)).toBeLessThanOrEqual(before + 1);
  });
});

(isRoot ? describe : describe.skip)('raw-send (needs root)', () => {
  test('a datagram to nobody: the kernel has chosen the identification, and the error is the answer', async () => {
    const run = await runDemo(daemon, 'raw-send', { protocol: 'udp', port: await freePort(), ttl: 7, text: 'seven' });
    const [left] = run.packets;
    const file = await exportOf(daemon, run);
    const fields = ['ip.id', 'ip.ttl', 'ip.checksum', 'udp.payload', 'udp.checksum.status'].flatMap((one) => [
      '-e',
      one,
    ]);
    const checked = ['-o', 'udp.check_checksum:TRUE', '-Y', 'udp && !icmp', '-T', 'fields'];
    const { output } = await tshark(file, [...checked, ...fields]);
    const [id, ttl, checksum, payload, good] = output.trim().split('\t');
    expect({ ttl, payload: Buffer.from(payload, 'hex').toString(), good }).toEqual({
      ttl: '7',
      payload: 'seven',
      good: '1',
    });
    const table = stepOf(run, 'lecturer: compare').output ?? '';
    expect(table).toMatch(new RegExp(`^identification +0x0000 +${id} +← the kernel$`, 'm'));
    expect(table).toMatch(new RegExp(`^checksum +0x[0-9a-f]{4} +${checksum} +← the kernel$`, 'm'));
    expect(stepOf(run, 'sender: sendto').packets).toContain(left.number);
    expect(stepOf(run, 'lecturer: match').result).toContain('Port unreachable');
    await expectSound(daemon, run, 'computed');
  });

  test('a SYN: the server answers, and the kernel here resets', async () => {
    const run = await runDemo(daemon, 'raw-send', { protocol: 'tcp', port: await freePort() });
    expect(stepOf(run, 'lecturer: match').result).toContain('[SYN, ACK]');
    await expect(countOf(daemon, run, 'tcp.flags.reset == 1')).resolves.toBe(1);
    expect(stepOf(run, 'sender: sendto').packets).toHaveLength(3);
    // The answer is a real socket's, whose checksum is left to a card that is not there.
    await expectSound(daemon, run, 'offloaded');
  });

  test('an echo request has its reply; the sum is what the header that is handed over has', async () => {
    const run = await runDemo(daemon, 'raw-send', { protocol: 'icmp', port: await freePort() });
    expect(stepOf(run, 'lecturer: match').result).toContain('Echo (ping) reply');
    const sum = stepOf(run, 'sender: checksum').result;
    expect(stepOf(run, 'sender: header').output).toMatch(new RegExp(`^checksum +${sum}$`, 'm'));
    await expectSound(daemon, run, 'computed');
  });
});

describe('what cannot be', () => {
  test('a header of IPv6', async () => {
    const { status, body } = await daemon.json<ProblemBody>('/api/lab/raw-send', { parameters: { address: '::1' } });
    expect({ status, detail: body.detail }).toEqual({ status: 400, detail: expect.stringContaining('IPv4') });
  });

  (isRoot ? test : test.skip)('a port in use, and another machine’s address (needs root)', async () => {
    const port = await freePort();
    const server = createServer().listen(port, '127.0.0.1');
    const parameters = { protocol: 'tcp', port };
    const taken = await daemon.json<ProblemBody>('/api/lab/raw-send', { parameters });
    server.close();
    expect(taken.body.detail).toContain('in use');
    const foreign = await daemon.json<ProblemBody>('/api/lab/raw-send', { parameters: { address: '192.0.2.1' } });
    expect(foreign.body.detail).toContain('no such address');
  });

  (isRoot ? test : test.skip)('without the privilege (needs root)', async () => {
    const poor = await TestDaemon.start(['--no-capture'], WITHOUT_PRIVILEGE);
    try {
      for (const name of ['raw-send', 'raw-receive'])
        expect((await poor.json(`/api/lab/${name}`, {})).status).toBe(403);
    } finally {
      await poor.stop();
    }
  });
});
