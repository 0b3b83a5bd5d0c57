/**
 * Fixtures of the decoders: one readable text file a case, `test/fixtures/<protocol>/<case>.txt`.
 *
 *     A sentence about the packet.
 *     provenance: where the octets come from
 *     linktype: 1
 *     original: 60            (octets on the wire, when more than were kept)
 *
 *     hex:
 *         ffff ffff ffff 0200 5e00 0001 0806 …
 *
 *     tree:
 *         (what `dissect` makes of it)
 *
 * `npm test -- --update` writes the trees anew; the difference is what is reviewed.
 */
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { PacketData } from '../../decoders/core/index.js';
import type { FieldNode, PacketTree } from '../../decoders/core/tree.js';

const folder = join(process.cwd(), 'test', 'fixtures');
/** `NETGLASS_UPDATE=1` is what `npm test -- --update` sets. */
export const updating = process.env['NETGLASS_UPDATE'] === '1';
const TREE = '\ntree:\n';

export interface Fixture {
  /** Filter name of the protocol that the case is about: the folder's name. */
  readonly protocol: string;
  /** `<protocol>/<case>`, for messages. */
  readonly name: string;
  readonly path: string;
  readonly packet: PacketData;
  /** Everything before the tree. */
  readonly head: string;
  readonly tree: string;
}

/** All fixtures, in a fixed order. */
export function loadFixtures(): Fixture[] {
  return readdirSync(folder, { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .flatMap(({ name: protocol }) =>
      readdirSync(join(folder, protocol))
        .filter((file) => file.endsWith('.txt'))
        .map((file) => load(protocol, file)),
    )
    .sort((a, b) => (a.name < b.name ? -1 : 1));
}

function load(protocol: string, file: string): Fixture {
  const path = join(folder, protocol, file);
  const text = readFileSync(path, 'utf8');
  const split = text.indexOf(TREE);
  const head = split < 0 ? text.trimEnd() : text.slice(0, split).trimEnd();
  const tree = split < 0 ? '' : text.slice(split + TREE.length);
  const octets = bytesOf(head, path);
  const original = Number(/^original: (\d+)$/m.exec(head)?.[1] ?? octets.length);
  const linkType = /^linktype: (\d+)$/m.exec(head)?.[1];
  if (linkType === undefined || !/^provenance: ./m.test(head))
    throw new Error(`${path}: linktype or provenance is missing`);
  const view = new DataView(octets.buffer);
  const packet = { view, start: 0, captured: octets.length, original, linkType: Number(linkType) };
  return { protocol, name: `${protocol}/${file.replace(/\.txt$/, '')}`, path, packet, head, tree };
}

function bytesOf(head: string, path: string): Uint8Array<ArrayBuffer> {
  const at = head.indexOf('\nhex:\n');
  if (at < 0) throw new Error(`${path}: there is no "hex:"`);
  const digits = head
    .slice(at + 6)
    .replace(/#.*$/gm, '')
    .replace(/\s+/g, '');
  if (!/^([0-9a-f]{2})*$/.test(digits)) throw new Error(`${path}: the hex is not pairs of digits`);
  return Uint8Array.from(digits.match(/../g) ?? [], (pair) => Number.parseInt(pair, 16));
}

/** Writes a fixture with a new tree. */
export function updateFixture(fixture: Fixture, tree: string): void {
  writeFileSync(fixture.path, `${fixture.head}\n${TREE}${tree}`);
}

/** The tree as fixtures have it: a line a field, with its octets and its bits. */
export function renderTree({ layers, problems, protocol, info }: PacketTree): string {
  const lines = [`    columns: ${protocol} | ${info}`];
  for (const layer of layers) {
    lines.push(`    ${layer.protocol} [${layer.offset}+${layer.length}] ${layer.title}: ${layer.summary}`);
    for (const field of layer.fields) render(field, 6, lines);
  }
  for (const { layer, kind, at, message } of problems) lines.push(`    problem: ${layer} ${kind} at ${at}: ${message}`);
  return `${lines.join('\n')}\n`;
}

function render(field: FieldNode, indent: number, lines: string[]): void {
  const bits = field.bitOffset === undefined ? '' : ` bits ${field.bitOffset & 7}+${field.bitLength}`;
  const generated = field.generated === true ? ' generated' : '';
  const value = field.display === '' ? '' : ` = ${field.display}`;
  lines.push(`${' '.repeat(indent)}${field.name} [${field.offset}+${field.length}${bits}${generated}]${value}`);
  for (const inner of field.fields ?? []) render(inner, indent + 2, lines);
}
