/** Encoder of DNS messages: RFC 1035 section 4, and EDNS (RFC 6891). Names are not compressed. */

import { dns } from '../protocols/dns.js';
import { type Codec, codec, type EncodedLayer, placeOf } from './codec.js';
import { PacketError } from './error.js';
import { Given } from './given.js';
import { Octets } from './octets.js';
import { type Part, writeParts } from './parts.js';
import { hexOctets, wireNumber } from './value.js';

const OPT = 41;
const INTERNET = 1;
const RECURSION_DESIRED = 0x0100;
const MOST_RECORDS = 2000;

/** Each section's name in JSON, and the header field that counts it. */
const sections = [
  ['queries', 'count.queries'],
  ['answers', 'count.answers'],
  ['authorities', 'count.auth_rr'],
  ['additionals', 'count.add_rr'],
] as const;

/** What a record's data are, by type. */
const recordData: Readonly<Record<number, readonly Part[]>> = {
  1: ['a'],
  2: [{ name: 'ns' }],
  5: [{ name: 'cname' }],
  6: [
    { name: 'soa.mname' },
    { name: 'soa.rname' },
    'soa.serial_number',
    'soa.refresh_interval',
    'soa.retry_interval',
    'soa.expire_limit',
    'soa.minimum_ttl',
  ],
  12: [{ name: 'ptr.domain_name' }],
  15: ['mx.preference', { name: 'mx.mail_exchange' }],
  16: [{ strings: 'txt' }],
  28: ['aaaa'],
  33: ['srv.priority', 'srv.weight', 'srv.port', { name: 'srv.target' }],
  39: [{ name: 'dname' }],
};

/** RFC 1035, section 4.1. */
export const dnsCodec: Codec = codec(dns, {
  defaults: (layer, random) => ({
    id: random(0xffff),
    flags: RECURSION_DESIRED,
    'count.queries': layer.given.has('qry.name') ? 1 : layer.given.takeList('queries').length,
    'count.answers': layer.given.takeList('answers').length,
    'count.auth_rr': layer.given.takeList('authorities').length,
    'count.add_rr': layer.given.takeList('additionals').length,
  }),
  body: (layer) => {
    const { given, out } = layer;
    // One question is what almost everybody asks: its fields may stand beside the header's.
    if (given.has('qry.name')) {
      if (given.has('queries'))
        throw new PacketError(`${given.where}: give either "qry.name" or a list of "queries", not both.`);
      writeQuestion(out, given);
    }
    for (const [section] of sections) {
      const records = given.takeList(section);
      if (records.length > MOST_RECORDS)
        throw new PacketError(`${given.at(section)}: ${records.length} records; the most here is ${MOST_RECORDS}.`);
      for (const [index, record] of records.entries()) {
        const one = new Given(`${given.where}, ${section} ${index + 1}`, given.names, record);
        if (section === 'queries') writeQuestion(out, one);
        else writeRecord(out, one);
        one.finish();
      }
    }
  },
  finish: (layer, packet) => packet.identifies(layer, 'id', placeOf(layer, 'id')),
});

/** RFC 1035, section 4.1.2. */
function writeQuestion(out: Octets, given: Given): void {
  writeParts(out, given, [{ name: 'qry.name' }, 'qry.type', 'qry.class'], { 'qry.type': 1, 'qry.class': INTERNET });
}

/** RFC 1035, section 4.1.3; for OPT, class and time to live have other meanings (RFC 6891, section 6.1.3). */
function writeRecord(out: Octets, given: Given): void {
  const type = recordType(given);
  writeParts(out, given, [{ name: 'resp.name' }, 'resp.type'], { 'resp.type': type });
  if (type === OPT)
    writeParts(out, given, ['rr.udp_payload_size', 'resp.ext_rcode', 'resp.edns0_version', 'resp.z'], {
      'rr.udp_payload_size': 1232,
    });
  else writeParts(out, given, ['resp.class', 'resp.ttl'], { 'resp.class': INTERNET });
  const data = new Octets();
  const octets = given.take('data');
  if (octets === undefined) writeParts(data, given, recordData[type] ?? []);
  else {
    const digits = typeof octets === 'string' ? hexOctets(octets) : undefined;
    if (digits === undefined) throw new PacketError(`${given.at('data')}: give hexadecimal digits.`);
    data.append(digits);
  }
  writeParts(out, given, ['resp.len'], { 'resp.len': data.length });
  out.append(data.take());
}

/** The type that was given, or the one that has the fields that were given. */
function recordType(given: Given): number {
  if (given.has('resp.type'))
    return wireNumber(given.names.field('resp.type'), given.take('resp.type'), given.at('resp.type'));
  for (const [type, parts] of Object.entries(recordData))
    if (parts.some((part) => firstName(part) !== undefined && given.has(firstName(part) as string)))
      return Number(type);
  throw new PacketError(`${given.where}: dns.resp.type is missing: which record is it?`);
}

function firstName(part: Part): string | undefined {
  if (typeof part === 'string') return part;
  if (typeof part === 'number') return undefined;
  return 'name' in part ? part.name : 'strings' in part ? part.strings : undefined;
}

/** Octets of the length in front of a message over TCP (RFC 1035, section 4.2.2). */
export function writeLength(layer: EncodedLayer, message: number): Uint8Array {
  const lead = new Octets();
  writeParts(lead, layer.given, ['length'], { length: message });
  return lead.take();
}
