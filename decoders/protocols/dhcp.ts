import {
  type Body,
  bits,
  bytes,
  type Field,
  findField,
  flag,
  ipv4Address,
  protocol,
  text,
  uint,
} from '../core/index.js';
import { hardwareTypes } from '../labels/arp-hardware.js';
import { messageTypes, operations } from '../labels/dhcp.js';
import { type OptionFields, optionFields, readOptions, takeText } from './dhcp-options.js';

/** 99.130.83.99: RFC 2131, section 3. */
const MAGIC_COOKIE = 0x63825363;
const COOKIE_OFFSET = 236;
const OVERLOAD = 52;
const ETHERNET = 1;

/** Dynamic Host Configuration Protocol and the Bootstrap Protocol that it extends. */
export const dhcp = protocol('dhcp', 'Dynamic Host Configuration Protocol', {
  reference: 'RFC 2131, RFC 2132, RFC 951',
  carriedBy: { 'udp.port': [67, 68, 4011] },
  header: {
    type: uint(8, 'Message type', { labels: operations }),
    'hw.type': uint(8, 'Hardware type', { base: 16, labels: hardwareTypes }),
    'hw.len': uint(8, 'Hardware address length'),
    hops: uint(8, 'Hops'),
    id: uint(32, 'Transaction ID', { base: 16 }),
    secs: uint(16, 'Seconds elapsed'),
    flags: bits(
      16,
      'Bootp flags',
      { bc: flag('Broadcast flag'), reserved: uint(15, 'Reserved flags', { base: 16 }) },
      { base: 16 },
    ),
    'ip.client': ipv4Address('Client IP address'),
    'ip.your': ipv4Address('Your (client) IP address'),
    'ip.server': ipv4Address('Next server IP address'),
    'ip.relay': ipv4Address('Relay agent IP address'),
  },
  fields: {
    'hw.addr': bytes(0, 'Client hardware address'),
    'hw.addr_padding': bytes(0, 'Client hardware address padding'),
    server: text('Server host name'),
    file: text('Boot file name'),
    cookie: ipv4Address('Magic cookie'),
    vendor_specific_options: bytes(0, 'Bootp vendor specific options'),
    ...optionFields,
  },
  headerLength: 'all',
  body: (body, field, read) => {
    const { view, start } = body;
    const seconds = read.secs(view, start);
    // Some clients forget to put them into network byte order; no one waits for a whole number of 256 seconds.
    if (seconds > 0xff && (seconds & 0xff) === 0) body.amend(field.secs, seconds >> 8);
    hardwareAddress(body, field);
    const overload = overloaded(body);
    namePart(body, field, field.server, 64, (overload & 2) !== 0);
    namePart(body, field, field.file, 128, (overload & 1) !== 0);
    if (body.remaining === 0) return;
    if (body.remaining < 4 || view.getUint32(start + COOKIE_OFFSET) !== MAGIC_COOKIE) {
      body.take(field.vendor_specific_options, Math.min(64, body.remaining));
      return;
    }
    body.take(field.cookie);
    readOptions(body, field);
  },
  info: (layer, body) => {
    const { view, start, end } = body;
    const kind = findField(layer.fields, 'dhcp.option.dhcp');
    if (kind !== undefined) {
      const name = messageTypes[Number(kind.value)] ?? 'Unknown';
      return `DHCP ${name.padEnd(8)} - Transaction ID 0x${view.getUint32(start + 4).toString(16)}`;
    }
    body.column = 'BOOTP';
    if (end - start < 1) return 'Cut BOOTP header';
    const operation = view.getUint8(start);
    if (operation !== 1) return operations[operation] ?? `Unknown BOOTP message type (${operation})`;
    const address = findField(layer.fields, 'dhcp.hw.mac_addr');
    return address === undefined ? 'Boot Request' : `Boot Request from ${address.text} (${address.text})`;
  },
});

/** RFC 951, section 3: 16 octets, of which the hardware's addresses use as many as they have. */
function hardwareAddress(
  body: Body,
  field: OptionFields & Readonly<Record<'hw.addr' | 'hw.addr_padding', Field>>,
): void {
  const { view, start } = body;
  const length = view.getUint8(start + 2);
  if (length > 0 && length <= 16) {
    if (length === 6 && view.getUint8(start + 1) === ETHERNET) body.take(field['hw.mac_addr']);
    else body.take(field['hw.addr'], length);
  }
  const left = 16 - (body.position - start - 28);
  if (left > 0) body.take(field['hw.addr_padding'], left);
}

/** A name of a fixed size; option 52 can give its place to options (RFC 2131, section 4.1). */
function namePart(body: Body, field: OptionFields, name: Field, size: number, holdsOptions: boolean): void {
  body.need(size, name.title);
  if (!holdsOptions) {
    takeText(body, name, size);
    return;
  }
  const end = body.position + size;
  body.within(end, () => readOptions(body, field));
}

/** The value of option 52 among the options, 0 when it is not there. */
function overloaded({ view, start, end }: Body): number {
  let at = start + COOKIE_OFFSET;
  if (at + 4 > end || view.getUint32(at) !== MAGIC_COOKIE) return 0;
  at += 4;
  while (at + 2 < end) {
    const code = view.getUint8(at);
    if (code === OVERLOAD) return view.getUint8(at + 2);
    if (code === 255) return 0;
    at += code === 0 ? 1 : 2 + view.getUint8(at + 1);
  }
  return 0;
}
