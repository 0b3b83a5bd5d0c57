import { type Body, bits, bytes, type Field, flag, protocol, spare, text, uint } from '../core/index.js';

const CONTROL = 0x8000;
const LENGTH = 0x4000;
const SEQUENCE = 0x0800;
const OFFSET = 0x0200;
const PPP = 0x880b;
const HIDDEN = 0x4000;
const PAIR_HEADER = 6;

/** IANA "Layer Two Tunneling Protocol (L2TP)": control message types and attribute types of RFC 2661. */
const messages: Readonly<Record<number, string>> = {
  1: 'Start_Control_Request',
  2: 'Start_Control_Reply',
  3: 'Start_Control_Connected',
  4: 'Stop_Control_Notification',
  6: 'Hello',
  7: 'Outgoing_Call_Request',
  8: 'Outgoing_Call_Reply',
  9: 'Outgoing_Call_Connected',
  10: 'Incoming_Call_Request',
  11: 'Incoming_Call_Reply',
  12: 'Incoming_Call_Connected',
  14: 'Call_Disconnect_Notification',
  15: 'WAN_Error_Notify',
  16: 'Set_Link_Info',
};
const attributes: Readonly<Record<number, string>> = {
  0: 'Control Message',
  1: 'Result-Error Code',
  2: 'Protocol Version',
  3: 'Framing Capabilities',
  4: 'Bearer Capabilities',
  5: 'Tie Breaker',
  6: 'Firmware Revision',
  7: 'Host Name',
  8: 'Vendor Name',
  9: 'Assigned Tunnel ID',
  10: 'Receive Window Size',
  11: 'Challenge',
  13: 'CHAP Challenge Response',
  14: 'Assigned Session',
  15: 'Call Serial Number',
  16: 'Minimum BPS',
  17: 'Maximum BPS',
  18: 'Bearer Type',
  19: 'Framing Type',
  21: 'Called Number',
  22: 'Calling Number',
  24: '(Tx) Connect Speed',
};

/** Octets of the header, which the flags of its first two octets decide (RFC 2661, section 3.1). */
function headerOctets(view: DataView, start: number, end: number): number {
  const flags = view.getUint16(start);
  let octets = 6 + ((flags & LENGTH) === 0 ? 0 : 2) + ((flags & SEQUENCE) === 0 ? 0 : 4);
  if ((flags & OFFSET) !== 0) {
    octets += 2;
    if (start + octets <= end) octets += view.getUint16(start + octets - 2);
  }
  return octets;
}

/** Layer Two Tunneling Protocol, version 2. */
export const l2tp = protocol('l2tp', 'Layer 2 Tunneling Protocol', {
  reference: 'RFC 2661, section 3',
  carriedBy: { 'udp.port': 1701 },
  header: {
    flags: bits(
      16,
      'Flags',
      {
        type: uint(1, 'Type', { filter: 'l2tp.type', labels: { 0: 'Data Message', 1: 'Control Message' } }),
        length: flag('Length Bit', { filter: 'l2tp.length_bit' }),
        first: spare(2),
        sequence: flag('Sequence Bit', { filter: 'l2tp.seq_bit' }),
        second: spare(1),
        offset: flag('Offset bit', { filter: 'l2tp.offset_bit' }),
        priority: flag('Priority', { filter: 'l2tp.priority' }),
        third: spare(4),
        version: uint(4, 'Version', { filter: 'l2tp.version' }),
      },
      { base: 16 },
    ),
  },
  fields: {
    length: uint(16, 'Length'),
    tunnel: uint(16, 'Tunnel ID'),
    session: uint(16, 'Session ID'),
    Ns: uint(16, 'Ns'),
    Nr: uint(16, 'Nr'),
    offset: uint(16, 'Offset'),
    pair: bits(
      16,
      'Attribute',
      {
        mandatory: flag('Mandatory', { filter: 'l2tp.avp.mandatory' }),
        hidden: flag('Hidden', { filter: 'l2tp.avp.hidden' }),
        reserved: spare(4),
        length: uint(10, 'Length', { filter: 'l2tp.avp.length' }),
      },
      { bare: true },
    ),
    'avp.vendor_id': uint(16, 'Vendor ID'),
    'avp.type': uint(16, 'AVP Type', { labels: attributes }),
    'avp.message_type': uint(16, 'Message Type', { labels: messages }),
    'avp.protocol_version': uint(8, 'Version'),
    'avp.protocol_revision': uint(8, 'Revision'),
    'avp.firmware_revision': uint(16, 'Firmware Revision'),
    'avp.host_name': text('Host Name'),
    'avp.vendor_name': text('Vendor Name'),
    'avp.assigned_tunnel_id': uint(16, 'Tunnel ID'),
    'avp.receive_window_size': uint(16, 'Receive Window Size'),
    'avp.chap_challenge': bytes(0, 'CHAP Challenge'),
    'avp.assigned_session_id': uint(16, 'Assigned Session ID'),
    'avp.call_serial_number': uint(32, 'Call Serial Number'),
    'avp.minimum_bps': uint(32, 'Minimum BPS'),
    'avp.maximum_bps': uint(32, 'Maximum BPS'),
    'avp.called_number': text('Called Number'),
    'avp.calling_number': text('Calling Number'),
    'avp.connect_speed': uint(32, 'Connect Speed'),
  },
  headerLength: (_read, view, start, end) => {
    // Version 3 has another header (RFC 3931), which is not decoded here.
    if ((view.getUint8(start + 1) & 15) !== 2) return 2;
    if ((view.getUint16(start) & CONTROL) === 0) return headerOctets(view, start, end);
    const octets = headerOctets(view, start, end);
    return (view.getUint16(start) & LENGTH) === 0 || start + 4 > end
      ? octets
      : Math.max(octets, view.getUint16(start + 2));
  },
  payloadEnd: (_read, view, start, end) => {
    const flags = view.getUint16(start);
    return (flags & 15) === 2 && (flags & LENGTH) !== 0 ? start + view.getUint16(start + 2) : end;
  },
  next: {
    table: 'gre.proto',
    value: (_read, view, start) => {
      const flags = view.getUint16(start);
      return (flags & 15) === 2 && (flags & CONTROL) === 0 ? PPP : -1;
    },
  },
  body: (body, field) => {
    const flags = body.view.getUint16(body.start);
    if ((flags & 15) !== 2) return;
    if ((flags & LENGTH) !== 0) body.number(field.length);
    body.number(field.tunnel);
    body.number(field.session);
    if ((flags & SEQUENCE) !== 0) {
      body.number(field.Ns);
      body.number(field.Nr);
    }
    if ((flags & OFFSET) !== 0) {
      const octets = body.number(field.offset);
      if (octets > 0) body.skip(octets);
    }
    if ((flags & CONTROL) !== 0) while (body.remaining > 0) attribute(body, field);
  },
  info: (_layer, body) => summary(body),
});

