/** The sockets of a traced program: which descriptor of which process is which, and between which ends. */

import type { EndPoint } from '../step.js';

export type Transport = 'tcp' | 'udp' | 'icmp' | 'raw';

export interface TracedSocket {
  readonly transport: Transport;
  /** As far as the trace has told; the kernel chooses them with the first call that needs them. */
  local: EndPoint | undefined;
  remote: EndPoint | undefined;
}

/** What `-yy` tells of a descriptor. */
interface Descriptor {
  readonly fd: number;
  readonly transport: Transport;
  readonly inode?: string;
  readonly local?: EndPoint;
  readonly remote?: EndPoint;
}

/** Sockets that are remembered by their names at most; beyond that, only by descriptor. */
const MOST_NAMED = 100_000;

const TRANSPORTS: Readonly<Record<string, Transport>> = { TCP: 'tcp', UDP: 'udp', PING: 'icmp', RAW: 'raw' };

/** `5<TCP:[127.0.0.1:7711->127.0.0.1:41106]>`, `3<UDPv6:[[::]:7712]>`, `3<TCP:[2145846]>` */
export function descriptorOf(text: string | undefined): Descriptor | undefined {
  const [, fd, kind, inside] = /^(\d+)<(TCP|UDP|PING|RAW)(?:v6)?:\[(.*)\]>$/.exec(text ?? '') ?? [];
  if (fd === undefined) return undefined;
  const transport = TRANSPORTS[kind];
  if (/^\d+$/.test(inside)) return { fd: Number(fd), transport, inode: inside };
  const [local, remote] = inside.split('->').map(endOf);
  return {
    fd: Number(fd),
    transport,
    ...(local === undefined ? {} : { local }),
    ...(remote === undefined ? {} : { remote }),
  };
}

/** The address in `{sa_family=AF_INET, sin_port=htons(53), sin_addr=inet_addr("192.0.2.1")}`, or in its IPv6 likeness. */
export function sockaddrOf(text: string | undefined): EndPoint | undefined {
  const port = /\bsin6?_port=htons\((\d+)\)/.exec(text ?? '')?.[1];
  const address = /\b(?:inet_addr\(|inet_pton\(AF_INET6, )"([^"]*)"/.exec(text ?? '')?.[1];
  return port === undefined || address === undefined ? undefined : { address: plain(address), port: Number(port) };
}

function endOf(text: string): EndPoint | undefined {
  const [, six, four, port] = /^(?:\[([^\]]*)\]|([^:]*)):(\d+)$/.exec(text) ?? [];
  return port === undefined ? undefined : { address: plain(six ?? four), port: Number(port) };
}

/** IPv4 has its own form in packets, also where the socket is of IPv6 (RFC 4291, section 2.5.5.2). */
const plain = (address: string): string => address.replace(/^::ffff:(?=[\d.]+$)/i, '');

/** The descriptors of all processes and threads. */
export class SocketTables {
  /** Threads of a process share a table. */
  private readonly tables = new Map<number, Map<number, TracedSocket>>();
  /** Sockets by inode and by their ends, for descriptors whose way was not seen (handed over, inherited). */
  private readonly named = new Map<string, TracedSocket>();

  /** The socket that an argument stands for; undefined when it is none of the internet's protocols. */
  find(pid: number, text: string | undefined): TracedSocket | undefined {
    const told = descriptorOf(text);
    if (told === undefined) return undefined;
    const table = this.table(pid);
    const known = table.get(told.fd);
    const socket =
      known !== undefined && !contradicts(known, told) ? known : (this.byName(told) ?? this.fresh(told.transport));
    table.set(told.fd, socket);
    learn(socket, told);
    this.remember(socket, told);
    return socket;
  }

  /** A new socket, as `socket` or `accept` has returned it. */
  open(pid: number, result: string, ends: { local?: EndPoint | undefined; remote?: EndPoint | undefined } = {}) {
    const told = descriptorOf(result);
    if (told === undefined) return undefined;
    const socket = this.fresh(told.transport);
    socket.local = told.local ?? ends.local;
    socket.remote = told.remote ?? ends.remote;
    this.table(pid).set(told.fd, socket);
    this.remember(socket, told);
    return socket;
  }

