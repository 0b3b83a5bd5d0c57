/** Addresses as PIM encodes them: RFC 7761, section 4.9.1, with the attributes of a join (RFC 5384). */

import { ipv4Text, ipv6Text } from '../core/format.js';
import { type Body, bits, bytes, type Field, flag, group, ipv4Address, ipv6Address, uint } from '../core/index.js';

/** IANA "Address Family Numbers": those that PIM has. */
const families: Readonly<Record<number, string>> = { 1: 'IPv4', 2: 'IPv6' };
const IPV4 = 1;
const IPV6 = 2;
/** IANA "PIM Encoded Source Address": attributes follow the address (RFC 5384, section 3.1). */
const WITH_ATTRIBUTES = 1;
/** IANA "PIM Join Attribute Types". */
const attributes: Readonly<Record<number, string>> = {
  0: 'RPF Vector',
  1: 'MVPN Join',
  2: 'MT-ID',
  3: 'Pop-Count',
  4: 'Explicit RPF Vector',
  5: 'Transport',
  6: 'Receiver RLOC',
};
const RECEIVER = 6;
const LAST_ATTRIBUTE = 0x40;

/** Both forms of an address: most fields have one for each family. */
const pair = (title: string) => [ipv4Address(title), ipv6Address(title)] as const;
const [source, source_ip6] = pair('Source');
const [group4, group_ip6] = pair('Group');
const [upstream_neighbor, upstream_neighbor_ip6] = pair('Upstream-neighbor');
const [join_ip, join_ip6] = pair('IP address');
const [prune_ip, prune_ip6] = pair('IP address');
const [address_list, address_list_ip6] = pair('Address');
const [bsr, bsr_ip6] = pair('BSR');
const [rp, rp_ip6] = pair('RP');
const [originator, originator_ip6] = pair('Originator');
const [unicast, unicast_ipv6] = pair('Unicast');
const [rloc, rloc_ipv6] = pair('RLOC');

export const addressFields = {
  addr_address_family: uint(8, 'Address Family', { labels: families }),
  addr_encoding_type: uint(8, 'Encoding Type', { labels: { 0: 'Native', 1: 'Native with Join Attribute' } }),
  mask_len: uint(8, 'Masklen'),
  'group_addr.flags': bits(
    8,
    'Flags',
    { b: flag('Bidirectional PIM'), reserved: uint(6, 'Reserved', { base: 16 }), z: flag('Admin Scope Zone') },
    { base: 16 },
  ),
  'source_addr.flags': bits(
    8,
    'Flags',
    {
      reserved: uint(5, 'Reserved', { base: 16 }),
      s: flag('Sparse'),
      w: flag('WildCard'),
      r: flag('Rendezvous Point Tree'),
    },
    { base: 16 },
  ),
  source_ja: group('Join Attribute'),
  'source_ja.flags': bits(
    8,
    'Flags',
    { f: flag('Forward'), e: flag('End of Attributes'), attr_type: uint(6, 'Attribute Type', { labels: attributes }) },
    { base: 16 },
  ),
  'source_ja.length': uint(8, 'Length'),
  'source_ja.value': bytes(0, 'Value'),
  ...{ source, source_ip6, group: group4, group_ip6, upstream_neighbor, upstream_neighbor_ip6, join_ip, join_ip6 },
  ...{ prune_ip, prune_ip6, address_list, address_list_ip6, bsr, bsr_ip6, rp, rp_ip6, originator, originator_ip6 },
  ...{ unicast, unicast_ipv6, rloc, rloc_ipv6 },
};

export type AddressFields = { readonly [K in keyof typeof addressFields]: Field };
type Named = 'source' | 'upstream_neighbor' | 'address_list' | 'bsr' | 'rp' | 'originator';

/** An address of a family at a place: its text, and how many octets it has; undefined for another family. */
function addressAt(body: Body, family: number, ahead: number): { text: string; octets: number } | undefined {
  const octets = family === IPV4 ? 4 : family === IPV6 ? 16 : 0;
  if (octets === 0) return undefined;
  body.need(ahead + octets, 'an encoded address');
  const at = body.position + ahead;
  return { text: (octets === 4 ? ipv4Text : ipv6Text)(body.view, at), octets };
}

/** Reads what every encoded address begins with. */
function head(body: Body, field: AddressFields): number {
  body.number(field.addr_address_family);
  return body.number(field.addr_encoding_type);
}

function fail(body: Body): never {
  return body.fail(`PIM knows no addresses of family ${body.peek8()}`);
}

/** An encoded unicast address; returns its text. */
export function unicastAddress(body: Body, field: AddressFields, name: Named): string {
  const six = body.peek8() === IPV6;
  const found = addressAt(body, body.peek8(), 2);
  if (found === undefined) fail(body);
  body.titled(field[six ? (`${name}_ip6` as const) : name], found.text, () => {
    head(body, field);
    body.take(six ? field.unicast_ipv6 : field.unicast);
  });
  return found.text;
}

/** An encoded group address; `inside` reads what else belongs under it. */
export function groupAddress(body: Body, field: AddressFields): string {
  const six = body.peek8() === IPV6;
  const found = addressAt(body, body.peek8(), 4);
  if (found === undefined) fail(body);
  const named = six ? field.group_ip6 : field.group;
  const text = `${found.text}/${body.peek8(3)}`;
  body.titled(named, found.text, () => {
    body.describe(text);
    head(body, field);
    body.number(field['group_addr.flags']);
    body.number(field.mask_len);
    body.take(named);
  });
  return text;
}

const letters = (flags: number) => `${flags & 4 ? 'S' : ''}${flags & 2 ? 'W' : ''}${flags & 1 ? 'R' : ''}`;

/** An encoded source address, with the attributes that its encoding says. */
export function sourceAddress(body: Body, field: AddressFields, name: 'join_ip' | 'prune_ip'): void {
  const six = body.peek8() === IPV6;
  const found = addressAt(body, body.peek8(), 4);
  if (found === undefined) fail(body);
  const set = letters(body.peek8(2));
  const mask = body.peek8(3);
  body.titled(field[six ? (`${name}6` as const) : name], found.text, () => {
    body.describe(`${found.text}/${mask}${set === '' ? '' : ` (${set})`}`);
    const encoding = head(body, field);
    body.number(field['source_addr.flags']);
    body.number(field.mask_len);
    body.take(six ? field.source_ip6 : field.source);
    if (encoding === WITH_ATTRIBUTES) while (!attribute(body, field));
  });
}

/** @returns whether it was the last one */
function attribute(body: Body, field: AddressFields): boolean {
  let last = false;
  body.group(field.source_ja, () => {
    const flags = body.number(field['source_ja.flags']);
    last = (flags & LAST_ATTRIBUTE) !== 0;
    const type = flags & 0x3f;
    body.describe(attributes[type] ?? `Type ${type}`);
    const length = body.number(field['source_ja.length']);
    body.need(length, 'Join Attribute');
    body.within(body.position + length, () => {
      if (type === RECEIVER && length > 0) {
        const family = body.number(field.addr_address_family);
        const found = addressAt(body, family, 0);
        if (found !== undefined) body.take(family === IPV6 ? field.rloc_ipv6 : field.rloc);
      } else if (length > 0) body.take(field['source_ja.value'], length);
      if (body.remaining > 0) body.skip(body.remaining);
    });
  });
  return last;
}
