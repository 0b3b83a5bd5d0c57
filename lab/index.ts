/** The demos, in the order in which the lecture has them. */

import { byteOrder } from './byte-order.js';
import type { Demo } from './demo.js';
import { tcpEcho } from './tcp-echo.js';
import { tcpStream } from './tcp-stream.js';
import { udpEcho } from './udp-echo.js';

export const demos: readonly Demo[] = [udpEcho, tcpEcho, tcpStream, byteOrder];
