/** The options of DHCP, by number: RFC 2132 and those that came after it. */

import { guidText, hexText, ipv4Text, utf8Text } from '../core/format.js';
import { type Body, bits, bytes, ether, type Field, flag, int, ipv4Address, text, uint } from '../core/index.js';
import { agentSuboptions, architectures, messageTypes, nodeTypes, options } from '../labels/dhcp.js';
import { readLabels } from './dns-name.js';
import { distanceTo } from './messages.js';

/** Private enterprise number of the Broadband Forum. */
const BROADBAND_FORUM = 3561;

const enabled = (title: string) => flag(title, { bits: 8 });
const seconds = (title: string) => uint(32, title, { unit: 's' });

/** Fields of one kind that stand alone in an option, with its number. */
const plain = {
  subnet_mask: [1, ipv4Address('Subnet Mask')],
  time_offset: [2, int(32, 'Time Offset', { unit: 's' })],
  router: [3, ipv4Address('Router')],
  time_server: [4, ipv4Address('Time Server')],
  name_server: [5, ipv4Address('Name Server')],
  domain_name_server: [6, ipv4Address('Domain Name Server')],
  log_server: [7, ipv4Address('Log Server')],
  quotes_server: [8, ipv4Address('Quotes Server')],
  lpr_server: [9, ipv4Address('LPR Server')],
  impress_server: [10, ipv4Address('Impress Server')],
  resource_location_server: [11, ipv4Address('Resource Location Server')],
  hostname: [12, text('Host Name')],
  boot_file_size: [13, uint(16, 'Boot File Size')],
  merit_dump_file: [14, text('Merit Dump File')],
  domain_name: [15, text('Domain Name')],
  swap_server: [16, ipv4Address('Swap Server')],
  root_path: [17, text('Root Path')],
  extension_path: [18, text('Extension Path')],
  ip_forwarding: [19, enabled('IP Forwarding')],
  non_local_source_routing: [20, enabled('Non-Local Source Routing')],
  max_datagram_reassembly_size: [22, uint(16, 'Maximum Datagram Reassembly Size')],
  default_ip_ttl: [23, uint(8, 'Default IP Time-to-Live')],
  path_mtu_aging_timeout: [24, seconds('Path MTU Aging Timeout')],
  path_mtu_plateau_table_item: [25, uint(16, 'Path MTU Plateau Table Item')],
  interface_mtu: [26, uint(16, 'Interface MTU')],
  all_subnets_are_local: [27, enabled('All Subnets Are Local')],
  broadcast_address: [28, ipv4Address('Broadcast Address')],
  perform_mask_discovery: [29, enabled('Perform Mask Discovery')],
  mask_supplier: [30, enabled('Mask Supplier')],
  perform_router_discover: [31, enabled('Perform Router Discover')],
  router_solicitation_address: [32, ipv4Address('Router Solicitation Address')],
  trailer_encapsulation: [34, enabled('Trailer Encapsulation')],
  arp_cache_timeout: [35, seconds('ARP Cache Timeout')],
  ethernet_encapsulation: [36, enabled('Ethernet Encapsulation')],
  tcp_default_ttl: [37, uint(8, 'TCP Default TTL')],
  tcp_keepalive_interval: [38, seconds('TCP Keepalive Interval')],
  tcp_keepalive_garbage: [39, enabled('TCP Keepalive Garbage')],
  nis_domain: [40, text('NIS Domain')],
  nis_server: [41, ipv4Address('NIS Server')],
  ntp_server: [42, ipv4Address('NTP Server')],
  netbios_over_tcpip_name_server: [44, ipv4Address('NetBIOS over TCP/IP Name Server')],
  netbios_over_tcpip_dd_name_server: [45, ipv4Address('NetBIOS over TCP/IP Datagram Distribution Name Server')],
  netbios_over_tcpip_node_type: [46, uint(8, 'NetBIOS over TCP/IP Node Type', { labels: nodeTypes })],
  netbios_over_tcpip_scope: [47, text('NetBIOS over TCP/IP Scope')],
  xwindows_system_font_server: [48, ipv4Address('X Window System Font Server')],
  xwindows_system_display_manager: [49, ipv4Address('X Window System Display Manager')],
  requested_ip_address: [50, ipv4Address('Requested IP Address')],
  ip_address_lease_time: [51, seconds('IP Address Lease Time')],
  option_overload: [
    52,
    uint(8, 'Option Overload', {
      labels: {
        1: 'Boot file name holds options',
        2: 'Server host name holds options',
        3: 'Boot file and server host names hold options',
      },
    }),
  ],
  dhcp: [53, uint(8, 'DHCP', { labels: messageTypes })],
  dhcp_server_id: [54, ipv4Address('DHCP Server Identifier')],
  request_list_item: [55, uint(8, 'Parameter Request List Item', { labels: options })],
  message: [56, text('Message')],
  dhcp_max_message_size: [57, uint(16, 'Maximum DHCP Message Size')],
  renewal_time_value: [58, seconds('Renewal Time Value')],
  rebinding_time_value: [59, seconds('Rebinding Time Value')],
  vendor_class_id: [60, text('Vendor class identifier')],
  nis_plus_domain: [64, text('Network Information Service+ Domain')],
  nis_plus_server: [65, ipv4Address('Network Information Service+ Server')],
  tftp_server_name: [66, text('TFTP Server Name')],
  bootfile_name: [67, text('Bootfile name')],
  mobile_ip_home_agent: [68, ipv4Address('Mobile IP Home Agent')],
  smtp_server: [69, ipv4Address('SMTP Server')],
  pop3_server: [70, ipv4Address('POP3 Server')],
  nntp_server: [71, ipv4Address('NNTP Server')],
  default_www_server: [72, ipv4Address('Default WWW Server')],
  default_finger_server: [73, ipv4Address('Default Finger Server')],
  default_irc_server: [74, ipv4Address('Default IRC Server')],
  streettalk_server: [75, ipv4Address('StreetTalk Server')],
  streettalk_da_server: [76, ipv4Address('StreetTalk Directory Assistance Server')],
  client_last_transaction_time: [91, seconds('Client last transaction time')],
  associated_ip_option: [92, ipv4Address('Associated IP option')],
  client_system_architecture: [93, uint(16, 'Client System Architecture', { labels: architectures })],
  tz_pcode: [100, text('TZ PCode')],
  tz_tcode: [101, text('TZ TCode')],
  netinfo_parent_server_address: [112, ipv4Address('NetInfo Parent Server Address')],
  netinfo_parent_server_tag: [113, text('NetInfo Parent Server Tag')],
  captive_portal: [114, text('Captive Portal')],
  dhcp_auto_configuration: [
    116,
    uint(8, 'DHCP Auto-Configuration', { labels: { 0: 'DoNotAutoConfigure', 1: 'AutoConfigure' } }),
  ],
  subnet_selection_option: [118, ipv4Address('Subnet Selection Option')],
  pana_agent: [136, ipv4Address('PaC')],
  lost_server_domain_name: [137, text('LoST Server Domain Name')],
  capwap_access_controller: [138, ipv4Address('CAPWAP Access Controller')],
  andsf_server: [142, ipv4Address('ANDSF Server')],
  'forcerenew_nonce.algorithm': [145, uint(8, 'Algorithm', { labels: { 1: 'HMAC-MD5' } })],
  tftp_server_address: [150, ipv4Address('TFTP Server Address')],
  mudurl: [161, text('MUDURL')],
  pxe_config_file: [209, text('PXE Configuration file')],
  pxe_path_prefix: [210, text('PXE Path Prefix')],
  private_proxy_autodiscovery: [252, text('Private Proxy Autodiscovery')],
} as const;

