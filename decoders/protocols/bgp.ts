import {
  type Body,
  bits,
  bytes,
  type Field,
  flag,
  group,
  ipv4Address,
  type LayerNode,
  protocol,
  text,
  uint,
} from '../core/index.js';
import {
  addressFamilies,
  capabilities,
  ceaseErrors,
  errors,
  headerErrors,
  messageTypes,
  openErrors,
  parameterTypes,
  stateErrors,
  subsequentFamilies,
  updateErrors,
} from '../labels/bgp.js';
import { type AttributeFields, announced, attributeFields, pathAttributes, withdrawn } from './bgp-attributes.js';
import { readMessages } from './messages.js';

const HEADER = 19;
/** RFC 4271, section 4.1; longer ones only where both sides have said that they take them (RFC 8654). */
const LARGEST = 4096;
const OPEN = 1;
const UPDATE = 2;
const NOTIFICATION = 3;
const ROUTE_REFRESH = 5;
const OLD_ROUTE_REFRESH = 128;
const CEASE = 6;

const afi = (title = 'AFI') => uint(16, title, { labels: addressFamilies });
const safi = (title = 'SAFI') => uint(8, title, { labels: subsequentFamilies });

const fields = {
  marker: bytes(16, 'Marker'),
  length: uint(16, 'Length'),
  type: uint(8, 'Type', { labels: messageTypes }),
  'open.version': uint(8, 'Version'),
  'open.myas': uint(16, 'My AS'),
  'open.holdtime': uint(16, 'Hold Time', { unit: 's' }),
  'open.identifier': ipv4Address('BGP Identifier'),
  'open.opt.len': uint(8, 'Optional Parameters Length'),
  'open.opt': group('Optional Parameters'),
  'open.opt.param': group('Optional Parameter'),
  'open.opt.param.type': uint(8, 'Parameter Type', { labels: parameterTypes }),
  'open.opt.param.len': uint(8, 'Parameter Length'),
  'open.opt.param.auth': bytes(0, 'Authentication Data'),
  'open.opt.param.unknown': bytes(0, 'Unknown'),
  cap: group('Capability'),
  'cap.type': uint(8, 'Type', { labels: capabilities }),
  'cap.length': uint(8, 'Length'),
  'cap.unknown': bytes(0, 'Unknown'),
  'cap.reserved': bytes(0, 'Reserved'),
  'cap.mp.afi': afi(),
  'cap.mp.safi': safi(),
  'cap.enh.afi': afi(),
  'cap.enh.safi': uint(16, 'SAFI', { labels: subsequentFamilies }),
  'cap.enh.nhafi': afi('Next hop AFI'),
  'cap.gr.timers': bits(
    16,
    'Restart Timers',
    {
      restart_flag: flag('Restart state'),
      notification_flag: flag('Graceful notification'),
      reserved: uint(2, 'Reserved', { bare: true, when: () => false }),
      restart_time: uint(12, 'Time', { unit: 's' }),
    },
    { base: 16 },
  ),
  'cap.gr.afi': afi(),
  'cap.gr.safi': safi(),
  'cap.gr.flag': bits(
    8,
    'Flags',
    { pfs: flag('Preserve forwarding state'), rest: uint(7, 'Reserved', { bare: true, when: () => false }) },
    { base: 16 },
  ),
  'cap.4as': uint(32, 'AS Number'),
  'cap.dc': uint(8, 'Capability Code', { labels: capabilities }),
  'cap.ap.afi': afi(),
  'cap.ap.safi': safi(),
  'cap.ap.sendreceive': uint(8, 'Send/Receive', { labels: { 1: 'Receive', 2: 'Send', 3: 'Both' } }),
  'cap.orf.afi': afi(),
  'cap.orf.safi': safi(),
  'cap.orf.number': uint(8, 'Number'),
  'cap.orf.type': uint(8, 'Type', { labels: { 64: 'Address Prefix', 128: 'Cisco PrefixList' } }),
  'cap.orf.sendreceive': uint(8, 'Send/Receive', { labels: { 1: 'Receive', 2: 'Send', 3: 'Both' } }),
  'cap.orf.fqdn.hostname.len': uint(8, 'Hostname Length'),
  'cap.orf.fqdn.hostname': text('Hostname'),
  'cap.orf.fqdn.domain_name.len': uint(8, 'Domain Name Length'),
  'cap.orf.fqdn.domain_name': text('Domain Name'),
  'cap.bgpsec.flags': bits(
    8,
    'Flags',
    {
      version: uint(4, 'Version', { filter: 'bgp.cap.bgpsec.version' }),
      sendreceive: flag('Send/Receive', { filter: 'bgp.cap.bgpsec.sendreceive' }),
      reserved: uint(3, 'Reserved', { base: 16, filter: 'bgp.cap.bgpsec.reserved' }),
    },
    { base: 16 },
  ),
  'cap.bgpsec.afi': afi(),
  'update.withdrawn_routes.length': uint(16, 'Withdrawn Routes Length'),
  'update.withdrawn_routes': group('Withdrawn Routes'),
  'update.path_attributes.length': uint(16, 'Total Path Attribute Length'),
  ...attributeFields,
  'update.nlri': group('Network Layer Reachability Information (NLRI)'),
  'notify.major_error': uint(8, 'Major error Code', { labels: errors }),
  'notify.minor_error': uint(8, 'Minor error Code (Message Header)', { labels: headerErrors }),
  'notify.minor_error_open': uint(8, 'Minor error Code (Open Message)', { labels: openErrors }),
  'notify.minor_error_update': uint(8, 'Minor error Code (Update Message)', { labels: updateErrors }),
  'notify.minor_error_expired': uint(8, 'Minor error Code (Hold Timer Expired)'),
  'notify.minor_error_state': uint(8, 'Minor error Code (State Machine)', { labels: stateErrors }),
  'notify.minor_error_cease': uint(8, 'Minor error Code (Cease)', { labels: ceaseErrors }),
  'notify.minor_error_capability': uint(8, 'Minor error Code (Capability)'),
  'notify.minor_error_unknown': uint(8, 'Minor error Code'),
  'notify.minor_data': bytes(0, 'Data'),
  'notify.communication_length': uint(8, 'BGP Shutdown Communication Length'),
  'notify.communication': text('Shutdown Communication'),
  'route_refresh.afi': afi('Address family identifier (AFI)'),
  'route_refresh.subtype': uint(8, 'Subtype', {
    labels: {
      0: 'Normal route refresh request [RFC2918] with/without ORF [RFC5291]',
      1: 'Demarcation of the beginning of a route refresh',
      2: 'Demarcation of the ending of a route refresh',
    },
  }),
  'route_refresh.safi': safi('Subsequent address family identifier (SAFI)'),
};

