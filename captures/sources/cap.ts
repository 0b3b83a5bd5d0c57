/**
 * The npm package `cap` (0.2): libpcap with a JavaScript call a packet, for platforms where the addon is not built.
 * Runs in a process of its own (engines-host.ts).
 *
 * Its limits, read in its source: packets are stamped when JavaScript gets them; drop counts cannot be asked for;
 * it is always promiscuous; it cuts packets at 65535 octets without saying how long they were; it takes libpcap's
 * warning that `any` cannot be promiscuous for an error; and when an interface goes away it aborts the process.
 */
import { networkInterfaces } from 'node:os';
import { EPB_DIRECTION } from '../formats/epb.js';
import { listWithoutAddon } from './interfaces.js';
import { type CheckedOptions, describeInterface, type LiveSource, noSuchInterface, permissionError } from './live.js';
import { linkTypeOfDlt } from './live-link-types.js';
import { UserSpaceSource } from './live-user-space.js';
import { CaptureError, type CaptureInterface } from './source.js';

/** What we use of the package; it has no types. */
interface CapHandle {
  open(device: string, filter: string, bufferBytes: number, buffer: Buffer): string;
  close(): boolean;
  on(event: 'packet', listener: (bytes: number, truncated: boolean) => void): void;
}
interface CapPackage {
  Cap: new () => CapHandle;
  deviceList(): { name: string }[];
}

/** The package's own snap length. */
const CAP_SNAP_LENGTH = 65535;

const COMMENT =
  'Captured with the npm package cap: time stamps are taken in user space, drops are not counted, the interface is ' +
  `promiscuous whatever was asked for, and packets are cut at ${CAP_SNAP_LENGTH} octets.`;
const ANY_COMMENT = ' "any" became one capture for each interface that was up.';

/** The package's names of link types, as LINKTYPE_ values. */
const LINK_TYPES: Readonly<Record<string, number>> = {
  NULL: 0,
  ETHERNET: 1,
  IEEE802_11_RADIO: 127,
  LINKTYPE_LINUX_SLL: 113,
  RAW: 101,
};

/**
 * Opens the interfaces; resolves once all are capturing.
 *
 * @throws CaptureError `engine-unavailable`, `no-permission`, `no-such-interface`, `bad-filter` or `io`
 */
export async function openCap(options: CheckedOptions): Promise<LiveSource> {
  const cap = await loadCap();
  const isAny = options.interfaces.includes('any');
  const names = isAny ? listWithoutAddon().map((info) => info.name) : options.interfaces;
  const opened: { handle: CapHandle; buffer: Buffer }[] = [];
  const interfaces: CaptureInterface[] = [];
  const closeAll = () => {
    for (const { handle } of opened) {
      handle.close();
    }
  };
  try {
    for (const name of names) {
      const handle = new cap.Cap();
      const buffer = Buffer.alloc(CAP_SNAP_LENGTH);
      const linkType = openHandle(cap, handle, name, buffer, options);
      // Only now: to close a handle that failed to open is a segmentation fault.
      opened.push({ handle, buffer });
      const comment = COMMENT + (isAny ? ANY_COMMENT : '');
      const snapped = { ...options, snapLength: Math.min(options.snapLength, CAP_SNAP_LENGTH) };
      interfaces.push(describeInterface(interfaces.length, name, linkType, snapped, { comment }));
    }
  } catch (error) {
    closeAll();
    throw error;
  }
  const source = new UserSpaceSource(interfaces, closeAll);
  // Nothing was awaited since the handles were opened, so that no packet has come before its listener.
  opened.forEach(({ handle, buffer }, id) => {
    const direction = directionOf(interfaces[id]);
    handle.on('packet', (bytes) => {
      source.add(id, buffer.subarray(0, bytes), bytes, direction(buffer, bytes));
    });
  });
  return source;
}

async function loadCap(): Promise<CapPackage> {
  // A variable, because the package is optional and has no types for the compiler to find.
  const name: string = 'cap';
  try {
    const loaded = (await import(name)) as { default: CapPackage };
    return loaded.default;
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new CaptureError(
      'engine-unavailable',
      `The npm package cap does not load: ${reason.split('\n')[0]}`,
      'npm install cap (it needs libpcap-dev, a C++ compiler, make and python3)',
    );
  }
}

function openHandle(cap: CapPackage, handle: CapHandle, name: string, buffer: Buffer, options: CheckedOptions): number {
  try {
    return linkTypeOfName(handle.open(name, options.captureFilter, options.bufferBytes, buffer));
  } catch (error) {
    const words = error instanceof Error ? error.message : String(error);
    throw explain(cap, name, words, options);
  }
}

function linkTypeOfName(name: string): number {
  const known = LINK_TYPES[name];
  const dlt = /^Unknown linktype (\d+)$/.exec(name);
  if (known === undefined && dlt === null) {
    throw new CaptureError('unsupported', `cap reports the link type ${JSON.stringify(name)}, which is not known.`);
  }
  return known ?? linkTypeOfDlt(Number(dlt?.[1]));
}

/** The package passes on libpcap's text and nothing else: what went wrong is told by what there is, and by its words. */
function explain(cap: CapPackage, name: string, words: string, options: CheckedOptions): CaptureError {
  let existing: string[];
  try {
    existing = cap.deviceList().map((device) => device.name);
  } catch {
    existing = listWithoutAddon().map((info) => info.name); // libpcap does not list; Node does
  }
  if (!existing.includes(name)) {
    return noSuchInterface(name, existing);
  }
  if (/permission|not permitted|CAP_NET_RAW/i.test(words)) {
    return permissionError(`${name}: ${words}`);
  }
  if (/not up|is down|Network is down/i.test(words)) {
    return new CaptureError('io', `The interface ${name} is down.`, `sudo ip link set dev ${name} up`);
  }
  if (options.captureFilter !== '') {
    return new CaptureError(
      'bad-filter',
      `The capture filter is wrong: ${words}`,
      'Use the syntax of pcap-filter(7), such as "tcp port 80 and host 10.0.0.1".',
    );
  }
  return new CaptureError('io', `cap cannot open ${name}: ${words}`);
}

/** As the native engine: by the source address on Ethernet, by pkttype (4 is outgoing) on a cooked link, else unknown. */
function directionOf(description: CaptureInterface): (data: Buffer, bytes: number) => number | undefined {
  const addresses = networkInterfaces()[description.name] ?? [];
  const isLoopback = addresses.some((address) => address.internal);
  const mac = Buffer.from((addresses[0]?.mac ?? '').replaceAll(':', ''), 'hex');
  if (description.linkType === 1 && mac.length === 6 && !isLoopback) {
    return (data, bytes) => {
      if (bytes < 12) {
        return undefined;
      }
      return mac.compare(data, 6, 12) === 0 ? EPB_DIRECTION.outbound : EPB_DIRECTION.inbound;
    };
  }
  if (description.linkType === LINK_TYPES.LINKTYPE_LINUX_SLL) {
    return (data, bytes) => {
      if (bytes < 4 || data.readUInt16BE(2) === 772) {
        return undefined; // cut too short, or loopback (ARPHRD_LOOPBACK)
      }
      return data[1] === 4 ? EPB_DIRECTION.outbound : EPB_DIRECTION.inbound;
    };
  }
  return () => undefined;
}
