/** traceroute: the routers on the way, by echo requests that may pass ever more of them (RFC 792, RFC 4443). */

import { z } from 'zod';
import { demo } from './demo.js';
import { EchoProber, echoView, type Reply } from './echo-probe.js';
import { probedAddress, probedInterface, towards } from './parameters.js';

/** Octets behind the ICMP header. */
const SIZE = 32;

export const traceroute = demo({
  name: 'traceroute',
  title: 'traceroute: who is on the way',
  shows:
    'Every router takes one from a packet’s time to live (IPv6: hop limit), and throws away what has none left; it then tells the sender with ICMP time exceeded. The demo sends echo requests with a time to live of 1, 2, 3, …: each answer comes from one router farther, until the destination itself answers. The error quotes the packet that it is about, which tells to which request it belongs. Routers that do not answer are a *.',
  parameters: z.strictObject({
    address: probedAddress,
    maxHops: z.int().min(1).max(64).default(30).describe('Routers to ask at most.'),
    queries: z.int().min(1).max(5).default(3).describe('Requests to each.'),
    timeout: z.number().min(0.1).max(10).default(1).describe('Seconds to wait for each answer.'),
    interface: probedInterface,
  }),
  capture: ({ interface: name, address }) => ({ interfaces: [towards(name, address)], filter: 'icmp or icmp6' }),
  view: ({ address }) => echoView(address),

  async run(stage, { address, maxHops, queries, timeout }) {
    const prober = await EchoProber.open(stage, 'traceroute', address);
    const lines = [`traceroute to ${address}, ${maxHops} hops max`];
    let sequence = 0;
    for (let hops = 1; hops <= maxHops; hops++) {
      await prober.setHops(
        hops,
        hops === 1 ? 'The first router takes the last one, and tells.' : `One router farther.`,
      );
      const replies: (Reply | undefined)[] = [];
      for (let query = 0; query < queries; query++)
        replies.push(await prober.probe({ sequence: ++sequence, size: SIZE }, timeout * 1000));
      lines.push(hopLine(hops, replies));
      if (replies.some((reply) => reply !== undefined && reply.kind !== 'time exceeded')) break;
    }
    await stage.step(
      {
        end: 'traceroute',
        call: 'print',
        arguments: [],
        code: {
          python: 'print(hops, peer[0], *times)',
          c: 'printf("%2d  %s  %.3f ms\\n", hops, inet_ntoa(peer.sin_addr), milliseconds);',
          typescript: 'console.log(hops, peer, ...times);',
        },
        note: 'As traceroute -I prints it.',
      },
      () => ({ value: undefined, result: `${lines.length - 1} hops`, output: lines.join('\n') }),
    );
    await prober.close();
  },
});

/** ` 2  198.19.0.5  0.051 ms  0.043 ms  *` */
export function hopLine(hops: number, replies: readonly (Reply | undefined)[]): string {
  let before: string | undefined;
  const parts = replies.map((reply) => {
    if (reply === undefined) return '*';
    const who = reply.from === before ? '' : `${reply.from}  `;
    before = reply.from;
    return `${who}${reply.milliseconds.toFixed(3)} ms${reply.kind === 'unreachable' ? ' !H' : ''}`;
  });
  return `${String(hops).padStart(2)}  ${parts.join('  ')}`;
}
