/** RPL, the routing protocol of low-power and lossy networks, in ICMPv6: RFC 6550, section 6. */

import { type Body, bits, type Field, flag, group, ipv6Address, uint } from '../core/index.js';

/** IANA "RPL Control Message Options". */
const options: Readonly<Record<number, string>> = {
  0: 'Pad1',
  1: 'PadN',
  2: 'DAG Metric Container',
  3: 'Routing Information',
  4: 'DODAG Configuration',
  5: 'RPL Target',
  6: 'Transit Information',
  7: 'Solicited Information',
  8: 'Prefix Information',
  9: 'RPL Target Descriptor',
};
const modes = {
  0: 'No downward routes',
  1: 'Non-Storing',
  2: 'Storing without multicast',
  3: 'Storing with multicast',
};

export const rplFields = {
  'rpl.dis.flags': uint(8, 'Flags'),
  'rpl.dio.instance': uint(8, 'RPLInstanceID'),
  'rpl.dio.version': uint(8, 'Version'),
  'rpl.dio.rank': uint(16, 'Rank'),
  'rpl.dio.flag': bits(
    8,
    'Flags',
    {
      g: flag('Grounded (G)'),
      zero: flag('Zero', { filter: 'icmpv6.rpl.dio.flag.0' }),
      mop: uint(3, 'Mode of Operation (MOP)', { base: 16, labels: modes }),
      preference: uint(3, 'DODAG Preference'),
    },
    { base: 16 },
  ),
  'rpl.dio.dtsn': uint(8, 'Destination Advertisement Trigger Sequence Number (DTSN)'),
  moreFlags: uint(8, 'Flags', { base: 16, filter: 'icmpv6.rpl.dio.flag' }),
  'rpl.dio.dagid': ipv6Address('DODAGID'),
  'rpl.dao.instance': uint(8, 'RPLInstanceID'),
  'rpl.dao.flag': bits(
    8,
    'Flags',
    { k: flag('DAO-ACK Request (K)'), d: flag('DODAGID Present (D)'), rsv: uint(6, 'Reserved') },
    { base: 16 },
  ),
  'rpl.dao.sequence': uint(8, 'DAO Sequence'),
  'rpl.dao.dodagid': ipv6Address('DODAGID'),
  'rpl.daoack.instance': uint(8, 'RPLInstanceID'),
  'rpl.daoack.flag': bits(8, 'Flag', { d: flag('DODAGID Present (D)'), rsv: uint(7, 'Reserved') }, { base: 16 }),
  'rpl.daoack.sequence': uint(8, 'DAO-ACK Sequence'),
  'rpl.daoack.status': uint(8, 'Status'),
  'rpl.daoack.dodagid': ipv6Address('DODAGID'),
  rplOption: group('ICMPv6 RPL Option', { filter: 'icmpv6.opt' }),
  'rpl.opt.type': uint(8, 'Type', { labels: options }),
  'rpl.opt.length': uint(8, 'Length'),
  'rpl.opt.route.prefix_length': uint(8, 'Prefix Length'),
  'rpl.opt.route.flag': uint(8, 'Flag', { base: 16 }),
  'rpl.opt.route.lifetime': uint(32, 'Route Lifetime', { unit: 's' }),
  'rpl.opt.route.prefix': ipv6Address('Prefix'),
  'rpl.opt.config.flag': uint(8, 'Flag', { base: 16 }),
  'rpl.opt.config.interval_double': uint(8, 'DIOIntervalDoublings'),
  'rpl.opt.config.interval_min': uint(8, 'DIOIntervalMin'),
  'rpl.opt.config.redundancy': uint(8, 'DIORedundancyConstant'),
  'rpl.opt.config.max_rank_inc': uint(16, 'MaxRankInc'),
  'rpl.opt.config.min_hop_rank_inc': uint(16, 'MinHopRankInc'),
  'rpl.opt.config.ocp': uint(16, 'OCP (Objective Code Point)'),
  'rpl.opt.config.rsv': uint(8, 'Reserved'),
  'rpl.opt.config.def_lifetime': uint(8, 'Default Lifetime'),
  'rpl.opt.config.lifetime_unit': uint(16, 'Lifetime Unit'),
  'rpl.opt.target.prefix_length': uint(8, 'Target Length'),
  'rpl.opt.target.prefix': ipv6Address('Target'),
  'rpl.opt.transit.flag': bits(8, 'Flags', { e: flag('External'), rsv: uint(7, 'Reserved') }, { base: 16 }),
  'rpl.opt.transit.pathctl': uint(8, 'Path Control'),
  'rpl.opt.transit.pathseq': uint(8, 'Path Sequence'),
  'rpl.opt.transit.pathlifetime': uint(8, 'Path Lifetime'),
  'rpl.opt.transit.parent': ipv6Address('Parent Address'),
  'rpl.opt.solicited.instance': uint(8, 'Instance'),
  'rpl.opt.solicited.flag': bits(
    8,
    'Flag',
    {
      v: flag('Version predicate'),
      i: flag('InstanceID predicate'),
      d: flag('DODAGID predicate'),
      rsv: uint(5, 'Reserved'),
    },
    { base: 16 },
  ),
  'rpl.opt.solicited.dodagid': ipv6Address('DODAGID'),
  'rpl.opt.solicited.version': uint(8, 'Version'),
  'rpl.opt.prefix.length': uint(8, 'Prefix Length'),
  'rpl.opt.prefix.flag': uint(8, 'Flag', { base: 16 }),
  'rpl.opt.prefix.valid_lifetime': uint(32, 'Valid Lifetime', { unit: 's' }),
  'rpl.opt.prefix.preferred_lifetime': uint(32, 'Preferred Lifetime', { unit: 's' }),
  'rpl.opt.prefix': ipv6Address('Destination Prefix'),
  'rpl.opt.targetdesc.descriptor': uint(32, 'Descriptor', { base: 16 }),
};

