/** TCP's analysis, and the streams of TCP and UDP, beside what the tshark of this machine says with its own preferences. */

import type { FieldNode } from '../../decoders/core/tree.js';
import { registry } from '../../decoders/protocols/index.js';
import { Session } from '../../decoders/session/session.js';
import { corpusPackets, corpusPath } from '../support/corpus.js';
import { askTshark } from './fresh.js';

const SEPARATOR = '\x1f';

/** What the order of packets tells. */
export const ANALYSIS_FIELDS = [
  ...['stream', 'completeness', 'len', 'seq', 'nxtseq', 'ack', 'window_size', 'window_size_scalefactor'],
  ...['time_relative', 'time_delta', 'options.sack_le', 'options.sack_re'],
  ...['acks_frame', 'ack_rtt', 'initial_rtt', 'bytes_in_flight', 'push_bytes_sent', 'rto', 'rto_frame', 'flags'].map(
    (name) => `analysis.${name}`,
  ),
  ...['duplicate_ack', 'duplicate_ack_num', 'duplicate_ack_frame', 'retransmission', 'fast_retransmission'].map(
    (name) => `analysis.${name}`,
  ),
  ...['spurious_retransmission', 'out_of_order', 'reused_ports', 'lost_segment', 'ack_lost_segment'].map(
    (name) => `analysis.${name}`,
  ),
  ...['window_update', 'window_full', 'keep_alive', 'keep_alive_ack', 'zero_window'].map((name) => `analysis.${name}`),
  ...['zero_window_probe', 'zero_window_probe_ack', 'tfo_syn', 'tfo_ack', 'tfo_ignored'].map(
    (name) => `analysis.${name}`,
  ),
  ...['syn', 'synack', 'fin', 'rst', 'fin_active', 'fin_passive'].map((name) => `connection.${name}`),
]
  .map((name) => `tcp.${name}`)
  .concat('udp.stream', 'udp.time_relative', 'udp.time_delta');

/** Why the frames of some captures differ and will. */
const REASONS: readonly (readonly [RegExp, string])[] = [
  [/socks/i, 'tshark gives what SOCKS carries a stream number of its own, so that all later ones are higher'],
  [
    /efcs|highbits|l7fuzzing|derived__(err|flip|seqfix)|oobr|malformed|clusterfuzz|scps|rpki/,
    'headers that are cut or corrupt: which of their fields are still believed differs',
  ],
  [/ts-max|usec-overflow|y2038|imap2/, 'time stamps that are none (NOTES.md, 9), or more than 104 days apart'],
  [/blk-sje/, 'tshark counts journal blocks as frames (NOTES.md, 10)'],
  [/snaplen/, 'TCP headers cut within the options: tshark goes by those in front of the cut'],
  [
    /ftp|sngrep|gtp|telemetry|snmp|olsr|aaa/i,
    'a conversation that FTP, SDP or SNMP announced, or that a heuristic found, has begun for tshark before its first packet',
  ],
  [/tcpflow|functional_inputs_tls/, 'packets that were stored in another order than they were sent in'],
  [/ospf|dltuser|IPcomp|mtutrunc|invalid_or_unsupported|v6/i, 'headers in what only one of the two looks into'],
];

/** What a comparison found. */
export interface AnalysisFindings {
  /** Frames in which both find the same TCP and UDP headers, and those of them that are equal in every field. */
  frames: number;
  equal: number;
  /** Frames in which one finds other headers: what carries them is known to one of the two only. */
  others: number;
  /** Frames that differ, by capture. */
  readonly differing: Map<string, number>;
  readonly fields: Map<string, { compared: number; equal: number; readonly examples: string[] }>;
}

export function noFindings(): AnalysisFindings {
  return { frames: 0, equal: 0, others: 0, differing: new Map(), fields: new Map() };
}

