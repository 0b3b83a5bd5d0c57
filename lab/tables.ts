/** The machine's sockets as `netstat -a` and `lsof -i -n` print them. */

import { readdirSync, readlinkSync } from 'node:fs';
import type { SocketInfo } from '../captures/programs/messages.js';
import { hostName } from './hosts.js';
import { serviceName } from './services.js';

/** Characters of an address in netstat's columns. */
const ADDRESS_WIDTH = 23;

/** An address and a port as netstat writes them: `0.0.0.0:http`, `:::http`, `0.0.0.0:*`. */
function netstatEnd(address: string | null, port: number | null, family: number, protocol: string): string {
  const any = family === 4 ? '0.0.0.0' : '::';
  const host = address === null || address === any ? any : (hostName(address) ?? address);
  const shown =
    port === null || (port === 0 && protocol !== 'raw') ? '*' : (serviceName(port, protocol) ?? String(port));
  return `${host}:${shown}`;
}

/** As `netstat -a` of net-tools prints the Internet sockets; hosts have the names of `/etc/hosts`, and no name server is asked. */
export function netstat(sockets: readonly SocketInfo[]): string {
  const lines = sockets
    .filter(({ protocol }) => protocol !== 'icmp')
    .map(({ protocol, family, receiveQueue, sendQueue, localAddress, localPort, remoteAddress, remotePort, state }) => {
      const name = `${protocol}${family === 4 ? '' : '6'}`;
      const local = netstatEnd(localAddress, localPort, family, protocol);
      const foreign = netstatEnd(remoteAddress, remotePort, family, protocol);
      // Of a listening socket the kernel tells netstat nothing there; elsewhere it says how many may wait.
      const sending = state === 'LISTEN' ? 0 : sendQueue;
      const queues = `${String(receiveQueue).padStart(6)} ${String(sending).padStart(6)}`;
      const ends = `${local.padEnd(ADDRESS_WIDTH)} ${foreign.padEnd(ADDRESS_WIDTH)}`;
      return `${name.padEnd(5)} ${queues} ${ends} ${state ?? ''}`.trimEnd();
    });
  return [
    'Active Internet connections (servers and established)',
    'Proto Recv-Q Send-Q Local Address           Foreign Address         State',
    ...lines,
  ].join('\n');
}

/** As `lsof -i -n` prints them: a line for each descriptor of a socket that a process has. */
export function lsof(sockets: readonly SocketInfo[]): string {
  const rows = sockets
    .filter(({ protocol }) => protocol === 'tcp' || protocol === 'udp')
    .flatMap((socket) =>
      socket.programs.flatMap((program) =>
        descriptors(program.pid, socket.inode).map((fd) => ({
          pid: program.pid,
          fd,
          cells: [
            program.name.slice(0, 9),
            String(program.pid),
            program.user,
            `${String(fd).padStart(4)}u `,
            socket.family === 4 ? 'IPv4' : 'IPv6',
            String(socket.inode),
            '0t0',
            socket.protocol.toUpperCase(),
            nameOf(socket),
          ],
        })),
      ),
    )
    .sort((a, b) => a.pid - b.pid || a.fd - b.fd);
  return table([
    ['COMMAND', 'PID', 'USER', '  FD', 'TYPE', 'DEVICE', 'SIZE/OFF', 'NODE', 'NAME'],
    ...rows.map(({ cells }) => cells),
  ]);
}

/** `127.0.0.1:40000->127.0.0.1:http (ESTABLISHED)`, `*:domain` */
function nameOf({ protocol, localAddress, localPort, remoteAddress, remotePort, state }: SocketInfo): string {
  const end = (address: string, port: number): string => {
    const host = address === '0.0.0.0' || address === '::' ? '*' : address.includes(':') ? `[${address}]` : address;
    return `${host}:${port === 0 ? '*' : (serviceName(port, protocol) ?? port)}`;
  };
  const far = remoteAddress === null ? '' : `->${end(remoteAddress, remotePort ?? 0)}`;
  return `${end(localAddress, localPort)}${far}${protocol === 'tcp' && state !== null ? ` (${state})` : ''}`;
}

/** The descriptors by which a process has a socket; none where netglass may not look, or it is gone. */
function descriptors(pid: number, inode: number | null): number[] {
  const folder = `/proc/${pid}/fd`;
  const link = `socket:[${inode}]`;
  try {
    return readdirSync(folder)
      .filter((fd) => targetOf(`${folder}/${fd}`) === link)
      .map(Number);
  } catch (error) {
    if (isGone(error)) return [];
    throw error;
  }
}

function targetOf(path: string): string | undefined {
  try {
    return readlinkSync(path);
  } catch (error) {
    if (isGone(error)) return undefined;
    throw error;
  }
}

const isGone = (error: unknown): boolean =>
  ['ENOENT', 'ESRCH', 'EACCES', 'EPERM'].includes((error as NodeJS.ErrnoException).code ?? '');

/** Numbers to the right, as lsof has them. */
const RIGHT = new Set([1, 5, 6, 7]);

function table(rows: readonly (readonly string[])[]): string {
  const widths = rows[0].map((_, column) => Math.max(...rows.map((row) => row[column].length)));
  return rows
    .map((row) =>
      row
        .map((cell, column) => (RIGHT.has(column) ? cell.padStart(widths[column]) : cell.padEnd(widths[column])))
        .join(' ')
        .trimEnd(),
    )
    .join('\n');
}
