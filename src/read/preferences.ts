/** `-o NAME:VALUE`: Wireshark's names for what changes decoding. */

import type { KeyLog } from '../../captures/secrets/key-log.js';
import { readKeyLogFile } from '../../captures/secrets/key-log-file.js';
import type { SessionOptions } from '../../decoders/session/options.js';
import { UsageError } from '../commands/failure.js';

const booleans = new Set([
  'ip.defragment',
  'ipv6.defragment',
  'tcp.desegment_tcp_streams',
  'tcp.reassemble_out_of_order',
  'tcp.analyze_sequence_numbers',
  'tcp.relative_sequence_numbers',
  'ip.check_checksum',
  'tcp.check_checksum',
  'udp.check_checksum',
]);
const KEY_LOG_FILE = 'tls.keylog_file';
const texts = new Set([KEY_LOG_FILE]);

/**
 * Checks preferences, so that a script learns of a slip of the pen.
 *
 * @returns warnings about those that netglass does not know
 * @throws UsageError for a value that a known one cannot have
 */
export function checkPreferences(given: readonly string[]): string[] {
  const warnings: string[] = [];
  for (const preference of given) {
    const at = preference.indexOf(':');
    if (at < 1) throw new UsageError(`-o takes NAME:VALUE, not ${JSON.stringify(preference)}`);
    const name = preference.slice(0, at);
    const value = preference.slice(at + 1).trim();
    if (booleans.has(name)) {
      if (!/^(true|false)$/i.test(value))
        throw new UsageError(`-o ${name} takes TRUE or FALSE, not ${JSON.stringify(value)}`);
    } else if (!texts.has(name)) warnings.push(`the preference ${name} is not known here and changes nothing`);
  }
  return warnings;
}

/** What preferences say of putting packets together. The last one of a name counts. */
export function sessionOptions(given: readonly string[]): SessionOptions {
  const said = new Map(
    given.map((preference) => {
      const at = preference.indexOf(':');
      return [
        preference.slice(0, at),
        preference
          .slice(at + 1)
          .trim()
          .toLowerCase() !== 'false',
      ];
    }),
  );
  return {
    defragmentIpv4: said.get('ip.defragment') ?? true,
    defragmentIpv6: said.get('ipv6.defragment') ?? true,
    desegment: said.get('tcp.desegment_tcp_streams') ?? true,
    analyzeSequenceNumbers: said.get('tcp.analyze_sequence_numbers') ?? true,
    relativeSequenceNumbers: said.get('tcp.relative_sequence_numbers') ?? true,
  };
}

/**
 * Adds the secrets of the file that `tls.keylog_file` names.
 *
 * @throws CaptureError when it cannot be read
 */
export async function addKeyLogFile(keyLog: KeyLog, given: readonly string[]): Promise<void> {
  const prefix = `${KEY_LOG_FILE}:`;
  const path = given
    .findLast((preference) => preference.startsWith(prefix))
    ?.slice(prefix.length)
    .trim();
  if (path === undefined || path === '') return;
  const { taken } = keyLog.add(await readKeyLogFile(path));
  if (Object.keys(taken.labels).length === 0)
    console.error(`netglass: ${path} has no secrets: its lines are not those of an SSLKEYLOGFILE`);
}
