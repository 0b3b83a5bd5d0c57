/** The sockets of the machine as `netstat -a` and `lsof -i -n` show them. */

import { ipv4Text, ipv6Text } from '../../decoders/core/format.js';
import { ESTABLISHED, TCP_STATES } from './diag-record.js';
import { ICMP, ICMPV6, RAW, TCP, UDP, UDPLITE } from './kernel-sockets.js';
import type { SocketInfo } from './messages.js';
import { isConnected, type Socket } from './socket-table.js';

const NAMES: Readonly<Record<number, string>> = {
  [TCP]: 'tcp',
  [UDP]: 'udp',
  [UDPLITE]: 'udplite',
  [ICMP]: 'icmp',
  [ICMPV6]: 'icmp',
  [RAW]: 'raw',
};

/**
 * @param user the name of a user's number
 * @param captures those that run, in the order in which they began
 */
export function listOf(
  sockets: readonly Socket[],
  user: (uid: number) => string,
  captures: readonly string[],
): SocketInfo[] {
  return sockets
    .map((socket): SocketInfo => {
      const { protocol, state, inode, flows } = socket;
      const connected = isConnected(socket);
      const capture = captures.findLast((one) => flows?.has(one)) ?? null;
      return {
        protocol: NAMES[protocol] ?? String(protocol),
        family: socket.family === 4 ? 4 : 6,
        localAddress: textOf(socket.local, socket.family),
        localPort: socket.localPort,
        remoteAddress: connected ? textOf(socket.remote, socket.family) : null,
        remotePort: connected ? socket.remotePort : null,
        state: protocol === TCP ? (TCP_STATES[state] ?? null) : state === ESTABLISHED ? 'ESTABLISHED' : null,
        receiveQueue: socket.receiveQueue,
        sendQueue: socket.sendQueue,
        inode: inode === 0 ? null : inode,
        user: user(socket.uid),
        programs: socket.programs,
        capture,
        flow: capture === null ? null : (flows?.get(capture)?.flow ?? null),
      };
    })
    .sort(
      (a, b) =>
        compare(a.protocol, b.protocol) ||
        a.family - b.family ||
        a.localPort - b.localPort ||
        compare(a.localAddress, b.localAddress) ||
        (a.remotePort ?? -1) - (b.remotePort ?? -1) ||
        compare(a.remoteAddress ?? '', b.remoteAddress ?? ''),
    );
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

/** A key's address as people write it. An IPv6 socket's IPv4 address is written as IPv4, but for "any". */
function textOf(key: string, family: number): string {
  const view = new DataView(new ArrayBuffer(16));
  if (!key.includes(':')) {
    view.setUint32(0, Number(key));
    return family === 6 && key === '0' ? '::' : ipv4Text(view, 0);
  }
  key.split(':').forEach((word, index) => {
    view.setUint32(index * 4, Number.parseInt(word, 16));
  });
  return ipv6Text(view, 0);
}
