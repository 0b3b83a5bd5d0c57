/** What every protocol keeps to. A new one gets these tests for free: a line in the registry and a fixture are enough. */
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { describe, expect, test } from '@jest/globals';
import {
  AddressFamily,
  Columns,
  dissect,
  fieldReference,
  type PacketData,
  summarizePacket,
  Walk,
} from '../../decoders/core/index.js';
import type { FieldNode, LayerNode, PacketTree } from '../../decoders/core/tree.js';
import { registry } from '../../decoders/protocols/index.js';
import { loadFixtures } from '../support/fixtures.js';
import { Random } from '../support/random.js';

const fixtures = loadFixtures();
const table = fixtures.map((fixture) => [fixture.name, fixture] as const);
const walk = new Walk();
const columns = new Columns(1);

function summarize({ view, linkType, start, captured, original }: PacketData): void {
  summarizePacket(registry, view, linkType, start, captured, original, walk, columns, 0);
}

/** Top-level fields that stand on the wire. */
function wireFields(layer: LayerNode): FieldNode[] {
  return layer.fields.filter((field) => field.generated !== true && field.length > 0);
}

/** First and last bit of a field. */
function bitsOf(field: FieldNode): [number, number] {
  if (field.bitOffset === undefined) return [field.offset * 8, (field.offset + field.length) * 8];
  return [field.bitOffset, field.bitOffset + (field.bitLength ?? 0)];
}

/** What two fields of one level claim both, or undefined. */
function overlap(fields: readonly FieldNode[]): string | undefined {
  const sorted = fields
    .filter((field) => field.generated !== true && field.length > 0)
    .sort((a, b) => bitsOf(a)[0] - bitsOf(b)[0]);
  for (let i = 1; i < sorted.length; i++)
    if (bitsOf(sorted[i])[0] < bitsOf(sorted[i - 1])[1]) return `${sorted[i - 1].name} and ${sorted[i].name}`;
  for (const field of sorted) {
    const inner = field.fields === undefined ? undefined : overlap(field.fields);
    if (inner !== undefined) return inner;
  }
  return undefined;
}

/** Whether a layer stands in octets that another one describes already: what that has handed over. */
function isContent({ source, offset }: LayerNode, before: readonly LayerNode[]): boolean {
  return source !== undefined || before.some((outer) => offset >= outer.offset && offset < outer.offset + outer.length);
}

/** The layers that describe the packet's octets, each of them once. */
function describing({ layers }: PacketTree): readonly LayerNode[] {
  return layers.filter((layer, index) => !isContent(layer, layers.slice(0, index)));
}

/** Octets that the packet's top-level fields do not cover. */
function uncovered(tree: PacketTree, captured: number): number[] {
  const covered = new Uint8Array(captured);
  for (const layer of describing(tree))
    for (const field of wireFields(layer)) covered.fill(1, field.offset, field.offset + field.length);
  return [...covered.keys()].filter((at) => covered[at] === 0);
}

const families: Readonly<Record<string, number>> = {
  ip: AddressFamily.ipv4,
  ipv6: AddressFamily.ipv6,
  eth: AddressFamily.ether,
};

