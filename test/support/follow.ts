/** What tshark's "follow" says of the streams of a file, and what the daemon says, in the same form. */
import { spawnSync } from 'node:child_process';
import type { QueryService } from '../../captures/query/thread/query-service.js';

/** What two ends said: in turns, `>` where the end that sorts first speaks, and each end by itself. */
export interface Conversation {
  readonly turns: string;
  readonly each: string;
  /** Streams, or flows, that it was told in: with several, nobody says in which order. */
  readonly streams: number;
}

/** Streams of one file that are compared; the rest of a file with thousands would say the same again. */
export const MAXIMUM_STREAMS = 60;
const BATCH = 30;

export interface Followed {
  /** By transport and both ends; what several streams with the same ends say is joined. */
  readonly streams: Map<string, Conversation>;
  /** Ends of which not every stream was asked for. */
  readonly partly: ReadonlySet<string>;
}

interface Turn {
  readonly from: string;
  readonly hex: string;
}

const keyOf = (transport: string, a: string, b: string): string => `${transport} ${[a, b].sort().join(' ')}`;

function conversationOf(turns: readonly Turn[], first: string, streams: number): Conversation {
  let out = '';
  let last = '';
  const each: [string, string] = ['', ''];
  for (const { from, hex } of turns) {
    if (hex === '') continue;
    if (from !== last) out += `\n${from === first ? '>' : '<'}`;
    last = from;
    out += hex;
    each[from === first ? 0 : 1] += hex;
  }
  return { turns: out, each: each.join('\n'), streams };
}

const MISSING = Buffer.from(' bytes missing in capture file').toString('hex');

/** Where octets are missing. */
const GAP = new RegExp(`5b(?:3[0-9])+${MISSING}5d00`, 'g');

/**
 * Whether two say the same. What waits for missing octets when the capture ends is shown behind a gap here, and left
 * out by tshark; so is the gap where the capture kept only a part of a segment.
 */
export function saysTheSame(ours: Conversation | undefined, theirs: Conversation): boolean {
  if (ours === undefined) return false;
  if (ours.turns === theirs.turns || (theirs.streams > 1 && ours.each === theirs.each)) return true;
  if (ours.turns.replace(GAP, '') === theirs.turns.replace(GAP, '')) return true;
  if (!ours.turns.startsWith(theirs.turns)) return false;
  const rest = ours.turns.slice(theirs.turns.length);
  return rest
    .replace(/^\n[<>]/, '')
    .slice(0, 90)
    .includes(MISSING);
}

const run = (args: readonly string[]): string =>
  spawnSync('tshark', ['-n', ...args], { encoding: 'utf8', maxBuffer: 1 << 30, env: { ...process.env, TZ: 'UTC' } })
    .stdout;

/** Every stream of a transport in a file, as `tshark -z follow,TRANSPORT,raw,N` tells it. */
export function tsharkFollow(path: string, transport: 'tcp' | 'udp'): Followed {
  const numbers = run(['-r', path, '-Y', transport, '-T', 'fields', '-e', `${transport}.stream`]);
  const found = [...new Set(numbers.split(/[\n,]/).filter((one) => one !== ''))].map(Number);
  const asked = found.filter((one) => one < MAXIMUM_STREAMS);
  const turns = new Map<string, Turn[]>();
  const ends = new Map<string, string>();
  const streams = new Map<string, number>();
  for (let at = 0; at < asked.length; at += BATCH) {
    const options = asked.slice(at, at + BATCH).flatMap((one) => ['-z', `follow,${transport},raw,${one}`]);
    let node: string[] = [];
    for (const line of run(['-r', path, '-q', ...options]).split('\n')) {
      const named = /^Node (\d): (.*)$/.exec(line);
      if (named !== null) {
        node[Number(named[1])] = named[2].replace(/^\[(.*)\]:/, '$1:');
        const key = node.length === 2 ? keyOf(transport, node[0], node[1]) : '';
        streams.set(key, (streams.get(key) ?? 0) + 1);
      } else if (line.startsWith('===')) node = [];
      else if (/^\t?[0-9a-f]+$/.test(line) && node.length === 2) {
        const key = keyOf(transport, node[0], node[1]);
        const list = turns.get(key) ?? [];
        list.push({ from: line.startsWith('\t') ? node[1] : node[0], hex: line.trim() });
        turns.set(key, list);
        ends.set(key, [...node].sort()[0]);
      }
    }
  }
  const partly = new Set<string>();
  if (found.length > asked.length) {
    const fields = ['ip.src', 'ipv6.src', 'ip.dst', 'ipv6.dst', `${transport}.srcport`, `${transport}.dstport`];
    const rest = run([
      '-r',
      path,
      '-Y',
      `${transport}.stream >= ${MAXIMUM_STREAMS}`,
      '-T',
      'fields',
      ...fields.flatMap((one) => ['-e', one]),
    ]);
    for (const line of rest.split('\n')) {
      const [source4, source6, destination4, destination6, from, to] = line.split('\t');
      partly.add(keyOf(transport, `${source4 || source6}:${from}`, `${destination4 || destination6}:${to}`));
    }
  }
  const told = new Map(
    [...turns].map(([key, list]) => [key, conversationOf(list, ends.get(key) ?? '', streams.get(key) ?? 1)]),
  );
  return { streams: told, partly };
}

/** The same of a capture that was imported. */
export async function ourFollow(
  queries: QueryService,
  id: string,
  transport: 'tcp' | 'udp',
): Promise<Map<string, Conversation>> {
  const turns = new Map<string, Turn[]>();
  const ends = new Map<string, string>();
  for (let after: number | null = 0; after !== null; ) {
    const page = await queries.flows(id, { after, limit: 1000 });
    for (const flow of page.flows) {
      if (flow.transport !== transport) continue;
      const client = `${flow.client}:${flow.clientPort ?? 0}`;
      const server = `${flow.server}:${flow.serverPort ?? 0}`;
      const key = keyOf(transport, client, server);
      const list = turns.get(key) ?? [];
      for (let next: number | null = 0; next !== null; ) {
        const stream = await queries.stream(id, { flow: flow.id, after: next, limit: 10_000, running: false });
        for (const one of stream.segments) {
          // What the capture cut off a datagram; tshark shows what there is and says nothing.
          if ('gap' in one && transport === 'udp') continue;
          const hex =
            'gap' in one
              ? Buffer.from(`[${one.gap} bytes missing in capture file]\0`).toString('hex')
              : Buffer.from(one.data, 'base64').toString('hex');
          list.push({ from: one.from === 'client' ? client : server, hex });
        }
        next = stream.next;
      }
      turns.set(key, list);
      ends.set(key, [client, server].sort()[0]);
    }
    after = page.next;
  }
  return new Map([...turns].map(([key, list]) => [key, conversationOf(list, ends.get(key) ?? '', 1)]));
}
