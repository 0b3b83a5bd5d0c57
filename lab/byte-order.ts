/** Network byte order: RFC 1700's appendix B, and byteorder(3). */

import { endianness } from 'node:os';
import { z } from 'zod';
import type { PacketDetail } from '../captures/query/query-types.js';
import { CaptureError } from '../captures/sources/source.js';
import { hexNumber } from '../decoders/core/format.js';
import type { Code } from './demo.js';
import { demo } from './demo.js';
import { address, bpfHost, networkInterface, port, text } from './parameters.js';
import { openSocket } from './sockets.js';
import type { Stage } from './stage.js';

/** The two octets of a number the other way round. */
export const swap16 = (value: number): number => ((value & 0xff) << 8) | (value >> 8);
export const swap32 = (value: number): number => ((swap16(value & 0xffff) << 16) | swap16(value >>> 16)) >>> 0;

type Conversion = 'htons' | 'htonl' | 'ntohs' | 'ntohl';

/** What the call answers on this machine. */
export function convert(call: Conversion, value: number): number {
  if (endianness() === 'BE') return value;
  return call.endsWith('s') ? swap16(value) : swap32(value);
}

export const byteOrder = demo({
  name: 'byte-order',
  title: 'Byte order: htons, htonl, ntohs, ntohl',
  shows:
    'Numbers in headers have their most significant octet first; most machines store theirs last. htons and htonl turn a number of this host into network order, ntohs and ntohl turn it back; where both orders are the same they do nothing. The demo sends a datagram and takes the numbers out of its real header octets, with ntohs and ntohl and without. Then it sends to the port of a program that forgot htons: the datagram goes to a port that nobody has, and ICMP port unreachable comes back.',
  parameters: z
    .strictObject({ address, port: port(7010), text: text('order'), interface: networkInterface })
    .refine(({ port }) => swap16(port) !== port && port >> 8 !== 0 && (port & 0xff) !== 0, {
      path: ['port'],
      error: 'its two octets must differ, and none be 0, so that the other order is another port',
    }),
  capture: ({ interface: name, address, port }) => ({
    interfaces: [name],
    filter: `${bpfHost(address)} and (udp port ${port} or udp port ${swap16(port)} or icmp or icmp6)`,
  }),
  view: ({ port }) => `udp.port in {${port}, ${swap16(port)}}`,
  needs: ({ address, port }) => [
    { transport: 'udp', address, port },
    { transport: 'udp', address, port: swap16(port) },
  ],

  async run(stage, { address, port, text }) {
    await tell(stage, 'htons', port, 'What sin_port must hold. The octets in memory are then those of the packet.');
    const server = await openSocket(stage, 'server', 'SOCK_DGRAM', address);
    await server.bind(address, port, { note: 'Python and Node turn the port themselves; in C it takes htons.' });
    const client = await openSocket(stage, 'client', 'SOCK_DGRAM', address);
    await client.sendto(Buffer.from(text), address, port, { look: `udp.dstport == ${port}` });
    await server.recvfrom(2048);

    const [packet] = await stage.packets(`udp.dstport == ${port}`, 1);
    await readHeader(stage, packet, port);
    await server.close();

    const wrong = swap16(port);
    await tell(
      stage,
      'ntohs',
      port,
      `Without htons, sin_port holds ${port} as this host stores it; the network takes the same octets for ${wrong}.`,
    );
    const forgetful = await openSocket(stage, 'forgetful client', 'SOCK_DGRAM', address);
    await forgetful.connect(address, wrong, {
      note: `As a C program would that wrote sin_port = ${port} instead of htons(${port}).`,
    });
    const look = `udp.dstport == ${wrong}`;
    await forgetful.send(Buffer.from(text), {
      look,
      note: 'It goes to a port that nobody has: ICMP port unreachable.',
    });
    await forgetful.recv(2048, {
      mayFail: ['ECONNREFUSED'],
      look,
      note: 'The answer that was hoped for does not come.',
    });
    await forgetful.close();
    await client.close();
  },
});

/** The numbers of a UDP datagram's headers, taken out of its octets. */
async function readHeader(stage: Stage, packet: PacketDetail, port: number): Promise<void> {
  const bytes = Buffer.from(packet.bytes, 'base64');
  const udp = fieldOffset(packet, 'udp', 'udp.dstport');
  await take(
    stage,
    bytes,
    udp,
    'ntohs',
    `The destination port is at octet ${udp} of packet ${packet.number}: ${port}.`,
  );
  await take(stage, bytes, udp + 2, 'ntohs', 'The length: 8 octets of header, and the data.');
  const ip = packet.layers.find(({ protocol }) => protocol === 'ip');
  if (ip === undefined) return;
  await take(
    stage,
    bytes,
    fieldOffset(packet, 'ip', 'ip.dst'),
    'ntohl',
    'The destination address is a number of four octets.',
  );
}

function fieldOffset(packet: PacketDetail, protocol: string, name: string): number {
  const field = packet.layers.find((layer) => layer.protocol === protocol)?.fields.find((one) => one.name === name);
  if (field?.offset === undefined)
    throw new CaptureError('io', `Packet ${packet.number} has no ${name}.`, 'Has another program sent to the port?');
  return field.offset;
}

/** Takes a number out of header octets, in both orders. */
function take(stage: Stage, bytes: Buffer, at: number, call: 'ntohs' | 'ntohl', note: string): Promise<void> {
  const size = call === 'ntohs' ? 2 : 4;
  const octets = [...bytes.subarray(at, at + size)].map((octet) => octet.toString(16).padStart(2, '0')).join(' ');
  const network = size === 2 ? bytes.readUInt16BE(at) : bytes.readUInt32BE(at);
  const little = size === 2 ? bytes.readUInt16LE(at) : bytes.readUInt32LE(at);
  const type = size === 2 ? 'uint16_t' : 'uint32_t';
  const code: Code = {
    python: `socket.${call}(struct.unpack_from("=${size === 2 ? 'H' : 'I'}", packet, ${at})[0])\n# or in one: struct.unpack_from("!${size === 2 ? 'H' : 'I'}", packet, ${at})[0]`,
    c: `${type} raw;\nmemcpy(&raw, packet + ${at}, sizeof raw);\n${type} number = ${call}(raw);`,
    typescript: `packet.readUInt${size * 8}BE(${at});\n// The nearest: a Buffer is read in the order that one names; there is no ${call}.`,
  };
  const raw = endianness() === 'BE' ? network : little;
  return stage.step({ end: 'header', call, arguments: [hexNumber(raw, size * 8)], code, note }, () => ({
    value: undefined,
    result: String(network),
    output: `octets ${octets}\nmost significant first (network order): ${network}\nleast significant first: ${little}\nthis machine reads them as ${raw}, and with ${call} as ${convert(call, raw)}`,
  }));
}

function tell(stage: Stage, call: 'htons' | 'ntohs', value: number, note: string): Promise<void> {
  const result = convert(call, value);
  const code: Code = {
    python: `socket.${call}(${value})`,
    c: `${call}(${value});`,
    typescript: `buffer.writeUInt16BE(${value});\n// The nearest: Node has no ${call}; its sockets take ports as they are.`,
  };
  return stage.step({ end: 'host', call, arguments: [String(value)], code, note }, () => ({
    value: undefined,
    result: `${result} (${hexNumber(value, 16)} → ${hexNumber(result, 16)})`,
  }));
}
