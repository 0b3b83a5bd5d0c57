/** A step that looks at the machine's sockets. */

import type { SocketInfo } from '../captures/programs/messages.js';
import type { Code } from './demo.js';
import type { Stage } from './stage.js';
import { lsof, netstat } from './tables.js';

const programs: Readonly<Record<'netstat' | 'lsof', { arguments: string; code: Code }>> = {
  netstat: {
    arguments: '-a',
    code: {
      python: 'subprocess.run(["netstat", "-a"])',
      c: '/* The program reads /proc/net/tcp, tcp6, udp, udp6, raw. */\nsystem("netstat -a");',
      typescript: "await (await fetch('/api/sockets')).json();\n// The nearest: Node has no such call; netglass has.",
    },
  },
  lsof: {
    arguments: '-i -n',
    code: {
      python: 'subprocess.run(["lsof", "-i", "-n"])',
      c: '/* The program reads /proc/PID/fd, and /proc/net for what the sockets in it are. */\nsystem("lsof -i -n");',
      typescript: "await (await fetch('/api/sockets')).json();\n// The nearest: Node has no such call; netglass has.",
    },
  },
};

/**
 * Prints the sockets that meet a condition.
 *
 * @returns those sockets
 * @throws CaptureError on systems other than Linux
 */
export function lookAtSockets(
  stage: Stage,
  program: 'netstat' | 'lsof',
  chosen: (socket: SocketInfo) => boolean,
  said: { readonly note: string; readonly end?: string },
): Promise<readonly SocketInfo[]> {
  const { arguments: given, code } = programs[program];
  const telling = { end: said.end ?? 'shell', call: program, arguments: [given], code, note: said.note };
  return stage.step(telling, async () => {
    const { sockets } = await stage.sockets();
    const found = sockets.filter(chosen);
    const output = program === 'netstat' ? netstat(found) : lsof(found);
    // Below the titles: netstat has two lines of them.
    const lines = output.split('\n').length - (program === 'netstat' ? 2 : 1);
    return { value: found, result: `${lines} ${lines === 1 ? 'line' : 'lines'}`, output };
  });
}

/** Whether a socket has a port at either end. */
export const hasPort =
  (protocol: 'tcp' | 'udp', port: number) =>
  (socket: SocketInfo): boolean =>
    socket.protocol === protocol && (socket.localPort === port || socket.remotePort === port);
