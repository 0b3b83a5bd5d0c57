import { escapedText, etherText, hexText, ipv4Text, utf8Text } from '../core/format.js';
import {
  type Body,
  bits,
  bytes,
  ether,
  type Field,
  flag,
  ipv4Address,
  ipv6Address,
  protocol,
  spare,
  text,
  uint,
} from '../core/index.js';

const END = 0;
const CHASSIS = 1;
const PORT = 2;
const TIME_TO_LIVE = 3;
const SYSTEM_NAME = 5;
const SYSTEM_DESCRIPTION = 6;
const ORGANIZATION = 127;
const IEEE_802_1 = 0x0080c2;
const IEEE_802_3 = 0x00120f;
const TIA = 0x0012bb;
const IANA = 0x00005e;

/** IEEE 802.1AB, table 8-1. */
const types: Readonly<Record<number, string>> = {
  0: 'End of LLDPDU',
  1: 'Chassis Id',
  2: 'Port Id',
  3: 'Time to Live',
  4: 'Port Description',
  5: 'System Name',
  6: 'System Description',
  7: 'System Capabilities',
  8: 'Management Address',
  127: 'Organization Specific',
};
const chassisSubtypes = {
  1: 'Chassis component',
  2: 'Interface alias',
  3: 'Port component',
  4: 'MAC address',
  5: 'Network address',
  6: 'Interface name',
  7: 'Locally assigned',
};
const portSubtypes = {
  1: 'Interface alias',
  2: 'Port component',
  3: 'MAC address',
  4: 'Network address',
  5: 'Interface name',
  6: 'Agent circuit Id',
  7: 'Locally assigned',
};
/** Two letters a kind of name, as the list shows them. */
const chassisLetters: Readonly<Record<number, string>> = {
  1: 'CC',
  2: 'IA',
  3: 'PC',
  4: 'MA',
  5: 'NA',
  6: 'IN',
  7: 'LA',
};
const portLetters: Readonly<Record<number, string>> = { 1: 'IA', 2: 'PC', 3: 'MA', 4: 'NA', 5: 'IN', 6: 'CI', 7: 'LA' };

function capabilities(name: string, title: string) {
  const part = (key: string, what: string) => flag(what, { filter: `lldp.tlv.${name}.${key}` });
  return bits(
    16,
    title,
    {
      unused: spare(8),
      station_only: part('station_only', 'Station only'),
      docsis: part('docsis_cable_device', 'DOCSIS cable device'),
      telephone: part('telephone', 'Telephone'),
      router: part('router', 'Router'),
      wlan: part('wlan_access_pt', 'WLAN access point'),
      bridge: part('bridge', 'Bridge'),
      repeater: part('repeater', 'Repeater'),
      other: part('other', 'Other'),
    },
    { base: 16, filter: `lldp.tlv.${name}` },
  );
}

