/** The echo demos on real sockets: their calls, their packets, and which call made which. */

import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { isRoot, TestDaemon } from '../api/daemon.js';
import { callsOf, countOf, expectAllLinked, expectSound, freePort, type LabRun, runDemo, stepOf } from './support.js';

let daemon: TestDaemon;
beforeAll(async () => {
  daemon = await TestDaemon.start();
});
afterAll(() => daemon.stop());

(isRoot ? describe : describe.skip)('udp-echo (needs root)', () => {
  test.each(['127.0.0.1', '::1'])('the server has five steps and the client four, at %s', async (address) => {
    const run = await runDemo(daemon, 'udp-echo', { address, port: await freePort(), text: 'hello' });
    expect(run.state).toBe('finished');
    expect(callsOf(run, 'server')).toEqual([
      'server: socket',
      'server: bind',
      'server: recvfrom',
      'server: sendto',
      'server: close',
    ]);
    expect(callsOf(run, 'client')).toEqual(['client: socket', 'client: sendto', 'client: recvfrom', 'client: close']);
    expectAllLinked(run);
    await expectSound(daemon, run, 'offloaded');
  });

  test('each call has its packets, and the client an ephemeral port', async () => {
    const port = await freePort();
    const run = await runDemo(daemon, 'udp-echo', { port });
    const [asked, answered, late, refused] = run.packets;
    expect(stepOf(run, 'client: sendto')).toMatchObject({ packets: [asked.number], received: [], flow: asked.flow });
    expect(stepOf(run, 'server: recvfrom')).toMatchObject({ packets: [], received: [asked.number] });
    expect(stepOf(run, 'server: sendto').packets).toEqual([answered.number]);
    expect(stepOf(run, 'client: recvfrom').received).toEqual([answered.number]);
    expect(stepOf(run, 'server: bind')).toMatchObject({ packets: [], received: [], flow: null });
    expect(asked).toMatchObject({ destinationPort: port, destination: '127.0.0.1' });
    expect(answered).toMatchObject({ sourcePort: port, destinationPort: asked.sourcePort });
    expect(asked.sourcePort).not.toBe(port);
    // What somebody gets who sends to the closed port, and hears of it.
    expect(stepOf(run, 'late client: send').packets).toEqual([late.number, refused.number]);
    expect(refused.info).toContain('Port unreachable');
    expect(stepOf(run, 'late client: recv')).toMatchObject({ error: 'ECONNREFUSED', received: [refused.number] });
    expect(await countOf(daemon, run, 'icmp.type == 3 && icmp.code == 3')).toBe(1);
  });

  test('an iterative server answers in turn, a concurrent one as its workers are ready', async () => {
    const order = (run: LabRun): string[] =>
      run.steps
        .filter(({ end, call }) => end.startsWith('server') && (call === 'sendto' || call === 'recvfrom'))
        .map(({ call, end }) => `${end} ${call}`);
    const port = await freePort();
    const iterative = await runDemo(daemon, 'udp-echo', { port, clients: 3 });
    expect(order(iterative)).toEqual(Array.from({ length: 3 }, () => ['server recvfrom', 'server sendto']).flat());
    expect(iterative.packets.slice(3, 6).map(({ destinationPort }) => destinationPort)).toEqual(
      iterative.packets.slice(0, 3).map(({ sourcePort }) => sourcePort),
    );
    const concurrent = await runDemo(daemon, 'udp-echo', { port, clients: 3, concurrent: true });
    expect(order(concurrent)).toEqual([
      ...Array.from({ length: 3 }, () => 'server recvfrom'),
      'server worker 3 sendto',
      'server worker 2 sendto',
      'server worker 1 sendto',
    ]);
    expectAllLinked(concurrent);
    // Three clients, the late one, and what ICMP says to it.
    expect(concurrent.flows).toHaveLength(5);
  });

  test('every step says itself in three languages, and is a mark', async () => {
    const run = await runDemo(daemon, 'udp-echo', { port: await freePort() });
    for (const { code } of run.steps) for (const text of Object.values(code)) expect(text).not.toBe('');
    const { body } = await daemon.json<{ marks: { text: string; id: number }[] }>(`/api/captures/${run.capture}/marks`);
    const marks = new Map(body.marks.map(({ id, text }) => [id, text]));
    for (const { mark, text } of run.steps) expect(marks.get(mark ?? 0)).toBe(text);
    expect(body.marks[0].text).toBe('lab: udp-echo begins');
    expect(body.marks.at(-1)?.text).toBe('lab: udp-echo finished');
  });
});

