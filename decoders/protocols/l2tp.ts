import { hexNumber } from '../core/format.js';
import { type Body, bits, bytes, type Field, flag, protocol, spare, text, uint, type Walk } from '../core/index.js';

const CONTROL = 0x8000;
const LENGTH = 0x4000;
const SEQUENCE = 0x0800;
const OFFSET = 0x0200;
const PPP = 0x880b;
const HIDDEN = 0x4000;
const PAIR_HEADER = 6;
const CAPABILITIES = 62;
const CIRCUIT = 71;

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
  20: 'Acknowledgement',
};
/** The same as version 3 abbreviates them (RFC 3931, section 3.1). */
const abbreviations: Readonly<Record<number, string>> = {
  1: 'SCCRQ',
  2: 'SCCRP',
  3: 'SCCCN',
  4: 'StopCCN',
  6: 'Hello',
  7: 'OCRQ',
  8: 'OCRP',
  9: 'OCCN',
  10: 'ICRQ',
  11: 'ICRP',
  12: 'ICCN',
  14: 'CDN',
  15: 'WEN',
  16: 'SLI',
  20: 'ACK',
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
  36: 'Random Vector',
  59: 'Message Digest',
  60: 'Router ID',
  61: 'Assigned Control Connection ID',
  62: 'Pseudowire Capability List',
  63: 'Local Session ID',
  64: 'Remote Session ID',
  65: 'Assigned Cookie',
  66: 'Remote End ID',
  68: 'Pseudowire Type',
  69: 'Layer2 Specific Sublayer',
  70: 'Data Sequencing',
  71: 'Circuit Status',
  73: 'Control Message Authentication Nonce',
  74: 'Tx Connect Speed Version 3',
  75: 'Rx Connect Speed Version 3',
};
/** IANA "L2TPv3 Pseudowire Types". */
const pseudowires: Readonly<Record<number, string>> = {
  1: 'Frame Relay DLCI',
  2: 'ATM AAL5 SDU VCC transport',
  3: 'ATM Cell transparent Port Mode',
  4: 'Ethernet VLAN',
  5: 'Ethernet',
  6: 'HDLC',
  7: 'PPP',
  9: 'ATM Cell transport VCC Mode',
  10: 'ATM Cell transport VPC Mode',
  11: 'IP',
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

/** Octets of the session's number, which version 3 begins with directly over IP; 0 in it means a control message. */
const SESSION_OCTETS = 4;
/** Of a control message of version 3: flags, length, connection, two numbers (RFC 3931, section 3.2.1). */
const CONTROL_OCTETS = 12;
/** Of a data message of version 3 over UDP: flags, reserve, session (section 4.1.2.1). */
const DATA_OCTETS = 8;

/** Whether IP carries it, not UDP: only version 3 can be there (section 4.1.1). */
function isDirect(walk: Walk): boolean {
  return walk.lowerNetwork === walk.depth - 1;
}

/** Octets of version 3's header, with the attributes of a control message. */
function headerOfThree(view: DataView, start: number, end: number, direct: boolean): number {
  if (direct && (start + SESSION_OCTETS > end || view.getUint32(start) !== 0)) return SESSION_OCTETS;
  const at = direct ? start + SESSION_OCTETS : start;
  if (at + SESSION_OCTETS > end) return at + SESSION_OCTETS - start;
  if ((view.getUint16(at) & CONTROL) === 0) return at + DATA_OCTETS - start;
  return at - start + Math.max(CONTROL_OCTETS, view.getUint16(at + 2));
}

/** Of the flags: those that version 3 has no more. */
const isSecond = (flags: number) => (flags & 15) === 2;

/** Layer Two Tunneling Protocol, versions 2 and 3. */
export const l2tp = protocol('l2tp', 'Layer 2 Tunneling Protocol', {
  reference: 'RFC 2661, section 3; RFC 3931, sections 3 and 4',
  carriedBy: { 'udp.port': 1701, 'ip.proto': 115, 'ipv6.nxt': 115 },
  header: {},
  fields: {
    sid: uint(32, 'Session ID', { base: 16 }),
    res: uint(16, 'Reserved', { base: 16 }),
    ccid: uint(32, 'Control Connection ID', { base: 16 }),
    flags: bits(
      16,
      'Flags',
      {
        type: uint(1, 'Type', { filter: 'l2tp.type', labels: { 0: 'Data Message', 1: 'Control Message' } }),
        length: flag('Length Bit', { filter: 'l2tp.length_bit' }),
        first: spare(2),
        sequence: flag('Sequence Bit', { filter: 'l2tp.seq_bit' }),
        second: spare(1),
        offset: flag('Offset bit', { filter: 'l2tp.offset_bit', when: isSecond }),
        priority: flag('Priority', { filter: 'l2tp.priority', when: isSecond }),
        third: spare(4),
        version: uint(4, 'Version', { filter: 'l2tp.version' }),
      },
      { base: 16 },
    ),
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
    result_code: uint(16, 'Result code'),
    'avp.error_code': uint(16, 'Error code'),
    'avp.error_message': text('Error Message'),
    tie_breaker: uint(64, 'Tie Breaker', { base: 16 }),
    'avp.random_vector': bytes(0, 'Random Vector'),
    'avp.message_digest': bytes(0, 'Message Digest'),
    'avp.router_id': uint(32, 'Router ID'),
    'avp.assigned_control_conn_id': uint(32, 'Assigned Control Connection ID'),
    'avp.pw_type': uint(16, 'PW Type', { labels: pseudowires }),
    'avp.local_session_id': uint(32, 'Local Session ID'),
    'avp.remote_session_id': uint(32, 'Remote Session ID'),
    'avp.assigned_cookie': bytes(0, 'Assigned Cookie'),
    'avp.remote_end_id': text('Remote End ID'),
    'avp.pseudowire_type': uint(16, 'Pseudowire Type', { labels: pseudowires }),
    'avp.layer2_specific_sublayer': uint(16, 'Layer2 Specific Sublayer'),
    'avp.data_sequencing': uint(16, 'Data Sequencing'),
    circuit: bits(
      8,
      'Circuit Status',
      {
        reserved: spare(6),
        type: flag('Circuit Type', { filter: 'l2tp.avp.circuit_type' }),
        status: flag('Circuit Status', { filter: 'l2tp.avp.circuit_status' }),
      },
      { bare: true },
    ),
    'avp.nonce': bytes(0, 'Nonce'),
    'avp.tx_connect_speed_v3': uint(64, 'Tx Connect Speed v3', { unit: 'bit/s' }),
    'avp.rx_connect_speed_v3': uint(64, 'Rx Connect Speed v3', { unit: 'bit/s' }),
  },
  headerLength: (_read, view, start, end, walk) => {
    if (isDirect(walk)) return headerOfThree(view, start, end, true);
    if (start + 2 > end) return 2;
    const version = view.getUint8(start + 1) & 15;
    if (version === 3) return headerOfThree(view, start, end, false);
    if (version !== 2) return 2;
    if ((view.getUint16(start) & CONTROL) === 0) return headerOctets(view, start, end);
    const octets = headerOctets(view, start, end);
    return (view.getUint16(start) & LENGTH) === 0 || start + 4 > end
      ? octets
      : Math.max(octets, view.getUint16(start + 2));
  },
  payloadEnd: (_read, view, start, end, walk) => {
    if (isDirect(walk) || start + 4 > end) return end;
    const flags = view.getUint16(start);
    return (flags & 15) === 2 && (flags & LENGTH) !== 0 ? start + view.getUint16(start + 2) : end;
  },
  next: {
    table: 'gre.proto',
    value: (_read, view, start, _end, walk) => {
      if (walk.lowerNetwork === walk.depth - 2) return -1;
      const flags = view.getUint16(start);
      return (flags & 15) === 2 && (flags & CONTROL) === 0 ? PPP : -1;
    },
  },
  body: (body, field) => {
    const direct = body.carrier !== 'udp';
    if (direct && body.number(field.sid) !== 0) {
      body.column = 'L2TPv3';
      return;
    }
    const flags = body.number(field.flags);
    if ((flags & 15) === 3) {
      body.column = 'L2TPv3';
      third(body, field, flags);
      return;
    }
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

/** What follows the flags in version 3. */
function third(
  body: Body,
  field: Readonly<Record<'res' | 'sid' | 'length' | 'ccid' | 'Ns' | 'Nr', Field>>,
  flags: number,
): void {
  if ((flags & CONTROL) === 0) {
    body.number(field.res);
    body.number(field.sid);
    return;
  }
  body.number(field.length);
  body.number(field.ccid);
  body.number(field.Ns);
  body.number(field.Nr);
  while (body.remaining > 0) attribute(body, field);
}

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
    // Of the two octets, only the second one has bits with a meaning (RFC 3931, section 5.4.5).
    if (type === CIRCUIT && body.remaining >= 2) body.skip(1);
    if (type === CAPABILITIES) while (body.remaining >= 2) body.number(field['avp.pw_type']);
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
  1: ['result_code', 'avp.error_code', 'avp.error_message'],
  2: ['avp.protocol_version', 'avp.protocol_revision'],
  5: ['tie_breaker'],
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
  36: ['avp.random_vector'],
  59: ['avp.message_digest'],
  60: ['avp.router_id'],
  61: ['avp.assigned_control_conn_id'],
  63: ['avp.local_session_id'],
  64: ['avp.remote_session_id'],
  65: ['avp.assigned_cookie'],
  66: ['avp.remote_end_id'],
  68: ['avp.pseudowire_type'],
  69: ['avp.layer2_specific_sublayer'],
  70: ['avp.data_sequencing'],
  71: ['circuit'],
  73: ['avp.nonce'],
  74: ['avp.tx_connect_speed_v3'],
  75: ['avp.rx_connect_speed_v3'],
};

/** `at` is where the flags stand. */
function summaryOfThree(view: DataView, at: number, end: number): string {
  if (at + DATA_OCTETS > end) return 'Cut L2TP header';
  const number = hexNumber(view.getUint32(at + 4), 32);
  if ((view.getUint16(at) & CONTROL) === 0) return `D[S:${number}]`;
  const first = at + CONTROL_OCTETS;
  const type = first + DATA_OCTETS > end ? undefined : view.getUint16(first + PAIR_HEADER);
  const name = type === undefined ? 'ZLB' : (abbreviations[type] ?? `Unknown (${type})`);
  return `Control Message - ${name} (ccid=${number})`;
}

function summary(body: Body): string {
  const { view, start, end } = body;
  if (body.carrier !== 'udp') {
    if (start + SESSION_OCTETS > end) return 'Cut L2TP header';
    const session = view.getUint32(start);
    return session === 0 ? summaryOfThree(view, start + SESSION_OCTETS, end) : `D[S:${hexNumber(session, 32)}]`;
  }
  if (start + 2 > end) return 'Cut L2TP header';
  if ((view.getUint8(start + 1) & 15) === 3) return summaryOfThree(view, start, end);
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
