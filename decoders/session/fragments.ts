/** Puts IP datagrams together again (RFC 791, section 3.2; RFC 8200, section 4.5), in bounded memory. */

/** Datagrams that may be incomplete at a time; the oldest is given up for a new one. */
const MAXIMUM_DATAGRAMS = 1024;
/** Octets of all fragments together. */
const MAXIMUM_OCTETS = 64 << 20;
/** Largest payload of an IP datagram. */
const MAXIMUM_DATAGRAM = 65535;

interface Datagram {
  readonly parts: { readonly offset: number; readonly bytes: Uint8Array }[];
  /** Octets of the payload, known once the last fragment is there; -1 until then. */
  total: number;
  octets: number;
}

export class Fragments {
  private readonly datagrams = new Map<string, Datagram>();
  private octets = 0;

  /**
   * Adds a fragment.
   *
   * @param key addresses, identification and protocol: what tells one datagram from another
   * @param offset of the fragment in the datagram's payload, octets
   * @returns the whole payload when this was the last piece that was missing
   */
  add(key: string, offset: number, more: boolean, bytes: Uint8Array): Uint8Array | undefined {
    if (offset + bytes.length > MAXIMUM_DATAGRAM) return undefined;
    let datagram = this.datagrams.get(key);
    if (datagram === undefined) {
      this.makeRoom();
      datagram = { parts: [], total: -1, octets: 0 };
      this.datagrams.set(key, datagram);
    }
    datagram.parts.push({ offset, bytes: bytes.slice() });
    datagram.octets += bytes.length;
    this.octets += bytes.length;
    if (!more) datagram.total = offset + bytes.length;
    const whole = datagram.total < 0 ? undefined : join(datagram);
    if (whole !== undefined) this.forget(key);
    return whole;
  }

  private makeRoom(): void {
    for (const key of this.datagrams.keys()) {
      if (this.datagrams.size < MAXIMUM_DATAGRAMS && this.octets < MAXIMUM_OCTETS) return;
      this.forget(key);
    }
  }

  private forget(key: string): void {
    this.octets -= this.datagrams.get(key)?.octets ?? 0;
    this.datagrams.delete(key);
  }
}

/** The payload, when its parts leave no gap; where they overlap, the first that came counts. */
function join({ parts, total }: Datagram): Uint8Array | undefined {
  const sorted = [...parts].sort((a, b) => a.offset - b.offset);
  let reached = 0;
  for (const { offset, bytes } of sorted) {
    if (offset > reached) return undefined;
    reached = Math.max(reached, offset + bytes.length);
  }
  if (reached < total) return undefined;
  const whole = new Uint8Array(total);
  for (const { offset, bytes } of [...parts].reverse())
    if (offset < total) whole.set(bytes.subarray(0, total - offset), offset);
  return whole;
}
