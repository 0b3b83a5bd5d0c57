/** Capture files and streams as packet sources: pcap and pcapng, plain or gzip, in bounded memory. */
import { open } from 'node:fs/promises';
import { GzipInput, isGzip } from '../formats/gzip.js';
import { isPcap, PCAP_HEADER_BYTES, PcapReader, readPcapHeader } from '../formats/pcap-reader.js';
import { checkPcapngVersion, isPcapng, SECTION_HEADER_BYTES } from '../formats/pcapng-headers.js';
import { PcapngReader } from '../formats/pcapng-reader.js';
import type { FormatReader } from '../formats/reader.js';
import { describeContent } from '../formats/sniff.js';
import { type ByteInput, InputWindow } from '../formats/window.js';
import { FileInput, messageOf, StreamInput } from './file-input.js';
import {
  BLOCK_BYTES,
  type Block,
  CaptureError,
  type CaptureInterface,
  type PacketSource,
  type SourceEnd,
  type SourceStatistics,
} from './source.js';

/** Octets that tell what a file is. */
const SNIFF_BYTES = 64;

/**
 * Opens a capture file; `-` is standard input. FIFOs and other special files are read as streams. A pcapng file's
 * interfaces and section are known from the first `next()` on, as they stand among its blocks.
 * @throws CaptureError `io` when it cannot be opened, `not-a-capture` when it is something else (the message says
 *   what it looks like), `unsupported` for a version of pcap or pcapng that is not read.
 */
export async function openFile(path: string): Promise<PacketSource> {
  if (path === '-') {
    return openInput(new StreamInput(process.stdin), 'standard input');
  }
  let input: ByteInput;
  try {
    const handle = await open(path, 'r');
    const kind = await handle.stat();
    if (kind.isDirectory()) {
      await handle.close();
      throw new CaptureError('io', `${path} is a folder`);
    }
    // A FIFO must not be opened twice: its writer would lose its reader in between.
    input = kind.isFile() ? new FileInput(handle) : new StreamInput(handle.createReadStream());
  } catch (error) {
    throw error instanceof CaptureError ? error : new CaptureError('io', `${path} cannot be opened: ${plain(error)}`);
  }
  return openInput(input, path);
}

/**
 * Reads a capture from a stream of octets, for example an HTTP request's body.
 * @param name what to call it in messages
 * @throws CaptureError as `openFile`; the stream is closed then.
 */
export function openStream(readable: AsyncIterable<Uint8Array>, name: string): Promise<PacketSource> {
  return openInput(new StreamInput(readable), name);
}

async function openInput(plainInput: ByteInput, name: string): Promise<PacketSource> {
  let input = plainInput;
  try {
    const first = new InputWindow(input, 0, SNIFF_BYTES);
    await first.fill(SNIFF_BYTES);
    input = new ResumedInput(first, input);
    if (isGzip(first.bytes, 0, first.end)) {
      input = new GzipInput(input);
    }
    return new FileSource(input, await openReader(input, name));
  } catch (error) {
    await input.close();
    throw error;
  }
}

/** Finds out the format and reads the file header. */
async function openReader(input: ByteInput, name: string): Promise<{ reader: FormatReader; window: InputWindow }> {
  const window = new InputWindow(input);
  await window.fill(SNIFF_BYTES);
  const { bytes, start, end } = window;
  const have = end - start;
  if (window.failure !== undefined && have === 0) {
    throw new CaptureError('io', `${name} cannot be read: ${window.failure.message}`);
  }
  if (have === 0) {
    throw new CaptureError('not-a-capture', `${name} is empty`);
  }
  if (isPcapng(bytes, start, end)) {
    requireHeader(name, 'pcapng', have, SECTION_HEADER_BYTES);
    checkPcapngVersion(bytes, start);
    return { reader: new PcapngReader(window), window };
  }
  if (have >= 4 && isPcap(bytes, start)) {
    requireHeader(name, 'pcap', have, PCAP_HEADER_BYTES);
    const header = readPcapHeader(bytes, start);
    window.start += PCAP_HEADER_BYTES;
    window.growHeadRoom(BLOCK_BYTES);
    return { reader: new PcapReader(header, window), window };
  }
  const { what, hint } = describeContent(bytes.subarray(start, Math.min(end, start + SNIFF_BYTES)));
  throw new CaptureError('not-a-capture', `${name} is no pcap or pcapng file: it looks like ${what}`, hint);
}

