import { absoluteTimeText, hexText, ipv6Text } from '../core/format.js';
import {
  type Body,
  bytes,
  type Field,
  findField,
  flag,
  ipv6Address,
  type LayerNode,
  protocol,
  text,
  uint,
} from '../core/index.js';
import { hardwareTypes } from '../labels/arp-hardware.js';
import { identifierTypes, messageTypes, options, statusCodes } from '../labels/dhcpv6.js';
import { readLabels } from './dns-name.js';

const ADVERTISE = 2;
const REPLY = 7;
const RELAY_FORWARD = 12;
const RELAY_REPLY = 13;
/** Private enterprise number of CableLabs, whose options have a structure of their own. */
const CABLELABS = 4491;
/** 2000-01-01, from which DUIDs count time (RFC 8415, section 11.2). */
const DUID_EPOCH = 946684800;
/** Relays in relays: RFC 8415, section 7.6 stops at 8 hops; Wireshark is more patient. */
const DEEPEST_RELAY = 32;

const fields = {
  msgtype: uint(8, 'Message type', { labels: messageTypes }),
  hopcount: uint(8, 'Hopcount'),
  linkaddr: ipv6Address('Link address'),
  peeraddr: ipv6Address('Peer address'),
  xid: uint(24, 'Transaction ID', { base: 16 }),
  'option.type_str': text('Option'),
  'option.type': uint(16, 'Option', { labels: options }),
  'option.length': uint(16, 'Length'),
  'duid.bytes': bytes(0, 'DUID'),
  'duid.type': uint(16, 'DUID Type', { labels: identifierTypes }),
  'duidllt.hwtype': uint(16, 'Hardware type', { labels: hardwareTypes }),
  'duidllt.time': text('DUID Time'),
  'duidllt.link_layer_addr': text('Link-layer address'),
  'duidll.hwtype': uint(16, 'Hardware type', { labels: hardwareTypes }),
  'duidll.link_layer_addr': text('Link-layer address'),
  'duiden.enterprise': uint(32, 'Enterprise ID'),
  'duiden.identifier': bytes(0, 'Identifier'),
  'duiduuid.bytes': bytes(0, 'UUID'),
  iaid: text('IAID'),
  iata: text('IATA'),
  'iaid.t1': uint(32, 'T1', { unit: 's' }),
  'iaid.t2': uint(32, 'T2', { unit: 's' }),
  'iaaddr.ip': ipv6Address('IPv6 address'),
  'iaaddr.pref_lifetime': uint(32, 'Preferred lifetime', { unit: 's' }),
  'iaaddr.valid_lifetime': uint(32, 'Valid lifetime', { unit: 's' }),
  'iaprefix.pref_lifetime': uint(32, 'Preferred lifetime', { unit: 's' }),
  'iaprefix.valid_lifetime': uint(32, 'Valid lifetime', { unit: 's' }),
  'iaprefix.pref_len': uint(8, 'Prefix length'),
  'iaprefix.pref_addr': ipv6Address('Prefix address'),
  requested_option_code: uint(16, 'Requested Option code', { labels: options }),
  option_preference: uint(8, 'Preference'),
  elapsed_time: uint(16, 'Elapsed time', { scale: 10, unit: 'ms' }),
  'auth.protocol': uint(8, 'Protocol'),
  'auth.algorithm': uint(8, 'Algorithm'),
  'auth.rdm': uint(8, 'RDM'),
  'auth.replay_detection': bytes(8, 'Replay Detection'),
  'auth.info': bytes(0, 'Authentication Information'),
  unicast: ipv6Address('IPv6 address'),
  status_code: uint(16, 'Status Code', { labels: statusCodes }),
  status_msg: text('Status Message'),
  'userclass.length': uint(16, 'Length'),
  'userclass.opaque_data': bytes(0, 'Opaque data'),
  'vendorclass.enterprise': uint(32, 'Enterprise ID'),
  'vendorclass.data': text('Vendor class data'),
  'vendoropts.enterprise': uint(32, 'Enterprise ID'),
  'vendoropts.enterprise.option_code': uint(16, 'Option code'),
  'vendoropts.enterprise.option_length': uint(16, 'Option length'),
  'vendoropts.enterprise.option_data': bytes(0, 'Option data'),
  interface_id: bytes(0, 'Interface-ID'),
  reconf_msg: uint(8, 'Reconfigure message type', { labels: messageTypes }),
  sip_server_domain_search_fqdn: text('SIP Server Domain Search List FQDN'),
  sip_server_a: ipv6Address('SIP server address'),
  dns_server: ipv6Address('DNS server address'),
  search_list_entry: text('List entry'),
  nis_server: ipv6Address('NIS server address'),
  nisp_server: ipv6Address('NISP server address'),
  nis_fqdn: text('NIS FQDN'),
  nisp_fqdn: text('NISP FQDN'),
  sntp_server: ipv6Address('SNTP server address'),
  lifetime: uint(32, 'Lifetime', { unit: 's' }),
  'remoteid.enterprise': uint(32, 'Enterprise ID'),
  remoteid_enterprise_id: bytes(0, 'Remote-ID'),
  subscriber_id: text('Subscriber-ID'),
  client_fqdn_flags: uint(8, 'Flags', { base: 16 }),
  'clientfqdn.client.n': flag('N bit'),
  'clientfqdn.client.s': flag('S bit'),
  'clientfqdn.server.n': flag('N bit'),
  'clientfqdn.server.o': flag('O bit'),
  'clientfqdn.server.s': flag('S bit'),
  client_domain: text('Client FQDN'),
  pana_agent: ipv6Address('PANA agent address'),
  timezone: text('Time zone'),
  tzdb: text('TZ database'),
  clt_time: uint(32, 'Client last transaction time', { unit: 's' }),
  lq_client_link: ipv6Address('Link address'),
  capwap_ac_v6: ipv6Address('CAPWAP Access Controllers address'),
  'ntpserver.option.type': uint(16, 'Suboption', {
    labels: { 1: 'Server Address', 2: 'Multicast Address', 3: 'FQDN' },
  }),
  'ntpserver.option.length': uint(16, 'Length'),
  'ntpserver.addr': ipv6Address('NTP Server Address'),
  'ntpserver.mc_addr': ipv6Address('NTP Multicast Address'),
  'ntpserver.fqdn': text('NTP Server FQDN'),
  aftr_name: text('DS-Lite AFTR Name'),
  captive_portal: text('Captive Portal'),
  mudurl: text('MUDURL'),
};

