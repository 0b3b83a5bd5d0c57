/** Pieces on their way between threads, in memory that is used again. */

import { describe, expect, test } from '@jest/globals';
import { PieceReceiver, PieceSender } from '../../captures/query/export/pieces.js';

const filled = (length: number, value: number) => new Uint8Array(length).fill(value);

describe('pieces', () => {
  test('are what was put, in order, until they are released', () => {
    const sender = new PieceSender();
    const receiver = new PieceReceiver();
    let put = 0;
    for (; sender.hasRoom; put++) receiver.add(sender.put(filled(10 + put, put)));
    const taken = Array.from({ length: put }, () => receiver.next()!);
    expect(receiver.next()).toBeUndefined();
    expect(taken.map(({ piece }) => [...new Set(piece)])).toEqual(taken.map((_one, index) => [index]));
    expect(taken.map(({ piece }) => piece.length)).toEqual(taken.map((_one, index) => 10 + index));
    sender.release(taken[1].slot);
    expect(sender.hasRoom).toBe(true);
    receiver.add(sender.put(filled(3, 77)));
    expect(sender.hasRoom).toBe(false);
    expect([...receiver.next()!.piece]).toEqual([77, 77, 77]);
    expect(new Set(taken[0].piece)).toEqual(new Set([0]));
    expect(new Set(taken[2].piece)).toEqual(new Set([2]));
  });

  test('made in the room for them are not copied', () => {
    const sender = new PieceSender();
    const receiver = new PieceReceiver();
    const room = sender.room();
    room.fill(5, 100, 200);
    receiver.add(sender.put(room.subarray(100, 200)));
    const { piece } = receiver.next()!;
    expect([...new Set(piece)]).toEqual([5]);
    room[100] = 6;
    expect(piece[0]).toBe(6);
    expect(sender.room().buffer).not.toBe(room.buffer);
  });

  test('may be longer than the room', () => {
    const sender = new PieceSender();
    const receiver = new PieceReceiver();
    for (const length of [10, 3 << 20, 20, 4 << 20]) {
      receiver.add(sender.put(filled(length, length % 251)));
      const { piece, slot } = receiver.next()!;
      expect(Buffer.compare(piece, filled(length, length % 251))).toBe(0);
      sender.release(slot);
    }
  });

  test('of the next export are in the same memory', () => {
    const sender = new PieceSender();
    const room = sender.room();
    sender.put(room.subarray(0, 10));
    sender.retire();
    const next = new PieceSender();
    expect(next.room().buffer).toBe(room.buffer);
    // The other side of an export knows no memory of another's.
    expect(next.put(filled(1, 1)).memory).toBe(room.buffer);
  });
});
