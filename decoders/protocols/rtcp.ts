import { absoluteTimeText } from '../core/format.js';
import { type Body, bits, bytes, type Field, flag, int, protocol, startingWith, text, uint } from '../core/index.js';

/** IANA "RTCP Control Packet Types (PT)". */
const types: Readonly<Record<number, string>> = {
  192: 'Full INTRA-frame request (H.261)',
  193: 'Negative Acknowledgement (H.261)',
  200: 'Sender Report',
  201: 'Receiver Report',
  202: 'Source description',
  203: 'Goodbye',
  204: 'Application specific',
  205: 'Generic RTP Feedback',
  206: 'Payload-specific Feedback',
  207: 'Extended report (RFC 3611)',
  208: 'AVB RTCP packet (IEEE1733)',
  209: 'Receiver Summary Information',
  210: 'Token',
};
/** RFC 3550, section 12.2. */
const items: Readonly<Record<number, string>> = {
  0: 'END',
  1: 'CNAME (user and domain)',
  2: 'NAME (common name)',
  3: 'EMAIL (e-mail address)',
  4: 'PHONE (phone number)',
  5: 'LOC (geographic location)',
  6: 'TOOL (name/version of source app)',
  7: 'NOTE (note about source)',
  8: 'PRIV (private extensions)',
};
const SENDER_REPORT = 200;
const RECEIVER_REPORT = 201;
const DESCRIPTION = 202;
const GOODBYE = 203;
const APPLICATION = 204;
const FEEDBACK = 205;
const PAYLOAD_FEEDBACK = 206;
const HEADER = 4;
const REPORT_BLOCK = 24;
const ERA_0 = 2208988800;
const ERA = 2 ** 32;

const ssrc = (title: string) => uint(32, title, { base: 16 });
const version = uint(2, 'Version', { labels: { 2: 'RFC 1889 Version' }, filter: 'rtcp.version' });
const padding = flag('Padding', { filter: 'rtcp.padding' });
const first = (key: string, title: string) =>
  bits(
    8,
    'First octet',
    { version, padding, count: uint(5, title, { filter: `rtcp.${key}` }) },
    { bare: true, filter: `rtcp.${key}` },
  );

const fields = {
  reportFirst: first('rc', 'Reception report count'),
  sourceFirst: first('sc', 'Source count'),
  applicationFirst: first('app.subtype', 'Subtype'),
  feedbackFirst: first('rtpfb.fmt', 'RTCP Feedback message type (FMT)'),
  payloadFeedbackFirst: first('psfb.fmt', 'RTCP Feedback message type (FMT)'),
  pt: uint(8, 'Packet type', { labels: types }),
  length: uint(16, 'Length'),
  senderssrc: ssrc('Sender SSRC'),
  mediassrc: ssrc('Media source SSRC'),
  'timestamp.ntp.msw': uint(32, 'Timestamp, MSW'),
  'timestamp.ntp.lsw': uint(32, 'Timestamp, LSW'),
  'timestamp.ntp': text('MSW and LSW as NTP timestamp'),
  'timestamp.rtp': uint(32, 'RTP timestamp'),
  'sender.packetcount': uint(32, "Sender's packet count"),
  'sender.octetcount': uint(32, "Sender's octet count"),
  'ssrc.identifier': ssrc('Identifier'),
  'ssrc.fraction': uint(8, 'Fraction lost'),
  'ssrc.cum_nr': int(32, 'Cumulative number of packets lost'),
  'ssrc.ext_high': uint(32, 'Extended highest sequence number received'),
  'ssrc.high_cycles': uint(16, 'Sequence number cycles count'),
  'ssrc.high_seq': uint(16, 'Highest sequence number received'),
  'ssrc.jitter': uint(32, 'Interarrival jitter'),
  'ssrc.lsr': uint(32, 'Last SR timestamp'),
  'ssrc.dlsr': uint(32, 'Delay since last SR timestamp'),
  'sdes.type': uint(8, 'Type', { labels: items }),
  'sdes.length': uint(8, 'Length'),
  'sdes.text': text('Text'),
  'app.name': text('Name (ASCII)'),
  'app.data': bytes(0, 'Application specific data'),
  length_check: flag('RTCP frame length check'),
};

type RtcpFields = { readonly [K in keyof typeof fields]: Field };

/** RTP Control Protocol. */
export const rtcp = protocol('rtcp', 'Real-time Transport Control Protocol', {
  reference: 'RFC 3550, section 6',
  carriedBy: { 'udp.port': 5005 },
  header: {},
  fields,
  headerLength: 'all',
  recognises: { udp: startingWith((octet) => octet >> 6 === 2, recognise) },
  body: (body, field) => {
    let octets = 0;
    while (body.remaining >= HEADER && types[body.view.getUint8(body.position + 1)] !== undefined)
      octets += packet(body, field);
    body.derived(field.length_check, octets === body.end - body.start, undefined, body.start);
    if (body.remaining > 0) body.skip(body.remaining);
  },
  info: (_layer, { view, start, end }) => {
    const names: string[] = [];
    for (let at = start; at + HEADER <= end; at += HEADER + view.getUint16(at + 2) * 4) {
      const name = types[view.getUint8(at + 1)];
      if (name === undefined) break;
      names.push(`${name}   `);
    }
    return names.join('');
  },
});

