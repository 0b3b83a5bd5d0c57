import { protocol, text } from '../core/index.js';

/** The character generator: characters without end over TCP, one datagram of them for each that comes over UDP. */
export const chargen = protocol('chargen', 'Character Generator Protocol', {
  reference: 'RFC 864',
  column: 'Chargen',
  carriedBy: { 'tcp.port': 19, 'udp.port': 19 },
  header: {},
  fields: { data: text('Data') },
  headerLength: 'all',
  body: (body, field) => {
    body.take(field.data, body.remaining);
  },
  info: () => 'Chargen',
});
