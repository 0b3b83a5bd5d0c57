/** Information elements of GTPv2-C: 3GPP TS 29.274, section 8. Lengths are octets. */

import {
  type Body,
  bits,
  bytes,
  type Field,
  flag,
  ipv4Address,
  ipv6Address,
  spare,
  text,
  uint,
} from '../core/index.js';
import { gtpCauses, gtpElements, gtpInterfaces, radioAccess } from '../labels/gtp.js';

const BEARER_CONTEXT = 93;
/** Elements in elements that are followed. */
const MAXIMUM_DEPTH = 8;

const name = (key: string) => ({ filter: `gtpv2.${key}` });
const area = (title: string, key: string) => uint(16, title, { filter: `e212.${key}` });

export const elementFields = {
  ie_type: uint(8, 'IE Type', { labels: gtpElements }),
  ie_len: uint(16, 'IE Length'),
  head: bits(
    8,
    'Flags',
    { cr: uint(4, 'CR flag', name('cr')), i: uint(4, 'Instance', name('instance')) },
    { bare: true },
  ),
  imsi: text('IMSI', { filter: 'e212.imsi' }),
  'assoc.imsi': text('Association IMSI', { filter: 'e212.assoc.imsi' }),
  msisdn: text('E.164 number (MSISDN)', { filter: 'e164.msisdn' }),
  mei: text('MEI(Mobile Equipment Identity)'),
  cause: uint(8, 'Cause', { labels: gtpCauses }),
  causeFlags: bits(
    8,
    'Flags',
    {
      spare: uint(5, 'Spare bit(s)', name('spare_b7_b3')),
      pce: flag('PCE (PDN Connection IE Error)', name('pce')),
      bce: flag('BCE (Bearer Context IE Error)', name('bce')),
      cs: flag('CS (Cause Source)', name('cs')),
    },
    { bare: true },
  ),
  cause_off_ie_t: uint(8, 'Type of the offending IE', { labels: gtpElements }),
  rec: uint(8, 'Restart Counter'),
  apn: text('APN (Access Point Name)'),
  ambr_up: uint(32, 'AMBR Uplink (Aggregate Maximum Bit Rate for Uplink)', { unit: 'kbit/s' }),
  ambr_down: uint(32, 'AMBR Downlink(Aggregate Maximum Bit Rate for Downlink)', { unit: 'kbit/s' }),
  bearer: bits(
    8,
    'EPS Bearer ID',
    { spare: spare(4), ebi: uint(4, 'EPS Bearer ID (EBI)', name('ebi')) },
    { bare: true },
  ),
  ip_address_ipv4: ipv4Address('IP address IPv4'),
  ip_address_ipv6: ipv6Address('IP address IPv6'),
  pdn: bits(
    8,
    'PDN Type',
    {
      spare: spare(5),
      type: uint(3, 'PDN Type', { ...name('pdn_type'), labels: { 1: 'IPv4', 2: 'IPv6', 3: 'IPv4/IPv6', 4: 'Non-IP' } }),
    },
    { bare: true },
  ),
  pdn_ipv6_len: uint(8, 'IPv6 Prefix Length'),
  'pdn_addr_and_prefix.ipv4': ipv4Address('PDN Address and Prefix(IPv4)'),
  'pdn_addr_and_prefix.ipv6': ipv6Address('PDN Address and Prefix(IPv6)'),
  priority: bits(
    8,
    'Allocation and retention priority',
    {
      first: spare(1),
      pci: flag('PCI (Pre-emption Capability)', name('bearer_qos_pci')),
      pl: uint(4, 'PL (Priority Level)', name('bearer_qos_pl')),
      second: spare(1),
      pvi: flag('PVI (Pre-emption Vulnerability)', name('bearer_qos_pvi')),
    },
    { bare: true },
  ),
  bearer_qos_label_qci: uint(8, 'Label (QCI)'),
  bearer_qos_mbr_up: uint(40, 'Maximum Bit Rate For Uplink', { unit: 'kbit/s' }),
  bearer_qos_mbr_down: uint(40, 'Maximum Bit Rate For Downlink', { unit: 'kbit/s' }),
  bearer_qos_gbr_up: uint(40, 'Guaranteed Bit Rate For Uplink', { unit: 'kbit/s' }),
  bearer_qos_gbr_down: uint(40, 'Guaranteed Bit Rate For Downlink', { unit: 'kbit/s' }),
  rat_type: uint(8, 'RAT Type', { labels: radioAccess }),
  mcc: area('Mobile Country Code (MCC)', 'mcc'),
  mnc: area('Mobile Network Code (MNC)', 'mnc'),
  'tai.mcc': area('Mobile Country Code (MCC)', 'tai.mcc'),
  'tai.mnc': area('Mobile Network Code (MNC)', 'tai.mnc'),
  'ecgi.mcc': area('Mobile Country Code (MCC)', 'ecgi.mcc'),
  'ecgi.mnc': area('Mobile Network Code (MNC)', 'ecgi.mnc'),
  uli_flags: bits(
    8,
    'ULI Flags',
    {
      ext: flag('Extended Macro eNodeB ID Present', name('uli_ext_macro_enb_id_flg')),
      macro: flag('Macro eNodeB ID Present', name('uli_macro_enb_id_flg')),
      lai: flag('LAI Present', name('uli_lai_flg')),
      ecgi: flag('ECGI Present', name('uli_ecgi_flg')),
      tai: flag('TAI Present', name('uli_tai_flg')),
      rai: flag('RAI Present', name('uli_rai_flg')),
      sai: flag('SAI Present', name('uli_sai_flg')),
      cgi: flag('CGI Present', name('uli_cgi_flg')),
    },
    { base: 16 },
  ),
  tai_tac: uint(16, 'Tracking Area Code', { base: 16 }),
  cell: bits(
    32,
    'E-UTRAN Cell Identifier',
    {
      spare: uint(4, 'Spare', name('uli_ecgi_eci_spare')),
      eci: bits(
        28,
        'ECI (E-UTRAN Cell Identifier)',
        { node: uint(20, 'eNodeB Id', name('enodebid')), cell: uint(8, 'CellId', name('cellid')) },
        name('ecgi_eci'),
      ),
    },
    { bare: true },
  ),
  teid: bits(
    8,
    'Flags',
    {
      v4: flag('V4', name('f_teid_v4')),
      v6: flag('V6', name('f_teid_v6')),
      type: uint(6, 'Interface Type', { ...name('f_teid_interface_type'), labels: gtpInterfaces }),
    },
    { bare: true },
  ),
  f_teid_gre_key: uint(32, 'TEID/GRE Key', { base: 16 }),
  f_teid_ipv4: ipv4Address('F-TEID IPv4'),
  f_teid_ipv6: ipv6Address('F-TEID IPv6'),
  delay_value: uint(8, 'Delay Value', { unit: '× 50 ms' }),
  charging_id: uint(32, 'Charging id'),
  charging_characteristic: uint(16, 'Charging Characteristic', { base: 16 }),
  bearerFlags: bits(
    8,
    'Bearer Flags',
    {
      spare: spare(6),
      vb: flag('VB (Voice Bearer)', name('bearer_flag.vb')),
      ppc: flag('PPC (Prohibit Payload Compression)', name('bearer_flag.ppc')),
    },
    { bare: true },
  ),
  pti: uint(8, 'Procedure Transaction Id'),
  zone: bits(
    8,
    'Daylight Saving Time',
    { spare: spare(6), dst: uint(2, 'Daylight Saving Time', name('ue_time_zone_dst')) },
    { bare: true },
  ),
  apn_rest: uint(8, 'APN Restriction'),
  selection: bits(
    8,
    'Selection Mode',
    { spare: spare(6), mode: uint(2, 'Selection Mode', name('selec_mode')) },
    { bare: true },
  ),
  node_type: uint(8, 'Node Type', { labels: { 0: 'MME', 1: 'SGSN' } }),
  detach_type: uint(8, 'Detach Type', { labels: { 1: 'PS Detach', 2: 'Combined PS/CS Detach' } }),
  enterprise_id: uint(16, 'Enterprise ID'),
  proprietary_value: bytes(0, 'Proprietary value'),
};

