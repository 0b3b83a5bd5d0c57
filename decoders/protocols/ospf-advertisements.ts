/** Link state advertisements of OSPF: RFC 2328 appendix A.4, RFC 5340 appendix A.4. */

import { ipv6FromWords } from '../core/format.js';
import { type Body, bits, bytes, type Field, flag, ipv4Address, ipv6Address, spare, uint } from '../core/index.js';

const types: Readonly<Record<number, string>> = {
  1: 'Router-LSA',
  2: 'Network-LSA',
  3: 'Summary-LSA (IP network)',
  4: 'Summary-LSA (ASBR)',
  5: 'AS-External-LSA (ASBR)',
  6: 'Group Membership LSA',
  7: 'NSSA AS-External-LSA',
  8: 'External Attributes LSA',
  9: 'Opaque LSA, Link-local scope',
  10: 'Opaque LSA, Area-local scope',
  11: 'Opaque LSA, AS-local scope',
};
const functions: Readonly<Record<number, string>> = {
  1: 'Router-LSA',
  2: 'Network-LSA',
  3: 'Inter-Area-Prefix-LSA',
  4: 'Inter-Area-Router-LSA',
  5: 'AS-External-LSA',
  6: 'Group-Membership-LSA',
  7: 'Type-7-LSA',
  8: 'Link-LSA',
  9: 'Intra-Area-Prefix-LSA',
};
const linkTypes = {
  1: 'Point-to-point connection to another router',
  2: 'Connection to a transit network',
  3: 'Connection to a stub network',
  4: 'Virtual link',
};
const HEADER_OCTETS = 20;
const TRAFFIC_ENGINEERING = 1;

const secondOption = (name: string, title: string) => flag(title, { filter: `ospf.v2.options.${name}` });
const thirdOption = (name: string, title: string) => flag(title, { filter: `ospf.v3.options.${name}` });

