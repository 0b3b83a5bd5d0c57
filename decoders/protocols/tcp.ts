import { checksumStatusLabels, checkTransport, flagTransport, transportChecksum } from '../core/checksum.js';
import { bits, bytes, flag, protocol, text, uint } from '../core/index.js';
import {
  completenessText,
  findingsText,
  notesOf,
  readAnalysis,
  readStream,
  segmentFields,
} from './tcp-analysis-fields.js';
import { optionFields, optionSummary, readOptions } from './tcp-options.js';

const PROTOCOL_NUMBER = 6;
const SYN = 2;

/** Flags in the order in which Wireshark names them, with their masks. */
const flagNames: readonly (readonly [number, string])[] = [
  [0x001, 'FIN'],
  [0x002, 'SYN'],
  [0x004, 'RST'],
  [0x008, 'PSH'],
  [0x010, 'ACK'],
  [0x020, 'URG'],
  [0x040, 'ECE'],
  [0x080, 'CWR'],
  [0x100, 'AE'],
];

/** Transmission Control Protocol, RFC 9293. */
export const tcp = protocol('tcp', 'Transmission Control Protocol', {
  reference: 'RFC 9293, section 3.1',
  role: 'transport',
  carriedBy: { 'ip.proto': PROTOCOL_NUMBER, 'ipv6.nxt': PROTOCOL_NUMBER },
  header: {
    srcport: uint(16, 'Source Port', { column: 'sourcePort' }),
    dstport: uint(16, 'Destination Port', { column: 'destinationPort' }),
    seq_raw: uint(32, 'Sequence Number (raw)'),
    ack_raw: uint(32, 'Acknowledgment number (raw)'),
    hdr_len: uint(4, 'Header Length', { scale: 4, unit: 'bytes' }),
    flags: bits(
      12,
      'Flags',
      {
        res: flag('Reserved', { bits: 3 }),
        ae: flag('Accurate ECN'),
        cwr: flag('Congestion Window Reduced'),
        ece: flag('ECN-Echo'),
        urg: flag('Urgent'),
        ack: flag('Acknowledgment'),
        push: flag('Push'),
        reset: flag('Reset'),
        syn: flag('Syn'),
        fin: flag('Fin'),
      },
      { base: 16 },
    ),
    window_size_value: uint(16, 'Window'),
    checksum: uint(16, 'Checksum', { base: 16 }),
    urgent_pointer: uint(16, 'Urgent Pointer'),
  },
  fields: {
    len: uint(32, 'TCP Segment Len'),
    seq: uint(32, 'Sequence Number'),
    ack: uint(32, 'Acknowledgment Number'),
    'flags.str': text('TCP Flags'),
    'checksum.status': uint(8, 'Checksum Status', { labels: checksumStatusLabels }),
    ...segmentFields,
    ...optionFields,
    payload: bytes(0, 'TCP payload'),
  },
  either: { port: ['srcport', 'dstport'] },
  lengthField: 'hdr_len',
  headerLength: (_read, view, start) => (view.getUint8(start + 12) >> 4) * 4,
  next: { table: 'tcp.port', ports: ['srcport', 'dstport'] },
  inspect: (_read, view, start, end, walk) => {
    flagTransport(
      walk,
      checkTransport(view, walk, walk.depth, start, end, PROTOCOL_NUMBER, view.getUint16(start + 16)),
    );
  },
  body: (body, field, read) => {
    const { view, walk, depth, start } = body;
    // RFC 9293: the segment's length is no field; a fragment does not know it, nor a packet that ends within the header.
    const length = walk.end[depth] - start - read.hdr_len(view, start);
    if (walk.fragmented[depth] === 0 && !body.quoted && length >= 0)
      body.derived(field.len, length, undefined, start + 12);
    const notes = notesOf(body);
    const segment = notes?.segment;
    // Relative numbers need the flow's first segment, which one packet alone does not have.
    const relative = segment?.relative === true ? segment : undefined;
    body.derived(field.seq, relative?.sequence ?? read.seq_raw(view, start), undefined, start + 4);
    body.derived(field.ack, relative?.acknowledgment ?? read.ack_raw(view, start), undefined, start + 8);
    if (notes !== undefined) readStream(body, field, notes);
    if (segment !== undefined) {
      const { nextSequence, sequence } = segment;
      const next = relative === undefined ? (read.seq_raw(view, start) + nextSequence - sequence) >>> 0 : nextSequence;
      body.derived(field.nxtseq, next, undefined, start + 4);
    }
    if (notes?.connection !== undefined) {
      const { scale, completeness } = notes.connection;
      body.derived(field.completeness, completeness, completenessText(completeness));
      const opens = (read.flags(view, start) & SYN) !== 0;
      const window = read.window_size_value(view, start);
      body.derived(field.window_size, opens || scale < 0 ? window : window * 2 ** scale, undefined, start + 14);
      if (!opens) body.derived(field.window_size_scalefactor, scale < 0 ? scale : 2 ** scale, undefined, start + 14);
    }
    body.derived(field['flags.str'], flagString(read.flags(view, start)), undefined, start + 12);
    checksum();
    readOptions(body, field, relative?.acknowledgmentBase ?? 0);
    if (segment?.analyzed === true) readAnalysis(body, field, segment, read.flags(view, start));
    const end = Math.min(walk.end[depth], walk.capturedEnd);
    if (end > body.end) body.behind(field.payload, end);

    function checksum(): void {
      const sum = checkTransport(
        view,
        walk,
        depth,
        start,
        walk.end[depth],
        PROTOCOL_NUMBER,
        read.checksum(view, start),
      );
      transportChecksum(body, field['checksum.status'], sum, start + 16, 'TCP checksum');
    }
  },
  info: (_layer, body) => {
    const { view, start, end, walk, depth } = body;
    if (start + 4 > end) return 'Cut TCP header';
    const ports = `${view.getUint16(start)} → ${view.getUint16(start + 2)}`;
    if (start + 20 > end) return ports;
    const length = (view.getUint8(start + 12) >> 4) * 4;
    const flags = view.getUint16(start + 12) & 0xfff;
    const names = flagNames.filter(([mask]) => (flags & mask) !== 0).map(([, name]) => name);
    if ((flags & 0xe00) !== 0) names.push('Reserved');
    const notes = notesOf(body);
    const segment = notes?.segment;
    const relative = segment?.relative === true ? segment : undefined;
    const ack = (flags & 0x10) === 0 ? '' : ` Ack=${relative?.acknowledgment ?? view.getUint32(start + 8)}`;
    const shift = segment?.analyzed !== true || (flags & SYN) !== 0 ? 0 : Math.max(0, notes?.connection?.scale ?? 0);
    const findings = segment?.analyzed === true ? findingsText(segment) : '';
    const seq = relative?.sequence ?? view.getUint32(start + 4);
    const payload = walk.fragmented[depth] !== 0 ? '' : ` Len=${Math.max(0, walk.end[depth] - start - length)}`;
    const shown = names.length === 0 ? '<None>' : names.join(', ');
    const urgent = (flags & 0x20) === 0 ? '' : ` Urg=${view.getUint16(start + 18)}`;
    const text = `${findings}${ports} [${shown}] Seq=${seq}${ack} Win=${view.getUint16(start + 14) * 2 ** shift}${urgent}`;
    if (walk.badLength === depth) return `${text}, bogus TCP header length (${length}, must be at least 20)`;
    return `${text}${payload}${optionSummary(view, start + 20, Math.min(end, start + length), relative?.acknowledgmentBase ?? 0)}`;
  },
});

/** Twelve places, one a bit: a letter where it is set, a middle dot where it is not. */
function flagString(flags: number): string {
  const letters = 'RRRACEUAPRSF';
  let out = '';
  for (let i = 0; i < 12; i++) out += (flags & (0x800 >> i)) === 0 ? '·' : letters[i];
  return out;
}