type BgpFields = { readonly [K in keyof typeof fields]: Field };

/** Border Gateway Protocol, version 4. */
export const bgp = protocol('bgp', 'Border Gateway Protocol', {
  reference: 'RFC 4271, RFC 4760, RFC 5492',
  carriedBy: { 'tcp.port': 179 },
  header: {},
  fields,
  headerLength: 'all',
  message: messageLength,
  body: (body, field) => {
    const before = isMarker(body.view, body.start, body.end) ? 0 : octetsBeforeMarker(body.view, body.start, body.end);
    if (before < 0) return;
    body.skip(before);
    readMessages(body, lengthHere, () => message(body, field));
  },
  info: (layer: LayerNode) => {
    const types = layer.fields.filter((field) => field.name === 'bgp.type').map((field) => Number(field.value));
    const names = types.map((type) => messageTypes[type] ?? `Unknown message type (${type})`);
    return names.length === 0 ? 'Continuation' : names.join(', ');
  },
});

/**
 * RFC 4271, section 4.1. The marker says nothing any more (RFC 4271 wants all ones), but tells where a message begins:
 * what stands before the first is the end of one whose beginning is not there.
 */
function messageLength(view: DataView, start: number, end: number): number {
  if (end - start < HEADER) return 0;
  if (isMarker(view, start)) return lengthHere(view, start, end);
  const length = view.getUint16(start + 16);
  const plausible = messageTypes[view.getUint8(start + 18)] !== undefined && length >= HEADER && length <= LARGEST;
  return plausible ? length : octetsBeforeMarker(view, start, end);
}

