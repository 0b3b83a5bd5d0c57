/** Which program a flow belongs to: real processes with real sockets, over a veth pair and over loopback. */

import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { afterEach, describe, expect, test } from '@jest/globals';
import { pause } from '../support/live-capture.js';
import { createPair, namespacesMissing } from '../support/netns.js';
import { TestDaemon } from './daemon.js';

const CHILD = fileURLToPath(new URL('../support/socket-child.js', import.meta.url));

interface Process {
  pid: number;
  name: string;
  user: string;
  command: string;
}
interface Flow {
  id: number;
  clientPort: number;
  packets: number;
  process: Process | null;
  processes: (Process & { end: string })[];
}
interface SocketList {
  sockets: { localPort: number; process: Process | null; capture: string | null; flow: number | null; state: string }[];
  total: number;
  warnings: string[];
}

const children: ChildProcess[] = [];
afterEach(async () => {
  for (const child of children.splice(0)) {
    child.kill('SIGKILL');
    if (child.exitCode === null && child.signalCode === null) await once(child, 'exit');
  }
});

/** Starts a process with sockets; what it prints are its ports. */
function start(args: readonly string[], under: readonly string[] = []): { child: ChildProcess; ports: number[] } {
  const [command, ...rest] = [...under, process.execPath, CHILD, ...args];
  const child = spawn(command, rest, { stdio: ['ignore', 'pipe', 'inherit'] });
  children.push(child);
  const ports: number[] = [];
  createInterface({ input: child.stdout! }).on('line', (line) => ports.push(Number(line)));
  return { child, ports };
}

async function firstPort({ ports }: { ports: number[] }): Promise<number> {
  while (ports.length === 0) await pause(20);
  return ports[0];
}

async function flowsOf(daemon: TestDaemon, id: string, filter: string): Promise<Flow[]> {
  const query = `limit=1000&filter=${encodeURIComponent(filter)}`;
  return (await daemon.json<{ flows: Flow[] }>(`/api/captures/${id}/flows?${query}`)).body.flows;
}

const withNamespaces = namespacesMissing === undefined ? describe : describe.skip;
withNamespaces(`programs${namespacesMissing === undefined ? '' : ` (${namespacesMissing})`}`, () => {
  test('200 sockets that live a second: 95 % of their flows are whose they are, and none is another one’s', async () => {
    const pair = createPair();
    const daemon = await TestDaemon.start(['-i', pair.host]);
    try {
      const id = /capture (\d[\w-]+)/.exec(daemon.output.join(''))![1];
      const server = start(['server', pair.peerAddress], ['ip', 'netns', 'exec', pair.namespace]);
      const port = String(await firstPort(server));
      const clients = Array.from({ length: 8 }, () => start(['clients', pair.peerAddress, port, '25', '60', '1000']));
      await Promise.all(clients.map(({ child }) => once(child, 'exit')));
      await pause(1000);
      const owners = new Map(clients.flatMap(({ child, ports }) => ports.map((one) => [one, child.pid] as const)));
      expect(owners.size).toBe(200);
      const flows = (await flowsOf(daemon, id, `tcp.port == ${port}`)).filter((flow) => owners.has(flow.clientPort));
      expect(flows).toHaveLength(200);
      const known = flows.filter((flow) => flow.process !== null);
      for (const { clientPort, process: found } of known) expect(found?.pid).toBe(owners.get(clientPort));
      expect(known.length).toBeGreaterThanOrEqual(190);
      // The other end is in another namespace: what it is there is not ours to say.
      expect(flows.flatMap(({ processes }) => processes.filter(({ end }) => end === 'server'))).toEqual([]);
      await checkFilters(daemon, id, known, clients[0].child.pid!);
    } finally {
      await daemon.stop();
      pair.close();
    }
  }, 90_000);

  test('both ends on loopback, and the list of sockets that leads to the flow', async () => {
    const daemon = await TestDaemon.start(['-i', 'lo']);
    try {
      const server = start(['server', '127.0.0.1']);
      const port = await firstPort(server);
      const client = start(['clients', '127.0.0.1', String(port), '1', '0', '60000']);
      const local = await firstPort(client);
      await pause(1500);
      const id = /capture (\d[\w-]+)/.exec(daemon.output.join(''))![1];
      const [flow] = await flowsOf(daemon, id, `tcp.port == ${port}`);
      expect(flow.process).toMatchObject({ pid: client.child.pid, user: 'root' });
      expect(flow.process?.command).toContain(`clients 127.0.0.1 ${port} 1 0 60000`);
      expect(flow.processes.map(({ end, pid }) => [end, pid])).toEqual([
        ['client', client.child.pid],
        ['server', server.child.pid],
      ]);
      const { body } = await daemon.json<SocketList>(`/api/sockets?protocol=tcp&port=${port}`);
      const [listening, ...others] = body.sockets.sort(
        (a, b) => Number(b.state === 'LISTEN') - Number(a.state === 'LISTEN'),
      );
      expect(listening).toMatchObject({ state: 'LISTEN', flow: null, process: { pid: server.child.pid } });
      expect(others.map((one) => [one.localPort === local, one.process?.pid, one.capture, one.flow]).sort()).toEqual([
        [false, server.child.pid, id, flow.id],
        [true, client.child.pid, id, flow.id],
      ]);
      expect(body.total).toBe(3);
      await daemon.json(`/api/captures/${id}/stop`, {});
      const [stopped] = await flowsOf(daemon, id, `netglass.process.pid == ${server.child.pid}`);
      expect(stopped).toMatchObject({ id: flow.id, process: flow.process });
    } finally {
      await daemon.stop();
    }
  }, 60_000);
});

