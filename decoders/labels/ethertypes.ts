/** EtherTypes in use, IEEE 802 Numbers (IANA). */
export const etherTypes: Readonly<Record<number, string>> = {
  2048: 'IPv4',
  2054: 'ARP',
  32821: 'RARP',
  33024: '802.1Q Virtual LAN',
  34525: 'IPv6',
  34824: 'MAC Control',
  34825: 'Slow Protocols',
  34887: 'MPLS label switched packet',
  34888: 'MPLS multicast',
  34915: 'PPPoE Discovery',
  34916: 'PPPoE Session',
  34958: '802.1X Authentication',
  34984: '802.1ad Provider Bridge (Q-in-Q)',
  35020: '802.1 Link Layer Discovery Protocol (LLDP)',
  35045: '802.1AE (MACsec)',
  37120: 'QinQ: deprecated tag',
};
