import { bits, ipv6Address, protocol, uint } from '../core/index.js';
import { dscpNames, ecnNames } from '../labels/dscp.js';
import { ipProtocols } from '../labels/ip-protocols.js';

/** Internet Protocol version 6, RFC 8200. Its extension headers are protocols of their own. */
export const ipv6 = protocol('ipv6', 'Internet Protocol Version 6', {
  reference: 'RFC 8200, section 3',
  role: 'network',
  column: 'IPv6',
  carriedBy: { 'eth.type': 0x86dd, 'raw.version': 6, 'ip.proto': 41, 'ipv6.nxt': 41, linktype: 229 },
  header: {
    version: uint(4, 'Version'),
    tclass: bits(
      8,
      'Traffic Class',
      {
        dscp: uint(6, 'Differentiated Services Codepoint', { labels: dscpNames }),
        ecn: uint(2, 'Explicit Congestion Notification', { labels: ecnNames }),
      },
      { base: 16, hexBits: 32 },
    ),
    flow: uint(20, 'Flow Label', { base: 16 }),
    plen: uint(16, 'Payload Length'),
    nxt: uint(8, 'Next Header', { labels: ipProtocols }),
    hlim: uint(8, 'Hop Limit'),
    src: ipv6Address('Source Address', { column: 'source' }),
    dst: ipv6Address('Destination Address', { column: 'destination' }),
  },
  either: { addr: ['src', 'dst'] },
  lengthField: 'version',
  headerLength: (_read, view, start) => (view.getUint8(start) >> 4 === 6 ? 40 : -1),
  // Length 0: a jumbogram, whose length is an option (RFC 2675), or a segmentation-offload super-frame.
  payloadEnd: (_read, view, start, end) => {
    const length = view.getUint16(start + 4);
    return length === 0 ? end : start + 40 + length;
  },
  next: 'nxt',
  inspect: (_read, _view, _start, _end, walk) => {
    walk.fragmentOffset = 0;
    walk.moreFragments = false;
    walk.finalDestination = -1;
  },
  info: (_layer, { view, start, end, walk, depth }) => {
    if (start + 40 > end || walk.badLength === depth) return 'Bogus or cut IPv6 header';
    const next = view.getUint8(start + 6);
    return next === 59 ? 'IPv6 no next header' : `${ipProtocols[next] ?? 'Unknown'} (${next})`;
  },
});