/** The same question asked of the index, of decoded packets, and of the rows. */
async function checkFilters(daemon: TestDaemon, id: string, flows: readonly Flow[], pid: number): Promise<void> {
  const count = async (filter: string) =>
    (await daemon.json<{ count: number }>(`/api/captures/${id}/packets/count?filter=${encodeURIComponent(filter)}`))
      .body.count;
  const mine = flows.filter((flow) => flow.process?.pid === pid);
  const packets = mine.reduce((sum, flow) => sum + flow.packets, 0);
  const { name } = mine[0].process!;
  expect(await count(`netglass.process.pid == ${pid}`)).toBe(packets);
  // Asked of every packet that is left, for which the columns do not answer.
  expect(await count(`netglass.process.name contains "${name}" && netglass.process.pid == ${pid}`)).toBe(packets);
  expect(await count(`netglass.process.name == "${name}" && netglass.process.pid != ${pid}`)).toBe(
    flows.reduce((sum, flow) => sum + flow.packets, 0) - packets,
  );
  expect(await count('netglass.process.user == "nobody-at-all"')).toBe(0);
  const query = `fields=netglass.process.name,netglass.process.pid&filter=netglass.process.pid==${pid}&limit=1`;
  const { body } = await daemon.json<{ packets: { process: Process; fields: Record<string, string[]> }[] }>(
    `/api/captures/${id}/packets?${query}`,
  );
  expect(body.packets[0]).toMatchObject({
    process: { pid, name },
    fields: { 'netglass.process.name': [name], 'netglass.process.pid': [String(pid)] },
  });
}

test('a daemon without a capture lists sockets too; filters know the fields', async () => {
  const daemon = await TestDaemon.start();
  try {
    const { status, body } = await daemon.json<SocketList>(`/api/sockets?port=${daemon.port}&state=listen`);
    if (process.platform !== 'linux') {
      expect(status).toBe(400);
      return;
    }
    expect(body.sockets).toHaveLength(1);
    expect(body.sockets[0]).toMatchObject({ localPort: daemon.port, capture: null, flow: null });
    expect(body.sockets[0].process?.command).toContain('start --port 0');
    const check = (filter: string) =>
      daemon.json<{ valid: boolean }>(`/api/filters/check?filter=${encodeURIComponent(filter)}`);
    expect((await check('netglass.process.name == "curl"')).body.valid).toBe(true);
    expect((await check('netglass.process.pid == "curl"')).body.valid).toBe(false);
    const { body: found } = await daemon.json<{ completions: { text: string }[] } | { text: string }[]>(
      '/api/filters/complete?prefix=netglass.process.n',
    );
    expect(JSON.stringify(found)).toContain('netglass.process.name');
    expect((await daemon.json('/api/sockets?protocol=sctp')).status).toBe(400);
  } finally {
    await daemon.stop();
  }
}, 30_000);
