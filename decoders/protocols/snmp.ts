import { absoluteTimeText, etherText, hexText, ipv4Text, ipv6Text, utf8Text } from '../core/format.js';
import {
  type Body,
  bytes,
  ether,
  type Field,
  flag,
  group,
  int,
  ipv4Address,
  ipv6Address,
  type LayerNode,
  protocol,
  text,
  uint,
} from '../core/index.js';
import { enterTlv, takeInteger, takeMembers, takeOctets, takeOid, takeString } from './ber-fields.js';
import { integerAt, isTlv, oidText, peekTlv, readTlv, Tag, takeTlv, withinTlv } from './der.js';

const APPLICATION = 1;
const CONTEXT = 2;
const VERSION_3 = 3;
const TRAP = 4;
const BULK = 5;
/** Private enterprise number of Net-SNMP, whose engines name themselves by a random number and a time. */
const NET_SNMP = 8072;

const pdus = [
  'get-request',
  'get-next-request',
  'get-response',
  'set-request',
  'trap',
  'getBulkRequest',
  'informRequest',
  'snmpV2-trap',
  'report',
] as const;
const elements = [
  'get_request_element',
  'get_next_request_element',
  'get_response_element',
  'set_request_element',
  'trap_element',
  'getBulkRequest_element',
  'informRequest_element',
  'snmpV2_trap_element',
  'report_element',
] as const;
const versions = { 0: 'version-1', 1: 'v2c', 2: 'v2u', 3: 'snmpv3' };
/** RFC 3416, section 3. */
const errors = {
  0: 'noError',
  1: 'tooBig',
  2: 'noSuchName',
  3: 'badValue',
  4: 'readOnly',
  5: 'genErr',
  6: 'noAccess',
  7: 'wrongType',
  8: 'wrongLength',
  9: 'wrongEncoding',
  10: 'wrongValue',
  11: 'noCreation',
  12: 'inconsistentValue',
  13: 'resourceUnavailable',
  14: 'commitFailed',
  15: 'undoFailed',
  16: 'authorizationError',
  17: 'notWritable',
  18: 'inconsistentName',
};
const traps = {
  0: 'coldStart',
  1: 'warmStart',
  2: 'linkDown',
  3: 'linkUp',
  4: 'authenticationFailure',
  5: 'egpNeighborLoss',
  6: 'enterpriseSpecific',
};

