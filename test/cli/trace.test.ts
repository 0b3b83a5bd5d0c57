/** `netglass trace` on programs of students, in Python and C, unchanged; its links against what tshark sees. */

import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { isRoot, netglass, TestDaemon, tshark } from '../api/daemon.js';
import { freePort } from '../lab/support.js';

interface Call {
  pid: number;
  call: string;
  arguments: string[];
  text: string;
  result: string;
  error?: string;
  time: string;
  mark: number | null;
  packets: number[];
  received: number[];
}

interface Trace {
  status: number;
  capture: string | null;
  linkable: number;
  linked: number;
  calls: Call[];
  packets: { number: number; sourcePort: number; destinationPort: number; info: string }[];
  warnings: string[];
}

/** Every message is another, so that tshark finds it by its octets. */
const PAIR = `
import socket, sys, threading

port, clients, rounds = int(sys.argv[1]), 4, 12
listening = threading.Event()

def message(client, number):
    text = "message %d of client %d " % (number, client)
    return (text * (1 + 40 * (number % 3)) + "\\n").encode()

def serve(connection):
    lines = connection.makefile("rb")
    for line in lines:
        connection.sendall(line.swapcase())
    lines.close()
    connection.close()

def server():
    listener = socket.create_server(("127.0.0.1", port))
    listening.set()
    workers = []
    for _ in range(clients):
        connection, _address = listener.accept()
        workers.append(threading.Thread(target=serve, args=(connection,)))
        workers[-1].start()
    for worker in workers:
        worker.join()
    listener.close()

def client(number):
    connection = socket.create_connection(("127.0.0.1", port))
    lines = connection.makefile("rb")
    for step in range(rounds):
        connection.send(message(number, step))
        assert lines.readline() == message(number, step).swapcase()
    lines.close()
    connection.close()

threads = [threading.Thread(target=server)]
threads[0].start()
listening.wait()
for number in range(clients):
    threads.append(threading.Thread(target=client, args=(number,)))
    threads[-1].start()
for thread in threads:
    thread.join()
print("done")
`;

/** A server that forks, write and read on sockets, and a socket that only the end of its process closes. */
const FORKS = `
#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

int main(int count, char **arguments) {
  struct sockaddr_in name = {.sin_family = AF_INET, .sin_port = htons(atoi(arguments[count - 1]))};
  char buffer[64];
  ssize_t got;
  int listener = socket(AF_INET, SOCK_STREAM, 0), connection;
  name.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  if (bind(listener, (struct sockaddr *)&name, sizeof name) != 0 || listen(listener, 1) != 0) return 1;
  if (fork() == 0) {
    close(listener);
    connection = socket(AF_INET, SOCK_STREAM, 0);
    if (connect(connection, (struct sockaddr *)&name, sizeof name) != 0) return 1;
    if (write(connection, "from the child", 14) != 14) return 1;
    shutdown(connection, SHUT_WR);
    while ((got = read(connection, buffer, sizeof buffer)) > 0) fwrite(buffer, 1, got, stdout);
    return 0;
  }
  connection = accept(listener, NULL, NULL);
  if (fork() == 0) {
    while ((got = read(connection, buffer, sizeof buffer)) > 0)
      if (write(connection, buffer, got) != got) return 1;
    return 0;
  }
  close(connection);
  while (wait(NULL) > 0) continue;
  fputs("to standard error\\n", stderr);
  return 7;
}
`;

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'netglass-traced-'));
  writeFileSync(join(folder, 'pair.py'), PAIR);
  writeFileSync(join(folder, 'forks.c'), FORKS);
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

async function trace(args: readonly string[], command: readonly string[]) {
  const output = join(folder, 'trace.json');
  const finished = await netglass(['trace', ...args, '--json', '-o', output, '--', ...command]);
  expect(finished.stderr).not.toContain('netglass:');
  return { ...finished, trace: JSON.parse(readFileSync(output, 'utf8')) as Trace };
}

/** What tshark says of a packet. */
interface Seen {
  readonly number: number;
  readonly from: number;
  readonly to: number;
  readonly syn: boolean;
  readonly fin: boolean;
  readonly payload: string;
}

/** Every TCP packet of a file; `numbers` are those that they have in the capture. */
async function seenBy(file: Uint8Array, numbers: readonly number[]): Promise<Seen[]> {
  const fields = ['tcp.srcport', 'tcp.dstport', 'tcp.flags.syn', 'tcp.flags.fin', 'tcp.payload'];
  const { output, complaints } = await tshark(file, ['-T', 'fields', ...fields.flatMap((field) => ['-e', field])]);
  expect(complaints).toBe('');
  return output
    .trimEnd()
    .split('\n')
    .map((line, index) => {
      const [from, to, syn, fin, payload = ''] = line.split('\t');
      const octets = Buffer.from(payload, 'hex').toString('latin1');
      return {
        number: numbers[index],
        from: Number(from),
        to: Number(to),
        syn: syn === '1',
        fin: fin === '1',
        payload: octets,
      };
    });
}

