/** The socket calls of the native addon, and their errors in words. */

import { constants } from 'node:os';
import { getSystemErrorName } from 'node:util';
import { loadNative, type SocketCalls } from '../captures/native/binding.js';
import { CaptureError } from '../captures/sources/source.js';

/** @throws CaptureError `engine-unavailable` where the addon is not built */
export function calls(): SocketCalls {
  const native = loadNative();
  if (native instanceof CaptureError) throw native;
  const found: SocketCalls | undefined = native.calls;
  if (found === undefined)
    throw new CaptureError(
      'engine-unavailable',
      'The native capture engine was built from older sources, and has no socket calls.',
      'npm run setup',
    );
  return found;
}

/** The first of those that share a number, so EAGAIN rather than EWOULDBLOCK. Node's list of either place is not whole. */
const NAMES = new Map(
  Object.entries(constants.errno)
    .reverse()
    .map(([name, number]) => [number, name]),
);

/** `ECONNREFUSED` */
export function errorName(errno: number): string {
  return NAMES.get(errno) ?? getSystemErrorName(-errno);
}

const SENTENCES: Readonly<Record<string, string>> = {
  EADDRINUSE: 'the port is in use already',
  EADDRNOTAVAIL: 'this machine has no such address',
  EACCES: 'this user may not use it',
  EPERM: 'this user may not do it, or a firewall forbids it',
  ECONNREFUSED: 'nobody listens there',
  ECONNRESET: 'the other end has reset the connection',
  ENETUNREACH: 'no route leads there',
  EHOSTUNREACH: 'the host does not answer',
  ETIMEDOUT: 'nothing came in time',
  EAFNOSUPPORT: 'this system does not have the address family',
  EPROTONOSUPPORT: 'this system does not have the protocol',
  ESOCKTNOSUPPORT: 'this system does not have the type of socket',
  EMFILE: 'netglass has no descriptors left',
  EINVAL: 'an argument is not right',
  EMSGSIZE: 'the message is too long for one datagram',
};

const HINTS: Readonly<Record<string, string>> = {
  EADDRINUSE:
    'Choose another port, or end what has it, perhaps a run of the lab that waits for its next step: netglass lab sockets shows the program.',
  EADDRNOTAVAIL: 'netglass interfaces lists the addresses of this machine.',
  EACCES: 'Choose a port from 1024 up.',
};

/** What a failed call means, as half a sentence. */
export function errorWords(name: string): string {
  return SENTENCES[name] ?? 'it failed';
}

/** The error that ends a run. @param what the call, as the step tells it */
export function callFailed(what: string, name: string): CaptureError {
  const code = name === 'EACCES' || name === 'EPERM' ? 'no-permission' : 'bad-option';
  return new CaptureError(code, `${what} failed with ${name}: ${errorWords(name)}.`, HINTS[name]);
}