export type ElementFields = { readonly [K in keyof typeof elementFields]: Field };

/** Reads the elements up to the end of what holds them (section 8.2.1). */
export function readElements(body: Body, field: ElementFields, depth = 0): void {
  while (body.remaining > 0)
    body.headed(field.ie_type, (type) => {
      const length = body.number(field.ie_len);
      body.number(field.head);
      body.need(length, gtpElements[type] ?? `information element ${type}`);
      body.within(body.position + length, () => {
        if (type === BEARER_CONTEXT && depth < MAXIMUM_DEPTH) readElements(body, field, depth + 1);
        else if (length > 0) readers[type]?.(body, field);
        if (body.remaining > 0) body.skip(body.remaining);
      });
    });
}

/** Decimal digits, the low half of each octet first, up to 1111 (section 8.3). */
function digits(body: Body): string {
  let out = '';
  for (let at = body.position; at < body.end; at++) {
    const octet = body.view.getUint8(at);
    if ((octet & 15) > 9) break;
    out += octet & 15;
    if (octet >> 4 > 9) break;
    out += octet >> 4;
  }
  return out;
}

function digitsAs(body: Body, field: Field): void {
  body.found(field, digits(body), body.position, body.remaining);
  body.position = body.end;
}

/** Mobile country and network codes, in three octets (section 8.18). */
function network(body: Body, country: Field, code: Field): void {
  body.need(3, country.title);
  const [first, second, third] = [body.peek8(), body.peek8(1), body.peek8(2)];
  const at = body.position;
  body.derived(country, (first & 15) * 100 + (first >> 4) * 10 + (second & 15), undefined, at, 2);
  const two = (third & 15) * 10 + (third >> 4);
  const last = second >> 4;
  body.derived(code, last === 15 ? two : two * 10 + last, undefined, at + 1, 2);
  body.skip(3);
}

