/** The service: a data folder, the questions about it, and the API over both. */

import { randomBytes } from 'node:crypto';
import { lookup } from 'node:dns/promises';
import { once } from 'node:events';
import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { networkInterfaces } from 'node:os';
import { join } from 'node:path';
import { createApp } from '../api/app.js';
import { isLoopback, isWildcard } from '../api/security.js';
import { Watches } from '../api/watches.js';
import { SystemResolver } from '../captures/names/system-resolver.js';
import { QueryService } from '../captures/query/thread/query-service.js';
import { type SendPermission, SendService } from '../captures/send/send-service.js';
import { FilterCheck } from '../captures/sources/filter-check.js';
import { CaptureError } from '../captures/sources/source.js';
import { CaptureStore } from '../captures/store/capture-store.js';
import { Lab } from '../lab/lab.js';
import { version } from './settings.js';

export interface DaemonOptions {
  readonly host: string;
  /** 0: any that is free. */
  readonly port: number;
  readonly data: string;
  readonly token?: string | undefined;
  /** Further names that clients use for this daemon. */
  readonly allowedHosts: readonly string[];
  /** Capture the daemon's own traffic too. */
  readonly ownTraffic: boolean;
  /** Let clients send packets, within limits; undefined: they may not. */
  readonly send?: SendPermission | undefined;
  /** Ask the system's resolver for names. */
  readonly resolveNames: boolean;
}

export interface Daemon {
  readonly store: CaptureStore;
  readonly queries: QueryService;
  /** `http://127.0.0.1:8080` */
  readonly address: string;
  /** The secret that was made because the address can be reached from other machines. */
  readonly generatedToken: string | undefined;
  /** BPF condition of its own traffic; undefined to capture it. */
  readonly leaveOut: string | undefined;
  /** Stops the captures, lets streams end, and gives port and folder free. */
  close(): Promise<void>;
}

/** How long streams may take to end by themselves. */
const GRACE = 1000;

/** @throws CaptureError when the port or the data folder cannot be used */
export async function startDaemon(options: DaemonOptions): Promise<Daemon> {
  const generatedToken =
    options.token === undefined && !isLoopback(options.host) ? randomBytes(24).toString('base64url') : undefined;
  const token = options.token ?? generatedToken;
  let listener: RequestListener = notReady;
  const server = createServer(
    { requestTimeout: 0, headersTimeout: 10_000, maxHeaderSize: 128 << 10 },
    (request, response) => {
      listener(request, response);
    },
  );
  // A body may take as long as it comes; a client that sends and reads nothing is given up.
  server.setTimeout(120_000);
  const bound = await listen(server, options);
  let store: CaptureStore;
  try {
    store = await CaptureStore.open(options.data);
  } catch (error) {
    server.close();
    throw error;
  }
  const queries = new QueryService(store);
  // While the rest of this thread starts, on another core: the first question then waits for nothing.
  queries.warm();
  const leaveOut = options.ownTraffic ? undefined : ownTraffic(bound);
  const watches = new Watches(store);
  const filterCheck = new FilterCheck();
  const resolver = options.resolveNames ? new SystemResolver() : undefined;
  const lab = new Lab({ store, queries });
  const sending =
    options.send && new SendService(options.send, join(options.data, 'sent'), (packets) => queries.decode(packets));
  listener = createApp(
    {
      store,
      queries,
      lab,
      watches,
      filterCheck,
      sending,
      resolver,
      host: options.host,
      version: version(),
      startedAt: Date.now(),
      ownTraffic: leaveOut,
    },
    { host: options.host, allowedHosts: options.allowedHosts, token },
  );
  return {
    store,
    queries,
    address: `http://${isWildcard(options.host) ? '127.0.0.1' : bracketed(options.host)}:${bound.port}`,
    generatedToken,
    leaveOut,
    close: async () => {
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      resolver?.close();
      await filterCheck.close();
      await sending?.close();
      await lab.close();
      await store.close();
      server.closeIdleConnections();
      const grace = setTimeout(() => server.closeAllConnections(), GRACE);
      await closed;
      clearTimeout(grace);
      await queries.close();
    },
  };
}

const notReady: RequestListener = (_request, response) => {
  const body = {
    type: 'urn:netglass:problem:starting',
    title: 'Not ready',
    status: 503,
    detail: 'netglass is starting.',
  };
  response.writeHead(503, { 'Content-Type': 'application/problem+json', 'Retry-After': '1' }).end(JSON.stringify(body));
};

async function listen(server: Server, { host, port }: DaemonOptions): Promise<AddressInfo> {
  try {
    // Whatever the resolver would prefer: loopback by its name means IPv4 first, as the address that is printed.
    const { address } = await lookup(host, { verbatim: host !== 'localhost' });
    server.listen(port, address);
    await once(server, 'listening');
  } catch (error) {
    throw listenError(error as NodeJS.ErrnoException, host, port);
  }
  return server.address() as AddressInfo;
}

function listenError({ code, message }: NodeJS.ErrnoException, host: string, port: number): CaptureError {
  switch (code) {
    case 'EADDRINUSE':
      return new CaptureError(
        'io',
        `Port ${port} of ${host} is in use already, by another netglass or another program.`,
        'Stop that one, or choose another port: --port NUMBER',
      );
    case 'EACCES':
      return new CaptureError(
        'io',
        `Port ${port} may not be used by this user.`,
        'Choose one from 1024 up: --port 8080',
      );
    case 'EADDRNOTAVAIL':
    case 'ENOTFOUND':
    case 'EAI_AGAIN':
      return new CaptureError('io', `${host} is no address of this machine.`, 'For instance: --host 127.0.0.1');
    default:
      return new CaptureError('io', `The service cannot listen on ${host}, port ${port}: ${message}`);
  }
}

function bracketed(host: string): string {
  return host.includes(':') ? `[${host}]` : host;
}

/** The daemon's own conversations, in BPF. A wildcard address is any of those that the machine has now. */
function ownTraffic({ address, port }: AddressInfo): string {
  const addresses = isWildcard(address)
    ? Object.values(networkInterfaces()).flatMap((all) => (all ?? []).map((one) => one.address))
    : [address];
  const hosts = [...new Set(addresses)].map((one) => `host ${one}`);
  return hosts.length === 0 ? `tcp port ${port}` : `tcp port ${port} and (${hosts.join(' or ')})`;
}