type PlainKey = keyof typeof plain;
const plainKeys = Object.keys(plain) as PlainKey[];
const named = <K extends string, V>(entries: readonly (readonly [K, V])[]) =>
  Object.fromEntries(entries) as Readonly<Record<K, V>>;

/** The key of the field that an option consists of. */
const plainOption: Readonly<Record<number, `option.${PlainKey}`>> = Object.fromEntries(
  plainKeys.map((key) => [plain[key][0], `option.${key}`]),
);

export const optionFields = {
  'option.type': uint(8, 'Option', { labels: options }),
  'option.length': uint(8, 'Length'),
  'option.value': bytes(0, 'Value'),
  'option.end': uint(8, 'Option End'),
  'option.padding': bytes(0, 'Padding'),
  ...named(plainKeys.map((key) => [`option.${key}` as const, plain[key][1]])),
  'option.policy_filter.ip': ipv4Address('IP Address'),
  'option.policy_filter.subnet_mask': ipv4Address('Subnet Mask'),
  'option.static_route.ip': ipv4Address('IP Address'),
  'option.static_route.router': ipv4Address('Router'),
  'option.classless_static_route': bytes(0, 'Classless Static Route'),
  'option.user_class': uint(8, 'Instance of User Class'),
  'option.user_class.length': uint(8, 'User Class Length'),
  'option.user_class.data': bytes(0, 'User Class Data'),
  'option.dhcp_name_service_search_option': text('Name Service Search Option'),
  'option.dhcp_dns_domain_search_list_fqdn': text('FQDN'),
  'option.sip_server.encoding': uint(8, 'SIP Server Encoding', {
    labels: { 0: 'Fully Qualified Domain Name', 1: 'IPv4 Address' },
  }),
  'option.sip_server.name': text('SIP Server Name'),
  'option.sip_server.address': ipv4Address('SIP Server Address'),
  'option.dhcp_authentication.protocol': uint(8, 'Protocol', {
    labels: { 0: 'configuration token', 1: 'delayed authentication', 3: 'reconfigure key' },
  }),
  'option.dhcp_authentication.alg_delay': uint(8, 'Algorithm', { labels: { 1: 'HMAC_MD5' } }),
  'option.dhcp_authentication.algorithm': uint(8, 'Algorithm'),
  'option.dhcp_authentication.rdm': uint(8, 'Replay Detection Method', {
    labels: { 0: 'Monotonically-increasing counter' },
  }),
  'option.dhcp_authentication.rdm_replay_detection': uint(64, 'RDM Replay Detection Value', { base: 16 }),
  'option.dhcp_authentication.secret_id': uint(32, 'Secret ID', { base: 16 }),
  'option.dhcp_authentication.hmac_md5_hash': bytes(16, 'HMAC MD5 Hash'),
  'option.dhcp_authentication.information': text('Authentication Information'),
  'option.agent_information_option.suboption': uint(8, 'Option 82 Suboption', { labels: agentSuboptions }),
  'option.agent_information_option.value': bytes(0, 'Value'),
  'option.agent_information_option.agent_circuit_id': bytes(0, 'Agent Circuit ID'),
  'option.agent_information_option.agent_remote_id': bytes(0, 'Agent Remote ID'),
  'option.agent_information_option.link_selection': ipv4Address('Link selection'),
  'option.agent_information_option.subscriber_id': text('Subscriber ID'),
  'option.agent_information_option.server_id_override': ipv4Address('Server ID Override'),
  'option.agent_information_option.relay_agent_id': bytes(0, 'Relay Agent Identifier'),
  'option.suboption_length': uint(8, 'Length'),
  'vendor.suboption': uint(8, 'Suboption'),
  'vendor.data': bytes(0, 'Data'),
  'option.vi.enterprise': uint(32, 'Enterprise'),
  'option.vi.length': uint(8, 'Length'),
  'option.vi.value': bytes(0, 'Value'),
  'option.vi.tr111.suboption': uint(8, 'Option 125 Suboption'),
  'option.vi.tr111.gateway_manufacturer_oui': text('GatewayManufacturerOUI'),
  'option.vi.tr111.gateway_serial_number': text('GatewaySerialNumber'),
  'option.vi.tr111.gateway_product_class': text('GatewayProductClass'),
  'option.vi_class.enterprise': uint(32, 'Enterprise'),
  'option.vi_class.length': uint(8, 'Option data length'),
  'option.vi_class.data': text('Data'),
  client_network_id_major: uint(8, 'Client Network ID Major Version'),
  client_network_id_minor: uint(8, 'Client Network ID Minor Version'),
  'client_id.type': uint(8, 'Type'),
  'client_id.undef': text('Client Identifier'),
  'client_id.uuid': text('Client Identifier (UUID)'),
  'client_id.iaid': text('IAID'),
  'client_id.duid_type': uint(16, 'DUID Type'),
  'hw.mac_addr': ether('Client MAC address'),
  'fqdn.flags': bits(
    8,
    'Flags',
    {
      mbz: uint(4, 'Reserved flags', { base: 16, filter: 'dhcp.fqdn.mbz' }),
      n: flag('Server DDNS', { filter: 'dhcp.fqdn.n' }),
      e: flag('Encoding', { filter: 'dhcp.fqdn.e' }),
      o: flag('Server overrides', { filter: 'dhcp.fqdn.o' }),
      s: flag('Server', { filter: 'dhcp.fqdn.s' }),
    },
    { base: 16 },
  ),
  'fqdn.rcode1': uint(8, 'A-RR result'),
  'fqdn.rcode2': uint(8, 'PTR-RR result'),
  'fqdn.name': text('Client name'),
} as const;

