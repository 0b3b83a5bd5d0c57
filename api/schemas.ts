/** The shapes of requests and answers that several routes share. */

import { z } from 'zod';
import { ENGINE_NAMES } from '../captures/sources/live.js';
import { MAXIMUM_SNAP_LENGTH } from '../captures/sources/source.js';

export const time = z
  .string()
  .describe('RFC 3339, UTC, nine decimals')
  .meta({ examples: ['2026-11-22T18:00:00.123456789Z'] });
const count = z.int().min(0);
export const orNull = <T extends z.ZodType>(schema: T) => schema.nullable();

export const captureId = z.strictObject({
  id: z.string().describe('The capture’s `id`, or `current`: the one that began last of those that run.'),
});

export const filter = z
  .string()
  .max(100_000)
  .optional()
  .describe('Display filter in Wireshark’s syntax; absent or empty: everything.');
export const limit = z.int().min(1).max(10_000).default(100).describe('How many at most.');

export const loss = z
  .object({
    kernel: orNull(count).describe('Lost in the kernel for want of buffer; null where it cannot be known.'),
    interface: orNull(count).describe('Lost by the interface or its driver; null where it cannot be known.'),
    daemon: orNull(count).describe('Lost in netglass; null where it cannot be known.'),
    truncated: count.describe('Kept only in part (snap length).'),
    malformed: count.describe('Contradict themselves.'),
  })
  .describe('What is missing from the capture: an absence can only be trusted where these are 0.')
  .meta({ id: 'Loss' });

export const stopRules = z.strictObject({
  packets: z.int().min(1).optional().describe('Stop after so many packets.'),
  bytes: z.int().min(1).optional().describe('Stop after so many octets on the wire.'),
  seconds: z.number().positive().max(1e9).optional().describe('Stop after so many seconds.'),
  when: z
    .string()
    .trim()
    .min(1)
    .max(100_000)
    .optional()
    .describe(
      'Display filter: the capture stops some tenths of a second after the first packet that meets it, which gets a mark; the capture’s `trigger` says which. The same as a trigger whose action is `stop`.',
    ),
});

export const ringRules = z.strictObject({
  bytes: z.int().min(1).optional().describe('Keep about so many octets: the oldest segments are deleted.'),
  segments: z.int().min(1).optional().describe('Keep at most so many segment files.'),
  seconds: z.number().positive().max(1e12).optional().describe('Keep about so many seconds.'),
});

export const startCapture = z.strictObject({
  name: z.string().trim().min(1).max(200).optional().describe('Default: the interfaces’ names.'),
  interfaces: z
    .array(z.string())
    .min(1)
    .max(64)
    .describe('Names from `GET /api/interfaces`, or `any`; for `raw-socket`: `icmp`, `icmp6`, `ip:N`, `ip6:N`.'),
  engine: z.enum(ENGINE_NAMES as [string, ...string[]]).default('native'),
  captureFilter: z.string().max(100_000).optional().describe('BPF in libpcap’s syntax.'),
  snapLength: z.int().min(1).max(MAXIMUM_SNAP_LENGTH).optional().describe('Octets of each packet that are kept.'),
  promiscuous: z.boolean().optional().describe('Default true.'),
  bufferBytes: z
    .int()
    .min(65_536)
    .max(2 ** 31 - 1)
    .optional()
    .describe('Kernel buffer per interface; default 24 MiB.'),
  stop: stopRules.optional(),
  trigger: z
    .strictObject({
      when: z.string().trim().min(1).max(100_000).describe('Display filter.'),
      action: z
        .enum(['stop', 'mark', 'notify'])
        .describe('`mark` puts a mark before the packet; `notify` only tells, in `trigger` and as an event.'),
    })
    .optional()
    .describe('What to do some tenths of a second after the first packet that meets a display filter.'),
  ring: ringRules.optional(),
});

