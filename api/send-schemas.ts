/** The shapes of requests and answers about sending. */

import { z } from 'zod';
import { capture, filter, layerNode, orNull, problem, time } from './schemas.js';

/** Seconds that an answer may be waited for. */
export const LONGEST_FOREGROUND = 60;
const count = z.int().min(0);

const interfaceName = z.string().min(1).max(64);
const rate = z
  .number()
  .positive()
  .max(1e9)
  .optional()
  .describe('Packets a second at most; default and most: the daemon’s `--send-rate`.');

export const sendBody = z.strictObject({
  layers: z
    .array(z.record(z.string(), z.unknown()))
    .min(1)
    .max(64)
    .describe(
      'Outermost first, each an object with one member: `eth`, `vlan`, `ieee8021ad`, `arp`, `ip`, `ipv6`, `icmp`, `icmpv6`, `udp`, `tcp` or `dns` with its fields by Wireshark’s names, with or without the prefix; the last one may be `payload`: a text, or octets as `"0x…"` or `{"hex": "…"}`. What is not given is computed.',
    ),
  engine: z
    .enum(['raw-socket', 'native'])
    .optional()
    .describe(
      '`raw-socket`: IP packets with their own header (IP_HDRINCL), where the routes lead. `native`: frames, by an interface. Default: what the layers begin with.',
    ),
  interface: interfaceName.optional().describe('Where frames leave; default: where the routes lead.'),
  count: z.int().min(1).max(1_000_000_000).optional().describe('Default 1.'),
  interval: z.number().min(0).max(86_400).optional().describe('Seconds from one packet to the next. Default 0.'),
  rate,
  wait: z
    .number()
    .min(0)
    .max(LONGEST_FOREGROUND)
    .optional()
    .describe(
      'Seconds to wait for answers, after the last packet, of at most 100; the wait ends when every packet is answered.',
    ),
  background: z.boolean().optional().describe('Answer at once, with 202 and what can be asked and stopped.'),
});

export const replayBody = z.strictObject({
  interface: interfaceName.describe('Where the frames leave.'),
  filter: filter.describe('Display filter: only these packets.'),
  speed: z
    .number()
    .min(0)
    .max(1e6)
    .optional()
    .describe('How many times as fast as it was captured; 0: as fast as the rate lets them. Default 1.'),
  rate,
  packets: z.int().min(1).optional().describe('Packets at most.'),
});

const origin = z
  .enum(['asked', 'computed', 'kernel'])
  .describe(
    '`asked`: given in the request; `computed`: by netglass; `kernel`: it left otherwise than it was handed over.',
  );

const sentPacket = z
  .object({
    number: count,
    time,
    bytes: z.string().describe('Base64: as it was handed over.'),
    left: orNull(z.string()).describe('Base64: as it was captured leaving; null when it was not seen.'),
    fields: z
      .array(z.object({ name: z.string(), handed: orNull(z.string()), left: orNull(z.string()), by: origin }))
      .optional()
      .describe('Of the first ten packets: what was asked for against what left.'),
    reply: z
      .object({
        kind: z
          .enum(['answer', 'error', 'reset'])
          .describe('`error`: an ICMP error that quotes the packet; `reset`: a TCP RST.'),
        time,
        rtt: z.number().describe('Seconds, by the kernel’s clock.'),
        summary: z.string(),
        bytes: z.string().describe('Base64.'),
        layers: z.array(layerNode),
      })
      .nullable(),
  })
  .describe('As long as they are no more than a hundred, and no larger than 4 MiB together.');

export const report = z.object({
  engine: z.enum(['raw-socket', 'native']),
  interface: orNull(z.string()),
  sent: count,
  bytes: count,
  seconds: z.number(),
  answered: orNull(count).describe('Null when no answers were waited for.'),
  packets: z.array(sentPacket),
  notes: z.array(z.string()).describe('What is worth knowing, such as what the kernel did on its own.'),
  log: orNull(z.string()).describe('Folder of the pcapng files with everything that was sent.'),
});

const replayReport = z.object({
  interface: z.string(),
  sent: count,
  bytes: count,
  seconds: z.number(),
  tooLong: count.describe('Left out: longer than the interface takes.'),
  refused: count.describe('Left out: their destination is not allowed.'),
  truncated: count.describe('Sent as they were kept, which is in part.'),
  notes: z.array(z.string()),
  log: orNull(z.string()),
});

export const job = z.object({
  id: z.string(),
  kind: z.enum(['send', 'replay']),
  capture: capture.shape.id.optional(),
  state: z.enum(['running', 'done', 'stopped', 'failed']),
  sent: count.describe('Packets that have left so far.'),
  bytes: count,
  total: orNull(count).describe('Packets that there are to send; null where that is not known beforehand.'),
  startedAt: time,
  stoppedAt: orNull(time),
  report: z.union([report, replayReport]).optional().describe('Of the last ones that have ended.'),
  error: problem.optional().describe('Why it failed.'),
});
