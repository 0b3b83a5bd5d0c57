import { checksumStatusLabels, transportChecksum } from '../core/checksum.js';
import { ipv4Text } from '../core/format.js';
import { type Body, bits, bytes, flag, group, ipv4Address, protocol, spare, uint } from '../core/index.js';
import { payloadStatus } from './ip-payload-checksum.js';

/** IANA "Internet Group Management Protocol (IGMP) Type Numbers". */
const types: Readonly<Record<number, string>> = {
  0x11: 'Membership Query',
  0x12: 'Membership Report',
  0x13: 'DVMRP Protocol',
  0x14: 'PIM Protocol',
  0x15: 'Cisco Trace Message',
  0x16: 'Membership Report',
  0x17: 'Leave Group',
  0x1e: 'Traceroute Response',
  0x1f: 'Traceroute Query or Request',
  0x22: 'Membership Report',
  0x24: 'MRD Multicast Router Advertisement',
  0x25: 'MRD Multicast Router Solicitation',
  0x26: 'MRD Multicast Router Termination',
};
const QUERY = 0x11;
const REPORT_1 = 0x12;
const REPORT_2 = 0x16;
const LEAVE = 0x17;
const REPORT_3 = 0x22;

/** RFC 3376, section 4.2.12. */
const recordTypes: Readonly<Record<number, string>> = {
  1: 'Mode Is Include',
  2: 'Mode Is Exclude',
  3: 'Change To Include Mode',
  4: 'Change To Exclude Mode',
  5: 'Allow New Sources',
  6: 'Block Old Sources',
};
const ADDRESS_OCTETS = 4;
/** Queries longer than the common eight octets are version 3's (RFC 3376, section 7.1). */
const SECOND_FORM_OCTETS = 8;
/** Response codes from here on are a mantissa and an exponent (section 4.1.1). */
const LEAST_EXPONENTIAL = 128;

/** The version that the message is of; 0 when it belongs to another protocol under this number. */
function versionOf(view: DataView, start: number, end: number): number {
  switch (view.getUint8(start)) {
    case QUERY:
      if (end - start > SECOND_FORM_OCTETS) return 3;
      return start + 1 < end && view.getUint8(start + 1) === 0 ? 1 : 2;
    case REPORT_1:
      return 1;
    case REPORT_2:
    case LEAVE:
      return 2;
    case REPORT_3:
      return 3;
    default:
      return 0;
  }
}

/** Internet Group Management Protocol: RFC 1112 (version 1), RFC 2236 (2), RFC 3376 (3). */
export const igmp = protocol('igmp', 'Internet Group Management Protocol', {
  reference: 'RFC 3376, section 4; RFC 2236, section 2',
  carriedBy: { 'ip.proto': 2 },
  header: { type: uint(8, 'Type', { base: 16, labels: types }) },
  fields: {
    version: uint(8, 'IGMP Version'),
    max_resp: uint(8, 'Max Resp Time', { unit: '× 0.1 s' }),
    coded: bits(
      8,
      'Max Resp Time',
      {
        one: spare(1),
        exp: uint(3, 'Exponent', { base: 16, filter: 'igmp.max_resp.exp' }),
        mant: uint(4, 'Mantissa', { base: 16, filter: 'igmp.max_resp.mant' }),
      },
      { filter: 'igmp.max_resp' },
    ),
    reserved: bytes(0, 'Reserved'),
    checksum: uint(16, 'Checksum', { base: 16 }),
    'checksum.status': uint(8, 'Checksum Status', { labels: checksumStatusLabels }),
    maddr: ipv4Address('Multicast Address'),
    robustness: bits(
      8,
      'Robustness',
      {
        unused: spare(4),
        s: flag('S', { filter: 'igmp.s' }),
        qrv: uint(3, 'QRV', { filter: 'igmp.qrv' }),
      },
      { bare: true },
    ),
    qqic: uint(8, 'QQIC'),
    num_src: uint(16, 'Num Src'),
    saddr: ipv4Address('Source Address'),
    num_grp_recs: uint(16, 'Num Group Records'),
    record: group('Group Record'),
    record_type: uint(8, 'Record Type', { labels: recordTypes }),
    aux_data_len: uint(8, 'Aux Data Len'),
    aux_data: bytes(0, 'Aux Data'),
    data: bytes(0, 'Data'),
  },
  headerLength: 'all',
  body: (body, field, read) => {
    const { view, start } = body;
    const type = read.type(view, start);
    const version = versionOf(view, start, body.walk.end[body.depth]);
    body.column = version === 0 ? 'IGMP' : `IGMPv${version}`;
    if (version > 0) body.derived(field.version, version, undefined, start);
    if (version === 1 || type === REPORT_3) body.take(field.reserved, 1);
    else if (version === 3 && body.peek8() >= LEAST_EXPONENTIAL) coded();
    else if (version > 0) body.number(field.max_resp);
    else body.skip(1);
    body.number(field.checksum);
    const status = payloadStatus(body, start, body.walk.end[body.depth], -1);
    transportChecksum(body, field['checksum.status'], status, start + 2, 'IGMP checksum');
    if (type === REPORT_3) report();
    else if (version > 0) {
      body.take(field.maddr);
      if (version === 3) query();
    }
    if (body.remaining > 0 && version === 0) body.take(field.data, body.remaining);

    /** A floating-point number: the time is (mantissa | 0x10) << (exponent + 3). */
    function coded(): void {
      const code = body.number(field.coded);
      body.amend(field.coded, ((code & 15) | 16) << (((code >> 4) & 7) + 3));
    }

    function query(): void {
      body.number(field.robustness);
      body.number(field.qqic);
      const sources = body.number(field.num_src);
      for (let i = 0; i < sources; i++) body.take(field.saddr);
    }

    function report(): void {
      body.take(field.reserved, 2);
      const records = body.number(field.num_grp_recs);
      for (let i = 0; i < records; i++)
        body.group(field.record, () => {
          const kind = body.number(field.record_type);
          const words = body.number(field.aux_data_len);
          const sources = body.number(field.num_src);
          const address = body.take(field.maddr);
          body.describe(`${address.display}  ${recordTypes[kind] ?? `Type ${kind}`}`);
          for (let j = 0; j < sources; j++) body.take(field.saddr);
          if (words > 0) body.take(field.aux_data, words * 4);
        });
    }
  },
  info: (_layer, body) => summary(body),
});