type Dhcpv6Fields = { readonly [K in keyof typeof fields]: Field };

/** Dynamic Host Configuration Protocol for IPv6. */
export const dhcpv6 = protocol('dhcpv6', 'DHCPv6', {
  reference: 'RFC 8415',
  column: 'DHCPv6',
  carriedBy: { 'udp.port': [546, 547] },
  header: {},
  fields,
  headerLength: 'all',
  body: (body, field) => message(body, field, 0),
  info,
});

/** RFC 8415, sections 8 and 9. */
function message(body: Body, field: Dhcpv6Fields, depth: number): void {
  const kind = body.number(field.msgtype);
  if (kind === RELAY_FORWARD || kind === RELAY_REPLY) {
    body.number(field.hopcount);
    body.take(field.linkaddr);
    body.take(field.peeraddr);
  } else body.number(field.xid);
  readOptions(body, field, depth);
}

function readOptions(body: Body, field: Dhcpv6Fields, depth: number): void {
  while (body.remaining > 0) {
    body.need(4, 'an option');
    const kind = body.peek16();
    const length = body.peek16(2);
    body.titled(field['option.type_str'], options[kind] ?? 'Unknown', () => {
      body.number(field['option.type']);
      body.number(field['option.length']);
      const end = body.position + length;
      if (end > body.end) body.need(length, options[kind] ?? 'an option');
      body.within(end, () => {
        readOption(body, field, kind, depth);
        if (body.remaining > 0) body.skip(body.remaining);
      });
    });
  }
}

type Reader = (body: Body, field: Dhcpv6Fields, depth: number) => void;
const numbers =
  (key: keyof Dhcpv6Fields): Reader =>
  (body, field) => {
    while (body.remaining * 8 >= field[key].bits) body.take(field[key]);
  };
const octets =
  (key: keyof Dhcpv6Fields): Reader =>
  (body, field) => {
    if (body.remaining > 0) body.take(field[key], body.remaining);
  };
const names =
  (key: keyof Dhcpv6Fields): Reader =>
  (body, field) =>
    domains(body, field[key]);

