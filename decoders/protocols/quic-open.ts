/** Removes QUIC's protection with the secrets of a key log: RFC 9001, sections 5 and 6. */

import type { Secrets } from '../core/secrets.js';
import { expandLabel } from '../crypto/key-schedule.js';
import type { Unmasked } from './quic-keys.js';
import { VERSION_2 } from './quic-keys.js';
import { cipherOf, nonceOf, type RecordCipher } from './tls-ciphers-open.js';
import { HandshakeReader } from './tls-hellos.js';

/** Which keys a packet is under; also the streams of CRYPTO frames (RFC 9001, section 4.1.4). */
export const Level = { initial: 0, handshake: 1, application: 2, early: 3 } as const;
export type Level = (typeof Level)[keyof typeof Level];

const CLIENT_HELLO = 1;
const SERVER_HELLO = 2;
const ENCRYPTED_EXTENSIONS = 8;
const SAMPLE = 16;
const LONG = 0x80;
const KEY_PHASE = 4;
/** After so many packets that none of the keys opens, nothing more is tried: they are other connections' or damaged. */
const HOPELESS = 1000;

const LABELS: Readonly<Record<Level, readonly [client: string, server: string]>> = {
  [Level.initial]: ['', ''],
  [Level.handshake]: ['CLIENT_HANDSHAKE_TRAFFIC_SECRET', 'SERVER_HANDSHAKE_TRAFFIC_SECRET'],
  [Level.application]: ['CLIENT_TRAFFIC_SECRET_0', 'SERVER_TRAFFIC_SECRET_0'],
  [Level.early]: ['CLIENT_EARLY_TRAFFIC_SECRET', ''],
};

/** A suite of the session before is not known from 0-RTT packets alone; its secret's length leaves few. */
const EARLY_SUITES: Readonly<Record<number, readonly number[]>> = { 32: [0x1301, 0x1303, 0x1304], 48: [0x1302] };

/** A packet whose header and payload are in the clear. */
export interface OpenedPacket extends Unmasked {
  readonly payload: Uint8Array<ArrayBuffer>;
}

/** The keys between two updates. */
interface Generation {
  readonly secret: Uint8Array;
  readonly key: Uint8Array;
  readonly iv: Uint8Array;
  /** Value of the Key Phase bit. */
  readonly phase: 0 | 1;
}

/** What protects one side's packets of one level. */
interface Protection {
  readonly cipher: RecordCipher;
  readonly hp: Uint8Array;
  /** The last two, the newest last. */
  generations: readonly Generation[];
  /** Largest packet number that was opened; -1 before the first. */
  largest: number;
}

export class QuicOpener {
  private readonly readers = new Map<number, HandshakeReader>();
  private readonly protections = new Map<number, Protection>();
  private random: string | undefined;
  private suite = -1;
  private failures = 0;
  /** The application protocol that both agreed on (RFC 7301). */
  application: string | undefined;

  constructor(
    private readonly secrets: Secrets,
    private readonly version: number,
  ) {}

  /** The next octets of a stream of CRYPTO frames, in order. */
  handshake(level: Level, ofClient: boolean, octets: Uint8Array): void {
    if (level === Level.application) return;
    const place = level * 2 + (ofClient ? 0 : 1);
    const reader = this.readers.get(place) ?? new HandshakeReader();
    this.readers.set(place, reader);
    for (const { type, octets: message } of reader.read(octets)) {
      if (type === CLIENT_HELLO && ofClient) this.random ??= HandshakeReader.clientHello(message)?.random;
      else if (type === SERVER_HELLO && !ofClient) this.suite = HandshakeReader.serverHello(message)?.suite ?? -1;
      else if (type === ENCRYPTED_EXTENSIONS && !ofClient) this.application ??= HandshakeReader.alpn(message, 0);
    }
  }

  /**
   * Opens a packet of 0-RTT, of the handshake, or with a short header.
   *
   * @param packet the whole packet, or as much as there is
   * @param numberAt where in it the packet number stands
   * @returns undefined where the keys are not known or not right
   */
  open(level: Level, ofClient: boolean, packet: Uint8Array, numberAt: number): OpenedPacket | undefined {
    if (this.failures >= HOPELESS || numberAt + 4 + SAMPLE > packet.length) return undefined;
    const place = level * 2 + (ofClient ? 0 : 1);
    const known = this.protections.get(place);
    if (known !== undefined) return this.tried(known, packet, numberAt);
    for (const protection of this.candidates(level, ofClient)) {
      const opened = this.tried(protection, packet, numberAt);
      if (opened === undefined) continue;
      this.protections.set(place, protection);
      return opened;
    }
    return undefined;
  }

