/** Extension structures behind what an ICMP error quotes: RFC 4884, with MPLS label stacks (RFC 4950). */

import { ChecksumStatus, checksumStatusLabels } from '../core/checksum.js';
import { type Body, bits, bytes, type Field, flag, group, onesComplementSum, uint } from '../core/index.js';

const classes = { 1: 'MPLS Label Stack', 2: 'Interface Information', 3: 'Interface Identification' };
const MPLS = 1;

export const extensionFields = {
  ext: group('ICMP Extensions'),
  extVersion: bits(
    16,
    'Version and reserved bits',
    {
      version: uint(4, 'Version', { filter: 'icmp.ext.version' }),
      res: uint(12, 'Reserved', { base: 16, filter: 'icmp.ext.res' }),
    },
    { bare: true },
  ),
  'ext.checksum': uint(16, 'Checksum', { base: 16 }),
  'ext.checksum.status': uint(8, 'Checksum Status', { labels: checksumStatusLabels }),
  'ext.length': uint(16, 'Length'),
  'ext.class': uint(8, 'Class', { labels: classes }),
  'ext.ctype': uint(8, 'C-Type'),
  'ext.data': bytes(0, 'Data'),
  mplsEntry: bits(
    32,
    'MPLS label stack entry',
    {
      label: uint(20, 'Label', { filter: 'icmp.mpls.label' }),
      exp: uint(3, 'Experimental', { filter: 'icmp.mpls.exp' }),
      s: flag('Stack bit', { filter: 'icmp.mpls.s' }),
      ttl: uint(8, 'Time to live', { filter: 'icmp.mpls.ttl' }),
    },
    { bare: true },
  ),
};

/** Reads the structure that fills `body`. */
export function readExtensions(body: Body, field: { readonly [K in keyof typeof extensionFields]: Field }): void {
  body.group(field.ext, () => {
    const { view, position: start, end } = body;
    body.number(field.extVersion);
    const checksum = body.number(field['ext.checksum']);
    // RFC 4884, section 7: a checksum of 0 means that none was made.
    if (checksum !== 0 && end <= body.walk.capturedEnd) {
      const good = onesComplementSum(view, start, end - start) === 0xffff;
      body.derived(field['ext.checksum.status'], good ? ChecksumStatus.good : ChecksumStatus.bad);
    }
    while (body.remaining >= 4) {
      const object = body.position;
      const length = body.number(field['ext.length']);
      const kind = body.number(field['ext.class']);
      const type = body.number(field['ext.ctype']);
      if (length < 4) body.fail(`ICMP extension object has length ${length}; the least is 4`);
      body.need(length - 4, 'ICMP extension object');
      const objectEnd = object + length;
      if (kind === MPLS && type === 1) while (objectEnd - body.position >= 4) body.number(field.mplsEntry);
      if (body.position < objectEnd) body.take(field['ext.data'], objectEnd - body.position);
    }
  });
}
