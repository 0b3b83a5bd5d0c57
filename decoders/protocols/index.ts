/** The list of protocols. A new one is a file beside this one, a line here, and a fixture. */

import { Registry } from '../core/index.js';
import { amqp } from './amqp.js';
import { arp } from './arp.js';
import { backbone } from './backbone.js';
import { bfd } from './bfd.js';
import { bgp } from './bgp.js';
import { bittorrent } from './bittorrent.js';
import { bittorrentDht } from './bittorrent-dht.js';
import { chargen } from './chargen.js';
import { chdlc, slarp } from './chdlc.js';
import { cmd } from './cmd.js';
import { coap } from './coap.js';
import { data } from './data.js';
import { dataTextLines } from './data-text-lines.js';
import { daytime } from './daytime.js';
import { dccp } from './dccp.js';
import { dhcp } from './dhcp.js';
import { dhcpv6 } from './dhcpv6.js';
import { dns, llmnr, mdns } from './dns.js';
import { dtls } from './dtls.js';
import { eapol } from './eapol.js';
import { echo } from './echo.js';
import { erspan } from './erspan.js';
import { ethernet } from './ethernet.js';
import { finger } from './finger.js';
import { frameRelay } from './frame-relay.js';
import { ftp } from './ftp.js';
import { geneve } from './geneve.js';
import { gre } from './gre.js';
import { gtp } from './gtp.js';
import { gtpv2 } from './gtpv2.js';
import { hsrp } from './hsrp.js';
import { http } from './http.js';
import { http2 } from './http2.js';
import { http3 } from './http3.js';
import { icmp } from './icmp.js';
import { icmpv6 } from './icmpv6.js';
import { igmp } from './igmp.js';
import { imap } from './imap.js';
import { imf } from './imf.js';
import { ah, esp } from './ipsec.js';
import { ipv4 } from './ipv4.js';
import { ipv6 } from './ipv6.js';
import { destinationOptions, fragment, hopByHop, routing } from './ipv6-extensions.js';
import { irc } from './irc.js';
import { json } from './json.js';
import { kafka } from './kafka.js';
import { kerberos } from './kerberos.js';
import { l2tp } from './l2tp.js';
import { ldap } from './ldap.js';
import { llc } from './llc.js';
import { lldp } from './lldp.js';
import { macsec } from './macsec.js';
import { media } from './media.js';
import { memcached } from './memcached.js';
import { mimeMultipart } from './mime-multipart.js';
import { mobility } from './mobility.js';
import { modbus, modbusTcp } from './modbus.js';
import { bareWire, controlWord, mpls, pseudowire } from './mpls.js';
import { mqtt } from './mqtt.js';
import { mysql } from './mysql.js';
import { nbdgm } from './nbdgm.js';
import { nbns } from './nbns.js';
import { nbss } from './nbss.js';
import { ntp } from './ntp.js';
import { nullLoop } from './null.js';
import { openvpn } from './openvpn.js';
import { ospf } from './ospf.js';
import { pim } from './pim.js';
import { pop } from './pop.js';
import { postgresql } from './postgresql.js';
import { ppp, pppoeDiscovery, pppoeSession } from './ppp.js';
import { chap, ipcp, ipv6cp, lcp, pap } from './ppp-control.js';
import { quic } from './quic.js';
import { radiotap, wlanRadio } from './radiotap.js';
import { radius } from './radius.js';
import { raw } from './raw.js';
import { redis } from './redis.js';
import { rip } from './rip.js';
import { ripng } from './ripng.js';
import { rtcp } from './rtcp.js';
import { rtp } from './rtp.js';
import { sctp } from './sctp.js';
import { sdp } from './sdp.js';
import { sip } from './sip.js';
import { sll } from './sll.js';
import { smb } from './smb.js';
import { smb2 } from './smb2.js';
import { smtp } from './smtp.js';
import { snmp } from './snmp.js';
import { socks } from './socks.js';
import { ssdp } from './ssdp.js';
import { ssh } from './ssh.js';
import { stp } from './stp.js';
import { stun } from './stun.js';
import { syslog } from './syslog.js';
import { tcp } from './tcp.js';
import { telnet } from './telnet.js';
import { tftp } from './tftp.js';
import { time } from './time.js';
import { tls } from './tls.js';
import { udp } from './udp.js';
import { udplite } from './udplite.js';
import { urlencodedForm } from './urlencoded-form.js';
import { utp } from './utp.js';
import { serviceVlan, vlan } from './vlan.js';
import { vrrp } from './vrrp.js';
import { vxlan } from './vxlan.js';
import { vxlanGpe } from './vxlan-gpe.js';
import { websocket } from './websocket.js';
import { whois } from './whois.js';
import { wireguard } from './wireguard.js';
import { wlan } from './wlan.js';

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
  cmd,
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
  quic,
  dtls,
  ssh,
  websocket,
  http2,
  http3,
  wireguard,
  redis,
  modbusTcp,
  modbus,
  bittorrentDht,
  bittorrent,
  postgresql,
  gre,
  erspan,
  vxlan,
  vxlanGpe,
  geneve,
  mpls,
  pseudowire,
  controlWord,
  bareWire,
  ppp,
  pppoeDiscovery,
  pppoeSession,
  chdlc,
  slarp,
  igmp,
  vrrp,
  stp,
  backbone,
  udplite,
  macsec,
  dhcp,
  dhcpv6,
  ntp,
  tftp,
  syslog,
  rip,
  ripng,
  mysql,
  ftp,
  pop,
  smtp,
  imap,
  telnet,
  openvpn,
  kafka,
  amqp,
  memcached,
  hsrp,
  radiotap,
  wlanRadio,
  wlan,
  nbns,
  nbdgm,
  nbss,
  smb,
  smb2,
  ssdp,
  stun,
  ospf,
  gtp,
  l2tp,
  sctp,
  snmp,
  radius,
  bgp,
  eapol,
  lldp,
  lcp,
  ipcp,
  ipv6cp,
  pap,
  chap,
  sip,
  sdp,
  rtp,
  rtcp,
  ldap,
  kerberos,
  chargen,
  daytime,
  echo,
  finger,
  time,
  whois,
  pim,
  dccp,
  utp,
  socks,
  gtpv2,
  irc,
  bfd,
  frameRelay,
  json,
  urlencodedForm,
  dataTextLines,
  mimeMultipart,
  imf,
  media,
  data,
] as const;

/** The registry that the whole service uses. */
export const registry = new Registry(protocols);
