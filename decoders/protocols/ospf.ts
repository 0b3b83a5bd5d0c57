/** Open Shortest Path First: version 2, RFC 2328, and version 3, RFC 5340. */

import { ChecksumStatus } from '../core/checksum.js';
import {
  type Body,
  bits,
  bytes,
  type Field,
  flag,
  ipv4Address,
  onesComplementSum,
  protocol,
  spare,
  text,
  uint,
} from '../core/index.js';
import { payloadStatus } from './ip-payload-checksum.js';
import { advertisementFields, readAdvertisement, readHeader } from './ospf-advertisements.js';

const PROTOCOL_NUMBER = 89;
const types: Readonly<Record<number, string>> = {
  1: 'Hello Packet',
  2: 'DB Description',
  3: 'LS Request',
  4: 'LS Update',
  5: 'LS Acknowledge',
};
const HELLO = 1;
const DESCRIPTION = 2;
const REQUEST = 3;
const UPDATE = 4;
const ACKNOWLEDGE = 5;
const authentications = {
  0: 'Null',
  1: 'Simple password',
  2: 'Cryptographic',
  3: 'Cryptographic with extended sequence numbers',
};
const CRYPTOGRAPHIC = 2;
/** The eight octets of authentication are no part of version 2's checksum (RFC 2328, appendix A.3.1). */
const AUTHENTICATION_AT = 16;
const SECOND_HEADER = 24;
const THIRD_HEADER = 16;

/** OSPF over IP. */
export const ospf = protocol('ospf', 'Open Shortest Path First', {
  reference: 'RFC 2328, appendix A; RFC 5340, appendix A',
  carriedBy: { 'ip.proto': PROTOCOL_NUMBER, 'ipv6.nxt': PROTOCOL_NUMBER },
  header: {
    version: uint(8, 'Version'),
    msg: uint(8, 'Message Type', { labels: types }),
    packet_length: uint(16, 'Packet Length'),
    srcrouter: ipv4Address('Source OSPF Router'),
    area_id: ipv4Address('Area ID'),
    checksum: uint(16, 'Checksum', { base: 16 }),
  },
  fields: {
    'auth.type': uint(16, 'Auth Type', { labels: authentications }),
    'auth.none': bytes(8, 'Auth Data (none)'),
    'auth.simple': text('Auth Data (Simple)'),
    'auth.crypt.key_id': uint(8, 'Auth Crypt Key id'),
    'auth.crypt.data_length': uint(8, 'Auth Crypt Data Length'),
    'auth.crypt.seq_nbr': uint(32, 'Auth Crypt Sequence Number'),
    'auth.crypt.data': bytes(0, 'Auth Crypt Data'),
    'auth.unknown': bytes(8, 'Auth Data (unknown)'),
    instance_id: uint(8, 'Instance ID'),
    'hello.network_mask': ipv4Address('Network Mask'),
    'hello.interface_id': uint(32, 'Interface ID'),
    'hello.hello_interval': uint(16, 'Hello Interval', { unit: 's' }),
    'hello.router_priority': uint(8, 'Router Priority'),
    'hello.router_dead_interval': uint(32, 'Router Dead Interval', { unit: 's' }),
    'hello.designated_router': ipv4Address('Designated Router'),
    'hello.backup_designated_router': ipv4Address('Backup Designated Router'),
    'hello.active_neighbor': ipv4Address('Active Neighbor'),
    'db.interface_mtu': uint(16, 'Interface MTU'),
    dbd: bits(
      8,
      'DB Description',
      { unused: spare(4), r: flag('(R) OOBResync'), i: flag('(I) Init'), m: flag('(M) More'), ms: flag('(MS) Master') },
      { base: 16 },
    ),
    'db.dd_sequence': uint(32, 'DD Sequence'),
    'ls.number_of_lsas': uint(32, 'Number of LSAs'),
    ...advertisementFields,
  },
  headerLength: 'all',
  body: (body, field, read) => {
    const { view, start } = body;
    const version = read.version(view, start);
    const length = read.packet_length(view, start);
    const third = version === 3;
    if (version !== 2 && !third) body.fail(`OSPF version ${version} is not known`);
    const end = start + Math.max(length, third ? THIRD_HEADER : SECOND_HEADER);
    checksum(body, third, end, read.checksum(view, start));
    let digest = 0;
    if (third) {
      body.number(field.instance_id);
      body.take(field.reserved, 1);
    } else digest = authentication(body, field);
    body.within(end, () => message(body, field, read.msg(view, start), third));
    if (body.position < end && end <= body.end) body.skip(end - body.position);
    if (digest > 0 && body.remaining > 0) body.take(field['auth.crypt.data'], Math.min(digest, body.remaining));
    if (body.remaining > 0) body.skip(body.remaining);
  },
  info: (_layer, { view, start, end }) => {
    if (start + 2 > end) return 'Cut OSPF packet';
    return types[view.getUint8(start + 1)] ?? `Unknown (${view.getUint8(start + 1)})`;
  },
});

