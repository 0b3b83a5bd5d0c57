/** The interfaces of this machine as `ifconfig` prints them (net-tools; ifconfig(8)). Linux only. */

import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { ipv6FromWords } from '../decoders/core/format.js';
import { calls } from './calls.js';

const NET = '/sys/class/net';

/** IFF_ flags (netdevice(7)), in the order in which ifconfig names them. */
const FLAGS: readonly (readonly [number, string])[] = [
  [0x1, 'UP'],
  [0x2, 'BROADCAST'],
  [0x4, 'DEBUG'],
  [0x8, 'LOOPBACK'],
  [0x10, 'POINTOPOINT'],
  [0x20, 'NOTRAILERS'],
  [0x40, 'RUNNING'],
  [0x80, 'NOARP'],
  [0x100, 'PROMISC'],
  [0x200, 'ALLMULTI'],
  [0x800, 'SLAVE'],
  [0x400, 'MASTER'],
  [0x1000, 'MULTICAST'],
];
/** The flags of `SIOCGIFFLAGS`: ifconfig has 16 bits for them. */
const SHORT = 0xffff;

/** `scopeid` of `/proc/net/if_inet6`, which also says where an address is good for. */
const SCOPES: Readonly<Record<number, string>> = { 0: 'global', 16: 'host', 32: 'link', 64: 'site', 128: 'compat' };

/** ARPHRD_ types: what ifconfig calls the hardware. */
const HARDWARE: Readonly<Record<number, readonly [string, string]>> = {
  1: ['ether', 'Ethernet'],
  772: ['loop', 'Local Loopback'],
  768: ['tunnel', 'IPIP Tunnel'],
  776: ['sit', 'IPv6-in-IPv4'],
};

/** Columns of `/proc/net/dev` behind the name. */
interface Counters {
  readonly receive: readonly number[];
  readonly send: readonly number[];
}

/**
 * What `ifconfig -a` prints, or `ifconfig NAME`.
 *
 * @returns undefined where there is no such interface
 */
export function ifconfig(name?: string): string | undefined {
  const names = readdirSync(NET).filter((one) => existsSync(`${NET}/${one}/mtu`));
  const chosen = name === undefined ? names.sort() : names.filter((one) => one === name);
  if (chosen.length === 0) return undefined;
  return chosen.map(describe).join('\n\n');
}

function describe(name: string): string {
  const own = calls()
    .getifaddrs()
    .filter((one) => one.name === name);
  const flags = (own[0]?.flags ?? Number(read(name, 'flags'))) & SHORT;
  const words = FLAGS.filter(([bit]) => (flags & bit) !== 0).map(([, word]) => word);
  const lines = [`${name}: flags=${flags}<${words.join(',')}>  mtu ${read(name, 'mtu')}`];
  const v4 = own.find(({ family }) => family === 4);
  if (v4?.address !== undefined) {
    const broadcast = v4.broadcast === undefined ? '' : `  broadcast ${v4.broadcast}`;
    lines.push(`        inet ${v4.address}  netmask ${v4.netmask ?? '0.0.0.0'}${broadcast}`);
  }
  lines.push(...inet6Lines(name), hardwareLine(name), ...counterLines(name));
  return lines.join('\n');
}

const read = (name: string, what: string): string => readFileSync(`${NET}/${name}/${what}`, 'latin1').trim();

/** From `/proc/net/if_inet6`: address, index, prefix length, scope, flags, name. */
function inet6Lines(name: string): string[] {
  const file = '/proc/net/if_inet6';
  if (!existsSync(file)) return [];
  return readFileSync(file, 'latin1')
    .split('\n')
    .map((line) => line.trim().split(/\s+/))
    .filter((words) => words[5] === name)
    .map(([address, , prefix, scope]) => {
      const id = Number.parseInt(scope, 16);
      const scopeid = `scopeid 0x${id.toString(16)}<${SCOPES[id] ?? 'unknown'}>`;
      return `        inet6 ${ipv6OfHex(address)}  prefixlen ${Number.parseInt(prefix, 16)}  ${scopeid}`;
    });
}

/** 32 hexadecimal digits as RFC 5952 writes an address. */
function ipv6OfHex(digits: string): string {
  const [a, b, c, d] = [0, 8, 16, 24].map((at) => Number.parseInt(digits.slice(at, at + 8), 16));
  return ipv6FromWords(a, b, c, d);
}

function hardwareLine(name: string): string {
  const [word, title] = HARDWARE[Number(read(name, 'type'))] ?? ['unspec', 'UNSPEC'];
  const address = word === 'ether' ? ` ${read(name, 'address')}` : word === 'unspec' ? ` ${unspecified(name)}` : '';
  return `        ${word}${address}  txqueuelen ${read(name, 'tx_queue_len')}  (${title})`;
}

/** Sixteen octets, of which the interface fills some. */
function unspecified(name: string): string {
  const octets = read(name, 'address')
    .toUpperCase()
    .split(':')
    .filter((octet) => octet !== '');
  return Array.from({ length: 16 }, (_, index) => octets[index] ?? '00').join('-');
}

function counterLines(name: string): string[] {
  const { receive, send } = counters(name);
  const [rxBytes, rxPackets, rxErrors, rxDropped, rxOverruns, frame] = receive;
  const [txBytes, txPackets, txErrors, txDropped, txOverruns, collisions, carrier] = send;
  return [
    `        RX packets ${rxPackets}  bytes ${rxBytes} (${sizeText(rxBytes)})`,
    `        RX errors ${rxErrors}  dropped ${rxDropped}  overruns ${rxOverruns}  frame ${frame}`,
    `        TX packets ${txPackets}  bytes ${txBytes} (${sizeText(txBytes)})`,
    `        TX errors ${txErrors}  dropped ${txDropped} overruns ${txOverruns}  carrier ${carrier}  collisions ${collisions}`,
  ];
}

/** Receiving: bytes, packets, errs, drop, fifo, frame, … Sending: bytes, packets, errs, drop, fifo, colls, carrier, … */
function counters(name: string): Counters {
  const line = readFileSync('/proc/net/dev', 'latin1')
    .split('\n')
    .find((one) => one.trim().startsWith(`${name}:`));
  const numbers = (line?.slice(line.indexOf(':') + 1) ?? '').trim().split(/\s+/).map(Number);
  return { receive: numbers.slice(0, 8), send: numbers.slice(8) };
}

const UNITS = ['B', 'KiB', 'MiB', 'GiB', 'TiB', 'PiB'];

/** One decimal, cut off, as ifconfig's own. */
function sizeText(bytes: number): string {
  let unit = 0;
  let size = 1;
  for (; bytes > size * 1024 && unit < UNITS.length - 1; unit++) size *= 1024;
  const tenths = unit === 0 ? bytes * 10 : Math.floor(bytes / Math.floor(size / 10));
  return `${Math.floor(tenths / 10)}.${tenths % 10} ${UNITS[unit]}`;
}
