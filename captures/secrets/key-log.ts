/** Key logs: the lines that TLS libraries write to SSLKEYLOGFILE (RFC 9850). */

/** Of each label: octets of its secret. TLS 1.2 has one of 48, those of TLS 1.3 are as long as the suite's hash. */
const LABELS: Readonly<Record<string, readonly number[]>> = {
  CLIENT_RANDOM: [48],
  CLIENT_EARLY_TRAFFIC_SECRET: [32, 48],
  CLIENT_HANDSHAKE_TRAFFIC_SECRET: [32, 48],
  SERVER_HANDSHAKE_TRAFFIC_SECRET: [32, 48],
  CLIENT_TRAFFIC_SECRET_0: [32, 48],
  SERVER_TRAFFIC_SECRET_0: [32, 48],
  EARLY_EXPORTER_SECRET: [32, 48],
  EARLY_EXPORTER_MASTER_SECRET: [32, 48],
  EXPORTER_SECRET: [32, 48],
};

/** TLS sessions that one key log may have: some 1 kB each in memory. */
export const MAXIMUM_SESSIONS = 50_000;
/** A line is at most some 230 characters. */
const LONGEST_LINE = 512;
const LINE = /^([A-Z][A-Z0-9_]*) ([0-9A-Fa-f]{64}) ([0-9A-Fa-f]+)$/;

/** What became of some lines. */
export interface Taken {
  /** Secrets by label, those that were known already included. */
  readonly labels: Record<string, number>;
  /** Lines that say nothing new. */
  known: number;
  /** Lines that are neither a secret, nor empty, nor a comment. */
  ignored: number;
  /** Lines of sessions for which there was no room. */
  refused: number;
}

export class KeyLog {
  private readonly sessions = new Map<string, Map<string, Uint8Array>>();
  /** Grows with every secret that is new. */
  changes = 0;

  /** TLS sessions that it knows something of. */
  get size(): number {
    return this.sessions.size;
  }

  /** The secrets of the session with this client random (lower-case hexadecimal digits) by label. */
  of(clientRandom: string): ReadonlyMap<string, Uint8Array> | undefined {
    return this.sessions.get(clientRandom);
  }

  /**
   * Takes the secrets of a text. Of the same session and label, what is said last counts.
   *
   * @returns what became of the lines, and those that are new, to be stored
   */
  add(text: string): { readonly taken: Taken; readonly fresh: string } {
    const taken: Taken = { labels: {}, known: 0, ignored: 0, refused: 0 };
    const fresh: string[] = [];
    for (const line of linesOf(text)) {
      const trimmed = line.trim();
      if (trimmed === '' || trimmed.startsWith('#')) continue;
      const [, label, random, secret] = (trimmed.length <= LONGEST_LINE && LINE.exec(trimmed)) || [];
      if (label === undefined || LABELS[label]?.includes(secret.length / 2) !== true) {
        taken.ignored++;
        continue;
      }
      const outcome = this.put(label, random.toLowerCase(), secret);
      if (outcome === 'refused') {
        taken.refused++;
        continue;
      }
      taken.labels[label] = (taken.labels[label] ?? 0) + 1;
      if (outcome === 'known') taken.known++;
      else fresh.push(`${label} ${random.toLowerCase()} ${secret.toLowerCase()}\n`);
    }
    return { taken, fresh: fresh.join('') };
  }

  /** Secrets by label. */
  counts(): Record<string, number> {
    const labels: Record<string, number> = {};
    for (const session of this.sessions.values())
      for (const label of session.keys()) labels[label] = (labels[label] ?? 0) + 1;
    return labels;
  }

  private put(label: string, random: string, secret: string): 'new' | 'known' | 'refused' {
    let session = this.sessions.get(random);
    if (session === undefined) {
      if (this.sessions.size >= MAXIMUM_SESSIONS) return 'refused';
      session = new Map();
      this.sessions.set(random, session);
    }
    const octets = Uint8Array.from(Buffer.from(secret, 'hex'));
    const before = session.get(label);
    if (before?.length === octets.length && before.every((octet, index) => octet === octets[index])) return 'known';
    session.set(label, octets);
    this.changes++;
    return 'new';
  }
}

/** Without making an array of them all: a text may have millions. */
function* linesOf(text: string): Generator<string, void, undefined> {
  for (let at = 0; at < text.length; ) {
    const end = text.indexOf('\n', at);
    yield text.slice(at, end < 0 ? text.length : end);
    at = end < 0 ? text.length : end + 1;
  }
}
