import { hexNumber } from '../core/format.js';
import { type Body, bits, bytes, type Field, flag, protocol, spare, text, uint } from '../core/index.js';

const FIXED_OCTETS = 24;
const AUTHENTICATED = 0x04;
const PASSWORD = 1;

/** IANA "BFD Diagnostic Codes". */
const diagnostics: Readonly<Record<number, string>> = {
  0: 'No Diagnostic',
  1: 'Control Detection Time Expired',
  2: 'Echo Function Failed',
  3: 'Neighbor Signaled Session Down',
  4: 'Forwarding Plane Reset',
  5: 'Path Down',
  6: 'Concatenated Path Down',
  7: 'Administratively Down',
  8: 'Reverse Concatenated Path Down',
  9: 'Mis-Connectivity Defect',
};
/** RFC 5880, section 4.1. */
const states: Readonly<Record<number, string>> = { 0: 'AdminDown', 1: 'Down', 2: 'Init', 3: 'Up' };
/** IANA "BFD Authentication Types". */
const authentications: Readonly<Record<number, string>> = {
  [PASSWORD]: 'Simple Password',
  2: 'Keyed MD5',
  3: 'Meticulous Keyed MD5',
  4: 'Keyed SHA1',
  5: 'Meticulous Keyed SHA1',
};

/** Bidirectional Forwarding Detection: control packets, over one hop, several hops, a bundle's links, and seamless. */
export const bfd = protocol('bfd', 'Bidirectional Forwarding Detection', {
  reference: 'RFC 5880, section 4; RFC 5881; RFC 5883; RFC 7130; RFC 7881',
  column: 'BFD Control',
  carriedBy: { 'udp.port': [3784, 4784, 6784, 7784] },
  header: {
    first: bits(
      8,
      'Version and diagnostic',
      {
        version: uint(3, 'Protocol Version', { filter: 'bfd.version' }),
        diag: uint(5, 'Diagnostic Code', { base: 16, labels: diagnostics, filter: 'bfd.diag' }),
      },
      { bare: true },
    ),
    flags: bits(
      8,
      'Message Flags',
      {
        state: spare(2),
        p: flag('Poll'),
        f: flag('Final'),
        c: flag('Control Plane Independent'),
        a: flag('Authentication Present'),
        d: flag('Demand'),
        m: flag('Multipoint'),
      },
      { base: 16 },
    ),
    detect_time_multiplier: uint(8, 'Detect Time Multiplier'),
    message_length: uint(8, 'Message Length', { unit: 'bytes' }),
    my_discriminator: uint(32, 'My Discriminator', { base: 16 }),
    your_discriminator: uint(32, 'Your Discriminator', { base: 16 }),
    desired_min_tx_interval: uint(32, 'Desired Min TX Interval', { unit: 'µs' }),
    required_min_rx_interval: uint(32, 'Required Min RX Interval', { unit: 'µs' }),
    required_min_echo_interval: uint(32, 'Required Min Echo Interval', { unit: 'µs' }),
  },
  fields: {
    sta: uint(2, 'Session State', { base: 16, labels: states }),
    'auth.type': uint(8, 'Authentication Type', { labels: authentications }),
    'auth.len': uint(8, 'Authentication Length', { unit: 'bytes' }),
    'auth.key': uint(8, 'Authentication Key ID'),
    'auth.password': text('Password'),
    'auth.seq_num': uint(32, 'Sequence Number', { base: 16 }),
    checksum: bytes(0, 'Checksum'),
  },
  lengthField: 'message_length',
  headerLength: (read, view, start) => read.message_length(view, start),
  body: (body, field, read) => {
    const flags = read.flags(body.view, body.start);
    body.derived(field.sta, flags >> 6, undefined, body.start + 1, 1);
    if ((flags & AUTHENTICATED) !== 0) authentication(body, field);
  },
  info: (_layer, { view, start, end }) => {
    if (start + FIXED_OCTETS > end) return 'Cut BFD packet';
    const flags = view.getUint8(start + 1);
    const code = view.getUint8(start) & 31;
    const diagnostic = diagnostics[code] ?? `Unknown (${hexNumber(code, 8)})`;
    return `Diag: ${diagnostic}, State: ${states[flags >> 6]}, Flags: ${hexNumber(flags & 63, 8)}`;
  },
});

type Authentication = 'auth.type' | 'auth.len' | 'auth.key' | 'auth.password' | 'auth.seq_num' | 'checksum';

/** RFC 5880, sections 4.2 to 4.4. */
function authentication(body: Body, field: Readonly<Record<Authentication, Field>>): void {
  const start = body.position;
  const type = body.number(field['auth.type']);
  const length = body.number(field['auth.len']);
  if (length < 3) body.fail(`the authentication section has length ${length}; its header alone has 3`);
  body.need(length - 2, 'the authentication section');
  body.within(start + length, () => {
    body.number(field['auth.key']);
    if (type === PASSWORD && body.remaining > 0) body.take(field['auth.password'], body.remaining);
    else if (authentications[type] !== undefined && body.remaining > 5) {
      body.skip(1);
      body.number(field['auth.seq_num']);
      body.take(field.checksum, body.remaining);
    } else if (body.remaining > 0) body.skip(body.remaining);
  });
}
