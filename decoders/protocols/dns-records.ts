/** The data of DNS resource records, by type. */

import { readBits } from '../core/bytes.js';
import { hexText, ipv4Text, ipv6Text } from '../core/format.js';
import {
  bits,
  bytes,
  ether,
  type Field,
  flag,
  group,
  ipv4Address,
  ipv6Address,
  spare,
  text,
  uint,
} from '../core/index.js';
import { algorithms, optionCodes, recordTypes, serviceKeys } from '../labels/dns.js';
import { rareFields, rareReaders } from './dns-rare-records.js';
import { characters, nameIn, numbers, type Read, type RecordContext, strings, takeName, time } from './dns-reading.js';

const digestTypes = { 1: 'SHA-1', 2: 'SHA-256', 3: 'GOST R 34.11-94', 4: 'SHA-384' };
const named = (name: string) => ({ filter: `dns.${name}` });

export const recordFields = {
  a: ipv4Address('Address'),
  aaaa: ipv6Address('AAAA Address'),
  ns: text('Name Server'),
  cname: text('CNAME'),
  dname: text('Dname'),
  'ptr.domain_name': text('Domain Name'),
  'mx.preference': uint(16, 'Preference'),
  'mx.mail_exchange': text('Mail Exchange'),
  'txt.length': uint(8, 'TXT Length'),
  txt: text('TXT'),
  'spf.length': uint(8, 'SPF Length'),
  spf: text('SPF'),
  'hinfo.cpu_length': uint(8, 'CPU Length'),
  'hinfo.cpu': text('CPU'),
  'hinfo.os_length': uint(8, 'OS Length'),
  'hinfo.os': text('OS'),
  'soa.mname': text('Primary name server'),
  'soa.rname': text("Responsible authority's mailbox"),
  'soa.serial_number': uint(32, 'Serial Number'),
  'soa.refresh_interval': uint(32, 'Refresh Interval', { unit: 's' }),
  'soa.retry_interval': uint(32, 'Retry Interval', { unit: 's' }),
  'soa.expire_limit': uint(32, 'Expire limit', { unit: 's' }),
  'soa.minimum_ttl': uint(32, 'Minimum TTL', { unit: 's' }),
  'srv.priority': uint(16, 'Priority'),
  'srv.weight': uint(16, 'Weight'),
  'srv.port': uint(16, 'Port'),
  'srv.target': text('Target'),
  'naptr.order': uint(16, 'Order'),
  'naptr.preference': uint(16, 'Preference'),
  'naptr.flags_length': uint(8, 'Flags Length'),
  'naptr.flags': text('Flags'),
  'naptr.service_length': uint(8, 'Service Length'),
  'naptr.service': text('Service'),
  'naptr.regex_length': uint(8, 'Regex Length'),
  'naptr.regex': text('Regex'),
  'naptr.replacement': text('Replacement'),
  'caa.flags': bits(
    8,
    'CAA Flags',
    { issuer_critical: flag('Issuer Critical'), rest: uint(7, 'Reserved', named('caa.flags.reserved')) },
    { base: 16 },
  ),
  'caa.tag_length': uint(8, 'Tag length'),
  'caa.tag': text('Tag'),
  'caa.issue': text('Issue'),
  'caa.issuewild': text('Issue Wildcard'),
  'caa.iodef': text('Report URL'),
  'caa.unknown': text('Unknown tag'),
  'ds.key_id': uint(16, 'Key id', { base: 16 }),
  'ds.algorithm': uint(8, 'Algorithm', { labels: algorithms }),
  'ds.digest_type': uint(8, 'Digest Type', { labels: digestTypes }),
  'ds.digest': bytes(0, 'Digest'),
  'dnskey.flags': bits(
    16,
    'Flags',
    {
      reserved1: uint(7, 'Reserved', named('dnskey.flags.reserved_high')),
      zone_key: flag('Zone Key'),
      key_revoked: flag('Key Revoked'),
      reserved2: uint(6, 'Reserved', named('dnskey.flags.reserved_low')),
      secure_entry_point: flag('Key Signing Key'),
    },
    { base: 16 },
  ),
  'dnskey.protocol': uint(8, 'Protocol'),
  'dnskey.algorithm': uint(8, 'Algorithm', { labels: algorithms }),
  'dnskey.key_id': uint(16, 'Key id'),
  'dnskey.public_key': bytes(0, 'Public Key'),
  'rrsig.type_covered': uint(16, 'Type Covered', { labels: recordTypes }),
  'rrsig.algorithm': uint(8, 'Algorithm', { labels: algorithms }),
  'rrsig.labels': uint(8, 'Labels'),
  'rrsig.original_ttl': uint(32, 'Original TTL', { unit: 's' }),
  'rrsig.signature_expiration': text('Signature Expiration'),
  'rrsig.signature_inception': text('Signature Inception'),
  'rrsig.key_tag': uint(16, 'Key Tag'),
  'rrsig.signers_name': text("Signer's name"),
  'rrsig.signature': bytes(0, 'Signature'),
  'nsec.next_domain_name': text('Next Domain Name'),
  'nsec3.algo': uint(8, 'Hash algorithm'),
  'nsec3.flags': bits(8, 'NSEC3 flags', { unused: spare(7), opt_out: flag('NSEC3 Opt-out flag') }),
  'nsec3.iterations': uint(16, 'NSEC3 iterations'),
  'nsec3.salt_length': uint(8, 'Salt length'),
  'nsec3.salt_value': bytes(0, 'Salt value'),
  'nsec3.hash_length': uint(8, 'Hash length'),
  'nsec3.hash_value': text('Next hashed owner'),
  'sshfp.algorithm': uint(8, 'Algorithm'),
  'sshfp.fingerprint.type': uint(8, 'Fingerprint type'),
  'sshfp.fingerprint': bytes(0, 'Fingerprint'),
  'tlsa.certificate_usage': uint(8, 'Certificate Usage', {
    labels: { 0: 'PKIX-TA', 1: 'PKIX-EE', 2: 'DANE-TA', 3: 'DANE-EE' },
  }),
  'tlsa.selector': uint(8, 'Selector', { labels: { 0: 'Full certificate', 1: 'SubjectPublicKeyInfo' } }),
  'tlsa.matching_type': uint(8, 'Matching Type', { labels: { 0: 'No Hash Used', 1: 'SHA2-256', 2: 'SHA2-512' } }),
  'tlsa.certificate_association_data': bytes(0, 'Certificate Association Data'),
  'svcb.svcpriority': uint(16, 'SvcPriority'),
  'svcb.targetname': text('TargetName'),
  'svcb.svcparam': group('SvcParam'),
  'svcb.svcparam.key': uint(16, 'SvcParamKey', { labels: serviceKeys }),
  'svcb.svcparam.value.length': uint(16, 'SvcParamValue length'),
  'svcb.svcparam.value': bytes(0, 'SvcParamValue'),
  'svcb.svcparam.mandatory.key': uint(16, 'Mandatory key', { labels: serviceKeys }),
  'svcb.svcparam.alpn.length': uint(8, 'ALPN length'),
  'svcb.svcparam.alpn': text('ALPN'),
  'svcb.svcparam.port': uint(16, 'Port'),
  'svcb.svcparam.ipv4hint.ip': ipv4Address('IP'),
  'svcb.svcparam.ipv6hint.ip': ipv6Address('IP'),
  'svcb.svcparam.echconfig': bytes(0, 'ECHConfig'),
  opt: group('Option'),
  'opt.code': uint(16, 'Option Code', { labels: optionCodes }),
  'opt.len': uint(16, 'Option Length'),
  'opt.data': bytes(0, 'Option Data'),
  'opt.client.family': uint(16, 'Family', { labels: { 1: 'IPv4', 2: 'IPv6' } }),
  'opt.client.netmask': uint(8, 'Source Netmask'),
  'opt.client.scope': uint(8, 'Scope Netmask'),
  'opt.client.addr': bytes(0, 'Client Subnet'),
  'opt.client.addr4': ipv4Address('Client Subnet'),
  'opt.client.addr6': ipv6Address('Client Subnet'),
  'opt.chain.fqdn': text('Closest Trust Point'),
  'opt.cookie.client': bytes(8, 'Client Cookie'),
  'opt.cookie.server': bytes(0, 'Server Cookie'),
  'opt.edns_tcp_keepalive.timeout': uint(16, 'Timeout'),
  'opt.padding': bytes(0, 'Padding'),
  'opt.ext_error.info_code': uint(16, 'Info Code'),
  'opt.ext_error.extra_text': text('Extra Text'),
  'opt.dau': uint(8, 'DAU', { labels: algorithms }),
  'opt.dhu': uint(8, 'DHU', { labels: digestTypes }),
  'opt.n3u': uint(8, 'N3U'),
  eui48: ether('EUI48 Address'),
  'tsig.algorithm_name': text('Algorithm Name'),
  'tsig.time_signed': uint(48, 'Time Signed', { unit: 's since 1970' }),
  'tsig.fudge': uint(16, 'Fudge'),
  'tsig.mac_size': uint(16, 'MAC Size'),
  'tsig.mac': bytes(0, 'MAC'),
  'tsig.original_id': uint(16, 'Original Id'),
  'tsig.error': uint(16, 'Error'),
  'tsig.other_len': uint(16, 'Other Len'),
  'tsig.other_data': bytes(0, 'Other Data'),
  ...rareFields,
  data: bytes(0, 'Data'),
};