/** The length of a message that follows another, whatever its marker is. */
function lengthHere(view: DataView, start: number, end: number): number {
  if (end - start < HEADER) return 0;
  const length = view.getUint16(start + 16);
  return length < HEADER ? -1 : length;
}

function isMarker(view: DataView, at: number, end = at + 16): boolean {
  if (at + 16 > end) return false;
  for (let i = 0; i < 16; i += 4) if (view.getUint32(at + i) !== 0xffffffff) return false;
  return true;
}

function octetsBeforeMarker(view: DataView, start: number, end: number): number {
  let ones = 0;
  for (let at = start; at + HEADER - 16 < end; at++) {
    ones = view.getUint8(at) === 0xff ? ones + 1 : 0;
    if (ones === 16) return at - 15 - start;
  }
  return -1;
}

function message(body: Body, field: BgpFields): void {
  body.take(field.marker);
  body.number(field.length);
  const type = body.number(field.type);
  if (type === OPEN) open(body, field);
  else if (type === UPDATE) update(body, field);
  else if (type === NOTIFICATION) notification(body, field);
  else if (type === ROUTE_REFRESH || type === OLD_ROUTE_REFRESH) {
    body.number(field['route_refresh.afi']);
    body.number(field['route_refresh.subtype']);
    body.number(field['route_refresh.safi']);
  }
}

/** RFC 4271, section 4.2. */
function open(body: Body, field: BgpFields): void {
  body.number(field['open.version']);
  body.number(field['open.myas']);
  body.number(field['open.holdtime']);
  body.take(field['open.identifier']);
  const length = body.number(field['open.opt.len']);
  if (length === 0) return;
  const end = body.position + length;
  body.within(end, () =>
    body.group(field['open.opt'], () => {
      while (body.remaining > 0) parameter(body, field);
    }),
  );
  if (end > body.end) body.need(end - body.position, 'the optional parameters');
}

function parameter(body: Body, field: BgpFields): void {
  body.group(field['open.opt.param'], () => {
    const type = body.number(field['open.opt.param.type']);
    const length = body.number(field['open.opt.param.len']);
    body.describe(parameterTypes[type] ?? `Unknown (${type})`);
    body.need(length, 'an optional parameter');
    body.within(body.position + length, () => {
      if (type === 2) while (body.remaining > 0) capability(body, field);
      else body.take(field[`open.opt.param.${type === 1 ? 'auth' : 'unknown'}`], body.remaining);
    });
  });
}

/** RFC 5492, section 4. */
function capability(body: Body, field: BgpFields): void {
  body.group(field.cap, () => {
    const type = body.number(field['cap.type']);
    const length = body.number(field['cap.length']);
    body.describe(capabilities[type] ?? `Unknown (${type})`);
    body.need(length, 'a capability');
    body.within(body.position + length, () => {
      capabilityReaders[type]?.(body, field);
      if (body.remaining > 0 || capabilities[type] === undefined) rest(body, field['cap.unknown']);
    });
  });
}

/** All that is left; nothing is shown as Wireshark does. */
function rest(body: Body, field: Field): void {
  if (body.remaining > 0) body.take(field, body.remaining);
  else body.found(field, '<MISSING>', body.position, 0);
}

type Reader = (body: Body, field: BgpFields) => void;

