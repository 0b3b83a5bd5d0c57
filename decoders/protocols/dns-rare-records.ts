/** The data of DNS resource records that are seldom met, by type. */

import { bits, bytes, flag, ipv4Address, spare, text, uint } from '../core/index.js';
import { algorithms } from '../labels/dns.js';
import { nameIn, numbers, type Read, type RecordContext, strings, takeName, time } from './dns-reading.js';
import type { RecordFields } from './dns-records.js';

export const rareFields = {
  md: text('Mail Destination'),
  mf: text('Mail Forwarder'),
  mb: text('MailBox Domaine'),
  mg: text('Mail Group member'),
  mr: text('Mail Rename domaine'),
  null: bytes(0, 'Null (data)'),
  'minfo.r': text('Responsible Mailbox'),
  'minfo.e': text('Error Mailbox'),
  'rp.mailbox': text('Mailbox'),
  'rp.txt_rr': text('TXT RR'),
  'afsdb.subtype': uint(16, 'Subtype'),
  'afsdb.hostname': text('Hostname'),
  'x25.length': uint(8, 'Length'),
  'x25.psdn_address': text('PSDN-Address'),
  'rt.subtype': uint(16, 'Preference'),
  'rt.intermediate_host': text('Intermediate Hostname'),
  'nsap.rdata': bytes(0, 'NSAP Data'),
  'nsap_ptr.owner': text('Owner'),
  'px.preference': uint(16, 'Preference'),
  'px.map822': text('MAP822'),
  'px.map400': text('MAPX400'),
  'loc.version': uint(8, 'Version'),
  'loc.size': uint(8, 'Size'),
  'loc.horizontal_precision': uint(8, 'Horizontal Precision'),
  'loc.vertical_precision': uint(8, 'Vertical Precision'),
  'loc.latitude': uint(32, 'Latitude'),
  'loc.longitude': uint(32, 'Longitude'),
  'loc.altitude': uint(32, 'Altitude'),
  'nxt.next_domain_name': text('Next Domain Name'),
  'kx.preference': uint(16, 'Preference'),
  'kx.key_exchange': text('Key Exchange'),
  'cert.type': uint(16, 'Type'),
  'cert.key_tag': uint(16, 'Key Tag', { base: 16 }),
  'cert.algorithm': uint(8, 'Algorithm', { labels: algorithms }),
  'cert.certificate': bytes(0, 'Certificate (or CRL)'),
  'dhcid.rdata': bytes(0, 'DHCID Data'),
  openpgpkey: text('OpenPGP Key'),
  'csync.soa': uint(32, 'SOA'),
  'csync.flags': bits(
    16,
    'Flags',
    { unused: spare(14), soaminimum: flag('soaminimum'), immediate: flag('immediate') },
    { base: 16 },
  ),
  'csync.type_bitmap': bytes(0, 'Type Bitmap'),
  'zonemd.serial': uint(32, 'Serial'),
  'zonemd.scheme': uint(8, 'Scheme'),
  'zonemd.hash_algo': uint(8, 'Hash Algorithm', { labels: { 1: 'SHA384', 2: 'SHA512' } }),
  'zonemd.digest': bytes(0, 'Digest'),
  'ilnp.nid.preference': uint(16, 'Preference'),
  'ilnp.nid': bytes(8, 'NodeID'),
  'ilnp.l32.preference': uint(16, 'Preference'),
  'ilnp.l32': ipv4Address('Locator32'),
  'ilnp.l64.preference': uint(16, 'Preference'),
  'ilnp.l64': bytes(8, 'Locator64'),
  'ilnp.lp.preference': uint(16, 'Preference'),
  'ilnp.lp': text('Locator FQDN'),
  'tkey.algo_name': text('Algorithm name'),
  'tkey.signature_expiration': text('Signature Expiration'),
  'tkey.signature_inception': text('Signature Inception'),
  'tkey.mode': uint(16, 'Mode'),
  'tkey.error': uint(16, 'Error'),
  'tkey.key_size': uint(16, 'Key Size'),
  'tkey.key_data': bytes(0, 'Key Data'),
  'tkey.other_size': uint(16, 'Other Size'),
  'tkey.other_data': bytes(0, 'Other Data'),
};

/** The numbers of a record, and the octets or the text behind them. */
function fixed(last: keyof RecordFields, ...keys: (keyof RecordFields)[]): Read {
  return (context) => {
    numbers(context, ...keys);
    const { body, field } = context;
    if (body.remaining > 0) body.take(field[last], body.remaining);
    return undefined;
  };
}

/** The numbers of a record, and the names behind them. */
function names(keys: readonly (keyof RecordFields)[], ...fields: (keyof RecordFields)[]): Read {
  return (context) => {
    numbers(context, ...keys);
    for (const key of fields) takeName(context, context.field[key]);
    return undefined;
  };
}

/** RFC 2930, section 2. */
function transactionKey(context: RecordContext): undefined {
  const { body, field } = context;
  takeName(context, field['tkey.algo_name']);
  time(context, field['tkey.signature_inception']);
  time(context, field['tkey.signature_expiration']);
  numbers(context, 'tkey.mode', 'tkey.error');
  const key = body.number(field['tkey.key_size']);
  if (key > 0) body.take(field['tkey.key_data'], key);
  const other = body.number(field['tkey.other_size']);
  if (other > 0) body.take(field['tkey.other_data'], other);
}

export const rareReaders: Readonly<Record<number, Read>> = {
  3: nameIn('md'),
  4: nameIn('mf'),
  7: nameIn('mb'),
  8: nameIn('mg'),
  9: nameIn('mr'),
  10: fixed('null'),
  14: names([], 'minfo.r', 'minfo.e'),
  17: names([], 'rp.mailbox', 'rp.txt_rr'),
  18: names(['afsdb.subtype'], 'afsdb.hostname'),
  19: (context) => strings(context, 'x25.length', 'x25.psdn_address'),
  21: names(['rt.subtype'], 'rt.intermediate_host'),
  22: fixed('nsap.rdata'),
  23: nameIn('nsap_ptr.owner'),
  26: names(['px.preference'], 'px.map822', 'px.map400'),
  // RFC 1876, section 2.
  29: (context) => {
    numbers(context, 'loc.version', 'loc.size', 'loc.horizontal_precision', 'loc.vertical_precision');
    numbers(context, 'loc.latitude', 'loc.longitude', 'loc.altitude');
    return undefined;
  },
  36: names(['kx.preference'], 'kx.key_exchange'),
  37: fixed('cert.certificate', 'cert.type', 'cert.key_tag', 'cert.algorithm'),
  49: fixed('dhcid.rdata'),
  61: fixed('openpgpkey'),
  62: fixed('csync.type_bitmap', 'csync.soa', 'csync.flags'),
  63: fixed('zonemd.digest', 'zonemd.serial', 'zonemd.scheme', 'zonemd.hash_algo'),
  104: fixed('ilnp.nid', 'ilnp.nid.preference'),
  105: fixed('ilnp.l32', 'ilnp.l32.preference'),
  106: fixed('ilnp.l64', 'ilnp.l64.preference'),
  107: names(['ilnp.lp.preference'], 'ilnp.lp'),
  249: transactionKey,
};
