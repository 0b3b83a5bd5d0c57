/** Handshake messages as far as decryption needs them, out of the octets of any records: RFC 8446, section 4. */

import { hexText } from '../core/format.js';

/** What a hello says that keys depend on. */
export interface Hello {
  /** Lower-case hexadecimal digits. */
  readonly random: string;
  /** Of a Server Hello: the version that was chosen. */
  readonly version: number;
  /** Of a Server Hello; -1 in a Client Hello. */
  readonly suite: number;
  /** Of a Server Hello: RFC 7366. */
  readonly encryptThenMac: boolean;
  /** Of a Server Hello: the application protocol that was chosen (RFC 7301). */
  readonly alpn: string | undefined;
}

/** A longer message is passed over: none that keys depend on is. */
const LARGEST = 1 << 16;
const HEADER = 4;
/** Section 4.1.3: such a Server Hello asks for another Client Hello. */
const RETRY_RANDOM = 'cf21ad74e59a6111be1d8c021e65b891c2a211167abb8c5e079e09e2c8a8339c';
const Extension = { alpn: 16, encryptThenMac: 22, supportedVersions: 43 };

export function isRetry({ random }: Hello): boolean {
  return random === RETRY_RANDOM;
}

const viewOf = (octets: Uint8Array): DataView => new DataView(octets.buffer, octets.byteOffset, octets.length);

/** Puts the messages of one direction together. */
export class HandshakeReader {
  private pending = new Uint8Array(0);
  /** Octets of a message that are passed over. */
  private left = 0;

  /** The messages that are whole with these octets. */
  read(fragment: Uint8Array): { readonly type: number; readonly octets: Uint8Array }[] {
    const found: { type: number; octets: Uint8Array }[] = [];
    let octets = fragment;
    if (this.pending.length > 0) {
      octets = new Uint8Array(this.pending.length + fragment.length);
      octets.set(this.pending);
      octets.set(fragment, this.pending.length);
      this.pending = new Uint8Array(0);
    }
    let at = Math.min(this.left, octets.length);
    this.left -= at;
    while (at + HEADER <= octets.length) {
      const length = octets[at + 1] * 65536 + octets[at + 2] * 256 + octets[at + 3];
      const end = at + HEADER + length;
      if (end <= octets.length) found.push({ type: octets[at], octets: octets.subarray(at + HEADER, end) });
      else if (length > LARGEST) this.left = end - octets.length;
      else break;
      at = Math.min(end, octets.length);
    }
    if (at < octets.length) this.pending = octets.slice(at);
    return found;
  }

  /** Undefined for one that is cut. */
  static clientHello(octets: Uint8Array): Hello | undefined {
    if (octets.length < 34) return undefined;
    const version = octets[0] * 256 + octets[1];
    return { random: hexText(viewOf(octets), 2, 32), version, suite: -1, encryptThenMac: false, alpn: undefined };
  }

  static serverHello(octets: Uint8Array): Hello | undefined {
    const view = viewOf(octets);
    const at = 35 + (octets[34] ?? 0);
    if (octets.length < at + 3) return undefined;
    let version = view.getUint16(0);
    let encryptThenMac = false;
    let alpn: string | undefined;
    for (const { type, start, end } of extensions(view, at + 3)) {
      if (type === Extension.supportedVersions && end - start >= 2) version = view.getUint16(start);
      else if (type === Extension.encryptThenMac) encryptThenMac = true;
      else if (type === Extension.alpn) alpn = protocolName(octets, start, end);
    }
    return { random: hexText(view, 2, 32), version, suite: view.getUint16(at), encryptThenMac, alpn };
  }

  /** The application protocol that extensions at `at` name: those of an Encrypted Extensions message. */
  static alpn(octets: Uint8Array, at: number): string | undefined {
    for (const { type, start, end } of extensions(viewOf(octets), at))
      if (type === Extension.alpn) return protocolName(octets, start, end);
    return undefined;
  }
}

/** RFC 7301, section 3.1: a list, in answers of one name. */
function protocolName(octets: Uint8Array, start: number, end: number): string | undefined {
  if (start + 3 > end || start + 3 + octets[start + 2] > end) return undefined;
  return new TextDecoder().decode(octets.subarray(start + 3, start + 3 + octets[start + 2]));
}

function* extensions(
  view: DataView,
  first: number,
): Generator<{ readonly type: number; readonly start: number; readonly end: number }, void, undefined> {
  if (first + 2 > view.byteLength) return;
  const last = Math.min(view.byteLength, first + 2 + view.getUint16(first));
  for (let at = first + 2; at + 4 <= last; ) {
    const start = at + 4;
    const end = start + view.getUint16(at + 2);
    if (end > last) return;
    yield { type: view.getUint16(at), start, end };
    at = end;
  }
}