export type OptionFields = { readonly [K in keyof typeof optionFields | 'hw.type']: Field };

/** Reads options up to the end of the part that is being read. */
export function readOptions(body: Body, field: OptionFields): void {
  while (body.remaining > 0) {
    const code = body.peek8();
    if (code === 0) {
      readPadding(body, field);
      continue;
    }
    if (code === 255) {
      // Wireshark gives the option's type as 0 here, and the 255 to a field of its own.
      body.titled(field['option.type'], 0, () => {
        body.describe('(255) End');
        body.number(field['option.end']);
      });
      if (body.remaining > 0) body.take(field['option.padding'], body.remaining);
      return;
    }
    body.headed(field['option.type'], () => {
      body.describe(`(${code}) ${options[code] ?? 'Unknown'}`);
      readOption(body, field, code);
    });
  }
}

function readPadding(body: Body, field: OptionFields): void {
  let octets = 1;
  while (octets < body.remaining && body.view.getUint8(body.position + octets) === 0) octets++;
  body.take(field['option.padding'], octets);
}

function readOption(body: Body, field: OptionFields, code: number): void {
  const length = body.number(field['option.length']);
  const end = body.position + length;
  if (length > 0 && length <= body.remaining)
    body.derived(field['option.value'], hexText(body.view, body.position, length), undefined, body.position, length);
  body.within(end, () => {
    const key = plainOption[code];
    if (key !== undefined) readPlain(body, field[key]);
    else special[code]?.(body, field);
    if (body.remaining > 0) body.skip(body.remaining);
  });
  if (end > body.end) body.need(end - body.position, options[code] ?? 'an option');
}

