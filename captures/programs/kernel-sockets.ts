/** Everything that the kernel tells of this network namespace's sockets, by whichever way it does. */

import type { NativeBinding } from '../native/binding.js';
import { AF_INET, AF_INET6 } from './diag-record.js';
import { readProcNet } from './proc-net.js';

/** What of the addon this needs. */
export type NativeSockets = Pick<NativeBinding, 'listSockets' | 'socketHolders'>;

/** The sockets of one kind as records of `inet_diag_msg`. */
export interface SocketRecords {
  /** IP protocol number; `RAW` for raw sockets of whatever protocol. */
  readonly protocol: number;
  readonly records: Uint8Array;
}

export const TCP = 6;
export const UDP = 17;
export const UDPLITE = 136;
export const ICMP = 1;
export const ICMPV6 = 58;
export const RAW = 255;

/** NETLINK_SOCK_DIAG knows the first two on every kernel; the files know all of them. */
const KINDS: readonly { protocol: number; family: number; file: string; diag: boolean }[] = [
  { protocol: TCP, family: AF_INET, file: 'tcp', diag: true },
  { protocol: TCP, family: AF_INET6, file: 'tcp6', diag: true },
  { protocol: UDP, family: AF_INET, file: 'udp', diag: true },
  { protocol: UDP, family: AF_INET6, file: 'udp6', diag: true },
  { protocol: UDPLITE, family: AF_INET, file: 'udplite', diag: false },
  { protocol: UDPLITE, family: AF_INET6, file: 'udplite6', diag: false },
  { protocol: RAW, family: AF_INET, file: 'raw', diag: false },
  { protocol: RAW, family: AF_INET6, file: 'raw6', diag: false },
  { protocol: ICMP, family: AF_INET, file: 'icmp', diag: false },
  { protocol: ICMPV6, family: AF_INET6, file: 'icmp6', diag: false },
];

/** @param native undefined where the addon is not built: then the files are read, at several times the cost */
export function kernelSockets(native: NativeSockets | undefined): SocketRecords[] {
  const found: SocketRecords[] = [];
  for (const { protocol, family, file, diag } of KINDS) {
    const records = (diag ? native?.listSockets(family, protocol) : null) ?? readProcNet(file);
    if (records !== null && records.length > 0) found.push({ protocol, records });
  }
  return found;
}