export type RecordFields = { readonly [K in keyof typeof recordFields]: Field };

const rest = ({ body }: RecordContext, field: Field): undefined => {
  if (body.remaining > 0) body.take(field, body.remaining);
};

export const recordReaders: Readonly<Record<number, Read>> = {
  ...rareReaders,
  1: ({ body, field }) => body.take(field.a).display,
  2: nameIn('ns'),
  5: nameIn('cname'),
  6: (context) => {
    const primary = takeName(context, context.field['soa.mname']);
    takeName(context, context.field['soa.rname']);
    numbers(
      context,
      'soa.serial_number',
      'soa.refresh_interval',
      'soa.retry_interval',
      'soa.expire_limit',
      'soa.minimum_ttl',
    );
    return primary;
  },
  12: nameIn('ptr.domain_name'),
  13: (context) => {
    characters(context, context.field['hinfo.cpu_length'], context.field['hinfo.cpu']);
    characters(context, context.field['hinfo.os_length'], context.field['hinfo.os']);
    return undefined;
  },
  15: (context) =>
    `${context.body.number(context.field['mx.preference'])} ${takeName(context, context.field['mx.mail_exchange'])}`,
  16: (context) => strings(context, 'txt.length', 'txt'),
  28: ({ body, field }) => body.take(field.aaaa).display,
  33: (context) => {
    const [priority, weight, port] = (['srv.priority', 'srv.weight', 'srv.port'] as const).map((key) =>
      context.body.number(context.field[key]),
    );
    return `${priority} ${weight} ${port} ${takeName(context, context.field['srv.target'])}`;
  },
  35: (context) => {
    const { field } = context;
    numbers(context, 'naptr.order', 'naptr.preference');
    const flags = characters(context, field['naptr.flags_length'], field['naptr.flags']);
    characters(context, field['naptr.service_length'], field['naptr.service']);
    characters(context, field['naptr.regex_length'], field['naptr.regex']);
    takeName(context, field['naptr.replacement']);
    return flags;
  },
  39: nameIn('dname'),
  41: edns,
  43: delegation,
  44: (context) => {
    numbers(context, 'sshfp.algorithm', 'sshfp.fingerprint.type');
    return rest(context, context.field['sshfp.fingerprint']);
  },
  46: signature,
  47: (context) => {
    const next = takeName(context, context.field['nsec.next_domain_name']);
    typeMap(context);
    return next;
  },
  48: key,
  50: hashedDenial,
  51: (context) => {
    numbers(context, 'nsec3.algo', 'nsec3.flags', 'nsec3.iterations');
    salt(context);
    return undefined;
  },
  52: (context) => {
    numbers(context, 'tlsa.certificate_usage', 'tlsa.selector', 'tlsa.matching_type');
    return rest(context, context.field['tlsa.certificate_association_data']);
  },
  59: delegation,
  60: key,
  64: service,
  65: service,
  99: (context) => strings(context, 'spf.length', 'spf'),
  108: ({ body, field }) => body.take(field.eui48).display,
  250: transactionSignature,
  257: authorization,
};

