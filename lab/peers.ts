/** What `p2p` is played by: the file, the tracker, and peers that are client and server at once. */

import { createHash } from 'node:crypto';
import { CaptureError } from '../captures/sources/source.js';
import { type LabSocket, openSocket } from './sockets.js';
import type { Stage } from './stage.js';

const SIZE = 65_536;
/** Octets of a request or a line of the tracker at most. */
const LONGEST_LINE = 10_000;

const sha256 = (data: Uint8Array): string => createHash('sha256').update(data).digest('hex');

/** The file, cut into pieces. */
export class Pieces {
  readonly all: readonly Uint8Array[];
  readonly numbers: readonly number[];
  readonly hashes: readonly string[];
  readonly hash: string;

  constructor(count: number, size: number) {
    this.numbers = Array.from({ length: count }, (_, number) => number);
    this.all = this.numbers.map((number) => Buffer.alloc(size, `piece ${number} of the file; `));
    this.hashes = this.all.map(sha256);
    this.hash = sha256(Buffer.concat(this.all));
  }
}

/** Knows who has which pieces, and none of the pieces. */
export class Tracker {
  private readonly known = new Map<string, readonly number[]>();

  private constructor(
    private readonly listener: LabSocket,
    private readonly address: string,
    private readonly port: number,
  ) {}

  static async start(stage: Stage, address: string, port: number): Promise<Tracker> {
    return new Tracker(await listen(stage, 'tracker', address, port), address, port);
  }

  /** A peer says what it has, and hears who has what, and the hashes. */
  async announce(peer: Peer, file: Pieces): Promise<void> {
    const client = await peer.connect(this.address, this.port, 'The tracker’s address is what a peer has to know.');
    const has = peer.numbers;
    await client.send(Buffer.from(`HAVE ${has.join(',') || 'nothing'}\n`), { look: 'tcp.len > 0' });
    const connection = await this.listener.accept();
    await connection.recv(LONGEST_LINE);
    this.known.set(peer.name, has);
    const lines = [...this.known].map(([name, numbers]) => `${name} has ${numbers.join(',') || 'nothing'}`);
    const hashes = file.hashes.map((hash, number) => `${number} ${hash.slice(0, 16)}`);
    await connection.send(Buffer.from(`${[...lines, ...hashes].join('\n')}\n`), {
      note: 'Who has what, and what the pieces’ SHA-256 begin with. The tracker has no piece itself.',
    });
    await client.recv(SIZE);
    await connection.close();
    await client.close();
  }

  async close(): Promise<void> {
    await this.listener.close();
  }
}

export class Peer {
  /** Octets of pieces that it has sent. */
  served = 0;
  private alive = true;
  private readonly pieces = new Map<number, Uint8Array>();

  private constructor(
    private readonly stage: Stage,
    readonly name: string,
    readonly address: string,
    private readonly port: number,
    private readonly listener: LabSocket | undefined,
  ) {}

  static async start(stage: Stage, name: string, address: string, port: number, has: readonly Uint8Array[]) {
    const peer = new Peer(stage, name, address, port, await listen(stage, name, address, port));
    for (const [number, piece] of has.entries()) peer.pieces.set(number, piece);
    return peer;
  }

  /** One that serves nothing. */
  static client(stage: Stage, name: string, address: string, port: number): Peer {
    return new Peer(stage, name, address, port, undefined);
  }

  get numbers(): number[] {
    return [...this.pieces.keys()].sort((a, b) => a - b);
  }

  file(): Uint8Array {
    return Buffer.concat(this.numbers.map((number) => this.pieces.get(number) ?? Buffer.alloc(0)));
  }

  async connect(address: string, port: number, note?: string): Promise<LabSocket> {
    const socket = await openSocket(this.stage, this.name, 'SOCK_STREAM', address);
    await socket.bind(this.address, 0, {
      note: 'As a client, too, it has its own address; the kernel chooses the port.',
    });
    await socket.connect(address, port, note === undefined ? {} : { note });
    return socket;
  }

