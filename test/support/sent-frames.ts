/** Capture files with frames made by the encoders, for tests of sending. */

import { BlockBuilder, timeHigh, timeLow } from '../../captures/formats/epb.js';
import { PcapWriter } from '../../captures/formats/pcap-writer.js';
import { buildPacket } from '../../decoders/encode/index.js';

const START = 1_764_000_000_000_000_000n;
const GAP = 5_000_000n;

function pcap(packets: readonly Uint8Array[], linkType: number): Uint8Array {
  const writer = new PcapWriter([{ linkType, snapLength: 0 }]);
  const builder = new BlockBuilder();
  for (const [index, bytes] of packets.entries()) {
    const time = START + GAP * BigInt(index);
    builder.add(0, timeHigh(time), timeLow(time), bytes, 0, bytes.length, bytes.length);
  }
  return Buffer.concat([writer.header(), writer.writeBlock(builder.take()!.bytes)]);
}

/** So many datagrams to port 4999, 5 ms apart, each of another length. */
export function frameFile(count: number, dst = '127.0.0.1'): Uint8Array {
  const frame = (index: number) =>
    buildPacket([
      { eth: { src: '00:00:00:00:00:00', dst: '00:00:00:00:00:00' } },
      { ip: { src: '127.0.0.1', dst } },
      { udp: { srcport: 4998, dstport: 4999 } },
      { payload: `datagram ${index} ${'.'.repeat(index)}` },
    ]).bytes;
  return pcap(
    Array.from({ length: count }, (_, index) => frame(index)),
    1,
  );
}

/** A packet with a Linux cooked header, as a capture on "any" has it (LINKTYPE_LINUX_SLL2). */
export function cookedFile(): Uint8Array {
  const { bytes } = buildPacket([{ ip: { src: '127.0.0.1', dst: '127.0.0.1' } }, { udp: { dstport: 9 } }]);
  const header = Uint8Array.from([0x08, 0, 0, 0, 0, 0, 0, 1, 3, 4, 0, 6, ...Array<number>(8).fill(0)]);
  return pcap([Uint8Array.from([...header, ...bytes])], 276);
}
