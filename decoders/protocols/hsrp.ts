import {
  type Body,
  ether,
  type Field,
  findField,
  ipv4Address,
  ipv6Address,
  protocol,
  text,
  uint,
} from '../core/index.js';

const ADVERTISE = 3;
const GROUP_STATE = 1;
const INTERFACE_STATE = 2;
const TEXT_AUTHENTICATION = 3;
const IPV4 = 4;

const opcodes: Readonly<Record<number, string>> = { 0: 'Hello', 1: 'Coup', 2: 'Resign', [ADVERTISE]: 'Advertise' };
/** RFC 2281, section 5.1; version 2 counts them from 1. */
const states: Readonly<Record<number, string>> = {
  0: 'Initial',
  1: 'Learn',
  2: 'Listen',
  4: 'Speak',
  8: 'Standby',
  16: 'Active',
};
const states2: Readonly<Record<number, string>> = {
  1: 'Init',
  2: 'Learn',
  3: 'Listen',
  4: 'Speak',
  5: 'Standby',
  6: 'Active',
};
/** Of advertisements. */
const interfaceStates: Readonly<Record<number, string>> = { 1: 'Dormant', 2: 'Passive', 3: 'Active' };

/** Names of version 2. */
const two = (name: string) => `hsrp2.${name}`;

const fields = {
  version: uint(8, 'Version'),
  opcode: uint(8, 'Op Code', { labels: opcodes }),
  state: uint(8, 'State', { labels: states }),
  hellotime: uint(8, 'Hellotime', { unit: 's' }),
  holdtime: uint(8, 'Holdtime', { unit: 's' }),
  priority: uint(8, 'Priority'),
  group: uint(8, 'Group'),
  reserved: uint(8, 'Reserved'),
  auth_data: text('Authentication Data'),
  virt_ip: ipv4Address('Virtual IP Address'),
  'adv.tlvtype': uint(16, 'Adv type'),
  'adv.tlvlength': uint(16, 'Adv length'),
  'adv.state': uint(8, 'Adv state', { labels: interfaceStates }),
  'adv.reserved1': uint(8, 'Adv reserved1'),
  'adv.activegrp': uint(16, 'Adv active groups'),
  'adv.passivegrp': uint(16, 'Adv passive groups'),
  'adv.reserved2': uint(32, 'Adv reserved2'),
  group_state: uint(8, 'Group State TLV', { filter: two('group_state_tlv') }),
  interface_state: uint(8, 'Interface State TLV', { filter: two('interface_state_tlv') }),
  text_auth: uint(8, 'Text Authentication TLV', { filter: two('text_auth_tlv') }),
  version2: uint(8, 'Version', { filter: two('version') }),
  opcode2: uint(8, 'Op Code', { labels: opcodes, filter: two('opcode') }),
  state2: uint(8, 'State', { labels: states2, filter: two('state') }),
  ipversion: uint(8, 'IP Ver.', { filter: two('ipversion') }),
  group2: uint(16, 'Group', { filter: two('group') }),
  identifier: ether('Identifier', { filter: two('identifier') }),
  priority2: uint(32, 'Priority', { filter: two('priority') }),
  hellotime2: uint(32, 'Hellotime', { unit: 'ms', filter: two('hellotime') }),
  holdtime2: uint(32, 'Holdtime', { unit: 'ms', filter: two('holdtime') }),
  virt_ip2: ipv4Address('Virtual IP Address', { filter: two('virt_ip') }),
  virt_ip_v6: ipv6Address('Virtual IPv6 Address', { filter: two('virt_ip_v6') }),
  active_groups: uint(16, 'Active Groups', { filter: two('active_groups') }),
  passive_groups: uint(16, 'Passive Groups', { filter: two('passive_groups') }),
  auth_data2: text('Authentication Data', { filter: two('auth_data') }),
};

type HsrpFields = { readonly [K in keyof typeof fields]: Field };

/** Cisco's Hot Standby Router Protocol, version 1 (RFC 2281) and version 2. */
export const hsrp = protocol('hsrp', 'Cisco Hot Standby Router Protocol', {
  reference: 'RFC 2281, section 5; Cisco IOS documentation, "HSRP Version 2"',
  carriedBy: { 'udp.port': 1985 },
  header: {},
  fields,
  headerLength: 'all',
  body: (body, field) => {
    // Version 1 begins with its version, 0; version 2 with the type of its first part.
    if (body.peek8() !== 0) while (body.remaining > 0) part(body, field);
    else if (body.peek8(1) === ADVERTISE) advertisement(body, field);
    else router(body, field);
  },
  info: (layer) => {
    const opcode = findField(layer.fields, 'hsrp.opcode') ?? findField(layer.fields, 'hsrp2.opcode');
    if (opcode === undefined) return 'HSRP';
    const old = findField(layer.fields, 'hsrp.state') ?? findField(layer.fields, 'hsrp.adv.state');
    const state = old ?? findField(layer.fields, 'hsrp2.state');
    const names = old === undefined ? states2 : old.name === 'hsrp.state' ? states : interfaceStates;
    return `${opcodes[Number(opcode.value)] ?? 'Unknown'} (state ${names[Number(state?.value)] ?? 'Unknown'})`;
  },
});

/** RFC 2281, section 5.1. */
function router(body: Body, field: HsrpFields): void {
  for (const key of ['version', 'opcode', 'state', 'hellotime', 'holdtime', 'priority', 'group', 'reserved'] as const)
    body.number(field[key]);
  paddedText(body, field.auth_data);
  body.take(field.virt_ip);
}

/** Text in eight octets, filled with zeros. */
function paddedText(body: Body, field: Field): void {
  const start = body.position;
  const octets = body.take(field, 8);
  const end = octets.display.indexOf('\0');
  if (end >= 0) body.amend(field, octets.display.slice(0, end));
  body.position = start + 8;
}

function advertisement(body: Body, field: HsrpFields): void {
  body.number(field.version);
  body.number(field.opcode);
  for (const key of ['tlvtype', 'tlvlength', 'state', 'reserved1', 'activegrp', 'passivegrp', 'reserved2'] as const)
    body.number(field[`adv.${key}`]);
}

/** A part of version 2: type, length, and what the type says. */
function part(body: Body, field: HsrpFields): void {
  const type = body.peek8();
  const end = body.position + 2 + body.peek8(1);
  body.need(end - body.position, 'a part of the message');
  body.within(end, () => {
    if (type === GROUP_STATE) groupState(body, field);
    else if (type === INTERFACE_STATE) {
      body.number(field.interface_state);
      body.skip(1);
      body.number(field.active_groups);
      body.number(field.passive_groups);
    } else if (type === TEXT_AUTHENTICATION) {
      body.number(field.text_auth);
      body.skip(1);
      paddedText(body, field.auth_data2);
    }
    if (body.remaining > 0) body.skip(body.remaining);
  });
}

function groupState(body: Body, field: HsrpFields): void {
  body.number(field.group_state);
  body.skip(1);
  body.number(field.version2);
  body.number(field.opcode2);
  body.number(field.state2);
  const version = body.number(field.ipversion);
  body.number(field.group2);
  body.take(field.identifier);
  body.number(field.priority2);
  body.number(field.hellotime2);
  body.number(field.holdtime2);
  body.take(version === IPV4 ? field.virt_ip2 : field.virt_ip_v6);
}