(isRoot ? describe : describe.skip)('tcp-echo (needs root)', () => {
  test('from the handshake to TIME_WAIT, and RST from the closed port', async () => {
    const port = await freePort();
    const run = await runDemo(daemon, 'tcp-echo', { port });
    expect(callsOf(run, 'server').filter((call) => !/option|opt$|name$/.test(call))).toEqual(
      ['socket', 'bind', 'listen', 'accept', 'recv', 'send', 'recv', 'send', 'close', 'close'].map(
        (call) => `server: ${call}`,
      ),
    );
    expectAllLinked(run);
    await expectSound(daemon, run, 'offloaded');
    const flags = (step: string): string[] =>
      stepOf(run, step).packets.map(
        (number) => /\[(.*?)\]/.exec(run.packets.find((one) => one.number === number)?.info ?? '')?.[1] ?? '',
      );
    expect(flags('client: connect')).toEqual(['SYN', 'SYN, ACK', 'ACK']);
    expect(flags('client: send')).toEqual(['PSH, ACK', 'ACK']);
    expect(flags('client: shutdown')[0]).toBe('FIN, ACK');
    expect(flags('late client: connect')).toEqual(['SYN', 'RST, ACK']);
    expect(stepOf(run, 'late client: connect').error).toBe('ECONNREFUSED');
    expect(stepOf(run, 'server: accept').packets).toEqual([]);
    const client = run.packets[0].sourcePort;
    expect(stepOf(run, 'client: getsockname').result).toBe(`127.0.0.1:${client}`);
    expect(stepOf(run, 'client: getpeername').result).toBe(`127.0.0.1:${port}`);
    expect(stepOf(run, 'server: getpeername').result).toBe(`127.0.0.1:${client}`);
    const [before, after] = run.steps.filter(({ call }) => call === 'netstat').map(({ output }) => output);
    // One connection waits to be accepted, with data in it.
    expect(before).toMatch(new RegExp(`^tcp +1 +0 \\S+:${port} .*LISTEN$`, 'm'));
    expect(before).toMatch(new RegExp(`^tcp +5 +0 \\S+:${port} +\\S+:${client} +ESTABLISHED$`, 'm'));
    expect(after).toMatch(new RegExp(`:${client} +\\S+:${port} +TIME_WAIT$`, 'm'));
    expect(after).not.toMatch(new RegExp(`:${port} +\\S+:${client} `, 'm'));
  });

  test('several clients at once: the 5-tuple tells them apart', async () => {
    const port = await freePort();
    for (const concurrent of [false, true]) {
      const run = await runDemo(daemon, 'tcp-echo', { port, clients: 3, concurrent });
      expectAllLinked(run);
      // Three connections, and the one that is refused.
      expect(run.flows).toHaveLength(4);
      expect(new Set(run.packets.map(({ sourcePort }) => sourcePort)).size).toBe(5);
      const served = run.steps.filter(({ call }) => call === 'accept').map(({ number }) => number);
      const answers = run.steps
        .filter(({ call, end }) => call === 'send' && end.startsWith('server'))
        .map(({ number }) => number);
      // Concurrent: all are accepted before the first is answered.
      expect(Math.max(...served) < Math.min(...answers)).toBe(concurrent);
      expect(await countOf(daemon, run, 'tcp.flags.syn == 1 && tcp.flags.ack == 0')).toBe(4);
      expect(await countOf(daemon, run, 'tcp.analysis.retransmission')).toBe(0);
    }
  });

  test('the ladder of its flow has the calls beside the packets', async () => {
    const run = await runDemo(daemon, 'tcp-echo', { port: await freePort() });
    const { body } = await daemon.json<{ steps: { packet?: number; text?: string }[] }>(
      `/api/captures/${run.capture}/flows/${run.flows[0]}/sequence`,
    );
    const at = (found: (step: { packet?: number; text?: string }) => boolean): number => body.steps.findIndex(found);
    const connect = at(({ text }) => text?.startsWith('client: connect') === true);
    expect(body.steps[connect + 1].packet).toBe(run.packets[0].number);
    expect(at(({ text }) => text?.startsWith('client: shutdown') === true)).toBeGreaterThan(connect);
  });
});