/** As many values of one kind as the option holds. */
function readPlain(body: Body, field: Field): void {
  if (field.kind === 'string') {
    if (body.remaining > 0) takeText(body, field, body.remaining);
    return;
  }
  while (body.remaining * 8 >= field.bits) body.take(field);
}

/** Text that may end with a zero before its length does (RFC 2132, section 2). */
export function takeText(body: Body, field: Field, length: number): void {
  const zero = distanceTo(body.view, 0, body.position, body.position + length);
  const at = body.position;
  body.need(length, field.title);
  body.found(field, utf8Text(body.view, at, zero < 0 ? length : zero), at, length);
  body.position = at + length;
}

type Reader = (body: Body, field: OptionFields) => void;

const pairs =
  (first: keyof OptionFields, second: keyof OptionFields): Reader =>
  (body, field) => {
    while (body.remaining >= 8) {
      body.take(field[first]);
      body.take(field[second]);
    }
  };

/** A suboption's number, length and content, one after another. */
function suboptions(body: Body, kind: Field, length: Field, read: (code: number, octets: number) => void): void {
  while (body.remaining >= 2)
    body.headed(kind, (code) => {
      const octets = body.number(length);
      body.need(octets, kind.title);
      const end = body.position + octets;
      if (octets > 0) body.within(end, () => read(code, octets));
      if (body.position < end) body.skip(end - body.position);
    });
}

