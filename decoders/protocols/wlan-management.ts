/** Bodies of 802.11 management frames: fixed fields and elements (IEEE 802.11, clauses 9.3.3 and 9.4). */

import { escapedText, utf8Text } from '../core/format.js';
import { type Body, bits, bytes, ether, type Field, flag, group, text, uint, uintLE } from '../core/index.js';
import { elements, reasons, statuses } from '../labels/wlan.js';

const algorithms = {
  0: 'Open System',
  1: 'Shared key',
  2: 'Fast BSS Transition',
  3: 'Simultaneous Authentication of Equals (SAE)',
};
const capability = (name: string, title: string) => flag(title, { filter: `wlan.fixed.capabilities.${name}` });

export const managementFields = {
  fixed: group('Fixed parameters', { filter: 'wlan.fixed.all' }),
  timestamp: uintLE(64, 'Timestamp', { filter: 'wlan.fixed.timestamp' }),
  beacon: uintLE(16, 'Beacon Interval', { filter: 'wlan.fixed.beacon', unit: 'TU' }),
  capabilities: bits(
    16,
    'Capabilities Information',
    {
      reserved4: capability('reserved4', 'Reserved'),
      reserved3: capability('reserved3', 'Reserved'),
      short_preamble: capability('short_preamble', 'Short Preamble'),
      privacy: capability('privacy', 'Privacy'),
      reserved2: capability('reserved2', 'Reserved'),
      reserved1: capability('reserved1', 'Reserved'),
      ibss: capability('ibss', 'IBSS status'),
      ess: capability('ess', 'ESS capabilities'),
      reserved6: capability('reserved6', 'Reserved'),
      reserved5: capability('reserved5', 'Reserved'),
      epd: capability('epd', 'EPD'),
      radio_measurement: capability('radio_measurement', 'Radio Measurement'),
      apsd: capability('apsd', 'Automatic Power Save Delivery'),
      short_slot_time: capability('short_slot_time', 'Short Slot Time'),
      qos: capability('qos', 'QoS'),
      spec_man: capability('spec_man', 'Spectrum Management'),
    },
    { base: 16, littleEndian: true, filter: 'wlan.fixed.capabilities' },
  ),
  listen: uintLE(16, 'Listen Interval', { filter: 'wlan.fixed.listen_ival', base: 16 }),
  current_ap: ether('Current AP', { filter: 'wlan.fixed.current_ap' }),
  status: uintLE(16, 'Status code', { filter: 'wlan.fixed.status_code', base: 16, labels: statuses }),
  reason: uintLE(16, 'Reason code', { filter: 'wlan.fixed.reason_code', base: 16, labels: reasons }),
  association: uintLE(16, 'Association ID', { filter: 'wlan.fixed.aid', base: 16 }),
  algorithm: uintLE(16, 'Authentication Algorithm', { filter: 'wlan.fixed.auth.alg', labels: algorithms }),
  auth_seq: uintLE(16, 'Authentication SEQ', { filter: 'wlan.fixed.auth_seq', base: 16 }),
  category: uint(8, 'Category code', { filter: 'wlan.fixed.category_code' }),
  tagged: group('Tagged parameters', { filter: 'wlan.tagged.all' }),
  tag: group('Tag', { filter: 'wlan.tag' }),
  'tag.number': uint(8, 'Tag Number', { labels: elements }),
  'tag.length': uint(8, 'Tag length'),
  ssid: bytes(0, 'SSID'),
  supported_rates: uint(8, 'Supported Rates', { base: 16 }),
  extended_supported_rates: uint(8, 'Extended Supported Rates', { base: 16 }),
  'ds.current_channel': uint(8, 'Current Channel'),
  'tim.dtim_count': uint(8, 'DTIM count'),
  'tim.dtim_period': uint(8, 'DTIM period'),
  'tim.bmapctl': bits(
    8,
    'Bitmap control',
    { offset: uint(7, 'Bitmap Offset', { base: 16 }), multicast: flag('Multicast') },
    { base: 16 },
  ),
  'tim.partial_virtual_bitmap': bytes(0, 'Partial Virtual Bitmap'),
  'country_info.code': text('Code'),
  'country_info.environment': uint(8, 'Environment'),
  'country_info.fnm': group('Country Info'),
  'country_info.fnm.fcn': uint(8, 'First Channel Number'),
  'country_info.fnm.nc': uint(8, 'Number of Channels'),
  'country_info.fnm.mtpl': uint(8, 'Maximum Transmit Power Level', { unit: 'dBm' }),
  'powercon.local': uint(8, 'Local Power Constraint'),
  erp_info: bits(
    8,
    'ERP Information',
    {
      reserved: uint(5, 'Reserved', { base: 16 }),
      barker_preamble_mode: flag('Barker Preamble Mode'),
      use_protection: flag('Use Protection'),
      erp_present: flag('Non ERP Present'),
    },
    { base: 16 },
  ),
  'rsn.version': uintLE(16, 'RSN Version'),
  'rsn.gcs': suite('rsn.gcs', 'Group Cipher Suite'),
  'rsn.pcs.count': uintLE(16, 'Pairwise Cipher Suite Count'),
  'rsn.pcs': suite('rsn.pcs', 'Pairwise Cipher Suite'),
  'rsn.akms.count': uintLE(16, 'Auth Key Management (AKM) Suite Count'),
  'rsn.akms': suite('rsn.akms', 'Auth Key Management (AKM) Suite'),
  'tag.oui': uint(24, 'OUI'),
  'tag.vendor.oui.type': uint(8, 'Vendor Specific OUI Type'),
};

