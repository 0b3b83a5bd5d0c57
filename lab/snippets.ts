/**
 * The socket calls in Python, C and TypeScript, with the arguments of the step. Node has no socket calls: its streams and
 * datagram sockets make them by themselves, and the comment says where.
 */

import type { SocketOption } from '../captures/native/binding.js';
import type { Code } from './demo.js';
import { dataText } from './step.js';

type Type = 'SOCK_STREAM' | 'SOCK_DGRAM' | 'SOCK_SEQPACKET' | 'SOCK_RAW';

const isV6 = (address: string): boolean => address.includes(':');
const NO_SCTP = '// Node has no SCTP: there is no such call.';

/** The `struct sockaddr_in` of an address in C. */
function sockaddr(name: string, address: string, port: number): string {
  return isV6(address)
    ? `struct sockaddr_in6 ${name} = {.sin6_family = AF_INET6, .sin6_port = htons(${port})};
inet_pton(AF_INET6, "${address}", &${name}.sin6_addr);`
    : `struct sockaddr_in ${name} = {.sin_family = AF_INET, .sin_port = htons(${port})};
inet_pton(AF_INET, "${address}", &${name}.sin_addr);`;
}

const cast = (name: string): string => `(struct sockaddr *)&${name}, sizeof ${name}`;

/** Data as a literal, or how to make so much of it. */
function literals(data: Uint8Array): { python: string; c: string; typescript: string; length: string } {
  const shown = dataText(data);
  if (shown.startsWith('<'))
    return {
      python: `b"x" * ${data.length}`,
      c: 'buffer',
      typescript: `'x'.repeat(${data.length})`,
      length: String(data.length),
    };
  return { python: `b${shown}`, c: shown, typescript: shown, length: String(data.length) };
}

