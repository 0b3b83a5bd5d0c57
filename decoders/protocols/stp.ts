import { etherText } from '../core/format.js';
import { type Body, bits, bytes, ether, type Field, flag, protocol, spare, text, uint } from '../core/index.js';

const versions = { 0: 'Spanning Tree', 2: 'Rapid Spanning Tree', 3: 'Multiple Spanning Tree', 4: 'Shortest Path Tree' };
const types = { 0: 'Configuration', 2: 'Rapid/Multiple Spanning Tree', 128: 'Topology Change Notification' };
const roles = { 0: 'Unknown', 1: 'Alternate or Backup', 2: 'Root', 3: 'Designated' };
const CONFIGURATION = 0;
const RAPID = 2;
const TOPOLOGY_CHANGE = 0x80;
const MULTIPLE = 3;
const SHORTEST_PATH = 4;
/** Timers count 256ths of a second (IEEE 802.1D, clause 9.2.8). */
const TICK = 1 / 256;
/** Octets of a configuration message; also of the version 3 part without its instances, and of one instance. */
const CONFIGURATION_OCTETS = 35;
const VERSION_3_OCTETS = 64;
const INSTANCE_OCTETS = 16;
const VERSION_4_OCTETS = 53;
const NAME_OCTETS = 32;
const AGREEMENT_HEAD = 13;

/** The twelve lower bits of a priority are the bridge's VLAN or instance (802.1D-2004, clause 9.2.5). */
function identifier(name: string, title: string) {
  return bits(
    16,
    title,
    {
      prio: uint(4, `${title} Priority`, { filter: `${name}.prio`, scale: 4096 }),
      ext: uint(12, `${title} System ID Extension`, { filter: `${name}.ext` }),
    },
    { bare: true },
  );
}

/** An instance's priorities are in the upper half of an octet (IEEE 802.1Q, clause 14.4.1). */
function upperHalf(filter: string, title: string) {
  return bits(8, title, { value: uint(4, title, { filter }), unused: spare(4) }, { bare: true });
}

const flagParts = {
  tcack: flag('Topology Change Acknowledgment', { filter: 'stp.flags.tcack' }),
  agreement: flag('Agreement', { filter: 'stp.flags.agreement' }),
  forwarding: flag('Forwarding', { filter: 'stp.flags.forwarding' }),
  learning: flag('Learning', { filter: 'stp.flags.learning' }),
  port_role: uint(2, 'Port Role', { filter: 'stp.flags.port_role', labels: roles }),
  proposal: flag('Proposal', { filter: 'stp.flags.proposal' }),
  tc: flag('Topology Change', { filter: 'stp.flags.tc' }),
};

