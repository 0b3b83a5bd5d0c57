/** By which interface this machine's traffic with an address goes: from the kernel's own tables (proc_net(5)). */

import { readFileSync } from 'node:fs';
import { networkInterfaces } from 'node:os';
import { addressOctets } from '../../../decoders/filter/octets.js';

/**
 * The interface's name; undefined where there is no route, or the kernel does not say. Traffic with an address of this
 * machine goes by loopback.
 */
export function interfaceTowards(address: string): string | undefined {
  const all = Object.entries(networkInterfaces()).flatMap(([name, list]) =>
    (list ?? []).map((one) => ({ name, ...one })),
  );
  const loopback = all.find((one) => one.internal)?.name;
  if (all.some((one) => one.address === address) || /^127\./.test(address)) return loopback;
  const octets = addressOctets(address);
  if (octets === undefined) return undefined;
  return octets.length === 4 ? routeV4(octets) : routeV6(octets);
}

const UP = 1;

/** The longest prefix wins, then the lowest metric. */
function routeV4(address: Uint8Array): string | undefined {
  const wanted = Buffer.from(address).readUInt32LE();
  let best: { name: string; length: number; metric: number } | undefined;
  for (const line of table('/proc/net/route').slice(1)) {
    const [name, destination, , flags, , , metric, mask] = line.split(/\s+/);
    if ((Number.parseInt(flags, 16) & UP) === 0) continue;
    const bits = Number.parseInt(mask, 16);
    if ((wanted & bits) >>> 0 !== Number.parseInt(destination, 16)) continue;
    best = better(best, { name, length: ones(bits), metric: Number(metric) });
  }
  return best?.name;
}

function routeV6(address: Uint8Array): string | undefined {
  const wanted = BigInt(`0x${Buffer.from(address).toString('hex')}`);
  let best: { name: string; length: number; metric: number } | undefined;
  for (const line of table('/proc/net/ipv6_route')) {
    const [destination, prefix, , , , metric, , , flags, name] = line.split(/\s+/);
    const length = Number.parseInt(prefix, 16);
    const shift = BigInt(128 - length);
    // Routes that refuse are on `lo`, without this flag.
    if ((Number.parseInt(flags, 16) & UP) === 0 || wanted >> shift !== BigInt(`0x${destination}`) >> shift) continue;
    best = better(best, { name, length, metric: Number.parseInt(metric, 16) });
  }
  return best?.name;
}

function better<T extends { length: number; metric: number }>(old: T | undefined, found: T): T {
  if (old === undefined || found.length > old.length) return found;
  return found.length === old.length && found.metric < old.metric ? found : old;
}

function ones(bits: number): number {
  let count = 0;
  for (let rest = bits >>> 0; rest !== 0; rest &= rest - 1) count++;
  return count;
}

/** The table's lines; none where there is no such table (IPv6 is off, or this is no Linux). */
function table(file: string): string[] {
  try {
    return readFileSync(file, 'utf8').trim().split('\n');
  } catch {
    return [];
  }
}
