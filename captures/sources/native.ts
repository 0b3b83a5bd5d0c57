/**
 * The default engine: libpcap in a native thread (captures/native). A block is copied once, from the thread's pool into
 * this source's buffer; JavaScript runs once a block.
 */
import { loadNative, type NativeBinding, type NativeCapture, type NativeEvent } from '../native/binding.js';
import { interfaceNames } from './interfaces.js';
import {
  type CheckedOptions,
  describeInterface,
  INTERFACE_NAME_BYTES,
  type InterfaceStatistics,
  type LiveSource,
  noSuchInterface,
  permissionError,
  Warnings,
} from './live.js';
import { dltOfLinkType, linkTypeOfDlt } from './live-link-types.js';
import {
  BLOCK_BYTES,
  type Block,
  CaptureError,
  type CaptureInterface,
  MAXIMUM_SNAP_LENGTH,
  type SourceEnd,
  type SourceStatistics,
} from './source.js';

const MICROSECONDS_COMMENT = 'The time stamps have a resolution of 1 µs: the kernel gives no finer ones.';

/**
 * Opens a native capture; resolves once every interface is bound and capturing.
 *
 * @throws CaptureError `engine-unavailable`, `no-permission`, `no-such-interface`, `bad-filter`, or `io` (an interface
 *   that is down, no memory for the buffer)
 */
export async function openNative(options: CheckedOptions): Promise<LiveSource> {
  const native = loadNative();
  if (native instanceof CaptureError) {
    throw native;
  }
  await refuseLongNames(options.interfaces);
  const source = new NativeSource(native, options);
  await source.opened;
  return source;
}

/** libpcap cuts a longer name to what fits, and may then open another interface. Some pseudo-devices do have longer ones. */
async function refuseLongNames(names: readonly string[]): Promise<void> {
  const long = names.filter((name) => Buffer.byteLength(name) > INTERFACE_NAME_BYTES);
  if (long.length === 0) {
    return;
  }
  const existing = await interfaceNames();
  const unknown = long.find((name) => !existing.includes(name));
  if (unknown !== undefined) {
    throw noSuchInterface(unknown, existing);
  }
}

/**
 * Checks a capture filter without opening anything.
 *
 * @param linkType LINKTYPE_ value of the packets it is for; 1 (Ethernet) by default
 * @returns CaptureError `bad-filter` with libpcap's words, `engine-unavailable`, or undefined for a right filter.
 */
export function compileFilter(text: string, linkType = 1): CaptureError | undefined {
  const native = loadNative();
  if (native instanceof CaptureError) {
    return native;
  }
  const words = native.compileFilter(text, dltOfLinkType(linkType), MAXIMUM_SNAP_LENGTH);
  return words === null ? undefined : badFilter(words);
}

function badFilter(words: string): CaptureError {
  return new CaptureError(
    'bad-filter',
    `The capture filter is wrong: ${words}`,
    'Use the syntax of pcap-filter(7), such as "tcp port 80 and host 10.0.0.1".',
  );
}

class NativeSource implements LiveSource {
  readonly interfaces: CaptureInterface[] = [];
  readonly opened: Promise<void>;
  readonly #warnings = new Warnings();
  readonly #capture: NativeCapture;
  readonly #buffer = new Uint8Array(BLOCK_BYTES);
  #end: SourceEnd | undefined;
  #received = 0;
  #over = false;
  #isOpen!: (failed?: Promise<never>) => void;
  #isOver!: () => void;
  readonly #whenOver: Promise<void>;
  #sleepers: (() => void)[] = [];

  constructor(
    native: NativeBinding,
    private readonly options: CheckedOptions,
  ) {
    this.opened = new Promise((resolve) => {
      this.#isOpen = (failed) => resolve(failed);
    });
    this.#whenOver = new Promise((resolve) => {
      this.#isOver = resolve;
    });
    const { interfaces, captureFilter: filter, snapLength, promiscuous, bufferBytes } = options;
    this.#capture = new native.Capture({ interfaces, filter, snapLength, promiscuous, bufferBytes }, () => {
      this.#readEvents();
      const sleepers = this.#sleepers;
      this.#sleepers = [];
      for (const wake of sleepers) {
        wake();
      }
    });
  }

  get end(): SourceEnd | undefined {
    return this.#end;
  }

  get warnings(): readonly string[] {
    return this.#warnings.list;
  }

  async next(): Promise<Block | null> {
    for (;;) {
      this.#readEvents();
      // In this order: the thread says that it is over after its last block.
      const over = this.#over;
      const taken = this.#capture.take(this.#buffer);
      if (taken !== null) {
        this.#readEvents(); // an interface that this block may be the first to refer to
        this.#received += taken.packets;
        return { bytes: this.#buffer.subarray(0, taken.length), packets: taken.packets };
      }
      if (over) {
        this.#end ??= { reason: 'stopped' };
        return null;
      }
      await new Promise<void>((resolve) => this.#sleepers.push(resolve));
    }
  }

  statistics(): SourceStatistics {
    const { daemon, interfaces } = this.#capture.counters();
    let kernel = 0;
    let atInterface = 0;
    for (const one of interfaces) {
      kernel += one.kernel;
      atInterface += one.interface;
    }
    return { received: this.#received, kernel, interface: atInterface, daemon };
  }

  interfaceStatistics(): readonly InterfaceStatistics[] {
    return this.#capture.counters().interfaces.map((counters, id) => ({ id, ...counters }));
  }

  /** Resolves when nothing more will be captured, some 50 ms after the call. */
  async stop(): Promise<void> {
    this.#capture.stop();
    await this.#whenOver;
  }

  #readEvents(): void {
    for (const event of this.#capture.events()) {
      switch (event.kind) {
        case 'interface':
          this.interfaces.push(this.#describe(event));
          break;
        case 'warning':
          this.#warnings.add(event.text);
          break;
        case 'opened':
          this.#isOpen();
          break;
        case 'failed':
          this.#over = true;
          this.#isOpen(fail(event));
          this.#isOver();
          break;
        case 'ended':
          this.#over = true;
          this.#isOver();
          break;
      }
    }
  }

  #describe(event: NativeEvent & { kind: 'interface' }): CaptureInterface {
    return describeInterface(event.id, event.name, linkTypeOfDlt(event.dlt), this.options, {
      macAddress: event.mac,
      comment: event.nanoseconds ? undefined : MICROSECONDS_COMMENT,
    });
  }
}

/** The thread's failure as an error to act on. */
async function fail(event: NativeEvent & { kind: 'failed' }): Promise<never> {
  switch (event.code) {
    case 'no-permission':
    case 'no-such-interface': {
      // Without permission the kernel does not say whether there is such an interface; the list does.
      const existing = await interfaceNames();
      const exists = event.code === 'no-permission' && existing.includes(event.name);
      throw exists ? permissionError(event.text) : noSuchInterface(event.name, existing);
    }
    case 'bad-filter':
      throw badFilter(event.text);
    case 'down':
      throw new CaptureError('io', `The interface ${event.name} is down.`, `sudo ip link set dev ${event.name} up`);
    default:
      throw new CaptureError('io', `Capturing failed: ${event.text}`);
  }
}
