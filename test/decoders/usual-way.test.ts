/** The quick way through the layers that most packets begin with says what the walk says that asks every protocol. */
import { expect, test } from '@jest/globals';
import { type PacketData, Walk, walkPacket } from '../../decoders/core/index.js';
import { walkFrom } from '../../decoders/core/walk.js';
import { registry } from '../../decoders/protocols/index.js';
import { corpusFiles, corpusPackets, hasCorpus } from '../support/corpus.js';
import { loadFixtures } from '../support/fixtures.js';
import { Random } from '../support/random.js';

const LARGEST_PACKET = 0x3fffffff;
const MUTATIONS = 400;
/** Octets in which the headers stand. */
const HEADERS = 80;

const quick = new Walk();
const slow = new Walk();

/** Everything that a walk has found, as text. */
function told(walk: Walk): string {
  const layers: string[] = [];
  for (let i = 0; i < walk.depth; i++) {
    const { ipProtocol, protocol } = registry.runtime(walk.protocol[i]);
    const under = [walk.networkUnder[i], walk.fragmented[i], walk.destinationUnder[i]];
    const parts = [protocol.filter, walk.start[i], walk.lead[i], walk.headerEnd[i], walk.end[i]];
    layers.push([...parts, ...(ipProtocol === 0 ? [] : under)].join(' '));
  }
  const { flags, problem, quotedFrom, transport, network, lowerNetwork, networks, badLength, vlan } = walk;
  const { fragmentOffset, moreFragments, finalDestination, quoteCut } = walk;
  const failed = problem === 'none' ? [] : [walk.problemAt, walk.problemNeeded, walk.problemDepth];
  return JSON.stringify([
    ...[layers, flags, problem, failed, quotedFrom, transport, network, lowerNetwork, networks, badLength, vlan],
    ...[fragmentOffset, moreFragments, finalDestination, quoteCut],
  ]);
}

/** Walks both ways, and says where they differ. */
function difference({ view, linkType, start, captured, original }: PacketData): string | undefined {
  walkPacket(registry, view, linkType, start, captured, original, quick);
  slow.reset(start, start + captured);
  slow.linkType = linkType;
  if (original > captured) slow.flags = quick.flags & 1;
  const end = start + Math.max(captured, Math.min(original, LARGEST_PACKET));
  walkFrom(registry, view, registry.linkLayer(linkType), start, end, slow);
  const [a, b] = [told(quick), told(slow)];
  return a === b ? undefined : `${a}\ninstead of\n${b}`;
}

test('the registry has a quick way for Ethernet, and none where something else is put into its places', () => {
  const eth = registry.idOf('eth');
  expect(registry.runtime(eth).shortcut).toBeDefined();
  const other = registry.with([{ table: 'ip.proto', value: 6, protocol: 'udp' }]);
  expect(other.runtime(other.idOf('eth')).shortcut).toBeUndefined();
});

test.each([true, false])('both ways agree on the fixtures, changed and cut; with sums: %s', (summing) => {
  quick.summing = slow.summing = summing;
  const random = new Random(20_261_123);
  for (const { name, packet } of loadFixtures()) {
    expect(`${name}: ${difference(packet)}`).toBe(`${name}: undefined`);
    if (packet.linkType !== 1) continue;
    const octets = new Uint8Array(packet.view.buffer, packet.view.byteOffset + packet.start, packet.captured);
    for (let i = 0; i < MUTATIONS; i++) {
      const copy = octets.slice();
      for (let n = random.below(3); n >= 0; n--)
        copy[random.below(Math.min(HEADERS, copy.length))] =
          random.below(4) === 0 ? random.below(256) : random.below(8);
      const captured = random.below(3) === 0 ? random.below(copy.length + 1) : copy.length;
      const original = captured + (random.below(3) === 0 ? random.below(100) : 0);
      const changed = { view: new DataView(copy.buffer), linkType: 1, start: 0, captured, original };
      const found = difference(changed);
      if (found !== undefined) throw new Error(`${name}, change ${i}: ${found}`);
    }
  }
});

(hasCorpus ? test : test.skip)(
  'both ways agree on the corpus',
  async () => {
    quick.summing = slow.summing = true;
    for (const file of corpusFiles())
      for await (const packet of corpusPackets(file)) {
        const found = difference(packet);
        if (found !== undefined) throw new Error(`${file}: ${found}`);
      }
  },
  120_000,
);