const fields = {
  version: int(32, 'version', { labels: versions }),
  msgVersion: int(32, 'msgVersion', { labels: versions }),
  community: text('community'),
  data: uint(32, 'data', { labels: { ...pdus } }),
  get_request_element: group('get-request'),
  get_next_request_element: group('get-next-request'),
  get_response_element: group('get-response'),
  set_request_element: group('set-request'),
  trap_element: group('trap'),
  getBulkRequest_element: group('getBulkRequest'),
  informRequest_element: group('informRequest'),
  snmpV2_trap_element: group('snmpV2-trap'),
  report_element: group('report'),
  request_id: int(32, 'request-id'),
  error_status: int(32, 'error-status', { labels: errors }),
  error_index: int(32, 'error-index'),
  non_repeaters: uint(32, 'non-repeaters'),
  max_repetitions: uint(32, 'max-repetitions'),
  enterprise: text('enterprise'),
  agent_addr: ipv4Address('agent-addr'),
  generic_trap: int(32, 'generic-trap', { labels: traps }),
  specific_trap: int(32, 'specific-trap'),
  time_stamp: uint(32, 'time-stamp'),
  variable_bindings: uint(32, 'variable-bindings'),
  name: text('Object Name'),
  'value.int': int(32, 'Value (Integer32)'),
  'value.octets': bytes(0, 'Value (OctetString)'),
  'value.null': group('Value (Null)'),
  'value.oid': text('Value (OID)'),
  'value.ipv4': ipv4Address('Value (IpAddress)'),
  'value.counter': uint(64, 'Value (Counter)'),
  'value.g32': int(32, 'Value (Gauge32)'),
  'value.timeticks': uint(64, 'Value (Timeticks)'),
  'value.opaque': bytes(0, 'Value (Opaque)'),
  'value.nsap': uint(64, 'Value (NSAP)'),
  'value.unk': bytes(0, 'Value (Unknown-Type)'),
  noSuchObject: group('noSuchObject'),
  noSuchInstance: group('noSuchInstance'),
  endOfMibView: group('endOfMibView'),
  msgGlobalData_element: group('msgGlobalData'),
  msgID: uint(32, 'msgID'),
  msgMaxSize: uint(32, 'msgMaxSize'),
  msgFlags: bytes(0, 'msgFlags'),
  'v3.flags.report': flag('Reportable'),
  'v3.flags.crypt': flag('Encrypted'),
  'v3.flags.auth': flag('Authenticated'),
  msgSecurityModel: uint(32, 'msgSecurityModel', { labels: { 0: 'Any', 1: 'V1', 2: 'V2C', 3: 'USM', 4: 'TSM' } }),
  msgAuthoritativeEngineID: bytes(0, 'msgAuthoritativeEngineID'),
  'engineid.conform': flag('Engine ID Conformance'),
  'engineid.enterprise': uint(32, 'Engine Enterprise ID'),
  'engineid.format': uint(8, 'Engine ID Format', {
    labels: {
      1: 'IPv4 address',
      2: 'IPv6 address',
      3: 'MAC address',
      4: 'Text, administratively assigned',
      5: 'Octets, administratively assigned',
      128: 'Reserved/Enterprise-specific',
    },
  }),
  'engineid.ipv4': ipv4Address('Engine ID Data'),
  'engineid.ipv6': ipv6Address('Engine ID Data'),
  'engineid.mac': ether('Engine ID Data'),
  'engineid.text': text('Engine ID Data'),
  'engineid.data': bytes(0, 'Engine ID Data'),
  'engineid.time': text('Engine ID Data: Creation Time'),
  msgAuthoritativeEngineBoots: uint(32, 'msgAuthoritativeEngineBoots'),
  msgAuthoritativeEngineTime: uint(32, 'msgAuthoritativeEngineTime'),
  msgUserName: text('msgUserName'),
  msgAuthenticationParameters: bytes(0, 'msgAuthenticationParameters'),
  msgPrivacyParameters: bytes(0, 'msgPrivacyParameters'),
  msgSecurityParameters: bytes(0, 'msgSecurityParameters'),
  msgData: uint(32, 'msgData', { labels: { 0: 'plaintext', 1: 'encryptedPDU' } }),
  plaintext_element: group('plaintext'),
  contextEngineID: bytes(0, 'contextEngineID'),
  contextName: text('contextName'),
  encryptedPDU: bytes(0, 'encryptedPDU'),
};

type SnmpFields = { readonly [K in keyof typeof fields]: Field };

/** Simple Network Management Protocol, versions 1, 2c and 3. */
export const snmp = protocol('snmp', 'Simple Network Management Protocol', {
  reference: 'RFC 1157, RFC 3416, RFC 3412, RFC 3414',
  carriedBy: { 'udp.port': [161, 162], 'tcp.port': [161, 162] },
  header: {},
  fields,
  headerLength: 'all',
  message: (view, start, end) => {
    if (end - start < 2) return 0;
    if (view.getUint8(start) !== 0x30) return -1;
    const tlv = readTlv(view, start, end);
    return tlv === undefined ? 0 : tlv.end - start;
  },
  body: (body, field) => {
    const { end } = enterTlv(body, 'the message');
    const whole = end <= body.end;
    body.within(end, () => {
      const { content } = peekTlv(body, 'the version');
      if (body.view.getUint8(content) === VERSION_3) version3(body, field);
      else {
        takeInteger(body, field.version);
        takeString(body, field.community);
        pdu(body, field);
      }
    });
    if (!whole) body.need(end - body.position, 'the message');
  },
  info: summary,
});