/** Spanning Tree, Rapid and Multiple Spanning Tree: IEEE 802.1D and 802.1Q; also Cisco's per-VLAN form. */
export const stp = protocol('stp', 'Spanning Tree Protocol', {
  reference: 'IEEE 802.1D, clause 9.3; IEEE 802.1Q, clause 14.4',
  carriedBy: { 'llc.dsap': 0x42, 'llc.cisco_pid': 0x010b },
  header: {
    protocol: uint(16, 'Protocol Identifier', { base: 16, labels: { 0: 'Spanning Tree Protocol' } }),
    version: uint(8, 'Protocol Version Identifier', { labels: versions }),
    type: uint(8, 'BPDU Type', { base: 16, labels: types }),
  },
  fields: {
    flags: bits(
      8,
      'BPDU flags',
      {
        tcack: flag('Topology Change Acknowledgment', { filter: 'stp.flags.tcack' }),
        unused: spare(6),
        tc: flag('Topology Change', { filter: 'stp.flags.tc' }),
      },
      { base: 16 },
    ),
    rapidFlags: bits(8, 'BPDU flags', flagParts, { base: 16, filter: 'stp.flags' }),
    root: identifier('stp.root', 'Root Bridge'),
    'root.hw': ether('Root Bridge System ID'),
    'root.cost': uint(32, 'Root Path Cost'),
    bridge: identifier('stp.bridge', 'Bridge'),
    'bridge.hw': ether('Bridge System ID'),
    port: uint(16, 'Port identifier', { base: 16 }),
    msg_age: uint(16, 'Message Age', { scale: TICK }),
    max_age: uint(16, 'Max Age', { scale: TICK }),
    hello: uint(16, 'Hello Time', { scale: TICK }),
    forward: uint(16, 'Forward Delay', { scale: TICK }),
    version_1_length: uint(8, 'Version 1 Length'),
    'pvst.tlvtype': uint(16, 'Type', { base: 16, labels: { 0: 'Originating VLAN' } }),
    'pvst.tlvlen': uint(16, 'Length'),
    'pvst.origvlan': uint(16, 'Originating VLAN'),
    'pvst.tlvval': bytes(0, 'Value'),
    version_3_length: uint(16, 'Version 3 Length', { filter: 'mstp.version_3_length' }),
    config_format_selector: uint(8, 'MST Config ID format selector', { filter: 'mstp.config_format_selector' }),
    config_name: text('MST Config name', { filter: 'mstp.config_name' }),
    config_revision_level: uint(16, 'MST Config revision', { filter: 'mstp.config_revision_level' }),
    config_digest: bytes(16, 'MST Config digest', { filter: 'mstp.config_digest' }),
    internal_cost: uint(32, 'CIST Internal Root Path Cost', { filter: 'mstp.cist_internal_root_path_cost' }),
    cist_bridge: identifier('mstp.cist_bridge', 'CIST Bridge'),
    cist_bridge_hw: ether('CIST Bridge Identifier System ID', { filter: 'mstp.cist_bridge.hw' }),
    remaining_hops: uint(8, 'CIST Remaining hops', { filter: 'mstp.cist_remaining_hops' }),
    msti_flags: bits(8, 'MSTI flags', flagParts, { base: 16, filter: 'mstp.msti.flags' }),
    msti_root: bits(
      16,
      'Regional Root',
      {
        priority: uint(4, 'Priority', { filter: 'mstp.msti.priority', base: 16 }),
        msti_id: uint(12, 'MSTID', { filter: 'mstp.msti.msti_id' }),
      },
      { bare: true },
    ),
    msti_root_hw: ether('Regional Root', { filter: 'mstp.msti.root.hw' }),
    msti_cost: uint(32, 'Internal root path cost', { filter: 'mstp.msti.root_cost' }),
    msti_bridge_priority: upperHalf('mstp.msti.bridge_priority', 'Bridge Identifier Priority'),
    msti_port_priority: upperHalf('mstp.msti.port_priority', 'Port identifier priority'),
    msti_hops: uint(8, 'Remaining hops', { filter: 'mstp.msti.remaining_hops' }),
    version_4_length: uint(16, 'Version 4 Length', { filter: 'mstp.version_4_length' }),
    agreement: bits(
      8,
      'Agreement',
      {
        unused: spare(2),
        role: flag('Restricted Role', { filter: 'mstp.agree_flags.rest_role' }),
        valid: flag('Agreement Digest Valid', { filter: 'mstp.agree_flags.agreement_valid' }),
        discarded: uint(2, 'Discarded Agreement Number', { filter: 'mstp.agree_flags.dagreement_num' }),
        number: uint(2, 'Agreement Number', { filter: 'mstp.agree_flags.agreement_num' }),
      },
      { bare: true },
    ),
    agreement_digest: bytes(0, 'Agreement Digest', { filter: 'mstp.agreement_digest' }),
  },
  headerLength: 'all',
  body: (body, field, read) => {
    const { view, start } = body;
    const type = read.type(view, start);
    const version = read.version(view, start);
    if (read.protocol(view, start) !== 0 || (type !== CONFIGURATION && type !== RAPID)) return;
    body.number(type === RAPID ? field.rapidFlags : field.flags);
    body.number(field.root);
    body.take(field['root.hw']);
    body.number(field['root.cost']);
    body.number(field.bridge);
    body.take(field['bridge.hw']);
    body.number(field.port);
    body.number(field.msg_age);
    body.number(field.max_age);
    body.number(field.hello);
    body.number(field.forward);
    if (type === RAPID && body.remaining > 0) {
      body.number(field.version_1_length);
      if (version >= MULTIPLE && body.remaining >= 2) readMultiple(body, field, version);
    }
    if (body.carrier === 'llc' && isPerVlan(body)) perVlan();

    function perVlan(): void {
      // An octet makes the first form as long as the rapid one; then follows the VLAN in which it was sent.
      if (type === CONFIGURATION && body.remaining > 0) body.skip(1);
      while (body.remaining >= 4) {
        const kind = body.peek16();
        if (kind !== 0) break;
        body.number(field['pvst.tlvtype']);
        const length = body.number(field['pvst.tlvlen']);
        if (length === 2) body.number(field['pvst.origvlan']);
        else if (length > 0) body.take(field['pvst.tlvval'], length);
      }
    }
  },
  info: (_layer, body) => summary(body),
});

