import {
  type Body,
  bits,
  bytes,
  type Field,
  flag,
  type LayerNode,
  protocol,
  startingWith,
  text,
  uint,
} from '../core/index.js';
import type { MessageLength } from '../core/protocol.js';
import { grantedQualities, messageTypes, qualities, reasonCodes, returnCodes, versions } from '../labels/mqtt.js';
import { readMessages } from './messages.js';
import { looksLikeProperties, propertyFields, readProperties, takeInteger } from './mqtt-properties.js';

const CONNECT = 1;
const CONNACK = 2;
const PUBLISH = 3;
const SUBSCRIBE = 8;
const SUBACK = 9;
const UNSUBSCRIBE = 10;
const UNSUBACK = 11;
const DISCONNECT = 14;
const AUTH = 15;
const VERSION_5 = 5;

const type = uint(4, 'Message Type', { labels: messageTypes, filter: 'mqtt.msgtype' });
const reason = (title = 'Reason Code') => uint(8, title, { labels: reasonCodes });

const fields = {
  hdrflags: bits(
    8,
    'Header Flags',
    { type, hdr_reserved: uint(4, 'Reserved', { filter: 'mqtt.hdr_reserved' }) },
    { base: 16 },
  ),
  publishFlags: bits(
    8,
    'Header Flags',
    {
      type,
      dup: flag('DUP Flag', { filter: 'mqtt.dupflag' }),
      qos: uint(2, 'QoS Level', { labels: qualities, filter: 'mqtt.qos' }),
      retain: flag('Retain', { filter: 'mqtt.retain' }),
    },
    { base: 16, filter: 'mqtt.hdrflags' },
  ),
  len: uint(0, 'Msg Len'),
  proto_len: uint(16, 'Protocol Name Length'),
  protoname: text('Protocol Name'),
  ver: uint(8, 'Version', { labels: versions }),
  conflags: bits(
    8,
    'Connect Flags',
    {
      uname: flag('User Name Flag', { filter: 'mqtt.conflag.uname' }),
      passwd: flag('Password Flag', { filter: 'mqtt.conflag.passwd' }),
      retain: flag('Will Retain', { filter: 'mqtt.conflag.retain' }),
      qos: uint(2, 'QoS Level', { labels: qualities, filter: 'mqtt.conflag.qos' }),
      willflag: flag('Will Flag', { filter: 'mqtt.conflag.willflag' }),
      cleansess: flag('Clean Session Flag', { filter: 'mqtt.conflag.cleansess' }),
      reserved: flag('(Reserved)', { filter: 'mqtt.conflag.reserved' }),
    },
    { base: 16 },
  ),
  kalive: uint(16, 'Keep Alive', { unit: 's' }),
  clientid_len: uint(16, 'Client ID Length'),
  clientid: text('Client ID'),
  willtopic_len: uint(16, 'Will Topic Length'),
  willtopic: text('Will Topic'),
  willmsg_len: uint(16, 'Will Message Length'),
  willmsg: bytes(0, 'Will Message'),
  username_len: uint(16, 'User Name Length'),
  username: text('User Name'),
  passwd_len: uint(16, 'Password Length'),
  passwd: text('Password'),
  'conack.flags': bits(
    8,
    'Acknowledge Flags',
    { reserved: flag('Reserved', { bits: 7 }), sp: flag('Session Present') },
    { base: 16 },
  ),
  'conack.val': uint(8, 'Return Code', { labels: returnCodes }),
  'connack.reason_code': reason(),
  'puback.reason_code': reason(),
  'pubrec.reason_code': reason(),
  'pubrel.reason_code': reason(),
  'pubcomp.reason_code': reason(),
  'suback.reason_code': reason(),
  'unsuback.reason_code': reason(),
  'disconnect.reason_code': reason(),
  'auth.reason_code': reason(),
  topic_len: uint(16, 'Topic Length'),
  topic: text('Topic'),
  msgid: uint(16, 'Message Identifier'),
  msg: bytes(0, 'Message'),
  'sub.qos': uint(8, 'Requested QoS', { labels: qualities }),
  subscription_options: bits(
    8,
    'Subscription Options',
    {
      reserved: uint(2, 'Reserved', { base: 16, filter: 'mqtt.subscription_options_reserved' }),
      retain: uint(2, 'Retain Handling', {
        filter: 'mqtt.subscription_options_retain',
        labels: {
          0: 'Send msgs at subscription time',
          1: 'Send msgs if subscription does not exist',
          2: 'Do not send msgs at subscription time',
        },
      }),
      rap: flag('Retain As Published', { filter: 'mqtt.subscription_options_rap' }),
      nl: flag('No Local', { filter: 'mqtt.subscription_options_nl' }),
      qos: uint(2, 'QoS', { labels: qualities, filter: 'mqtt.subscription_options_qos' }),
    },
    { base: 16 },
  ),
  'suback.qos': uint(8, 'Granted QoS', { labels: grantedQualities }),
  ...propertyFields,
};

