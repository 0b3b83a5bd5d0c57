/** Sockets whose every call is a step. */

import type { CallResult, SocketOption } from '../captures/native/binding.js';
import { CaptureError } from '../captures/sources/source.js';
import { callFailed, calls, errorName } from './calls.js';
import type { Code } from './demo.js';
import { endText, familyOf } from './parameters.js';
import { protocolName, snippets } from './snippets.js';
import type { Stage } from './stage.js';
import { dataText, type EndPoint, type Outcome, type Telling } from './step.js';

export type SocketType = 'SOCK_STREAM' | 'SOCK_DGRAM' | 'SOCK_SEQPACKET' | 'SOCK_RAW';

/** What a demo says of a call beside its arguments. */
export interface Said {
  readonly note?: string;
  readonly look?: string;
  /** Errors that are part of the demo; any other ends the run. */
  readonly mayFail?: readonly string[];
}

/** What a call answered; with `error`, it failed with one that `mayFail`. */
export interface Answer {
  readonly error?: string;
}

export interface Received extends Answer {
  readonly data: Uint8Array;
  /** Of datagrams: who sent it. */
  readonly from?: EndPoint & { readonly port: number };
}

interface Call {
  readonly name: string;
  readonly arguments: readonly string[];
  readonly code: Code;
  readonly does?: 'sends' | 'receives';
  /** Wait until the socket can be read or written. */
  readonly waits?: 'read' | 'write';
  /** What is printed behind `=`; otherwise the value. */
  readonly result?: (result: CallResult) => string;
  readonly octets?: (result: CallResult) => number;
  /** The remote end that this call alone has. */
  readonly remote?: (result: CallResult) => EndPoint | undefined;
}

/** Milliseconds that a call waits at most for what is sure to come. */
const LONGEST_WAIT = 5000;
/** What a socket asks of the kernel when it learns its own address. */
const UNBOUND = { address: '0.0.0.0', port: null } as const;
const nothing: Uint8Array = new Uint8Array();

/** The first step of a socket: `socket()`. */
export async function openSocket(
  stage: Stage,
  end: string,
  type: SocketType,
  address: string,
  { protocol = 0, note, look, mayFail = [] }: Said & { readonly protocol?: number } = {},
): Promise<LabSocket> {
  const family = familyOf(address);
  const telling: Telling = {
    end,
    call: 'socket',
    arguments: [family, type, protocolName(protocol)],
    code: snippets.socket(family, type, protocol),
    ...(note === undefined ? {} : { note }),
    ...(look === undefined ? {} : { look }),
  };
  return stage.step(telling, () => {
    const opened = calls().socket(family, type, protocol);
    if (opened.errno === 0) {
      const socket = LabSocket.opened(stage, end, type, opened.value);
      return { value: socket, result: String(opened.value), began: opened.begin, ended: opened.end };
    }
    const error = errorName(opened.errno);
    if (!mayFail.includes(error)) throw callFailed(`${end}: socket(${family}, ${type})`, error);
    const value = LabSocket.failed(stage, end, type, error);
    return { value, result: `-1 ${error}`, error, began: opened.begin, ended: opened.end };
  });
}

/** What everybody who has a socket shares. */
interface Descriptor {
  readonly fd: number;
  open: boolean;
  local: EndPoint;
  remote: (EndPoint & { readonly port: number }) | undefined;
}

export class LabSocket {
  private constructor(
    private readonly stage: Stage,
    /** Who makes its calls. */
    readonly end: string,
    readonly type: SocketType,
    private readonly shared: Descriptor,
    /** Why it could not be opened. */
    readonly error?: string,
  ) {}

  /** @param fd open; it is closed when the run is over, unless a step has closed it */
  static opened(stage: Stage, end: string, type: SocketType, fd: number): LabSocket {
    const shared: Descriptor = { fd, open: true, local: UNBOUND, remote: undefined };
    stage.keep(() => {
      if (!shared.open) return;
      shared.open = false;
      calls().close(fd);
    });
    return new LabSocket(stage, end, type, shared);
  }

  static failed(stage: Stage, end: string, type: SocketType, error: string): LabSocket {
    return new LabSocket(stage, end, type, { fd: -1, open: false, local: UNBOUND, remote: undefined }, error);
  }

  /** The same socket in other hands: a worker's, a child's. */
  of(end: string): LabSocket {
    return new LabSocket(this.stage, end, this.type, this.shared, this.error);
  }

  /** Where it is bound, as far as it is known. */
  get name(): EndPoint {
    return this.shared.local;
  }

  /** Its descriptor; -1 where it could not be opened. */
  get fd(): number {
    return this.shared.fd;
  }

