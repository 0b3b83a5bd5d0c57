/** The path attributes of BGP's UPDATE, and the prefixes that it announces and withdraws. */

import {
  type Body,
  bits,
  bytes,
  type Field,
  flag,
  group,
  ipv4Address,
  ipv6Address,
  text,
  uint,
} from '../core/index.js';
import {
  addressFamilies,
  attributeTypes,
  extendedSubtypes,
  extendedTypes,
  origins,
  segmentTypes,
  subsequentFamilies,
  wellKnownCommunities,
} from '../labels/bgp.js';
import { familyPrefixes, prefixes, rdText } from './bgp-prefixes.js';

const at = (name: string) => ({ filter: `bgp.update.path_attribute.${name}` });
const subtype = (title: string) => uint(8, title, { base: 16, labels: extendedSubtypes });

export const attributeFields = {
  path_attributes: group('Path attributes', { filter: 'bgp.update.path_attributes' }),
  path_attribute: group('Path Attribute', { filter: 'bgp.update.path_attribute' }),
  flags: bits(
    8,
    'Flags',
    {
      optional: flag('Optional'),
      transitive: flag('Transitive'),
      partial: flag('Partial'),
      extended_length: flag('Extended-Length'),
      unused: uint(4, 'Unused', { base: 16 }),
    },
    { base: 16, ...at('flags') },
  ),
  type_code: uint(8, 'Type Code', { labels: attributeTypes, ...at('type_code') }),
  attributeLength: uint(0, 'Length', at('length')),
  origin: uint(8, 'Origin', { labels: origins, ...at('origin') }),
  segment: group('AS Path segment', at('as_path_segment')),
  segmentType: uint(8, 'Segment type', { labels: segmentTypes, ...at('as_path_segment.type') }),
  segmentLength: uint(8, 'Segment length (number of ASN)', at('as_path_segment.length')),
  as2: uint(16, 'AS2', at('as_path_segment.as2')),
  as4: uint(32, 'AS4', at('as_path_segment.as4')),
  next_hop: ipv4Address('Next hop', at('next_hop')),
  multi_exit_disc: uint(32, 'Multiple exit discriminator', at('multi_exit_disc')),
  local_pref: uint(32, 'Local preference', at('local_pref')),
  aggregator_as: uint(32, 'Aggregator AS', at('aggregator_as')),
  aggregator_origin: ipv4Address('Aggregator origin', at('aggregator_origin')),
  communities: group('Communities', at('communities')),
  community: group('Community', at('community')),
  community_wellknown: uint(32, 'Community', { base: 16, labels: wellKnownCommunities, ...at('community_wellknown') }),
  community_as: uint(16, 'Community AS', at('community_as')),
  community_value: uint(16, 'Community value', at('community_value')),
  originator_id: ipv4Address('Originator identifier', at('originator_id')),
  cluster_list: group('Cluster List', { filter: 'bgp.path_attribute.cluster_list' }),
  cluster_id: ipv4Address('Cluster ID', { filter: 'bgp.path_attribute.cluster_id' }),
  reachAfi: uint(16, 'Address family identifier (AFI)', { labels: addressFamilies, ...at('mp_reach_nlri.afi') }),
  reachSafi: uint(8, 'Subsequent address family identifier (SAFI)', {
    labels: subsequentFamilies,
    ...at('mp_reach_nlri.safi'),
  }),
  reachNextHop: bytes(0, 'Next hop', at('mp_reach_nlri.next_hop')),
  nextHopRd: text('Route Distinguisher', at('mp_reach_nlri.next_hop.rd')),
  nextHop4: ipv4Address('IPv4 Address', at('mp_reach_nlri.next_hop.ipv4')),
  nextHop6: ipv6Address('IPv6 Address', at('mp_reach_nlri.next_hop.ipv6')),
  nextHopLinkLocal: ipv6Address('Link-local Address', at('mp_reach_nlri.next_hop.ipv6.link_local')),
  attachmentPoints: uint(8, 'Number of Subnetwork points of attachment (SNPA)', at('mp_reach_nlri.nbr_snpa')),
  attachmentLength: uint(8, 'SNPA Length', at('mp_reach_nlri.snpa_length')),
  attachment: bytes(0, 'SNPA', at('mp_reach_nlri.snpa')),
  reach: group('Network Layer Reachability Information (NLRI)', at('mp_reach_nlri')),
  unreachAfi: uint(16, 'Address family identifier (AFI)', { labels: addressFamilies, ...at('mp_unreach_nlri.afi') }),
  unreachSafi: uint(8, 'Subsequent address family identifier (SAFI)', {
    labels: subsequentFamilies,
    ...at('mp_unreach_nlri.safi'),
  }),
  unreach: group('Withdrawn Routes', at('mp_unreach_nlri')),
  ext_communities: group('Carried extended communities'),
  ext_community: group('Extended community'),
  'ext_com.type': bits(
    8,
    'Type',
    {
      auth: flag('IANA Authority'),
      tran: flag('Transitive across ASes'),
      rest: uint(6, 'Type', { bare: true, when: () => false }),
    },
    { base: 16, labels: extendedTypes },
  ),
  'ext_com.stype_tr_as2': subtype('Subtype (AS2)'),
  'ext_com.stype_ntr_as2': subtype('Subtype (Non-transitive AS2)'),
  'ext_com.stype_tr_IP4': subtype('Subtype (IPv4)'),
  'ext_com.stype_ntr_IP4': subtype('Subtype (Non-transitive IPv4)'),
  'ext_com.stype_tr_as4': subtype('Subtype (AS4)'),
  'ext_com.stype_ntr_as4': subtype('Subtype (Non-transitive AS4)'),
  'ext_com.stype_tr_opaque': subtype('Subtype (Opaque)'),
  'ext_com.stype_ntr_opaque': subtype('Subtype (Non-transitive Opaque)'),
  'ext_com.stype_unknown': subtype('Subtype'),
  'ext_com.value_as2': uint(16, '2-Octet AS'),
  'ext_com.value_as4': uint(32, '4-Octet AS'),
  'ext_com.value_IP4': ipv4Address('IPv4 address'),
  'ext_com.value_an2': uint(16, '2-Octet AN'),
  'ext_com.value_an4': uint(32, '4-Octet AN'),
  'ext_com.value_link_bw': text('Link bandwidth'),
  'ext_com.tunnel_type': uint(16, 'Tunnel type'),
  'ext_com.value_raw': uint(48, 'Raw Value', { base: 16, hexBits: 64 }),
  large_communities: text('Large communities'),
  'large_communities.ga': uint(32, 'Global Administrator'),
  'large_communities.ldp1': uint(32, 'Local Data Part 1'),
  'large_communities.ldp2': uint(32, 'Local Data Part 2'),
  aigp: group('AIGP Attribute', at('aigp')),
  'aigp.type': uint(8, 'AIGP type', { filter: 'bgp.update.attribute.aigp.type' }),
  'aigp.length': uint(16, 'AIGP TLV length', { filter: 'bgp.update.attribute.aigp.length' }),
  'aigp.metric': uint(64, 'AIGP Accumulated IGP Metric', { filter: 'bgp.update.attribute.aigp.accu_igp_metric' }),
  setOrigin: uint(32, 'Origin AS', at('attr_set.origin_as')),
  unknownAttribute: group('Unknown Path attributes', { filter: 'bgp.update.path_attributes.unknown' }),
  prefix_length: uint(8, 'Prefix Length'),
  withdrawn_prefix: ipv4Address('Withdrawn prefix'),
  nlri_prefix: ipv4Address('NLRI prefix'),
  nlri_path_id: uint(32, 'NLRI path id'),
  mp_reach_nlri_ipv4_prefix: ipv4Address('MP Reach NLRI IPv4 prefix'),
  mp_unreach_nlri_ipv4_prefix: ipv4Address('MP Unreach NLRI IPv4 prefix'),
  mp_reach_nlri_ipv6_prefix: ipv6Address('MP Reach NLRI IPv6 prefix'),
  mp_unreach_nlri_ipv6_prefix: ipv6Address('MP Unreach NLRI IPv6 prefix'),
  label_stack: text('Label Stack'),
  rd: text('Route Distinguisher'),
};

