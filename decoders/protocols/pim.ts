import { ChecksumStatus, checksumStatusLabels, pseudoHeaderSum, transportChecksum } from '../core/checksum.js';
import {
  type Body,
  bits,
  bytes,
  type Field,
  flag,
  group,
  ipv4Address,
  onesComplementSum,
  protocol,
  REST,
  spare,
  text,
  uint,
} from '../core/index.js';
import { addressFields, groupAddress, sourceAddress, unicastAddress } from './pim-addresses.js';
import { helloOption, optionFields } from './pim-options.js';

const PROTOCOL_NUMBER = 103;
const REGISTER = 1;
const ELECTION = 10;
const DISCOVERY = 12;
/** Of a Register, the checksum covers only the header and the flags (RFC 7761, section 4.9). */
const REGISTER_OCTETS = 8;
const DUMMY_OCTETS = 20;

/** IANA "PIM Message Types". */
const types: Readonly<Record<number, string>> = {
  0: 'Hello',
  [REGISTER]: 'Register',
  2: 'Register-stop',
  3: 'Join/Prune',
  4: 'Bootstrap',
  5: 'Assert',
  6: 'Graft',
  7: 'Graft-Ack',
  8: 'Candidate-RP-Advertisement',
  9: 'State-Refresh',
  [ELECTION]: 'DF election',
  11: 'ECMP redirect',
  [DISCOVERY]: 'PFM source discovery',
};
/** RFC 5015, section 3.7. */
const elections = { 1: 'Offer', 2: 'Winner', 3: 'Backoff', 4: 'Pass' };
const GROUP_SOURCE_HOLDTIME = 1;

const preference = uint(31, 'Metric Preference', { filter: 'pim.metric_pref' });

const fields = {
  res_bytes: bytes(0, 'Reserved byte(s)'),
  election: bits(
    8,
    'Election',
    {
      subtype: uint(4, 'DF Subtype', { filter: 'pim.df_elect.subtype', labels: elections }),
      rsvd: uint(4, 'DF reserved', { filter: 'pim.df_elect.rsvd' }),
    },
    { bare: true },
  ),
  pfmnoforwardbit: flag('Pfm no forward bit'),
  cksum: uint(16, 'Checksum', { base: 16 }),
  'cksum.status': uint(8, 'Checksum Status', { labels: checksumStatusLabels }),
  option: group('PIM Options'),
  register_flag: bits(
    32,
    'Flags',
    { border: flag('Border'), null_register: flag('Null-Register'), rest: spare(30) },
    { base: 16 },
  ),
  ip_version: uint(4, 'IP Version', { labels: { 0: 'Dummy Header', 4: 'IPv4', 6: 'IPv6' } }),
  dummy_header: group('Dummy Header'),
  dummySource: ipv4Address('Source', { filter: 'pim.source' }),
  dummyGroup: ipv4Address('Group', { filter: 'pim.group' }),
  numgroups: uint(8, 'Num Groups'),
  group_set: text('Group'),
  numjoins: uint(16, 'Num Joins'),
  numprunes: uint(16, 'Num Prunes'),
  fragment_tag: uint(16, 'Fragment tag', { base: 16 }),
  hash_mask_len: uint(8, 'Hash mask len'),
  bsr_priority: uint(8, 'BSR priority'),
  rp_count: uint(8, 'RP count'),
  frp_count: uint(8, 'FRP count'),
  priority: uint(8, 'Priority'),
  prefix_count: uint(8, 'Prefix-count'),
  tree: bits(
    32,
    'Metric preference',
    { rpt: flag('RP Tree', { filter: 'pim.rpt' }), metric_pref: preference },
    { bare: true },
  ),
  preference: bits(32, 'Metric preference', { reserved: spare(1), metric_pref: preference }, { bare: true }),
  metric: uint(32, 'Metric'),
  ttl: uint(8, 'TTL'),
  indicators: bits(
    8,
    'Indicators',
    {
      prune: flag('Prune indicator', { filter: 'pim.prune_indicator' }),
      now: flag('Prune now', { filter: 'pim.prune_now' }),
      override: flag('Assert override', { filter: 'pim.assert_override' }),
      reserved: spare(5),
    },
    { bare: true },
  ),
  interval: uint(8, 'Interval'),
  transitive: bits(
    16,
    'Type',
    { t: flag('Transitive Type', { filter: 'pim.transitivetype' }), type: spare(15) },
    { bare: true },
  ),
  srccount: uint(16, 'Source Count'),
  srcholdtime: uint(16, 'Source Holdtime'),
  ...optionFields,
  ...addressFields,
};