/** Cisco's form stands behind a SNAP header. */
function isPerVlan(body: Body): boolean {
  return body.view.getUint8(body.walk.start[body.depth - 1]) === 0xaa;
}

/** What version 3 adds, IEEE 802.1Q clause 14.4; version 4 adds shortest path bridging's agreement. */
function readMultiple(body: Body, field: Readonly<Record<string, Field>>, version: number): void {
  const length = body.number(field['version_3_length']);
  if (body.remaining < VERSION_3_OCTETS) return;
  // Some equipment gives a length that cannot be; the instances then go on to the end.
  const end = length < VERSION_3_OCTETS ? body.end : body.position + length;
  configuration(body, field);
  body.number(field['internal_cost']);
  body.number(field['cist_bridge']);
  body.take(field['cist_bridge_hw']);
  body.number(field['remaining_hops']);
  while (end - body.position >= INSTANCE_OCTETS) {
    body.number(field['msti_flags']);
    body.number(field['msti_root']);
    body.take(field['msti_root_hw']);
    body.number(field['msti_cost']);
    body.number(field['msti_bridge_priority']);
    body.number(field['msti_port_priority']);
    body.number(field['msti_hops']);
  }
  if (version < SHORTEST_PATH || body.remaining < 2) return;
  const more = body.number(field['version_4_length']);
  if (more < VERSION_4_OCTETS || body.remaining < VERSION_4_OCTETS) return;
  const last = Math.min(body.end, body.position + more);
  configuration(body, field);
  body.number(field['agreement']);
  // The digest's format, capabilities and edge counts, which Wireshark leaves out too.
  body.skip(Math.min(AGREEMENT_HEAD, last - body.position));
  if (body.position < last) body.take(field['agreement_digest'], last - body.position);
}

/** What makes bridges one region: a name, a revision and the digest of their tables (clause 13.8). */
function configuration(body: Body, field: Readonly<Record<string, Field>>): void {
  body.number(field['config_format_selector']);
  body.need(NAME_OCTETS, 'MST Config name');
  const name = body.position;
  let octets = 0;
  while (octets < NAME_OCTETS && body.view.getUint8(name + octets) !== 0) octets++;
  body.found(field['config_name'], textAt(body.view, name, octets), name, NAME_OCTETS);
  body.position = name + NAME_OCTETS;
  body.number(field['config_revision_level']);
  body.take(field['config_digest']);
}

function textAt(view: DataView, at: number, length: number): string {
  let out = '';
  for (let i = 0; i < length; i++) out += String.fromCharCode(view.getUint8(at + i));
  return out;
}

function summary({ view, start, end }: Body): string {
  if (start + 4 > end) return 'Cut BPDU';
  const type = view.getUint8(start + 3);
  if (type === TOPOLOGY_CHANGE) return 'Topology Change Notification';
  if (type !== CONFIGURATION && type !== RAPID) return `Unknown BPDU type 0x${type.toString(16).padStart(2, '0')}`;
  const version = view.getUint8(start + 2);
  const kind =
    type === CONFIGURATION ? 'Conf' : version === MULTIPLE ? 'MST' : version === SHORTEST_PATH ? 'SPT' : 'RST';
  if (start + CONFIGURATION_OCTETS > end) return `${kind}.`;
  const change = (view.getUint8(start + 4) & 1) === 0 ? '' : ' TC +';
  const root = view.getUint16(start + 5);
  const port = view
    .getUint16(start + 25)
    .toString(16)
    .padStart(4, '0');
  return `${kind}.${change} Root = ${root & 0xf000}/${root & 0xfff}/${etherText(view, start + 7)}  Cost = ${view.getUint32(start + 13)}  Port = 0x${port}`;
}
