/** The demos, in the order in which the lecture has them. */

import { addresses } from './addresses.js';
import { byteOrder } from './byte-order.js';
import type { Demo } from './demo.js';
import { http1 } from './http1.js';
import { http3 } from './http3.js';
import { interfaces } from './interfaces.js';
import { p2p } from './p2p.js';
import { ping } from './ping.js';
import { rawReceive } from './raw-receive.js';
import { rawSend } from './raw-send.js';
import { seqpacket } from './seqpacket.js';
import { sockets } from './socket-list.js';
import { tcpEcho } from './tcp-echo.js';
import { tcpStream } from './tcp-stream.js';
import { traceroute } from './traceroute.js';
import { udpEcho } from './udp-echo.js';

export const demos: readonly Demo[] = [
  udpEcho,
  tcpEcho,
  tcpStream,
  byteOrder,
  addresses,
  interfaces,
  sockets,
  seqpacket,
  rawReceive,
  rawSend,
  ping,
  traceroute,
  http1,
  http3,
  p2p,
];
