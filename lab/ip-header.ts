/** The fields of an IPv4 header as a table: RFC 791, section 3.1. */

interface HeaderField {
  readonly name: string;
  read(header: DataView): string;
}

const hex = (value: number): string => `0x${value.toString(16).padStart(4, '0')}`;
const addressAt = (header: DataView, at: number): string =>
  [0, 1, 2, 3].map((next) => header.getUint8(at + next)).join('.');

const FIELDS: readonly HeaderField[] = [
  { name: 'version', read: (header) => String(header.getUint8(0) >> 4) },
  { name: 'header length', read: (header) => `${(header.getUint8(0) & 15) * 4} octets` },
  { name: 'type of service', read: (header) => String(header.getUint8(1)) },
  { name: 'total length', read: (header) => String(header.getUint16(2)) },
  { name: 'identification', read: (header) => hex(header.getUint16(4)) },
  { name: 'flags and offset', read: (header) => hex(header.getUint16(6)) },
  { name: 'time to live', read: (header) => String(header.getUint8(8)) },
  { name: 'protocol', read: (header) => String(header.getUint8(9)) },
  { name: 'checksum', read: (header) => hex(header.getUint16(10)) },
  { name: 'source', read: (header) => addressAt(header, 12) },
  { name: 'destination', read: (header) => addressAt(header, 16) },
];

const OCTETS = 20;
const WIDTH = 18;

const viewOf = (bytes: Uint8Array): DataView => new DataView(bytes.buffer, bytes.byteOffset, OCTETS);

/** A line a field. @param bytes at least 20 octets */
export function headerTable(bytes: Uint8Array): string {
  const header = viewOf(bytes);
  return FIELDS.map(({ name, read }) => `${name.padEnd(WIDTH)} ${read(header)}`).join('\n');
}

/** Each field as it was handed over and as it left, and the names of those that differ. */
export function differences(asked: Uint8Array, left: Uint8Array): { table: string; names: string[] } {
  const [ours, theirs] = [viewOf(asked), viewOf(left)];
  const changed = FIELDS.filter(({ read }) => read(ours) !== read(theirs)).map(({ name }) => name);
  const lines = FIELDS.map(({ name, read }) => {
    const by = changed.includes(name) ? '  ← the kernel' : '';
    return `${name.padEnd(WIDTH)} ${read(ours).padEnd(16)} ${read(theirs).padEnd(16)}${by}`.trimEnd();
  });
  return {
    table: [`${'field'.padEnd(WIDTH)} ${'asked'.padEnd(16)} left`, ...lines].join('\n'),
    names: changed,
  };
}

function wordsOf(bytes: Uint8Array): number[] {
  const header = viewOf(bytes);
  return Array.from({ length: OCTETS / 2 }, (_, index) => (index === 5 ? 0 : header.getUint16(index * 2)));
}

/** The header's checksum (RFC 1071). */
export function sumOf(bytes: Uint8Array): number {
  let sum = wordsOf(bytes).reduce((before, word) => before + word, 0);
  while (sum > 0xffff) sum = (sum & 0xffff) + (sum >>> 16);
  return ~sum & 0xffff;
}

/** The sum as one would write it on a board. */
export function sumText(bytes: Uint8Array): string {
  const words = wordsOf(bytes);
  const sum = words.reduce((before, word) => before + word, 0);
  const folded = ~sumOf(bytes) & 0xffff;
  return [
    `${words.map((word) => word.toString(16).padStart(4, '0')).join(' + ')} = ${sum.toString(16)}`,
    `the carry added: ${folded.toString(16).padStart(4, '0')}`,
    `its complement:  ${sumOf(bytes).toString(16).padStart(4, '0')}`,
  ].join('\n');
}
