import { type Body, bits, bytes, type Field, flag, group, protocol, uint } from '../core/index.js';

/** RFC 3551, section 6. */
const payloadTypes: Readonly<Record<number, string>> = {
  0: 'ITU-T G.711 PCMU',
  3: 'GSM 06.10',
  4: 'ITU-T G.723',
  5: 'DVI4 8000 samples/s',
  6: 'DVI4 16000 samples/s',
  8: 'ITU-T G.711 PCMA',
  9: 'ITU-T G.722',
  10: '16-bit uncompressed audio, stereo',
  11: '16-bit uncompressed audio, monaural',
  13: 'Comfort noise',
  14: 'MPEG-I/II Audio',
  15: 'ITU-T G.728',
  18: 'ITU-T G.729',
  26: 'JPEG-compressed video',
  31: 'ITU-T H.261',
  32: 'MPEG-I/II Video',
  33: 'MPEG-II transport streams',
  34: 'ITU-T H.263',
};
const HEADER = 12;

const fields = {
  'csrc.items': group('Contributing Source identifiers'),
  'csrc.item': uint(32, 'CSRC item', { base: 16 }),
  'ext.profile': uint(16, 'Defined by profile', { base: 16 }),
  'ext.len': uint(16, 'Extension length'),
  hdr_exts: group('Header extensions'),
  hdr_ext: uint(32, 'Header extension', { base: 16 }),
  payload: bytes(0, 'Payload'),
  'padding.data': bytes(0, 'Padding data'),
  'padding.count': uint(8, 'Padding count'),
};

/**
 * Real-Time Transport Protocol. Descriptions of sessions (SDP) say where it is; without one, only the ports of RFC 3551,
 * section 8 are known.
 */
export const rtp = protocol('rtp', 'Real-Time Transport Protocol', {
  reference: 'RFC 3550, section 5.1',
  carriedBy: { 'udp.port': 5004 },
  header: {
    first: bits(
      8,
      'First octet',
      {
        version: uint(2, 'Version', { labels: { 2: 'RFC 1889 Version' }, filter: 'rtp.version' }),
        padding: flag('Padding', { filter: 'rtp.padding' }),
        ext: flag('Extension', { filter: 'rtp.ext' }),
        cc: uint(4, 'Contributing source identifiers count', { filter: 'rtp.cc' }),
      },
      { bare: true },
    ),
    second: bits(
      8,
      'Second octet',
      {
        marker: flag('Marker', { filter: 'rtp.marker' }),
        p_type: uint(7, 'Payload type', { labels: payloadTypes, filter: 'rtp.p_type' }),
      },
      { bare: true },
    ),
    seq: uint(16, 'Sequence number'),
    timestamp: uint(32, 'Timestamp'),
    ssrc: uint(32, 'Synchronization Source identifier', { base: 16 }),
  },
  fields,
  lead: { fields: [], octets: (_read, view, start, end) => (start < end && view.getUint8(start) >> 6 !== 2 ? -1 : 0) },
  headerLength: 'all',
  body: (body, field, read) => {
    const { view, start } = body;
    const first = read.first(view, start);
    sources(body, field, first & 15);
    if ((first & 0x10) !== 0) extension(body, field);
    const padding = (first & 0x20) !== 0 && body.end > body.position ? view.getUint8(body.end - 1) : 0;
    // A count that cannot be is no padding.
    const padded = padding > 0 && padding <= body.remaining ? padding : 0;
    if (body.remaining > padded) body.take(field.payload, body.remaining - padded);
    if (padded > 1) body.take(field['padding.data'], padded - 1);
    if (padded > 0) body.number(field['padding.count']);
  },
  info: (_layer, { view, start, end }) => {
    if (start + HEADER > end) return 'Cut RTP header';
    const second = view.getUint8(start + 1);
    const type = second & 127;
    const name = payloadTypes[type] ?? (type >= 96 ? `DynamicRTP-Type-${type}` : `Unknown RTP payload type ${type}`);
    const ssrc = view
      .getUint32(start + 8)
      .toString(16)
      .toUpperCase();
    const mark = second >= 128 ? ', Mark' : '';
    return `PT=${name}, SSRC=0x${ssrc}, Seq=${view.getUint16(start + 2)}, Time=${view.getUint32(start + 4)}${mark}`;
  },
});

type RtpFields = { readonly [K in keyof typeof fields]: Field };

function sources(body: Body, field: RtpFields, count: number): void {
  if (count === 0) return;
  body.group(field['csrc.items'], () => {
    for (let i = 0; i < count; i++) body.number(field['csrc.item']);
  });
}

/** RFC 3550, section 5.3.1. */
function extension(body: Body, field: RtpFields): void {
  body.number(field['ext.profile']);
  const words = body.number(field['ext.len']);
  if (words === 0) return;
  body.group(field.hdr_exts, () => {
    for (let i = 0; i < words; i++) body.number(field.hdr_ext);
  });
}