/** RFC 4034, section 5.1. */
function delegation(context: RecordContext): undefined {
  numbers(context, 'ds.key_id', 'ds.algorithm', 'ds.digest_type');
  context.body.take(context.field['ds.digest'], context.body.remaining);
  return undefined;
}

/** RFC 4034, section 3.1. */
function signature(context: RecordContext): undefined {
  numbers(context, 'rrsig.type_covered', 'rrsig.algorithm', 'rrsig.labels', 'rrsig.original_ttl');
  time(context, context.field['rrsig.signature_expiration']);
  time(context, context.field['rrsig.signature_inception']);
  numbers(context, 'rrsig.key_tag');
  takeName(context, context.field['rrsig.signers_name']);
  return rest(context, context.field['rrsig.signature']);
}

/** RFC 4034, section 2.1, with the key's tag of appendix B. */
function key(context: RecordContext): undefined {
  const { body, field } = context;
  const start = body.position;
  numbers(context, 'dnskey.flags', 'dnskey.protocol', 'dnskey.algorithm');
  const isRsaMd5 = body.view.getUint8(start + 3) === 1;
  if (!isRsaMd5 && body.end <= body.walk.capturedEnd) {
    let sum = 0;
    for (let at = start; at < body.end; at++)
      sum += ((at - start) & 1) === 0 ? body.view.getUint8(at) << 8 : body.view.getUint8(at);
    body.derived(field['dnskey.key_id'], (sum + (sum >>> 16)) & 0xffff);
  }
  return rest(context, field['dnskey.public_key']);
}

