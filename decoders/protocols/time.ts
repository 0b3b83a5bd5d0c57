import { absoluteTimeText } from '../core/format.js';
import { flag, protocol, uint } from '../core/index.js';
import { portsOf } from './messages.js';

const PORT = 37;
/** Seconds from 1900-01-01, where this protocol's time begins, to 1970-01-01. */
const EPOCH = 2_208_988_800;

/** The time as a number of 32 bits: seconds since 1900, which end in 2036. */
export const time = protocol('time', 'Time Protocol', {
  reference: 'RFC 868',
  carriedBy: { 'tcp.port': PORT, 'udp.port': PORT },
  header: {},
  fields: {
    response: flag('Type'),
    time: uint(32, 'Time'),
  },
  headerLength: 'all',
  body: (body, field) => {
    const response = portsOf(body).source === PORT;
    body.derived(field.response, response, response ? 'Response' : 'Request');
    if (!response) return;
    body.need(4, 'Time');
    const seconds = body.view.getUint32(body.position);
    body.found(field.time, seconds, body.position, 4, `${absoluteTimeText(seconds - EPOCH)} (${seconds})`);
    body.position += 4;
  },
  info: (_layer, body) => `TIME ${portsOf(body).source === PORT ? 'Response' : 'Request'}`,
});
