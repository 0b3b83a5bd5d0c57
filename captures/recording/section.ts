/** What the log says of itself: who wrote it where, and at its end what each interface received and lost. */

import { readFileSync } from 'node:fs';
import { cpus, release, type } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { interfaceStatistics, type SectionTexts } from '../formats/pcapng-writer.js';
import type { LiveSource } from '../sources/live.js';
import type { PacketSource } from '../sources/source.js';

/** `netglass 1.2.3`, from package.json, wherever the compiled code lies below it. */
export function applicationName(): string {
  for (let folder = dirname(fileURLToPath(import.meta.url)); ; folder = dirname(folder)) {
    try {
      const { name, version } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'));
      return `${name} ${version}`;
    } catch (error) {
      if (folder === dirname(folder)) throw error;
    }
  }
}

/** The section header's texts: a file's own are kept, but for the application, which is now netglass. */
export function hostTexts(section: PacketSource['section'], live: boolean): SectionTexts {
  const host = live ? { hardware: cpus()[0]?.model ?? process.arch, os: `${type()} ${release()}` } : {};
  return { ...host, ...section, application: applicationName() };
}

/** An Interface Statistics Block for every interface of a live source. Times in nanoseconds since 1970. */
export function statisticsBlocks(source: LiveSource, startTime: bigint, endTime: bigint): Uint8Array[] {
  const daemon = source.statistics().daemon ?? 0;
  return source.interfaceStatistics().map(({ id, received, kernel, interface: dropped }) =>
    interfaceStatistics({
      interfaceId: id,
      time: endTime,
      startTime,
      endTime,
      received: BigInt(received),
      ...(dropped === null ? {} : { interfaceDropped: BigInt(dropped) }),
      ...(kernel === null ? {} : { osDropped: BigInt(kernel) }),
      ...(daemon === 0 ? {} : { comment: `${daemon} packets of this capture were lost in netglass itself` }),
    }),
  );
}