export type RplFields = { readonly [K in keyof typeof rplFields]: Field } & { readonly reserved: Field };

/** A control message; its code says which (RFC 6550, section 6). */
export function readRpl(body: Body, field: RplFields, code: number): void {
  switch (code) {
    case 0:
      body.number(field['rpl.dis.flags']);
      body.take(field.reserved, 1);
      break;
    case 1:
      body.number(field['rpl.dio.instance']);
      body.number(field['rpl.dio.version']);
      body.number(field['rpl.dio.rank']);
      body.number(field['rpl.dio.flag']);
      body.number(field['rpl.dio.dtsn']);
      body.number(field.moreFlags);
      body.take(field.reserved, 1);
      body.take(field['rpl.dio.dagid']);
      break;
    case 2: {
      body.number(field['rpl.dao.instance']);
      const flags = body.number(field['rpl.dao.flag']);
      body.take(field.reserved, 1);
      body.number(field['rpl.dao.sequence']);
      if ((flags & 0x40) !== 0) body.take(field['rpl.dao.dodagid']);
      break;
    }
    case 3: {
      body.number(field['rpl.daoack.instance']);
      const flags = body.number(field['rpl.daoack.flag']);
      body.number(field['rpl.daoack.sequence']);
      body.number(field['rpl.daoack.status']);
      if ((flags & 0x80) !== 0) body.take(field['rpl.daoack.dodagid']);
      break;
    }
    default:
      // Secured variants (section 6.1) and point-to-point routes (RFC 6997).
      if (body.remaining > 0) body.skip(body.remaining);
  }
  while (body.remaining > 0) option(body, field);
}

function option(body: Body, field: RplFields): void {
  body.group(field.rplOption, () => {
    const type = body.number(field['rpl.opt.type']);
    body.describe(options[type] ?? `Type ${type}`);
    if (type === 0) return;
    const length = body.number(field['rpl.opt.length']);
    body.need(length, options[type] ?? `RPL option ${type}`);
    body.within(body.position + length, () => {
      for (const key of layouts[type] ?? []) {
        if (key === undefined) body.skip(reserves[type] ?? 1);
        else if (field[key].kind === 'ipv6') prefix(body, field[key]);
        else body.number(field[key]);
      }
      if (body.remaining > 0) body.skip(body.remaining);
    });
  });
}

/** Fields of each option, in wire order; undefined stands for octets in reserve. */
const layouts: Readonly<Record<number, readonly (keyof RplFields | undefined)[]>> = {
  3: ['rpl.opt.route.prefix_length', 'rpl.opt.route.flag', 'rpl.opt.route.lifetime', 'rpl.opt.route.prefix'],
  4: [
    'rpl.opt.config.flag',
    'rpl.opt.config.interval_double',
    'rpl.opt.config.interval_min',
    'rpl.opt.config.redundancy',
    'rpl.opt.config.max_rank_inc',
    'rpl.opt.config.min_hop_rank_inc',
    'rpl.opt.config.ocp',
    'rpl.opt.config.rsv',
    'rpl.opt.config.def_lifetime',
    'rpl.opt.config.lifetime_unit',
  ],
  5: [undefined, 'rpl.opt.target.prefix_length', 'rpl.opt.target.prefix'],
  6: [
    'rpl.opt.transit.flag',
    'rpl.opt.transit.pathctl',
    'rpl.opt.transit.pathseq',
    'rpl.opt.transit.pathlifetime',
    'rpl.opt.transit.parent',
  ],
  7: ['rpl.opt.solicited.instance', 'rpl.opt.solicited.flag', 'rpl.opt.solicited.dodagid', 'rpl.opt.solicited.version'],
  8: [
    'rpl.opt.prefix.length',
    'rpl.opt.prefix.flag',
    'rpl.opt.prefix.valid_lifetime',
    'rpl.opt.prefix.preferred_lifetime',
    undefined,
    'rpl.opt.prefix',
  ],
  9: ['rpl.opt.targetdesc.descriptor'],
};
const reserves: Readonly<Record<number, number>> = { 5: 1, 8: 4 };

/** An address of which only the octets that count may be there (sections 6.7.5 and 6.7.7). */
function prefix(body: Body, field: Field): void {
  if (body.remaining >= 16) body.take(field);
  else if (body.remaining > 0) body.skip(body.remaining);
}
