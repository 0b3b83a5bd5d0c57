/** A connection from its handshake to TIME_WAIT: RFC 9293. */

import { z } from 'zod';
import { demo } from './demo.js';
import { address, bpfHost, clients, concurrent, endText, networkInterface, port, text } from './parameters.js';
import { hasPort, lookAtSockets } from './socket-table.js';
import { type LabSocket, openSocket } from './sockets.js';
import type { Stage } from './stage.js';

const SIZE = 2048;

export const tcpEcho = demo({
  name: 'tcp-echo',
  title: 'TCP: an echo server and its clients',
  shows:
    'The six calls of a TCP server (socket, bind, listen, accept, recv and send, close) and the four of a client (socket, connect, send and recv, close). The listening socket only hands out connections: accept makes another socket for each, and all of them share the server’s port; what tells them apart is the 5-tuple (protocol, both addresses, both ports). connect is the handshake, SYN, SYN-ACK, ACK; the kernel does it without accept, and queues the connection (the backlog). shutdown closes one direction with a FIN while the other still works; who closes first stays in TIME_WAIT for a minute. An iterative server keeps later clients waiting in the queue, though they are connected and have sent; a concurrent one serves all at once. A port at which nobody listens answers with RST.',
  parameters: z
    .strictObject({
      address,
      port: port(7008),
      clients,
      concurrent,
      backlog: z.int().min(0).max(128).default(5).describe('How many connections may wait to be accepted.'),
      text: text('hello'),
      interface: networkInterface,
    })
    .refine(({ clients, backlog }) => clients <= backlog + 1, {
      path: ['clients'],
      error: 'more clients than the queue holds (backlog + 1): the kernel would drop their SYNs',
    }),
  capture: ({ interface: name, address, port }) => ({
    interfaces: [name],
    filter: `${bpfHost(address)} and tcp port ${port}`,
  }),
  view: ({ port }) => `tcp.port == ${port}`,
  needs: ({ address, port }) => [{ transport: 'tcp', address, port }],

  async run(stage, { address, port, clients, concurrent, backlog, text }) {
    const server = await openSocket(stage, 'server', 'SOCK_STREAM', address, {
      note: 'A socket for a stream. This one will only listen.',
    });
    await server.setsockopt('SO_REUSEADDR', 1, {
      note: 'Otherwise bind fails for a minute after the last run: connections of it are still in TIME_WAIT.',
    });
    await server.bind(address, port, { note: 'The port that clients know. No packet.' });
    await server.listen(backlog, {
      note: `From now on the kernel answers SYNs by itself, and keeps up to ${backlog + 1} connections that nobody has accepted yet.`,
    });

    const pairs: Pair[] = [];
    for (let number = 1; number <= clients; number++) {
      const end = clients === 1 ? 'client' : `client ${number}`;
      pairs.push(await connectClient(stage, end, address, port, clients === 1 ? text : `${text} ${number}`));
    }
    await lookAtSockets(stage, 'netstat', hasPort('tcp', port), {
      note: 'Connected, but not accepted: the listening socket’s Recv-Q says how many wait. Each line is another 5-tuple.',
    });

    await (concurrent ? serveConcurrently : serveInTurn)(server, pairs);

    await lookAtSockets(stage, 'netstat', hasPort('tcp', port), {
      note: 'TIME_WAIT at the end that sent its FIN first, the client’s: late segments must not meet a new connection (RFC 9293, section 3.6.1). The server’s end is gone.',
    });
    await server.close({ note: 'The listening socket: nobody is told.' });
    const late = await openSocket(stage, 'late client', 'SOCK_STREAM', address);
    await late.connect(address, port, {
      mayFail: ['ECONNREFUSED'],
      note: 'Nobody listens any more: the kernel answers the SYN with RST, ACK.',
      look: 'tcp.flags.reset == 1',
    });
    await late.close();
  },
});

interface Pair {
  readonly client: LabSocket;
  readonly says: Uint8Array;
}

async function connectClient(stage: Stage, end: string, address: string, port: number, text: string): Promise<Pair> {
  const client = await openSocket(stage, end, 'SOCK_STREAM', address);
  await client.connect(address, port, {
    note: 'The handshake: SYN, SYN-ACK, ACK. It returns when the SYN-ACK is there; no accept was needed.',
    look: 'tcp.flags.syn == 1',
  });
  const own = await client.getsockname({ note: 'The kernel chose the client’s port.' });
  await client.getpeername({
    note: `With the protocol, this is the 5-tuple: tcp, ${endText(own.address, own.port ?? 0)}, ${endText(address, port)}.`,
  });
  const says = Buffer.from(text);
  await client.send(says, {
    note: 'The kernel acknowledges it, though no program has read it yet.',
    look: 'tcp.len > 0',
  });
  return { client, says };
}

/** One client after the other: the next waits in the queue until the one before has gone. */
async function serveInTurn(server: LabSocket, pairs: readonly Pair[]): Promise<void> {
  for (const [index, pair] of pairs.entries()) {
    const waiting = pairs.length - index - 1;
    const connection = await accept(server, 'server', waiting === 0 ? '' : ` ${waiting} more wait in the queue.`);
    const { data } = await connection.recv(SIZE);
    await connection.send(data, { note: 'The echo.', look: 'tcp.len > 0' });
    await finish(connection, pair);
  }
}

const WORKERS =
  ' A worker gets it, and the server accepts the next: in C a child (fork) or a thread, in Python a threading.Thread; Node serves them all from one thread.';

/** A worker for each connection; here the last one answers first. */
async function serveConcurrently(server: LabSocket, pairs: readonly Pair[]): Promise<void> {
  const workers: { connection: LabSocket; pair: Pair }[] = [];
  for (const [index, pair] of pairs.entries()) {
    const connection = await accept(
      server,
      `server worker ${index + 1}`,
      index === 0 ? WORKERS : ' To another worker.',
    );
    workers.push({ connection, pair });
  }
  for (const { connection, pair } of workers.toReversed()) {
    const { data } = await connection.recv(SIZE);
    await connection.send(data, { note: 'The echo, whatever the other connections do.', look: 'tcp.len > 0' });
    await finish(connection, pair);
  }
}

async function accept(server: LabSocket, by: string, more: string): Promise<LabSocket> {
  const connection = await server.accept({
    by,
    note: `Another socket, for this connection alone. No packet: the handshake was over.${more}`,
  });
  await connection.getsockname({ note: 'The same port as the listening socket’s …' });
  await connection.getpeername({ note: '… and another peer: the 5-tuple tells the connections apart.' });
  return connection;
}

/** Half close, the rest of the other direction, and close. */
async function finish(connection: LabSocket, { client }: Pair): Promise<void> {
  await client.recv(SIZE, { look: 'tcp.len > 0' });
  await client.shutdown('SHUT_WR', {
    note: 'Half close: a FIN says that the client sends no more. It still receives.',
    look: 'tcp.flags.fin == 1',
  });
  await connection.recv(SIZE, { note: 'No octets: the end of what the client had to say.' });
  await connection.send(Buffer.from('bye'), { note: 'The other direction is open.' });
  await client.recv(SIZE);
  await connection.close({ note: 'The server’s FIN: now both directions are closed.', look: 'tcp.flags.fin == 1' });
  await client.recv(SIZE, { note: 'No octets: the end of the server’s stream.' });
  await client.close({ note: 'No packet: its FIN was sent by shutdown.' });
}