(isRoot ? describe : describe.skip)('a traced program (needs root)', () => {
  let daemon: TestDaemon;
  beforeAll(async () => {
    daemon = await TestDaemon.start(['-i', 'lo']);
  });
  afterAll(() => daemon.stop());
  const service = () => ['--service-port', String(daemon.port)];

  test('a Python server and its clients: at least 95 % of the calls have the right packets', async () => {
    const port = await freePort();
    const { status, stdout, trace: found } = await trace(service(), ['python3', join(folder, 'pair.py'), String(port)]);
    expect({ status, stdout, warnings: found.warnings }).toEqual({ status: 0, stdout: 'done\n', warnings: [] });
    const answer = await daemon.fetch(`/api/captures/${found.capture}/export?format=pcapng&filter=tcp.port==${port}`);
    const file = new Uint8Array(await answer.arrayBuffer());
    const seen = await seenBy(
      file,
      found.packets.map(({ number }) => number),
    );
    const numbersOf = (holds: (packet: Seen) => boolean): number[] => seen.filter(holds).map(({ number }) => number);

    const judged = { all: 0, right: 0, wrong: [] as string[] };
    const judge = (call: Call, made: readonly number[], got: readonly number[]): void => {
      judged.all++;
      const equal = (one: readonly number[], two: readonly number[]) =>
        [...one].sort().join() === [...two].sort().join();
      if (equal(call.packets, made) && equal(call.received, got)) judged.right++;
      else judged.wrong.push(`${call.text}: → ${call.packets} ← ${call.received}, not → ${made} ← ${got}`);
    };
    const clientPorts = [
      ...new Set(found.packets.map((one) => (one.sourcePort === port ? one.destinationPort : one.sourcePort))),
    ];
    expect(clientPorts).toHaveLength(4);
    for (const clientPort of clientPorts) {
      const [syn, answered] = numbersOf(({ from, to, syn }) => syn && (from === clientPort || to === clientPort));
      const [last] = numbersOf(({ from, syn }) => !syn && from === clientPort);
      const accept = found.calls.find(({ call, text }) => call === 'accept4' && text.includes(`:${clientPort},`))!;
      judge(accept, [answered], [syn, last]);
      const connect = found.calls.find(({ call, packets }) => call === 'connect' && packets.includes(syn))!;
      judge(connect, [syn, last], [answered]);
      for (const end of ['from', 'to'] as const) {
        const fins = numbersOf((packet) => packet.fin && packet[end] === clientPort);
        judge(found.calls.find(({ call, packets }) => call === 'close' && packets.includes(fins[0]))!, fins, []);
      }
    }
    for (const one of found.calls) {
      if (one.call !== 'sendto' && one.call !== 'recvfrom') continue;
      const [, number, client] = /message (\d+) of client (\d+) /i.exec(one.arguments[1]) ?? [];
      if (number === undefined) {
        // The end of the other direction: the FIN of this connection's other end.
        expect(one.result).toBe('0');
        continue;
      }
      const text = `message ${number} of client ${client} `;
      const upper = one.arguments[1].includes('MESSAGE');
      const words = upper ? text.toUpperCase() : text;
      const carried = numbersOf(({ payload }) => payload.includes(words));
      judge(one, one.call === 'sendto' ? carried : [], one.call === 'sendto' ? [] : carried);
    }
    expect(judged.all).toBeGreaterThan(4 * 12 * 4);
    expect(judged.right / judged.all < 0.95 ? judged.wrong : []).toEqual([]);
    expect(found.linked / found.linkable).toBeGreaterThanOrEqual(0.95);

    // Each call is a mark of the capture, at its own time.
    const { body } = await daemon.json<{ marks: { id: number; text: string }[] }>(
      `/api/captures/${found.capture}/marks`,
    );
    const texts = new Map(body.marks.map(({ id, text }) => [id, text]));
    for (const one of found.calls)
      expect(texts.get(one.mark ?? 0)).toBe(`python3[${one.pid}]: ${one.text}`.slice(0, 400));
  }, 60_000);

  test('a C program with children: what it prints and its exit status are its own', async () => {
    const built = spawnSync('cc', ['-o', join(folder, 'forks'), join(folder, 'forks.c')], { encoding: 'utf8' });
    expect(built).toMatchObject({ status: 0, stderr: '' });
    const port = await freePort();
    const {
      status,
      stdout,
      stderr,
      trace: found,
    } = await trace(service(), [join(folder, 'forks'), '--alone', String(port)]);
    expect({ status, stdout, stderr }).toEqual({ status: 7, stdout: 'from the child', stderr: 'to standard error\n' });
    const of = (begin: string): Call => found.calls.find(({ text }) => text.startsWith(begin))!;
    const [syn, answer, last, data] = found.packets.map(({ number }) => number);
    expect(of('connect')).toMatchObject({ packets: [syn, last], received: [answer] });
    expect(of('accept')).toMatchObject({ packets: [answer], received: [syn, last] });
    expect(of('write(3, "from the child"').packets).toEqual([data]);
    expect(of('read(4, "from the child"').received).toEqual([data]);
    // The parent's close leaves the connection to its child; that one's end closes it.
    expect(of('close(4)').packets).toEqual([]);
    const fins = found.packets.filter(({ info }) => info.includes('FIN')).map(({ number }) => number);
    expect(of('shutdown').packets).toEqual([fins[0]]);
    expect(of('exit closes 4').packets).toEqual([fins[1]]);
    expect(found.linked).toBe(found.linkable);
  }, 60_000);

  test('datagrams of both families, a refused one, and a connection that is refused', async () => {
    const port = await freePort();
    const script = `
import socket
server = socket.socket(socket.AF_INET6, socket.SOCK_DGRAM); server.bind(("::", ${port}))
client = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
client.sendto(b"four", ("127.0.0.1", ${port})); server.recvfrom(100)
client6 = socket.socket(socket.AF_INET6, socket.SOCK_DGRAM); client6.connect(("::1", ${port}))
client6.send(b"sixth"); data, where = server.recvfrom(2); server.sendto(b"back", where); client6.recv(100)
server.close()
client6.send(b"late")
for call in (lambda: client6.recv(100), lambda: socket.create_connection(("127.0.0.1", ${port}))):
    try: call()
    except ConnectionRefusedError: print("refused")
`;
    const { status, stdout, trace: found } = await trace(['--alone', '-i', 'lo'], ['python3', '-c', script]);
    expect({ status, stdout, capture: found.capture }).toEqual({
      status: 0,
      stdout: 'refused\nrefused\n',
      capture: null,
    });
    // Other programs use loopback, too.
    const place = (number: number): number => found.packets.findIndex((packet) => packet.number === number) + 1;
    const told = found.calls
      .filter(({ packets, received }) => packets.length + received.length > 0)
      .map(({ call, error, packets, received }) => [call, error, packets.map(place), received.map(place)]);
    expect(told).toEqual([
      ['sendto', undefined, [1], []],
      ['recvfrom', undefined, [], [1]],
      ['sendto', undefined, [2], []],
      ['recvfrom', undefined, [], [2]],
      ['sendto', undefined, [3], []],
      ['recvfrom', undefined, [], [3]],
      ['sendto', undefined, [4], []],
      ['recvfrom', 'ECONNREFUSED', [], [5]],
      ['connect', 'ECONNREFUSED', [6], [7]],
    ]);
  }, 60_000);

  test('the packets leave as a file with the calls as comments, and the table goes to standard error', async () => {
    const port = await freePort();
    const path = join(folder, 'out.pcapng');
    const script = `import socket; s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM); s.sendto(b"x", ("127.0.0.1", ${port}))`;
    const { status, stdout, stderr } = await netglass([
      'trace',
      ...service(),
      '-w',
      path,
      '--',
      'python3',
      '-c',
      script,
    ]);
    expect({ status, stdout }).toEqual({ status: 0, stdout: '' });
    expect(stderr).toMatch(/sendto\(3, "x", 1, 0, 127\.0\.0\.1:\d+, 16\) = 1 +→ \d+\n/);
    expect(stderr).toContain('1 of 1 calls that make or get packets have theirs');
    const { output } = await tshark(new Uint8Array(readFileSync(path)), [
      '-Y',
      'udp',
      '-T',
      'fields',
      '-e',
      'frame.comment',
    ]);
    expect(output).toMatch(/python3\[\d+\]: sendto\(/);
  }, 60_000);

  test('a program without sockets', async () => {
    const { status, stdout, stderr } = await netglass(['trace', ...service(), '--', 'sh', '-c', 'echo out; exit 3']);
    expect({ status, stdout, stderr }).toEqual({
      status: 3,
      stdout: 'out\n',
      stderr: 'The program made no socket call of the internet protocols.\n',
    });
  }, 60_000);

  test('a signal ends the program, and its status says so', async () => {
    const { status } = await trace(service(), ['sh', '-c', 'kill -TERM $$']);
    expect(status).toBe(128 + 15);
  }, 60_000);
});

describe('what cannot be traced', () => {
  test('no command', async () => {
    const { status, stderr } = await netglass(['trace']);
    expect(status).toBe(2);
    expect(stderr).toContain('command');
  });

  test('a capture that no service has', async () => {
    const { status, stderr } = await netglass(['trace', '--alone', '--capture', 'x', '--', 'true']);
    expect({ status, stderr }).toEqual({ status: 1, stderr: expect.stringContaining('out of reach') });
  });

  (isRoot ? test : test.skip)('without strace, the command that installs it (needs root)', async () => {
    // A PATH with what is needed but strace.
    const bin = mkdtempSync(join(tmpdir(), 'netglass-bin-'));
    spawnSync('ln', ['-s', '/usr/bin/mkfifo', join(bin, 'mkfifo')]);
    const { status, stderr } = await netglass(['trace', '--alone', '-i', 'lo', '--', 'true'], { env: { PATH: bin } });
    rmSync(bin, { recursive: true });
    expect(status).toBe(1);
    expect(stderr).toMatch(/strace is not installed\.\n {2}sudo apt-get install .*strace/);
  });
});
