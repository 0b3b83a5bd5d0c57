/** The demos, in the order in which the lecture has them. */

import type { Demo } from './demo.js';
import { tcpEcho } from './tcp-echo.js';
import { udpEcho } from './udp-echo.js';

export const demos: readonly Demo[] = [udpEcho, tcpEcho];