const agentFields: Readonly<Record<number, keyof OptionFields>> = {
  1: 'option.agent_information_option.agent_circuit_id',
  2: 'option.agent_information_option.agent_remote_id',
  5: 'option.agent_information_option.link_selection',
  6: 'option.agent_information_option.subscriber_id',
  11: 'option.agent_information_option.server_id_override',
  12: 'option.agent_information_option.relay_agent_id',
};

const special: Readonly<Record<number, Reader>> = {
  21: pairs('option.policy_filter.ip', 'option.policy_filter.subnet_mask'),
  33: pairs('option.static_route.ip', 'option.static_route.router'),
  43: (body, field) =>
    suboptions(body, field['vendor.suboption'], field['option.suboption_length'], (_code, octets) =>
      body.take(field['vendor.data'], octets),
    ),
  61: clientIdentifier,
  77: userClass,
  81: (body, field) => {
    if (body.remaining < 3) return;
    const flags = body.number(field['fqdn.flags']);
    body.number(field['fqdn.rcode1']);
    body.number(field['fqdn.rcode2']);
    if (body.remaining === 0) return;
    if ((flags & 4) === 0) body.take(field['fqdn.name'], body.remaining);
    else domains(body, field['fqdn.name']);
  },
  82: (body, field) =>
    suboptions(
      body,
      field['option.agent_information_option.suboption'],
      field['option.suboption_length'],
      (code, octets) => {
        body.derived(
          field['option.agent_information_option.value'],
          hexText(body.view, body.position, octets),
          undefined,
          body.position,
          octets,
        );
        const key = agentFields[code];
        if (key !== undefined && (field[key].bits === 0 || field[key].bits === octets * 8))
          body.take(field[key], octets);
      },
    ),
  90: authentication,
  94: (body, field) => {
    if (body.remaining < 3) return;
    body.skip(1);
    body.number(field.client_network_id_major);
    body.number(field.client_network_id_minor);
  },
  97: (body, field) => {
    // RFC 4578, section 2.3: type 0 is a GUID, whose first three parts are little-endian.
    if (body.remaining < 17) return;
    body.number(field['client_id.type']);
    const at = body.position;
    body.found(field['client_id.uuid'], guidText(body.view, at), at, 16);
    body.position = at + 16;
  },
  119: (body, field) => domains(body, field['option.dhcp_dns_domain_search_list_fqdn']),
  120: (body, field) => {
    if (body.remaining === 0) return;
    if (body.number(field['option.sip_server.encoding']) === 1) readPlain(body, field['option.sip_server.address']);
    else domains(body, field['option.sip_server.name']);
  },
  121: classlessRoutes,
  124: (body, field) => {
    if (body.remaining < 5) return;
    body.number(field['option.vi_class.enterprise']);
    const length = body.number(field['option.vi_class.length']);
    if (length > 0) takeText(body, field['option.vi_class.data'], length);
  },
  125: (body, field) => {
    while (body.remaining >= 5)
      body.headed(field['option.vi.enterprise'], (enterprise) => {
        const length = body.number(field['option.vi.length']);
        if (enterprise === BROADBAND_FORUM) body.within(body.position + length, () => gateway(body, field));
        else body.skip(Math.min(length, body.remaining));
      });
  },
  249: classlessRoutes,
};

