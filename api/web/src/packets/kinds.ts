/**
 * What a row's colour means: Wireshark's default rules by meaning, in another palette. It imports nothing, so that it can
 * be tested without a browser.
 */

export interface Row {
  readonly protocol: string;
  readonly info: string;
  readonly problems: readonly string[];
}

/** In the order in which they are asked: the first that fits is a row's kind. */
export const KINDS = [
  'broken',
  'bad-tcp',
  'checksum',
  'reset',
  'icmp-error',
  'icmp',
  'arp',
  'routing',
  'names',
  'http',
  'encrypted',
  'begin-end',
  'tcp',
  'udp',
] as const;
export type Kind = (typeof KINDS)[number];

const of = (names: string): ReadonlySet<string> => new Set(names.split(' '));
const ROUTING = of(
  'OSPF BGP RIP RIPng EIGRP HSRP VRRP STP RSTP MSTP LLDP CDP IGMP IGMPv1 IGMPv2 IGMPv3 PIM IS-IS LACP',
);
const NAMES = of('DNS MDNS LLMNR NBNS DHCP DHCPv6 BOOTP');
const HTTP = of('HTTP HTTP/XML HTTP/JSON HTTP2 HTTP3 WebSocket SSDP');
const ENCRYPTED = /^(TLS|SSL|DTLS|SSH|QUIC|ESP|WireGuard|ISAKMP|OpenVPN)/;
/** What Wireshark's analysis says of segments that arrive well all the same. */
const HARMLESS = /^\[TCP (Keep-Alive|Window Update|Port numbers reused|Spurious)/;

/** The kind of a row; undefined: its colour says nothing. */
export function kindOf({ protocol, info, problems }: Row): Kind | undefined {
  if (problems.includes('malformed')) return 'broken';
  if (info.startsWith('[TCP ') && !HARMLESS.test(info)) return 'bad-tcp';
  if (problems.includes('checksum')) return 'checksum';
  if (protocol.startsWith('ICMP'))
    return /unreachable|exceeded|redirect|problem|too big/i.test(info) ? 'icmp-error' : 'icmp';
  if (protocol === 'ARP') return 'arp';
  if (ROUTING.has(protocol)) return 'routing';
  if (NAMES.has(protocol)) return 'names';
  if (HTTP.has(protocol)) return 'http';
  if (ENCRYPTED.test(protocol)) return 'encrypted';
  if (protocol === 'TCP') {
    const flags = /\[([A-Z, ]+)\]/.exec(info)?.[1] ?? '';
    if (flags.includes('RST')) return 'reset';
    return flags.includes('SYN') || flags.includes('FIN') ? 'begin-end' : 'tcp';
  }
  return protocol === 'UDP' ? 'udp' : undefined;
}