  /**
   * Takes pieces from another peer, over one connection, and verifies each.
   *
   * @param dying the other one dies in the middle of that piece, the first being 0
   * @returns the numbers of the pieces that it did not get
   */
  async fetch(from: Peer, numbers: readonly number[], file: Pieces, dying?: number): Promise<readonly number[]> {
    const { listener } = from;
    if (listener === undefined) throw new CaptureError('io', `${from.name} serves nothing.`);
    const socket = await this.connect(
      from.address,
      from.port,
      `${this.name} is the client here, ${from.name} the server.`,
    );
    const connection = await listener.accept();
    for (const [index, number] of numbers.entries()) {
      await socket.send(Buffer.from(`PIECE ${number}\n`));
      await connection.recv(LONGEST_LINE);
      const piece = from.pieces.get(number);
      if (piece === undefined) throw new CaptureError('io', `${from.name} does not have piece ${number}.`);
      const dies = index === dying;
      const sent = dies ? piece.subarray(0, Math.ceil(piece.length / 2)) : piece;
      await from.serve(connection, sent, dies);
      if (dies) await connection.close({ note: 'Its process is gone: the kernel closes what it had open.' });
      const got = await this.receive(socket, piece.length);
      if (!(await this.take(number, got, file))) {
        await socket.close({ note: 'Half a piece is no piece: it is thrown away, and asked of somebody else.' });
        return numbers.slice(index);
      }
    }
    await socket.close({ look: 'tcp.flags.fin == 1' });
    await connection.recv(1);
    await connection.close();
    return [];
  }

  /** Its process ends: the listening socket closes with it. */
  async die(): Promise<void> {
    this.alive = false;
    await this.listener?.close({ note: 'From now on its port answers with RST.' });
  }

  async close(): Promise<void> {
    if (this.alive) await this.listener?.close();
  }

  private async serve(connection: LabSocket, data: Uint8Array, dies: boolean): Promise<void> {
    for (let at = 0; at < data.length; ) {
      const { octets } = await connection.send(data.subarray(at), {
        note: dies ? 'Half of the piece, and then the peer dies.' : 'It serves what it has.',
        look: 'tcp.len > 0',
      });
      at += octets;
      this.served += octets;
    }
  }

  /** @returns fewer octets than are wanted where the other end has closed */
  private async receive(socket: LabSocket, wanted: number): Promise<Uint8Array> {
    const parts: Uint8Array[] = [];
    for (let have = 0; have < wanted; ) {
      const { data } = await socket.recv(SIZE);
      if (data.length === 0) break;
      parts.push(data);
      have += data.length;
    }
    return Buffer.concat(parts);
  }

  /** Keeps a piece if it has the hash that the tracker told. */
  private take(number: number, data: Uint8Array, file: Pieces): Promise<boolean> {
    return this.stage.step(
      {
        end: this.name,
        call: 'sha256',
        arguments: [`piece ${number}`, `${data.length} octets`],
        code: {
          python: 'hashlib.sha256(piece).hexdigest() == hashes[number]',
          c: 'SHA256(piece, length, digest); memcmp(digest, hashes[number], 32) == 0; // OpenSSL',
          typescript: "createHash('sha256').update(piece).digest('hex') === hashes[number];",
        },
        note: 'Whoever sent it: a piece with this hash is the right one.',
      },
      () => {
        const good = sha256(data) === file.hashes[number];
        if (good) this.pieces.set(number, data);
        return { value: good, result: good ? 'right' : 'wrong' };
      },
    );
  }
}

async function listen(stage: Stage, name: string, address: string, port: number): Promise<LabSocket> {
  const listener = await openSocket(stage, name, 'SOCK_STREAM', address);
  await listener.setsockopt('SO_REUSEADDR', 1);
  await listener.bind(address, port);
  await listener.listen(5);
  return listener;
}

/** Octets of pieces that each host has served, in both versions. */
export function servedTable(peers: readonly Peer[]): string {
  const rows = [
    ['host', 'address', 'octets served'],
    ...peers.map(({ name, address, served }) => [name, address, String(served)]),
  ];
  return rows
    .map(([name, address, served]) => `${name.padEnd(8)} ${address.padEnd(12)} ${served.padStart(13)}`)
    .join('\n');
}
