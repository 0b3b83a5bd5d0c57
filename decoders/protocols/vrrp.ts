import { checksumStatusLabels, transportChecksum } from '../core/checksum.js';
import { bits, ipv4Address, ipv6Address, protocol, text, uint } from '../core/index.js';
import { isOverIpv6, payloadStatus } from './ip-payload-checksum.js';

const PROTOCOL_NUMBER = 112;
const priorities = {
  0: 'Current master has stopped participating in VRRP',
  255: 'This VRRP router owns the virtual IP addresses',
};
const authentications = { 0: 'No Authentication', 1: 'Simple Text Authentication', 2: 'IP Authentication Header' };
const AUTHENTICATION_OCTETS = 8;

/** Virtual Router Redundancy Protocol: RFC 3768 (version 2) and RFC 9568 (version 3). */
export const vrrp = protocol('vrrp', 'Virtual Router Redundancy Protocol', {
  reference: 'RFC 9568, section 5; RFC 3768, section 5',
  carriedBy: { 'ip.proto': PROTOCOL_NUMBER, 'ipv6.nxt': PROTOCOL_NUMBER },
  header: {
    typever: bits(8, 'VRRP message version and type', {
      version: uint(4, 'VRRP protocol version', { filter: 'vrrp.version' }),
      type: uint(4, 'VRRP packet type', { filter: 'vrrp.type', labels: { 1: 'Advertisement' } }),
    }),
    virt_rtr_id: uint(8, 'Virtual Rtr ID'),
    prio: uint(8, 'Priority', { labels: priorities }),
    addr_count: uint(8, 'Addr Count'),
  },
  fields: {
    auth_type: uint(8, 'Auth Type', { labels: authentications }),
    adver_int: uint(8, 'Adver Int'),
    interval: bits(
      16,
      'Interval',
      {
        reserved: uint(4, 'Reserved', { filter: 'vrrp.reserved_mbz' }),
        centiseconds: uint(12, 'Adver Int', { filter: 'vrrp.short_adver_int' }),
      },
      { bare: true },
    ),
    checksum: uint(16, 'Checksum', { base: 16 }),
    'checksum.status': uint(8, 'Checksum Status', { labels: checksumStatusLabels }),
    ip_addr: ipv4Address('IP Address'),
    ipv6_addr: ipv6Address('IPv6 Address'),
    auth_string: text('Authentication String'),
  },
  headerLength: 'all',
  body: (body, field, read) => {
    const { view, start } = body;
    const third = view.getUint8(start) >> 4 === 3;
    let authentication = 0;
    if (third) body.number(field.interval);
    else {
      authentication = body.number(field.auth_type);
      body.number(field.adver_int);
    }
    body.number(field.checksum);
    const end = body.walk.end[body.depth];
    const status = payloadStatus(body, start, end, third ? PROTOCOL_NUMBER : -1);
    transportChecksum(body, field['checksum.status'], status, start + 6, 'VRRP checksum');
    const address = isOverIpv6(body) ? field.ipv6_addr : field.ip_addr;
    for (let i = read.addr_count(view, start); i > 0; i--) body.take(address);
    if (authentication === 1) body.take(field.auth_string, AUTHENTICATION_OCTETS);
    if (body.remaining > 0) body.skip(body.remaining);
  },
  info: (_layer, { view, start, end }) => {
    if (start >= end) return 'Cut VRRP message';
    const type = view.getUint8(start) & 15;
    return `${type === 1 ? 'Announcement' : 'Unknown'} (v${view.getUint8(start) >> 4})`;
  },
});
