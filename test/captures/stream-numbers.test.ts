/** The numbers of streams on pages of the packet list are tshark's, in whatever order pages and flows come. */

import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, expect, test } from '@jest/globals';
import { ipFrame, pcapOf, removeFolders, type TestPacket, temporaryFolder, tshark } from '../support/packets.js';
import { openStore } from '../support/stores.js';
import { packetsOf } from '../support/tcp-packets.js';

afterAll(removeFolders);

/** 2,000 flows, TCP and UDP in turn, each with a packet early and one late, the late ones in another order. */
function packets(): TestPacket[] {
  const flows = 2000;
  const frames = Array.from({ length: 2 * flows }, (_, i) => {
    const flow = i < flows ? i : (i * 737) % flows;
    const ends = { sourcePort: 10_000 + flow, destinationPort: 9, payload: 10 };
    return ipFrame(flow % 3 === 0 ? ends : { ...ends, tcpFlags: 16 });
  });
  return packetsOf(frames);
}

test('pages from the end, from the beginning and from between', async () => {
  const file = join(temporaryFolder(), 'flows.pcap');
  writeFileSync(file, pcapOf(packets()));
  const expected = tshark(file, '-T', 'fields', '-e', 'tcp.stream', '-e', 'udp.stream');
  const { store, queries, close } = await openStore();
  const { id } = await store.importFile(file);
  for (const after of [3900, 0, 1990, 510, 2600]) {
    const page = await queries.packets(id, { after, limit: 100, fields: ['tcp.stream', 'udp.stream'] });
    const found = page.packets.map(({ fields }) => `${fields!['tcp.stream'].join()}\t${fields!['udp.stream'].join()}`);
    expect(found).toEqual(expected.slice(after, after + 100));
  }
  await close();
});