  bind(address: string, port: number, said?: Said): Promise<Answer> {
    const call = {
      name: 'bind',
      arguments: this.with(JSON.stringify(address), port),
      code: snippets.bind(this.type, address, port),
    };
    return this.make(call, said, () => calls().bind(this.fd, address, port));
  }

  listen(backlog: number, said?: Said): Promise<Answer> {
    const call = { name: 'listen', arguments: this.with(backlog), code: snippets.listen(backlog) };
    return this.make(call, said, () => calls().listen(this.fd, backlog));
  }

  /** Connects; of TCP, when the handshake is done. */
  async connect(address: string, port: number, said?: Said): Promise<Answer> {
    const code = snippets.connect(this.type, address, port);
    const call = { name: 'connect', arguments: this.with(JSON.stringify(address), port), code, does: 'sends' as const };
    const before = this.shared.remote;
    this.shared.remote = { address, port };
    const answer = await this.make(call, said, async () => {
      const asked = calls().connect(this.fd, address, port);
      if (asked.errno === 0 || errorName(asked.errno) !== 'EINPROGRESS') return asked;
      // The socket does not wait, so that nothing else does: the handshake is over when it can be written to.
      const settled = await this.stage.until(() => calls().ready(this.fd, true), LONGEST_WAIT);
      if (!settled) throw new CaptureError('io', `${endText(address, port)} did not answer within five seconds.`);
      const { option = 0, end } = calls().getsockopt(this.fd, 'SO_ERROR');
      return { value: option === 0 ? 0 : -1, errno: option, begin: asked.begin, end };
    });
    if (answer.error !== undefined) this.shared.remote = before;
    return answer;
  }

  /** Takes the next connection from the queue. @param end who has the new socket; otherwise the same */
  async accept(said?: Said & { readonly by?: string }): Promise<LabSocket> {
    const { by = this.end } = said ?? {};
    let taken: ReturnType<ReturnType<typeof calls>['accept']> | undefined;
    const peer = (): EndPoint => ({ address: taken?.address ?? '', port: taken?.port ?? 0 });
    const call: Call = {
      name: 'accept',
      arguments: this.with(),
      code: snippets.accept(),
      waits: 'read',
      result: ({ value }) => `${value} from ${endText(peer().address, Number(peer().port))}`,
      remote: peer,
    };
    await this.make(call, said, () => {
      taken = calls().accept(this.fd);
      return taken;
    });
    const socket = LabSocket.opened(this.stage, by, this.type, taken?.value ?? -1);
    socket.learn();
    socket.shared.remote = { address: taken?.address ?? '', port: taken?.port ?? 0 };
    return socket;
  }

  /** @returns with `octets`, how many the kernel took: fewer than were given where its buffer is full */
  async send(data: Uint8Array, said?: Said): Promise<Answer & { readonly octets: number }> {
    let octets = 0;
    const call = {
      name: 'send',
      arguments: this.with(dataText(data)),
      code: snippets.send(data),
      does: 'sends' as const,
    };
    const answer = await this.make(call, said, () => {
      const sent = calls().send(this.fd, data);
      octets = Math.max(0, sent.value);
      return sent;
    });
    return { ...answer, octets };
  }

  sendto(data: Uint8Array, address: string, port: number, said?: Said): Promise<Answer> {
    const call: Call = {
      name: 'sendto',
      arguments: this.with(dataText(data), JSON.stringify(address), port),
      code: snippets.sendto(data, address, port),
      does: 'sends',
      remote: () => ({ address, port }),
    };
    return this.make(call, said, () => calls().sendto(this.fd, data, address, port));
  }

  /** Of a connected socket. Empty data: the other end has said that it sends no more. */
  recv(size: number, said?: Said): Promise<Received> {
    return this.receive('recv', size, snippets.recv(size), said);
  }

  recvfrom(size: number, said?: Said): Promise<Received> {
    return this.receive('recvfrom', size, snippets.recvfrom(size), said);
  }

  shutdown(how: 'SHUT_RD' | 'SHUT_WR' | 'SHUT_RDWR', said?: Said): Promise<Answer> {
    const number = how === 'SHUT_RD' ? 0 : how === 'SHUT_WR' ? 1 : 2;
    const call = { name: 'shutdown', arguments: this.with(how), code: snippets.shutdown(how), does: 'sends' as const };
    return this.make(call, said, () => calls().shutdown(this.fd, number));
  }

  close(said?: Said): Promise<Answer> {
    const call = { name: 'close', arguments: this.with(), code: snippets.close(), does: 'sends' as const };
    return this.make(call, said, () => {
      this.shared.open = false;
      return calls().close(this.fd);
    });
  }

  /** Its own end. */
  getsockname(said?: Said): Promise<EndPoint> {
    return this.ask('getsockname', said);
  }