/** Version 2, and packets of known types whose lengths add up to the datagram's (RFC 3550, appendix A.2). */
function recognise(view: DataView, start: number, end: number): boolean {
  if (start + HEADER + 4 > end) return false;
  let at = start;
  while (at + HEADER <= end) {
    const type = view.getUint8(at + 1);
    if (view.getUint8(at) >> 6 !== 2 || type < SENDER_REPORT || type > 210) return false;
    at += HEADER + view.getUint16(at + 2) * 4;
  }
  return at === end;
}

/** Reads one packet of a compound; returns how many octets it says that it has. */
function packet(body: Body, field: RtcpFields): number {
  const { view, position: start } = body;
  const count = view.getUint8(start) & 31;
  const type = view.getUint8(start + 1);
  body.number(firstField(field, type));
  body.number(field.pt);
  const octets = HEADER + body.number(field.length) * 4;
  const end = start + octets;
  body.within(end, () => {
    contents(body, field, type, count);
    if (body.remaining > 0) body.skip(body.remaining);
  });
  if (end > body.end) body.need(end - body.position, types[type] ?? 'a packet');
  return octets;
}

function firstField(field: RtcpFields, type: number): Field {
  if (type === DESCRIPTION || type === GOODBYE) return field.sourceFirst;
  if (type === APPLICATION) return field.applicationFirst;
  if (type === FEEDBACK) return field.feedbackFirst;
  return type === PAYLOAD_FEEDBACK ? field.payloadFeedbackFirst : field.reportFirst;
}

function contents(body: Body, field: RtcpFields, type: number, count: number): void {
  if (type === SENDER_REPORT || type === RECEIVER_REPORT) {
    body.number(field.senderssrc);
    if (type === SENDER_REPORT) senderInfo(body, field);
    for (let i = 0; i < count && body.remaining >= REPORT_BLOCK; i++) reportBlock(body, field);
  } else if (type === DESCRIPTION) {
    for (let i = 0; i < count && body.remaining >= 4; i++) description(body, field);
  } else if (type === GOODBYE) {
    for (let i = 0; i < count && body.remaining >= 4; i++) body.number(field['ssrc.identifier']);
    if (body.remaining > 1) {
      const length = Math.min(body.number(field['sdes.length']), body.remaining);
      if (length > 0) body.take(field['sdes.text'], length);
    }
  } else if (type === APPLICATION) {
    body.number(field['ssrc.identifier']);
    if (body.remaining >= 4) body.take(field['app.name'], 4);
    if (body.remaining > 0) body.take(field['app.data'], body.remaining);
  } else if (type === FEEDBACK || type === PAYLOAD_FEEDBACK) {
    body.number(field.senderssrc);
    body.number(field.mediassrc);
  }
}

/** RFC 3550, section 6.4.1. */
function senderInfo(body: Body, field: RtcpFields): void {
  const seconds = body.number(field['timestamp.ntp.msw']);
  const fraction = body.number(field['timestamp.ntp.lsw']);
  const nanoseconds = Math.floor((fraction * 1e9) / 2 ** 32);
  const moment = absoluteTimeText(seconds - ERA_0 + (seconds >= 2 ** 31 ? 0 : ERA), nanoseconds);
  body.derived(field['timestamp.ntp'], moment, undefined, body.position - 8, 8);
  body.number(field['timestamp.rtp']);
  body.number(field['sender.packetcount']);
  body.number(field['sender.octetcount']);
}

function reportBlock(body: Body, field: RtcpFields): void {
  body.headed(field['ssrc.identifier'], () => {
    const { view } = body;
    body.number(field['ssrc.fraction']);
    const at = body.position;
    const lost = (view.getInt8(at) << 16) | view.getUint16(at + 1);
    body.found(field['ssrc.cum_nr'], lost, at, 3);
    body.position = at + 3;
    body.headed(field['ssrc.ext_high'], (high) => {
      body.derived(field['ssrc.high_cycles'], high >>> 16, undefined, body.position - 4, 2);
      body.derived(field['ssrc.high_seq'], high & 0xffff, undefined, body.position - 2, 2);
    });
    body.number(field['ssrc.jitter']);
    body.number(field['ssrc.lsr']);
    body.number(field['ssrc.dlsr']);
  });
}

/** RFC 3550, section 6.5: items until a zero, then zeros up to a whole word. */
function description(body: Body, field: RtcpFields): void {
  const start = body.position;
  body.headed(field['ssrc.identifier'], () => {
    while (body.remaining > 0) {
      const type = body.number(field['sdes.type']);
      if (type === 0) break;
      const length = body.number(field['sdes.length']);
      if (length > 0) body.take(field['sdes.text'], length);
    }
    const padding = Math.min((4 - ((body.position - start) & 3)) & 3, body.remaining);
    if (padding > 0) body.skip(padding);
  });
}
