/** What TCP's earlier segments tell of one, in its tree: Wireshark's `tcp.analysis.*`, and its expert information. */

import { Completeness, Finding } from '../conversations/tcp-analysis.js';
import type { SegmentNotes, TransportNotes } from '../core/conversation.js';
import { type Body, duration, type Field, group, int, text, uint } from '../core/index.js';
import { expertGroups, type Severity, severities } from '../core/problem.js';

const groupNumbers = Object.fromEntries(Object.values(expertGroups).map(({ number, title }) => [number, title]));
const severityNumbers = Object.fromEntries(Object.values(severities).map(({ number, title }) => [number, title]));

export const streamFields = {
  stream: uint(32, 'Stream index'),
  time_relative: duration('Time since first frame in this stream'),
  time_delta: duration('Time since previous frame in this stream'),
};

/** Findings that are flags, in the order in which Wireshark's list names them. */
const flagged = [
  [
    'analysis.reused_ports',
    Finding.reusedPorts,
    'note',
    'TCP Port numbers reused',
    'A new tcp session is started with the same ports as an earlier session in this trace',
  ],
  [
    'analysis.ack_lost_segment',
    Finding.ackLostSegment,
    'warn',
    'TCP ACKed unseen segment',
    "ACKed segment that wasn't captured (common at capture start)",
  ],
  [
    'analysis.lost_segment',
    Finding.lostSegment,
    'warn',
    'TCP Previous segment not captured',
    'Previous segment(s) not captured (common at capture start)',
  ],
  [
    'analysis.spurious_retransmission',
    Finding.spuriousRetransmission,
    'note',
    'TCP Spurious Retransmission',
    'This frame is a (suspected) spurious retransmission',
  ],
  [
    'analysis.fast_retransmission',
    Finding.fastRetransmission,
    'note',
    'TCP Fast Retransmission',
    'This frame is a (suspected) fast retransmission',
  ],
  [
    'analysis.retransmission',
    Finding.retransmission,
    'note',
    'TCP Retransmission',
    'This frame is a (suspected) retransmission',
  ],
  [
    'analysis.out_of_order',
    Finding.outOfOrder,
    'warn',
    'TCP Out-Of-Order',
    'This frame is a (suspected) out-of-order segment',
  ],
  ['analysis.keep_alive', Finding.keepAlive, 'note', 'TCP Keep-Alive', 'TCP keep-alive segment'],
  ['analysis.keep_alive_ack', Finding.keepAliveAck, 'note', 'TCP Keep-Alive ACK', 'ACK to a TCP keep-alive segment'],
  ['analysis.duplicate_ack', Finding.duplicateAck, 'note', 'TCP Dup ACK', 'Duplicate ACK'],
  ['analysis.zero_window_probe', Finding.zeroWindowProbe, 'note', 'TCP ZeroWindowProbe', 'TCP Zero Window Probe'],
  ['analysis.zero_window', Finding.zeroWindow, 'warn', 'TCP ZeroWindow', 'TCP Zero Window segment'],
  [
    'analysis.zero_window_probe_ack',
    Finding.zeroWindowProbeAck,
    'note',
    'TCP ZeroWindowProbeAck',
    'ACK to a TCP Zero Window Probe',
  ],
  ['analysis.window_update', Finding.windowUpdate, 'chat', 'TCP Window Update', 'TCP window update'],
  [
    'analysis.window_full',
    Finding.windowFull,
    'warn',
    'TCP Window Full',
    'TCP window specified by the receiver is now completely full',
  ],
  ['analysis.tfo_syn', Finding.tfoSyn, 'note', '', 'TCP SYN with TFO Cookie'],
  ['analysis.tfo_ack', Finding.tfoAck, 'note', '', 'TCP SYN-ACK accepting TFO data'],
  ['analysis.tfo_ignored', Finding.tfoIgnored, 'note', '', 'TCP SYN-ACK ignoring TFO data'],
] as const satisfies readonly (readonly [string, number, Severity, string, string])[];

const expert = (title: string) => group(title);

