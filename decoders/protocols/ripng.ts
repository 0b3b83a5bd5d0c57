import { type Body, bytes, type Field, group, ipv6Address, protocol, uint } from '../core/index.js';

const commands = { 1: 'Request', 2: 'Response' };
const ENTRY_OCTETS = 20;

/** RIP for IPv6. */
export const ripng = protocol('ripng', 'RIPng', {
  reference: 'RFC 2080',
  column: 'RIPng',
  carriedBy: { 'udp.port': 521 },
  header: {
    cmd: uint(8, 'Command', { labels: commands }),
    version: uint(8, 'Version'),
    reserved: bytes(2, 'Reserved'),
  },
  fields: {
    rte: group('Route Table Entry'),
    'rte.ipv6_prefix': ipv6Address('IPv6 Prefix'),
    'rte.route_tag': uint(16, 'Route Tag', { base: 16 }),
    'rte.prefix_length': uint(8, 'Prefix Length'),
    'rte.metric': uint(8, 'Metric'),
  },
  headerLength: 'all',
  body: (body, field) => {
    while (body.remaining >= ENTRY_OCTETS) body.group(field.rte, () => entry(body, field));
  },
  info: (_layer, { view, start, end }) => {
    if (start + 2 > end) return 'Cut RIPng header';
    const command = view.getUint8(start);
    const name = commands[command as keyof typeof commands] ?? `Unknown (${command})`;
    return `Command ${name}, Version ${view.getUint8(start + 1)}`;
  },
});

function entry(
  body: Body,
  field: Readonly<Record<'rte.ipv6_prefix' | 'rte.route_tag' | 'rte.prefix_length' | 'rte.metric', Field>>,
): void {
  const prefix = body.take(field['rte.ipv6_prefix']).text;
  body.number(field['rte.route_tag']);
  const length = body.number(field['rte.prefix_length']);
  const metric = body.number(field['rte.metric']);
  body.describe(`${prefix}/${length}, metric ${metric}`);
}
