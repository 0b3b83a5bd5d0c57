/** Neighbor Discovery options: RFC 4861 section 4.6 and IANA "IPv6 Neighbor Discovery Option Formats". Lengths are in units of 8 octets. */

import { ipv6FromWords } from '../core/format.js';
import { type Body, bits, bytes, type Field, flag, group, ipv6Address, text, uint } from '../core/index.js';
import { readLabels } from './dns-name.js';

const names: Readonly<Record<number, string>> = {
  1: 'Source link-layer address',
  2: 'Target link-layer address',
  3: 'Prefix information',
  4: 'Redirected header',
  5: 'MTU',
  6: 'NBMA Shortcut Limit',
  7: 'Advertisement Interval',
  8: 'Home Agent Information',
  9: 'Source Address List',
  10: 'Target Address List',
  11: 'CGA',
  12: 'RSA Signature',
  13: 'Timestamp',
  14: 'Nonce',
  24: 'Route Information',
  25: 'Recursive DNS Server',
  26: 'RA Flags Extension',
  31: 'DNS Search List',
  33: 'Address Registration',
  34: '6LoWPAN Context',
  35: 'Authoritative Border Router',
  37: 'DHCP Captive-Portal',
  38: 'PREF64',
};

const REDIRECTED_HEADER = 4;
const preferences = { 0: 'Medium', 1: 'High', 2: 'Reserved', 3: 'Low' };

export const optionFields = {
  opt: group('ICMPv6 Option'),
  'opt.type': uint(8, 'Type', { labels: names }),
  'opt.length': uint(8, 'Length'),
  'opt.linkaddr': bytes(0, 'Link-layer address', { colons: true }),
  'opt.src_linkaddr': bytes(0, 'Source Link-layer address', { colons: true }),
  'opt.target_linkaddr': bytes(0, 'Target Link-layer address', { colons: true }),
  'opt.prefix.length': uint(8, 'Prefix Length'),
  'opt.prefix.flag': bits(
    8,
    'Flag',
    {
      l: flag('On-link flag(L)'),
      a: flag('Autonomous address-configuration flag(A)'),
      r: flag('Router address flag(R)'),
      reserved: uint(5, 'Reserved'),
    },
    { base: 16 },
  ),
  'opt.prefix.valid_lifetime': uint(32, 'Valid Lifetime', { unit: 's' }),
  'opt.prefix.preferred_lifetime': uint(32, 'Preferred Lifetime', { unit: 's' }),
  'opt.prefix': ipv6Address('Prefix'),
  'opt.reserved': bytes(0, 'Reserved'),
  'opt.redirected_packet': bytes(0, 'Redirected Packet'),
  'opt.mtu': uint(32, 'MTU'),
  'opt.nbma.shortcut_limit': uint(8, 'Shortcut Limit'),
  'opt.advertisement_interval': uint(32, 'Advertisement Interval', { unit: 'ms' }),
  'opt.home_agent_preference': uint(16, 'Home Agent Preference'),
  'opt.home_agent_lifetime': uint(16, 'Home Agent Lifetime', { unit: 's' }),
  'opt.ipv6_address': ipv6Address('IPv6 Address'),
  'opt.nonce': bytes(0, 'Nonce'),
  'opt.route_info.flag': bits(
    8,
    'Flag',
    {
      before: uint(3, 'Reserved', { filter: 'icmpv6.opt.route_info.flag.reserved' }),
      route_preference: uint(2, 'Route Preference', { labels: preferences }),
      after: uint(3, 'Reserved', { filter: 'icmpv6.opt.route_info.flag.reserved_low' }),
    },
    { base: 16 },
  ),
  'opt.route_lifetime': uint(32, 'Route Lifetime', { unit: 's' }),
  'opt.rdnss.lifetime': uint(32, 'Lifetime', { unit: 's' }),
  'opt.rdnss': ipv6Address('Recursive DNS Servers'),
  'opt.dnssl.lifetime': uint(32, 'Lifetime', { unit: 's' }),
  'opt.dnssl': text('Domain Names'),
  'opt.captive_portal': text('Captive Portal'),
  pref64: bits(
    16,
    'Lifetime and prefix length',
    {
      lifetime: uint(13, 'Scaled Lifetime', { filter: 'icmpv6.opt.pref64.scaled_lifetime' }),
      plc: uint(3, 'PLC (Prefix Length Code)', { base: 16, hexBits: 16, filter: 'icmpv6.opt.pref64.plc' }),
    },
    { bare: true },
  ),
  'opt.pref64.prefix': ipv6Address('Prefix'),
  'opt.data': bytes(0, 'Option data'),
};

export type OptionFields = { readonly [K in keyof typeof optionFields]: Field };
type Read = (body: Body, field: OptionFields) => string | undefined;

const rest = (body: Body, field: Field): undefined => {
  if (body.remaining > 0) body.take(field, body.remaining);
};

