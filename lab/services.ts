/** The machine's own list of well-known ports, `/etc/services` (services(5)). */

import { existsSync, readFileSync } from 'node:fs';

const FILE = '/etc/services';
/** Characters of the file that are read; Debian's has 13,000. */
const LARGEST = 4 << 20;

export interface Service {
  readonly name: string;
  readonly port: number;
  readonly protocol: string;
  readonly aliases: readonly string[];
}

/** What `/etc/services` has; nothing where there is no such file, as in small containers. */
export function services(): readonly Service[] {
  if (!existsSync(FILE)) return [];
  return readFileSync(FILE, 'latin1').slice(0, LARGEST).split('\n').flatMap(serviceOf);
}

function serviceOf(line: string): Service[] {
  const [name, at, ...aliases] = line.replace(/#.*/, '').trim().split(/\s+/);
  const found = /^(\d+)\/([\w-]+)$/.exec(at ?? '');
  return found === null ? [] : [{ name, port: Number(found[1]), protocol: found[2], aliases }];
}

let known: Map<string, string> | undefined;

/** The name of a port, as getservbyport(3) finds it; undefined where it has none. @param protocol `tcp` or `udp` */
export function serviceName(port: number, protocol: string): string | undefined {
  known ??= new Map(
    services()
      .toReversed()
      .map((one) => [`${one.port}/${one.protocol}`, one.name]),
  );
  return known.get(`${port}/${protocol}`);
}