const readers: Readonly<Record<number, Reader>> = {
  1: identifier,
  2: identifier,
  3: association,
  4: (body, field, depth) => {
    hexField(body, field.iata, 4);
    readOptions(body, field, depth);
  },
  5: (body, field, depth) => {
    body.take(field['iaaddr.ip']);
    body.number(field['iaaddr.pref_lifetime']);
    body.number(field['iaaddr.valid_lifetime']);
    readOptions(body, field, depth);
  },
  6: numbers('requested_option_code'),
  7: numbers('option_preference'),
  8: numbers('elapsed_time'),
  9: (body, field, depth) => {
    if (depth < DEEPEST_RELAY) message(body, field, depth + 1);
    else body.fail('relay messages are nested too deep');
  },
  11: (body, field) => {
    body.number(field['auth.protocol']);
    body.number(field['auth.algorithm']);
    body.number(field['auth.rdm']);
    body.take(field['auth.replay_detection']);
    if (body.remaining > 0) body.take(field['auth.info'], body.remaining);
  },
  12: numbers('unicast'),
  13: (body, field) => {
    body.number(field.status_code);
    if (body.remaining > 0) body.take(field.status_msg, body.remaining);
  },
  15: (body, field) => {
    while (body.remaining >= 2) {
      if (body.peek16() > body.remaining - 2) return;
      const length = body.number(field['userclass.length']);
      if (length > 0) body.take(field['userclass.opaque_data'], length);
    }
  },
  16: (body, field) => {
    body.number(field['vendorclass.enterprise']);
    while (body.remaining >= 2) {
      const length = body.peek16();
      body.skip(2);
      if (length > 0) body.take(field['vendorclass.data'], length);
    }
  },
  17: (body, field) => {
    if (body.number(field['vendoropts.enterprise']) === CABLELABS) return;
    while (body.remaining >= 4)
      body.headed(field['vendoropts.enterprise.option_code'], () => {
        const length = body.number(field['vendoropts.enterprise.option_length']);
        if (length > 0) body.take(field['vendoropts.enterprise.option_data'], length);
      });
  },
  18: octets('interface_id'),
  19: numbers('reconf_msg'),
  21: names('sip_server_domain_search_fqdn'),
  22: numbers('sip_server_a'),
  23: numbers('dns_server'),
  24: names('search_list_entry'),
  25: association,
  26: (body, field, depth) => {
    body.number(field['iaprefix.pref_lifetime']);
    body.number(field['iaprefix.valid_lifetime']);
    body.number(field['iaprefix.pref_len']);
    body.take(field['iaprefix.pref_addr']);
    readOptions(body, field, depth);
  },
  27: numbers('nis_server'),
  28: numbers('nisp_server'),
  29: names('nis_fqdn'),
  30: names('nisp_fqdn'),
  31: numbers('sntp_server'),
  32: numbers('lifetime'),
  37: (body, field) => {
    body.number(field['remoteid.enterprise']);
    if (body.remaining > 0) body.take(field.remoteid_enterprise_id, body.remaining);
  },
  38: octets('subscriber_id'),
  39: (body, field) => {
    const flags = body.number(field.client_fqdn_flags);
    // RFC 4704, section 4.1: the server answers with the flags that it went by.
    const sent = body.view.getUint8(body.start);
    const from = sent === ADVERTISE || sent === REPLY ? 'server' : 'client';
    const at = body.position - 1;
    body.derived(field[`clientfqdn.${from}.n`], (flags & 4) !== 0, undefined, at, 1);
    if (from === 'server') body.derived(field['clientfqdn.server.o'], (flags & 2) !== 0, undefined, at, 1);
    body.derived(field[`clientfqdn.${from}.s`], (flags & 1) !== 0, undefined, at, 1);
    domains(body, field.client_domain);
  },
  40: numbers('pana_agent'),
  41: octets('timezone'),
  42: octets('tzdb'),
  43: numbers('requested_option_code'),
  45: readOptions,
  46: numbers('clt_time'),
  48: numbers('lq_client_link'),
  52: numbers('capwap_ac_v6'),
  53: identifier,
  56: (body, field) => {
    while (body.remaining >= 4)
      body.headed(field['ntpserver.option.type'], (kind) => {
        const length = body.number(field['ntpserver.option.length']);
        const end = body.position + length;
        body.within(end, () => {
          if (kind === 3) domains(body, field['ntpserver.fqdn']);
          else if (length === 16) body.take(field[kind === 1 ? 'ntpserver.addr' : 'ntpserver.mc_addr']);
          if (body.remaining > 0) body.skip(body.remaining);
        });
      });
  },
  64: names('aftr_name'),
  103: octets('captive_portal'),
  112: octets('mudurl'),
};

