import { utf8Text } from '../core/format.js';
import { type Body, type Field, protocol, text, uint } from '../core/index.js';
import { summary } from './sip.js';
import { type Line, lineAt } from './text-lines.js';

/** RTP/AVP payload types of a fixed meaning: RFC 3551, section 6. */
const payloadTypes: Readonly<Record<number, string>> = {
  0: 'ITU-T G.711 PCMU',
  // Reserved since RFC 3551; it was this in RFC 1890.
  2: 'ITU-T G.721',
  3: 'GSM 06.10',
  4: 'ITU-T G.723',
  5: 'DVI4 8000 samples/s',
  6: 'DVI4 16000 samples/s',
  7: 'Experimental linear predictive encoding from Xerox PARC',
  8: 'ITU-T G.711 PCMA',
  9: 'ITU-T G.722',
  10: '16-bit uncompressed audio, stereo',
  11: '16-bit uncompressed audio, monaural',
  12: 'Qualcomm Code Excited Linear Predictive coding',
  13: 'Comfort noise',
  14: 'MPEG-I/II Audio',
  15: 'ITU-T G.728',
  16: 'DVI4 11025 samples/s',
  17: 'DVI4 22050 samples/s',
  18: 'ITU-T G.729',
  25: 'Sun CellB video encoding',
  26: 'JPEG-compressed video',
  28: "'nv' program",
  31: 'ITU-T H.261',
  32: 'MPEG-I/II Video',
  33: 'MPEG-II transport streams',
  34: 'ITU-T H.263',
};

const fields = {
  version: text('Session Description Protocol Version (v)'),
  owner: text('Owner/Creator, Session Id (o)'),
  'owner.username': text('Owner Username'),
  'owner.sessionid': text('Session ID'),
  'owner.version': text('Session Version'),
  'owner.network_type': text('Owner Network Type'),
  'owner.address_type': text('Owner Address Type'),
  'owner.address': text('Owner Address'),
  session_name: text('Session Name (s)'),
  session_info: text('Session Information (i)'),
  uri: text('URI of Description (u)'),
  email: text('E-mail Address (e)'),
  phone: text('Phone Number (p)'),
  connection_info: text('Connection Information (c)'),
  'connection_info.network_type': text('Connection Network Type'),
  'connection_info.address_type': text('Connection Address Type'),
  'connection_info.address': text('Connection Address'),
  bandwidth: text('Bandwidth Information (b)'),
  'bandwidth.modifier': text('Bandwidth Modifier'),
  'bandwidth.value': text('Bandwidth Value'),
  time: text('Time Description, active time (t)'),
  'time.start': text('Session Start Time'),
  'time.stop': text('Session Stop Time'),
  repeat_time: text('Repeat Time (r)'),
  timezone: text('Time Zone Adjustments (z)'),
  encryption_key: text('Encryption Key (k)'),
  session_attr: text('Session Attribute (a)'),
  'session_attr.field': text('Session Attribute Fieldname'),
  'session_attr.value': text('Session Attribute Value'),
  media: text('Media Description, name and address (m)'),
  'media.media': text('Media Type'),
  'media.port': uint(16, 'Media Port'),
  'media.port_string': text('Media Port'),
  'media.portcount': text('Media Port Count'),
  'media.proto': text('Media Protocol'),
  'media.format': text('Media Format'),
  media_title: text('Media Title (i)'),
  media_attr: text('Media Attribute (a)'),
  'media_attribute.field': text('Media Attribute Fieldname'),
  'media_attribute.value': text('Media Attribute Value'),
  'mime.type': text('MIME Type'),
  sample_rate: text('Sample Rate'),
  'fmtp.parameter': text('Media format specific parameters'),
  // Wireshark finds a call by this in all of its packets.
  callId: text('Generated Call-ID', { filter: 'sip.call_id_generated' }),
};

type SdpFields = { readonly [K in keyof typeof fields]: Field };

/** Where the media that a description announces will arrive. */
interface Announcement {
  address: string;
  readonly media: { readonly port: number; address: string }[];
}

/** Session Description Protocol. */
export const sdp = protocol('sdp', 'Session Description Protocol', {
  reference: 'RFC 8866',
  column: 'SIP/SDP',
  carriedBy: { media_type: 1 },
  header: {},
  fields,
  headerLength: 'all',
  body: (body, field) => {
    const announcement: Announcement = { address: '', media: [] };
    let inMedia = false;
    while (body.remaining > 0) {
      const line = lineAt(body.view, body.position, body.end);
      inMedia ||= line.text.startsWith('m=');
      if (line.text[1] === '=') descriptionLine(body, field, line, inMedia, announcement);
      if (line.next > body.position) body.skip(line.next - body.position);
    }
    const id = callId(body);
    if (id !== undefined) body.derived(field.callId, id, undefined, body.start);
    expectMedia(body, announcement);
    if (body.dissection.carried !== undefined) body.lists('SDP', '');
  },
  info: (_layer, { view, walk, depth, end }) => (depth === 0 ? '' : summary(view, walk.start[depth - 1], end)),
});

const simple: Readonly<Record<string, keyof SdpFields>> = {
  v: 'version',
  s: 'session_name',
  u: 'uri',
  e: 'email',
  p: 'phone',
  r: 'repeat_time',
  z: 'timezone',
  k: 'encryption_key',
};