type PimFields = { readonly [K in keyof typeof fields]: Field };

/** Protocol Independent Multicast, version 2; of other versions, the header alone. */
export const pim = protocol('pim', 'Protocol Independent Multicast', {
  reference: 'RFC 7761, section 4.9; RFC 3973, section 4.7; RFC 5015, section 3.7; RFC 8364, section 3.3',
  carriedBy: { 'ip.proto': PROTOCOL_NUMBER, 'ipv6.nxt': PROTOCOL_NUMBER },
  header: {
    first: bits(
      8,
      'Version and type',
      {
        version: uint(4, 'Version', { filter: 'pim.version' }),
        type: uint(4, 'Type', { filter: 'pim.type', labels: types }),
      },
      { bare: true },
    ),
  },
  fields,
  headerLength: (_read, view, start, end) => (encapsulates(view, start, end) ? REGISTER_OCTETS : REST),
  next: {
    table: 'raw.version',
    value: (_read, view, start, _end, walk) =>
      encapsulates(view, start, walk.capturedEnd) ? view.getUint8(start + REGISTER_OCTETS) >> 4 : -1,
  },
  body: (body, field) => {
    const { view, start } = body;
    const type = view.getUint8(start) & 15;
    const version = view.getUint8(start) >> 4;
    body.column = `PIMv${version}`;
    if (type === ELECTION) body.number(field.election);
    else {
      if (type === DISCOVERY) body.derived(field.pfmnoforwardbit, body.peek8() >= 0x80);
      body.take(field.res_bytes, 1);
    }
    body.number(field.cksum);
    const status = version === 2 ? checksumStatus(body, type) : ChecksumStatus.unverified;
    transportChecksum(body, field['cksum.status'], status, start + 2, 'PIM checksum');
    if (version === 2) body.group(field.option, () => messages[type]?.(body, field));
  },
  info: (_layer, { view, start, end }) => {
    if (start >= end) return 'Cut PIM message';
    const type = view.getUint8(start) & 15;
    return types[type] ?? `Unknown (${type})`;
  },
});

/** Whether it is a Register with a packet inside, and not with the dummy header of a Null-Register (section 4.9.3). */
function encapsulates(view: DataView, start: number, end: number): boolean {
  if (view.getUint8(start) !== 0x20 + REGISTER || start + REGISTER_OCTETS >= end) return false;
  const version = view.getUint8(start + REGISTER_OCTETS) >> 4;
  return version === 4 || version === 6;
}

function checksumStatus({ view, walk, depth, start, quoted }: Body, type: number): number {
  const end = walk.end[depth];
  const length = type === REGISTER ? Math.min(REGISTER_OCTETS, end - start) : end - start;
  if (quoted || start + length > walk.capturedEnd || walk.moreFragments || walk.fragmentOffset !== 0)
    return ChecksumStatus.unverified;
  let sum = 0;
  // Over IPv6 there is a pseudo-header, and its length is that of what is summed (section 4.9).
  for (let below = depth - 1; below >= 0; below--) {
    const first = view.getUint8(walk.start[below]) >> 4;
    if (walk.end[below] < end) break;
    if (first === 4) break;
    if (first !== 6) continue;
    sum = pseudoHeaderSum(view, walk.start[below], PROTOCOL_NUMBER, length, -1);
    break;
  }
  return onesComplementSum(view, start, length, sum) === 0xffff ? ChecksumStatus.good : ChecksumStatus.bad;
}

type Read = (body: Body, field: PimFields) => void;