export const segmentFields = {
  ...streamFields,
  completeness: uint(8, 'Conversation completeness'),
  nxtseq: uint(32, 'Next Sequence Number'),
  window_size: uint(32, 'Calculated window size'),
  window_size_scalefactor: int(32, 'Window size scaling factor'),
  analysis: group('SEQ/ACK analysis'),
  'analysis.flags': group('TCP Analysis Flags'),
  'analysis.acks_frame': uint(32, 'This is an ACK to the segment in frame'),
  'analysis.ack_rtt': duration('The RTT to ACK the segment was'),
  'analysis.initial_rtt': duration('iRTT'),
  'analysis.bytes_in_flight': uint(32, 'Bytes in flight'),
  'analysis.push_bytes_sent': uint(32, 'Bytes sent since last PSH flag'),
  'analysis.rto': duration('The RTO for this segment was'),
  'analysis.rto_frame': uint(32, 'RTO based on delta from frame'),
  'analysis.duplicate_ack_num': uint(32, 'Duplicate ACK #'),
  'analysis.duplicate_ack_frame': uint(32, 'Duplicate to the ACK in frame'),
  'analysis.reused_ports': expert('Port numbers reused'),
  'analysis.ack_lost_segment': expert("ACKed segment that wasn't captured"),
  'analysis.lost_segment': expert('Previous segment not captured'),
  'analysis.spurious_retransmission': expert('Spurious retransmission'),
  'analysis.fast_retransmission': expert('Fast retransmission'),
  'analysis.retransmission': expert('Retransmission'),
  'analysis.out_of_order': expert('Out of order'),
  'analysis.keep_alive': expert('Keep-alive'),
  'analysis.keep_alive_ack': expert('ACK to a keep-alive'),
  'analysis.duplicate_ack': expert('Duplicate ACK'),
  'analysis.zero_window_probe': expert('Zero window probe'),
  'analysis.zero_window': expert('Zero window'),
  'analysis.zero_window_probe_ack': expert('ACK to a zero window probe'),
  'analysis.window_update': expert('Window update'),
  'analysis.window_full': expert('Window full'),
  'analysis.tfo_syn': expert('SYN with Fast Open cookie'),
  'analysis.tfo_ack': expert('SYN-ACK accepting Fast Open data'),
  'analysis.tfo_ignored': expert('SYN-ACK ignoring Fast Open data'),
  'connection.syn': expert('Connection establish request'),
  'connection.synack': expert('Connection establish acknowledge'),
  'connection.fin': expert('Connection finish'),
  'connection.rst': expert('Connection reset'),
  'connection.fin_active': expert('Initiates the closing'),
  'connection.fin_passive': expert('Undergoes the closing'),
  expert: group('Expert Info', { filter: '_ws.expert' }),
  expertMessage: text('Message', { filter: '_ws.expert.message' }),
  expertSeverity: uint(32, 'Severity level', { filter: '_ws.expert.severity', labels: severityNumbers }),
  expertGroup: uint(32, 'Group', { filter: '_ws.expert.group', labels: groupNumbers }),
};

export type SegmentFields = { readonly [K in keyof typeof segmentFields]: Field };
type ExpertKey = Extract<keyof SegmentFields, `analysis.${string}` | `connection.${string}`>;

/** What is known of the header that a body reads. */
export function notesOf(body: Body): TransportNotes | undefined {
  const { notes: all, view } = body.dissection;
  return all?.find((notes) => notes.start === body.start && notes.view === view);
}

/** Stream and times, which TCP and UDP both have. */
export function readStream(
  body: Body,
  field: { readonly [K in keyof typeof streamFields]: Field },
  { stream, timeRelative, timeDelta }: TransportNotes,
): void {
  if (stream >= 0) body.derived(field.stream, stream);
  if (Number.isNaN(timeRelative)) return;
  body.derived(field.time_relative, timeRelative / 1e9);
  body.derived(field.time_delta, timeDelta / 1e9);
}

const stages: readonly (readonly [number, string])[] = [
  [Completeness.syn, 'SYN'],
  [Completeness.synAck, 'SYN-ACK'],
  [Completeness.ack, 'ACK'],
  [Completeness.data, 'DATA'],
  [Completeness.fin, 'FIN'],
  [Completeness.rst, 'RST'],
];

/** The bits as words. */
export function completenessText(bits: number): string {
  const seen = stages.filter(([bit]) => (bits & bit) !== 0).map(([, name]) => name);
  return `${seen.length === 0 ? 'nothing yet' : seen.join(', ')} (${bits})`;
}

