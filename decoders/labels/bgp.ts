/** Numbers of BGP: IANA "Border Gateway Protocol (BGP) Parameters", "Capability Codes" and "Address Family Numbers". */

import type { Labels } from '../core/field.js';

export const messageTypes: Labels = {
  1: 'OPEN Message',
  2: 'UPDATE Message',
  3: 'NOTIFICATION Message',
  4: 'KEEPALIVE Message',
  5: 'ROUTE-REFRESH Message',
  6: 'CAPABILITY Message',
  128: 'Cisco ROUTE-REFRESH Message',
};

export const parameterTypes: Labels = { 1: 'Authentication', 2: 'Capability' };

export const addressFamilies: Labels = {
  0: 'Reserved',
  1: 'IPv4',
  2: 'IPv6',
  25: 'Layer-2 VPN',
  16384: 'BGP-LS',
};

export const subsequentFamilies: Labels = {
  1: 'Unicast',
  2: 'Multicast',
  3: 'Unicast+Multicast',
  4: 'Labeled Unicast',
  5: 'MCAST-VPN',
  65: 'VPLS',
  66: 'MDT',
  70: 'EVPN',
  71: 'BGP-LS',
  73: 'SR Policy',
  128: 'Labeled VPN Unicast',
  129: 'Multicast for BGP/MPLS IP VPNs',
  132: 'Route Target Filter',
  133: 'Flow Spec Filter',
  134: 'Flow Spec Filter VPN',
};

export const capabilities: Labels = {
  0: 'Reserved capability',
  1: 'Multiprotocol extensions capability',
  2: 'Route refresh capability',
  3: 'Cooperative route filtering capability',
  5: 'Extended Next Hop Encoding',
  6: 'BGP-Extended Message',
  7: 'BGPsec capability',
  8: 'Multiple Labels capability',
  9: 'BGP Role',
  64: 'Graceful Restart capability',
  65: 'Support for 4-octet AS number capability',
  67: 'Support for Dynamic capability',
  68: 'Multisession BGP Capability',
  69: 'Support for Additional Paths',
  70: 'Enhanced route refresh capability',
  71: 'Long-Lived Graceful Restart (LLGR) Capability',
  73: 'FQDN Capability',
  128: 'Route refresh capability (Cisco)',
  130: 'Cooperative route filtering capability (Cisco)',
  131: 'Multisession BGP capability (Cisco)',
};

export const attributeTypes: Labels = {
  1: 'ORIGIN',
  2: 'AS_PATH',
  3: 'NEXT_HOP',
  4: 'MULTI_EXIT_DISC',
  5: 'LOCAL_PREF',
  6: 'ATOMIC_AGGREGATE',
  7: 'AGGREGATOR',
  8: 'COMMUNITIES',
  9: 'ORIGINATOR_ID',
  10: 'CLUSTER_LIST',
  14: 'MP_REACH_NLRI',
  15: 'MP_UNREACH_NLRI',
  16: 'EXTENDED_COMMUNITIES',
  17: 'AS4_PATH',
  18: 'AS4_AGGREGATOR',
  22: 'PMSI_TUNNEL_ATTRIBUTE',
  23: 'TUNNEL_ENCAPSULATION_ATTRIBUTE',
  24: 'Traffic Engineering',
  25: 'IPv6 Address Specific Extended Community',
  26: 'AIGP',
  29: 'BGP-LS Attribute',
  32: 'LARGE_COMMUNITY',
  33: 'BGPsec_PATH',
  35: 'Only To Customer',
  40: 'BGP Prefix-SID',
  128: 'ATTR_SET',
};

export const origins: Labels = { 0: 'IGP', 1: 'EGP', 2: 'INCOMPLETE' };
export const segmentTypes: Labels = { 1: 'AS_SET', 2: 'AS_SEQUENCE', 3: 'AS_CONFED_SEQUENCE', 4: 'AS_CONFED_SET' };

export const wellKnownCommunities: Labels = {
  0xffff0000: 'GRACEFUL_SHUTDOWN',
  0xffff0001: 'ACCEPT_OWN',
  0xffff0006: 'LLGR_STALE',
  0xffff0007: 'NO_LLGR',
  0xffff029a: 'BLACKHOLE',
  0xffffff01: 'NO_EXPORT',
  0xffffff02: 'NO_ADVERTISE',
  0xffffff03: 'NO_EXPORT_SUBCONFED',
  0xffffff04: 'NOPEER',
};

export const extendedTypes: Labels = {
  0x00: 'Transitive 2-Octet AS-Specific',
  0x01: 'Transitive IPv4-Address-Specific',
  0x02: 'Transitive 4-Octet AS-Specific',
  0x03: 'Transitive Opaque',
  0x04: 'Transitive QoS Marking',
  0x05: 'Transitive CoS Capability',
  0x06: 'Transitive EVPN',
  0x40: 'Non-Transitive 2-Octet AS-Specific',
  0x41: 'Non-Transitive IPv4-Address-Specific',
  0x42: 'Non-Transitive 4-Octet AS-Specific',
  0x43: 'Non-Transitive Opaque',
  0x80: 'Generic Transitive Experimental Use',
};

export const extendedSubtypes: Labels = {
  0x02: 'Route Target',
  0x03: 'Route Origin',
  0x04: 'Link Bandwidth',
  0x05: 'OSPF Domain Identifier',
  0x06: 'OSPF Route Type',
  0x07: 'OSPF Router ID',
  0x08: 'BGP Data Collection',
  0x0b: 'Color',
  0x0c: 'Encapsulation',
};

export const errors: Labels = {
  1: 'Message Header Error',
  2: 'OPEN Message Error',
  3: 'UPDATE Message Error',
  4: 'Hold Timer Expired',
  5: 'Finite State Machine Error',
  6: 'Cease',
  7: 'ROUTE-REFRESH Message Error',
};

export const headerErrors: Labels = {
  1: 'Connection Not Synchronized',
  2: 'Bad Message Length',
  3: 'Bad Message Type',
};

export const openErrors: Labels = {
  1: 'Unsupported Version Number',
  2: 'Bad Peer AS',
  3: 'Bad BGP Identifier',
  4: 'Unsupported Optional Parameter',
  6: 'Unacceptable Hold Time',
  7: 'Unsupported Capability',
  11: 'Role Mismatch',
};

export const updateErrors: Labels = {
  1: 'Malformed Attribute List',
  2: 'Unrecognized Well-known Attribute',
  3: 'Missing Well-known Attribute',
  4: 'Attribute Flags Error',
  5: 'Attribute Length Error',
  6: 'Invalid ORIGIN Attribute',
  8: 'Invalid NEXT_HOP Attribute',
  9: 'Optional Attribute Error',
  10: 'Invalid Network Field',
  11: 'Malformed AS_PATH',
};

export const ceaseErrors: Labels = {
  1: 'Maximum Number of Prefixes Reached',
  2: 'Administratively Shutdown',
  3: 'Peer De-configured',
  4: 'Administratively Reset',
  5: 'Connection Rejected',
  6: 'Other Configuration Change',
  7: 'Connection Collision Resolution',
  8: 'Out of Resources',
  9: 'Hard Reset',
  10: 'BFD Down',
};

export const stateErrors: Labels = {
  0: 'Unspecified Error',
  1: 'Receive Unexpected Message in OpenSent State',
  2: 'Receive Unexpected Message in OpenConfirm State',
  3: 'Receive Unexpected Message in Established State',
};