/** TR-111 of the Broadband Forum, section 2.2: who the gateway or the device is. */
const identityFields: Readonly<Record<number, keyof OptionFields>> = {
  4: 'option.vi.tr111.gateway_manufacturer_oui',
  5: 'option.vi.tr111.gateway_serial_number',
  6: 'option.vi.tr111.gateway_product_class',
};

function gateway(body: Body, field: OptionFields): void {
  suboptions(body, field['option.vi.tr111.suboption'], field['option.suboption_length'], (code, octets) => {
    const value = hexText(body.view, body.position, octets);
    body.derived(field['option.vi.value'], value, undefined, body.position, octets);
    const key = identityFields[code];
    if (key !== undefined) body.take(field[key], octets);
  });
}

/** RFC 2132, section 9.14, and RFC 4361, section 6.1. */
function clientIdentifier(body: Body, field: OptionFields): void {
  if (body.remaining === 0) return;
  const kind = body.peek8();
  if (kind === 0xff && body.remaining >= 7) {
    body.number(field['client_id.type']);
    const at = body.position;
    body.found(field['client_id.iaid'], hexText(body.view, at, 4), at, 4);
    body.position = at + 4;
    body.number(field['client_id.duid_type']);
    return;
  }
  if (body.remaining === 7 && kind > 0 && kind < 48) {
    body.number(field['hw.type']);
    body.take(field['hw.mac_addr']);
    return;
  }
  body.number(field['client_id.type']);
  if (kind === 0 && body.remaining > 0) takeText(body, field['client_id.undef'], body.remaining);
}

/** RFC 3004, section 4. Some clients send plain text instead. */
function userClass(body: Body, field: OptionFields): void {
  for (let instance = 0; body.remaining > 0; instance++) {
    const length = body.peek8();
    if (length === 0 || length >= body.remaining) return;
    body.titled(field['option.user_class'], instance, () => {
      body.number(field['option.user_class.length']);
      body.take(field['option.user_class.data'], length);
    });
  }
}

/** RFC 3118, section 2. */
function authentication(body: Body, field: OptionFields): void {
  if (body.remaining < 11) return;
  const kind = body.number(field['option.dhcp_authentication.protocol']);
  body.number(field[kind === 1 ? 'option.dhcp_authentication.alg_delay' : 'option.dhcp_authentication.algorithm']);
  body.number(field['option.dhcp_authentication.rdm']);
  body.take(field['option.dhcp_authentication.rdm_replay_detection']);
  if (kind === 1 && body.remaining >= 20) {
    body.number(field['option.dhcp_authentication.secret_id']);
    body.take(field['option.dhcp_authentication.hmac_md5_hash']);
  } else if (body.remaining > 0) body.take(field['option.dhcp_authentication.information'], body.remaining);
}

/** RFC 3442: as many octets of the network as its mask has, and a router. */
function classlessRoutes(body: Body, field: OptionFields): void {
  while (body.remaining > 0) {
    const width = body.peek8();
    const octets = Math.ceil(width / 8);
    if (width > 32 || body.remaining < 5 + octets) return;
    const at = body.position;
    const route = field['option.classless_static_route'];
    const network = [0, 1, 2, 3].map((i) => (i < octets ? body.view.getUint8(at + 1 + i) : 0)).join('.');
    const router = ipv4Text(body.view, at + 1 + octets);
    const label = width === 0 ? `default-${router}` : `${network}/${width}-${router}`;
    body.found(route, hexText(body.view, at, 5 + octets), at, 5 + octets, label);
    body.position = at + 5 + octets;
  }
}

/** RFC 3397: names as in DNS; their pointers count from the option's start. */
function domains(body: Body, field: Field): void {
  const start = body.position;
  while (body.remaining > 0) {
    const at = body.position;
    const name = readLabels(body.view, at, body.end, start);
    if (name.problem !== undefined || name.end === at) return;
    body.found(field, name.text, at, name.end - at);
    body.position = name.end;
  }
}