export const advertisementFields = {
  reserved: bytes(0, 'Reserved'),
  'v2.options': bits(
    8,
    'Options',
    {
      dn: secondOption('dn', 'DN'),
      o: secondOption('o', 'O'),
      dc: secondOption('dc', '(DC) Demand Circuits'),
      l: secondOption('l', '(L) LLS Data block'),
      n: secondOption('n', '(N) NSSA'),
      mc: secondOption('mc', '(MC) Multicast'),
      e: secondOption('e', '(E) External Routing'),
      mt: secondOption('mt', '(MT) Multi-Topology Routing'),
    },
    { base: 16 },
  ),
  'v3.options': bits(
    24,
    'Options',
    {
      unused: spare(13),
      at: thirdOption('at', 'AT'),
      l: thirdOption('l', 'L'),
      af: thirdOption('af', 'AF'),
      between: spare(2),
      dc: thirdOption('dc', 'DC'),
      r: thirdOption('r', 'R'),
      n: thirdOption('n', 'N'),
      mc: thirdOption('mc', 'MC'),
      e: thirdOption('e', 'E'),
      v6: thirdOption('v6', 'V6'),
    },
    { base: 16 },
  ),
  age: bits(
    16,
    'LS Age',
    {
      donotage: uint(1, 'Do Not Age Flag', { filter: 'ospf.lsa.donotage' }),
      age: uint(15, 'LS Age (seconds)', { filter: 'ospf.lsa.age' }),
    },
    { bare: true },
  ),
  thirdAge: bits(
    16,
    'LS Age',
    {
      do_not_age: flag('Do Not Age', { filter: 'ospf.v3.lsa.do_not_age' }),
      age: uint(15, 'LS Age (seconds)', { filter: 'ospf.lsa.age' }),
    },
    { bare: true },
  ),
  lsa: uint(8, 'LS Type', { labels: types }),
  'lsa.id': ipv4Address('Link State ID'),
  lsid_opaque_type: uint(8, 'Link State ID Opaque Type'),
  'lsid_te_lsa.reserved': uint(8, 'Link State ID TE-LSA Reserved'),
  'lsid_te_lsa.instance': uint(16, 'Link State ID TE-LSA Instance'),
  'lsid.opaque_id': uint(24, 'Link State ID Opaque ID'),
  link_state_id: ipv4Address('Link State ID'),
  advrouter: ipv4Address('Advertising Router'),
  'lsa.seqnum': uint(32, 'Sequence Number', { base: 16 }),
  'lsa.chksum': uint(16, 'Checksum', { base: 16 }),
  'lsa.length': uint(16, 'Length'),
  'v2.router.lsa.flags': bits(
    8,
    'Flags',
    {
      h: flag('(H) flag'),
      unused: spare(2),
      n: flag('(N) flag'),
      w: flag('(W) Wild-card multicast receiver'),
      v: flag('(V) Virtual link endpoint'),
      e: flag('(E) AS boundary router'),
      b: flag('(B) Area border router'),
    },
    { base: 16 },
  ),
  'lsa.number_of_links': uint(16, 'Number of Links'),
  'lsa.router.linkid': ipv4Address('Link ID'),
  'lsa.router.linkdata': ipv4Address('Link Data'),
  'lsa.router.linktype': uint(8, 'Link Type', { labels: linkTypes }),
  'lsa.router.nummetrics': uint(8, 'Number of Metrics'),
  'lsa.router.metric0': uint(16, '0 Metric'),
  'lsa.network.netmask': ipv4Address('Netmask'),
  'lsa.network.attchrtr': ipv4Address('Attached Router'),
  'lsa.asbr.netmask': ipv4Address('Netmask'),
  'lsa.tos': uint(8, 'TOS'),
  metric: uint(24, 'Metric'),
  'lsa.asext.netmask': ipv4Address('Netmask'),
  external: bits(
    8,
    'External type and TOS',
    { type: flag('External Type', { filter: 'ospf.lsa.asext.type' }), tos: spare(7) },
    { bare: true },
  ),
  'lsa.asext.fwdaddr': ipv4Address('Forwarding Address'),
  'lsa.asext.extrttag': uint(32, 'External Route Tag'),
  'v3.lsa': bits(
    16,
    'LS Type',
    {
      u: flag('LSA Handling', { filter: 'ospf.v3.lsa.u' }),
      s12: uint(2, 'Flooding Scope', { filter: 'ospf.v3.lsa.s12', base: 16, hexBits: 16 }),
      fc: uint(13, 'Function Code', { filter: 'ospf.v3.lsa.fc', labels: functions }),
    },
    { base: 16 },
  ),
  'v3.router.lsa.flags': bits(
    8,
    'Flags',
    {
      unused: spare(4),
      w: flag('(W) Wild-card multicast receiver'),
      v: flag('(V) Virtual link endpoint'),
      e: flag('(E) AS boundary router'),
      b: flag('(B) Area border router'),
    },
    { base: 16 },
  ),
  'v3.lsa.type': uint(8, 'Type', { labels: linkTypes }),
  'v3.lsa.interface_id': uint(32, 'Interface ID'),
  'v3.lsa.neighbor_interface_id': uint(32, 'Neighbor Interface ID'),
  'v3.lsa.neighbor_router_id': ipv4Address('Neighbor Router ID'),
  'v3.lsa.attached_router': ipv4Address('Attached Router'),
  prefix_length: uint(8, 'PrefixLength'),
  'v3.prefix.options': bits(
    8,
    'PrefixOptions',
    {
      unused: spare(4),
      p: flag('(P) Propagate'),
      mc: flag('(MC) Multicast'),
      la: flag('(LA) Local Address'),
      nu: flag('(NU) NoUnicast'),
    },
    { base: 16 },
  ),
  'v3.address_prefix.ipv6': ipv6Address('Address Prefix'),
  'v3.lsa.router_priority': uint(8, 'Router Priority'),
  'v3.lsa.link_local_interface_address.ipv6': ipv6Address('Link-local Interface Address'),
  prefixes: uint(32, '# prefixes', { filter: 'ospf.v3.lsa.num_prefixes' }),
  'v3.lsa.referenced_ls_type': uint(16, 'Referenced LS type', { base: 16 }),
  'v3.lsa.referenced_link_state_id': ipv4Address('Referenced Link State ID'),
  'v3.lsa.referenced_advertising_router': ipv4Address('Referenced Advertising Router'),
};

type Fields = Readonly<Record<string, Field>>;

/** Reads an advertisement's header; `type` is the second version's number or the third's function code. */
export function readHeader(body: Body, field: Fields, third: boolean): { type: number; length: number } {
  let type: number;
  if (third) {
    body.number(field['thirdAge']);
    type = body.number(field['v3.lsa']) & 0x1fff;
    body.take(field['link_state_id']);
  } else {
    body.number(field['age']);
    body.number(field['v2.options']);
    type = body.number(field['lsa']);
    if (type >= 9 && type <= 11) {
      // Traffic engineering gives the 24 bits behind the type a form of its own (RFC 3630, section 2.2).
      if (body.number(field['lsid_opaque_type']) === TRAFFIC_ENGINEERING) {
        body.number(field['lsid_te_lsa.reserved']);
        body.number(field['lsid_te_lsa.instance']);
      } else body.number(field['lsid.opaque_id']);
    } else body.take(field['lsa.id']);
  }
  body.take(field['advrouter']);
  body.number(field['lsa.seqnum']);
  body.number(field['lsa.chksum']);
  return { type, length: body.number(field['lsa.length']) };
}

