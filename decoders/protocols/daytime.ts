import { flag, protocol, text } from '../core/index.js';
import { portsOf } from './messages.js';

const PORT = 13;

/** Daytime: the server answers whatever comes, or a connection alone, with the time as a line for people. */
export const daytime = protocol('daytime', 'Daytime Protocol', {
  reference: 'RFC 867',
  carriedBy: { 'tcp.port': PORT, 'udp.port': PORT },
  header: {},
  fields: {
    response_request: flag('Type'),
    string: text('Daytime'),
  },
  headerLength: 'all',
  body: (body, field) => {
    const response = portsOf(body).source === PORT;
    body.derived(field.response_request, response, response ? 'Response' : 'Request');
    // A request's octets mean nothing.
    if (response) body.take(field.string, body.remaining);
  },
  info: (_layer, body) => `DAYTIME ${portsOf(body).source === PORT ? 'Response' : 'Request'}`,
});
