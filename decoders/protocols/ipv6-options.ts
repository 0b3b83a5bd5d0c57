/** Options of the hop-by-hop and destination options headers: RFC 8200 section 4.2, IANA "Destination Options and Hop-by-Hop Options". */

import {
  type Body,
  bits,
  bytes,
  type Field,
  flag,
  group,
  ipv6Address,
  sharedFields,
  text,
  uint,
} from '../core/index.js';

const names: Readonly<Record<number, string>> = {
  0x00: 'Pad1',
  0x01: 'PadN',
  0x04: 'Tunnel Encapsulation Limit',
  0x05: 'Router Alert',
  0x07: 'CALIPSO',
  0x08: 'SMF_DPD',
  0x0f: 'PDM',
  0x11: 'IOAM Destination Option',
  0x12: 'AltMark',
  0x1e: 'RFC 3692-style Experiment',
  0x23: 'RPL Option',
  0x26: 'Quick-Start',
  0x30: 'Minimum Path MTU',
  0x31: 'IOAM Hop-by-Hop Option',
  0x63: 'RPL Option',
  0x6d: 'MPL Option',
  0x8b: 'ILNP Nonce',
  0x8c: 'Line-Identification Option',
  0xc2: 'Jumbo Payload',
  0xc9: 'Home Address',
  0xee: 'IP_DFF',
};

/** What a node does that does not know the option (RFC 8200, section 4.2). */
const actions = {
  0: 'Skip and continue',
  1: 'Discard',
  2: 'Discard and send ICMP',
  3: 'Discard and send ICMP unless multicast',
};
const alerts = { 0: 'MLD', 1: 'RSVP', 2: 'Active Networks' };

/** Both headers have these fields. */
export const optionFields = sharedFields('ipv6', {
  opt: group('IPv6 Option'),
  'opt.type': bits(
    8,
    'Type',
    {
      action: uint(2, 'Action', { labels: actions }),
      change: flag('May Change'),
      rest: uint(5, 'Low-Order Bits', { base: 16 }),
    },
    { base: 16, labels: names },
  ),
  'opt.length': uint(8, 'Length'),
  'opt.pad1': group('Pad1'),
  'opt.padn': bytes(0, 'PadN'),
  'opt.tel': uint(8, 'Tunnel Encapsulation Limit'),
  'opt.router_alert': uint(16, 'Router Alert', { labels: alerts }),
  'opt.jumbo': uint(32, 'Payload Length', { unit: 'bytes' }),
  'opt.mipv6.home_address': ipv6Address('MIPv6 Home Address'),
  'opt.calipso.doi': uint(32, 'CALIPSO Domain of Interpretation'),
  'opt.calipso.cmpt.length': uint(8, 'Compartment Length'),
  'opt.calipso.sens_level': uint(8, 'Sensitivity Level'),
  'opt.calipso.checksum': uint(16, 'Checksum', { base: 16 }),
  'opt.calipso.cmpt_bitmap': bytes(0, 'Compartment Bitmap'),
  'opt.pdm.scale_dtlr': uint(8, 'Scale DTLR'),
  'opt.pdm.scale_dtls': uint(8, 'Scale DTLS'),
  'opt.pdm.psn_this_pkt': uint(16, 'PSN This Packet'),
  'opt.pdm.psn_last_recv': uint(16, 'PSN Last Received'),
  'opt.pdm.delta_last_recv': uint(16, 'Delta Time Last Received'),
  'opt.pdm.delta_last_sent': uint(16, 'Delta Time Last Sent'),
  'opt.pmtu.min': uint(16, 'Minimum Reported PMTU'),
  'opt.pmtu.rtn': uint(16, 'Return Minimum PMTU'),
  rplFlags: bits(
    8,
    'Flag',
    { o: flag('Down'), r: flag('Rank Error'), f: flag('Forwarding Error'), rsv: uint(5, 'Reserved', { base: 16 }) },
    { base: 16, filter: 'ipv6.opt.rpl.flag' },
  ),
  'opt.rpl.instance_id': uint(8, 'RPLInstanceID', { base: 16 }),
  'opt.rpl.sender_rank': uint(16, 'Sender Rank', { base: 16 }),
  'opt.ilnp_nonce': bytes(0, 'ILNP Nonce'),
  'opt.lio.length': uint(8, 'LineIDLen'),
  'opt.lio.line_id': text('Line ID'),
  'opt.experimental': bytes(0, 'Experimental Option'),
  'opt.unknown': bytes(0, 'Unknown Option Payload'),
});

type OptionFields = typeof optionFields;

const rest = (key: keyof OptionFields) => (body: Body, field: OptionFields) => {
  if (body.remaining > 0) body.take(field[key], body.remaining);
};
const numbers =
  (...keys: (keyof OptionFields)[]) =>
  (body: Body, field: OptionFields) => {
    for (const key of keys) body.number(field[key]);
  };

const readers: Readonly<Record<number, (body: Body, field: OptionFields) => void>> = {
  0x04: numbers('opt.tel'),
  0x05: numbers('opt.router_alert'),
  // RFC 5570, section 5.1: the bitmap's length is in 32-bit words.
  0x07: (body, field) => {
    body.number(field['opt.calipso.doi']);
    const words = body.number(field['opt.calipso.cmpt.length']);
    body.number(field['opt.calipso.sens_level']);
    body.number(field['opt.calipso.checksum']);
    if (words > 0) body.take(field['opt.calipso.cmpt_bitmap'], words * 4);
  },
  0x0f: numbers(
    'opt.pdm.scale_dtlr',
    'opt.pdm.scale_dtls',
    'opt.pdm.psn_this_pkt',
    'opt.pdm.psn_last_recv',
    'opt.pdm.delta_last_recv',
    'opt.pdm.delta_last_sent',
  ),
  0x1e: rest('opt.experimental'),
  0x23: numbers('rplFlags', 'opt.rpl.instance_id', 'opt.rpl.sender_rank'),
  0x63: numbers('rplFlags', 'opt.rpl.instance_id', 'opt.rpl.sender_rank'),
  0x30: numbers('opt.pmtu.min', 'opt.pmtu.rtn'),
  0x8b: rest('opt.ilnp_nonce'),
  0x8c: (body, field) => void body.text(field['opt.lio.line_id'], body.number(field['opt.lio.length'])),
  0xc2: numbers('opt.jumbo'),
  0xc9: (body, field) => void body.take(field['opt.mipv6.home_address']),
};

/** Reads options to the end of the header: `body` stands behind its two first octets. */
export function readOptions(body: Body, field: { readonly [K in keyof OptionFields]: Field }): void {
  while (body.remaining > 0) {
    body.group(field.opt, () => {
      const type = body.number(field['opt.type']);
      body.describe(names[type] ?? `Unknown IPv6 Option (${type})`);
      // Pad1 has no length octet.
      if (type === 0) {
        body.group(field['opt.pad1'], () => body.describe(''));
        return;
      }
      const length = body.number(field['opt.length']);
      body.need(length, names[type] ?? `IPv6 option ${type}`);
      const end = body.position + length;
      if (type === 1) {
        body.take(field['opt.padn'], length);
        return;
      }
      body.within(end, () => (readers[type] ?? rest('opt.unknown'))(body, field));
      if (body.position < end) body.skip(end - body.position);
    });
  }
}