/** Link Layer Discovery Protocol. */
export const lldp = protocol('lldp', 'Link Layer Discovery Protocol', {
  reference: 'IEEE 802.1AB, clause 8',
  carriedBy: { 'eth.type': 0x88cc },
  header: {},
  fields: {
    tlv: bits(
      16,
      'TLV',
      {
        type: uint(7, 'TLV Type', { filter: 'lldp.tlv.type', labels: types }),
        len: uint(9, 'TLV Length', { filter: 'lldp.tlv.len' }),
      },
      { bare: true },
    ),
    'chassis.subtype': uint(8, 'Chassis Id Subtype', { labels: chassisSubtypes }),
    'chassis.id': bytes(0, 'Chassis Id'),
    'chassis.id.mac': ether('Chassis Id'),
    'chassis.id.ip4': ipv4Address('Chassis Id'),
    'chassis.id.ip6': ipv6Address('Chassis Id'),
    'port.subtype': uint(8, 'Port Id Subtype', { labels: portSubtypes }),
    'port.id': text('Port Id'),
    'port.id.mac': ether('Port Id'),
    'port.id.ip4': ipv4Address('Port Id'),
    'port.id.ip6': ipv6Address('Port Id'),
    'network_address.subtype': uint(8, 'Network Address family', { labels: { 1: 'IPv4', 2: 'IPv6' } }),
    time_to_live: uint(16, 'Seconds', { unit: 's' }),
    'port.desc': text('Port Description'),
    'tlv.system.name': text('System Name'),
    'tlv.system.desc': text('System Description'),
    system_cap: capabilities('system_cap', 'Capabilities'),
    enable_system_cap: capabilities('enable_system_cap', 'Enabled Capabilities'),
    'mgn.address.len': uint(8, 'Address String Length'),
    'mgn.address.subtype': uint(8, 'Address Subtype', { labels: { 1: 'IPv4', 2: 'IPv6', 6: '802' } }),
    'mgn.addr.ip4': ipv4Address('Management Address'),
    'mgn.addr.ip6': ipv6Address('Management Address'),
    'mgn.addr.hex': bytes(0, 'Management Address'),
    'mgn.interface.subtype': uint(8, 'Interface Subtype', {
      labels: { 1: 'Unknown', 2: 'ifIndex', 3: 'System port number' },
    }),
    'mgn.interface.number': uint(32, 'Interface Number'),
    'mgn.obj.len': uint(8, 'OID String Length'),
    'orgtlv.oui': uint(24, 'Organization Unique Code', {
      labels: { [IEEE_802_1]: 'IEEE 802.1', [IEEE_802_3]: 'IEEE 802.3', [TIA]: 'TR-41 Committee' },
    }),
    'ieee.802_1.subtype': uint(8, 'IEEE 802.1 Subtype', {
      base: 16,
      labels: { 1: 'Port VLAN ID', 2: 'Port and Protocol VLAN ID', 3: 'VLAN Name', 4: 'Protocol Identity' },
    }),
    'ieee.802_1.port_vlan.id': uint(16, 'Port VLAN Identifier'),
    protocolVlan: bits(
      8,
      'Flags',
      {
        unused: spare(5),
        enabled: flag('Port and Protocol VLAN', { filter: 'lldp.ieee.802_1.port_and_vlan_id_flag.enabled' }),
        supported: flag('Port and Protocol VLAN', { filter: 'lldp.ieee.802_1.port_and_vlan_id_flag.supported' }),
        reserved: spare(1),
      },
      { base: 16, filter: 'lldp.ieee.802_1.port_and_vlan_id_flag' },
    ),
    'ieee.802_1.port_proto_vlan.id': uint(16, 'Port and Protocol VLAN Identifier'),
    'ieee.802_1.vlan.id': uint(16, 'VLAN Identifier'),
    'ieee.802_1.vlan.name_len': uint(8, 'VLAN Name Length'),
    'ieee.802_1.vlan.name': text('VLAN Name'),
    'ieee.802_1.proto.id_length': uint(8, 'Protocol Identity Length'),
    'ieee.802_1.proto.id': bytes(0, 'Protocol Identity'),
    'ieee.802_3.subtype': uint(8, 'IEEE 802.3 Subtype', {
      base: 16,
      labels: { 1: 'MAC/PHY Configuration/Status', 2: 'Power Via MDI', 3: 'Link Aggregation', 4: 'Maximum Frame Size' },
    }),
    'ieee.802_3.max_frame_size': uint(16, 'Maximum Frame Size'),
    'media.subtype': uint(8, 'Media Subtype', { base: 16 }),
    'iana.subtype': uint(8, 'IANA Subtype', { base: 16, labels: { 1: 'Manufacturer Usage Description URL' } }),
    'iana.mudurl': text('Manufacturer Usage Description URL'),
    unknown_subtype: uint(8, 'Unknown Subtype'),
    'unknown_subtype.content': bytes(0, 'Unknown Subtype Content'),
  },
  headerLength: (_read, view, start, end) => lengthOf(view, start, end),
  payloadEnd: (_read, view, start, end, walk) => start + lengthOf(view, start, Math.min(end, walk.capturedEnd)),
  body: (body, field) => {
    while (body.remaining > 0) {
      const head = body.peek16();
      body.number(field.tlv);
      const end = body.position + (head & 0x1ff);
      body.need(head & 0x1ff, types[head >> 9] ?? 'an LLDP TLV');
      body.within(end, () => readers[head >> 9]?.(body, field));
      if (body.position < end) body.skip(end - body.position);
    }
  },
  info: (_layer, body) => summary(body),
});

/** Octets up to the end TLV; what follows it pads the frame. Without one, it is missed after all that is there. */
function lengthOf(view: DataView, start: number, end: number): number {
  let at = start;
  while (at + 2 <= end) {
    const head = view.getUint16(at);
    at += 2 + (head & 0x1ff);
    if (head === END) return at - start;
  }
  return Math.max(at + 2, end + 1) - start;
}

type Fields = Readonly<Record<string, Field>>;
const whole =
  (key: string) =>
  (body: Body, field: Fields): void => {
    if (body.remaining > 0) string(body, field[key], body.remaining);
  };

/** Some equipment ends its texts with a zero, as C does. */
function string(body: Body, field: Field, length: number): void {
  body.need(length, field.title);
  body.found(field, textOf(body.view, body.position, length), body.position, length);
  body.position += length;
}

function textOf(view: DataView, at: number, length: number): string {
  const [text] = utf8Text(view, at, length).split('\0', 1);
  return text;
}

