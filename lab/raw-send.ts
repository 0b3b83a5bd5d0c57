/** An IPv4 packet by hand: IP_HDRINCL (raw(7)), RFC 791, RFC 1071. */

import { z } from 'zod';
import type { PacketDetail } from '../captures/query/query-types.js';
import { CaptureError } from '../captures/sources/source.js';
import { buildPacket } from '../decoders/encode/index.js';
import { callFailed, calls, errorName } from './calls.js';
import { demo } from './demo.js';
import { differences, headerTable, sumOf, sumText } from './ip-header.js';
import { address, bpfHost, endText, networkInterface, port, text } from './parameters.js';
import { type LabSocket, openSocket } from './sockets.js';
import type { Stage } from './stage.js';

const IPPROTO_RAW = 255;

type Upper = 'udp' | 'tcp' | 'icmp';

export const rawSend = demo({
  name: 'raw-send',
  title: 'A packet by hand: IP_HDRINCL',
  shows:
    'With IP_HDRINCL a raw socket sends IP packets whose header the program has written itself: version, lengths, time to live, protocol, checksum, addresses. Above it, also by hand, a UDP datagram to a port that nobody has, a TCP SYN, or an ICMP echo request; the other end’s kernel answers as it answers everybody. The demo compares what was handed over with what left: Linux writes the total length and the checksum in any case, and the identification and the source where they are 0. To a SYN the answer is SYN, ACK, and then this machine’s kernel, which knows nothing of that connection, says RST.',
  parameters: z.strictObject({
    address: address.refine((value) => !value.includes(':'), {
      error: 'IP_HDRINCL is IPv4’s: give an IPv4 address, for example 127.0.0.1',
    }),
    protocol: z.enum(['udp', 'tcp', 'icmp']).default('udp').describe('What is above IP.'),
    port: port(7030),
    ttl: z.int().min(1).max(255).default(64).describe('Time to live.'),
    text: text('by hand'),
    interface: networkInterface,
  }),
  capture: ({ interface: name, address, protocol, port }) => ({
    interfaces: [name],
    filter: `${bpfHost(address)} and (icmp${protocol === 'icmp' ? '' : ` or ${protocol} port ${port}`})`,
  }),
  view: ({ protocol, port, address }) =>
    protocol === 'icmp' ? `icmp && ip.addr == ${address}` : `${protocol}.port == ${port}`,
  // Only this machine's own addresses: a demo sends nothing to others.
  needs: ({ protocol, address, port }) => [{ transport: protocol === 'tcp' ? 'tcp' : 'udp', address, port }],

  async run(stage, { address, protocol, port, ttl, text }) {
    const listener = protocol === 'tcp' ? await listen(stage, address, port) : undefined;
    const socket = await openSocket(stage, 'sender', 'SOCK_RAW', address, {
      protocol: IPPROTO_RAW,
      note: 'A raw socket that only sends. It takes root or CAP_NET_RAW.',
    });
    await socket.setsockopt('IP_HDRINCL', 1, {
      note: 'The program writes the IP header. IPPROTO_RAW implies it on Linux.',
    });
    const made = make(address, protocol, port, ttl, text);
    await tellHeader(stage, made.bytes);
    const marked = markOf(protocol, made.own);
    await send(stage, socket, made, { address, port, protocol }, marked.left);

    const [left] = await stage.packets(marked.left, 1);
    await tellLeft(stage, made.bytes, left);
    await tellReply(stage, marked.reply, protocol);
    await socket.close();
    await listener?.close();
  },
});

interface Made {
  readonly bytes: Uint8Array;
  /** Source port, or identifier of the echo request: by it the packet and its answer are found again. */
  readonly own: number;
}

/** From an address of this machine to itself: the checksums of TCP and UDP are over the source, too. */
function make(dst: string, protocol: Upper, port: number, ttl: number, text: string): Made {
  const own = 20_000 + Math.floor(Math.random() * 10_000);
  const upper = {
    udp: { udp: { srcport: own, dstport: port } },
    tcp: { tcp: { srcport: own, dstport: port, 'flags.syn': true, seq: 1000 } },
    icmp: { icmp: { type: 8, ident: own, seq: 1 } },
  }[protocol];
  const layers = [{ ip: { src: dst, dst, ttl, id: 0 } }, upper, ...(protocol === 'tcp' ? [] : [{ payload: text }])];
  return { bytes: buildPacket(layers).bytes, own };
}

/** Display filters for the packet as it left, and for what answers it. */
function markOf(protocol: Upper, own: number): { left: string; reply: string } {
  switch (protocol) {
    case 'udp':
      return { left: `udp.srcport == ${own} && !icmp`, reply: `icmp.type == 3 && udp.srcport == ${own}` };
    case 'tcp':
      return { left: `tcp.srcport == ${own} && tcp.flags.syn == 1`, reply: `tcp.dstport == ${own}` };
    case 'icmp':
      return { left: `icmp.type == 8 && icmp.ident == ${own}`, reply: `icmp.type == 0 && icmp.ident == ${own}` };
  }
}

async function listen(stage: Stage, address: string, port: number): Promise<LabSocket> {
  const listener = await openSocket(stage, 'server', 'SOCK_STREAM', address);
  await listener.setsockopt('SO_REUSEADDR', 1);
  await listener.bind(address, port);
  await listener.listen(1, { note: 'Somebody who answers the SYN.' });
  return listener;
}

