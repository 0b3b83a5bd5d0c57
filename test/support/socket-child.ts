/**
 * A process with sockets, for tests of who has them.
 *
 * `clients ADDRESS PORT COUNT GAP LIFE`: COUNT connections, GAP milliseconds apart, each of which says something and lives
 * LIFE milliseconds; prints the local port of each. `server ADDRESS`: prints its port and takes connections for ever.
 * `datagrams ADDRESS PORT`: sends one from a socket that it keeps; prints its port. `hold COUNT`: so many connections with
 * itself.
 */
import { createSocket } from 'node:dgram';
import { connect, createServer, type Server, type Socket } from 'node:net';

const [what, ...rest] = process.argv.slice(2);
const pause = (milliseconds: number) => new Promise((resolve) => setTimeout(resolve, milliseconds));

function listen(address: string): Promise<Server> {
  const server = createServer((socket) => {
    socket.on('error', () => socket.destroy());
    socket.resume();
  });
  return new Promise((resolve) => {
    server.listen({ host: address, port: 0, backlog: 4096 }, () => resolve(server));
  });
}

function open(port: number, host: string): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = connect(port, host, () => resolve(socket));
    socket.on('error', reject);
  });
}

if (what === 'clients') {
  const [host, port, count, gap, life] = rest;
  for (let i = 0; i < Number(count); i++) {
    const socket = await open(Number(port), host);
    socket.write('hello');
    console.log(socket.localPort);
    setTimeout(() => socket.end(), Number(life));
    await pause(Number(gap));
  }
} else if (what === 'server') {
  const server = await listen(rest[0]);
  console.log((server.address() as { port: number }).port);
} else if (what === 'datagrams') {
  const [host, port] = rest;
  const socket = createSocket(host.includes(':') ? 'udp6' : 'udp4');
  socket.send('hello', Number(port), host, () => console.log(socket.address().port));
} else {
  const server = await listen('127.0.0.1');
  const { port } = server.address() as { port: number };
  for (let i = 0; i < Number(rest[0]) / 2; i++) await open(port, '127.0.0.1');
  console.log(port);
}