/** The bit map of types at the end of NSEC and NSEC3 records: RFC 4034, section 4.1.2. */
function typeMap({ body, type }: RecordContext): void {
  while (body.remaining >= 2) {
    const window = body.peek8();
    const octets = body.peek8(1);
    const map = body.position + 2;
    const there = Math.min(octets, body.end - map);
    for (let i = 0; i < there * 8; i++)
      if ((body.view.getUint8(map + (i >> 3)) & (0x80 >> (i & 7))) !== 0)
        body.derived(type, window * 256 + i, undefined, map + (i >> 3), 1);
    body.skip(2 + octets);
  }
}

function salt({ body, field }: RecordContext): void {
  body.take(field['nsec3.salt_value'], body.number(field['nsec3.salt_length']));
}

/** RFC 5155, section 3.2. */
function hashedDenial(context: RecordContext): undefined {
  const { body, field } = context;
  numbers(context, 'nsec3.algo', 'nsec3.flags', 'nsec3.iterations');
  salt(context);
  const length = body.number(field['nsec3.hash_length']);
  body.need(length, 'a hashed owner name');
  body.found(field['nsec3.hash_value'], base32(body.view, body.position, length), body.position, length);
  body.position += length;
  typeMap(context);
}

/** "base32hex" of RFC 4648 (section 7) in small letters and without padding, as owners' names have it. */
function base32(view: DataView, at: number, length: number): string {
  const digits = '0123456789abcdefghijklmnopqrstuv';
  let out = '';
  for (let bit = 0; bit < length * 8; bit += 5) {
    const left = Math.min(5, length * 8 - bit);
    out += digits[readBits(view, at * 8 + bit, left) << (5 - left)];
  }
  return out;
}

/** RFC 8659, section 4.1. */
function authorization({ body, field }: RecordContext): string {
  body.number(field['caa.flags']);
  const tag = body.text(field['caa.tag'], body.number(field['caa.tag_length']));
  const values: Readonly<Record<string, Field>> = {
    issue: field['caa.issue'],
    issuewild: field['caa.issuewild'],
    iodef: field['caa.iodef'],
  };
  const value = body.text(values[tag.toLowerCase()] ?? field['caa.unknown'], body.remaining);
  return `${tag} ${value}`;
}