export type AttributeFields = { readonly [K in keyof typeof attributeFields]: Field };

const EXTENDED_LENGTH = 0x10;
const ATTRIBUTE_SET = 128;

/** RFC 4271, section 4.3. */
export function pathAttributes(body: Body, field: AttributeFields, inSet = false): void {
  while (body.remaining > 0)
    body.group(field.path_attribute, () => {
      const flags = body.number(field.flags);
      const code = body.number(field.type_code);
      body.describe(attributeTypes[code] ?? `Unknown (${code})`);
      const length = Number(body.take(field.attributeLength, (flags & EXTENDED_LENGTH) === 0 ? 1 : 2).value);
      body.need(length, attributeTypes[code] ?? 'a path attribute');
      body.within(body.position + length, () => {
        // A set in a set is not followed: they could nest without end.
        if (code === ATTRIBUTE_SET && !inSet) attributeSet(body, field);
        else if (readers[code] !== undefined) readers[code](body, field);
        else if (attributeTypes[code] === undefined) unknown(body, field);
        if (body.remaining > 0) body.skip(body.remaining);
      });
    });
}

type Reader = (body: Body, field: AttributeFields) => void;

/** A value of one size; of any other, nothing is believed. */
const one =
  (key: keyof AttributeFields): Reader =>
  (body, field) => {
    if (body.remaining * 8 === field[key].bits) body.take(field[key]);
  };

