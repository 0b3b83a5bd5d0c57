/** ping: RFC 792's echo from a raw socket, with the statistics that ping prints. */

import { z } from 'zod';
import { demo } from './demo.js';
import { EchoProber, echoView, type Reply, replyText } from './echo-probe.js';
import { bpfHost, probedAddress, probedInterface, towards } from './parameters.js';
import type { Stage } from './stage.js';

export const ping = demo({
  name: 'ping',
  title: 'ping: ICMP echo from a raw socket',
  shows:
    'An ICMP echo request that the program has written octet by octet, and the reply that the other host’s kernel sends without any program there. A raw socket gets every ICMP message of the machine, on loopback the own request, too: identifier and sequence number tell the replies. The request carries the time at which it was sent, so that the reply brings it back. At the end stand the same statistics as ping’s.',
  parameters: z.strictObject({
    address: probedAddress,
    count: z.int().min(1).max(100).default(3).describe('How many requests.'),
    interval: z.number().min(0).max(10).default(0.2).describe('Seconds from one request to the next.'),
    size: z.int().min(0).max(1400).default(56).describe('Octets behind the ICMP header.'),
    timeout: z.number().min(0.1).max(10).default(1).describe('Seconds to wait for a reply.'),
    interface: probedInterface,
  }),
  capture: ({ interface: name, address }) => ({
    interfaces: [towards(name, address)],
    filter: `(icmp or icmp6) and (${bpfHost(address)} or icmp[icmptype] == icmp-unreach or icmp6[0] < 128)`,
  }),
  view: ({ address }) => echoView(address),

  async run(stage, { address, count, interval, size, timeout }) {
    const prober = await EchoProber.open(stage, 'ping', address);
    const begun = stage.now();
    const replies: (Reply | undefined)[] = [];
    for (let sequence = 1; sequence <= count; sequence++) {
      if (sequence > 1) await stage.wait(interval * 1000);
      replies.push(await prober.probe({ sequence, size }, timeout * 1000));
    }
    await statistics(stage, address, replies, Number(stage.now() - begun) / 1e6);
    await prober.close();
  },
});

function statistics(
  stage: Stage,
  address: string,
  replies: readonly (Reply | undefined)[],
  total: number,
): Promise<void> {
  const telling = {
    end: 'ping',
    call: 'statistics',
    arguments: [],
    code: {
      python: 'print(min(times), statistics.fmean(times), max(times), statistics.pstdev(times))',
      c: 'printf("rtt min/avg/max/mdev = …", min, sum / n, max, sqrt(squares / n - (sum / n) * (sum / n)));',
      typescript: 'console.log(Math.min(...times), average(times), Math.max(...times), deviation(times));',
    },
    note: 'As ping prints them; mdev is the standard deviation.',
  };
  return stage.step(telling, () => ({
    value: undefined,
    result: `${replies.filter((reply) => reply?.kind === 'reply').length} of ${replies.length} answered`,
    output: [
      ...replies.map((reply, index) =>
        reply === undefined ? `no answer yet for icmp_seq=${index + 1}` : replyText(reply, index + 1),
      ),
      `--- ${address} ping statistics ---`,
      ...summary(replies, total),
    ].join('\n'),
  }));
}

/** The last lines of iputils' ping. @param total milliseconds from the beginning to the end */
export function summary(replies: readonly (Reply | undefined)[], total: number): string[] {
  const times = replies.flatMap((reply) => (reply?.kind === 'reply' ? [reply.milliseconds] : []));
  const errors = replies.filter((reply) => reply !== undefined && reply.kind !== 'reply').length;
  const lost = ((replies.length - times.length) / replies.length) * 100;
  const failed = errors === 0 ? '' : ` +${errors} errors,`;
  const first = `${replies.length} packets transmitted, ${times.length} received,${failed} ${Number(lost.toFixed(4))}% packet loss, time ${Math.round(total)}ms`;
  if (times.length === 0) return [first];
  const mean = times.reduce((sum, time) => sum + time, 0) / times.length;
  const square = times.reduce((sum, time) => sum + time * time, 0) / times.length;
  const values = [Math.min(...times), mean, Math.max(...times), Math.sqrt(Math.max(0, square - mean * mean))];
  return [first, `rtt min/avg/max/mdev = ${values.map((value) => value.toFixed(3)).join('/')} ms`];
}