/** RFC 8945, section 4.2. */
function transactionSignature(context: RecordContext): undefined {
  const { body, field } = context;
  takeName(context, field['tsig.algorithm_name']);
  numbers(context, 'tsig.time_signed', 'tsig.fudge');
  const size = body.number(field['tsig.mac_size']);
  if (size > 0) body.take(field['tsig.mac'], size);
  numbers(context, 'tsig.original_id', 'tsig.error');
  const other = body.number(field['tsig.other_len']);
  if (other > 0) body.take(field['tsig.other_data'], other);
}

/** RFC 9460, section 2.2. */
function service(context: RecordContext): string {
  const { body, field } = context;
  const priority = body.number(field['svcb.svcpriority']);
  const target = takeName(context, field['svcb.targetname']);
  while (body.remaining > 0)
    body.group(field['svcb.svcparam'], () => {
      const parameter = body.number(field['svcb.svcparam.key']);
      const length = body.number(field['svcb.svcparam.value.length']);
      body.describe(serviceKeys[parameter] ?? `key${parameter}`);
      body.need(length, 'a service parameter');
      const end = body.position + length;
      body.within(end, () => serviceParameter(context, parameter));
      if (body.position < end) body.take(field['svcb.svcparam.value'], end - body.position);
    });
  return `${priority} ${target}`;
}

function serviceParameter(context: RecordContext, parameter: number): void {
  const { body, field } = context;
  if (parameter === 0) while (body.remaining >= 2) body.number(field['svcb.svcparam.mandatory.key']);
  else if (parameter === 1) strings(context, 'svcb.svcparam.alpn.length', 'svcb.svcparam.alpn');
  else if (parameter === 3) body.number(field['svcb.svcparam.port']);
  else if (parameter === 4) while (body.remaining >= 4) body.take(field['svcb.svcparam.ipv4hint.ip']);
  else if (parameter === 5) rest(context, field['svcb.svcparam.echconfig']);
  else if (parameter === 6) while (body.remaining >= 16) body.take(field['svcb.svcparam.ipv6hint.ip']);
}

/** RFC 6891, section 6.1.2. */
function edns(context: RecordContext): undefined {
  const { body, field } = context;
  while (body.remaining > 0)
    body.group(field.opt, () => {
      const code = body.number(field['opt.code']);
      const length = body.number(field['opt.len']);
      body.describe(optionCodes[code] ?? `Option ${code}`);
      body.over(field['opt.data'], length, () => ednsOption(context, code));
    });
}

/** Reads an option's data as what they mean; they are shown as octets already. */
function ednsOption(context: RecordContext, code: number): void {
  const { body, field } = context;
  const list = (key: keyof RecordFields): void => {
    while (body.remaining > 0) body.number(field[key]);
  };
  if (code === 5) list('opt.dau');
  else if (code === 6) list('opt.dhu');
  else if (code === 7) list('opt.n3u');
  else if (code === 8) clientSubnet(context);
  else if (code === 10) {
    body.take(field['opt.cookie.client']);
    body.take(field['opt.cookie.server'], body.remaining);
  } else if (code === 11 && body.remaining === 2) body.number(field['opt.edns_tcp_keepalive.timeout']);
  else if (code === 12) body.take(field['opt.padding'], body.remaining);
  else if (code === 13) takeName(context, field['opt.chain.fqdn']);
  else if (code === 15) {
    body.number(field['opt.ext_error.info_code']);
    if (body.remaining > 0) body.text(field['opt.ext_error.extra_text'], body.remaining);
  }
}

/** RFC 7871, section 6: only the octets of the address that the prefix has are sent. */
function clientSubnet(context: RecordContext): void {
  const { body, field } = context;
  const family = body.number(field['opt.client.family']);
  numbers(context, 'opt.client.netmask', 'opt.client.scope');
  const { remaining, position } = body;
  const whole = new DataView(new ArrayBuffer(16));
  for (let i = 0; i < Math.min(16, remaining); i++) whole.setUint8(i, body.view.getUint8(position + i));
  if (family === 1 && remaining <= 4) body.found(field['opt.client.addr4'], ipv4Text(whole, 0), position, remaining);
  else if (family === 2 && remaining <= 16)
    body.found(field['opt.client.addr6'], ipv6Text(whole, 0), position, remaining);
  else if (remaining > 0)
    body.found(field['opt.client.addr'], hexText(body.view, position, remaining), position, remaining);
  body.position += remaining;
}
