/** Packets decrypted with a key log, and what tshark says of them with the same one, field by field. */

import { spawnSync } from 'node:child_process';
import { KeyLog } from '../../captures/secrets/key-log.js';
import { secretsOf } from '../../captures/secrets/node-secrets.js';
import type { FieldNode, PacketTree } from '../../decoders/core/index.js';
import { registry } from '../../decoders/protocols/index.js';
import { Session } from '../../decoders/session/session.js';

const ETHERNET = 1;

export const hasTshark = spawnSync('tshark', ['-v']).status === 0;

/** Every packet's tree. */
export function trees(
  packets: readonly { readonly data: Uint8Array; readonly time?: bigint }[],
  keyLog: string,
): PacketTree[] {
  const log = new KeyLog();
  log.add(keyLog);
  const session = new Session(registry, { secrets: secretsOf(log) });
  return packets.map(({ data, time }, index) => {
    const view = new DataView(data.buffer, data.byteOffset, data.length);
    const { length } = data;
    return session.dissect({
      view,
      start: 0,
      captured: length,
      original: length,
      linkType: ETHERNET,
      number: index + 1,
      ...(time === undefined ? {} : { timeHigh: Number(time >> 32n), timeLow: Number(time & 0xffffffffn) }),
    });
  });
}

function collect(fields: readonly FieldNode[], into: Map<string, string[]>): void {
  for (const { name, text, fields: inner } of fields) {
    const values = into.get(name);
    if (values === undefined) into.set(name, [text]);
    else values.push(text);
    if (inner !== undefined) collect(inner, into);
  }
}

/** All values of a packet by field. */
export function valuesOf(tree: PacketTree): Map<string, string[]> {
  const values = new Map<string, string[]>();
  for (const layer of tree.layers) collect(layer.fields, values);
  return values;
}

/** A packet's values of one field. */
export const textOf = (tree: PacketTree, name: string): string => valuesOf(tree).get(name)?.join('|') ?? '';

/** A key log in which every secret has another last digit. */
export function spoilt(keyLog: string): string {
  return keyLog.replace(/ ([0-9a-f]{64,96})$/gm, (_all, secret: string) => {
    const last = secret.endsWith('0') ? '1' : '0';
    return ` ${secret.slice(0, -1)}${last}`;
  });
}

/** The fields of some protocols that tshark has, too. */
function comparable(protocols: readonly string[]): string[] {
  const listed = spawnSync('tshark', ['-G', 'fields'], { encoding: 'utf8', maxBuffer: 1 << 28 }).stdout;
  const theirs = new Set(
    listed
      .split('\n')
      .filter((line) => line.startsWith('F\t'))
      .map((line) => line.split('\t')[2]),
  );
  return [...registry.fields()]
    .filter(({ name, kind }) => protocols.includes(name.split('.')[0]) && kind !== 'group' && theirs.has(name))
    .map(({ name }) => name);
}

/** Asks tshark about the fields of some protocols once, and compares files with it. */
export class FieldComparison {
  private readonly fields: readonly string[];

  constructor(protocols: readonly string[]) {
    this.fields = hasTshark ? comparable(protocols) : [];
  }

  /** @returns how many values were compared, and those that are different, in words */
  compare(
    shown: readonly PacketTree[],
    path: string,
    options: readonly string[],
  ): { compared: number; different: string[] } {
    const { fields } = this;
    const asked = fields.flatMap((field) => ['-e', field]);
    const fixed = ['-n', '-r', path, '-T', 'fields', '-E', 'aggregator=|'];
    const { stdout } = spawnSync('tshark', [...fixed, ...options, ...asked], { encoding: 'utf8', maxBuffer: 1 << 28 });
    const lines = stdout.split('\n');
    let compared = 0;
    const different: string[] = [];
    shown.forEach((tree, index) => {
      const values = valuesOf(tree);
      const columns = lines[index].split('\t');
      fields.forEach((field, place) => {
        const ours = values.get(field)?.join('|') ?? '';
        const theirs = columns[place] ?? '';
        // An empty DATA frame that ends a stream has the whole body in tshark, which joins the frames before it.
        if ((ours === '' && theirs === '') || (field === 'http2.data.data' && ours === '')) return;
        compared++;
        if (ours !== theirs) different.push(`${index + 1} ${field}: ${ours.slice(0, 60)} ≠ ${theirs.slice(0, 60)}`);
      });
    });
    return { compared, different };
  }
}
