/** The socket calls of a traced program, in the order in which they returned. */

import { endText } from '../parameters.js';
import type { EndPoint } from '../step.js';
import type { CallLine, ExitLine } from './lines.js';
import { descriptorOf, SocketTables, sockaddrOf, type TracedSocket } from './sockets.js';

/** What a call does to the traffic; `closes` also half, by shutdown. */
export type Effect = 'opens' | 'connects' | 'accepts' | 'sends' | 'receives' | 'closes';

export interface TracedCall {
  readonly pid: number;
  /** As the kernel calls it: `recvfrom` for recv(). */
  readonly name: string;
  readonly arguments: readonly string[];
  /** `0`, `5`, `-1 ECONNREFUSED` */
  readonly result: string;
  readonly error?: string;
  /** Nanoseconds since 1970. */
  readonly began: bigint;
  readonly ended: bigint;
  /** Absent: it does nothing to the traffic, as bind. */
  readonly effect?: Effect;
  /** Of accept, the new one. */
  readonly socket: TracedSocket;
  /** The other end of this call alone. */
  readonly peer?: EndPoint;
  /** Octets of each message that it sent or received; of a stream, one number. */
  readonly sizes: readonly number[];
  /** It left what it received where it was (MSG_PEEK). */
  readonly peeks?: true;
}

const EFFECTS: Readonly<Record<string, Effect>> = {
  socket: 'opens',
  connect: 'connects',
  accept: 'accepts',
  accept4: 'accepts',
  ...Object.fromEntries(
    ['send', 'sendto', 'sendmsg', 'sendmmsg', 'write', 'writev', 'sendfile'].map((name) => [name, 'sends']),
  ),
  ...Object.fromEntries(['recv', 'recvfrom', 'recvmsg', 'recvmmsg', 'read', 'readv'].map((name) => [name, 'receives'])),
  shutdown: 'closes',
  close: 'closes',
};

/** System calls that `strace` is to write down. */
export const TRACED = [
  'network',
  ...['close', 'read', 'write', 'readv', 'writev', 'sendfile', 'dup', 'dup2', 'dup3', 'fcntl'],
  ...['clone', 'clone3', 'fork', 'vfork'],
];

const FORKS: ReadonlySet<string> = new Set(['clone', 'clone3', 'fork', 'vfork']);
const DUPLICATES: ReadonlySet<string> = new Set(['dup', 'dup2', 'dup3']);
/** The program asked whether there is something, and there was not: it asks again, often many times. */
const IN_VAIN: ReadonlySet<string> = new Set(['EAGAIN', 'EWOULDBLOCK', 'EINTR']);
/** Characters of an argument that are kept. */
const LONGEST = 80;

export class CallTracker {
  private readonly tables = new SocketTables();
  /** When each process was last seen: what its end closes, it closes after that. */
  private readonly seen = new Map<number, bigint>();

  /** @returns the calls that the line tells of; several where a process ends without closing its sockets */
  follow(line: CallLine | ExitLine): TracedCall[] {
    if (line.kind === 'exit') return this.exit(line);
    this.seen.set(line.pid, line.ended);
    const { pid, name, result } = line;
    const value = Number(/^-?\d+/.exec(result)?.[0] ?? Number.NaN);
    if (FORKS.has(name)) {
      if (value > 0)
        this.tables.fork(
          pid,
          value,
          line.arguments.some((text) => text.includes('CLONE_FILES')),
        );
      return [];
    }
    if (DUPLICATES.has(name) || name === 'fcntl') {
      this.tables.duplicate(pid, line.arguments[0], result);
      return [];
    }
    const call = this.call(line, value);
    return call === undefined || IN_VAIN.has(call.error ?? '') ? [] : [call];
  }

