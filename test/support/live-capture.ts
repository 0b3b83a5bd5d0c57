/** What tests of live sources do again and again: capture while something happens, and look at the packets. */
import type { LiveSource } from '../../captures/sources/live.js';

export interface Packet {
  readonly interfaceId: number;
  /** Nanoseconds since 1970. */
  readonly time: bigint;
  readonly data: Buffer;
  readonly originalLength: number;
  /** `epb_flags`; undefined when the option is absent. */
  readonly flags: number | undefined;
}

/**
 * Reads the Enhanced Packet Blocks of one block by the letter of draft-ietf-opsawg-pcapng section 4.3, and throws where
 * they break it. On purpose not with the code under test.
 */
export function readPackets(bytes: Uint8Array): Packet[] {
  const view = Buffer.from(bytes); // a copy: the block is valid until the next `next()`
  const packets: Packet[] = [];
  let at = 0;
  while (at < view.length) {
    const type = view.readUInt32LE(at);
    const total = view.readUInt32LE(at + 4);
    const captured = view.readUInt32LE(at + 20);
    const dataEnd = at + 28 + captured;
    const optionsAt = at + 28 + Math.ceil(captured / 4) * 4;
    must(type === 6, `block type ${type} at ${at}`);
    must(total % 4 === 0 && total >= 32 && at + total <= view.length, `block length ${total} at ${at}`);
    must(view.readUInt32LE(at + total - 4) === total, `trailing length at ${at}`);
    must(optionsAt <= at + total - 4, `captured length ${captured} at ${at}`);
    must(
      view.subarray(dataEnd, optionsAt).every((octet) => octet === 0),
      `padding at ${dataEnd}`,
    );
    packets.push({
      interfaceId: view.readUInt32LE(at + 8),
      time: (BigInt(view.readUInt32LE(at + 12)) << 32n) | BigInt(view.readUInt32LE(at + 16)),
      data: view.subarray(at + 28, dataEnd),
      originalLength: view.readUInt32LE(at + 24),
      flags: readFlags(view, optionsAt, at + total - 4),
    });
    at += total;
  }
  return packets;
}

function readFlags(view: Buffer, start: number, end: number): number | undefined {
  if (start === end) {
    return undefined;
  }
  must(end - start === 12, `options of ${end - start} octets`);
  must(view.readUInt16LE(start) === 2 && view.readUInt16LE(start + 2) === 4, 'epb_flags');
  must(view.readUInt32LE(start + 8) === 0, 'opt_endofopt');
  return view.readUInt32LE(start + 4);
}

function must(holds: boolean, what: string): void {
  if (!holds) {
    throw new Error(`not well formed: ${what}`);
  }
}

/** Reads to the end of the source; checks what every block promises. */
export async function readAll(source: LiveSource): Promise<Packet[]> {
  const packets: Packet[] = [];
  for (let block = await source.next(); block !== null; block = await source.next()) {
    const found = readPackets(block.bytes);
    must(found.length === block.packets, `${block.packets} packets said, ${found.length} there`);
    must(
      found.every((packet) => packet.interfaceId < source.interfaces.length),
      'an interface that is not listed',
    );
    packets.push(...found);
  }
  return packets;
}

/** Captures while `during` runs, stops, and answers with every packet. The source is stopped even when `during` throws. */
export async function captureDuring(source: LiveSource, during: () => Promise<unknown>): Promise<Packet[]> {
  const packets = readAll(source);
  try {
    await during();
  } finally {
    await source.stop();
  }
  return packets;
}

/** Where the IP header begins, by LINKTYPE_. */
export function ipOffset(linkType: number): number {
  const offsets = new Map([
    [1, 14],
    [101, 0],
    [113, 16],
    [276, 20],
  ]);
  const offset = offsets.get(linkType);
  if (offset === undefined) {
    throw new Error(`no offset for link type ${linkType}`);
  }
  return offset;
}

/** The UDP datagrams over IPv4 to `port`: their packets and payloads as text. */
export function udpTo(packets: readonly Packet[], linkType: number, port: number): { packet: Packet; text: string }[] {
  const ip = ipOffset(linkType);
  return packets.flatMap((packet) => {
    const { data } = packet;
    if (data.length < ip + 28 || data[ip] !== 0x45 || data[ip + 9] !== 17 || data.readUInt16BE(ip + 22) !== port) {
      return [];
    }
    return [{ packet, text: data.subarray(ip + 28).toString('latin1') }];
  });
}

/** Resolves after `milliseconds`. */
export function pause(milliseconds: number): Promise<void> {
  return new Promise((resolve) => {
    setTimeout(resolve, milliseconds);
  });
}

/** Waits until `holds` answers true; throws after `milliseconds`. */
export async function until(holds: () => boolean, what: string, milliseconds = 10_000): Promise<void> {
  const end = performance.now() + milliseconds;
  while (!holds()) {
    if (performance.now() > end) {
      throw new Error(`waited ${milliseconds} ms in vain: ${what}`);
    }
    await pause(20);
  }
}
