/** `-d TABLE==VALUE,PROTOCOL`: what a person knows better than port numbers do, as tshark has it. */

import type { DecodeAs, Registry } from '../../decoders/core/index.js';
import { UsageError } from '../commands/failure.js';

/** `80`, `0x50`, `80-82` and `80:3` (three from 80 on). */
const RULE = /^([a-z0-9_.]+)==(0x[0-9a-f]+|\d+)(?:([-:])(0x[0-9a-f]+|\d+))?,([a-z0-9_.-]+)$/i;
const MAXIMUM_VALUES = 65536;

/** Names that Wireshark gave up, and the ones that it has now. */
const renamed: Readonly<Record<string, string>> = { ssl: 'tls', bootp: 'dhcp' };

/** @throws UsageError for a table or a protocol that there is not */
export function decodeAsRules(registry: Registry, given: readonly string[]): DecodeAs[] {
  return given.flatMap((rule) => {
    const match = RULE.exec(rule.trim());
    if (match === null)
      throw new UsageError(`-d takes TABLE==VALUE,PROTOCOL, such as tcp.port==8080,http, not ${JSON.stringify(rule)}`);
    const [, table, from, sign, to, name] = match;
    if (!registry.hasTable(table)) throw new UsageError(`-d: nothing is looked up by ${table}`);
    const protocol = renamed[name.toLowerCase()] ?? name.toLowerCase();
    // `data` stands for what nobody claims; it is no protocol that a table can lead to.
    if (registry.idOf(protocol) === 0 || protocol === 'data')
      throw new UsageError(`-d: ${name} is no protocol that netglass decodes`);
    const first = Number(from);
    const last = sign === undefined ? first : sign === '-' ? Number(to) : first + Number(to) - 1;
    if (last < first || last - first >= MAXIMUM_VALUES)
      throw new UsageError(`-d: ${from}${sign}${to} is no range of values`);
    return Array.from({ length: last - first + 1 }, (_, index) => ({ table, value: first + index, protocol }));
  });
}
