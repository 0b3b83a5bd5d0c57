/** IEEE 802.11 frames: the MAC header, and what management frames say. */

import { ChecksumStatus, checksumStatusLabels } from '../core/checksum.js';
import { etherText } from '../core/format.js';
import {
  type Body,
  bits,
  ether,
  type Field,
  flag,
  protocol,
  REST,
  spare,
  uint,
  uintLE,
  type Walk,
} from '../core/index.js';
import { frameTypes } from '../labels/wlan.js';
import { HAS_CHECK_SEQUENCE, HAS_PADDING, radiotapFlags } from './radiotap.js';
import { managementFields, managementSummary, readManagement } from './wlan-management.js';

const RADIOTAP_LINK = 127;
const FCS_OCTETS = 4;
const MANAGEMENT = 0;
const CONTROL = 1;
const DATA = 2;
const LEAST_OCTETS = 10;
const THREE_ADDRESSES = 24;
const ETHER_OCTETS = 6;
/** Control frames with two addresses: block acknowledgments and their requests, PS-Poll, RTS and CF-End. */
const TWO_ADDRESSES = new Set([0x18, 0x19, 0x1a, 0x1b, 0x1e, 0x1f]);
const POWER_SAVE_POLL = 0x1a;
const CF_END = 0x1e;
const TO_DS = 1;
const FROM_DS = 2;
const MORE_FRAGMENTS = 4;
const PROTECTED = 0x40;
const ORDER = 0x80;

/** Type and subtype as Wireshark counts them: `0x28` is QoS data. */
function typeOf(view: DataView, start: number): number {
  const octet = view.getUint8(start);
  return (((octet >> 2) & 3) << 4) | (octet >> 4);
}

function radioFlags(view: DataView, walk: Walk, depth: number): number {
  return walk.linkType === RADIOTAP_LINK && depth > 0 && depth <= 2
    ? radiotapFlags(view, walk.packetStart, walk.start[depth])
    : 0;
}

/** Octets of the MAC header (IEEE 802.11, clause 9.2.3). */
function macOctets(view: DataView, start: number): number {
  if ((view.getUint8(start) & 3) !== 0) return 2;
  const type = typeOf(view, start);
  const flags = view.getUint8(start + 1);
  if (type >> 4 === CONTROL) return TWO_ADDRESSES.has(type) ? LEAST_OCTETS + ETHER_OCTETS : LEAST_OCTETS;
  let octets = THREE_ADDRESSES;
  if (type >> 4 === DATA) {
    if ((flags & (TO_DS | FROM_DS)) === (TO_DS | FROM_DS)) octets += ETHER_OCTETS;
    if ((type & 8) !== 0) octets += 2;
  }
  // HT Control follows QoS data and management frames that have the flag (clause 9.2.4.6).
  if ((flags & ORDER) !== 0 && (type >> 4 === MANAGEMENT || (type & 8) !== 0)) octets += 4;
  return octets;
}

function paddingOctets(octets: number, radio: number): number {
  return (radio & HAS_PADDING) === 0 ? 0 : (4 - (octets & 3)) & 3;
}