  private call(line: CallLine, value: number): TracedCall | undefined {
    const { pid, name, result, began, ended } = line;
    const given = line.arguments;
    let effect: Effect | undefined = EFFECTS[name];
    const error = value < 0 ? /^-\d+ (E\w+)/.exec(result)?.[1] : undefined;
    const address = given
      .slice(1)
      .map(sockaddrOf)
      .find((one) => one !== undefined);
    const socket = this.socketOf(line, effect, address);
    if (socket === undefined) return undefined;
    if (name === 'bind' && value === 0 && address !== undefined) socket.local ??= address;
    if (name === 'connect' && address !== undefined) socket.remote = address;
    if (name === 'getsockname' && value === 0 && address !== undefined) socket.local = address;
    if (name === 'getpeername' && value === 0 && address !== undefined) socket.remote ??= address;
    // Copies of it are open elsewhere: nothing leaves.
    if (name === 'close' && !this.tables.close(pid, given[0])) effect = undefined;
    const moves = effect === 'sends' || effect === 'receives';
    return {
      pid,
      name,
      arguments: given.map(shown),
      result: resultText(result, value, error, address),
      began,
      ended,
      socket,
      sizes: moves && value >= 0 ? sizesOf(line, value) : [],
      ...(error === undefined ? {} : { error }),
      ...(effect === undefined ? {} : { effect }),
      ...(moves && address !== undefined ? { peer: address } : {}),
      ...(given.some((text) => /\bMSG_PEEK\b/.test(text) && !text.startsWith('"')) ? { peeks: true as const } : {}),
    };
  }

  private socketOf(line: CallLine, effect: Effect | undefined, peer: EndPoint | undefined): TracedSocket | undefined {
    const { pid, result } = line;
    const first = line.arguments[0];
    if (effect === 'opens') return this.tables.open(pid, result);
    const socket = this.tables.find(pid, first);
    if (effect !== 'accepts' || socket === undefined) return socket;
    return this.tables.open(pid, result, { local: socket.local, remote: peer }) ?? socket;
  }

  private exit({ pid, time }: ExitLine): TracedCall[] {
    const began = this.seen.get(pid) ?? time;
    this.seen.delete(pid);
    return [...this.tables.exit(pid)]
      .filter(([{ remote }]) => remote !== undefined)
      .map(([socket, descriptors]) => ({
        pid,
        name: 'exit',
        arguments: [],
        result: `closes ${descriptors.join(', ')}`,
        began,
        ended: time,
        effect: 'closes',
        socket,
        sizes: [],
      }));
  }
}

/** A mark's words: `client.py[4711]: connect(5, 127.0.0.1:7711, 16) = 0`. */
export function callText({ name, arguments: given, result }: TracedCall): string {
  return name === 'exit' ? `exit ${result}` : `${name}(${given.join(', ')}) = ${result}`;
}

/** `sendmmsg` and `recvmmsg` return the number of messages, and write their lengths to `msg_len`. */
function sizesOf({ name, arguments: given }: CallLine, value: number): number[] {
  if (!name.endsWith('mmsg')) return [value];
  const lengths = (given[1] ?? '').matchAll(/\bmsg_len=(\d+)/g);
  return Array.from(lengths, ([, length]) => Number(length)).slice(0, value);
}

/** accept tells whom it has taken, also where the program did not want to know. */
function resultText(result: string, value: number, error: string | undefined, told: EndPoint | undefined): string {
  if (error !== undefined) return `-1 ${error}`;
  const remote = told === undefined ? descriptorOf(result)?.remote : undefined;
  return remote === undefined ? String(value) : `${value} from ${endText(remote.address, remote.port ?? 0)}`;
}

/** A descriptor without what strace knows of it, an address as people write it; anything else as it is. */
function shown(text: string): string {
  const address = text.startsWith('{sa_family=') ? sockaddrOf(text) : undefined;
  const short =
    address === undefined ? text.replace(/^(\d+)<.*>$/s, '$1') : endText(address.address, address.port ?? 0);
  return short.length > LONGEST ? `${short.slice(0, LONGEST - 1)}…` : short;
}
