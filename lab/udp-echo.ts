/** Datagrams there and back: RFC 768, and RFC 862's echo. */

import { z } from 'zod';
import { demo } from './demo.js';
import { address, bpfHost, clients, concurrent, endText, networkInterface, port, text } from './parameters.js';
import { type LabSocket, openSocket, type Received } from './sockets.js';
import type { Stage } from './stage.js';

const SIZE = 2048;

export const udpEcho = demo({
  name: 'udp-echo',
  title: 'UDP: an echo server and its clients',
  shows:
    'The five calls of a UDP server (socket, bind, recvfrom, sendto, close) and the four of a client (socket, sendto, recvfrom, close). UDP has no connection: no packet is sent before the first datagram, and none when a socket closes. The client never binds: the kernel gives it an ephemeral port with its first sendto. An iterative server answers one request before it takes the next, which waits in the socket’s buffer; a concurrent one hands each request to a worker, and the answers may overtake one another. At the end somebody sends to the port that nobody has any more: the host answers with ICMP port unreachable, and a connected socket gets to hear of it as ECONNREFUSED.',
  parameters: z.strictObject({
    address,
    port: port(7007),
    clients,
    concurrent,
    text: text('hello'),
    interface: networkInterface,
  }),
  capture: ({ interface: name, address, port }) => ({
    interfaces: [name],
    filter: `${bpfHost(address)} and (udp port ${port} or icmp or icmp6)`,
  }),
  view: ({ port }) => `udp.port == ${port}`,
  needs: ({ address, port }) => [{ transport: 'udp', address, port }],

  async run(stage, { address, port, clients, concurrent, text }) {
    const look = `udp.port == ${port}`;
    const server = await openSocket(stage, 'server', 'SOCK_DGRAM', address, {
      note: 'A socket for datagrams. Nothing goes over the network.',
    });
    await server.bind(address, port, {
      note: `The server needs a port that clients know: ${port}. Still no packet.`,
    });

    const all: { socket: LabSocket; says: Uint8Array }[] = [];
    for (let number = 1; number <= clients; number++) {
      const end = clients === 1 ? 'client' : `client ${number}`;
      const says = Buffer.from(clients === 1 ? text : `${text} ${number}`);
      const socket = await openSocket(stage, end, 'SOCK_DGRAM', address);
      await socket.sendto(says, address, port, {
        note: 'The first packet. The socket was not bound: now the kernel gives it an ephemeral port, the source port here.',
        look,
      });
      all.push({ socket, says });
    }

    await (concurrent ? serveConcurrently : serveInTurn)(server, all.length);

    for (const { socket } of all) {
      await socket.recvfrom(SIZE, { note: 'The echo. Its destination port is the one that the kernel chose.', look });
      await socket.close({ note: 'No packet: the server does not learn of it.' });
    }
    await server.close({ note: `Port ${port} is nobody’s again.` });
    await sendToNobody(stage, address, port);
  },
});

/** One request after the other: the next one waits in the socket's buffer. */
async function serveInTurn(server: LabSocket, requests: number): Promise<void> {
  for (let number = 1; number <= requests; number++) {
    const request = await server.recvfrom(SIZE, {
      note:
        requests > number
          ? `recvfrom tells whom to answer. ${requests - number} more wait in the socket’s buffer.`
          : 'recvfrom tells whom to answer.',
    });
    await answer(server, request);
  }
}

/** Each request to a worker of its own; here the first one has the most to do, and answers last. */
async function serveConcurrently(server: LabSocket, requests: number): Promise<void> {
  const taken: Received[] = [];
  for (let number = 1; number <= requests; number++)
    taken.push(await server.recvfrom(SIZE, { note: `Worker ${number} gets this request; the server takes the next.` }));
  for (let number = requests; number >= 1; number--)
    await answer(server.of(`server worker ${number}`), taken[number - 1], 'All workers send from the same socket.');
}

async function answer(server: LabSocket, { data, from }: Received, note?: string): Promise<void> {
  const { address, port } = from!;
  await server.sendto(data, address, port, {
    note: [note, `Back to where it came from: ${endText(address, port)}.`].filter((one) => one !== undefined).join(' '),
    look: `udp.dstport == ${port}`,
  });
}

async function sendToNobody(stage: Stage, address: string, port: number): Promise<void> {
  const look = address.includes(':') ? 'icmpv6.type == 1' : 'icmp.type == 3 && icmp.code == 3';
  const late = await openSocket(stage, 'late client', 'SOCK_DGRAM', address);
  await late.connect(address, port, {
    note: 'UDP’s connect sends nothing: it names the only end that the socket talks to, so that errors find it.',
  });
  await late.send(Buffer.from('anybody?'), {
    note: 'Nobody has the port: the host answers with ICMP port unreachable, which carries the datagram’s header.',
    look,
  });
  await late.recv(SIZE, {
    mayFail: ['ECONNREFUSED'],
    note: 'What the ICMP message becomes at a connected socket. An unconnected one would wait for ever.',
    look,
  });
  await late.close();
}