/** IEEE 802.11 wireless LAN. */
export const wlan = protocol('wlan', 'IEEE 802.11', {
  reference: 'IEEE 802.11, clause 9',
  column: '802.11',
  carriedBy: { linktype: 105, 'wlan.frame': 0 },
  header: {
    fc: bits(
      16,
      'Frame Control Field',
      {
        subtype: uint(4, 'Subtype'),
        type: uint(2, 'Type', {
          labels: { 0: 'Management frame', 1: 'Control frame', 2: 'Data frame', 3: 'Extension' },
        }),
        version: uint(2, 'Version'),
        flags: bits(
          8,
          'Flags',
          {
            order: flag('+HTC/Order flag', { filter: 'wlan.fc.order' }),
            protected: flag('Protected flag', { filter: 'wlan.fc.protected' }),
            moredata: flag('More Data', { filter: 'wlan.fc.moredata' }),
            pwrmgt: flag('PWR MGT', { filter: 'wlan.fc.pwrmgt' }),
            retry: flag('Retry', { filter: 'wlan.fc.retry' }),
            frag: flag('More Fragments', { filter: 'wlan.fc.frag' }),
            ds: bits(
              2,
              'DS status',
              {
                fromds: flag('From DS', { filter: 'wlan.fc.fromds' }),
                tods: flag('To DS', { filter: 'wlan.fc.tods' }),
              },
              { base: 16, filter: 'wlan.fc.ds' },
            ),
          },
          { base: 16, filter: 'wlan.flags' },
        ),
      },
      { base: 16 },
    ),
  },
  fields: {
    'fc.type_subtype': uint(16, 'Type/Subtype', { base: 16, labels: frameTypes }),
    duration: uintLE(16, 'Duration', { unit: 'microseconds' }),
    aid: uintLE(16, 'Association ID'),
    ra: ether('Receiver address'),
    da: ether('Destination address'),
    ta: ether('Transmitter address'),
    sa: ether('Source address'),
    bssid: ether('BSS Id'),
    frag: uint(16, 'Fragment number'),
    seq: uint(16, 'Sequence number'),
    qos: bits(
      16,
      'QoS Control',
      {
        amsdupresent: flag('Payload Type: A-MSDU'),
        ack: uint(2, 'Ack Policy', { base: 16, hexBits: 16 }),
        eosp: flag('EOSP'),
        tid: uint(4, 'TID'),
        rest: spare(8),
      },
      { base: 16, littleEndian: true },
    ),
    // What a station says here is a queue's size or a time, where an access point ends a service period.
    stationQos: bits(
      16,
      'QoS Control',
      {
        amsdupresent: flag('Payload Type: A-MSDU', { filter: 'wlan.qos.amsdupresent' }),
        ack: uint(2, 'Ack Policy', { base: 16, hexBits: 16, filter: 'wlan.qos.ack' }),
        meaning: spare(1),
        tid: uint(4, 'TID', { filter: 'wlan.qos.tid' }),
        rest: spare(8),
      },
      { base: 16, littleEndian: true, filter: 'wlan.qos' },
    ),
    htc: uintLE(32, 'HT Control (+HTC)', { base: 16 }),
    fcs: uintLE(32, 'Frame check sequence', { base: 16 }),
    'fcs.status': uint(8, 'FCS Status', { labels: checksumStatusLabels }),
    ...managementFields,
  },
  headerLength: (_read, view, start, end, walk) => {
    const octets = macOctets(view, start);
    if (octets === 2) return 2;
    const radio = radioFlags(view, walk, walk.depth);
    const unprotected = (view.getUint8(start + 1) & PROTECTED) === 0;
    if (typeOf(view, start) >> 4 !== MANAGEMENT || !unprotected) return octets + paddingOctets(octets, radio);
    if ((radio & HAS_CHECK_SEQUENCE) === 0) return start + octets > end ? octets : REST;
    return Math.max(octets, walk.end[walk.depth - 1] - FCS_OCTETS - start);
  },
  payloadEnd: (_read, view, start, end, walk) => {
    const octets = macOctets(view, start);
    const padded = octets + paddingOctets(octets, radioFlags(view, walk, walk.depth));
    const withSequence = (radioFlags(view, walk, walk.depth) & HAS_CHECK_SEQUENCE) !== 0;
    return withSequence && start + padded + FCS_OCTETS <= end ? end - FCS_OCTETS : end;
  },
  // A frame of data that is neither empty, nor encrypted, nor in pieces begins with LLC; an aggregate has headers of its own.
  next: {
    table: 'eth.type',
    value: (_read, view, start) => {
      const type = typeOf(view, start);
      if ((view.getUint8(start) & 3) !== 0 || type >> 4 !== DATA || (type & 4) !== 0) return -1;
      const flags = view.getUint8(start + 1);
      if ((flags & PROTECTED) !== 0) return -1;
      const wds = (flags & (TO_DS | FROM_DS)) === (TO_DS | FROM_DS);
      const qos = start + THREE_ADDRESSES + (wds ? ETHER_OCTETS : 0);
      if ((type & 8) !== 0 && (view.getUint8(qos) & 0x80) !== 0) return -1;
      return (view.getUint16(start + 22, true) & 15) === 0 || (flags & MORE_FRAGMENTS) === 0 ? LLC : -1;
    },
  },
  body: (body, field) => {
    const { view, start } = body;
    const type = typeOf(view, start);
    // Another version has another header, which is not decoded here.
    if ((view.getUint8(start) & 3) !== 0) return;
    body.derived(field['fc.type_subtype'], type, undefined, start, 2);
    if (type === POWER_SAVE_POLL) body.number(field.aid);
    else {
      // The highest bit is no part of a time (clause 9.2.4.2).
      body.found(field.duration, body.peek16() === 0 ? 0 : view.getUint16(start + 2, true) & 0x7fff, body.position, 2);
      body.position += 2;
    }
    if (type >> 4 === CONTROL) control(body, field, type);
    else {
      addresses(body, field, type);
      if (type >> 4 === MANAGEMENT && (view.getUint8(start + 1) & PROTECTED) === 0)
        readManagement(body, field, type & 15);
    }
    if (body.remaining > 0) body.skip(body.remaining);
  },
  trailer: (body, field) => {
    if (body.remaining !== FCS_OCTETS) return;
    body.take(field.fcs);
    // As Wireshark does unless it is told to look: most drivers do not say whether they kept it.
    body.derived(field['fcs.status'], ChecksumStatus.unverified, undefined, body.position - FCS_OCTETS);
  },
  info: (_layer, body) => summary(body),
});

