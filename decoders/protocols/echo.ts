import { bytes, flag, protocol } from '../core/index.js';
import { portsOf } from './messages.js';

const PORT = 7;

/** Echo: whatever is sent comes back. */
export const echo = protocol('echo', 'Echo', {
  reference: 'RFC 862',
  carriedBy: { 'tcp.port': PORT, 'udp.port': PORT },
  header: {},
  fields: {
    data: bytes(0, 'Echo data'),
    request: flag('Echo request'),
    response: flag('Echo response'),
  },
  headerLength: 'all',
  body: (body, field) => {
    body.derived(portsOf(body).destination === PORT ? field.request : field.response, true);
    body.take(field.data, body.remaining);
  },
  info: (_layer, body) => (portsOf(body).destination === PORT ? 'Request' : 'Response'),
});