/** Frames as tshark has them: their protocols, their captured octets, and a value a field. */
async function answersOf(path: string): Promise<string[][]> {
  const text = await askTshark([
    ...['-r', path, '-Y', 'frame.encap_type', '-T', 'fields'],
    ...['-E', `separator=${SEPARATOR}`, '-E', 'occurrence=a', '-E', 'aggregator=|'],
    ...['frame.protocols', 'frame.cap_len', ...ANALYSIS_FIELDS].flatMap((field) => ['-e', field]),
  ]);
  return text
    .replace(/\n$/, '')
    .split('\n')
    .map((line) => line.split(SEPARATOR));
}

/** Adds a capture's packets to what was found. */
export async function compareAnalysis(file: string, folder: string, findings: AnalysisFindings): Promise<void> {
  const rows = await answersOf(corpusPath(file, folder));
  const session = new Session(registry);
  let number = 0;
  for await (const packet of corpusPackets(file, folder)) {
    const row = rows[number++];
    // A file whose packets are counted otherwise by tshark would shift every row.
    if (row === undefined || Number(row[1]) !== packet.captured) return;
    const { layers } = session.dissect({ ...packet, number });
    const theirs = row[0].split(':').filter(isTransport);
    const ours = layers.filter(({ protocol }) => isTransport(protocol));
    if (theirs.length === 0 && ours.length === 0) continue;
    if (theirs.join() !== ours.map(({ protocol }) => protocol).join()) {
      findings.others++;
      continue;
    }
    const values = new Map<string, string[]>();
    for (const { fields } of ours) collect(fields, values);
    const equal = compare(row.slice(2), values, `${file} #${number}`, findings);
    if (!equal) findings.differing.set(file, (findings.differing.get(file) ?? 0) + 1);
  }
}

const isTransport = (protocol: string): boolean => protocol === 'tcp' || protocol === 'udp';

function collect(fields: readonly FieldNode[], values: Map<string, string[]>): void {
  for (const { name, text, fields: inner } of fields) {
    const known = values.get(name);
    if (known === undefined) values.set(name, [text]);
    else known.push(text);
    if (inner !== undefined) collect(inner, values);
  }
}

function compare(
  theirs: readonly string[],
  values: ReadonlyMap<string, string[]>,
  where: string,
  findings: AnalysisFindings,
): boolean {
  let all = true;
  ANALYSIS_FIELDS.forEach((name, index) => {
    const mine = values.get(name)?.join('|') ?? '';
    if (theirs[index] === '' && mine === '') return;
    const tally = findings.fields.get(name) ?? { compared: 0, equal: 0, examples: [] };
    findings.fields.set(name, tally);
    tally.compared++;
    if (theirs[index] === mine) tally.equal++;
    else {
      all = false;
      if (tally.examples.length < 20) tally.examples.push(`${where}: ours ${mine}, tshark's ${theirs[index]}`);
    }
  });
  findings.frames++;
  if (all) findings.equal++;
  return all;
}

/** The findings as lines, the field that differs most often first. */
export function analysisReport(findings: AnalysisFindings, show: number): string[] {
  const { frames, equal, others, fields } = findings;
  const share = (part: number, of: number): string => `${((part / of) * 100).toFixed(3)} %`;
  const byDifferences = [...fields].sort(([, a], [, b]) => b.compared - b.equal - (a.compared - a.equal));
  return [
    `frames equal in every field: ${equal} of ${frames}, ${share(equal, frames)}; ${others} frames with other headers`,
    ...classes(findings),
    ...byDifferences.flatMap(([name, tally]) => [
      `${name}: ${tally.equal} of ${tally.compared}, ${share(tally.equal, tally.compared)}`,
      ...tally.examples.slice(0, show).map((example) => `    ${example}`),
    ]),
  ];
}

/** The frames that differ, by what is known of why. */
function classes({ differing }: AnalysisFindings): string[] {
  const found = new Map<string, number>();
  for (const [file, frames] of differing) {
    const reason = REASONS.find(([pattern]) => pattern.test(file))?.[1] ?? 'rules that are not known here';
    found.set(reason, (found.get(reason) ?? 0) + frames);
  }
  return [...found].sort(([, a], [, b]) => b - a).map(([reason, frames]) => `  ${frames} frames: ${reason}`);
}