const readers: Readonly<Record<number, Reader>> = {
  1: one('origin'),
  2: (body, field) => path(body, field, octetsOfNumbers(body)),
  3: one('next_hop'),
  4: one('multi_exit_disc'),
  5: one('local_pref'),
  6: () => undefined,
  7: aggregator,
  8: communities,
  9: one('originator_id'),
  10: (body, field) => {
    if (body.remaining % 4 !== 0) return;
    body.group(field.cluster_list, () => {
      while (body.remaining > 0) body.take(field.cluster_id);
    });
  },
  14: reach,
  15: unreach,
  16: extendedCommunities,
  17: (body, field) => path(body, field, 4),
  18: aggregator,
  26: accumulated,
  32: largeCommunities,
};

/** RFC 6368, section 5: the attributes that a customer's network has set. */
function attributeSet(body: Body, field: AttributeFields): void {
  if (body.remaining < 4) return;
  body.number(field.setOrigin);
  if (body.remaining > 0) body.group(field.path_attributes, () => pathAttributes(body, field, true));
}

function unknown(body: Body, field: AttributeFields): void {
  body.group(field.unknownAttribute, () => undefined, body.remaining);
}

/**
 * Whether AS numbers have two octets or four (RFC 6793), which only the OPENs say: whichever size makes the segments end
 * where the attribute does.
 */
function octetsOfNumbers({ view, position, end }: Body): 2 | 4 {
  const fits = (size: number): boolean => {
    let at = position;
    while (at + 2 <= end) {
      if (segmentTypes[view.getUint8(at)] === undefined) return false;
      at += 2 + view.getUint8(at + 1) * size;
    }
    return at === end;
  };
  return fits(2) || !fits(4) ? 2 : 4;
}

function path(body: Body, field: AttributeFields, size: 2 | 4): void {
  while (body.remaining >= 2)
    body.group(field.segment, () => {
      body.number(field.segmentType);
      const count = body.number(field.segmentLength);
      const numbers: number[] = [];
      for (let i = 0; i < count; i++) numbers.push(body.number(size === 2 ? field.as2 : field.as4));
      body.describe(numbers.join(' '));
    });
}

/** RFC 4271, section 5.1.7, and RFC 6793, section 3. */
function aggregator(body: Body, field: AttributeFields): void {
  const length = body.remaining;
  if (length !== 6 && length !== 8) return;
  const start = body.position;
  const as = length === 6 ? body.view.getUint16(start) : body.view.getUint32(start);
  body.found(field.aggregator_as, as, start, length - 4);
  body.position = start + length - 4;
  body.take(field.aggregator_origin);
}

/** RFC 1997. */
function communities(body: Body, field: AttributeFields): void {
  body.group(field.communities, () => {
    while (body.remaining >= 4) {
      const value = body.view.getUint32(body.position);
      body.group(field.community, () => {
        if (wellKnownCommunities[value] !== undefined) body.number(field.community_wellknown);
        else {
          body.number(field.community_as);
          body.number(field.community_value);
        }
        body.describe(wellKnownCommunities[value] ?? `${value >>> 16}:${value & 0xffff}`);
      });
    }
  });
}

/** RFC 4760, section 3. */
function reach(body: Body, field: AttributeFields): void {
  if (body.remaining < 4) return;
  const family = body.number(field.reachAfi);
  const kind = body.number(field.reachSafi);
  // Wireshark's octets of the next hop begin with the one that says how many there are.
  body.over(field.reachNextHop, 1 + body.peek8(), () => {
    body.position++;
    nextHop(body, field, kind);
  });
  const points = body.number(field.attachmentPoints);
  for (let i = 0; i < points; i++) {
    const octets = body.number(field.attachmentLength);
    if (octets > 0) body.take(field.attachment, (octets + 1) >> 1);
  }
  body.group(field.reach, () => familyPrefixes(body, field, family, kind, 'reach'));
}

