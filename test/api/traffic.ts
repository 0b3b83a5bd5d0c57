/** Real traffic on loopback. */

import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { connect, createServer } from 'node:net';

/** Sends datagrams to a port that listens. @returns the port */
export async function sendUdp(texts: readonly string[], address: '127.0.0.1' | '::1' = '127.0.0.1'): Promise<number> {
  const type = address === '::1' ? 'udp6' : 'udp4';
  const receiver = createSocket(type);
  receiver.bind(0, address);
  await once(receiver, 'listening');
  const { port } = receiver.address();
  const sender = createSocket(type);
  for (const text of texts)
    await new Promise<void>((resolve, reject) => {
      sender.send(text, port, address, (error) => (error === null ? resolve() : reject(error)));
    });
  sender.close();
  receiver.close();
  return port;
}

/** One connection with a request and an answer, closed by both. @returns the server's port */
export async function talkTcp(address: '127.0.0.1' | '::1' = '127.0.0.1'): Promise<number> {
  const server = createServer((socket) => {
    socket.on('data', () => socket.end('answer'));
  });
  server.listen(0, address);
  await once(server, 'listening');
  const { port } = server.address() as { port: number };
  const client = connect(port, address);
  client.resume();
  client.write('request');
  await once(client, 'close');
  server.close();
  return port;
}
