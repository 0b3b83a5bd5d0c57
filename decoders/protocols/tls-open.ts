/** Decrypts the records of one TLS connection with the secrets of a key log: follows its handshake, and tells what it hid. */

import type { Secrets } from '../core/secrets.js';
import { expandLabel } from '../crypto/key-schedule.js';
import {
  type Agreed,
  cipherOf,
  type OpenRecord,
  openerOf13,
  openersOf12,
  type RecordCipher,
  type SealedRecord,
} from './tls-ciphers-open.js';
import { HandshakeReader, type Hello, isRetry } from './tls-hellos.js';
import { isTls13 } from './tls-state.js';

const TLS12 = 0x0303;
const CHANGE_CIPHER_SPEC = 20;
const HANDSHAKE = 22;
const APPLICATION_DATA = 23;
const Message = { clientHello: 1, serverHello: 2, endOfEarlyData: 5, finished: 20, keyUpdate: 24 };
/** Records that may be missing before one that is tried: their numbers are not sent. */
const MISSING = 64;
/** After so many failures in a row only the next number is tried, and after these nothing any more. */
const DOUBTFUL = 8;
const HOPELESS = 256;

type Side = 'client' | 'server';

/** What stood in a record. */
export interface Opened {
  readonly type: number;
  readonly octets: Uint8Array<ArrayBuffer>;
}

/** Names of the secrets that a side's records are under, one after the other (RFC 8446, section 7.1). */
const EPOCHS: Readonly<Record<Side, readonly string[]>> = {
  client: ['CLIENT_EARLY_TRAFFIC_SECRET', 'CLIENT_HANDSHAKE_TRAFFIC_SECRET', 'CLIENT_TRAFFIC_SECRET_0'],
  server: ['', 'SERVER_HANDSHAKE_TRAFFIC_SECRET', 'SERVER_TRAFFIC_SECRET_0'],
};
const EARLY = 0;
const HANDSHAKING = 1;
const APPLICATION = 2;

/** One direction of a connection. */
class Direction {
  readonly handshake = new HandshakeReader();
  /** TLS 1.2: whether Change Cipher Spec came. */
  encrypted = false;
  /** Of the next record. */
  sequence = 0;
  /** TLS 1.3: place in `EPOCHS`. */
  epoch = EARLY;
  /** TLS 1.3: how often the keys were updated since. */
  generation = 0;
  opener: OpenRecord | undefined;
  secret: Uint8Array | undefined;
  failures = 0;

  begin(opener: OpenRecord | undefined): void {
    this.opener = opener;
    this.sequence = 0;
    this.failures = 0;
  }
}

export class TlsOpener {
  private readonly directions: readonly [Direction, Direction] = [new Direction(), new Direction()];
  private client: 0 | 1 = 0;
  private clientHello: Hello | undefined;
  private serverHello: Hello | undefined;
  private cipher: RecordCipher | undefined;
  /** TLS 1.2: keys that Change Cipher Spec puts into use, the client's first. */
  private prepared: [OpenRecord, OpenRecord] | undefined;
  /** The protocol that both agreed on (RFC 7301), as far as it was said in a way that could be read. */
  application: string | undefined;

  constructor(private readonly secrets: Secrets) {}

  /** Whether there are secrets of this connection: what is seen of it has to come by here. */
  get possible(): boolean {
    return this.session !== undefined;
  }

  /**
   * Takes note of the next record of a direction.
   *
   * @returns what stood in it, if it was encrypted, and the secrets are there and right
   */
  record(direction: 0 | 1, record: SealedRecord): Opened | undefined {
    const side = this.directions[direction];
    const is13 = this.serverHello !== undefined && isTls13(this.serverHello.version);
    if (record.type === CHANGE_CIPHER_SPEC) {
      if (!is13 && this.serverHello !== undefined) this.changeCipher(direction);
      return undefined;
    }
    const early = this.serverHello === undefined && record.type === APPLICATION_DATA;
    if (is13 || early) {
      if (record.type !== APPLICATION_DATA) {
        if (record.type === HANDSHAKE) this.messages(direction, record.fragment);
        return undefined;
      }
      return this.understood(direction, this.open13(direction, record));
    }
    if (side.encrypted) return this.understood(direction, this.open12(direction, record));
    if (record.type === HANDSHAKE) this.messages(direction, record.fragment);
    return undefined;
  }

