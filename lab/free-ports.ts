/** Whether a demo finds its ports free, asked before anything has begun. */

import { callFailed, calls, errorName } from './calls.js';
import type { Need } from './demo.js';
import { familyOf } from './parameters.js';

/** @throws CaptureError when a port is in use, or the address is not this machine's */
export function requireFree({ transport, address, port }: Need): void {
  const { socket, bind, setsockopt, close } = calls();
  const type = transport === 'tcp' ? 'SOCK_STREAM' : 'SOCK_DGRAM';
  const opened = socket(familyOf(address), type, 0);
  if (opened.errno !== 0) throw callFailed(`socket(${type}) for ${address}`, errorName(opened.errno));
  // As the demo's own server: a port in TIME_WAIT is free.
  if (transport === 'tcp') setsockopt(opened.value, 'SO_REUSEADDR', 1);
  const bound = bind(opened.value, address, port);
  close(opened.value);
  if (bound.errno !== 0)
    throw callFailed(`bind("${address}", ${port}) of ${transport.toUpperCase()}`, errorName(bound.errno));
}