/** The summary's protocol, addresses and ports are those that the tree shows. */
function expectSummaryOf(packet: PacketData): void {
  const tree = dissect(registry, packet);
  summarize(packet);
  const depth = Math.min(walk.depth, walk.quotedFrom);
  const layers = describing(tree).slice(0, depth);
  const last = layers.at(-1);
  expect(registry.runtime(columns.protocol[0])?.protocol.filter).toBe(last?.protocol);
  // A header that was cut between its two addresses has none to give.
  let family: number = AddressFamily.none;
  let addressed = -1;
  for (const layer of [...layers].reverse()) {
    const known = families[layer.protocol];
    const source = layer.fields.find((field) => field.name === `${layer.protocol}.src`);
    const destination = layer.fields.find((field) => field.name === `${layer.protocol}.dst`);
    if (known === undefined || source === undefined || destination === undefined) continue;
    family = known;
    addressed = layers.indexOf(layer);
    expect(addressHex(columns.source, family)).toBe(octets(packet, source));
    expect(addressHex(columns.destination, family)).toBe(octets(packet, destination));
    break;
  }
  expect(columns.addressFamily[0]).toBe(family);
  const port = (name: string) => {
    // A tunnel's own ports are below the addresses that the summary has.
    const innermost = layers.slice(addressed + 1).findLast(({ protocol }) => protocol === 'tcp' || protocol === 'udp');
    const field = innermost?.fields.find((node) => node.name.endsWith(name));
    return Number(field?.value ?? 0);
  };
  if (port('.dstport') !== 0)
    expect([columns.sourcePort[0], columns.destinationPort[0]]).toEqual([port('.srcport'), port('.dstport')]);
}

function octets({ view, start }: PacketData, field: FieldNode): string {
  return Buffer.from(view.buffer, view.byteOffset + start + field.offset, field.length).toString('hex');
}

function addressHex(words: Uint32Array, family: number): string {
  const hex = [...words.subarray(0, 4)].map((word) => word.toString(16).padStart(8, '0'));
  if (family === AddressFamily.ipv4) return hex[0];
  if (family === AddressFamily.ether) return hex[0].slice(4) + hex[1];
  return hex.join('');
}

describe.each(table)('%s', (_name, { packet, protocol }) => {
  const whole = dissect(registry, packet);

  test('every octet is described, and none twice', () => {
    expect(uncovered(whole, packet.captured)).toEqual([]);
    expect(overlap(describing(whole).flatMap((layer) => layer.fields))).toBeUndefined();
    for (const layer of whole.layers) expect(overlap(layer.fields)).toBeUndefined();
    for (const layer of whole.layers) {
      const inside = wireFields(layer).filter((field) => field.offset < layer.offset + layer.length);
      const end = inside.reduce((at, field) => {
        expect(field.offset).toBeLessThanOrEqual(at);
        return Math.max(at, field.offset + field.length);
      }, layer.offset);
      expect([layer.protocol, end]).toEqual([layer.protocol, layer.offset + layer.length]);
    }
  });

  test('the summary equals the tree', () => expectSummaryOf(packet));

  test('cut at every length: no exception, what was decoded is kept, and the cut is a problem', () => {
    for (let captured = 0; captured < packet.captured; captured++) {
      const cut = { ...packet, captured };
      expectSummaryOf(cut);
      const tree = dissect(registry, cut);
      expect(uncovered(tree, captured)).toEqual([]);
      const quoted = Math.min(walk.depth, walk.quotedFrom);
      for (const [index, layer] of describing(whole).slice(0, quoted).entries()) {
        const now = describing(tree)[index];
        if (layer.offset >= captured) break;
        expect(now.protocol).toBe(layer.protocol);
        const kept = wireFields(layer).filter(
          (field) => field.name !== 'gap' && field.offset + field.length <= captured,
        );
        const names = new Set(now.fields.map((field) => field.name));
        if (layer.offset + layer.length <= captured)
          expect(kept.filter((field) => field.offset < layer.offset + layer.length && !names.has(field.name))).toEqual(
            [],
          );
        else if (layer.protocol !== 'data') {
          const fixed = registry.runtime(registry.idOf(layer.protocol)).protocol.header.map((field) => field.name);
          expect(kept.filter((field) => fixed.includes(field.name) && !names.has(field.name))).toEqual([]);
          // What was malformed already may be found before the end is missed.
          const broken = whole.problems.some((problem) => problem.kind === 'malformed');
          const kinds = tree.problems.map((problem) => problem.kind);
          expect([captured, kinds]).toEqual([
            captured,
            expect.arrayContaining([broken ? expect.anything() : 'truncated']),
          ]);
        }
      }
    }
  });

  test('any octets in the place of the header: no exception, and every octet is described', () => {
    const layer = whole.layers.find((candidate) => candidate.protocol === protocol);
    if (layer === undefined) throw new Error(`the fixture has no ${protocol}`);
    const random = new Random(layer.offset * 7919 + packet.captured);
    const bytes = new Uint8Array(layer.offset + 200);
    bytes.set(new Uint8Array(packet.view.buffer, packet.start, layer.offset));
    for (let round = 0; round < 100; round++) {
      for (let at = layer.offset; at < bytes.length; at++) bytes[at] = random.next();
      const captured = layer.offset + random.below(201);
      const any = { ...packet, view: new DataView(bytes.buffer), captured, original: captured + random.below(3) * 100 };
      expect(uncovered(dissect(registry, any), captured)).toEqual([]);
      expectSummaryOf(any);
    }
  });
});