type Fields = Readonly<Record<string, Field>>;

/** Version 3 has IPv6's pseudo-header; with cryptographic authentication there is no checksum. */
function checksum(body: Body, third: boolean, end: number, sum: number): void {
  const { view, start, walk } = body;
  if (third) {
    if (payloadStatus(body, start, end, PROTOCOL_NUMBER) === ChecksumStatus.bad)
      body.report('checksum', 'the OSPF checksum does not match the packet');
    return;
  }
  if (
    end > walk.capturedEnd ||
    start + SECOND_HEADER > body.end ||
    (sum === 0 && view.getUint16(start + 14) >= CRYPTOGRAPHIC)
  )
    return;
  const head = onesComplementSum(view, start, AUTHENTICATION_AT);
  if (onesComplementSum(view, start + SECOND_HEADER, end - start - SECOND_HEADER, head) !== 0xffff)
    body.report('checksum', 'the OSPF checksum does not match the packet');
}

/** @returns octets of a digest behind the packet */
function authentication(body: Body, field: Fields): number {
  const type = body.number(field['auth.type']);
  if (type === 0) body.take(field['auth.none']);
  else if (type === 1) body.take(field['auth.simple'], 8);
  else if (type === CRYPTOGRAPHIC) {
    body.skip(2);
    body.number(field['auth.crypt.key_id']);
    const length = body.number(field['auth.crypt.data_length']);
    body.number(field['auth.crypt.seq_nbr']);
    return length;
  } else body.take(field['auth.unknown']);
  return 0;
}

function message(body: Body, field: Fields, type: number, third: boolean): void {
  if (type === HELLO) hello(body, field, third);
  else if (type === DESCRIPTION) description(body, field, third);
  else if (type === REQUEST) requests(body, field, third);
  else if (type === UPDATE) {
    for (let left = body.number(field['ls.number_of_lsas']); left > 0; left--) readAdvertisement(body, field, third);
  } else if (type === ACKNOWLEDGE) while (body.remaining > 0) readHeader(body, field, third);
}

function hello(body: Body, field: Fields, third: boolean): void {
  if (third) {
    body.number(field['hello.interface_id']);
    body.number(field['hello.router_priority']);
    body.number(field['v3.options']);
    body.number(field['hello.hello_interval']);
    body.found(field['hello.router_dead_interval'], body.peek16(), body.position, 2);
    body.position += 2;
  } else {
    body.take(field['hello.network_mask']);
    body.number(field['hello.hello_interval']);
    body.number(field['v2.options']);
    body.number(field['hello.router_priority']);
    body.number(field['hello.router_dead_interval']);
  }
  body.take(field['hello.designated_router']);
  body.take(field['hello.backup_designated_router']);
  while (body.remaining >= 4) body.take(field['hello.active_neighbor']);
}

function description(body: Body, field: Fields, third: boolean): void {
  if (third) {
    body.take(field['reserved'], 1);
    body.number(field['v3.options']);
    body.number(field['db.interface_mtu']);
    body.take(field['reserved'], 1);
  } else {
    body.number(field['db.interface_mtu']);
    body.number(field['v2.options']);
  }
  body.number(field['dbd']);
  body.number(field['db.dd_sequence']);
  while (body.remaining > 0) readHeader(body, field, third);
}

function requests(body: Body, field: Fields, third: boolean): void {
  while (body.remaining > 0) {
    if (third) {
      body.take(field['reserved'], 2);
      body.number(field['v3.lsa']);
    } else {
      // The type has an octet in an advertisement, and four here.
      body.need(4, 'LS Type');
      body.found(field['lsa'], body.view.getUint32(body.position), body.position, 4);
      body.position += 4;
    }
    body.take(field['link_state_id']);
    body.take(field['advrouter']);
  }
}
