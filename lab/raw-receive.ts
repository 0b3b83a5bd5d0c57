/** Every ICMP message that reaches this machine, from the npm package raw-socket: raw(7), RFC 792. */

import { z } from 'zod';
import { EPB, forEachPacket } from '../captures/formats/epb.js';
import type { PacketDetail } from '../captures/query/query-types.js';
import { openLive } from '../captures/sources/engines.js';
import { CaptureError } from '../captures/sources/source.js';
import type { FieldNode } from '../decoders/core/tree.js';
import { demo } from './demo.js';
import { EchoProber } from './echo-probe.js';
import { address, networkInterface, port } from './parameters.js';
import { openSocket } from './sockets.js';
import type { Stage } from './stage.js';

const END = 'receiver';
/** Messages that wait to be shown; more than these are passed over. */
const MOST_WAITING = 1000;
const IP_HEADER = 20;

export const rawReceive = demo({
  name: 'raw-receive',
  title: 'Raw sockets: every ICMP message that arrives',
  shows:
    'A raw socket (SOCK_RAW, IPPROTO_ICMP) gets a copy of every ICMP message that the machine gets, with its IP header: no port, no connection, nothing to bind. Node has no such socket; the npm package raw-socket makes one, in a process of its own here. Each message is shown decoded, until so many have come (--messages 0: until the run is ended). To have some, the demo sends an echo request, which on loopback arrives as well as its reply, and a datagram to a port that nobody has.',
  parameters: z.strictObject({
    address: address.refine((value) => !value.includes(':'), {
      error: 'this demo is about IPv4’s ICMP: give an IPv4 address, for example 127.0.0.1',
    }),
    port: port(7031).describe('A port that nobody has, for the datagram.'),
    messages: z.int().min(0).max(500).default(3).describe('Messages to wait for; 0: until the run is ended.'),
    seconds: z.number().min(1).max(3600).default(10).describe('Seconds to wait for each message.'),
    provoke: z.boolean().default(true).describe('Send something that ICMP messages come of.'),
    interface: networkInterface,
  }),
  capture: ({ interface: name, port }) => ({ interfaces: [name], filter: `icmp or udp port ${port}` }),
  view: ({ port }) => `icmp || udp.port == ${port}`,
  needs: ({ address, port }) => [{ transport: 'udp', address, port }],

  async run(stage, { address, port, messages, seconds, provoke }) {
    const receiver = await Receiver.open(stage);
    if (provoke) await provokeMessages(stage, address, port);
    for (let count = 0; messages === 0 || count < messages; count++)
      if (!(await receiver.receive(seconds * 1000)) && messages !== 0) break;
    await receiver.close();
  },
});

async function provokeMessages(stage: Stage, address: string, port: number): Promise<void> {
  const prober = await EchoProber.open(stage, 'sender', address);
  await prober.probe({ sequence: 1, size: 16 }, 1000, 'An echo request: it arrives here, and so does its reply.');
  await prober.close();
  const client = await openSocket(stage, 'sender', 'SOCK_DGRAM', address);
  await client.sendto(Buffer.from('is anybody there?'), address, port, {
    note: 'Nobody has the port: ICMP port unreachable comes back, with the beginning of this datagram in it.',
    look: 'icmp.type == 3',
  });
  await client.close();
}

class Receiver {
  private readonly waiting: Uint8Array[] = [];
  private over: string | undefined;

  private constructor(
    private readonly stage: Stage,
    private readonly source: Awaited<ReturnType<typeof openLive>>,
  ) {
    stage.keep(() => source.stop());
    void this.pump();
  }