type MqttFields = { readonly [K in keyof typeof fields]: Field };

/** The acknowledgements' reasons, by message type. */
const reasonFields: Readonly<Record<number, keyof MqttFields>> = {
  4: 'puback.reason_code',
  5: 'pubrec.reason_code',
  6: 'pubrel.reason_code',
  7: 'pubcomp.reason_code',
};

/** MQTT 3.1.1 and 5.0, section 2.1: the type, and the remaining length as one to four octets of seven bits. */
const messageLength: MessageLength = (view, start, end) => {
  let length = 0;
  for (let i = 1; i <= 4; i++) {
    if (start + i >= end) return 0;
    const octet = view.getUint8(start + i);
    length += (octet & 127) * 128 ** (i - 1);
    if (octet < 128) return 1 + i + length;
  }
  return -1;
};

/** MQ Telemetry Transport, OASIS MQTT 3.1.1 and 5.0 (ISO/IEC 20922). */
export const mqtt = protocol('mqtt', 'MQ Telemetry Transport Protocol', {
  reference: 'OASIS MQTT 3.1.1, OASIS MQTT 5.0',
  carriedBy: { 'tcp.port': 1883 },
  header: {},
  fields,
  headerLength: 'all',
  message: messageLength,
  recognises: { tcp: startingWith((octet) => octet === CONNECT << 4, isConnect) },
  body: (body, field) => {
    // Only the CONNECT says which version is spoken; without it, a message's form tells in most cases.
    const spoken = body.dissection.conversation?.remember('mqtt', () => ({ version: 0 })) ?? { version: 0 };
    readMessages(body, messageLength, () => {
      const kind = body.peek8() >> 4;
      const flags = body.number(kind === PUBLISH ? field.publishFlags : field.hdrflags);
      takeInteger(body, field.len);
      if (kind === CONNECT) spoken.version = connect(body, field);
      else readMessage(body, field, kind, flags, spoken.version);
    });
  },
  info: summary,
});

/** CONNECT has a name that nothing else begins with (MQTT 5.0, section 3.1.2.1; "MQIsdp" was version 3.1's). */
function isConnect(view: DataView, start: number, end: number): boolean {
  if (start + 12 > end || view.getUint8(start) !== CONNECT << 4) return false;
  const name = view.getUint8(start + 1) < 128 ? start + 2 : start + 3;
  const length = view.getUint16(name);
  if (length === 4) return view.getUint32(name + 2) === 0x4d515454;
  return length === 6 && view.getUint32(name + 2) === 0x4d514973;
}

/** Section 3.1. Returns the protocol version. */
function connect(body: Body, field: MqttFields): number {
  body.take(field.protoname, body.number(field.proto_len));
  const version = body.number(field.ver);
  const flags = body.number(field.conflags);
  body.number(field.kalive);
  if (version === VERSION_5) readProperties(body, field, field.properties);
  body.take(field.clientid, body.number(field.clientid_len));
  if ((flags & 0x04) !== 0) {
    if (version === VERSION_5) readProperties(body, field, field.will_properties);
    body.take(field.willtopic, body.number(field.willtopic_len));
    const length = body.number(field.willmsg_len);
    if (length > 0) body.take(field.willmsg, length);
  }
  if ((flags & 0x80) !== 0) body.take(field.username, body.number(field.username_len));
  if ((flags & 0x40) !== 0) body.take(field.passwd, body.number(field.passwd_len));
  return version;
}