/** RFC 2661, section 4.1. */
function attribute(body: Body, field: Readonly<Record<string, Field>>): void {
  const start = body.position;
  const head = body.peek16();
  const length = head & 0x3ff;
  body.number(field['pair']);
  if (length < PAIR_HEADER) body.fail(`an L2TP attribute has length ${length}; its header alone has ${PAIR_HEADER}`);
  const end = start + length;
  const vendor = body.number(field['avp.vendor_id']);
  const type = body.number(field['avp.type']);
  body.need(end - body.position, attributes[type] ?? 'an L2TP attribute');
  body.within(end, () => {
    if (vendor !== 0 || (head & HIDDEN) !== 0) return;
    for (const key of values[type] ?? []) {
      const value = field[key];
      if (value.bits === 0 ? body.remaining > 0 : body.remaining * 8 >= value.bits)
        body.take(value, value.bits === 0 ? body.remaining : value.bits / 8);
    }
  });
  if (body.position < end) body.skip(end - body.position);
}

const values: Readonly<Record<number, readonly string[]>> = {
  0: ['avp.message_type'],
  2: ['avp.protocol_version', 'avp.protocol_revision'],
  6: ['avp.firmware_revision'],
  7: ['avp.host_name'],
  8: ['avp.vendor_name'],
  9: ['avp.assigned_tunnel_id'],
  10: ['avp.receive_window_size'],
  11: ['avp.chap_challenge'],
  14: ['avp.assigned_session_id'],
  15: ['avp.call_serial_number'],
  16: ['avp.minimum_bps'],
  17: ['avp.maximum_bps'],
  21: ['avp.called_number'],
  22: ['avp.calling_number'],
  24: ['avp.connect_speed'],
};

function summary({ view, start, end }: Body): string {
  if (start + 2 > end) return 'Cut L2TP header';
  const flags = view.getUint16(start);
  if ((flags & 15) !== 2) return `Version ${flags & 15}`;
  const ids = start + ((flags & LENGTH) === 0 ? 2 : 4);
  if (ids + 4 > end) return 'Cut L2TP header';
  const tunnel = `(tunnel id=${view.getUint16(ids)}, session id=${view.getUint16(ids + 2)})`;
  if ((flags & CONTROL) === 0) return `Data    Message            ${tunnel}`;
  const first = start + headerOctets(view, start, end);
  // A message without attributes only acknowledges: zero-length body.
  if (first + 8 > end) return `Control Message - ZLB      ${tunnel}`;
  const type = view.getUint16(first + PAIR_HEADER);
  return `Control Message - ${messages[type] ?? `Unknown (${type})`} ${tunnel}`;
}