  /** After dup, dup2, dup3 and fcntl(F_DUPFD). */
  duplicate(pid: number, from: string | undefined, result: string): void {
    const socket = this.find(pid, from);
    const told = descriptorOf(result);
    if (socket !== undefined && told !== undefined) this.table(pid).set(told.fd, socket);
  }

  /** @returns whether that was the last descriptor of the socket: only then does the kernel close it */
  close(pid: number, text: string | undefined): boolean {
    const told = descriptorOf(text);
    const table = this.table(pid);
    const socket = told && table.get(told.fd);
    if (told === undefined || socket === undefined) return false;
    table.delete(told.fd);
    return ![...this.tables.values()].some((one) => [...one.values()].includes(socket));
  }

  /** A new process has copies of its parent's descriptors; a thread has the same ones (clone(2), CLONE_FILES). */
  fork(parent: number, child: number, shares: boolean): void {
    const table = this.table(parent);
    // The child's first calls may come before its parent's clone returns.
    const own = this.tables.get(child) ?? [];
    if (shares) {
      for (const [fd, socket] of own) table.set(fd, socket);
      this.tables.set(child, table);
    } else this.tables.set(child, new Map([...table, ...own]));
  }

  /** @returns the sockets that nobody has open any more, because this was the last one, and their descriptors */
  exit(pid: number): Map<TracedSocket, number[]> {
    const table = this.tables.get(pid);
    this.tables.delete(pid);
    const closed = new Map<TracedSocket, number[]>();
    const others = [...this.tables.values()];
    if (table === undefined || others.includes(table)) return closed;
    const held = new Set(others.flatMap((one) => [...one.values()]));
    for (const [fd, socket] of table) if (!held.has(socket)) closed.set(socket, [...(closed.get(socket) ?? []), fd]);
    return closed;
  }

  private table(pid: number): Map<number, TracedSocket> {
    const found = this.tables.get(pid) ?? new Map<number, TracedSocket>();
    this.tables.set(pid, found);
    return found;
  }

  private fresh(transport: Transport): TracedSocket {
    return { transport, local: undefined, remote: undefined };
  }

  private byName(told: Descriptor): TracedSocket | undefined {
    for (const name of namesOf(told)) {
      const socket = this.named.get(name);
      if (socket !== undefined) return socket;
    }
    return undefined;
  }

  private remember(socket: TracedSocket, told: Descriptor): void {
    if (this.named.size < MOST_NAMED) for (const name of namesOf(told)) this.named.set(name, socket);
  }
}

/** Names that one socket alone has at a time. */
function namesOf({ transport, inode, local, remote }: Descriptor): string[] {
  if (inode !== undefined) return [`${transport} ${inode}`];
  return local !== undefined && remote !== undefined
    ? [`${transport} ${local.address} ${local.port} ${remote.address} ${remote.port}`]
    : [];
}

/** The descriptor was closed unseen, by execve for example, and is another socket now. */
function contradicts(socket: TracedSocket, told: Descriptor): boolean {
  if (socket.transport !== told.transport) return true;
  if (socket.transport !== 'tcp' || told.remote === undefined || socket.remote === undefined) return false;
  // Before its first packet a client does not know its port.
  const moved = Boolean(socket.local?.port) && told.local !== undefined && socket.local?.port !== told.local.port;
  return moved || socket.remote.port !== told.remote.port;
}

/** strace keeps a socket's first name: an end that is known in full stays. */
function learn(socket: TracedSocket, { local, remote }: Descriptor): void {
  if (local !== undefined && (socket.local === undefined || (socket.local.port ?? 0) === 0)) socket.local = local;
  if (local !== undefined && remote !== undefined && socket.local?.port === local.port) socket.local = local;
  socket.remote ??= remote;
}