const capabilityReaders: Readonly<Record<number, Reader>> = {
  1: (body, field) => {
    if (body.remaining !== 4) return;
    body.number(field['cap.mp.afi']);
    body.take(field['cap.reserved'], 1);
    body.number(field['cap.mp.safi']);
  },
  3: filters,
  5: (body, field) => {
    while (body.remaining >= 6) {
      body.number(field['cap.enh.afi']);
      body.number(field['cap.enh.safi']);
      body.number(field['cap.enh.nhafi']);
    }
  },
  7: (body, field) => {
    if (body.remaining !== 3) return;
    body.number(field['cap.bgpsec.flags']);
    body.number(field['cap.bgpsec.afi']);
  },
  64: (body, field) => {
    if (body.remaining < 2) return;
    body.number(field['cap.gr.timers']);
    while (body.remaining >= 4) {
      body.number(field['cap.gr.afi']);
      body.number(field['cap.gr.safi']);
      body.number(field['cap.gr.flag']);
    }
  },
  65: (body, field) => {
    if (body.remaining === 4) body.number(field['cap.4as']);
  },
  67: (body, field) => {
    while (body.remaining > 0) body.number(field['cap.dc']);
  },
  69: (body, field) => {
    while (body.remaining >= 4) {
      body.number(field['cap.ap.afi']);
      body.number(field['cap.ap.safi']);
      body.number(field['cap.ap.sendreceive']);
    }
  },
  73: (body, field) => {
    for (const key of ['hostname', 'domain_name'] as const) {
      if (body.remaining === 0) return;
      const length = body.number(field[`cap.orf.fqdn.${key}.len`]);
      body.take(field[`cap.orf.fqdn.${key}`], length);
    }
  },
  130: filters,
};

/** RFC 5291, section 5. */
function filters(body: Body, field: BgpFields): void {
  while (body.remaining >= 5) {
    body.number(field['cap.orf.afi']);
    body.take(field['cap.reserved'], 1);
    body.number(field['cap.orf.safi']);
    const count = body.number(field['cap.orf.number']);
    for (let i = 0; i < count && body.remaining >= 2; i++) {
      body.number(field['cap.orf.type']);
      body.number(field['cap.orf.sendreceive']);
    }
  }
}

/** RFC 4271, section 4.3. */
function update(body: Body, field: BgpFields & AttributeFields): void {
  part(body.number(field['update.withdrawn_routes.length']), field['update.withdrawn_routes'], () =>
    withdrawn(body, field),
  );
  part(body.number(field['update.path_attributes.length']), field.path_attributes, () => pathAttributes(body, field));
  if (body.remaining > 0) body.group(field['update.nlri'], () => announced(body, field));

  function part(length: number, heading: Field, inside: () => void): void {
    if (length === 0) return;
    const end = body.position + length;
    body.within(end, () =>
      body.group(heading, () => {
        inside();
        if (body.remaining > 0) body.skip(body.remaining);
      }),
    );
    if (end > body.end) body.need(end - body.position, heading.title);
  }
}

const minorFields: Readonly<Record<number, keyof BgpFields>> = {
  1: 'notify.minor_error',
  2: 'notify.minor_error_open',
  3: 'notify.minor_error_update',
  4: 'notify.minor_error_expired',
  5: 'notify.minor_error_state',
  6: 'notify.minor_error_cease',
  7: 'notify.minor_error_capability',
};

/** RFC 4271, section 4.5; RFC 9003: why a session was shut down or reset. */
function notification(body: Body, field: BgpFields): void {
  const major = body.number(field['notify.major_error']);
  const minor = body.number(field[minorFields[major] ?? 'notify.minor_error_unknown']);
  if (body.remaining === 0) return;
  if (major === CEASE && (minor === 2 || minor === 4) && body.peek8() === body.remaining - 1) {
    const length = body.number(field['notify.communication_length']);
    if (length > 0) body.take(field['notify.communication'], length);
  }
  if (body.remaining > 0) body.take(field['notify.minor_data'], body.remaining);
}