function readOption(body: Body, field: Dhcpv6Fields, kind: number, depth: number): void {
  readers[kind]?.(body, field, depth);
}

/** RFC 8415, section 11. */
function identifier(body: Body, field: Dhcpv6Fields): void {
  const { view } = body;
  if (body.remaining < 2) return;
  const whole = hexText(view, body.position, body.remaining);
  body.derived(field['duid.bytes'], whole, undefined, body.position, body.remaining);
  const kind = body.number(field['duid.type']);
  if (kind === 1 && body.remaining >= 6) {
    body.number(field['duidllt.hwtype']);
    const time = absoluteTimeText(view.getUint32(body.position) + DUID_EPOCH);
    body.found(field['duidllt.time'], time, body.position, 4);
    body.position += 4;
    address(body, field['duidllt.link_layer_addr']);
  } else if (kind === 2 && body.remaining >= 4) {
    body.number(field['duiden.enterprise']);
    if (body.remaining > 0) body.take(field['duiden.identifier'], body.remaining);
  } else if (kind === 3 && body.remaining >= 2) {
    body.number(field['duidll.hwtype']);
    address(body, field['duidll.link_layer_addr']);
  } else if (kind === 4 && body.remaining > 0) body.take(field['duiduuid.bytes'], body.remaining);
}

function address(body: Body, field: Field): void {
  const length = body.remaining;
  if (length === 0) return;
  const hex = hexText(body.view, body.position, length).replace(/..(?=.)/g, '$&:');
  body.found(field, hex, body.position, length);
  body.position += length;
}

function hexField(body: Body, field: Field, length: number): void {
  body.need(length, field.title);
  body.found(field, hexText(body.view, body.position, length), body.position, length);
  body.position += length;
}

/** RFC 8415, sections 21.4 and 21.21. */
function association(body: Body, field: Dhcpv6Fields, depth: number): void {
  hexField(body, field.iaid, 4);
  body.number(field['iaid.t1']);
  body.number(field['iaid.t2']);
  readOptions(body, field, depth);
}

/** RFC 8415, section 10: names as in DNS, without compression. */
function domains(body: Body, field: Field): void {
  while (body.remaining > 0) {
    const at = body.position;
    const name = readLabels(body.view, at, body.end, at);
    if (name.end === at) return;
    if (name.problem !== undefined) {
      // A host's name alone, without the final zero, is partial (RFC 4704, section 4.2).
      if (name.text === '<Root>') return;
      body.found(field, name.text, at, body.end - at);
      body.position = body.end;
      return;
    }
    body.found(field, `${name.text}.`, at, name.end - at);
    body.position = name.end;
  }
}

/** The relays' link addresses, and of the client's message who it is from and what it is about. */
function info(layer: LayerNode, { view, start, end }: Body): string {
  if (start >= end) return 'Cut DHCPv6 header';
  const kind = view.getUint8(start);
  const name = messageTypes[kind] ?? `Message Type ${kind}`;
  const parts = [name];
  if (kind === RELAY_FORWARD || kind === RELAY_REPLY) {
    if (start + 18 <= end) parts.push(`L: ${ipv6Text(view, start + 2)}`);
    const inner = findAll(layer, 'dhcpv6.msgtype')[1];
    if (inner !== undefined) parts.push(messageTypes[Number(inner.value)] ?? `Message Type ${inner.text}`);
  }
  const id = findField(layer.fields, 'dhcpv6.xid');
  if (id !== undefined) parts.push(`XID: 0x${Number(id.value).toString(16).padStart(6, '0')}`);
  for (const option of findAll(layer, 'dhcpv6.option.type_str')) {
    if (option.text === options[1]) {
      const duid = findField(option.fields ?? [], 'dhcpv6.duid.bytes');
      if (duid !== undefined) parts.push(`CID: ${duid.text}`);
    } else if (option.text === options[5]) {
      const address = findField(option.fields ?? [], 'dhcpv6.iaaddr.ip');
      if (address !== undefined) parts.push(`IAA: ${address.text}`);
    }
  }
  return parts.join(' ');
}

function findAll(layer: LayerNode, name: string, fields = layer.fields): LayerNode['fields'] {
  return fields.flatMap((field) => [
    ...(field.name === name ? [field] : []),
    ...(field.fields === undefined ? [] : findAll(layer, name, field.fields)),
  ]);
}