const readers: Readonly<Record<number, (body: Body, field: Fields) => void>> = {
  [CHASSIS]: (body, field) => {
    const subtype = body.number(field['chassis.subtype']);
    named(body, field, 'chassis.id', subtype === 4, subtype === 5);
  },
  [PORT]: (body, field) => {
    const subtype = body.number(field['port.subtype']);
    named(body, field, 'port.id', subtype === 3, subtype === 4);
  },
  [TIME_TO_LIVE]: (body, field) => {
    body.number(field['time_to_live']);
  },
  4: whole('port.desc'),
  [SYSTEM_NAME]: whole('tlv.system.name'),
  [SYSTEM_DESCRIPTION]: whole('tlv.system.desc'),
  7: (body, field) => {
    body.number(field['system_cap']);
    body.number(field['enable_system_cap']);
  },
  8: (body, field) => {
    const length = body.number(field['mgn.address.len']);
    const subtype = body.number(field['mgn.address.subtype']);
    if (subtype === 1 && length === 5) body.take(field['mgn.addr.ip4']);
    else if (subtype === 2 && length === 17) body.take(field['mgn.addr.ip6']);
    else if (length > 1) body.take(field['mgn.addr.hex'], length - 1);
    body.number(field['mgn.interface.subtype']);
    body.number(field['mgn.interface.number']);
    body.number(field['mgn.obj.len']);
  },
  [ORGANIZATION]: organization,
};

/** A chassis or a port: an Ethernet or network address, or whatever its owner calls it. */
function named(body: Body, field: Fields, key: string, isMac: boolean, isNetwork: boolean): void {
  if (isMac && body.remaining === 6) body.take(field[`${key}.mac`]);
  else if (isNetwork && body.remaining > 1) {
    body.number(field['network_address.subtype']);
    if (body.remaining === 4) body.take(field[`${key}.ip4`]);
    else if (body.remaining === 16) body.take(field[`${key}.ip6`]);
  } else if (body.remaining > 0) body.take(field[key], body.remaining);
}

function organization(body: Body, field: Fields): void {
  const oui = body.number(field['orgtlv.oui']);
  if (oui === IEEE_802_1) bridging(body, field);
  else if (oui === IEEE_802_3) {
    if (body.number(field['ieee.802_3.subtype']) === 4) body.number(field['ieee.802_3.max_frame_size']);
  } else if (oui === TIA) body.number(field['media.subtype']);
  else if (oui === IANA) {
    // Manufacturer Usage Descriptions, RFC 8520 section 11.
    if (body.number(field['iana.subtype']) === 1) whole('iana.mudurl')(body, field);
  } else if (body.remaining > 0) {
    body.number(field['unknown_subtype']);
    if (body.remaining > 0) body.take(field['unknown_subtype.content'], body.remaining);
  }
}

/** IEEE 802.1Q, annex D. */
function bridging(body: Body, field: Fields): void {
  const subtype = body.number(field['ieee.802_1.subtype']);
  if (subtype === 1) body.number(field['ieee.802_1.port_vlan.id']);
  else if (subtype === 2) {
    body.number(field['protocolVlan']);
    body.number(field['ieee.802_1.port_proto_vlan.id']);
  } else if (subtype === 3) {
    body.number(field['ieee.802_1.vlan.id']);
    const length = body.number(field['ieee.802_1.vlan.name_len']);
    if (length > 0) string(body, field['ieee.802_1.vlan.name'], length);
  } else if (subtype === 4) {
    const length = body.number(field['ieee.802_1.proto.id_length']);
    if (length > 0) body.take(field['ieee.802_1.proto.id'], length);
  }
}

function summary({ view, start, end }: Body): string {
  let out = '';
  let at = start;
  while (at + 2 <= end) {
    const head = view.getUint16(at);
    const length = head & 0x1ff;
    const value = at + 2;
    at = value + length;
    if (at > end || head === END) break;
    const type = head >> 9;
    if ((type === CHASSIS || type === PORT) && length > 1) out += `${name(view, type, value, length)} `;
    else if (type === TIME_TO_LIVE && length >= 2) out += `${view.getUint16(value)} `;
    else if (type === SYSTEM_NAME) out += `SysN=${escapedText(textOf(view, value, length))} `;
    else if (type === SYSTEM_DESCRIPTION) out += `SysD=${escapedText(textOf(view, value, length))} `;
  }
  return out;
}

function name(view: DataView, type: number, at: number, length: number): string {
  const letters = (type === CHASSIS ? chassisLetters : portLetters)[view.getUint8(at)] ?? '??';
  if (letters === 'MA' && length === 7) return `MA/${etherText(view, at + 1)}`;
  if (letters === 'NA' && length === 6) return `NA/${ipv4Text(view, at + 2)}`;
  if (letters === 'NA') return `NA/${hexText(view, at + 1, length - 1)}`;
  return `${letters}/${escapedText(textOf(view, at + 1, length - 1))}`;
}
