/** The list of protocols. A new one is a file beside this one, a line here, and a fixture. */

import { Registry } from '../core/index.js';
import { arp } from './arp.js';
import { bittorrent } from './bittorrent.js';
import { bittorrentDht } from './bittorrent-dht.js';
import { coap } from './coap.js';
import { data } from './data.js';
import { dns, llmnr, mdns } from './dns.js';
import { ethernet } from './ethernet.js';
import { http } from './http.js';
import { icmp } from './icmp.js';
import { icmpv6 } from './icmpv6.js';
import { ah, esp } from './ipsec.js';
import { ipv4 } from './ipv4.js';
import { ipv6 } from './ipv6.js';
import { destinationOptions, fragment, hopByHop, routing } from './ipv6-extensions.js';
import { llc } from './llc.js';
import { mobility } from './mobility.js';
import { modbus, modbusTcp } from './modbus.js';
import { mqtt } from './mqtt.js';
import { nullLoop } from './null.js';
import { postgresql } from './postgresql.js';
import { raw } from './raw.js';
import { redis } from './redis.js';
import { sll } from './sll.js';
import { tcp } from './tcp.js';
import { tls } from './tls.js';
import { udp } from './udp.js';
import { serviceVlan, vlan } from './vlan.js';
import { wireguard } from './wireguard.js';

/** Every protocol, once; the order gives the registry ids and matters to nothing else. */
export const protocols = [
  ethernet,
  ipv4,
  udp,
  tcp,
  ipv6,
  icmp,
  icmpv6,
  arp,
  dns,
  mdns,
  llmnr,
  vlan,
  serviceVlan,
  llc,
  sll,
  nullLoop,
  raw,
  hopByHop,
  destinationOptions,
  routing,
  fragment,
  ah,
  esp,
  mobility,
  mqtt,
  coap,
  tls,
  http,
  wireguard,
  redis,
  modbusTcp,
  modbus,
  bittorrentDht,
  bittorrent,
  postgresql,
  data,
] as const;

/** The registry that the whole service uses. */
export const registry = new Registry(protocols);
