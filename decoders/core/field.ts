/** Fields: declared once, in wire order, with Wireshark's filter names. Everything else follows from the declaration. */

/** How a field's octets are read, and what type the filter language gives it. */
export type FieldKind = 'uint' | 'int' | 'bool' | 'bytes' | 'ether' | 'ipv4' | 'ipv6' | 'string' | 'duration' | 'group';

/** Names for numbers; an unknown number keeps its number. */
export type Labels = Readonly<Record<number, string>>;

/** Columns of a packet's summary that a header field can fill. */
export type ColumnName = 'source' | 'destination' | 'sourcePort' | 'destinationPort';

export interface FieldOptions {
  /** 16 displays (and prints) hexadecimal, padded to the field's width. Default 10. */
  readonly base?: 10 | 16;
  readonly labels?: Labels;
  /** Fills this column of the summary. */
  readonly column?: ColumnName;
  /** The whole filter name where Wireshark's is not `<protocol>.<key>`. */
  readonly filter?: string;
  /** The value is the number on the wire times this (`ip.hdr_len` counts 32-bit words and is shown in octets). */
  readonly scale?: number;
  /** Shown after the number, for example "bytes". */
  readonly unit?: string;
  /** Least significant octet first: the named exception to network byte order. */
  readonly littleEndian?: boolean;
  /**
   * The key of another field (of `fields`, and of the same width) that these octets are for this value, or undefined
   * when they are this one: `eth.type` up to 1500 is `eth.len`. `start` is the header's first octet in the view.
   */
  readonly select?: (value: number, view: DataView, start: number) => string | undefined;
  /** With base 16: digits as for a field this wide; default the least of 8, 16, 24, 32 … bits that holds the field. */
  readonly hexBits?: number;
  /** Of `bytes`: shown and printed with colons between the octets, as Wireshark writes hardware addresses. */
  readonly colons?: boolean;
  /** Of `text`: ASCII only, as older protocols declare it; every octet beyond it shows as U+FFFD. */
  readonly ascii?: boolean;
  /** Has no name of its own: only its `parts` are shown, one beside the other. */
  readonly bare?: boolean;
  /** As a part: whether it is there at all for this value of the whole (`dns.flags.rcode` only in responses). */
  readonly when?: (whole: number) => boolean;
  /** Further filter names that the same value answers to (`eth.addr` is declared by `either`, not here). */
  readonly also?: readonly string[];
}

/** One declared field, before it has a place in a protocol. */
export interface FieldDeclaration<Kind extends FieldKind = FieldKind> extends FieldOptions {
  readonly kind: Kind;
  /** Width on the wire; 0 = variable, given by whoever reads it. */
  readonly bits: number;
  readonly title: string;
  /** Sub-fields that divide this one's bits, most significant first; their widths must add up to `bits`. */
  readonly parts?: Readonly<Record<string, FieldDeclaration>>;
}

/** A field in its place: with its name, and for a fixed header its offset. */
export interface Field extends FieldDeclaration {
  /** Filter name, for example `ip.hdr_len`. Unique in the registry. */
  readonly name: string;
  /** Bits from the start of the header; -1 when the field stands in the variable part. */
  readonly bitOffset: number;
  /** The placed `parts`. */
  readonly children: readonly Field[];
  /** The field that the same octets are for this value, when they are not this one (see `select`). */
  readonly instead?: (value: number, view: DataView, start: number) => Field | undefined;
}

type Numeric = FieldDeclaration<'uint'> | FieldDeclaration<'int'> | FieldDeclaration<'bool'>;
/** Declarations whose value is a number, which `read` can therefore give. */
export type NumericDeclaration = Numeric;

/** Unsigned, network byte order; `bits` 1 … 64. */
export function uint(bits: number, title: string, options: FieldOptions = {}): FieldDeclaration<'uint'> {
  return { kind: 'uint', bits, title, ...options };
}

/** Unsigned, little-endian: for the formats that differ from the rest of the network. */
export function uintLE(bits: number, title: string, options: FieldOptions = {}): FieldDeclaration<'uint'> {
  return { kind: 'uint', bits, title, littleEndian: true, ...options };
}

/** Signed two's complement, network byte order; 8, 16 or 32 bits. */
export function int(bits: 8 | 16 | 32, title: string, options: FieldOptions = {}): FieldDeclaration<'int'> {
  return { kind: 'int', bits, title, ...options };
}

/** One bit (or more, where any set bit means true). */
export function flag(title: string, options: FieldOptions & { bits?: number } = {}): FieldDeclaration<'bool'> {
  return { kind: 'bool', bits: options.bits ?? 1, title, ...options };
}

/** As a part: bits that have no name and are not shown by themselves. */
export function spare(width: number): FieldDeclaration<'uint'> {
  return { kind: 'uint', bits: width, title: 'Spare bits', bare: true, when: () => false };
}

/** An unsigned field divided into parts, each a field of its own named `<parent>.<key>`. */
export function bits(
  width: number,
  title: string,
  parts: Readonly<Record<string, FieldDeclaration>>,
  options: FieldOptions = {},
): FieldDeclaration<'uint'> {
  return { kind: 'uint', bits: width, title, parts, ...options };
}

/** Octets as they are; without a length, the variable part says how many. */
export function bytes(length: number, title: string, options: FieldOptions = {}): FieldDeclaration<'bytes'> {
  return { kind: 'bytes', bits: length * 8, title, ...options };
}

/** A 48-bit MAC address. */
export function ether(title: string, options: FieldOptions = {}): FieldDeclaration<'ether'> {
  return { kind: 'ether', bits: 48, title, ...options };
}

export function ipv4Address(title: string, options: FieldOptions = {}): FieldDeclaration<'ipv4'> {
  return { kind: 'ipv4', bits: 32, title, ...options };
}

export function ipv6Address(title: string, options: FieldOptions = {}): FieldDeclaration<'ipv6'> {
  return { kind: 'ipv6', bits: 128, title, ...options };
}

/** Text of a length that the variable part knows; octets that are no UTF-8 show as U+FFFD. */
export function text(title: string, options: FieldOptions = {}): FieldDeclaration<'string'> {
  return { kind: 'string', bits: 0, title, ...options };
}

/** Seconds, to the nanosecond, that were found out and stand nowhere in the packet. */
export function duration(title: string, options: FieldOptions = {}): FieldDeclaration<'duration'> {
  return { kind: 'duration', bits: 0, title, unit: 'seconds', ...options };
}

/** A heading over other fields of the variable part; it has no value of its own. */
export function group(title: string, options: FieldOptions = {}): FieldDeclaration<'group'> {
  return { kind: 'group', bits: 0, title, ...options };
}
