/** The machine's sockets, and which program has them. */

import { z } from 'zod';
import { route } from './route.js';
import { processInfo } from './schemas.js';

const count = z.int().min(0);

const socket = z
  .object({
    protocol: z.enum(['tcp', 'udp', 'udplite', 'icmp', 'raw']),
    family: z.literal([4, 6]).describe('Of the socket; one of IPv6 may talk IPv4.'),
    localAddress: z.string().describe('`0.0.0.0` and `::` are any of the machine’s.'),
    localPort: count.describe('Of raw sockets the IP protocol’s number, of `icmp` the identifier.'),
    remoteAddress: z.string().nullable().describe('null: not connected.'),
    remotePort: count.nullable(),
    state: z
      .string()
      .nullable()
      .describe('TCP’s as netstat writes it; of others `ESTABLISHED` where connected, else null.'),
    receiveQueue: count.describe('Octets not read yet; of a listening socket, connections not accepted yet.'),
    sendQueue: count.describe('Octets not sent or not acknowledged yet; of a listening socket, how many may wait.'),
    inode: count.nullable().describe('null: it belongs to no process, or to none yet.'),
    user: z.string().describe('Whose it is.'),
    process: processInfo.nullable().describe('The process that has it open; null: unknown, or several have.'),
    processes: z.array(processInfo).describe('Everybody who has it open.'),
    capture: z.string().nullable().describe('The newest running capture in which it was seen.'),
    flow: z.int().nullable().describe('Its flow in that capture; of an unconnected socket, the latest.'),
  })
  .meta({ id: 'Socket' });

export const socketRoutes = [
  route({
    method: 'get',
    path: '/api/sockets',
    tag: 'service',
    summary: 'The machine’s sockets with their programs',
    description:
      'What `netstat -a` and `lsof -i -n` print: TCP, UDP, UDP-Lite, raw and ping sockets of the network namespace that netglass runs in. Linux only. Programs of other users are known only to root.',
    query: z.strictObject({
      protocol: z.enum(['tcp', 'udp', 'udplite', 'icmp', 'raw']).optional(),
      state: z.string().max(20).optional().describe('As in the answer, for example `LISTEN`.'),
      port: z.int().min(0).max(65_535).optional().describe('The local or the remote port.'),
      pid: z.int().min(1).optional().describe('Only sockets of this process.'),
      limit: z.int().min(1).max(100_000).default(10_000).describe('How many at most.'),
    }),
    responses: {
      200: {
        description: 'Ordered by protocol and local port.',
        schema: z.object({
          sockets: z.array(socket),
          total: count.describe('How many there are, whatever the limit.'),
          warnings: z.array(z.string()).describe('Why some programs are missing.'),
        }),
      },
    },
    handle: async ({ query }, context) => {
      const { sockets, hiddenProcesses } = await context.store.programs.sockets();
      const { protocol, state, port, pid, limit } = query;
      const chosen = sockets.filter(
        (one) =>
          (protocol === undefined || one.protocol === protocol) &&
          (state === undefined || one.state === state.toUpperCase()) &&
          (port === undefined || one.localPort === port || one.remotePort === port) &&
          (pid === undefined || one.programs.some((program) => program.pid === pid)),
      );
      const shown = chosen.slice(0, limit).map(({ programs, ...rest }) => {
        const processes = programs.map(({ pid, name, user, command }) => ({ pid, name, user, command }));
        return { ...rest, process: processes.length === 1 ? processes[0] : null, processes };
      });
      const unknown = sockets.some(({ inode, programs }) => inode !== null && programs.length === 0);
      const warnings =
        hiddenProcesses > 0 && unknown
          ? [
              `${hiddenProcesses} processes do not let netglass look at their sockets, which have no program here: that takes root, or CAP_SYS_PTRACE.`,
            ]
          : [];
      return { status: 200, body: { sockets: shown, total: chosen.length, warnings } };
    },
  }),
];