  private understood(direction: 0 | 1, opened: Opened | undefined): Opened | undefined {
    if (opened?.type === HANDSHAKE) this.messages(direction, opened.octets);
    return opened;
  }

  private sideOf(direction: 0 | 1): Side {
    return direction === this.client ? 'client' : 'server';
  }

  private get session(): ReadonlyMap<string, Uint8Array> | undefined {
    return this.clientHello && this.secrets.of(this.clientHello.random);
  }

  private messages(direction: 0 | 1, fragment: Uint8Array): void {
    const side = this.directions[direction];
    for (const { type, octets } of side.handshake.read(fragment)) {
      if (type === Message.clientHello) this.beginHandshake(direction, HandshakeReader.clientHello(octets));
      else if (type === Message.serverHello) this.answer(direction, HandshakeReader.serverHello(octets));
      else if (type === Message.finished && side.epoch === HANDSHAKING) this.nextEpoch(side, APPLICATION);
      else if (type === Message.endOfEarlyData && side.epoch === EARLY) this.nextEpoch(side, HANDSHAKING);
      else if (type === Message.keyUpdate && side.epoch === APPLICATION) this.updateKeys(side);
      else if (type === 8) this.application ??= HandshakeReader.alpn(octets, 0);
    }
  }

  private beginHandshake(direction: 0 | 1, hello: Hello | undefined): void {
    if (hello === undefined) return;
    // In the clear it begins all anew; encrypted, TLS 1.2 agrees on new keys and goes on with the old ones until then.
    if (!this.directions[direction].encrypted && this.serverHello !== undefined && !this.isRepeated(hello)) {
      for (const one of this.directions) {
        one.encrypted = false;
        one.epoch = EARLY;
        one.begin(undefined);
      }
    }
    this.client = direction;
    this.clientHello = hello;
    this.prepared = undefined;
  }

  /** The second Client Hello, which a server asked for, has the same random. */
  private isRepeated({ random }: Hello): boolean {
    return this.clientHello?.random === random;
  }

  private answer(direction: 0 | 1, hello: Hello | undefined): void {
    if (hello === undefined || this.clientHello === undefined || isRetry(hello)) return;
    this.serverHello = hello;
    this.client = direction === 0 ? 1 : 0;
    this.cipher = cipherOf(hello.suite);
    this.application = hello.alpn ?? this.application;
    if (!isTls13(hello.version)) return;
    this.nextEpoch(this.directions[direction], HANDSHAKING);
    const client = this.directions[this.client];
    // What it sends early goes on until it says that it ends.
    if (client.epoch === EARLY && this.session?.has(EPOCHS.client[EARLY]) !== true) this.nextEpoch(client, HANDSHAKING);
  }

  /** TLS 1.2: from the next record on, the direction has the keys that were agreed on. */
  private changeCipher(direction: 0 | 1): void {
    const side = this.directions[direction];
    side.encrypted = true;
    side.begin(this.openerOf12(direction));
  }

  private openerOf12(direction: 0 | 1): OpenRecord | undefined {
    const { cipher, clientHello, serverHello, session } = this;
    const master = session?.get('CLIENT_RANDOM');
    if (cipher === undefined || clientHello === undefined || serverHello?.version !== TLS12) return undefined;
    if (master === undefined) return undefined;
    const agreed: Agreed = {
      clientRandom: octetsOf(clientHello.random),
      serverRandom: octetsOf(serverHello.random),
      encryptThenMac: serverHello.encryptThenMac,
    };
    this.prepared ??= openersOf12(this.secrets, cipher, master, agreed);
    return this.prepared[direction === this.client ? 0 : 1];
  }