  /** The other end. */
  getpeername(said?: Said): Promise<EndPoint> {
    return this.ask('getpeername', said);
  }

  setsockopt(option: SocketOption, value: number, said?: Said): Promise<Answer> {
    const call = { name: 'setsockopt', arguments: this.with(option, value), code: snippets.setsockopt(option, value) };
    return this.make(call, said, () => calls().setsockopt(this.fd, option, value));
  }

  async getsockopt(option: SocketOption, said?: Said): Promise<number> {
    let found = 0;
    const call: Call = {
      name: 'getsockopt',
      arguments: this.with(option),
      code: snippets.getsockopt(option),
      result: () => String(found),
    };
    await this.make(call, said, () => {
      const asked = calls().getsockopt(this.fd, option);
      found = asked.option ?? 0;
      return asked;
    });
    return found;
  }

  private async ask(name: 'getsockname' | 'getpeername', said?: Said): Promise<EndPoint> {
    let found: EndPoint = UNBOUND;
    const call: Call = {
      name,
      arguments: this.with(),
      code: snippets[name](),
      result: () => endText(found.address, found.port ?? 0),
    };
    await this.make(call, said, () => {
      const asked = calls()[name](this.fd);
      found = { address: asked.address ?? '', port: asked.port ?? 0 };
      return asked;
    });
    return found;
  }

  private async receive(name: 'recv' | 'recvfrom', size: number, code: Code, said?: Said): Promise<Received> {
    let data: Uint8Array = nothing;
    let from: Received['from'];
    const call: Call = {
      name,
      arguments: this.with(size),
      code,
      does: 'receives',
      waits: 'read',
      result: ({ value }) =>
        `${value}${value > 0 ? ` ${dataText(data)}` : ''}${from === undefined ? '' : ` from ${endText(from.address, from.port)}`}`,
      octets: ({ value }) => Math.max(0, value),
      remote: () => from,
    };
    const answer = await this.make(call, said, () => {
      const got = calls().recvfrom(this.fd, size);
      data = got.data ?? nothing;
      if (name === 'recvfrom' && got.address !== undefined) from = { address: got.address, port: got.port ?? 0 };
      return got;
    });
    return { ...answer, data, ...(from === undefined ? {} : { from }) };
  }

  /** Makes a call as a step. */
  private make(call: Call, said: Said = {}, action: () => CallResult | Promise<CallResult>): Promise<Answer> {
    const { note, look, mayFail = [] } = said;
    const telling: Telling = {
      end: this.end,
      call: call.name,
      arguments: call.arguments,
      code: call.code,
      ...(note === undefined ? {} : { note }),
      ...(look === undefined ? {} : { look }),
      ...(call.does === undefined ? {} : { does: call.does }),
    };
    return this.stage.step(telling, async (): Promise<Outcome<Answer>> => {
      if (!this.shared.open) throw callFailed(this.text(call), 'EBADF');
      const began = this.stage.now();
      if (call.waits !== undefined) await this.ready(call, call.waits === 'write');
      const result = await action();
      this.learn();
      const touch = { local: this.shared.local, remote: call.remote?.(result) ?? this.shared.remote };
      const times = { began: call.waits === undefined ? result.begin : began, ended: result.end };
      const touches = touch.remote === undefined ? {} : { touch: { local: touch.local, remote: touch.remote } };
      if (result.errno === 0) {
        const octets = call.octets?.(result);
        return {
          value: {},
          result: call.result?.(result) ?? String(result.value),
          ...times,
          ...touches,
          ...(octets === undefined ? {} : { octets }),
        };
      }
      const error = errorName(result.errno);
      if (!mayFail.includes(error)) throw callFailed(this.text(call), error);
      return { value: { error }, result: `-1 ${error}`, error, ...times, ...touches };
    });
  }

  private async ready(call: Call, toSend: boolean): Promise<void> {
    if (await this.stage.until(() => calls().ready(this.fd, toSend), LONGEST_WAIT)) return;
    throw new CaptureError(
      'io',
      `${this.text(call)} waited five seconds in vain: nothing came.`,
      'Does a firewall, or another program on the same port, keep it away?',
    );
  }

  private text(call: Call): string {
    return `${this.end}: ${call.name}(${call.arguments.join(', ')})`;
  }

  private with(...more: readonly (string | number)[]): string[] {
    return [`fd=${this.fd}`, ...more.map(String)];
  }

  /** The kernel chooses address and port with the first call that needs them. */
  private learn(): void {
    if (!this.shared.open) return;
    const { address, port } = calls().getsockname(this.fd);
    if (address !== undefined) this.shared.local = { address, port: port === undefined || port === 0 ? null : port };
  }
}
