/** HTTP/1.1 by hand, on a TCP socket: RFC 9112. */

import { z } from 'zod';
import { demo } from './demo.js';
import { address, bpfHost, endText, networkInterface, port } from './parameters.js';
import { type LabSocket, openSocket } from './sockets.js';

const SIZE = 4096;
const PAGE = '<!doctype html>\n<title>lab</title>\n<p>Hello over HTTP/1.1.\n';
const STREAM = ['first chunk, ', 'second, ', 'and the last.\n'];

export const http1 = demo({
  name: 'http1',
  title: 'HTTP/1.1: requests and answers on one connection',
  shows:
    'HTTP/1.1 is text on a TCP connection: a request line, header fields, an empty line, a body. The server must say where a body ends, for the stream has no borders: by Content-Length, or in chunks of which the last is empty. The connection stays open for the next request until somebody says Connection: close. Each message here is one send(), and one packet; netglass and Wireshark put it together if it were several.',
  parameters: z.strictObject({ address, port: port(7080), interface: networkInterface }),
  capture: ({ interface: name, address, port }) => ({
    interfaces: [name],
    filter: `${bpfHost(address)} and tcp port ${port}`,
  }),
  view: ({ port }) => `tcp.port == ${port}`,
  needs: ({ address, port }) => [{ transport: 'tcp', address, port }],

  async run(stage, { address, port }) {
    const listener = await openSocket(stage, 'server', 'SOCK_STREAM', address);
    await listener.setsockopt('SO_REUSEADDR', 1);
    await listener.bind(address, port);
    await listener.listen(5);
    const client = await openSocket(stage, 'client', 'SOCK_STREAM', address);
    await client.connect(address, port, { note: 'HTTP/1.1 begins with TCP’s handshake.', look: 'tcp.flags.syn == 1' });
    const server = await listener.accept();
    const host = endText(address, port);
    const ask = (line: string, more: readonly string[] = []): string =>
      text(line, [`Host: ${host}`, 'User-Agent: netglass-lab', ...more]);

    await exchange(
      { client, server },
      ask('GET / HTTP/1.1'),
      text('HTTP/1.1 200 OK', ['Content-Type: text/html', `Content-Length: ${PAGE.length}`], PAGE),
      {
        asked: 'Host is the one header field that HTTP/1.1 demands: many names may share an address.',
        answered: 'Content-Length says how many octets follow the empty line.',
      },
    );
    await exchange(
      { client, server },
      ask('GET /stream HTTP/1.1'),
      text('HTTP/1.1 200 OK', ['Content-Type: text/plain', 'Transfer-Encoding: chunked'], chunked(STREAM)),
      {
        asked: 'The same connection: no second handshake.',
        answered: 'Chunks, each behind its length in hexadecimal: the server need not know the length beforehand.',
      },
    );
    const form = 'name=netglass&port=7080';
    await exchange(
      { client, server },
      text(
        'POST /nowhere HTTP/1.1',
        [
          `Host: ${host}`,
          'Content-Type: application/x-www-form-urlencoded',
          `Content-Length: ${form.length}`,
          'Connection: close',
        ],
        form,
      ),
      text('HTTP/1.1 404 Not Found', ['Content-Length: 0', 'Connection: close']),
      {
        asked: 'A request with a body; Connection: close says that it is the last one.',
        answered: 'An answer without a body, for Content-Length is 0.',
      },
    );
    await server.close({ note: 'The server closes after the last answer.', look: 'tcp.flags.fin == 1' });
    await client.recv(SIZE, { note: 'No octets: the end of the stream.' });
    await client.close();
    await listener.close();
  },
});

interface Ends {
  readonly client: LabSocket;
  readonly server: LabSocket;
}

async function exchange(
  { client, server }: Ends,
  request: string,
  answer: string,
  notes: { readonly asked: string; readonly answered: string },
): Promise<void> {
  await client.send(Buffer.from(request), { note: notes.asked, look: 'http.request' });
  await server.recv(SIZE, { look: 'http.request' });
  await server.send(Buffer.from(answer), { note: notes.answered, look: 'http.response' });
  await client.recv(SIZE, { look: 'http.response' });
}

/** RFC 9112, section 2.1: lines end in CR LF, and an empty one ends the head. */
function text(start: string, fields: readonly string[], body = ''): string {
  return `${[start, ...fields].join('\r\n')}\r\n\r\n${body}`;
}

/** RFC 9112, section 7.1 */
function chunked(parts: readonly string[]): string {
  return `${parts.map((part) => `${part.length.toString(16)}\r\n${part}\r\n`).join('')}0\r\n\r\n`;
}
