import { ChecksumStatus, checksumStatusLabels } from '../core/checksum.js';
import { bits, flag, ipv4Address, onesComplementSum, PacketFlag, protocol, uint } from '../core/index.js';
import { dscpNames, ecnNames } from '../labels/dscp.js';
import { ipProtocols } from '../labels/ip-protocols.js';
import { optionFields, readOptions, sourceRouteEnd } from './ipv4-options.js';

/** Internet Protocol version 4, RFC 791. */
export const ipv4 = protocol('ip', 'Internet Protocol Version 4', {
  reference: 'RFC 791',
  role: 'network',
  column: 'IPv4',
  carriedBy: { 'eth.type': 0x0800, 'raw.version': 4, 'ip.proto': 4, 'ipv6.nxt': 4, linktype: 228 },
  header: {
    version: uint(4, 'Version'),
    hdr_len: uint(4, 'Header Length', { scale: 4, unit: 'bytes' }),
    dsfield: bits(
      8,
      'Differentiated Services Field',
      {
        dscp: uint(6, 'Differentiated Services Codepoint', { labels: dscpNames }),
        ecn: uint(2, 'Explicit Congestion Notification', { labels: ecnNames }),
      },
      { base: 16 },
    ),
    len: uint(16, 'Total Length'),
    id: uint(16, 'Identification', { base: 16 }),
    flags: bits(
      3,
      'Flags',
      { rb: flag('Reserved bit'), df: flag("Don't fragment"), mf: flag('More fragments') },
      { base: 16 },
    ),
    frag_offset: uint(13, 'Fragment Offset'),
    ttl: uint(8, 'Time to Live'),
    proto: uint(8, 'Protocol', { labels: ipProtocols }),
    checksum: uint(16, 'Header Checksum', { base: 16 }),
    src: ipv4Address('Source Address', { column: 'source' }),
    dst: ipv4Address('Destination Address', { column: 'destination' }),
  },
  fields: {
    'checksum.status': uint(8, 'Header Checksum Status', { labels: checksumStatusLabels }),
    ...optionFields,
  },
  either: { addr: ['src', 'dst'] },
  lengthField: 'hdr_len',
  // The readers' offsets are written out here: each call of one costs as much as what it reads.
  headerLength: (_read, view, start) => {
    const first = view.getUint8(start);
    return first >> 4 === 4 ? (first & 15) * 4 : -1;
  },
  // A total length of 0 is a segmentation-offload super-frame: the length did not fit, the frame's own counts.
  payloadEnd: (_read, view, start, end) => {
    const length = view.getUint16(start + 2);
    return length === 0 ? end : start + length;
  },
  next: {
    table: 'ip.proto',
    value: (_read, view, start) => ((view.getUint16(start + 6) & 0x1fff) === 0 ? view.getUint8(start + 9) : -1),
  },
  inspect: (_read, view, start, _end, walk) => {
    const word = view.getUint16(start + 6);
    const first = view.getUint8(start);
    walk.fragmentOffset = word & 0x1fff;
    walk.moreFragments = (word & 0x2000) !== 0;
    walk.finalDestination = first === 0x45 ? -1 : sourceRouteEnd(view, start);
    if (walk.quoted) return;
    if ((word & 0x3fff) !== 0) walk.flags |= PacketFlag.fragment;
    if (view.getUint16(start + 2) === 0) walk.flags |= PacketFlag.segmentationOffload;
    // A field of 0 was left for the card to fill in: 0 is never the right sum of a header (RFC 1071).
    if (walk.summing && view.getUint16(start + 10) !== 0 && onesComplementSum(view, start, (first & 15) * 4) !== 0xffff)
      walk.flags |= PacketFlag.badNetworkChecksum;
  },
  body: (body, field, read) => {
    const { view, start, walk, depth } = body;
    if (read.len(view, start) === 0) {
      body.amend(field.len, walk.end[depth] - start);
      body.report('offload', 'the total length is 0: one super-frame stands for many (segmentation offload)');
    }
    checksum();
    readOptions(body, field);

    function checksum(): void {
      if (body.end - start < read.hdr_len(view, start)) {
        body.derived(field['checksum.status'], ChecksumStatus.unverified, undefined, start + 10);
        return;
      }
      const good = onesComplementSum(view, start, body.end - start) === 0xffff;
      body.derived(field['checksum.status'], good ? ChecksumStatus.good : ChecksumStatus.bad, undefined, start + 10);
      if (good) return;
      if (read.checksum(view, start) === 0)
        body.report('offload', 'the header checksum is 0: the card was to compute it');
      else body.report('checksum', 'the header checksum does not match the header');
    }
  },
  info: (_layer, { view, start, end, walk, depth }) => {
    if (start + 20 > end) return 'Cut IPv4 header';
    if (walk.badLength === depth) {
      const octets = (view.getUint8(start) & 15) * 4;
      return octets < 20 ? `Bogus IP header length (${octets}, must be at least 20)` : 'Bogus IPv4 version';
    }
    const proto = view.getUint8(start + 9);
    const fragment = view.getUint16(start + 6) & 0x3fff;
    const name = ipProtocols[proto] ?? 'Unknown';
    return fragment === 0
      ? `${name} (${proto})`
      : `Fragmented IP protocol (proto=${name} ${proto}, off=${(fragment & 0x1fff) * 8}, ID=${view
          .getUint16(start + 4)
          .toString(16)
          .padStart(4, '0')})`;
  },
});