function descriptionLine(body: Body, field: SdpFields, line: Line, inMedia: boolean, announcement: Announcement): void {
  const type = line.text[0];
  const value = line.text.slice(2);
  const at = line.start + 2;
  const length = line.textEnd - line.start;
  const whole = (key: keyof SdpFields, inside: () => void = () => undefined) => {
    body.titled(field[key], value, () => {
      inside();
      body.position = line.start + length;
    });
  };
  const words = (...keys: readonly (keyof SdpFields)[]) => {
    const found = [...value.matchAll(/\S+/g)];
    keys.forEach((key, i) => {
      const word = found[i];
      if (word !== undefined) body.derived(field[key], word[0], undefined, at + word.index, word[0].length);
    });
  };
  if (simple[type] !== undefined) whole(simple[type]);
  else if (type === 'i') whole(inMedia ? 'media_title' : 'session_info');
  else if (type === 'o')
    whole('owner', () =>
      words(
        'owner.username',
        'owner.sessionid',
        'owner.version',
        'owner.network_type',
        'owner.address_type',
        'owner.address',
      ),
    );
  else if (type === 'c')
    whole('connection_info', () => {
      words('connection_info.network_type', 'connection_info.address_type', 'connection_info.address');
      const address = value.split(' ')[2]?.split('/')[0] ?? '';
      const media = announcement.media.at(-1);
      if (media === undefined) announcement.address = address;
      else media.address = address;
    });
  else if (type === 't') whole('time', () => words('time.start', 'time.stop'));
  else if (type === 'b')
    whole('bandwidth', () => {
      const colon = value.indexOf(':');
      if (colon < 0) return;
      body.derived(field['bandwidth.modifier'], value.slice(0, colon), undefined, at, colon);
      body.derived(
        field['bandwidth.value'],
        value.slice(colon + 1),
        undefined,
        at + colon + 1,
        value.length - colon - 1,
      );
    });
  else if (type === 'm') whole('media', () => media(body, field, value, at, announcement));
  else if (type === 'a')
    whole(inMedia ? 'media_attr' : 'session_attr', () => attribute(body, field, value, at, inMedia));
}

/** RFC 8866, section 5.14. */
function media(body: Body, field: SdpFields, value: string, at: number, announcement: Announcement): void {
  const words = [...value.matchAll(/\S+/g)];
  const [kind, port, proto, ...formats] = words;
  const add = (key: keyof SdpFields, word: RegExpExecArray | undefined, shown?: string) => {
    if (word !== undefined) body.derived(field[key], shown ?? word[0], undefined, at + word.index, word[0].length);
  };
  add('media.media', kind);
  const [number, count] = port?.[0].split('/') ?? [];
  add('media.port_string', port, number);
  if (/^\d{1,5}$/.test(number ?? '')) {
    body.derived(field['media.port'], Number(number), undefined, at + port.index, number.length);
    announcement.media.push({ port: Number(number), address: '' });
  }
  if (count !== undefined) add('media.portcount', port, count);
  add('media.proto', proto);
  const isRtp = /^(RTP|UDP\/TLS\/RTP)\//i.test(proto?.[0] ?? '');
  for (const format of formats) add('media.format', format, isRtp ? formatName(format[0]) : format[0]);
}

function formatName(format: string): string {
  if (!/^\d{1,3}$/.test(format)) return format;
  const number = Number(format);
  return payloadTypes[number] ?? (number >= 96 && number <= 127 ? `DynamicRTP-Type-${number}` : format);
}

/** RFC 8866, section 5.13, with the parts of `rtpmap` and `fmtp` (section 6). */
function attribute(body: Body, field: SdpFields, value: string, at: number, inMedia: boolean): void {
  const colon = value.indexOf(':');
  if (colon < 0) return;
  const name = value.slice(0, colon);
  const rest = value.slice(colon + 1);
  const from = at + colon + 1;
  const add = (key: keyof SdpFields, shown: string, offset: number) =>
    body.derived(field[key], shown, undefined, from + offset, shown.length);
  body.derived(field[inMedia ? 'media_attribute.field' : 'session_attr.field'], name, undefined, at, name.length);
  if (!inMedia) {
    add('session_attr.value', rest, 0);
    return;
  }
  const map = name === 'rtpmap' ? /^(\d+)\s+([^/\s]+)(?:\/([^/\s]+))?/.exec(rest) : null;
  const parameters = name === 'fmtp' ? /^(\S+)\s+(.*)$/.exec(rest) : null;
  if (map !== null) {
    add('media.format', map[1], 0);
    add('mime.type', map[2], rest.indexOf(map[2], map[1].length));
    if (map[3] !== undefined) add('sample_rate', map[3], rest.indexOf('/') + 1);
  } else if (parameters !== null) {
    add('media.format', parameters[1], 0);
    let offset = rest.indexOf(parameters[2], parameters[1].length);
    for (const parameter of parameters[2].split(';')) {
      const trimmed = parameter.trim();
      if (trimmed !== '') add('fmtp.parameter', trimmed, offset + parameter.indexOf(trimmed));
      offset += parameter.length + 1;
    }
  } else add('media_attribute.value', rest, 0);
}

/** The identifier of the call in the header of the message that carries the description. */
function callId({ view, start, walk, depth }: Body): string | undefined {
  if (depth === 0) return undefined;
  const carrier = walk.start[depth - 1];
  return /^(?:Call-ID|i)[ \t]*:[ \t]*(\S+)/im.exec(utf8Text(view, carrier, start - carrier))?.[1];
}

/** RTP goes to the announced ports, and RTCP to the next higher ones (RFC 3550, section 11). */
function expectMedia({ dissection }: Body, announcement: Announcement): void {
  const { conversation } = dissection;
  if (conversation === undefined) return;
  for (const { port, address } of announcement.media) {
    const to = address === '' ? announcement.address : address;
    if (port === 0 || to === '') continue;
    conversation.expect('udp', to, port, 'rtp');
    if (port < 65535) conversation.expect('udp', to, port + 1, 'rtcp');
  }
}