export const capture = z
  .object({
    id: z.string(),
    name: z.string(),
    comment: z.string().optional(),
    state: z.enum(['running', 'stopped', 'importing', 'failed']),
    source: z
      .looseObject({ kind: z.enum(['live', 'import']) })
      .describe('Engine, interfaces and filters of a live capture; the file of an import.'),
    linkTypes: z.array(z.int()).describe('LINKTYPE_ values, each once.'),
    interfaces: z.array(
      z.object({
        id: z.int(),
        name: z.string(),
        linkType: z.int(),
        description: z.string().optional(),
        comment: z.string().optional(),
      }),
    ),
    startedAt: time,
    stoppedAt: orNull(time),
    stop: stopRules.optional(),
    trigger: z
      .object({
        filter: z.string(),
        action: z.enum(['stop', 'mark', 'notify']),
        packet: orNull(z.int().min(1)).describe('The first packet that met it; null while none has.'),
        time: orNull(time).describe('Of that packet.'),
      })
      .optional()
      .describe('What the capture waits for, and the packet that it has found.'),
    ring: ringRules.optional(),
    packets: count.describe('Packets so far: the number of the last one.'),
    bytes: count.describe('Octets on the wire.'),
    firstTime: orNull(time),
    lastTime: orNull(time),
    firstPacket: count.describe('Number of the first packet that a ring still has.'),
    loss,
    error: z.string().optional().describe('What went wrong, in a sentence.'),
    warnings: z.array(z.string()),
  })
  .meta({ id: 'Capture' });

export const processInfo = z
  .object({
    pid: count,
    name: z.string().describe('What the kernel calls it: the name of its file.'),
    user: z.string().describe('Name of the effective user.'),
    command: z.string().describe('The command line, at most 1024 characters.'),
  })
  .meta({ id: 'ProcessInfo' });

export const packetRow = z
  .object({
    number: z.int().min(1).describe('`frame.number`.'),
    time: orNull(time),
    relativeTime: orNull(z.number()).describe('Seconds since the capture’s first packet.'),
    length: count.describe('Octets on the wire.'),
    capturedLength: count.describe('Octets kept.'),
    source: orNull(z.string()),
    destination: orNull(z.string()),
    sourcePort: orNull(count),
    destinationPort: orNull(count),
    protocol: z.string(),
    info: z.string(),
    flow: orNull(count).describe('Id of the packet’s flow.'),
    process: processInfo.optional().describe('The flow’s process, where it is known.'),
    interface: z.string(),
    direction: orNull(z.enum(['inbound', 'outbound'])),
    problems: z.array(z.enum(['truncated', 'malformed', 'checksum', 'offload', 'analysis'])),
    comments: z.array(z.string()).optional(),
    fields: z
      .record(z.string(), z.array(z.string()))
      .optional()
      .describe('All occurrences of the fields asked for, outermost first.'),
  })
  .meta({ id: 'PacketRow' });

/** One node of the tree. */
const fieldNode = z
  .object({
    name: z.string().describe('Filter name.'),
    title: z.string(),
    value: z.union([z.number(), z.string(), z.boolean(), z.null()]).describe('Integers above 2^53 are decimal text.'),
    display: z.string().describe('What a person reads.'),
    text: z.string().describe('What `-T fields` prints.'),
    offset: count.describe('Octets from the packet’s start.'),
    length: count,
    bitOffset: count.optional(),
    bitLength: count.optional(),
    generated: z.boolean().optional().describe('Computed, not found on the wire.'),
    get fields(): z.ZodOptional<z.ZodArray<typeof fieldNode>> {
      return z.array(fieldNode).optional();
    },
  })
  .meta({ id: 'FieldNode' });

export const layerNode = z
  .object({
    protocol: z.string(),
    title: z.string(),
    summary: z.string(),
    offset: count,
    length: count,
    payload: count.optional().describe('Octets that the layer carries behind its header.'),
    source: count
      .optional()
      .describe('Index in `sources`: offsets count in those octets. Absent: in the packet’s own.'),
    fields: z.array(fieldNode),
  })
  .meta({ id: 'LayerNode' });

const packetProblem = z
  .object({
    layer: z.string(),
    kind: z.enum(['truncated', 'malformed', 'checksum', 'offload', 'analysis']),
    severity: z.enum(['chat', 'note', 'warn', 'error']),
    group: z.string().describe('As Wireshark groups expert information: sequence, checksum, malformed …'),
    at: count.describe('Octets from the packet’s start.'),
    needed: count.optional(),
    available: count.optional(),
    limitedBy: z.string().optional(),
    message: z.string(),
  })
  .meta({ id: 'PacketProblem' });

