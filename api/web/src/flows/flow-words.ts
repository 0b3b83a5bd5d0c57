/** A flow in words, and as a display filter. It imports no component, so that lists, ladder and stream share it. */

import type { Flow } from '../api/types';
import { addressIs } from '../filter/combine';
import { plain } from '../parts/plain';
import { text } from '../text';

/** `10.0.0.1:443`, `[2001:db8::1]:443`, or the address alone. */
export function endOf(address: string, port: number | null): string {
  if (port === null) return address;
  return address.includes(':') ? `[${address}]:${port}` : `${address}:${port}`;
}

export const clientOf = ({ client, clientPort }: Flow): string => endOf(client, clientPort);
export const serverOf = ({ server, serverPort }: Flow): string => endOf(server, serverPort);

/** What the server is called: as the client asked for it, or as DNS answers in the capture called it. */
export function serverName(flow: Flow): string | undefined {
  const { host, hostnames, server } = flow;
  const names = [host, hostnames?.server].filter((name) => name != null && name !== server && name !== serverOf(flow));
  return names[0] == null ? undefined : plain(names[0], 200);
}

export function clientName({ hostnames }: Flow): string | undefined {
  const name = hostnames?.client;
  return name === null || name === undefined ? undefined : plain(name, 200);
}

/** What it is about: `HTTP`, or the transport where no application was recognised. */
export const whatOf = ({ application, transport }: Flow): string => (application ?? transport).toUpperCase();

/** What became of it, in two words and in a sentence; undefined where there is nothing to say. */
export function stateOf({ transport, connState }: Flow): readonly [short: string, long: string] | undefined {
  if (connState === null) return undefined;
  const { connStates, udpStates } = text.flows;
  const [short, long] =
    transport === 'tcp'
      ? connStates[connState]
      : transport === 'udp'
        ? ((udpStates as Partial<typeof connStates>)[connState] ?? [])
        : [];
  return short === undefined || long === undefined ? undefined : [short, long];
}

/** The display filter for the packets of a flow (and of others between the same ends). */
export function flowFilter(flow: Flow): string {
  const { client, server, clientPort, serverPort, transport } = flow;
  const ends = [...new Set([client, server])].flatMap((address) => addressIs(address) ?? []);
  const ported = /^(tcp|udp|sctp)$/.test(transport);
  const ports = ported
    ? [...new Set([clientPort, serverPort])].flatMap((port) => (port === null ? [] : `${transport}.port == ${port}`))
    : [];
  const bare = ported || !/^[\w.-]+$/.test(transport) ? [] : [transport];
  return [...ends, ...ports, ...bare].join(' && ');
}

/** Seconds between two RFC 3339 times; null where one is missing. Nanoseconds are kept. */
export function secondsBetween(from: string | null, to: string | null): number | null {
  if (from === null || to === null) return null;
  const nanoseconds = (time: string): bigint => {
    const decimals = (/\.(\d{1,9})/.exec(time)?.[1] ?? '').padEnd(9, '0');
    return BigInt(Date.parse(time.replace(/\.\d+/, ''))) * 1_000_000n + BigInt(decimals);
  };
  return Number(nanoseconds(to) - nanoseconds(from)) / 1e9;
}
