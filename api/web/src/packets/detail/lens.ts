/** What octets are worth, read from either end. It imports nothing, so that it can be tested without a browser. */

export interface Reading {
  readonly big: { readonly unsigned: bigint; readonly signed: bigint };
  readonly little: { readonly unsigned: bigint; readonly signed: bigint };
  /** Octets as eight digits each. */
  readonly binary: readonly string[];
  /** Printable ASCII; everything else is a dot. */
  readonly ascii: string;
  /** RFC 791; only of four octets. */
  readonly ipv4: string | undefined;
  /** What swaps these octets on a little-endian machine: `ntohs` two, `ntohl` four. */
  readonly swap: 'ntohs' | 'ntohl' | undefined;
}

/** Octets that the lens reads at once. */
export const WIDEST = 8;

/** @param octets 1 to 8 of them */
export function readingOf(octets: Uint8Array): Reading {
  if (octets.length < 1 || octets.length > WIDEST) throw new RangeError('The lens reads 1 to 8 octets.');
  const all = Array.from(octets);
  return {
    big: numbers(all),
    little: numbers([...all].reverse()),
    binary: all.map((octet) => octet.toString(2).padStart(8, '0')),
    ascii: all.map(asciiOf).join(''),
    ipv4: all.length === 4 ? all.join('.') : undefined,
    swap: all.length === 2 ? 'ntohs' : all.length === 4 ? 'ntohl' : undefined,
  };
}

function numbers(octets: readonly number[]): Reading['big'] {
  const unsigned = octets.reduce((sum, octet) => sum * 256n + BigInt(octet), 0n);
  return { unsigned, signed: BigInt.asIntN(octets.length * 8, unsigned) };
}

/** The character of an octet; a dot for what cannot be seen. */
export const asciiOf = (octet: number): string => (octet >= 0x20 && octet < 0x7f ? String.fromCharCode(octet) : '.');

/** `0x` and two digits an octet. */
export const hexOf = (value: bigint, octets: number): string => `0x${value.toString(16).padStart(octets * 2, '0')}`;