/** Labels as in DNS, without the last, empty one (TS 23.003, section 9.1). */
function accessPoint(body: Body, field: Field): void {
  const labels: string[] = [];
  let at = body.position;
  while (at < body.end) {
    const length = body.view.getUint8(at);
    const end = Math.min(at + 1 + length, body.end);
    let label = '';
    for (let i = at + 1; i < end; i++) label += String.fromCharCode(body.view.getUint8(i));
    labels.push(label);
    at = end;
  }
  body.found(field, labels.join('.'), body.position, body.remaining);
  body.position = body.end;
}

type Read = (body: Body, field: ElementFields) => void;
const one =
  (key: keyof ElementFields): Read =>
  (body, field) => {
    body.number(field[key]);
  };

const readers: Readonly<Record<number, Read>> = {
  1: (body, field) => {
    body.derived(field['assoc.imsi'], digits(body), undefined, body.position, body.remaining);
    digitsAs(body, field.imsi);
  },
  2: (body, field) => {
    body.number(field.cause);
    if (body.remaining > 0) body.number(field.causeFlags);
    if (body.remaining >= 4) body.number(field.cause_off_ie_t);
  },
  3: one('rec'),
  71: (body, field) => accessPoint(body, field.apn),
  72: (body, field) => {
    body.number(field.ambr_up);
    body.number(field.ambr_down);
  },
  73: one('bearer'),
  74: (body, field) => {
    body.take(body.remaining >= 16 ? field.ip_address_ipv6 : field.ip_address_ipv4);
  },
  75: (body, field) => digitsAs(body, field.mei),
  76: (body, field) => digitsAs(body, field.msisdn),
  79: (body, field) => {
    const type = body.number(field.pdn) & 7;
    if (type === 2 || type === 3) {
      body.number(field.pdn_ipv6_len);
      body.take(field['pdn_addr_and_prefix.ipv6']);
    }
    if (type === 1 || type === 3) body.take(field['pdn_addr_and_prefix.ipv4']);
  },
  80: (body, field) => {
    body.number(field.priority);
    body.number(field.bearer_qos_label_qci);
    body.number(field.bearer_qos_mbr_up);
    body.number(field.bearer_qos_mbr_down);
    body.number(field.bearer_qos_gbr_up);
    body.number(field.bearer_qos_gbr_down);
  },
  82: one('rat_type'),
  83: (body, field) => network(body, field.mcc, field.mnc),
  86: location,
  87: (body, field) => {
    const flags = body.number(field.teid);
    body.number(field.f_teid_gre_key);
    if ((flags & 0x80) !== 0) body.take(field.f_teid_ipv4);
    if ((flags & 0x40) !== 0) body.take(field.f_teid_ipv6);
  },
  92: one('delay_value'),
  94: one('charging_id'),
  95: one('charging_characteristic'),
  97: one('bearerFlags'),
  99: one('pdn'),
  100: one('pti'),
  114: (body, field) => {
    body.skip(1);
    body.number(field.zone);
  },
  127: one('apn_rest'),
  128: one('selection'),
  135: one('node_type'),
  150: one('detach_type'),
  255: (body, field) => {
    body.number(field.enterprise_id);
    if (body.remaining > 0) body.take(field.proprietary_value, body.remaining);
  },
};

/** Octets of the location's parts that go before TAI and ECGI: CGI, SAI, RAI (section 8.21). */
const PARTS_BEFORE = [1, 2, 4];
const PART_OCTETS = 7;

function location(body: Body, field: ElementFields): void {
  const flags = body.number(field.uli_flags);
  for (const mask of PARTS_BEFORE) if ((flags & mask) !== 0) body.skip(PART_OCTETS);
  if ((flags & 8) !== 0) {
    network(body, field['tai.mcc'], field['tai.mnc']);
    body.number(field.tai_tac);
  }
  if ((flags & 16) !== 0) {
    network(body, field['ecgi.mcc'], field['ecgi.mnc']);
    body.number(field.cell);
  }
}