/** RFC 4364, section 4.3.2: for a VPN a route distinguisher stands before the address; RFC 2545, section 3: and a link-local one behind. */
function nextHop(body: Body, field: AttributeFields, kind: number): void {
  const hasRd = kind === 128 || kind === 129;
  if (hasRd && body.remaining >= 8) {
    const start = body.position;
    body.found(field.nextHopRd, rdText(body.view, start), start, 8);
    body.position = start + 8;
  }
  if (body.remaining === 4) body.take(field.nextHop4);
  else if (body.remaining >= 16) {
    body.take(field.nextHop6);
    if (hasRd && body.remaining >= 24) body.skip(8);
    if (body.remaining >= 16) body.take(field.nextHopLinkLocal);
  }
}

/** RFC 4760, section 4. */
function unreach(body: Body, field: AttributeFields): void {
  if (body.remaining < 3) return;
  const family = body.number(field.unreachAfi);
  const kind = body.number(field.unreachSafi);
  body.group(field.unreach, () => familyPrefixes(body, field, family, kind, 'unreach'));
}

const subtypeFields: Readonly<Record<number, keyof AttributeFields>> = {
  0x00: 'ext_com.stype_tr_as2',
  0x40: 'ext_com.stype_ntr_as2',
  0x01: 'ext_com.stype_tr_IP4',
  0x41: 'ext_com.stype_ntr_IP4',
  0x02: 'ext_com.stype_tr_as4',
  0x42: 'ext_com.stype_ntr_as4',
  0x03: 'ext_com.stype_tr_opaque',
  0x43: 'ext_com.stype_ntr_opaque',
};
const LINK_BANDWIDTH = 0x04;
const ENCAPSULATION = 0x0c;

/** RFC 4360, RFC 5668. */
function extendedCommunities(body: Body, field: AttributeFields): void {
  body.group(field.ext_communities, () => {
    while (body.remaining >= 8)
      body.group(field.ext_community, () => {
        const kind = body.number(field['ext_com.type']);
        const sub = body.number(field[subtypeFields[kind] ?? 'ext_com.stype_unknown']);
        body.describe(extendedSubtypes[sub] ?? extendedTypes[kind] ?? 'Unknown');
        extendedValue(body, field, kind & 0xbf, sub);
      });
  });
}

function extendedValue(body: Body, field: AttributeFields, kind: number, sub: number): void {
  if (kind === 0) {
    body.number(field['ext_com.value_as2']);
    if (sub !== LINK_BANDWIDTH) body.number(field['ext_com.value_an4']);
    else {
      // draft-ietf-idr-link-bandwidth: octets a second as an IEEE number; six digits are what Wireshark shows.
      const at = body.position;
      const speed = body.view.getFloat32(at);
      body.found(field['ext_com.value_link_bw'], String(Number(speed.toPrecision(6))), at, 4);
      body.position = at + 4;
    }
  } else if (kind === 1) {
    body.take(field['ext_com.value_IP4']);
    body.number(field['ext_com.value_an2']);
  } else if (kind === 2) {
    body.number(field['ext_com.value_as4']);
    body.number(field['ext_com.value_an2']);
  } else if (kind === 3 && sub === ENCAPSULATION) {
    body.skip(4);
    body.number(field['ext_com.tunnel_type']);
  } else body.number(field['ext_com.value_raw']);
}

/** RFC 8092. */
function largeCommunities(body: Body, field: AttributeFields): void {
  while (body.remaining >= 12)
    body.titled(field.large_communities, '[ Null ]', () => {
      const numbers = (['ga', 'ldp1', 'ldp2'] as const).map((key) => body.number(field[`large_communities.${key}`]));
      body.describe(numbers.join(':'));
    });
}

/** RFC 7311, section 3. */
function accumulated(body: Body, field: AttributeFields): void {
  body.group(field.aigp, () => {
    while (body.remaining >= 3) {
      const kind = body.number(field['aigp.type']);
      const length = body.number(field['aigp.length']);
      if (length < 3) return;
      if (kind === 1 && length === 11) body.take(field['aigp.metric']);
      else body.skip(Math.min(length - 3, body.remaining));
    }
  });
}

/** Prefixes of IPv4 at the end of an UPDATE, or withdrawn by it. */
export function announced(body: Body, field: AttributeFields): void {
  prefixes(body, field, 'nlri_prefix');
}

export function withdrawn(body: Body, field: AttributeFields): void {
  prefixes(body, field, 'withdrawn_prefix');
}
