import { flag, protocol } from '../core/index.js';
import { message } from './http.js';
import { fields } from './http-fields.js';
import { startsMessage } from './http-scan.js';
import { MEDIA } from './media-types.js';
import { lineAt } from './text-lines.js';

const NOTIFY = 0x4e4f5449;

/** Simple Service Discovery Protocol: messages of HTTP in datagrams. */
export const ssdp = protocol('ssdp', 'Simple Service Discovery Protocol', {
  reference: 'UPnP Device Architecture 2.0, section 1',
  prefix: 'http',
  hands: MEDIA,
  carriedBy: { 'udp.port': 1900 },
  header: {},
  fields: { ...fields, notification: flag('Notification', { bits: 8 }) },
  headerLength: 'all',
  body: (body, field) => {
    const { view, start, end } = body;
    if (!startsMessage(view, start, end)) return;
    // A NOTIFY asks for no answer, and is none of HTTP's requests.
    const announces = start + 4 <= end && view.getUint32(start) === NOTIFY;
    message(body, announces ? { ...field, request: field.notification } : field);
  },
  // Wireshark shows the end of the line as a space.
  info: (_layer, { view, start, end }) => `${lineAt(view, start, end).text} `,
});