  private tried(protection: Protection, packet: Uint8Array, numberAt: number): OpenedPacket | undefined {
    const opened = this.opened(protection, packet, numberAt);
    this.failures = opened === undefined ? this.failures + 1 : 0;
    return opened;
  }

  private *candidates(level: Level, ofClient: boolean): Generator<Protection, void, undefined> {
    const secret =
      this.random === undefined ? undefined : this.secrets.of(this.random)?.get(LABELS[level][ofClient ? 0 : 1]);
    if (secret === undefined) return;
    const suites = this.suite < 0 && level === Level.early ? (EARLY_SUITES[secret.length] ?? []) : [this.suite];
    for (const suite of suites) {
      const cipher = cipherOf(suite);
      if (cipher === undefined) continue;
      const hp = expandLabel(this.secrets, cipher.hash, secret, `${this.prefix} hp`, cipher.keyLength);
      yield { cipher, hp, generations: [this.generation(cipher, secret, 0)], largest: -1 };
    }
  }

  /** RFC 9369, section 3.3.2: version 2 has labels of its own. */
  private get prefix(): string {
    return this.version === VERSION_2 ? 'quicv2' : 'quic';
  }

  private generation({ hash, keyLength }: RecordCipher, secret: Uint8Array, phase: 0 | 1): Generation {
    const make = (what: string, length: number) =>
      expandLabel(this.secrets, hash, secret, `${this.prefix} ${what}`, length);
    return { secret, key: make('key', keyLength), iv: make('iv', 12), phase };
  }

  private opened(protection: Protection, packet: Uint8Array, numberAt: number): OpenedPacket | undefined {
    const { cipher, hp } = protection;
    const sample = packet.subarray(numberAt + 4, numberAt + 4 + SAMPLE);
    const mask = this.secrets.mask(cipher.aead === 'chacha20-poly1305' ? 'chacha20' : 'aes', hp, sample);
    const isLong = (packet[0] & LONG) !== 0;
    const first = packet[0] ^ (mask[0] & (isLong ? 0x0f : 0x1f));
    const numberLength = (first & 3) + 1;
    const header = packet.slice(0, numberAt + numberLength);
    header[0] = first;
    let truncated = 0;
    for (let i = 0; i < numberLength; i++) {
      header[numberAt + i] ^= mask[1 + i];
      truncated = truncated * 256 + header[numberAt + i];
    }
    const packetNumber = wholeNumber(truncated, numberLength, protection.largest);
    const sealed = packet.subarray(header.length);
    const phase = !isLong && (first & KEY_PHASE) !== 0 ? 1 : 0;
    const payload = this.payload(protection, phase, packetNumber, header, sealed);
    if (payload === undefined) return undefined;
    protection.largest = Math.max(protection.largest, packetNumber);
    return { first, numberLength, packetNumber, header, payload };
  }

  /** RFC 9001, section 6: the bit says that the keys were updated, or that a packet of those before comes late. */
  private payload(
    protection: Protection,
    phase: 0 | 1,
    packetNumber: number,
    header: Uint8Array,
    sealed: Uint8Array,
  ): Uint8Array<ArrayBuffer> | undefined {
    const { cipher, generations } = protection;
    const { aead } = cipher;
    if (aead === undefined) return undefined;
    const open = ({ key, iv }: Generation) => this.secrets.open(aead, key, nonceOf(iv, packetNumber), header, sealed);
    for (const one of generations) {
      const payload = one.phase === phase ? open(one) : undefined;
      if (payload !== undefined) return payload;
    }
    const last = generations[generations.length - 1];
    if (last.phase === phase) return undefined;
    const secret = expandLabel(this.secrets, cipher.hash, last.secret, `${this.prefix} ku`, last.secret.length);
    const next = this.generation(cipher, secret, phase);
    const payload = open(next);
    if (payload !== undefined) protection.generations = [last, next];
    return payload;
  }
}

/** A packet number of which only the last octets are sent: RFC 9000, appendix A.3. */
function wholeNumber(truncated: number, length: number, largest: number): number {
  const window = 256 ** length;
  const expected = largest + 1;
  const candidate = expected - (expected % window) + truncated;
  if (candidate <= expected - window / 2 && candidate < 2 ** 53 - window) return candidate + window;
  return candidate > expected + window / 2 && candidate >= window ? candidate - window : candidate;
}
