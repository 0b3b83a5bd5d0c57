/** Fields that are not compared with tshark, each with its reason. Whatever is not here counts. */

export interface Exception {
  /** Field name, or all fields of a protocol: `data.*`. */
  readonly fields: string;
  readonly reason: string;
}

export const exceptions: readonly Exception[] = [
  {
    fields: 'ip.version',
    reason: 'tshark has it for IPv6 packets too (NOTES.md, 3); ipv6.version and ip.hdr_len tell the same',
  },
  {
    fields: 'data.*',
    reason:
      'the payload that no protocol claims: tshark knows 3,000 protocols more, so that there are other such payloads',
  },
  { fields: 'frame.*', reason: 'facts of the file, not of the packet; the file formats have tests of their own' },
];

const names = new Set(exceptions.map(({ fields }) => fields));

export function isException(field: string): boolean {
  return names.has(field) || names.has(`${field.slice(0, field.indexOf('.'))}.*`);
}
