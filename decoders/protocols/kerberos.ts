import { absoluteTimeText, hexText, ipv4Text, ipv6Text, utf8Text } from '../core/format.js';
import {
  type Body,
  bits,
  bytes,
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
import {
  addressTypes,
  encryptionTypes,
  errorCodes,
  messageNames,
  messageTypes,
  nameTypes,
  preAuthenticationTypes,
} from '../labels/kerberos.js';
import { takeBoolean, takeInteger, takeMembers, takeOctets, takeString } from './ber-fields.js';
import { peekTlv, readTlv, takeTlv, withinTlv } from './der.js';
import { kdcOptionFields, kdcOptions } from './kerberos-options.js';
import { readMessages } from './messages.js';

const APPLICATION = 1;
const TCP = 6;
const RECORD_MARK = 4;
const VERSION_4 = 4;
const TGS_REQUEST = 1;
const ENCRYPTED_TIMESTAMP = 2;
const PAC_REQUEST = 128;

const fields = {
  mark: bits(
    32,
    'Record Mark',
    {
      reserved: flag('Reserved', { filter: 'kerberos.rm.reserved' }),
      length: uint(31, 'Record Length', { filter: 'kerberos.rm.length', unit: 'bytes' }),
    },
    { bare: true, filter: 'kerberos.rm.length' },
  ),
  as_req_element: group('as-req'),
  as_rep_element: group('as-rep'),
  tgs_req_element: group('tgs-req'),
  tgs_rep_element: group('tgs-rep'),
  ap_req_element: group('ap-req'),
  ap_rep_element: group('ap-rep'),
  krb_error_element: group('krb-error'),
  pvno: uint(32, 'pvno'),
  msg_type: int(32, 'msg-type', { labels: messageTypes }),
  padata: uint(32, 'padata'),
  PA_DATA_element: group('PA-DATA'),
  padata_type: int(32, 'padata-type', { labels: preAuthenticationTypes }),
  padata_value: bytes(0, 'padata-value'),
  include_pac: flag('include-pac', { bits: 8 }),
  req_body_element: group('req-body'),
  kdc_options: bytes(0, 'kdc-options'),
  ...kdcOptionFields,
  cname_element: group('cname'),
  sname_element: group('sname'),
  name_type: int(32, 'name-type', { labels: nameTypes }),
  cname_string: uint(32, 'cname-string'),
  CNameString: text('CNameString'),
  sname_string: uint(32, 'sname-string'),
  SNameString: text('SNameString'),
  realm: text('realm'),
  crealm: text('crealm'),
  from: text('from'),
  till: text('till'),
  rtime: text('rtime'),
  nonce: uint(32, 'nonce'),
  'kdc-req-body.etype': uint(32, 'etype'),
  ENCTYPE: int(32, 'ENCTYPE', { labels: encryptionTypes }),
  addresses: uint(32, 'addresses'),
  HostAddress_element: group('HostAddress'),
  addr_type: int(32, 'addr-type', { labels: addressTypes }),
  addr_ip: ipv4Address('IP Address'),
  addr_ipv6: ipv6Address('IPv6 Address'),
  addr_nb: text('NetBIOS Name'),
  ticket_element: group('ticket'),
  tkt_vno: uint(32, 'tkt-vno'),
  enc_part_element: group('enc-part'),
  authenticator_element: group('authenticator'),
  etype: int(32, 'etype', { labels: encryptionTypes }),
  kvno: uint(32, 'kvno'),
  cipher: bytes(0, 'cipher'),
  ap_options: bytes(0, 'ap-options'),
  'APOptions.reserved': flag('reserved'),
  'APOptions.use.session.key': flag('use-session-key'),
  'APOptions.mutual.required': flag('mutual-required'),
  ctime: text('ctime'),
  cusec: uint(32, 'cusec'),
  stime: text('stime'),
  susec: uint(32, 'susec'),
  error_code: int(32, 'error-code', { labels: errorCodes }),
  e_text: text('e-text'),
  e_data: bytes(0, 'e-data'),
};

type KerberosFields = { readonly [K in keyof typeof fields]: Field };

/** Kerberos, version 5, with what of its messages is not encrypted. */
export const kerberos = protocol('kerberos', 'Kerberos', {
  reference: 'RFC 4120',
  column: 'KRB5',
  carriedBy: { 'udp.port': 88, 'tcp.port': 88 },
  header: {},
  fields,
  headerLength: 'all',
  message: recordLength,
  body: (body, field) => {
    if (body.walk.transport !== TCP) {
      // Version 4, which shares the port, begins with its number.
      if (body.peek8() === VERSION_4) body.column = 'KRB4';
      else message(body, field);
    } else
      readMessages(body, recordLength, () => {
        body.number(field.mark);
        message(body, field);
      });
  },
  info: (layer: LayerNode) => {
    const types: string[] = [];
    for (const node of layer.fields) {
      const type = node.fields?.find((inner) => inner.name === 'kerberos.msg_type');
      if (type !== undefined) types.push(messageNames[Number(type.value)] ?? 'Unknown');
      const error = node.fields?.find((inner) => inner.name === 'kerberos.error_code');
      if (error !== undefined)
        types.push(
          `: ${(errorCodes[Number(error.value)] ?? error.text).replace('eRR-', 'KRB5KDC_ERR_').replaceAll('-', '_')}`,
        );
    }
    return types.join('');
  },
});

/** RFC 4120, section 7.2.2: four octets of length, of which the first bit is reserved. */
function recordLength(view: DataView, start: number, end: number): number {
  if (end - start < RECORD_MARK) return 0;
  const length = view.getUint32(start) & 0x7fffffff;
  if (end - start >= RECORD_MARK + 1 && view.getUint8(start + RECORD_MARK) >> 5 !== 3) return -1;
  return RECORD_MARK + length;
}

type Reader = (body: Body, field: KerberosFields) => void;
type Members = Readonly<Record<number, Reader>>;

const integer =
  (key: keyof KerberosFields): Reader =>
  (body, field) => {
    takeInteger(body, field[key]);
  };
const string =
  (key: keyof KerberosFields): Reader =>
  (body, field) => {
    takeString(body, field[key]);
  };
const octets =
  (key: keyof KerberosFields): Reader =>
  (body, field) => {
    takeOctets(body, field[key]);
  };
const time =
  (key: keyof KerberosFields): Reader =>
  (body, field) =>
    kerberosTime(body, field[key]);
const within =
  (key: keyof KerberosFields, members: () => Members): Reader =>
  (body, field) =>
    body.group(field[key], () => sequence(body, field, field[key].title, members()));

/** A SEQUENCE whose members have context tags, as all of RFC 4120 has them. */
function sequence(body: Body, field: KerberosFields, what: string, members: Members): void {
  withinTlv(body, what, () => {
    while (body.remaining > 0)
      withinTlv(body, what, ({ tag }) => {
        members[tag]?.(body, field);
        if (body.remaining > 0) body.skip(body.remaining);
      });
  });
}

/** RFC 4120, section 5.2.3: `YYYYMMDDHHMMSSZ`. */
function kerberosTime(body: Body, field: Field): void {
  const { start } = peekTlv(body, field.title);
  withinTlv(body, field.title, ({ content, end }) => {
    body.need(end - content, field.title);
    const value = utf8Text(body.view, content, end - content);
    const match = /^(\d{4})(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)Z$/.exec(value);
    const [year, month, day, hour, minute, second] = match === null ? [] : match.slice(1).map(Number);
    const shown =
      match === null ? value : absoluteTimeText(Date.UTC(year, month - 1, day, hour, minute, second) / 1000);
    body.found(field, shown, start, end - start);
    body.position = end;
  });
}

const name = (kind: 'c' | 's'): Reader =>
  within(`${kind}name_element`, () => ({
    0: integer('name_type'),
    1: (body, field) =>
      takeMembers(body, field[`${kind}name_string`], () => {
        takeString(body, field[kind === 'c' ? 'CNameString' : 'SNameString']);
      }),
  }));

const encrypted: Members = { 0: integer('etype'), 1: integer('kvno'), 2: octets('cipher') };
const encryptedPart = (key: keyof KerberosFields): Reader => within(key, () => encrypted);

const preAuthentication: Reader = (body, field) =>
  takeMembers(body, field.padata, () =>
    body.group(field.PA_DATA_element, () => {
      let type = 0;
      sequence(body, field, 'PA-DATA', {
        1: () => {
          type = Number(takeInteger(body, field.padata_type));
        },
        2: () => preAuthenticationValue(body, field, type),
      });
      body.describe(preAuthenticationTypes[type] ?? `Unknown:${type}`);
    }),
  );

/** The octets, and what they are for the types that are not encrypted whole. */
function preAuthenticationValue(body: Body, field: KerberosFields, type: number): void {
  const { content, end } = takeTlv(body, 'padata-value');
  const length = end - content;
  body.need(length, 'padata-value');
  if (length === 0) {
    body.found(field.padata_value, '<MISSING>', content, 0);
    return;
  }
  body.over(field.padata_value, length, () => {
    if (type === TGS_REQUEST) message(body, field);
    else if (type === ENCRYPTED_TIMESTAMP && body.peek8() === 0x30) sequence(body, field, 'EncryptedData', encrypted);
    else if (type === PAC_REQUEST && body.peek8() === 0x30)
      sequence(body, field, 'PA-PAC-REQUEST', { 0: () => void takeBoolean(body, field.include_pac) });
  });
}

const ticket: Reader = (body, field) =>
  body.group(field.ticket_element, () =>
    withinTlv(body, 'a ticket', () =>
      sequence(body, field, 'a ticket', {
        0: integer('tkt_vno'),
        1: string('realm'),
        2: name('s'),
        3: encryptedPart('enc_part_element'),
      }),
    ),
  );

/** RFC 4120, section 5.2.5. */
const hostAddress: Reader = (body, field) =>
  body.group(field.HostAddress_element, () => {
    let type = 0;
    sequence(body, field, 'an address', {
      0: () => {
        type = Number(takeInteger(body, field.addr_type));
      },
      1: () => {
        const { content, end } = takeTlv(body, 'an address');
        const length = end - content;
        body.need(length, 'an address');
        const { view } = body;
        if (type === 2 && length === 4) body.found(field.addr_ip, ipv4Text(view, content), content, length);
        else if (type === 24 && length === 16) body.found(field.addr_ipv6, ipv6Text(view, content), content, length);
        else if (type === 20 && length === 16) body.found(field.addr_nb, netbiosText(view, content), content, length);
        body.position = content + length;
      },
    });
  });

function netbiosText(view: DataView, at: number): string {
  const kind = view
    .getUint8(at + 15)
    .toString(16)
    .padStart(2, '0');
  return `${utf8Text(view, at, 15).trimEnd()}<${kind}>`;
}

/** A BIT STRING of options: the octet that counts unused bits, and the bits. */
function optionBits(body: Body, heading: Field, add: (at: number, octets: number) => void): void {
  const { content, end } = takeTlv(body, heading.title);
  body.need(end - content, heading.title);
  const from = Math.min(content + 1, end);
  const length = end - from;
  body.skip(from - content);
  body.found(heading, hexText(body.view, from, length), from, length);
  add(from, length);
  body.position = end;
}

const requestBody: Members = {
  0: (body, field) => optionBits(body, field.kdc_options, (at, length) => kdcOptions(body, field, at, length)),
  1: name('c'),
  2: string('realm'),
  3: name('s'),
  4: time('from'),
  5: time('till'),
  6: time('rtime'),
  7: integer('nonce'),
  8: (body, field) => takeMembers(body, field['kdc-req-body.etype'], () => void takeInteger(body, field.ENCTYPE)),
  9: (body, field) => takeMembers(body, field.addresses, () => hostAddress(body, field)),
};

const request: Members = {
  1: integer('pvno'),
  2: integer('msg_type'),
  3: preAuthentication,
  4: within('req_body_element', () => requestBody),
};

const reply: Members = {
  0: integer('pvno'),
  1: integer('msg_type'),
  2: preAuthentication,
  3: string('crealm'),
  4: name('c'),
  5: ticket,
  6: encryptedPart('enc_part_element'),
};

const apRequest: Members = {
  0: integer('pvno'),
  1: integer('msg_type'),
  2: (body, field) =>
    optionBits(body, field.ap_options, (at, length) => {
      if (length === 0) return;
      const octet = body.view.getUint8(at);
      body.derived(field['APOptions.reserved'], (octet & 0x80) !== 0, undefined, at, 1);
      body.derived(field['APOptions.use.session.key'], (octet & 0x40) !== 0, undefined, at, 1);
      body.derived(field['APOptions.mutual.required'], (octet & 0x20) !== 0, undefined, at, 1);
    }),
  3: ticket,
  4: encryptedPart('authenticator_element'),
};

const apReply: Members = { 0: integer('pvno'), 1: integer('msg_type'), 2: encryptedPart('enc_part_element') };

const error: Members = {
  0: integer('pvno'),
  1: integer('msg_type'),
  2: time('ctime'),
  3: integer('cusec'),
  4: time('stime'),
  5: integer('susec'),
  6: integer('error_code'),
  7: string('crealm'),
  8: name('c'),
  9: string('realm'),
  10: name('s'),
  11: string('e_text'),
  12: octets('e_data'),
};

/** By the application tag: RFC 4120, section 5.10. */
const messages: Readonly<Record<number, readonly [keyof KerberosFields, Members]>> = {
  10: ['as_req_element', request],
  11: ['as_rep_element', reply],
  12: ['tgs_req_element', request],
  13: ['tgs_rep_element', reply],
  14: ['ap_req_element', apRequest],
  15: ['ap_rep_element', apReply],
  30: ['krb_error_element', error],
};

function message(body: Body, field: KerberosFields): void {
  const tlv = readTlv(body.view, body.position, body.end);
  const known = tlv !== undefined && tlv.class === APPLICATION ? messages[tlv.tag] : undefined;
  if (known === undefined) {
    if (body.remaining < 2) body.need(2, 'a message');
    body.fail('this is no message of Kerberos');
  }
  body.group(field[known[0]], () =>
    withinTlv(body, 'the message', () => sequence(body, field, 'the message', known[1])),
  );
}