/** Adds the analysis of a segment, and what experts should know of it. */
export function readAnalysis(body: Body, field: SegmentFields, notes: SegmentNotes, flags: number): void {
  connectionExperts(body, field, notes, flags);
  const { findings } = notes;
  const named = flagged.filter(([, bit]) => (findings & bit) !== 0);
  const told =
    notes.acksFrame !== 0 ||
    notes.bytesInFlight !== 0 ||
    notes.pushBytesSent !== 0 ||
    notes.rtoFrame !== 0 ||
    notes.acksMore;
  if (!told && named.length === 0) return;
  body.group(field.analysis, () => {
    if (notes.acksFrame !== 0) body.derived(field['analysis.acks_frame'], notes.acksFrame);
    seconds(body, field['analysis.ack_rtt'], notes.ackRtt);
    seconds(body, field['analysis.initial_rtt'], notes.initialRtt);
    if (notes.bytesInFlight !== 0) body.derived(field['analysis.bytes_in_flight'], notes.bytesInFlight);
    if (notes.pushBytesSent !== 0) body.derived(field['analysis.push_bytes_sent'], notes.pushBytesSent);
    seconds(body, field['analysis.rto'], notes.rto);
    if (notes.rtoFrame !== 0 && notes.rto !== 0) body.derived(field['analysis.rto_frame'], notes.rtoFrame);
    if (notes.duplicateNumber !== 0) body.derived(field['analysis.duplicate_ack_num'], notes.duplicateNumber);
    if (notes.duplicateFrame !== 0) body.derived(field['analysis.duplicate_ack_frame'], notes.duplicateFrame);
    // Wireshark has it here too, as the heading of the two above.
    if ((findings & Finding.duplicateAck) !== 0) body.group(field['analysis.duplicate_ack'], () => body.describe(''));
    if (named.length === 0) return;
    body.group(field['analysis.flags'], () => {
      for (const [key, , severity, , message] of named)
        tell(
          body,
          field,
          key,
          severity,
          key === 'analysis.duplicate_ack' ? `${message} (#${notes.duplicateNumber})` : message,
        );
    });
  });
}

function seconds(body: Body, field: Field, nanoseconds: number): void {
  // Wireshark leaves out what took no time at all.
  if (!Number.isNaN(nanoseconds) && nanoseconds !== 0) body.derived(field, nanoseconds / 1e9);
}

function connectionExperts(body: Body, field: SegmentFields, notes: SegmentNotes, flags: number): void {
  const { view, start } = body;
  if ((flags & 0x12) === 0x12)
    tell(
      body,
      field,
      'connection.synack',
      'chat',
      `Connection establish acknowledge (SYN+ACK): server port ${view.getUint16(start)}`,
    );
  else if ((flags & 2) !== 0)
    tell(
      body,
      field,
      'connection.syn',
      'chat',
      `Connection establish request (SYN): server port ${view.getUint16(start + 2)}`,
    );
  if ((flags & 1) !== 0) tell(body, field, 'connection.fin', 'chat', 'Connection finish (FIN)');
  if ((notes.findings & Finding.finActive) !== 0)
    tell(body, field, 'connection.fin_active', 'note', 'This frame initiates the connection closing');
  if ((notes.findings & Finding.finPassive) !== 0)
    tell(body, field, 'connection.fin_passive', 'note', 'This frame undergoes the connection closing');
  if ((flags & 4) !== 0) tell(body, field, 'connection.rst', 'warn', 'Connection reset (RST)');
}

/** One piece of expert information: a problem, and a field to filter by. */
function tell(body: Body, field: SegmentFields, key: ExpertKey, severity: Severity, message: string): void {
  body.report('analysis', message, { severity, group: 'sequence' });
  body.group(field.expert, () => {
    body.describe(message);
    body.group(field[key], () => body.describe(message));
    body.derived(field.expertMessage, message);
    body.derived(field.expertSeverity, severities[severity].number);
    body.derived(field.expertGroup, expertGroups.sequence.number);
  });
}

const EXACT = Finding.fastRetransmission | Finding.spuriousRetransmission;

/** What the `info` column says first: the findings in brackets. */
export function findingsText({ findings, duplicateFrame, duplicateNumber }: SegmentNotes): string {
  let out = '';
  for (const [key, bit, , label] of flagged) {
    if ((findings & bit) === 0 || label === '') continue;
    // The more exact name says it already.
    if (bit === Finding.retransmission && (findings & EXACT) !== 0) continue;
    out += key === 'analysis.duplicate_ack' ? `[${label} ${duplicateFrame}#${duplicateNumber}] ` : `[${label}] `;
  }
  return out;
}
