/** The machine's own list of host names, `/etc/hosts` (hosts(5)). */

import { existsSync, readFileSync } from 'node:fs';

const FILE = '/etc/hosts';
/** Characters of the file that are read: lists that block advertisers have millions. */
const LARGEST = 1 << 20;

/** The first name of an address; undefined where the file has none. */
export function hostName(address: string): string | undefined {
  if (!existsSync(FILE)) return undefined;
  const lines = readFileSync(FILE, 'utf8').slice(0, LARGEST).split('\n');
  for (const line of lines) {
    const [one, name] = line.replace(/#.*/, '').trim().split(/\s+/);
    if (one === address) return name;
  }
  return undefined;
}
