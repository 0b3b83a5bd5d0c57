/** What `tshark -z` counts in a file, in the shapes of the API. */

import { spawnSync } from 'node:child_process';

export const PAIR_TYPES = ['eth', 'ip', 'ipv6', 'tcp', 'udp'] as const;
type PairType = (typeof PAIR_TYPES)[number];

export interface TsharkStatistics {
  /** `eth:ip:tcp 12 3456`: a path in the hierarchy, packets, octets. */
  readonly protocols: string[];
  /** `a|b packetsAB bytesAB packetsBA bytesBA`, sorted. */
  readonly conversations: Record<PairType, string[]>;
  /** `address packets bytes tx txBytes rx rxBytes`, sorted. */
  readonly endpoints: Record<PairType, string[]>;
}

const TITLES: Readonly<Record<string, PairType>> = {
  Ethernet: 'eth',
  IPv4: 'ip',
  IPv6: 'ipv6',
  TCP: 'tcp',
  UDP: 'udp',
};

const empty = (): Record<PairType, string[]> => ({ eth: [], ip: [], ipv6: [], tcp: [], udp: [] });

/** Runs tshark over the file. */
export function tsharkStatistics(file: string): TsharkStatistics {
  const taps = ['io,phs', ...PAIR_TYPES.flatMap((type) => [`conv,${type}`, `endpoints,${type}`])];
  const { stdout } = spawnSync('tshark', ['-n', '-q', '-r', file, ...taps.flatMap((tap) => ['-z', tap])], {
    encoding: 'utf8',
    maxBuffer: 256 << 20,
    env: { ...process.env, TZ: 'UTC', LC_ALL: 'C.UTF-8' },
  });
  const found: TsharkStatistics = { protocols: [], conversations: empty(), endpoints: empty() };
  let list: ((line: string) => void) | undefined;
  const path: string[] = [];
  for (const line of stdout.split('\n')) {
    const title = /^(\S+) (Conversations|Endpoints)$/.exec(line);
    if (title !== null) {
      const type = TITLES[title[1]];
      list =
        title[2] === 'Conversations'
          ? (row) => take(found.conversations[type], conversation(row))
          : (row) => take(found.endpoints[type], endpoint(row, type === 'tcp' || type === 'udp'));
    } else if (line.startsWith('Protocol Hierarchy'))
      list = (row) => {
        const node = /^( *)(\S+) +frames:(\d+) bytes:(\d+)$/.exec(row);
        if (node === null) return;
        path.length = node[1].length / 2;
        path.push(node[2]);
        found.protocols.push(`${path.join(':')} ${node[3]} ${node[4]}`);
      };
    else list?.(line);
  }
  for (const lists of [found.conversations, found.endpoints]) for (const type of PAIR_TYPES) lists[type].sort();
  found.protocols.sort();
  return found;
}

function take(list: string[], row: string | undefined): void {
  if (row !== undefined) list.push(row);
}

const UNITS: Readonly<Record<string, number>> = { bytes: 1, kB: 1e3, MB: 1e6, GB: 1e9 };

/** Octets are printed in full only below 10 kB: what is larger can only be compared as it is printed. */
export function printedBytes(bytes: number): string {
  let value = bytes;
  let unit = 0;
  while (value >= 10_000 && unit < 3) {
    value = Math.floor(value / 1000);
    unit++;
  }
  return `${value} ${['bytes', 'kB', 'MB', 'GB'][unit]}`;
}

function conversation(row: string): string | undefined {
  const found = /^(\S+) +<-> (\S+) +(\d+) (\d+ \w+) +(\d+) (\d+ \w+) +\d+ \d+ \w+ /.exec(row);
  if (found === null) return undefined;
  const [, a, b, packetsBA, bytesBA, packetsAB, bytesAB] = found;
  if (UNITS[bytesAB.split(' ')[1]] === undefined) throw new Error(`What unit is ${bytesAB}?`);
  return `${a}|${b} ${packetsAB} ${bytesAB} ${packetsBA} ${bytesBA}`;
}

function endpoint(row: string, ports: boolean): string | undefined {
  const found = /^(\S+)(?: +(\d+))? +(\d+) +(\d+) +(\d+) +(\d+) +(\d+) +(\d+) *$/.exec(row);
  if (found === null) return undefined;
  const [, address, port, ...counts] = found;
  return `${address}${ports ? ` ${port}` : ''} ${counts.join(' ')}`;
}