/** Names that Wireshark 4.0 does not have, and why they are needed all the same. */
const ownNames: Readonly<Record<string, string>> = {
  'ip.options': "heading: Wireshark's subtree has no filter name",
  'ip.options.unknown': 'heading of an option that nobody knows',
  'igmp.record': "heading: Wireshark's subtree has no filter name",
  'tcp.options.mptcp': "heading: Wireshark's subtree has no filter name",
  'dns.queries': "heading: Wireshark's subtree has no filter name",
  'dns.answers': "heading: Wireshark's subtree has no filter name",
  'dns.authorities': "heading: Wireshark's subtree has no filter name",
  'dns.additionals': "heading: Wireshark's subtree has no filter name",
  'dns.record': "heading: Wireshark's subtree has no filter name",
  'tcp.options.qs.reserved': 'bits that Wireshark does not show',
  'tcp.options.mptcp.dss_reserved.flag': 'bits for which Wireshark uses one name in two places and widths',
  'icmpv6.opt.route_info.flag.reserved_low': 'reserved bits on both sides of a value: one name, two places',
  'dns.caa.flags.reserved': 'bits that Wireshark does not show',
  'dns.dnskey.flags.reserved_high': 'reserved bits on both sides of a value: one name, two places',
  'dns.dnskey.flags.reserved_low': 'reserved bits on both sides of a value: one name, two places',
  'dns.flags.reserved': "bits of LLMNR's flags that Wireshark does not show",
  'icmp.ext.echo.flags': 'an octet that Wireshark divides differently in request and reply',
  'icmpv6.opt.data': 'contents of an option that nobody knows',
  ...Object.fromEntries(
    ['header', 'header.name', 'header.value', 'authority', 'method', 'path', 'scheme', 'status'].map((name) => [
      `http3.headers.${name}`,
      'tshark 4.0 knows no fields of HTTP/3 headers; later versions have them by this name',
    ]),
  ),
  'urlencoded-form.item': "heading: Wireshark's subtree has no filter name",
  'imf.message_text.line': "Wireshark's lines have no filter name",
  'data-text-lines.line': "Wireshark's lines have no filter name",
  'mip6.data': 'the part of a mobility message that is not decoded',
};

describe('the vocabulary', () => {
  const names = fieldReference(registry).map((field) => field.name);

  test('has every name once', () => {
    expect(new Set(names).size).toBe(names.length);
  });

  test('is Wireshark’s', async () => {
    const { stdout } = await promisify(execFile)('tshark', ['-G', 'fields'], { maxBuffer: 1 << 28 });
    const known = new Set(stdout.split('\n').map((line) => line.split('\t', 3)[2]));
    const unknown = [...names, ...registry.protocols.map((protocol) => protocol.filter)].filter(
      (name) => !known.has(name),
    );
    expect(unknown.filter((name) => ownNames[name] === undefined)).toEqual([]);
    expect(Object.keys(ownNames).filter((name) => !names.includes(name))).toEqual([]);
  }, 60_000);

  test('has a title and a type for every name', () => {
    for (const field of fieldReference(registry)) {
      expect(field.title).not.toBe('');
      expect(field.protocols.length).toBeGreaterThan(0);
    }
  });
});
