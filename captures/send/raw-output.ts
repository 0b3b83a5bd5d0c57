/** IP packets that leave by raw sockets, in a process of their own (raw-host.ts). */

import { type ChildProcess, fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { EPB, forEachPacket, timeHigh, timeLow } from '../formats/epb.js';
import { CaptureError } from '../sources/source.js';
import { LinkType } from './headers.js';
import { type Outcome, type PacketOutput, sendPermissionError } from './output.js';
import type { FromRawHost, ToRawHost } from './raw-messages.js';

const HOST = fileURLToPath(new URL('./raw-host.js', import.meta.url));
const LARGEST_PACKET = 65_535;
/** Characters of the process's last words that are kept. */
const LAST_WORDS = 2000;

/**
 * Starts the process; resolves once its socket is open. The kernel routes the packets, and fills in of IPv4's header the
 * total length and the checksum always, the identification and the source where they are 0 (raw(7)); of IPv6's nothing.
 *
 * @throws CaptureError `engine-unavailable`, `no-permission` or `io`
 */
export async function openRawOutput(): Promise<PacketOutput> {
  const output = new RawOutput();
  await output.opened;
  return output;
}

class RawOutput implements PacketOutput {
  readonly name = 'ip';
  readonly engine = 'raw-socket';
  readonly linkType = LinkType.raw;
  readonly maximum = LARGEST_PACKET;
  readonly opened: Promise<void>;
  private readonly child: ChildProcess;
  private readonly gone: Promise<void>;
  private heard: (message: FromRawHost) => void = () => undefined;
  private lastWords = '';

  constructor() {
    // No options of ours (a debugger's port, a test runner's loader) are for the child.
    this.child = fork(HOST, [], {
      execArgv: [],
      serialization: 'advanced',
      stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
    });
    this.child.stderr?.setEncoding('utf8').on('data', (text: string) => {
      this.lastWords = (this.lastWords + text).slice(-LAST_WORDS);
    });
    this.child.on('message', (message: FromRawHost) => this.heard(message));
    this.gone = new Promise((resolve) => {
      const end = (words: string): void => {
        this.heard({ say: 'failed', code: 'io', message: words });
        resolve();
      };
      this.child.on('error', (error) => end(`The process of the raw sockets does not start: ${error.message}`));
      // Not `close`, which does not come once the channel was disconnected from here.
      this.child.on('exit', (status, signal) => {
        const why = this.lastWords.trim().split('\n').at(-1) ?? '';
        end(`The process of the raw sockets ended (${signal ?? `status ${status}`})${why === '' ? '' : `: ${why}`}`);
      });
    });
    this.opened = new Promise((resolve, reject) => {
      this.heard = (message) => {
        if (message.say === 'opened') resolve();
        else if (message.say === 'failed') {
          reject(rawError(message.code === 'no-permission' ? 'Operation not permitted' : message.message, message));
          this.leave();
        }
      };
    });
  }

  send(blocks: Uint8Array, due: Float64Array): Promise<Outcome> {
    return new Promise((resolve) => {
      this.heard = (message) => {
        if (message.say === 'failed') resolve({ sent: 0, error: new CaptureError('io', message.message) });
        if (message.say !== 'sent') return;
        stamp(blocks, message.times);
        const { error } = message;
        resolve({ sent: message.times.length, ...(error === undefined ? {} : { error: rawError(error) }) });
      };
      if (!this.child.connected) this.heard({ say: 'failed', code: 'io', message: 'The raw sockets are gone.' });
      else this.child.send({ say: 'send', blocks, due } satisfies ToRawHost);
    });
  }

  async close(): Promise<void> {
    this.leave();
    await this.gone;
  }

  private leave(): void {
    if (this.child.connected) this.child.disconnect();
  }
}

/** Writes when packets left into their blocks. */
function stamp(blocks: Uint8Array, times: Float64Array): void {
  forEachPacket(blocks, (view, at, index) => {
    if (index >= times.length) return;
    const time = BigInt(Math.round(times[index] * 1000)) * 1000n;
    view.setUint32(at + EPB.timeHigh, timeHigh(time), true);
    view.setUint32(at + EPB.timeLow, timeLow(time), true);
  });
}

function rawError(words: string, said?: FromRawHost & { say: 'failed' }): CaptureError {
  if (/not permitted|permission/i.test(words)) return sendPermissionError(words);
  if (said !== undefined && said.code !== 'io') return new CaptureError(said.code, said.message, said.hint);
  if (/message too long/i.test(words))
    return new CaptureError(
      'bad-option',
      'The packet is longer than the interface takes: with a header of your own (IP_HDRINCL) the kernel does not fragment.',
      'Send less payload, or the fragments yourself (ip.flags.mf, ip.frag_offset).',
    );
  if (/unreachable/i.test(words))
    return new CaptureError('io', `There is no way to that destination: ${words}.`, 'See "ip route".');
  if (/invalid argument/i.test(words))
    return new CaptureError(
      'bad-option',
      'The kernel does not take the packet (Invalid argument): a raw socket checks that IP’s version, header length and destination are possible.',
      'Send it at link level instead: begin with {"eth": …} and name an interface.',
    );
  return new CaptureError('io', `The raw socket does not take the packet: ${words}`);
}