  private open12(direction: 0 | 1, record: SealedRecord): Opened | undefined {
    const side = this.directions[direction];
    // A key log that is still being written may have got the secret only now.
    side.opener ??= this.openerOf12(direction);
    return this.attempt(side, side.opener, record);
  }

  private nextEpoch(side: Direction, epoch: number): void {
    side.epoch = epoch;
    side.generation = 0;
    side.secret = undefined;
    side.begin(undefined);
  }

  /** RFC 8446, section 7.2. */
  private updateKeys(side: Direction): void {
    if (side.secret === undefined || this.cipher === undefined) return;
    const { hash } = this.cipher;
    side.secret = expandLabel(this.secrets, hash, side.secret, 'traffic upd', side.secret.length);
    side.generation++;
    side.begin(openerOf13(this.secrets, this.cipher, side.secret));
  }

  private open13(direction: 0 | 1, record: SealedRecord): Opened | undefined {
    const side = this.directions[direction];
    const name = this.sideOf(direction);
    if (this.serverHello === undefined) return this.openEarly(side, name, record);
    if (side.opener === undefined) this.keysOf13(side, name, side.epoch);
    const opened = this.attempt(side, side.opener, record);
    if (opened !== undefined || side.failures >= HOPELESS) return opened;
    // What told of the next secret was missed, or what was sent early was refused.
    for (let epoch = side.epoch + 1; epoch <= APPLICATION; epoch++) {
      const other = new Direction();
      other.failures = side.failures;
      this.keysOf13(other, name, epoch);
      const found = this.attempt(other, other.opener, record);
      if (found === undefined) continue;
      const { opener, secret, sequence } = other;
      Object.assign(side, { epoch, generation: 0, opener, secret, sequence, failures: 0 });
      return found;
    }
    return undefined;
  }

  private keysOf13(side: Direction, name: Side, epoch: number): void {
    const { cipher } = this;
    side.secret = this.session?.get(EPOCHS[name][epoch]);
    if (side.secret !== undefined && cipher !== undefined) side.opener = openerOf13(this.secrets, cipher, side.secret);
  }

  /** Before the server has answered, the suite is that of the session before: the secret's length leaves few. */
  private openEarly(side: Direction, name: Side, record: SealedRecord): Opened | undefined {
    const secret = this.session?.get(EPOCHS[name][EARLY]);
    if (secret === undefined) return undefined;
    if (side.opener !== undefined) return this.attempt(side, side.opener, record);
    const candidates: RecordCipher[] =
      secret.length === 48
        ? [{ hash: 'sha384', keyLength: 32, aead: 'aes-gcm' }]
        : [
            { hash: 'sha256', keyLength: 16, aead: 'aes-gcm' },
            { hash: 'sha256', keyLength: 32, aead: 'chacha20-poly1305' },
            { hash: 'sha256', keyLength: 16, aead: 'aes-ccm' },
          ];
    for (const cipher of candidates) {
      const opener = openerOf13(this.secrets, cipher, secret);
      const opened = opener(record, 0);
      if (opened === undefined) continue;
      Object.assign(side, { opener, sequence: 1, failures: 0 });
      return opened;
    }
    return undefined;
  }

  /** Tries the next number, and some behind it: records may be missing in the capture. */
  private attempt(side: Direction, opener: OpenRecord | undefined, record: SealedRecord): Opened | undefined {
    if (opener === undefined || side.failures >= HOPELESS) return undefined;
    const last = side.sequence + (side.failures < DOUBTFUL ? MISSING : 0);
    for (let sequence = side.sequence; sequence <= last; sequence++) {
      const opened = opener(record, sequence);
      if (opened === undefined) continue;
      side.sequence = sequence + 1;
      side.failures = 0;
      return opened;
    }
    side.failures++;
    return undefined;
  }
}

function octetsOf(digits: string): Uint8Array {
  return Uint8Array.from(digits.match(/../g) ?? [], (pair) => Number.parseInt(pair, 16));
}