/** RFC 3416, section 3: the tag says which it is. */
function pdu(body: Body, field: SnmpFields): void {
  const tlv = peekTlv(body, 'the PDU');
  if (tlv.class !== CONTEXT || tlv.tag >= pdus.length) body.fail('this is no PDU that SNMP knows');
  body.titled(field.data, tlv.tag, () => {
    takeTlv(body, 'the PDU');
    body.within(tlv.end, () =>
      body.group(field[elements[tlv.tag]], () => {
        if (tlv.tag === TRAP) trap(body, field);
        else {
          takeInteger(body, field.request_id);
          takeInteger(body, field[tlv.tag === BULK ? 'non_repeaters' : 'error_status']);
          takeInteger(body, field[tlv.tag === BULK ? 'max_repetitions' : 'error_index']);
        }
        takeMembers(body, field.variable_bindings, () => binding(body, field));
      }),
    );
  });
}

/** RFC 1157, section 4.1.6. */
function trap(body: Body, field: SnmpFields): void {
  takeOid(body, field.enterprise);
  withinTlv(body, 'agent-addr', ({ end }) => {
    if (end - body.position === 4) body.take(field.agent_addr);
  });
  takeInteger(body, field.generic_trap);
  takeInteger(body, field.specific_trap);
  takeInteger(body, field.time_stamp);
}

function binding(body: Body, field: SnmpFields): void {
  withinTlv(body, 'a variable binding', () => {
    if (!isTlv(peekTlv(body, 'an object name'), Tag.oid)) body.fail('the name of a variable is no object identifier');
    takeOid(body, field.name);
    value(body, field);
  });
}

/** RFC 2578, section 2, and for what there is no value RFC 3416, section 3. */
function value(body: Body, field: SnmpFields): void {
  const { view } = body;
  const tlv = takeTlv(body, 'a value');
  const { content, end } = tlv;
  const length = end - content;
  body.need(length, 'a value');
  const number = integerAt(view, content, length) ?? 0;
  const positive = number < 0 ? Number(number) + 2 ** (8 * Math.min(6, length)) : number;
  body.position = end;
  const found = (key: keyof SnmpFields, shown: number | bigint | string) =>
    body.found(field[key], shown, content, length);
  const none = (key: keyof SnmpFields) => {
    body.position = content;
    body.group(field[key], () => undefined, length);
    body.position = end;
  };
  const octets = length === 0 ? '<MISSING>' : hexText(view, content, length);
  if (tlv.class === CONTEXT && tlv.tag < 3)
    none((['noSuchObject', 'noSuchInstance', 'endOfMibView'] as const)[tlv.tag]);
  else if (tlv.class === APPLICATION) {
    if (tlv.tag === 0 && length === 4) found('value.ipv4', ipv4Text(view, content));
    else if (tlv.tag === 1 || tlv.tag === 6) found('value.counter', positive);
    else if (tlv.tag === 2) found('value.g32', positive);
    else if (tlv.tag === 3) found('value.timeticks', positive);
    else if (tlv.tag === 4) found('value.opaque', octets);
    else found('value.unk', octets);
  } else if (isTlv(tlv, Tag.integer)) found('value.int', number);
  else if (isTlv(tlv, Tag.octetString)) found('value.octets', octets);
  else if (isTlv(tlv, Tag.null)) none('value.null');
  else if (isTlv(tlv, Tag.oid)) found('value.oid', oidText(view, content, length));
  else found('value.unk', octets);
}

/** RFC 3412, section 6. */
function version3(body: Body, field: SnmpFields): void {
  takeInteger(body, field.msgVersion);
  body.group(field.msgGlobalData_element, () =>
    withinTlv(body, 'msgGlobalData', () => {
      takeInteger(body, field.msgID);
      takeInteger(body, field.msgMaxSize);
      securityFlags(body, field);
      takeInteger(body, field.msgSecurityModel);
      if (body.remaining > 0) body.skip(body.remaining);
    }),
  );
  const security = enterTlv(body, 'msgSecurityParameters');
  body.within(security.end, () => {
    if (body.remaining > 0 && body.peek8() === 0x30) userSecurity(body, field);
    if (body.remaining > 0) body.take(field.msgSecurityParameters, body.remaining);
  });
  if (security.end > body.end) body.need(security.end - body.position, 'msgSecurityParameters');
  const data = peekTlv(body, 'msgData');
  const plain = isTlv(data, Tag.sequence);
  body.titled(field.msgData, plain ? 0 : 1, () => {
    if (!plain) {
      takeOctets(body, field.encryptedPDU);
      return;
    }
    withinTlv(body, 'msgData', () =>
      body.group(field.plaintext_element, () => {
        takeOctets(body, field.contextEngineID);
        takeString(body, field.contextName);
        pdu(body, field);
      }),
    );
  });
}