  /** @throws CaptureError `no-permission`, or `engine-unavailable` where the package is not installed */
  static open(stage: Stage): Promise<Receiver> {
    const telling = {
      end: END,
      call: 'socket',
      arguments: ['AF_INET', 'SOCK_RAW', 'IPPROTO_ICMP'],
      code: {
        python:
          's = socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_ICMP)\ns.setsockopt(socket.IPPROTO_IP, socket.IP_HDRINCL, 1)',
        c: 'int s = socket(AF_INET, SOCK_RAW, IPPROTO_ICMP);\nint on = 1;\nsetsockopt(s, IPPROTO_IP, IP_HDRINCL, &on, sizeof on);',
        typescript:
          'const s = raw.createSocket({ protocol: raw.Protocol.ICMP });\ns.setOption(raw.SocketLevel.IPPROTO_IP, raw.SocketOption.IP_HDRINCL, 1);',
      },
      note: 'The npm package raw-socket. IP_HDRINCL is about sending: IPv4’s header is always there in what is received.',
    };
    return stage.step(telling, async () => {
      const source = await openLive('raw-socket', { interfaces: ['icmp'] });
      return { value: new Receiver(stage, source), result: 'open' };
    });
  }

  /** Shows the next message. @returns false when none came in so many milliseconds */
  receive(milliseconds: number): Promise<boolean> {
    const telling = {
      end: END,
      call: 'recvfrom',
      arguments: ['2048'],
      code: {
        python: 'packet, (host, _) = s.recvfrom(2048)',
        c: 'ssize_t n = recvfrom(s, packet, sizeof packet, 0, (struct sockaddr *)&peer, &length);',
        typescript: "s.on('message', (packet, host) => { /* … */ });",
      },
      does: 'receives' as const,
    };
    return this.stage.step(telling, async () => {
      await this.stage.until(() => this.waiting.length > 0 || this.over !== undefined, milliseconds);
      const message = this.waiting.shift();
      if (message === undefined && this.over !== undefined) throw new CaptureError('io', this.over);
      if (message === undefined || message.length < IP_HEADER)
        return { value: false, result: `nothing in ${milliseconds / 1000} s`, error: 'EAGAIN' };
      const packet = await this.captured(message);
      return {
        value: true,
        result: `${message.length} octets from ${message.subarray(12, 16).join('.')}`,
        output: packet === undefined ? hex(message) : decoded(packet),
        ...(packet === undefined ? {} : { received: [packet.number] }),
      };
    });
  }

  async close(): Promise<void> {
    const code = { python: 's.close()', c: 'close(s);', typescript: 's.close();' };
    await this.stage.step({ end: END, call: 'close', arguments: [], code }, async () => {
      await this.source.stop();
      return { value: undefined, result: '0' };
    });
  }

  /** The same message in the capture, which is decoded there. */
  private async captured(message: Uint8Array): Promise<PacketDetail | undefined> {
    const identification = (message[4] << 8) | message[5];
    const source = message.subarray(12, 16).join('.');
    const found = await this.stage.seen(`icmp && ip.id == ${identification} && ip.src == ${source}`, 1, 500);
    return found.find(({ bytes, layers }) => {
      const at = layers.find(({ protocol }) => protocol === 'ip')?.offset ?? 0;
      return Buffer.from(bytes, 'base64')
        .subarray(at, at + message.length)
        .equals(message);
    });
  }

  /** Takes messages as they come. */
  private async pump(): Promise<void> {
    try {
      for (let block = await this.source.next(); block !== null; block = await this.source.next())
        forEachPacket(block.bytes, (view, at) => {
          const length = view.getUint32(at + EPB.captured, true);
          if (this.waiting.length < MOST_WAITING)
            this.waiting.push(new Uint8Array(view.buffer, view.byteOffset + at + EPB.data, length).slice());
        });
      if (this.source.end?.reason === 'lost') this.over = this.source.end.detail;
    } catch (error) {
      this.over = (error as Error).message;
    }
  }
}

/** The fields of the ICMP message, and who sent it to whom. */
function decoded({ source, destination, info, layers }: PacketDetail): string {
  const icmp = layers.find(({ protocol }) => protocol === 'icmp');
  const lines = (fields: readonly FieldNode[]): string[] =>
    fields.filter(({ generated }) => generated !== true).map(({ title, text }) => `${title.padEnd(24)} ${text}`);
  return [`${source} → ${destination}: ${info}`, ...(icmp === undefined ? [] : lines(icmp.fields))].join('\n');
}

const hex = (message: Uint8Array): string =>
  Buffer.from(message)
    .toString('hex')
    .replace(/..(?=.)/g, '$& ');
