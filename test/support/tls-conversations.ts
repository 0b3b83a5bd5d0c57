/** Real TLS conversations between Node's client and server, as the packets of a capture, with their key logs. */

import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import http2 from 'node:http2';
import https from 'node:https';
import { type AddressInfo, connect, createServer, type Server } from 'node:net';
import { join } from 'node:path';
import { connect as connectTls, type TLSSocket } from 'node:tls';
import type { TestPacket } from './packets.js';
import { conversation, packetsOf, type Segment, segmentFrame } from './tcp-packets.js';

export interface TlsConversation {
  readonly packets: readonly TestPacket[];
  readonly keyLog: string;
}

export interface TlsCase {
  readonly version: 'TLSv1.2' | 'TLSv1.3';
  /** OpenSSL's name of the suite. */
  readonly suite?: string;
  readonly http2?: boolean;
  /** OpenSSL's options (`SSL_OP_…`). */
  readonly secureOptions?: number;
}

/** What every answer has. */
export const BODY = 'hello '.repeat(1000);
const SEGMENT = 1460;

/** The server's port is that of HTTPS. */
function frameOf(segment: Segment): Buffer {
  const frame = segmentFrame(segment);
  frame.writeUInt16BE(443, segment.from === '>' ? 36 : 34);
  return frame;
}

/** A key and a certificate that signs itself, made in that folder. */
export function certificateIn(folder: string): { key: Buffer; cert: Buffer } {
  const key = join(folder, 'key.pem');
  const cert = join(folder, 'cert.pem');
  const curve = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes'];
  const files = ['-keyout', key, '-out', cert, '-days', '30', '-subj', '/CN=netglass.test'];
  execFileSync('openssl', ['req', '-x509', ...curve, ...files], { stdio: 'ignore' });
  return { key: readFileSync(key), cert: readFileSync(cert) };
}

async function listening(server: Server): Promise<number> {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return (server.address() as AddressInfo).port;
}

type Turn = ['>' | '<', Buffer];

/** A server that hands on to `port` what it gets, and the other way, and notes it in segments. */
function recorded(port: number): { readonly turns: Turn[]; readonly proxy: Server } {
  const turns: Turn[] = [];
  const proxy = createServer((client) => {
    const upstream = connect(port, '127.0.0.1');
    const pass = (from: '>' | '<', data: Buffer): void => {
      for (let at = 0; at < data.length; at += SEGMENT) turns.push([from, data.subarray(at, at + SEGMENT)]);
      (from === '>' ? upstream : client).write(data);
    };
    client.on('data', (data: Buffer) => pass('>', data));
    upstream.on('data', (data: Buffer) => pass('<', data));
    client.on('end', () => upstream.end());
    upstream.on('end', () => client.end());
    // A program that is ended in the middle of it resets its connection.
    for (const socket of [client, upstream]) socket.on('error', () => socket.destroy());
  });
  return { turns, proxy };
}

/**
 * Lines that OpenSSL's client sends and its server sends back reversed, with an update of the keys between them, which
 * both sides then use (RFC 8446, section 4.6.3).
 */
export async function keyUpdates(folder: string): Promise<TlsConversation> {
  const keys = join(folder, 'updated.keys');
  const files = ['-key', join(folder, 'key.pem'), '-cert', join(folder, 'cert.pem')];
  const free = createServer();
  const port = await listening(free);
  free.close();
  await once(free, 'close');
  const server = spawn('openssl', ['s_server', '-accept', `127.0.0.1:${port}`, '-rev', '-tls1_3', ...files]);
  let greeting = '';
  while (!greeting.includes('ACCEPT')) greeting += String((await once(server.stdout, 'data'))[0]);
  const { turns, proxy } = recorded(port);
  const outside = await listening(proxy);
  const client = spawn('openssl', ['s_client', '-connect', `127.0.0.1:${outside}`, '-tls1_3', '-keylogfile', keys]);
  let answers = '';
  client.stdout.on('data', (data: Buffer) => {
    answers += data.toString();
  });
  // "K" at the beginning of what is read is a command: update the keys, and ask the other side to.
  for (const [line, answer] of [
    ['first\n', 'tsrif'],
    ['K\n', ''],
    ['second\n', 'dnoces'],
    ['K\n', ''],
    ['third\n', 'driht'],
  ]) {
    client.stdin.write(line);
    for (let i = 0; i < 100 && (i < 3 || !answers.includes(answer)); i++)
      await new Promise((resolve) => setTimeout(resolve, 50));
  }
  const ended = [once(client, 'exit'), once(server, 'exit')];
  client.stdin.end('Q\n');
  server.kill();
  await Promise.all(ended);
  proxy.close();
  const frames = conversation(turns).map(frameOf);
  return { packets: packetsOf(frames), keyLog: readFileSync(keys, 'latin1') };
}

/** Two requests for /one and /two over one connection. */
export async function tlsConversation(
  certificate: { key: Buffer; cert: Buffer },
  { version, suite, http2: two = false, secureOptions = 0 }: TlsCase,
): Promise<TlsConversation> {
  const common = {
    minVersion: version,
    maxVersion: version,
    secureOptions,
    ...(suite === undefined ? {} : { ciphers: suite }),
  };
  const options = { ...certificate, ...common };
  const server = two
    ? http2.createSecureServer(options, (_request, response) => response.end(BODY))
    : https.createServer(options, (_request, response) => response.end(BODY));
  const port = await listening(server);
  const { turns, proxy } = recorded(port);
  const outside = await listening(proxy);
  let keyLog = '';
  const socket = connectTls({
    port: outside,
    host: '127.0.0.1',
    rejectUnauthorized: false,
    servername: 'netglass.test',
    ALPNProtocols: [two ? 'h2' : 'http/1.1'],
    ...common,
  });
  socket.on('keylog', (line: Buffer) => {
    keyLog += line.toString();
  });
  await once(socket, 'secureConnect');
  const closed = once(socket, 'close');
  await (two ? askTwo(socket) : askOne(socket));
  await closed;
  proxy.close();
  server.close();
  return { packets: packetsOf(conversation(turns).map(frameOf)), keyLog };
}

async function askOne(socket: TLSSocket): Promise<void> {
  let got = 0;
  socket.on('data', (data: Buffer) => {
    got += data.length;
  });
  socket.write('GET /one HTTP/1.1\r\nHost: netglass.test\r\n\r\n');
  while (got < BODY.length) await once(socket, 'data');
  socket.write('GET /two HTTP/1.1\r\nHost: netglass.test\r\nConnection: close\r\n\r\n');
}

async function askTwo(socket: TLSSocket): Promise<void> {
  const client = http2.connect('https://netglass.test', { createConnection: () => socket });
  for (const path of ['/one', '/two']) {
    const request = client.request({ ':path': path, 'x-several': 'words '.repeat(5) });
    request.resume();
    await once(request, 'end');
  }
  client.close();
}