/** Ethernet addresses are the rule, and read with colons. */
function linkAddress(key: 'opt.src_linkaddr' | 'opt.target_linkaddr'): Read {
  return (body, field) => {
    const general = body.take(field['opt.linkaddr'], body.remaining);
    body.derived(field[key], general.value, undefined, body.position - general.length, general.length);
    return general.text;
  };
}

const readers: Readonly<Record<number, Read>> = {
  1: linkAddress('opt.src_linkaddr'),
  2: linkAddress('opt.target_linkaddr'),
  3: (body, field) => {
    const length = body.number(field['opt.prefix.length']);
    body.number(field['opt.prefix.flag']);
    body.number(field['opt.prefix.valid_lifetime']);
    body.number(field['opt.prefix.preferred_lifetime']);
    body.take(field['opt.reserved'], 4);
    return `${body.take(field['opt.prefix']).display}/${length}`;
  },
  4: (body, field) => {
    body.take(field['opt.reserved'], 6);
    return rest(body, field['opt.redirected_packet']);
  },
  5: (body, field) => {
    body.take(field['opt.reserved'], 2);
    return `${body.number(field['opt.mtu'])}`;
  },
  6: (body, field) => `${body.number(field['opt.nbma.shortcut_limit'])}`,
  7: (body, field) => {
    body.take(field['opt.reserved'], 2);
    return `${body.number(field['opt.advertisement_interval'])} ms`;
  },
  8: (body, field) => {
    body.take(field['opt.reserved'], 2);
    body.number(field['opt.home_agent_preference']);
    return `${body.number(field['opt.home_agent_lifetime'])} s`;
  },
  9: addressList,
  10: addressList,
  14: (body, field) => rest(body, field['opt.nonce']),
  24: routeInformation,
  25: (body, field) => {
    body.take(field['opt.reserved'], 2);
    body.number(field['opt.rdnss.lifetime']);
    const servers: string[] = [];
    while (body.remaining >= 16) servers.push(body.take(field['opt.rdnss']).display);
    return servers.join(' ');
  },
  31: searchList,
  37: (body, field) => body.text(field['opt.captive_portal'], body.remaining).replace(/\0+$/, ''),
  38: (body, field) => {
    body.number(field.pref64);
    // The upper 96 bits are there; the length code says how many of them count (RFC 8781, section 4).
    body.need(12, 'Prefix');
    const word = (index: number) => body.view.getUint32(body.position + index * 4);
    body.found(field['opt.pref64.prefix'], ipv6FromWords(word(0), word(1), word(2), 0), body.position, 12);
    body.position += 12;
    return undefined;
  },
};

/** Reads options to the end of the message. */
export function readOptions(body: Body, field: OptionFields): void {
  while (body.remaining > 0) {
    body.group(field.opt, () => {
      const start = body.position;
      const type = body.number(field['opt.type']);
      const name = names[type] ?? `Type ${type}`;
      body.describe(name);
      const length = body.number(field['opt.length']) * 8;
      // RFC 4861, section 4.6: a node must discard such a packet, for it would never end.
      if (length === 0) body.fail(`Neighbor Discovery option ${type} has length 0`);
      // The packet that a Redirect quotes is a layer of its own, behind this one.
      const end = type === REDIRECTED_HEADER && start + 8 === body.end ? body.end : start + length;
      body.need(end - body.position, `Neighbor Discovery option ${type}`);
      body.within(end, () => {
        const label = (readers[type] ?? ((inside, fields) => rest(inside, fields['opt.data'])))(body, field);
        if (label !== undefined) body.describe(`${name}: ${label}`);
      });
      if (body.position < end) body.skip(end - body.position);
    });
  }
}

function addressList(body: Body, field: OptionFields): undefined {
  body.take(field['opt.reserved'], 6);
  while (body.remaining >= 16) body.take(field['opt.ipv6_address']);
}

/** RFC 4191, section 2.3: the prefix has 0, 8 or 16 octets. */
function routeInformation(body: Body, field: OptionFields): string {
  const length = body.number(field['opt.prefix.length']);
  body.number(field['opt.route_info.flag']);
  body.number(field['opt.route_lifetime']);
  if (body.remaining >= 16) return `${body.take(field['opt.prefix']).display}/${length}`;
  if (body.remaining < 8) return `/${length}`;
  const prefix = ipv6FromWords(body.view.getUint32(body.position), body.view.getUint32(body.position + 4), 0, 0);
  body.found(field['opt.prefix'], prefix, body.position, 8);
  body.position += 8;
  return `${prefix}/${length}`;
}

/** RFC 8106, section 5.2: names without compression, then zeros. */
function searchList(body: Body, field: OptionFields): string {
  body.take(field['opt.reserved'], 2);
  body.number(field['opt.dnssl.lifetime']);
  const domains: string[] = [];
  while (body.remaining > 0 && body.peek8() !== 0) {
    const name = readLabels(body.view, body.position, body.end, body.position);
    if (name.problem !== undefined) body.fail(name.problem);
    body.found(field['opt.dnssl'], name.text, body.position, name.end - body.position);
    domains.push(name.text);
    body.position = name.end;
  }
  return domains.join(' ');
}