async function tellHeader(stage: Stage, bytes: Uint8Array): Promise<void> {
  await stage.step(
    {
      end: 'sender',
      call: 'header',
      arguments: ['20 octets'],
      code: {
        python: 'header = struct.pack("!BBHHHBBH4s4s", 0x45, 0, length, 0, 0, ttl, protocol, 0, src, dst)',
        c: 'struct iphdr ip = {.version = 4, .ihl = 5, .tot_len = htons(length), .ttl = ttl, .protocol = protocol,\n                   .saddr = inet_addr(src), .daddr = inet_addr(dst)};',
        typescript:
          'header.writeUInt8(0x45, 0); header.writeUInt16BE(length, 2); header.writeUInt8(ttl, 8);\nheader.writeUInt8(protocol, 9); src.copy(header, 12); dst.copy(header, 16);',
      },
      note: 'RFC 791, section 3.1. The identification is 0: the kernel is to choose one.',
    },
    () => ({ value: undefined, result: 'written', output: headerTable(bytes) }),
  );
  await stage.step(
    {
      end: 'sender',
      call: 'checksum',
      arguments: ['the header'],
      code: {
        python:
          'total = sum(struct.unpack("!10H", header))\nwhile total >> 16: total = (total & 0xffff) + (total >> 16)\nchecksum = ~total & 0xffff',
        c: 'for (int i = 0; i < 10; i++) sum += ntohs(words[i]);\nwhile (sum >> 16) sum = (sum & 0xffff) + (sum >> 16);\nip.check = htons(~sum);',
        typescript:
          'for (let at = 0; at < 20; at += 2) sum += header.readUInt16BE(at);\nwhile (sum > 0xffff) sum = (sum & 0xffff) + (sum >>> 16);\nheader.writeUInt16BE(~sum & 0xffff, 10);',
      },
      note: 'RFC 1071: the ones’ complement of the ones’ complement sum of all 16-bit words, the checksum’s own being 0.',
    },
    () => ({ value: undefined, result: `0x${sumOf(bytes).toString(16).padStart(4, '0')}`, output: sumText(bytes) }),
  );
}

function send(
  stage: Stage,
  socket: LabSocket,
  { bytes, own }: Made,
  { address: to, port, protocol }: { address: string; port: number; protocol: Upper },
  look: string,
): Promise<void> {
  const telling = {
    end: 'sender',
    call: 'sendto',
    arguments: [`fd=${socket.fd}`, `${bytes.length} octets, the IP header among them`, JSON.stringify(to)],
    code: {
      python: 's.sendto(header + message, (dst, 0))',
      c: 'sendto(s, packet, length, 0, (struct sockaddr *)&to, sizeof to);',
      typescript: '// The nearest: the npm package raw-socket.\ns.send(packet, 0, packet.length, dst, done);',
    },
    look,
    does: 'sends' as const,
  };
  return stage.step(telling, () => {
    const sent = calls().sendto(socket.fd, bytes, to, 0);
    if (sent.errno !== 0) throw callFailed(`sender: sendto(${to})`, errorName(sent.errno));
    const touch = {
      local: { address: '0.0.0.0', port: protocol === 'icmp' ? null : own },
      remote: { address: to, port: protocol === 'icmp' ? null : port },
    };
    return { value: undefined, result: String(sent.value), touch, began: sent.begin, ended: sent.end };
  });
}

function tellLeft(stage: Stage, bytes: Uint8Array, left: PacketDetail): Promise<void> {
  const at = left.layers.find(({ protocol }) => protocol === 'ip')?.offset;
  const octets = Buffer.from(left.bytes, 'base64').subarray(at);
  if (at === undefined || octets.length < 20)
    throw new CaptureError(
      'io',
      `Packet ${left.number} has no IPv4 header.`,
      'Has another program sent from the port?',
    );
  return stage.step(
    {
      end: 'lecturer',
      call: 'compare',
      arguments: ['asked', `packet ${left.number}`],
      code: {
        python: '# netglass: the tree of the packet',
        c: '/* netglass: the tree of the packet */',
        typescript: '// netglass: the tree of the packet',
      },
      note: 'raw(7): the kernel fills in the total length and the checksum always, and identification and source where they are 0.',
    },
    () => {
      const changed = differences(bytes, octets);
      return { value: undefined, result: `${changed.names.length} fields are the kernel’s`, output: changed.table };
    },
  );
}

async function tellReply(stage: Stage, filter: string, protocol: Upper): Promise<void> {
  const [reply] = await stage.seen(filter, 1, 1000);
  const notes = {
    udp: 'Nobody has the port: the host says so, and quotes the packet. That is how one knows to what it belongs.',
    tcp: 'SYN, ACK to the SYN’s source port, acknowledging its number plus one. The kernel here then says RST.',
    icmp: 'The same identifier, sequence number and data, as RFC 792 demands.',
  };
  await stage.step(
    {
      end: 'lecturer',
      call: 'match',
      arguments: [filter],
      code: {
        python: '# a raw socket of IPPROTO_ICMP or IPPROTO_TCP gets it',
        c: '/* a raw socket of IPPROTO_ICMP or IPPROTO_TCP gets it */',
        typescript: '// a raw socket of protocol 1 or 6 gets it',
      },
      note: notes[protocol],
      look: filter,
    },
    () => {
      if (reply === undefined) return { value: undefined, result: 'no answer within a second', error: 'ETIMEDOUT' };
      const { source, sourcePort, number, info } = reply;
      const who = sourcePort === null ? source : endText(`${source}`, sourcePort);
      return { value: undefined, result: `packet ${number} from ${who}: ${info}` };
    },
  );
}
