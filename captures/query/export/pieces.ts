/**
 * How the pieces of an export cross threads: in a few buffers that both threads see and that are used again and again.
 * Memory of its own for every piece cost more than the reading: the system gives it page by page, zeroed, and the
 * collector runs for it.
 */

/** Pieces that may wait to be taken. */
const SLOTS = 4;
/** Octets of a buffer, unless a piece needs more. Those that no piece reaches take no memory. */
const ROOM = 1 << 20;
/** Buffers of exports that are over, kept for those to come: the collector lets many pile up before it looks. */
const SPARE = 8;

const spare: Uint8Array[] = [];

/** Where a piece lies. */
export interface PiecePlace {
  readonly slot: number;
  readonly offset: number;
  readonly length: number;
  /** The slot's buffer, when the other side does not know it yet. */
  readonly memory?: SharedArrayBuffer;
}

/** The query thread's end: makes pieces as long as there is a free slot. */
export class PieceSender {
  private readonly slots: Uint8Array[] = [];
  private readonly known = new Set<SharedArrayBuffer>();
  /** The one used last is used next: an export of few pieces touches one. */
  private readonly free = Array.from({ length: SLOTS }, (_none, index) => SLOTS - 1 - index);

  get hasRoom(): boolean {
    return this.free.length > 0;
  }

  /** Memory to make the next piece in, so that it need not be copied: 1 MiB at least. Only while it `hasRoom`. */
  room(): Uint8Array {
    return this.slot(this.next, ROOM);
  }

  /** Puts a piece where the other side sees it, and keeps the slot until it is released. Only while it `hasRoom`. */
  put(piece: Uint8Array): PiecePlace {
    const { next: slot } = this;
    this.free.pop();
    const buffer = this.slot(slot, piece.length);
    const memory = buffer.buffer as SharedArrayBuffer;
    const inPlace = piece.buffer === (memory as ArrayBufferLike);
    if (!inPlace) buffer.set(piece);
    const place = { slot, offset: inPlace ? piece.byteOffset : 0, length: piece.length };
    if (this.known.has(memory)) return place;
    this.known.add(memory);
    return { ...place, memory };
  }

  /** The other side has taken what lay there. */
  release(slot: number): void {
    this.free.push(slot);
  }

  private get next(): number {
    return this.free[this.free.length - 1];
  }

  /** Nobody looks at any piece any more: the buffers are for the next export. */
  retire(): void {
    for (const slot of this.slots) if (slot?.length === ROOM && spare.length < SPARE) spare.push(slot);
    this.slots.length = 0;
  }

  private slot(index: number, length: number): Uint8Array {
    const old = this.slots[index];
    if (old !== undefined && old.length >= length) return old;
    if (old !== undefined) this.known.delete(old.buffer as SharedArrayBuffer);
    const slot =
      (length <= ROOM ? spare.pop() : undefined) ?? new Uint8Array(new SharedArrayBuffer(Math.max(length, ROOM)));
    this.slots[index] = slot;
    return slot;
  }
}

/** The other end: finds the pieces. */
export class PieceReceiver {
  private readonly memories: SharedArrayBuffer[] = [];
  private readonly places: PiecePlace[] = [];

  add(place: PiecePlace): void {
    if (place.memory !== undefined) this.memories[place.slot] = place.memory;
    this.places.push(place);
  }

  /** The next piece, if there is one; its octets are its own until its slot is released. */
  next(): { readonly slot: number; readonly piece: Uint8Array } | undefined {
    const place = this.places.shift();
    if (place === undefined) return undefined;
    const { slot, offset, length } = place;
    return { slot, piece: new Uint8Array(this.memories[slot], offset, length) };
  }
}