function readMessage(body: Body, field: MqttFields, kind: number, flags: number, known: number): void {
  switch (kind) {
    case CONNACK: {
      const modern = known === VERSION_5 || (known === 0 && body.remaining > 2);
      body.number(field['conack.flags']);
      body.number(modern ? field['connack.reason_code'] : field['conack.val']);
      if (modern && body.remaining > 0) readProperties(body, field, field.properties);
      return;
    }
    case PUBLISH: {
      body.take(field.topic, body.number(field.topic_len));
      if ((flags & 6) !== 0) body.number(field.msgid);
      const modern = known === VERSION_5 || (known === 0 && looksLikeProperties(body.view, body.position, body.end));
      if (modern) readProperties(body, field, field.properties);
      body.take(field.msg, body.incomplete ? wanting(body) : body.remaining);
      return;
    }
    case SUBSCRIBE:
    case UNSUBSCRIBE: {
      body.number(field.msgid);
      const option = kind === SUBSCRIBE ? 1 : 0;
      const modern = known === VERSION_5 || (known === 0 && !areTopics(body.view, body.position, body.end, option));
      if (modern) readProperties(body, field, field.properties);
      while (body.remaining > 0) {
        body.take(field.topic, body.number(field.topic_len));
        if (option === 1) body.number(modern ? field.subscription_options : field['sub.qos']);
      }
      return;
    }
    case SUBACK:
    case UNSUBACK: {
      body.number(field.msgid);
      const modern = known === VERSION_5 || (known === 0 && kind === UNSUBACK && body.remaining > 0);
      if (modern) readProperties(body, field, field.properties);
      const code = kind === UNSUBACK ? 'unsuback.reason_code' : modern ? 'suback.reason_code' : 'suback.qos';
      while (body.remaining > 0) body.number(field[code]);
      return;
    }
    case DISCONNECT:
    case AUTH:
      if (body.remaining === 0) return;
      body.number(field[kind === AUTH ? 'auth.reason_code' : 'disconnect.reason_code']);
      if (body.remaining > 0) readProperties(body, field, field.properties);
      return;
    default: {
      const code = reasonFields[kind];
      if (code === undefined) return;
      body.number(field.msgid);
      // Only version 5 has more than the identifier.
      if (known !== VERSION_5 && !isReasoned(body)) return;
      if (body.remaining > 0) body.number(field[code]);
      if (body.remaining > 0) readProperties(body, field, field.properties);
    }
  }
}

/** More than is left: the rest of the message is in another segment, and only the whole of it is the content. */
function wanting(body: Body): number {
  return body.remaining + 1;
}

/** Whether topics of version 3 (and their quality of service) fill [at, end) exactly. */
function areTopics(view: DataView, at: number, end: number, option: number): boolean {
  let position = at;
  while (position < end) {
    if (position + 2 > end) return false;
    position += 2 + view.getUint16(position) + option;
  }
  return position === end;
}

/** Whether a reason code, and properties if there is more, fill the message. */
function isReasoned({ view, position, end, remaining }: Body): boolean {
  if (remaining === 0 || reasonCodes[view.getUint8(position)] === undefined) return false;
  return remaining === 1 || looksLikeProperties(view, position + 1, end);
}

const identified = new Set([4, 5, 6, 7, 8, 9, 10, 11]);

/** What the messages are, with their identifiers and topics. */
function summary(layer: LayerNode): string {
  const parts: string[] = [];
  let part = '';
  let id = '';
  const flush = () => {
    if (part !== '') parts.push(part);
  };
  let kind = 0;
  for (const field of layer.fields) {
    if (field.name === 'mqtt.hdrflags') {
      flush();
      kind = Number(field.value) >> 4;
      part = messageTypes[kind] ?? 'Unknown';
      id = '';
    } else if (field.name === 'mqtt.msgid') {
      id = ` (id=${field.text})`;
      if (identified.has(kind)) part += id;
      else part = `${messageTypes[kind]}${id}${part.slice(messageTypes[kind].length)}`;
    } else if (field.name === 'mqtt.topic' && kind !== UNSUBSCRIBE) part += ` [${field.display}]`;
  }
  flush();
  return parts.length === 0 ? 'MQTT' : parts.join(', ');
}