export const packetDetail = packetRow
  .omit({ problems: true })
  .extend({
    layers: z.array(layerNode),
    problems: z.array(packetProblem),
    bytes: z.string().describe('The captured octets in base64.'),
    sources: z
      .array(
        z.object({
          name: z.string().describe('For example `Reassembled TCP`.'),
          bytes: z.string().describe('The octets in base64.'),
        }),
      )
      .optional()
      .describe('What this packet completes: messages and datagrams that were put together of several packets.'),
    loss,
  })
  .meta({ id: 'PacketDetail' });

export const flow = z
  .object({
    id: z.int().min(1),
    transport: z.string(),
    client: z.string(),
    server: z.string(),
    clientPort: orNull(count),
    serverPort: orNull(count),
    application: orNull(z.string()),
    packets: count,
    bytes: count,
    clientPackets: count,
    clientBytes: count,
    serverPackets: count,
    serverBytes: count,
    firstTime: orNull(time),
    lastTime: orNull(time),
    firstPacket: count,
    lastPacket: count,
    state: orNull(z.string()).describe(
      'TCP: `opening`, `established`, `closing`, `closed`, `reset` or `midstream`; null otherwise.',
    ),
    connState: orNull(
      z.enum(['S0', 'S1', 'SF', 'REJ', 'S2', 'S3', 'RSTO', 'RSTR', 'RSTOS0', 'RSTRH', 'SH', 'SHR', 'OTH']),
    ).describe('Zeek’s `conn_state`; null for transports that it does not know.'),
    history: orNull(z.string()).describe(
      'Zeek’s `history`: s SYN, h SYN+ACK, a ACK, d data, f FIN, r RST, c wrong checksum, g gap, t data sent again, w zero window, i FIN+RST, q SYN with FIN or RST; upper case from the client; `^` first: the first packet came from the server; an `X` at the end: there was more.',
    ),
    handshakeRtt: orNull(z.number()).describe('TCP: seconds from the client’s SYN to its ACK of the server’s.'),
    clientTtl: orNull(count).describe('TTL or hop limit of the client’s first packet.'),
    serverTtl: orNull(count),
    vlans: z.array(count).describe('VLAN ids, outermost first.'),
    icmp: z
      .object({ type: count, code: count, identifier: orNull(count) })
      .nullable()
      .describe('ICMP: what asks, or stands alone, and the identifier of those that have one.'),
    communityId: orNull(z.string()).describe('Community ID, version 1, seed 0.'),
    host: orNull(z.string())
      .optional()
      .describe('The server as the client named it: TLS’s or QUIC’s server name, or HTTP’s Host.'),
    hostnames: z
      .object({ client: orNull(z.string()), server: orNull(z.string()) })
      .optional()
      .describe('What DNS answers in the capture called the two ends.'),
    service: orNull(z.string()).optional().describe('What IANA has registered for the server’s port.'),
    process: orNull(processInfo).describe(
      'The process that had the socket at this machine’s end, of a live capture; where both ends are here, at the client’s. null: unknown, or several had it.',
    ),
    processes: z
      .array(processInfo.extend({ end: z.enum(['client', 'server']) }))
      .describe('Everybody who had a socket of the flow open, at either end.'),
  })
  .meta({ id: 'Flow' });

export const mark = z.object({ id: z.int().min(1), text: z.string(), time }).meta({ id: 'Mark' });

export const matches = z
  .object({
    count: count.describe('Matching packets found so far.'),
    complete: z.boolean().describe('Whether every packet has been looked at.'),
    scannedTo: count.describe('Number of the last packet that has been.'),
    plan: z.enum(['all', 'columns', 'columns+decode', 'decode']),
  })
  .meta({ id: 'Matches' });

export const problem = z.object({
  type: z.string(),
  title: z.string(),
  status: z.int(),
  detail: z.string().describe('One sentence for a person.'),
  hint: z.string().optional().describe('The exact command or change that mends it.'),
  position: count.optional().describe('0-based character of the filter at which it is wrong.'),
});
