/** The list of protocols. A new one is a file beside this one, a line here, and a fixture. */

import { Registry } from '../core/index.js';
import { ethernet } from './ethernet.js';
import { ipv4 } from './ipv4.js';
import { udp } from './udp.js';

/** Every protocol, once; the order gives the registry ids and matters to nothing else. */
export const protocols = [ethernet, ipv4, udp] as const;

/** The registry that the whole service uses. */
export const registry = new Registry(protocols);