function requireHeader(name: string, format: string, have: number, need: number): void {
  if (have < need) {
    const message = `${name} ends within its ${format} header: ${have} of ${need} octets are there`;
    throw new CaptureError('not-a-capture', message);
  }
}

function plain(error: unknown): string {
  const code = (error as NodeJS.ErrnoException).code;
  return code === 'ENOENT'
    ? 'there is no such file'
    : code === 'EACCES'
      ? 'the permission to read it is missing'
      : messageOf(error);
}

/** The input after its first octets were looked at: they come first. */
class ResumedInput implements ByteInput {
  constructor(
    private readonly first: InputWindow,
    private readonly rest: ByteInput,
  ) {}

  get ready(): boolean {
    return this.first.end > this.first.start || this.rest.ready;
  }

  async read(target: Uint8Array, at: number): Promise<number> {
    const { first } = this;
    const length = Math.min(first.end - first.start, target.length - at);
    if (length > 0) {
      target.set(first.bytes.subarray(first.start, first.start + length), at);
      first.start += length;
      return length;
    }
    if (first.failure !== undefined) {
      throw first.failure;
    }
    return this.rest.read(target, at);
  }

  close(): Promise<void> {
    return this.rest.close();
  }
}

class FileSource implements PacketSource {
  end: SourceEnd | undefined;
  private readonly reader: FormatReader;
  private readonly window: InputWindow;
  private received = 0;
  private stopped = false;

  constructor(
    private readonly input: ByteInput,
    opened: { reader: FormatReader; window: InputWindow },
  ) {
    this.reader = opened.reader;
    this.window = opened.window;
  }

  get interfaces(): readonly CaptureInterface[] {
    return this.reader.interfaces;
  }

  get section(): NonNullable<PacketSource['section']> {
    return this.reader.section ?? {};
  }

  get warnings(): readonly string[] {
    return this.reader.warnings;
  }

  async next(): Promise<Block | null> {
    while (this.end === undefined) {
      const block = this.stopped ? this.reader.take() : await this.step();
      if (block !== null) {
        this.received += block.packets;
        return block;
      }
      if (this.stopped) {
        await this.finish({ reason: 'stopped' });
      }
    }
    return null;
  }

  statistics(): SourceStatistics {
    // A file's consumer makes it wait, so nothing is lost here; what its own capture lost is not known to us.
    return { received: this.received, kernel: null, interface: null, daemon: 0 };
  }

  async stop(): Promise<void> {
    this.stopped = true;
    await this.input.close();
  }

  /** A block, or null when there is more to do or the end was reached. */
  private async step(): Promise<Block | null> {
    const { reader, window } = this;
    const block = reader.read();
    if (block !== null) {
      return block;
    }
    if (reader.problem !== undefined) {
      await this.finish({ reason: 'damaged', detail: reader.problem });
      return null;
    }
    if (!window.ready) {
      // Somebody types, or a capture runs, at the other end: what there is must not wait for more.
      const early = reader.take();
      if (early !== null) {
        return early;
      }
    }
    if ((await window.fill(reader.needed)) || this.stopped) {
      return null;
    }
    return reader.take() ?? (await this.finishInput());
  }

  private async finishInput(): Promise<null> {
    const { failure, start, end } = this.window;
    if (failure !== undefined) {
      await this.finish({ reason: failure.reason, detail: failure.message });
    } else if (end > start) {
      await this.finish({ reason: 'damaged', detail: this.reader.cutOff() });
    } else {
      await this.finish({ reason: 'finished' });
    }
    return null;
  }

  private async finish(end: SourceEnd): Promise<void> {
    this.end = end;
    await this.input.close();
  }
}
