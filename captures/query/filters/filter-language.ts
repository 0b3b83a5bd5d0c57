/** Questions that belong to no capture, most of them about the display-filter language: answered where the decoders are loaded. */

import { dissect, type FieldDeclaration, type PacketTree, type RegisteredField } from '../../../decoders/core/index.js';
import { frameFields } from '../../../decoders/filter/fields.js';
import { type CheckResult, type Completion, check, complete, isProgramField } from '../../../decoders/filter/index.js';
import { registry } from '../../../decoders/protocols/index.js';

export interface FieldInfo {
  readonly name: string;
  readonly title: string;
  /** Filter name of the protocol it belongs to; `frame` for the packet's own, `netglass` for what its flow's sockets tell. */
  readonly protocol: string;
  readonly type: string;
  /** Width on the wire; 0 where it varies. */
  readonly bits: number;
  readonly base?: 10 | 16;
  readonly labels?: Record<string, string>;
  /** The fields that this name stands for any of. */
  readonly members?: string[];
}

export interface FieldReference {
  readonly protocols: { name: string; title: string; reference: string }[];
  readonly fields: FieldInfo[];
}

function shape({ title, kind, bits, base, labels }: FieldDeclaration): Omit<FieldInfo, 'name' | 'protocol'> {
  return {
    title,
    type: kind,
    bits,
    ...(base === undefined ? {} : { base }),
    ...(labels === undefined ? {} : { labels: { ...labels } as Record<string, string> }),
  };
}

function allFields(): FieldInfo[] {
  const frame = Object.entries(frameFields).map(([name, { title, type }]) => ({
    name,
    title,
    protocol: isProgramField(name) ? 'netglass' : 'frame',
    type,
    bits: 0,
  }));
  const fields = [...registry.fields()].map((field: RegisteredField) => ({
    name: field.name,
    protocol: field.protocol.filter,
    ...shape(field),
  }));
  const eithers = [...registry.eithers()].map(([name, members]) => ({
    name,
    protocol: members[0].protocol.filter,
    ...shape(members[0]),
    title: members.map((member) => member.title).join(' or '),
    members: members.map((member) => member.name),
  }));
  return [...frame, ...fields, ...eithers].sort((a, b) => (a.name < b.name ? -1 : 1));
}

/** A packet that is in no capture. */
export interface LoosePacket {
  readonly bytes: Uint8Array;
  readonly linkType: number;
}

export const filterLanguage = {
  /** The trees of some packets, each by itself. */
  decode: (packets: readonly LoosePacket[]): PacketTree[] =>
    packets.map(({ bytes, linkType }) =>
      dissect(registry, {
        view: new DataView(bytes.buffer, bytes.byteOffset, bytes.length),
        start: 0,
        captured: bytes.length,
        original: bytes.length,
        linkType,
      }),
    ),
  /** Every field and protocol whose name begins with `prefix`, in the order of the names. */
  reference: (prefix: string): FieldReference => ({
    protocols: registry.protocols
      .map(({ filter, title, reference }) => ({ name: filter, title, reference }))
      .filter(({ name }) => name.startsWith(prefix)),
    fields: allFields().filter(({ name }) => name.startsWith(prefix)),
  }),
  /** Whether a text is a display filter; where and why it is not. */
  check: (filter: string): CheckResult => check(registry, filter),
  /** What could come next in an unfinished filter, the likeliest first. */
  complete: ({ prefix, limit }: { prefix: string; limit: number }): Completion[] => complete(registry, prefix, limit),
};