const LLC = 4;
type Fields = Readonly<Record<string, Field>>;

function control(body: Body, field: Fields, type: number): void {
  const receiver = body.take(field['ra']);
  if (type === POWER_SAVE_POLL) body.derived(field['bssid'], receiver.value, undefined, body.position - 6, 6);
  if (TWO_ADDRESSES.has(type)) body.take(field[type >= CF_END ? 'bssid' : 'ta']);
}

/** Whose the addresses are depends on the way through the distribution system (clause 9.3.2.1, table 9-30). */
function addresses(body: Body, field: Fields, type: number): void {
  const { view, start } = body;
  const flags = view.getUint8(start + 1);
  const way = type >> 4 === MANAGEMENT ? 0 : flags & (TO_DS | FROM_DS);
  const also = (key: string, octets: number): void => {
    const at = body.position - octets;
    body.derived(field[key], etherText(view, at), undefined, at, ETHER_OCTETS);
  };
  body.take(field['ra']);
  if (way === 0 || way === FROM_DS) also('da', 6);
  if (way === TO_DS) also('bssid', 6);
  body.take(field['ta']);
  if (way === 0 || way === TO_DS) also('sa', 6);
  if (way === FROM_DS) also('bssid', 6);
  body.take(field[way === 0 ? 'bssid' : way === FROM_DS ? 'sa' : 'da']);
  const at = body.position;
  const sequence = body.peek16() === 0 ? 0 : view.getUint16(at, true);
  body.found(field['seq'], sequence >> 4, at, 2);
  body.derived(field['frag'], sequence & 15, undefined, at, 1);
  body.position += 2;
  if (way === (TO_DS | FROM_DS)) body.take(field['sa']);
  if (type >> 4 === DATA && (type & 8) !== 0) body.number(field[(flags & FROM_DS) === 0 ? 'stationQos' : 'qos']);
  if ((flags & ORDER) !== 0 && (type >> 4 === MANAGEMENT || (type & 8) !== 0)) body.number(field['htc']);
}

/** One letter a flag, a dot where it is not set; a C where the check sequence is there. */
function flagsText(flags: number, hasSequence: boolean): string {
  const letters = 'opmPRMFT';
  let out = '';
  for (let i = 0; i < 8; i++) out += (flags & (0x80 >> i)) === 0 ? '.' : letters[i];
  return hasSequence ? `${out}C` : out;
}

function summary(body: Body): string {
  const { view, start, end, walk, depth } = body;
  if (start + 2 > end) return 'Cut 802.11 frame';
  const type = typeOf(view, start);
  const hasSequence = (radioFlags(view, walk, depth) & HAS_CHECK_SEQUENCE) !== 0;
  const version = view.getUint8(start) & 3;
  if (version !== 0) return version === 1 ? 'PV1 frame' : `Unknown protocol version: ${version}`;
  const name = frameTypes[type] ?? 'Unrecognized (Reserved frame)';
  const flags = flagsText(view.getUint8(start + 1), hasSequence);
  if (type >> 4 === CONTROL) return `${name}, Flags=${flags}`;
  if (start + THREE_ADDRESSES > end) return name;
  const sequence = view.getUint16(start + 22, true);
  const more =
    type >> 4 === MANAGEMENT && (view.getUint8(start + 1) & PROTECTED) === 0
      ? managementSummary(view, type & 15, start + macOctets(view, start), end)
      : '';
  return `${name}, SN=${sequence >> 4}, FN=${sequence & 15}, Flags=${flags}${more}`;
}
