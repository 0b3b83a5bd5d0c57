/**
 * Conformance with tshark over the shared corpus, field by field and by position: the k-th `ip` layer here against the
 * k-th value there. Only layers that are declared here are compared; a frame is followed to the first protocol that is not.
 */
import { expect, test } from '@jest/globals';
import { dissect } from '../../decoders/core/index.js';
import type { FieldNode, LayerNode } from '../../decoders/core/tree.js';
import { registry } from '../../decoders/protocols/index.js';
import { corpusFiles, corpusPackets, hasCorpus, type OracleRow, oracleRows } from '../support/corpus.js';

/**
 * Least share of equal values: of everything that is declared, and of the link to transport layers. What is left are
 * headers that contradict themselves, where Wireshark stops at another place, and octets of a quoted TCP header that
 * Wireshark leaves out.
 */
const LEAST_AGREEMENT = 0.995;
const LEAST_AGREEMENT_BELOW = 0.999;
const below = /^(eth|vlan|ieee8021ad|llc|sll|null|arp|ip|ipv6|ah|esp|icmp|icmpv6|udp|tcp)\./;

/** Tokens of `frame.protocols` that are no layers of their own. */
const TRANSPARENT = new Set(['ethertype', 'data']);
/** Environment variable: columns (separated by commas) whose differences are printed. */
const SHOW = process.env['NETGLASS_CORPUS_SHOW']?.split(',') ?? [];

interface Tally {
  compared: number;
  equal: number;
}
const tallies = new Map<string, Tally>();

function count(name: string, equal: boolean): void {
  const tally = tallies.get(name) ?? { compared: 0, equal: 0 };
  tally.compared++;
  if (equal) tally.equal++;
  tallies.set(name, tally);
}

/** The protocols that a column's field can stand in. */
const owners = new Map<string, readonly string[]>();
function ownersOf(column: string): readonly string[] {
  let names = owners.get(column);
  if (names === undefined) {
    const field = registry.field(column);
    names = field === undefined ? [] : field.protocolIds.map((id) => registry.runtime(id).protocol.filter);
    owners.set(column, names);
  }
  return names;
}

function texts(fields: readonly FieldNode[], name: string, out: string[] = []): string[] {
  for (const field of fields) {
    if (field.name === name) out.push(field.text);
    if (field.fields !== undefined) texts(field.fields, name, out);
  }
  return out;
}

const columnsOf = new Map<string, string[]>();
/** The oracle's columns that are fields of a protocol here. */
function columnsFor(row: OracleRow, protocol: string): string[] {
  let columns = columnsOf.get(protocol);
  if (columns === undefined) {
    columns = Object.keys(row).filter((column) => ownersOf(column).includes(protocol));
    columnsOf.set(protocol, columns);
  }
  return columns;
}

function compare(file: string, number: number, layers: readonly LayerNode[], row: OracleRow): void {
  const all = row['frame.protocols'].split(':').filter((token) => !TRANSPARENT.has(token));
  const foreign = all.findIndex((token) => registry.idOf(token) === 0);
  const tokens = foreign < 0 ? all : all.slice(0, foreign);
  const ours = layers.filter((layer) => layer.protocol !== 'data');
  // Link types that are not declared here give no layers at all.
  if (tokens.length === 0) return;
  const names = ours.map((layer) => layer.protocol);
  const same = names.join(':') === tokens.join(':');
  count('(layers)', same);
  if (!same && SHOW.includes('layers')) console.log(`${file} #${number}: ${names.join(':')} | ${all.join(':')}`);
  const seen = new Map<string, number>();
  for (let i = 0; i < tokens.length && names[i] === tokens[i]; i++) {
    const protocol = tokens[i];
    const occurrence = seen.get(protocol) ?? 0;
    seen.set(protocol, occurrence + 1);
    for (const column of columnsFor(row, protocol)) compareField(column, protocol, occurrence, ours[i]);
  }

  function compareField(column: string, protocol: string, occurrence: number, layer: LayerNode): void {
    const layersThere = all.filter((token) => ownersOf(column).includes(token)).length;
    const mine = texts(layer.fields, column);
    const text = row[column];
    if (mine.length === 0 && text === '') return;
    let theirs = text;
    if (layersThere > 1) {
      const values = text.split('|');
      if (values.length !== layersThere) return;
      theirs = values[occurrence];
    }
    const equal = mine.join('|') === theirs;
    count(column, equal);
    if (!equal && SHOW.includes(column))
      console.log(`${file} #${number} ${protocol} ${column}: ${mine.join('|')} | ${theirs} (${all.join(':')})`);
  }
}

(hasCorpus ? test : test.skip)(
  'fields agree with tshark over the corpus',
  async () => {
    let packets = 0;
    for (const file of corpusFiles()) {
      const rows = oracleRows(file);
      if (rows.length === 0) continue;
      let index = 0;
      for await (const packet of corpusPackets(file)) {
        const row = rows[index++];
        if (row === undefined) break;
        // A file whose packets are counted otherwise here would shift every row.
        if (Number(row['frame.cap_len']) !== packet.captured) break;
        compare(file, index, dissect(registry, packet).layers, row);
        packets++;
      }
    }
    let compared = 0;
    let equal = 0;
    let comparedBelow = 0;
    let equalBelow = 0;
    const lines = [...tallies].sort().map(([name, tally]) => {
      compared += tally.compared;
      equal += tally.equal;
      if (below.test(name)) {
        comparedBelow += tally.compared;
        equalBelow += tally.equal;
      }
      const differing = tally.compared - tally.equal;
      return `${name.padEnd(34)}${String(tally.compared).padStart(8)}${String(tally.equal).padStart(8)}${String(differing).padStart(7)}`;
    });
    const share = compared === 0 ? 0 : equal / compared;
    console.log(
      [
        `${packets} packets; field, compared, equal, differing`,
        ...lines,
        `together ${compared} compared, ${equal} equal: ${(share * 100).toFixed(3)} %`,
      ].join('\n'),
    );
    expect(share).toBeGreaterThanOrEqual(LEAST_AGREEMENT);
    expect(equalBelow / comparedBelow).toBeGreaterThanOrEqual(LEAST_AGREEMENT_BELOW);
  },
  240_000,
);
