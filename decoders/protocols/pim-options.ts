/** Options of PIM's Hello: IANA "PIM-Hello Options". */

import { type Body, bits, bytes, type Field, flag, group, uint } from '../core/index.js';
import { type AddressFields, unicastAddress } from './pim-addresses.js';

const names: Readonly<Record<number, string>> = {
  1: 'Hold Time',
  2: 'LAN Prune Delay',
  19: 'DR Priority',
  20: 'Generation ID',
  21: 'State-Refresh',
  22: 'Bidirectional Capable',
  24: 'Address List',
  25: 'Neighbor List',
  26: 'Join Attribute',
  27: 'PIM-over-TCP-Capable',
  28: 'PIM-over-SCTP-Capable',
  29: 'Pop-Count',
  30: 'PIM MT-ID',
  31: 'Interface ID',
  32: 'PIM ECMP Redirect Hello Option',
  33: 'vPC Peer ID',
  34: 'DR Load Balancing Capability',
  35: 'DR Load Balancing List',
  36: 'Hierarchical Join/Prune Attribute',
  65001: 'Address List',
};

export const optionFields = {
  helloOption: group('PIM Option', { filter: 'pim.option' }),
  optiontype: uint(16, 'Type', { labels: names }),
  optionlength: uint(16, 'Length'),
  optionvalue: bytes(0, 'Unknown'),
  holdtime: uint(16, 'Holdtime', { labels: { 0: 'goodbye', 65535: 'Infinity' } }),
  delay: bits(
    16,
    'LAN delay',
    {
      t: flag('T', { filter: 'pim.t' }),
      propagation: uint(15, 'Propagation Delay', { filter: 'pim.propagation_delay', unit: 'ms' }),
    },
    { bare: true },
  ),
  override_interval: uint(16, 'Override Interval', { unit: 'ms' }),
  dr_priority: uint(32, 'DR Priority'),
  generation_id: uint(32, 'Generation ID'),
  state_refresh_version: uint(8, 'Version'),
  state_refresh_interval: uint(8, 'Interval', { unit: 's' }),
  state_refresh_reserved: uint(16, 'Reserved'),
};

type OptionFields = AddressFields & { readonly [K in keyof typeof optionFields]: Field };

const values: Readonly<Record<number, (body: Body, field: OptionFields) => void>> = {
  1: (body, field) => {
    body.number(field.holdtime);
  },
  2: (body, field) => {
    body.number(field.delay);
    body.number(field.override_interval);
  },
  19: (body, field) => {
    body.number(field.dr_priority);
  },
  20: (body, field) => {
    body.number(field.generation_id);
  },
  21: (body, field) => {
    body.number(field.state_refresh_version);
    body.number(field.state_refresh_interval);
    body.number(field.state_refresh_reserved);
  },
  24: addresses,
  65001: addresses,
};

function addresses(body: Body, field: OptionFields): void {
  while (body.remaining > 0) unicastAddress(body, field, 'address_list');
}

/** RFC 7761, section 4.9.2. */
export function helloOption(body: Body, field: OptionFields): void {
  body.group(field.helloOption, () => {
    const type = body.number(field.optiontype);
    body.describe(names[type] ?? `Option ${type}`);
    const length = body.number(field.optionlength);
    body.need(length, names[type] ?? 'a PIM option');
    body.within(body.position + length, () => {
      const known = values[type];
      if (known !== undefined && length > 0) known(body, field);
      else if (length > 0) body.take(field.optionvalue, length);
      if (body.remaining > 0) body.skip(body.remaining);
    });
  });
}