export const snippets = {
  socket(family: 'AF_INET' | 'AF_INET6', type: Type, protocol: number): Code {
    const python =
      protocol === 0 ? `${family}, socket.${type}` : `${family}, socket.${type}, socket.${protocolName(protocol)}`;
    const six = family === 'AF_INET6';
    const node: Readonly<Record<Type, string>> = {
      SOCK_SEQPACKET: NO_SCTP,
      SOCK_RAW: `const s = raw.createSocket({ addressFamily: raw.AddressFamily.IPv${six ? 6 : 4}, protocol: ${protocol} });\n// The nearest: the npm package raw-socket; Node itself has no raw sockets.`,
      SOCK_DGRAM: `const s = dgram.createSocket('${six ? 'udp6' : 'udp4'}');\n// Node calls socket() with the first bind or send.`,
      SOCK_STREAM: `const s = new net.Socket(); // the client\nconst server = net.createServer(); // the server\n// Node calls socket() with connect() and listen().`,
    };
    return {
      python: `s = socket.socket(socket.${python})`,
      c: `int s = socket(${family}, ${type}, ${protocolName(protocol)});`,
      typescript: node[type],
    };
  },
  bind(type: Type, address: string, port: number): Code {
    return {
      python: `s.bind(("${address}", ${port}))`,
      c: `${sockaddr('me', address, port)}\nbind(s, ${cast('me')});`,
      typescript:
        type === 'SOCK_DGRAM'
          ? `s.bind(${port}, '${address}');`
          : type === 'SOCK_STREAM'
            ? `server.listen(${port}, '${address}');\n// The nearest: Node has no bind() for TCP; listen() does both.`
            : NO_SCTP,
    };
  },
  listen(backlog: number): Code {
    return {
      python: `s.listen(${backlog})`,
      c: `listen(s, ${backlog});`,
      typescript: `server.listen({ port, host, backlog: ${backlog} });`,
    };
  },
  accept(): Code {
    return {
      python: 'c, peer = s.accept()',
      c: 'struct sockaddr_storage peer;\nsocklen_t length = sizeof peer;\nint c = accept(s, (struct sockaddr *)&peer, &length);',
      typescript:
        "server.on('connection', (c) => { /* … */ });\n// The nearest: Node accepts by itself, as soon as a connection is there.",
    };
  },
  connect(type: Type, address: string, port: number): Code {
    return {
      python: `s.connect(("${address}", ${port}))`,
      c: `${sockaddr('server', address, port)}\nconnect(s, ${cast('server')});`,
      typescript: type === 'SOCK_SEQPACKET' ? NO_SCTP : `s.connect(${port}, '${address}');`,
    };
  },
  send(data: Uint8Array): Code {
    const { python, c, typescript, length } = literals(data);
    return {
      python: `n = s.send(${python})`,
      c: `ssize_t n = send(s, ${c}, ${length}, 0);`,
      typescript: `s.write(${typescript}); // TCP; Node keeps what the kernel does not take yet\ns.send(${typescript}); // a connected UDP socket`,
    };
  },
  sendto(data: Uint8Array, address: string, port: number): Code {
    const { python, c, typescript, length } = literals(data);
    return {
      python: `s.sendto(${python}, ("${address}", ${port}))`,
      c: `${sockaddr('to', address, port)}\nsendto(s, ${c}, ${length}, 0, ${cast('to')});`,
      typescript: `s.send(${typescript}, ${port}, '${address}');`,
    };
  },
  recv(size: number): Code {
    return {
      python: `data = s.recv(${size})`,
      c: `char data[${size}];\nssize_t n = recv(s, data, sizeof data, 0);`,
      typescript:
        "s.on('data', (data) => { /* … */ });\n// The nearest: Node reads by itself; s.pause() and s.resume() hold it.",
    };
  },
  recvfrom(size: number): Code {
    return {
      python: `data, peer = s.recvfrom(${size})`,
      c: `char data[${size}];\nstruct sockaddr_storage peer;\nsocklen_t length = sizeof peer;\nssize_t n = recvfrom(s, data, sizeof data, 0, (struct sockaddr *)&peer, &length);`,
      typescript: "s.on('message', (data, peer) => { /* … */ });\n// The nearest: Node reads by itself.",
    };
  },
  shutdown(how: 'SHUT_RD' | 'SHUT_WR' | 'SHUT_RDWR'): Code {
    return {
      python: `s.shutdown(socket.${how})`,
      c: `shutdown(s, ${how});`,
      typescript:
        how === 'SHUT_WR'
          ? 's.end(); // the socket was made with { allowHalfOpen: true }'
          : 's.destroy();\n// The nearest: Node shuts down only the sending side.',
    };
  },
  close(): Code {
    return {
      python: 's.close()',
      c: 'close(s);',
      typescript: 's.destroy(); // TCP: a connection\ns.close(); // UDP, or a server',
    };
  },
  getsockname(): Code {
    return {
      python: 's.getsockname()',
      c: 'struct sockaddr_storage me;\nsocklen_t length = sizeof me;\ngetsockname(s, (struct sockaddr *)&me, &length);',
      typescript: 's.address();',
    };
  },
  getpeername(): Code {
    return {
      python: 's.getpeername()',
      c: 'struct sockaddr_storage peer;\nsocklen_t length = sizeof peer;\ngetpeername(s, (struct sockaddr *)&peer, &length);',
      typescript: 's.remoteAddress; s.remotePort; // UDP: s.remoteAddress()',
    };
  },
  setsockopt(option: SocketOption, value: number): Code {
    const level = levelOf(option);
    const node: Partial<Record<SocketOption, string>> = {
      IP_TTL: `s.setTTL(${value});\n// The nearest: UDP alone.`,
      TCP_NODELAY: `s.setNoDelay(${value !== 0});`,
      SO_REUSEADDR: "dgram.createSocket({ type: 'udp4', reuseAddr: true }); // for TCP Node sets it by itself",
      SO_RCVBUF: `s.setRecvBufferSize(${value});\n// The nearest: UDP alone; Node has no such call for TCP.`,
      SO_SNDBUF: `s.setSendBufferSize(${value});\n// The nearest: UDP alone; Node has no such call for TCP.`,
    };
    return {
      python: `s.setsockopt(socket.${level}, socket.${option}, ${value})`,
      c: `int value = ${value};\nsetsockopt(s, ${level}, ${option}, &value, sizeof value);`,
      typescript: node[option] ?? '// Node has no such call.',
    };
  },
  getsockopt(option: SocketOption): Code {
    const level = levelOf(option);
    return {
      python: `s.getsockopt(socket.${level}, socket.${option})`,
      c: `int value;\nsocklen_t length = sizeof value;\ngetsockopt(s, ${level}, ${option}, &value, &length);`,
      typescript:
        option === 'SO_RCVBUF' || option === 'SO_SNDBUF'
          ? `s.get${option === 'SO_RCVBUF' ? 'Recv' : 'Send'}BufferSize();\n// The nearest: UDP alone.`
          : '// Node has no such call.',
    };
  },
};

function levelOf(option: SocketOption): string {
  return /^(TCP|IPV6|IP)_/.test(option) ? `IPPROTO_${option.split('_')[0]}` : 'SOL_SOCKET';
}

const PROTOCOLS: Readonly<Record<number, string>> = {
  1: 'IPPROTO_ICMP',
  58: 'IPPROTO_ICMPV6',
  132: 'IPPROTO_SCTP',
  255: 'IPPROTO_RAW',
};

/** A protocol's name in C. */
export function protocolName(protocol: number): string {
  return PROTOCOLS[protocol] ?? String(protocol);
}