const messages: Readonly<Record<number, Read>> = {
  0: (body, field) => {
    while (body.remaining > 0) helloOption(body, field);
  },
  1: register,
  2: (body, field) => {
    groupAddress(body, field);
    unicastAddress(body, field, 'source');
  },
  3: joinPrune,
  4: bootstrap,
  5: (body, field) => {
    groupAddress(body, field);
    unicastAddress(body, field, 'source');
    body.number(field.tree);
    body.number(field.metric);
  },
  6: joinPrune,
  7: joinPrune,
  8: (body, field) => {
    const prefixes = body.number(field.prefix_count);
    body.number(field.priority);
    body.number(field.holdtime);
    unicastAddress(body, field, 'rp');
    for (let i = 0; i < prefixes; i++) groupAddress(body, field);
  },
  9: (body, field) => {
    groupAddress(body, field);
    unicastAddress(body, field, 'source');
    unicastAddress(body, field, 'originator');
    body.number(field.tree);
    body.number(field.metric);
    body.number(field.mask_len);
    body.number(field.ttl);
    body.number(field.indicators);
    body.number(field.interval);
  },
  [ELECTION]: (body, field) => {
    unicastAddress(body, field, 'rp');
    body.number(field.preference);
    body.number(field.metric);
    if (body.remaining > 0) body.skip(body.remaining);
  },
  [DISCOVERY]: discovery,
};

function register(body: Body, field: PimFields): void {
  body.number(field.register_flag);
  const { view, position, walk } = body;
  if (position >= Math.min(walk.end[body.depth], walk.capturedEnd)) return;
  const version = view.getUint8(position) >> 4;
  body.derived(field.ip_version, version, undefined, position, 1);
  if (version !== 0 || body.remaining < DUMMY_OCTETS || body.carrier !== 'ip') return;
  body.group(field.dummy_header, () => {
    if (body.remaining > DUMMY_OCTETS) return;
    body.skip(12);
    body.take(field.dummySource);
    body.take(field.dummyGroup);
  });
}

function joinPrune(body: Body, field: PimFields): void {
  unicastAddress(body, field, 'upstream_neighbor');
  body.take(field.res_bytes, 1);
  const groups = body.number(field.numgroups);
  body.number(field.holdtime);
  for (let i = 0; i < groups; i++)
    body.titled(field.group_set, '', () => {
      body.describe(groupAddress(body, field));
      const joins = body.number(field.numjoins);
      const prunes = body.number(field.numprunes);
      for (let j = 0; j < joins; j++) sourceAddress(body, field, 'join_ip');
      for (let j = 0; j < prunes; j++) sourceAddress(body, field, 'prune_ip');
    });
}

function bootstrap(body: Body, field: PimFields): void {
  body.number(field.fragment_tag);
  body.number(field.hash_mask_len);
  body.number(field.bsr_priority);
  unicastAddress(body, field, 'bsr');
  while (body.remaining > 0) {
    groupAddress(body, field);
    body.number(field.rp_count);
    const points = body.number(field.frp_count);
    body.skip(2);
    for (let i = 0; i < points; i++) {
      unicastAddress(body, field, 'rp');
      body.number(field.holdtime);
      body.number(field.priority);
      body.take(field.res_bytes, 1);
    }
  }
}

/** RFC 8364, section 3.3: who floods, and what it says in type, length and value. */
function discovery(body: Body, field: PimFields): void {
  unicastAddress(body, field, 'originator');
  while (body.remaining > 0) {
    const type = body.peek16() & 0x7fff;
    body.number(field.transitive);
    const length = body.peek16();
    body.skip(2);
    body.need(length, 'a PIM flooding value');
    body.within(body.position + length, () => {
      if (type === GROUP_SOURCE_HOLDTIME) {
        groupAddress(body, field);
        const sources = body.number(field.srccount);
        body.number(field.srcholdtime);
        for (let i = 0; i < sources; i++) unicastAddress(body, field, 'source');
      }
      if (body.remaining > 0) body.skip(body.remaining);
    });
  }
}
