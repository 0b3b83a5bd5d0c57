/**
 * What all live engines share: the options checked, the errors that say what to do, and the counters per interface.
 */
import { readFileSync, realpathSync } from 'node:fs';
import { release, type } from 'node:os';
import {
  CaptureError,
  type CaptureInterface,
  type EngineName,
  type LiveOptions,
  MAXIMUM_SNAP_LENGTH,
  type PacketSource,
} from './source.js';

/** Counters of one interface id since the source was opened; null where the engine cannot know. */
export interface InterfaceStatistics {
  readonly id: number;
  /** Packets captured, whether handed out yet or not. */
  readonly received: number;
  readonly kernel: number | null;
  readonly interface: number | null;
}

/** A PacketSource that also counts per interface, as pcapng's Interface Statistics Block wants it. */
export interface LiveSource extends PacketSource {
  interfaceStatistics(): readonly InterfaceStatistics[];
}

/** LiveOptions with every default in place and every range checked. */
export interface CheckedOptions {
  readonly interfaces: readonly string[];
  readonly captureFilter: string;
  readonly snapLength: number;
  readonly promiscuous: boolean;
  readonly bufferBytes: number;
}

export const ENGINE_NAMES: readonly EngineName[] = ['native', 'cap', 'raw-socket'];
export const DEFAULT_BUFFER_BYTES = 24 * 1024 * 1024;
const SMALLEST_BUFFER = 65536;
const LARGEST_BUFFER = 2 ** 31 - 1;

/** Octets in a Linux interface name (IFNAMSIZ without its terminating zero). */
export const INTERFACE_NAME_BYTES = 15;

function badOption(message: string, hint: string): CaptureError {
  return new CaptureError('bad-option', message, hint);
}

/** Checks options before anything is opened. @throws CaptureError `bad-option` or `bad-filter` */
export function checkOptions(options: LiveOptions): CheckedOptions {
  const { interfaces, captureFilter = '', promiscuous = true } = options;
  checkInterfaces(interfaces);
  if (typeof captureFilter !== 'string') {
    throw badOption('The capture filter is not text.', 'Give a filter in BPF syntax, such as "tcp port 80".');
  }
  if (captureFilter.includes('\0')) {
    throw new CaptureError('bad-filter', 'The capture filter contains a zero character.', 'Remove it.');
  }
  if (typeof promiscuous !== 'boolean') {
    throw badOption(`promiscuous is ${JSON.stringify(promiscuous)}.`, 'Give true or false.');
  }
  return {
    interfaces: [...interfaces],
    captureFilter: captureFilter.trim(),
    snapLength: whole('snapLength', options.snapLength ?? MAXIMUM_SNAP_LENGTH, 1, MAXIMUM_SNAP_LENGTH),
    promiscuous,
    bufferBytes: whole('bufferBytes', options.bufferBytes ?? DEFAULT_BUFFER_BYTES, SMALLEST_BUFFER, LARGEST_BUFFER),
  };
}

function checkInterfaces(names: readonly string[]): void {
  if (!Array.isArray(names) || names.length === 0) {
    throw badOption('No interface is named.', 'Name at least one, such as "any".');
  }
  const seen = new Set<string>();
  for (const name of names as readonly unknown[]) {
    if (typeof name !== 'string' || name === '' || name.includes('\0')) {
      throw badOption(`${JSON.stringify(name)} is no interface name.`, 'See `netglass interfaces`.');
    }
    if (seen.has(name)) {
      throw badOption(`The interface ${name} is named twice.`, 'Name it once: its packets would be stored twice.');
    }
    seen.add(name);
  }
  if (seen.has('any') && seen.size > 1) {
    throw badOption('"any" stands beside other interfaces.', 'Name "any" alone: it covers all of them.');
  }
}

function whole(name: string, value: unknown, least: number, most: number): number {
  if (typeof value !== 'number' || !Number.isInteger(value) || value < least || value > most) {
    throw badOption(`${name} is ${JSON.stringify(value)}.`, `Give a whole number from ${least} to ${most}.`);
  }
  return value;
}

/** The error for a missing privilege; the hint is the command that gives it to this very Node. */
export function permissionError(what: string): CaptureError {
  return new CaptureError(
    'no-permission',
    `Capturing is not permitted (${what}). Give Node the privilege once, or run netglass with sudo.`,
    `sudo setcap cap_net_raw,cap_net_admin=eip ${shellWord(realpathSync(process.execPath))}`,
  );
}

function shellWord(text: string): string {
  return /^[\w./+:@=-]+$/.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`;
}

/** The error for an interface that does not exist; `existing` are the names to choose from. */
export function noSuchInterface(name: string, existing: readonly string[]): CaptureError {
  return new CaptureError(
    'no-such-interface',
    `There is no interface called ${JSON.stringify(name)} here.`,
    existing.length > 0 ? `Interfaces here: ${existing.join(', ')}` : 'There is no interface here at all.',
  );
}

/** The parts of an interface description that are the same for every live engine. */
export function describeInterface(
  id: number,
  name: string,
  linkType: number,
  options: CheckedOptions,
  more: { macAddress?: Uint8Array | undefined; comment?: string | undefined } = {},
): CaptureInterface {
  const speed = Number.parseInt(systemSays(name, 'speed') ?? '', 10);
  const description = name === 'any' ? 'All interfaces of this machine' : systemSays(name, 'ifalias');
  return {
    id,
    name,
    linkType,
    snapLength: options.snapLength,
    os: `${type()} ${release()}`,
    section: 0,
    ...(options.captureFilter === '' ? {} : { filter: options.captureFilter }),
    ...(more.macAddress === undefined ? {} : { macAddress: more.macAddress }),
    ...(more.comment === undefined ? {} : { comment: more.comment }),
    ...(description === undefined ? {} : { description }),
    // The kernel has megabits a second, and -1 where it does not know.
    ...(speed > 0 ? { speed: BigInt(speed) * 1_000_000n } : {}),
  };
}

/** What Linux says of an interface in `/sys/class/net`, or undefined where it says nothing (`any`, other systems). */
function systemSays(name: string, attribute: 'speed' | 'ifalias'): string | undefined {
  if (!/^[\w.:@-]+$/.test(name) || name.startsWith('.')) {
    return undefined;
  }
  try {
    return readFileSync(`/sys/class/net/${name}/${attribute}`, 'utf8').trim() || undefined;
  } catch {
    return undefined; // no such file, or EINVAL: loopback and wireless interfaces have no speed
  }
}

/** Warnings in words, bounded: an interface that flaps for a week must not fill the memory. */
export class Warnings {
  static readonly limit = 200;
  readonly list: string[] = [];

  add(text: string): void {
    if (this.list.length < Warnings.limit) {
      this.list.push(text);
    } else if (this.list.length === Warnings.limit) {
      this.list.push('Further warnings are not listed.');
    }
  }
}