/** Reads an advertisement with its body. */
export function readAdvertisement(body: Body, field: Fields, third: boolean): void {
  const start = body.position;
  const { type, length } = readHeader(body, field, third);
  if (length < HEADER_OCTETS)
    body.fail(`an OSPF advertisement has length ${length}; its header alone has ${HEADER_OCTETS}`);
  const end = start + length;
  const partial = end > body.end;
  body.within(end, () => (third ? thirdReaders : secondReaders)[type]?.(body, field));
  if (partial) body.need(end - body.position, 'an OSPF advertisement');
  if (body.position < end) body.skip(end - body.position);
}

const secondReaders: Readonly<Record<number, (body: Body, field: Fields) => void>> = {
  1: (body, field) => {
    body.number(field['v2.router.lsa.flags']);
    body.skip(1);
    for (let left = body.number(field['lsa.number_of_links']); left > 0; left--) {
      body.take(field['lsa.router.linkid']);
      body.take(field['lsa.router.linkdata']);
      body.number(field['lsa.router.linktype']);
      const metrics = body.number(field['lsa.router.nummetrics']);
      body.number(field['lsa.router.metric0']);
      // One a type of service, which nobody sends since RFC 2328.
      if (metrics > 0) body.skip(Math.min(metrics * 4, body.remaining));
    }
  },
  2: (body, field) => {
    body.take(field['lsa.network.netmask']);
    while (body.remaining >= 4) body.take(field['lsa.network.attchrtr']);
  },
  3: summary,
  4: summary,
  5: external,
  7: external,
};

function summary(body: Body, field: Fields): void {
  body.take(field['lsa.asbr.netmask']);
  while (body.remaining >= 4) {
    body.number(field['lsa.tos']);
    body.number(field['metric']);
  }
}

function external(body: Body, field: Fields): void {
  body.take(field['lsa.asext.netmask']);
  while (body.remaining >= 12) {
    const tos = body.peek8() & 0x7f;
    body.number(field['external']);
    body.derived(field['lsa.tos'], tos, undefined, body.position - 1, 1);
    body.number(field['metric']);
    body.take(field['lsa.asext.fwdaddr']);
    body.number(field['lsa.asext.extrttag']);
  }
}

const thirdReaders: Readonly<Record<number, (body: Body, field: Fields) => void>> = {
  1: (body, field) => {
    body.number(field['v3.router.lsa.flags']);
    body.number(field['v3.options']);
    while (body.remaining >= 16) {
      body.number(field['v3.lsa.type']);
      body.take(field['reserved'], 1);
      shortMetric(body, field);
      body.number(field['v3.lsa.interface_id']);
      body.number(field['v3.lsa.neighbor_interface_id']);
      body.take(field['v3.lsa.neighbor_router_id']);
    }
  },
  2: (body, field) => {
    body.take(field['reserved'], 1);
    body.number(field['v3.options']);
    while (body.remaining >= 4) body.take(field['v3.lsa.attached_router']);
  },
  3: (body, field) => {
    body.take(field['reserved'], 1);
    body.number(field['metric']);
    prefix(body, field, false);
  },
  8: (body, field) => {
    body.number(field['v3.lsa.router_priority']);
    body.number(field['v3.options']);
    body.take(field['v3.lsa.link_local_interface_address.ipv6']);
    for (let left = body.number(field['prefixes']); left > 0; left--) prefix(body, field, false);
  },
  9: (body, field) => {
    const count = body.peek16();
    body.found(field['prefixes'], count, body.position, 2);
    body.position += 2;
    body.number(field['v3.lsa.referenced_ls_type']);
    body.take(field['v3.lsa.referenced_link_state_id']);
    body.take(field['v3.lsa.referenced_advertising_router']);
    for (let left = count; left > 0; left--) prefix(body, field, true);
  },
};

function shortMetric(body: Body, field: Fields): void {
  body.found(field['metric'], body.peek16(), body.position, 2);
  body.position += 2;
}

/** RFC 5340, appendix A.4.1: only the words that the prefix needs are there. */
function prefix(body: Body, field: Fields, withMetric: boolean): void {
  const length = body.number(field['prefix_length']);
  body.number(field['v3.prefix.options']);
  if (withMetric) shortMetric(body, field);
  else body.take(field['reserved'], 2);
  const words = Math.ceil(length / 32);
  if (words === 0) return;
  if (words > 4) body.fail(`a prefix of ${length} bits`);
  body.need(words * 4, 'an address prefix');
  const word = (index: number) => (index < words ? body.view.getUint32(body.position + index * 4) : 0);
  body.found(
    field['v3.address_prefix.ipv6'],
    ipv6FromWords(word(0), word(1), word(2), word(3)),
    body.position,
    words * 4,
  );
  body.position += words * 4;
}
