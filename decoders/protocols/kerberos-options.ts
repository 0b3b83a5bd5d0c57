/** The options of a request to the key distribution centre, bit by bit: RFC 4120, section 5.4.1. */

import { type Body, type Field, type FieldDeclaration, flag } from '../core/index.js';

/** In the order of the bits, the most significant of the first octet first. */
const options = [
  'reserved',
  'forwardable',
  'forwarded',
  'proxiable',
  'proxy',
  'allow.postdate',
  'postdated',
  'unused7',
  'renewable',
  'unused9',
  'unused10',
  'opt.hardware.auth',
  'unused12',
  'unused13',
  'constrained.delegation',
  'canonicalize',
  'request.anonymous',
  'unused17',
  'unused18',
  'unused19',
  'unused20',
  'unused21',
  'unused22',
  'unused23',
  'unused24',
  'unused25',
  'disable.transited.check',
  'renewable.ok',
  'enc.tkt.in.skey',
  'unused29',
  'renew',
  'validate',
] as const;

type OptionKey = `KDCOptions.${(typeof options)[number]}`;

export const kdcOptionFields = Object.fromEntries(
  options.map((option) => [`KDCOptions.${option}`, flag(option.replaceAll('.', '-'))]),
) as Readonly<Record<OptionKey, FieldDeclaration<'bool'>>>;

/** Adds the options of the `octets` octets at `at`. */
export function kdcOptions(body: Body, field: Readonly<Record<OptionKey, Field>>, at: number, octets: number): void {
  for (let i = 0; i < options.length && i < octets * 8; i++) {
    const octet = body.view.getUint8(at + (i >> 3));
    body.derived(field[`KDCOptions.${options[i]}`], (octet & (0x80 >> (i & 7))) !== 0, undefined, at + (i >> 3), 1);
  }
}
