/** HTTP/3 over QUIC between a real server and a real browser: RFC 9114, RFC 9000. */

import { readFileSync } from 'node:fs';
import { z } from 'zod';
import { CaptureError } from '../captures/sources/source.js';
import type { Code } from './demo.js';
import { demo } from './demo.js';
import { networkInterface, port } from './parameters.js';
import { browse, makeCertificate, missingProgram, serve, temporaryFolder } from './programs.js';
import { hasPort } from './socket-table.js';
import type { Stage } from './stage.js';

const ADDRESS = '127.0.0.1';
const PAGE = '<!doctype html><title>lab</title><p>Hello over HTTP/3.</p>';
/** Milliseconds that the server and the browser may take to begin. */
const SLOWEST_START = 15_000;

export const http3 = demo({
  name: 'http3',
  title: 'HTTP/3: a browser and a server over QUIC',
  shows:
    'HTTP/3 is HTTP over QUIC, and QUIC is a transport in UDP datagrams: its first packets bring the handshake of TLS 1.3 along, so that the request leaves after one round trip; streams, acknowledgements and retransmission are in the encrypted part. A real server (caddy) and a real browser (chromium) talk here. The browser writes its secrets to a key log (SSLKEYLOGFILE); the capture gets them, and the requests inside become readable, also in the exported pcapng. It takes two Debian packages: sudo apt-get install caddy chromium.',
  parameters: z.strictObject({
    port: port(7443),
    path: z
      .string()
      .regex(/^\/[\w./-]*$/, { error: 'give a path, for example /index.html' })
      .max(100)
      .default('/')
      .describe('What the browser asks for.'),
    interface: networkInterface,
  }),
  capture: ({ interface: name, port }) => ({ interfaces: [name], filter: `host ${ADDRESS} and udp port ${port}` }),
  view: ({ port }) => `udp.port == ${port}`,
  needs: ({ port }) => [
    { transport: 'udp', address: ADDRESS, port },
    { transport: 'tcp', address: ADDRESS, port },
  ],

  async run(stage, { port, path }) {
    const missing = missingProgram();
    if (missing !== undefined)
      throw new CaptureError(
        'unsupported',
        `The HTTP/3 demo needs ${missing}, which is not installed.`,
        'sudo apt-get install -y --no-install-recommends caddy chromium openssl',
      );
    const folder = temporaryFolder(stage);
    const certificate = await stage.step(
      {
        end: 'server',
        call: 'openssl',
        arguments: ['req', '-x509', 'localhost'],
        code: CODE.certificate,
        note: NOTES.certificate,
      },
      async () => ({ value: await makeCertificate(folder), result: 'a certificate that its own key has signed' }),
    );
    await stage.step(
      { end: 'server', call: 'caddy', arguments: [`${ADDRESS}:${port}`], code: CODE.server, note: NOTES.server },
      async () => {
        const server = serve(stage, folder, { address: ADDRESS, port, page: PAGE });
        for (const end = performance.now() + SLOWEST_START; ; ) {
          if ((await stage.sockets()).sockets.some(hasPort('udp', port))) break;
          if (server.over() !== undefined || performance.now() > end)
            throw new CaptureError('io', `caddy does not serve: ${server.over() ?? 'it has no UDP socket'}.`);
        }
        return { value: undefined, result: `has UDP port ${port}` };
      },
    );
    const url = `https://localhost:${port}${path}`;
    const touch = { local: { address: ADDRESS, port: null }, remote: { address: ADDRESS, port } };
    await stage.step(
      {
        end: 'browser',
        call: 'GET',
        arguments: [url],
        code: CODE.request,
        note: NOTES.request,
        look: 'quic',
        does: 'sends',
      },
      async () => {
        const page = await browse(stage, folder, { url, port, certificate });
        return {
          value: undefined,
          result: page.includes('Hello over HTTP/3') ? '200' : 'another page',
          output: page.trim(),
          touch,
        };
      },
    );
    await stage.step(
      { end: 'browser', call: 'SSLKEYLOGFILE', arguments: [], code: CODE.secrets, note: NOTES.secrets, look: 'http3' },
      async () => {
        const lines = readFileSync(folder.keyLog, 'utf8');
        await stage.secrets(lines);
        return { value: undefined, result: `${lines.trim().split('\n').length} secrets` };
      },
    );
    await readRequests(stage);
  },
});

/** What is inside, now that it can be read. */
async function readRequests(stage: Stage): Promise<void> {
  const packets = await stage.packets('http3.headers.method || http3.headers.status', 2);
  await stage.step(
    { end: 'lecturer', call: 'read', arguments: ['http3'], code: CODE.read, note: NOTES.read, look: 'http3' },
    () => ({
      value: undefined,
      result: `${packets.length} packets with requests or answers`,
      output: packets.map(({ number, info }) => `${number}  ${info}`).join('\n'),
    }),
  );
}

const NOTES = {
  certificate: 'QUIC has no mode without TLS 1.3. The browser is told to take this one certificate.',
  server: 'A UDP socket; beside it a TCP one for browsers that do not know HTTP/3 yet.',
  request:
    'Initial packets with TLS’s hellos (encrypted with keys that everybody can derive), Handshake packets, and then protected ones.',
  secrets:
    'What TLS agreed on. Whoever has them can read the conversation: netglass puts them into the exported file, too.',
  read: 'HEADERS are compressed with QPACK; DATA is the page.',
};

const typescript = '// Node has no QUIC yet: this takes a program of its own.';
const CODE: Readonly<Record<'certificate' | 'server' | 'request' | 'secrets' | 'read', Code>> = {
  certificate: {
    python: 'subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", …])',
    c: '/* openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes … */',
    typescript: "spawnSync('openssl', ['req', '-x509', '-newkey', 'ec', …]);",
  },
  server: {
    python: 'await aioquic.asyncio.serve(host, port, configuration=configuration)  # the package aioquic',
    c: '/* a library such as ngtcp2 or quiche on a UDP socket: bind(s, …), recvfrom(s, …) */',
    typescript,
  },
  request: {
    python: 'async with aioquic.asyncio.connect(host, port, configuration=configuration) as client: …',
    c: '/* socket(AF_INET, SOCK_DGRAM, 0), connect, sendmsg: what the library hands over */',
    typescript,
  },
  secrets: {
    python: 'configuration.secrets_log_file = open("keys.log", "a")',
    c: 'SSL_CTX_set_keylog_callback(context, write_line);',
    typescript: "tlsSocket.on('keylog', (line) => log.write(line)); // of TLS over TCP",
  },
  read: {
    python: '# netglass: the filter http3',
    c: '/* netglass: the filter http3 */',
    typescript: '// netglass: the filter http3',
  },
};