function summary({ view, start, end, walk, depth }: Body): string {
  if (start >= end) return 'Cut IGMP message';
  const type = view.getUint8(start);
  const version = versionOf(view, start, walk.end[depth]);
  const name = types[type] ?? `Unknown Type:0x${type.toString(16).padStart(2, '0')}`;
  if (start + SECOND_FORM_OCTETS > end) return name;
  if (type === REPORT_3) return `${name}${recordsSummary(view, start, end)}`;
  const address = ipv4Text(view, start + 4);
  if (version === 2 && type === REPORT_2) return `${name} group ${address}`;
  if (type === LEAVE) return `${name} ${address}`;
  if (type !== QUERY || version === 1) return name;
  if (view.getUint32(start + 4) === 0) return `${name}, general`;
  const sources =
    version === 3 && start + 12 <= end ? sourceList(view, start + 12, view.getUint16(start + 10), end) : [];
  const listed = sources.length === 0 ? '' : `, source${sources.length === 1 ? '' : 's'} {${sources.join(', ')}}`;
  return `${name}, specific for group ${address}${listed}`;
}

function sourceList(view: DataView, at: number, count: number, end: number): string[] {
  const out: string[] = [];
  for (let i = 0; i < count && at + (i + 1) * ADDRESS_OCTETS <= end; i++)
    out.push(ipv4Text(view, at + i * ADDRESS_OCTETS));
  return out;
}

/** What the records of a version 3 report ask for, in words. */
function recordsSummary(view: DataView, start: number, end: number): string {
  let out = '';
  let at = start + 8;
  for (let i = view.getUint16(start + 6); i > 0 && at + 8 <= end; i--) {
    const count = view.getUint16(at + 2);
    const sources = sourceList(view, at + 8, count, end);
    out += ` / ${recordSummary(view.getUint8(at), ipv4Text(view, at + 4), sources)}`;
    at += 8 + count * ADDRESS_OCTETS + view.getUint8(at + 1) * 4;
  }
  return out;
}

function recordSummary(kind: number, address: string, sources: readonly string[]): string {
  const one = sources.length === 1;
  const list = one ? `source {${sources[0]}}` : `sources in {${sources.join(', ')}}`;
  switch (kind) {
    case 1:
    case 3:
      return sources.length === 0 ? `Leave group ${address}` : `Join group ${address} for ${list}`;
    case 2:
    case 4:
      return sources.length === 0
        ? `Join group ${address} for any sources`
        : `Join group ${address}, for source${one ? '' : 's'} not in {${sources.join(', ')}}`;
    case 5:
      return `Group ${address}, new source${one ? '' : 's'} {${sources.join(', ')}}`;
    case 6:
      return `Group ${address}, block source${one ? '' : 's'} {${sources.join(', ')}}`;
    default:
      return `Group ${address}, unknown record type ${kind}`;
  }
}