function securityFlags(body: Body, field: SnmpFields): void {
  const { content, end } = takeTlv(body, 'msgFlags');
  body.over(field.msgFlags, end - content, () => {
    if (end === content) return;
    const set = body.view.getUint8(content);
    body.derived(field['v3.flags.report'], (set & 4) !== 0, undefined, content, 1);
    body.derived(field['v3.flags.crypt'], (set & 2) !== 0, undefined, content, 1);
    body.derived(field['v3.flags.auth'], (set & 1) !== 0, undefined, content, 1);
  });
}

/** RFC 3414, section 2.4. */
function userSecurity(body: Body, field: SnmpFields): void {
  const parameters = enterTlv(body, 'the security parameters');
  body.within(parameters.end, () => {
    const { content, end } = enterTlv(body, 'msgAuthoritativeEngineID');
    body.need(end - content, 'msgAuthoritativeEngineID');
    if (end === content) body.found(field.msgAuthoritativeEngineID, '<MISSING>', content, 0);
    else body.over(field.msgAuthoritativeEngineID, end - content, () => engine(body, field));
    takeInteger(body, field.msgAuthoritativeEngineBoots);
    takeInteger(body, field.msgAuthoritativeEngineTime);
    takeString(body, field.msgUserName);
    takeOctets(body, field.msgAuthenticationParameters);
    takeOctets(body, field.msgPrivacyParameters);
  });
  if (parameters.end > body.end) body.need(parameters.end - body.position, 'the security parameters');
}

/** RFC 3411, section 5: SnmpEngineID. */
function engine(body: Body, field: SnmpFields): void {
  if (body.remaining < 5) return;
  const { view, position: at } = body;
  const number = view.getUint32(at);
  body.derived(field['engineid.conform'], number >= 0x80000000, undefined, at, 1);
  const enterprise = number & 0x7fffffff;
  body.derived(field['engineid.enterprise'], enterprise, undefined, at, 4);
  if (number < 0x80000000) return;
  const format = view.getUint8(at + 4);
  body.derived(field['engineid.format'], format, undefined, at + 4, 1);
  const data = at + 5;
  const length = body.end - data;
  const add = (key: keyof SnmpFields, shown: string) => body.derived(field[key], shown, undefined, data, length);
  if (format === 1 && length === 4) add('engineid.ipv4', ipv4Text(view, data));
  else if (format === 2 && length === 16) add('engineid.ipv6', ipv6Text(view, data));
  else if (format === 3 && length === 6) add('engineid.mac', etherText(view, data));
  else if (format === 4 && length > 0) add('engineid.text', utf8Text(view, data, length));
  else if (enterprise === NET_SNMP && format === 128 && length === 8) {
    body.derived(field['engineid.data'], hexText(view, data, 4), undefined, data, 4);
    const time = absoluteTimeText(view.getUint32(data + 4, true));
    body.derived(field['engineid.time'], time, undefined, data + 4, 4);
  } else if (length > 0 && format !== 128) add('engineid.data', hexText(view, data, length));
}

/** The kind of PDU and the variables that it is about. */
function summary(layer: LayerNode): string {
  const parts: string[] = [];
  const visit = (list: LayerNode['fields']): void => {
    for (const field of list) {
      if (field.name === 'snmp.data') parts.push(pdus[Number(field.value)]);
      else if (field.name === 'snmp.encryptedPDU') parts.push('encryptedPDU: privKey Unknown');
      else if (field.name === 'snmp.name') parts.push(field.text);
      if (field.fields !== undefined) visit(field.fields);
    }
  };
  visit(layer.fields);
  return parts.join(' ');
}
