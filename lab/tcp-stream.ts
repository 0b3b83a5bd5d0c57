/** A byte stream: no borders (RFC 9293, section 3.7), Nagle's algorithm (3.7.4), delayed ACKs (3.8.6.3), the window (3.8.6). */

import { z } from 'zod';
import type { Code } from './demo.js';
import { demo } from './demo.js';
import { address, bpfHost, networkInterface, port } from './parameters.js';
import { type LabSocket, openSocket } from './sockets.js';
import type { Stage } from './stage.js';

/** Octets of both buffers: small, so that few sends fill them. Linux doubles what it is asked for, for its own records. */
const BUFFER = 8192;
const CHUNK = 1024;
/** More than both buffers hold. */
const MOST_OCTETS = 200 * CHUNK;
/** Milliseconds in which the receiver's kernel takes what fits: its ACK may be delayed, and a probe takes 200. */
const DRAINED = 250;
/** Milliseconds: a delayed ACK comes within 40 on Linux, a probe of the window after 200 and more. */
const DELAYED = 150;
const SLOW = 700;
const LONGEST_FILLING = 3000;

export const tcpStream = demo({
  name: 'tcp-stream',
  title: 'TCP: a stream of octets, not of messages',
  shows:
    'send and recv do not come in pairs: several sends arrive with one recv, and one message may take two. Nagle’s algorithm sends the first small message at once and holds the others back while it is not acknowledged; the receiver’s delayed ACK (up to 40 ms) makes that visible. TCP_NODELAY switches it off: every send is a packet. Then a slow reader: its receive buffer fills, every ACK offers a smaller window until it is zero; the sender’s own buffer fills too, and send would block. The sender probes the closed window until the reader reads at last, and a window update lets the rest go.',
  parameters: z.strictObject({
    address,
    port: port(7009),
    messages: z.int().min(2).max(50).default(5).describe('How many small messages are sent in a row.'),
    interface: networkInterface,
  }),
  capture: ({ interface: name, address, port }) => ({
    interfaces: [name],
    filter: `${bpfHost(address)} and tcp port ${port}`,
  }),
  view: ({ port }) => `tcp.port == ${port}`,
  needs: ({ address, port }) => [{ transport: 'tcp', address, port }],

  async run(stage, { address, port, messages }) {
    const listening = await openSocket(stage, 'server', 'SOCK_STREAM', address);
    await listening.setsockopt('SO_REUSEADDR', 1);
    await listening.setsockopt('SO_RCVBUF', BUFFER, {
      note: 'A small receive buffer. It has to be said before listen, for the handshake already offers a window.',
    });
    await listening.bind(address, port);
    await listening.listen(5);
    const client = await openSocket(stage, 'client', 'SOCK_STREAM', address);
    await client.connect(address, port, { note: 'The SYN-ACK’s window is as small as the buffer.' });
    const server = await listening.accept();

    await showNagle(stage, client, server, messages);
    await showNoDelay(client, server, messages);
    await showWindow(stage, client, server);

    await client.close();
    await server.close();
    await listening.close();
  },
});

const message = (number: number): Buffer => Buffer.from(`message ${number}\n`);

async function showNagle(stage: Stage, client: LabSocket, server: LabSocket, messages: number): Promise<void> {
  if (process.platform === 'linux')
    await server.setsockopt('TCP_QUICKACK', 0, {
      note: 'Linux acknowledges at once while a connection is young. Without that, it waits up to 40 ms for data to carry the ACK.',
    });
  // All of them before the first is acknowledged.
  await stage.together(async () => {
    for (let number = 1; number <= messages; number++)
      await client.send(message(number), {
        note:
          number === 1
            ? 'Nothing is unacknowledged: it leaves at once.'
            : 'Nagle: small, and the first is not acknowledged yet, so it waits in the send buffer.',
        look: 'tcp.len > 0',
      });
  });
  await sleep(stage, 'server', DELAYED, 'The delayed ACK comes, and all that waited leaves in one packet.');
  await server.recv(2048, { note: `${messages} sends, one recv: the stream has no borders.` });
}

async function showNoDelay(client: LabSocket, server: LabSocket, messages: number): Promise<void> {
  await client.setsockopt('TCP_NODELAY', 1, { note: 'Nagle’s algorithm is off.' });
  if (process.platform === 'linux') await server.setsockopt('TCP_QUICKACK', 1);
  for (let number = 1; number <= messages; number++)
    await client.send(message(number), { note: 'A packet of its own.', look: 'tcp.len > 0' });
  await server.recv(13, {
    note: 'A border in the middle: recv takes what fits, here a message and a part of the next.',
  });
  await server.recv(2048, { note: 'The rest. A protocol above TCP has to say itself where a message ends.' });
}

async function showWindow(stage: Stage, client: LabSocket, server: LabSocket): Promise<void> {
  await client.setsockopt('SO_SNDBUF', BUFFER, { note: 'A small send buffer, so that it is full soon, too.' });
  const sent = await stage.together(() => fill(stage, client));
  await sleep(stage, 'server', SLOW, 'A slow reader. The window is closed; the sender probes it, and gets zero again.');
  // How fast the last octets go in is the kernel's timers' business.
  await stage.seen('tcp.analysis.zero_window', 1, LONGEST_FILLING);
  for (let got = 0; got < sent; ) {
    const { data } = await server.recv(65_536, {
      note: 'There is room again: a window update, and the rest of the data comes.',
      look: 'tcp.analysis.window_update || tcp.analysis.zero_window',
    });
    if (data.length === 0) break;
    got += data.length;
  }
}

/** Sends until both buffers are full. @returns how many octets they took */
async function fill(stage: Stage, client: LabSocket): Promise<number> {
  const chunk = Buffer.alloc(CHUNK, 'x');
  let sent = 0;
  for (let before = -1; sent > before && sent < MOST_OCTETS; ) {
    before = sent;
    for (;;) {
      const { octets, error } = await client.send(chunk, {
        mayFail: ['EAGAIN'],
        note: 'Nobody reads: the octets fill the receiver’s buffer, then the sender’s. A send that would block says EAGAIN here.',
        look: 'tcp.window_size_value',
      });
      if (error !== undefined || sent >= MOST_OCTETS) break;
      sent += octets;
    }
    // What the receiver's kernel still takes makes room here.
    await stage.wait(DRAINED);
  }
  return sent;
}

function sleep(stage: Stage, end: string, milliseconds: number, note: string): Promise<void> {
  const seconds = milliseconds / 1000;
  const code: Code = {
    python: `time.sleep(${seconds})`,
    c: `usleep(${milliseconds * 1000});`,
    typescript: `await setTimeout(${milliseconds}); // node:timers/promises`,
  };
  return stage.step({ end, call: 'sleep', arguments: [String(seconds)], code, note }, async () => {
    await stage.wait(milliseconds);
    return { value: undefined, result: '0' };
  });
}
