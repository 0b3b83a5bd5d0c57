/**
 * The npm package `raw-socket` (1.8): an AF_INET or AF_INET6 SOCK_RAW socket, as in a socket lecture. It is handed
 * what the kernel has received for this machine and one IP protocol; what this machine sends to others is not seen.
 * Runs in a process of its own (engines-host.ts).
 *
 * Interfaces are named by protocol: `icmp`, `icmp6`, `ip:N`, `ip6:N` (N 1 … 254).
 */
import { networkInterfaces } from 'node:os';
import { EPB_DIRECTION } from '../formats/epb.js';
import { type CheckedOptions, describeInterface, type LiveSource, permissionError } from './live.js';
import { LINKTYPE_RAW } from './live-link-types.js';
import { UserSpaceSource } from './live-user-space.js';
import { Ipv6Header } from './raw-socket-ipv6.js';
import { CaptureError } from './source.js';

/** What we use of the package; it has no types. */
export interface RawSocket {
  on(event: 'message', listener: (data: Buffer, source: string) => void): void;
  on(event: 'error', listener: (error: Error) => void): void;
  /** Queues a packet; `after` hears whether the kernel took it. */
  send(
    buffer: Buffer,
    offset: number,
    length: number,
    address: string,
    before: (() => void) | undefined,
    after: (error: Error | null) => void,
  ): void;
  close(): void;
  setOption(level: number, option: number, value: number): void;
}
export interface RawSocketPackage {
  createSocket(options: { addressFamily: number; protocol: number; bufferSize: number }): RawSocket;
  AddressFamily: { IPv4: number; IPv6: number };
  SocketLevel: { SOL_SOCKET: number; IPPROTO_IP: number };
  SocketOption: { SO_RCVBUF: number; SO_BROADCAST: number; IP_HDRINCL: number };
}

/** A socket that an interface name stands for. */
export interface RawSocketName {
  readonly version: 4 | 6;
  /** IP protocol number, 1 … 254. */
  readonly protocol: number;
}

/** The largest IP packet: 65535 octets for IPv4; for IPv6 that is the largest payload. */
const LARGEST_PACKET = 65535;
/** Linux doubles SO_RCVBUF for its own use, in 31 bits. */
const LARGEST_RECEIVE_BUFFER = 2 ** 30 - 1;

const COMMENT =
  'Received by a raw socket (npm package raw-socket): time stamps are taken in user space, drops are not counted, ' +
  'fragments are reassembled by the kernel, and only what this machine receives is seen.';
const IPV6_COMMENT =
  ' A raw IPv6 socket delivers no IPv6 header. The header here was rebuilt: source, next header and payload length ' +
  'are real; the destination is the one of this machine with which the checksum is right, or ::; traffic class, flow ' +
  'label and hop limit are 0 because they are not known; extension headers are gone.';

/** Reads an interface name of this engine. @throws CaptureError `no-such-interface` */
export function parseRawSocketName(name: string): RawSocketName {
  if (name === 'icmp') {
    return { version: 4, protocol: 1 };
  }
  if (name === 'icmp6') {
    return { version: 6, protocol: 58 };
  }
  const parts = /^(ip6?):(\d{1,3})$/.exec(name);
  const protocol = Number(parts?.[2]);
  if (parts === null || protocol < 1 || protocol > 254) {
    throw new CaptureError(
      'no-such-interface',
      `The raw-socket engine has no interface called ${JSON.stringify(name)}.`,
      'Interfaces of this engine: icmp, icmp6, ip:N and ip6:N with an IP protocol number N from 1 to 254',
    );
  }
  return { version: parts[1] === 'ip6' ? 6 : 4, protocol };
}

/**
 * Opens one socket an interface; resolves once all receive.
 *
 * @throws CaptureError `engine-unavailable`, `no-permission`, `no-such-interface`, `unsupported` (a capture filter) or `io`
 */
export async function openRawSocket(options: CheckedOptions): Promise<LiveSource> {
  const names = options.interfaces.map(parseRawSocketName);
  refuseFilter(options);
  const raw = await loadRawSocket();
  const sockets: RawSocket[] = [];
  const closeAll = () => {
    for (const socket of sockets) {
      socket.close();
    }
  };
  try {
    names.forEach((name, id) => {
      sockets.push(openSocket(raw, name, options.interfaces[id], options));
    });
  } catch (error) {
    closeAll();
    throw error;
  }
  const source = new UserSpaceSource(
    names.map(({ version }, id) =>
      describeInterface(id, options.interfaces[id], LINKTYPE_RAW, options, {
        comment: version === 6 ? COMMENT + IPV6_COMMENT : COMMENT,
      }),
    ),
    closeAll,
  );
  const own = new OwnAddresses();
  sockets.forEach((socket, id) => {
    const header = names[id].version === 6 ? new Ipv6Header(names[id].protocol) : undefined;
    socket.on('message', (data, from) => {
      const packet = header === undefined ? data : header.rebuild(data, from);
      // Received, unless it came from here: loopback goes both ways at once.
      source.add(id, packet, packet.length, own.has(from) ? undefined : EPB_DIRECTION.inbound);
    });
    socket.on('error', (error) => source.warn(`${options.interfaces[id]}: ${error.message}`));
  });
  return source;
}

/** The package cannot attach a filter to its socket. @throws CaptureError `unsupported` */
export function refuseFilter(options: CheckedOptions): void {
  if (options.captureFilter !== '') {
    throw new CaptureError(
      'unsupported',
      'The raw-socket engine has no capture filter.',
      'Leave the filter out (the interface name selects the protocol), or use the native engine.',
    );
  }
}

/** @throws CaptureError `engine-unavailable` when the package is not there or does not load */
export async function loadRawSocket(): Promise<RawSocketPackage> {
  // A variable, because the package is optional and has no types for the compiler to find.
  const name: string = 'raw-socket';
  try {
    const loaded = (await import(name)) as { default: RawSocketPackage };
    return loaded.default;
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new CaptureError(
      'engine-unavailable',
      `The npm package raw-socket does not load: ${reason.split('\n')[0]}`,
      'npm install raw-socket (it needs a C++ compiler, make and python3)',
    );
  }
}

function openSocket(raw: RawSocketPackage, name: RawSocketName, text: string, options: CheckedOptions): RawSocket {
  try {
    const socket = raw.createSocket({
      addressFamily: name.version === 6 ? raw.AddressFamily.IPv6 : raw.AddressFamily.IPv4,
      protocol: name.protocol,
      bufferSize: LARGEST_PACKET,
    });
    // The kernel cuts this down to net.core.rmem_max without an error.
    const bytes = Math.min(options.bufferBytes, LARGEST_RECEIVE_BUFFER);
    socket.setOption(raw.SocketLevel.SOL_SOCKET, raw.SocketOption.SO_RCVBUF, bytes);
    return socket;
  } catch (error) {
    const words = error instanceof Error ? error.message : String(error);
    if (/not permitted|permission/i.test(words)) {
      throw permissionError(`${text}: ${words}`);
    }
    throw new CaptureError('io', `The raw socket for ${text} cannot be opened: ${words}`);
  }
}

/** The addresses of this machine, asked for at most once a second. */
class OwnAddresses {
  #addresses = new Set<string>();
  #until = 0;

  has(address: string): boolean {
    const now = performance.now();
    if (now >= this.#until) {
      this.#until = now + 1000;
      const all = Object.values(networkInterfaces()).flatMap((list) => list ?? []);
      this.#addresses = new Set(all.map((one) => one.address));
    }
    return this.#addresses.has(address);
  }
}