/** An organization and its number of a cipher or of a way to manage keys. */
function suite(name: string, title: string) {
  return bits(
    32,
    title,
    {
      oui: uint(24, `${title} OUI`, { filter: `wlan.${name}.oui` }),
      type: uint(8, `${title} type`, { filter: `wlan.${name}.type` }),
    },
    { filter: `wlan.${name}` },
  );
}

type Fields = { readonly [K in keyof typeof managementFields]: Field };

/** Fixed fields by the frame's subtype. */
const fixedFields: Readonly<Record<number, readonly (keyof Fields)[]>> = {
  0: ['capabilities', 'listen'],
  1: ['capabilities', 'status', 'association'],
  2: ['capabilities', 'listen', 'current_ap'],
  3: ['capabilities', 'status', 'association'],
  5: ['timestamp', 'beacon', 'capabilities'],
  8: ['timestamp', 'beacon', 'capabilities'],
  10: ['reason'],
  11: ['algorithm', 'auth_seq', 'status'],
  12: ['reason'],
  13: ['category'],
  14: ['category'],
};
const PROBE_REQUEST = 4;
const PROBE_RESPONSE = 5;
const BEACON = 8;
const ACTION = 13;

/** Reads a management frame's body. */
export function readManagement(body: Body, all: Readonly<Record<string, Field>>, subtype: number): void {
  const field = all as Fields;
  const fixed = fixedFields[subtype];
  if (fixed === undefined && subtype !== PROBE_REQUEST) return;
  if (fixed !== undefined)
    body.group(field.fixed, () => {
      for (const key of fixed) association(body, field, key);
    });
  // What an action carries depends on its category.
  if (subtype >= ACTION || body.remaining < 2) return;
  body.group(field.tagged, () => {
    while (body.remaining >= 2) body.group(field.tag, () => element(body, field));
  });
}

/** The two highest bits of an association id are always set (clause 9.4.1.8). */
function association(body: Body, field: Fields, key: keyof Fields): void {
  if (key !== 'association') {
    body.take(field[key]);
    return;
  }
  body.need(2, 'Association ID');
  body.found(field.association, body.view.getUint16(body.position, true) & 0x3fff, body.position, 2);
  body.position += 2;
}

function element(body: Body, field: Fields): void {
  const number = body.number(field['tag.number']);
  const length = body.number(field['tag.length']);
  body.describe(elements[number] ?? `Element ${number}`);
  body.need(length, 'an element');
  const end = body.position + length;
  body.within(end, () => readers[number]?.(body, field));
  if (body.position < end) body.skip(end - body.position);
}

const readers: Readonly<Record<number, (body: Body, field: Fields) => void>> = {
  0: (body, field) => {
    const at = body.position;
    const octets = body.remaining;
    body.take(field.ssid, octets);
    body.describe(`SSID: ${octets === 0 ? 'Wildcard SSID' : `"${escapedText(utf8Text(body.view, at, octets))}"`}`);
  },
  1: (body, field) => {
    while (body.remaining > 0) body.number(field.supported_rates);
  },
  3: (body, field) => {
    body.number(field['ds.current_channel']);
  },
  5: (body, field) => {
    body.number(field['tim.dtim_count']);
    body.number(field['tim.dtim_period']);
    body.number(field['tim.bmapctl']);
    if (body.remaining > 0) body.take(field['tim.partial_virtual_bitmap'], body.remaining);
  },
  7: (body, field) => {
    body.take(field['country_info.code'], 2);
    body.number(field['country_info.environment']);
    while (body.remaining >= 3)
      body.group(field['country_info.fnm'], () => {
        body.number(field['country_info.fnm.fcn']);
        body.number(field['country_info.fnm.nc']);
        body.number(field['country_info.fnm.mtpl']);
      });
  },
  32: (body, field) => {
    body.number(field['powercon.local']);
  },
  42: erp,
  // What equipment sent before the number was assigned.
  47: erp,
  48: (body, field) => {
    body.number(field['rsn.version']);
    if (body.remaining >= 4) body.number(field['rsn.gcs']);
    suites('rsn.pcs.count', 'rsn.pcs');
    suites('rsn.akms.count', 'rsn.akms');

    function suites(count: 'rsn.pcs.count' | 'rsn.akms.count', one: 'rsn.pcs' | 'rsn.akms'): void {
      if (body.remaining < 2) return;
      for (let left = body.number(field[count]); left > 0; left--) body.number(field[one]);
    }
  },
  50: (body, field) => {
    while (body.remaining > 0) body.number(field.extended_supported_rates);
  },
  221: (body, field) => {
    if (body.remaining < 3) return;
    body.number(field['tag.oui']);
    if (body.remaining > 0) body.number(field['tag.vendor.oui.type']);
  },
};

function erp(body: Body, field: Fields): void {
  body.number(field.erp_info);
}

/** What the list says of a management frame: a beacon's interval, and the network's name. */
export function managementSummary(view: DataView, subtype: number, start: number, end: number): string {
  let out = '';
  let at = start;
  if (subtype === BEACON || subtype === PROBE_RESPONSE) {
    if (start + 12 > end) return '';
    out = `, BI=${view.getUint16(start + 8, true)}`;
    at += 12;
  } else if (subtype === 0) at += 4;
  else if (subtype === 2) at += 10;
  else if (subtype !== PROBE_REQUEST) return '';
  while (at + 2 <= end) {
    const length = view.getUint8(at + 1);
    if (at + 2 + length > end) break;
    if (view.getUint8(at) === 0)
      return `${out}, SSID=${length === 0 ? 'Wildcard (Broadcast)' : `"${escapedText(utf8Text(view, at + 2, length))}"`}`;
    at += 2 + length;
  }
  return out;
}
