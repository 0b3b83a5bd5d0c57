/** What the kernel would fill in: which address of this machine it sends from, and the neighbour's hardware address. */

import { createSocket } from 'node:dgram';
import { readFileSync } from 'node:fs';
import { isIPv6 } from 'node:net';
import { networkInterfaces } from 'node:os';

/** Any port: nothing is sent to it. */
const DISCARD = 9;

/**
 * The source address that the routes give a packet to this destination; undefined where there is no route. Connecting a
 * datagram socket asks for the route, and sends nothing (udp(7)).
 */
export function sourceTowards(destination: string): Promise<string | undefined> {
  const socket = createSocket(isIPv6(destination) ? 'udp6' : 'udp4');
  return new Promise((resolve) => {
    const end = (address: string | undefined): void => {
      socket.close();
      resolve(address);
    };
    socket.once('error', () => end(undefined));
    socket.bind(0, () => {
      // The route to a broadcast is told only who may send one.
      socket.setBroadcast(true);
      // An error goes to the callback, whatever its type says.
      socket.connect(DISCARD, destination, (error?: Error | null) =>
        end(error ? undefined : socket.address().address.replace(/%.*/, '')),
      );
    });
  });
}

/** The first address that an interface has of that kind; undefined when it has none. */
export function addressOf(name: string, family: 'IPv4' | 'IPv6'): string | undefined {
  return networkInterfaces()
    [name]?.find((one) => one.family === family)
    ?.address.replace(/%.*/, '');
}

/** The interface's own hardware address; undefined when it has none. */
export function hardwareAddress(name: string): string | undefined {
  try {
    // Not by os.networkInterfaces(), which leaves out interfaces without an address.
    const text = readFileSync(`/sys/class/net/${name}/address`, 'utf8').trim();
    return /^([0-9a-f]{2}:){5}[0-9a-f]{2}$/.test(text) ? text : undefined;
  } catch {
    return undefined; // no such interface, which opening it will say
  }
}

/** The hardware address of an IPv4 neighbour, if the kernel has resolved it (proc_net(5)). */
export function neighbour(address: string, name: string): string | undefined {
  let table: string;
  try {
    table = readFileSync('/proc/net/arp', 'utf8');
  } catch {
    return undefined; // no such table here: the caller asks for the address
  }
  for (const line of table.split('\n').slice(1)) {
    const [ip, , flags, hardware, , device] = line.split(/\s+/);
    if (ip === address && device === name && (Number.parseInt(flags, 16) & COMPLETE) !== 0) return hardware;
  }
  return undefined;
}

/** ATF_COM of <net/if_arp.h>. */
const COMPLETE = 2;
