/** What packets leave by. */

import { loadNative, type NativeSender } from '../native/binding.js';
import { interfaceNames } from '../sources/interfaces.js';
import { noSuchInterface, permissionError } from '../sources/live.js';
import { CaptureError } from '../sources/source.js';
import { LinkType } from './headers.js';

/** How a run of packets went. */
export interface Outcome {
  /** How many left. */
  readonly sent: number;
  /** Why it were not all. */
  readonly error?: CaptureError;
}

export interface PacketOutput {
  /** The interface, or `ip` for raw sockets, whose packets go where the routes lead. */
  readonly name: string;
  readonly engine: 'native' | 'raw-socket';
  /** LINKTYPE_ value of the packets that it takes. */
  readonly linkType: number;
  /** Octets of the longest packet. */
  readonly maximum: number;
  /**
   * Sends the packets of blocks, each not before its time, and writes into each block when its packet left.
   *
   * @param due nanoseconds of `process.hrtime`, one a packet, ascending; the last one is near
   */
  send(blocks: Uint8Array, due: Float64Array): Promise<Outcome>;
  close(): Promise<void>;
}

/**
 * Opens an interface to send Ethernet frames by it, through the native engine.
 *
 * @throws CaptureError `engine-unavailable`, `no-permission`, `no-such-interface`, `unsupported` (other frames) or `io`
 */
export async function openLinkOutput(name: string): Promise<PacketOutput> {
  const native = loadNative();
  if (native instanceof CaptureError) throw native;
  let sender: NativeSender;
  try {
    sender = new native.LinkSender(name);
  } catch (error) {
    throw await linkError(name, error as Error & { code?: string });
  }
  return {
    name,
    engine: 'native',
    linkType: LinkType.ethernet,
    maximum: sender.maximum,
    send: async (blocks, due) => {
      const { sent, code, text } = await sender.send(blocks, due);
      return code === undefined
        ? { sent }
        : { sent, error: await linkError(name, Object.assign(new Error(text), { code })) };
    },
    close: async () => sender.close(),
  };
}

async function linkError(name: string, { code, message }: Error & { code?: string }): Promise<CaptureError> {
  switch (code) {
    case 'no-permission':
      return sendPermissionError(message);
    case 'no-such-interface': {
      const existing = await interfaceNames();
      if (!existing.includes(name)) return noSuchInterface(name, existing);
      return new CaptureError(
        'unsupported',
        `${name} is no interface of its own: frames cannot be sent by it.`,
        'Name the one that they are to leave by, such as lo.',
      );
    }
    case 'unsupported':
      return new CaptureError(
        'unsupported',
        `Frames cannot be sent by ${name}: ${message}.`,
        'Send IP packets without a link layer, by the raw-socket engine.',
      );
    case 'down':
      return new CaptureError('io', `${name} is down: nothing can be sent by it.`, `sudo ip link set ${name} up`);
    case 'too-long':
      return new CaptureError('bad-option', `A frame is longer than ${name} takes.`, `See "ip link show ${name}": mtu`);
    default:
      return new CaptureError('io', `${name} does not take the packets: ${message}.`);
  }
}

/** The error for a missing privilege. */
export function sendPermissionError(words: string): CaptureError {
  const { hint } = permissionError(words);
  return new CaptureError(
    'no-permission',
    `Sending is not permitted (${words}). Give Node the privilege once, or run netglass with sudo.`,
    hint,
  );
}
