/** The machine's sockets as `netstat -a` and `lsof -i -n` print them, while some of the demo's own come and go. */

import { z } from 'zod';
import type { SocketInfo } from '../captures/programs/messages.js';
import { demo } from './demo.js';
import { address, bpfHost, networkInterface, port } from './parameters.js';
import { lookAtSockets } from './socket-table.js';
import { openSocket } from './sockets.js';

const everything = (): boolean => true;

export const sockets = demo({
  name: 'sockets',
  title: 'The machine’s sockets: netstat and lsof',
  shows:
    'What netstat -a and lsof -i -n print: all sockets of this machine with both ends, the state of TCP’s, what waits in their queues, and the program and descriptor that have them. The demo opens a UDP socket and a TCP connection of its own, so that LISTEN, ESTABLISHED and, after the close, TIME_WAIT can be seen; a socket in TIME_WAIT belongs to no program any more, so lsof does not have it.',
  parameters: z.strictObject({ address, port: port(7012), interface: networkInterface }),
  capture: ({ interface: name, address, port }) => ({
    interfaces: [name],
    filter: `${bpfHost(address)} and tcp port ${port}`,
  }),
  view: ({ port }) => `tcp.port == ${port}`,
  needs: ({ address, port }) => [
    { transport: 'tcp', address, port },
    { transport: 'udp', address, port },
  ],

  async run(stage, { address, port }) {
    await lookAtSockets(stage, 'netstat', everything, { note: 'Whatever is open now, of all programs.' });
    await lookAtSockets(stage, 'lsof', everything, {
      note: 'The same with its programs: a line for each descriptor. Programs of other users are known to root alone.',
    });

    const datagrams = await openSocket(stage, 'server', 'SOCK_DGRAM', address);
    await datagrams.bind(address, port, { note: 'A UDP port: netstat has no state for it.' });
    const listening = await openSocket(stage, 'server', 'SOCK_STREAM', address);
    await listening.setsockopt('SO_REUSEADDR', 1);
    await listening.bind(address, port, { note: 'The same number: TCP’s ports are others than UDP’s.' });
    await listening.listen(5);
    const client = await openSocket(stage, 'client', 'SOCK_STREAM', address);
    await client.connect(address, port, { look: 'tcp.flags.syn == 1' });
    const server = await listening.accept();
    await client.send(Buffer.from('not read yet'), { look: 'tcp.len > 0' });

    const own = ({ localPort, remotePort }: SocketInfo): boolean => localPort === port || remotePort === port;
    await lookAtSockets(stage, 'netstat', own, {
      note: 'The demo’s own: LISTEN, both ends ESTABLISHED, and in the server’s Recv-Q the octets that nobody has read.',
    });
    await lookAtSockets(stage, 'lsof', own, { note: 'All of them are netglass’s: the demo runs in it.' });

    await server.recv(2048);
    await client.close({ note: 'The first FIN.', look: 'tcp.flags.fin == 1' });
    await server.recv(2048, { note: 'No octets: the other end has closed.' });
    await server.close();
    await lookAtSockets(stage, 'netstat', own, {
      note: 'Who closed first stays in TIME_WAIT for a minute, without a program.',
    });
    await listening.close();
    await datagrams.close();
  },
});
