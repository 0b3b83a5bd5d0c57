/**
 * One socket as `struct inet_diag_msg` has it (sock_diag(7)): the form in which the kernel's answers come, and into which
 * the lines of `/proc/net/*` are brought. Ports and addresses are in network order, the rest in the machine's.
 */

import { endianness } from 'node:os';

export const RECORD_BYTES = 72;

/** Offsets of its members. */
export const RECORD = {
  family: 0,
  state: 1,
  localPort: 4,
  remotePort: 6,
  local: 8,
  remote: 24,
  cookie: 44,
  receiveQueue: 56,
  sendQueue: 60,
  uid: 64,
  inode: 68,
} as const;

/** Linux' numbers of the address families. */
export const AF_INET = 2;
export const AF_INET6 = 10;

export const LITTLE_ENDIAN = endianness() === 'LE';

/** TCP's states by the kernel's numbers, as netstat(8) writes them. */
export const TCP_STATES: readonly string[] = [
  'UNKNOWN',
  'ESTABLISHED',
  'SYN_SENT',
  'SYN_RECV',
  'FIN_WAIT1',
  'FIN_WAIT2',
  'TIME_WAIT',
  'CLOSE',
  'CLOSE_WAIT',
  'LAST_ACK',
  'LISTEN',
  'CLOSING',
  'SYN_RECV',
];
export const ESTABLISHED = 1;
export const LISTEN = 10;
