/** Streams against `tshark -z follow,tcp,raw,N` and `follow,udp,raw,N`, over a part of the corpus. */

import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { CaptureError } from '../../captures/sources/source.js';
import { corpusFiles, corpusPath, hasCorpus, oracleSheet } from '../support/corpus.js';
import { ourFollow, saysTheSame, tsharkFollow } from '../support/follow.js';
import { removeFolders, tshark } from '../support/packets.js';
import { type Opened, openStore } from '../support/stores.js';

/** One file in so many is compared: tshark reads each of them a few times. */
const ONE_IN = 10;
/** Smaller files have little to compare, larger ones take too long. */
const MINIMUM_PACKETS = 40;
const MAXIMUM_PACKETS = 2000;

/** Streams that must be there to be compared, and the share that must be equal. */
const floors = { tcp: { streams: 70, share: 0.98 }, udp: { streams: 60, share: 0.98 } };

/** Why streams of a file are told differently. */
const explained: Readonly<Record<string, string>> = {
  'tcpdump__of10_s4810.pcap': 'OpenFlow carries frames, whose addresses tshark takes for the segment’s own',
  'derived__hdr-linktype-highbits.pcap':
    'the header claims frame check sequences that are not there, and tshark cuts them off',
};

type Transport = 'tcp' | 'udp';
const TRANSPORTS: readonly Transport[] = ['tcp', 'udp'];

interface Chosen {
  readonly file: string;
  readonly transports: readonly Transport[];
}

/** Captures with TCP or UDP in them, by what tshark says of their packets. */
function chosen(): Chosen[] {
  const found = corpusFiles().flatMap((file) => {
    const sheet = oracleSheet(file, 'pkt');
    const at = sheet?.columns.indexOf('frame.protocols') ?? -1;
    if (sheet === undefined || at < 0 || sheet.rows.size < MINIMUM_PACKETS || sheet.rows.size > MAXIMUM_PACKETS)
      return [];
    const rows = [...sheet.rows.values()];
    const transports = TRANSPORTS.filter((name) => rows.some((row) => row[at].split(':').includes(name)));
    return transports.length === 0 ? [] : [{ file, transports }];
  });
  return found.filter((_, index) => index % ONE_IN === 0);
}

/** The capture's id; undefined for a file of another format. */
async function imported({ store }: Opened, file: string): Promise<string | undefined> {
  try {
    return (await store.importFile(corpusPath(file))).id;
  } catch (error) {
    if (error instanceof CaptureError && error.code === 'not-a-capture') return undefined;
    throw error;
  }
}

(hasCorpus ? describe : describe.skip)('streams as tshark follows them', () => {
  let one: Opened;
  beforeAll(async () => {
    one = await openStore();
  });
  afterAll(async () => {
    await one.close();
    removeFolders();
  });

  test('are equal', async () => {
    const counts = { tcp: { equal: 0, all: 0 }, udp: { equal: 0, all: 0 } };
    const different: string[] = [];
    for (const { file, transports } of chosen()) {
      const id = await imported(one, file);
      if (id === undefined) continue;
      for (const transport of transports) {
        const theirs = tsharkFollow(corpusPath(file), transport);
        if (theirs.streams.size === 0) continue;
        const ours = await ourFollow(one.queries, id, transport);
        for (const [ends, said] of theirs.streams) {
          // In a tunnel, flows are those of the innermost addresses; and tshark knows more kinds of links.
          if (theirs.partly.has(ends) || !ours.has(ends)) continue;
          counts[transport].all++;
          if (saysTheSame(ours.get(ends), said)) counts[transport].equal++;
          else if (explained[file] === undefined) different.push(`${file} ${ends}`);
        }
      }
    }
    expect(different).toEqual([]);
    for (const transport of TRANSPORTS) {
      const { equal, all } = counts[transport];
      expect(all).toBeGreaterThanOrEqual(floors[transport].streams);
      expect(equal / all).toBeGreaterThanOrEqual(floors[transport].share);
    }
  }, 600_000);

  test('the user messages of SCTP are those that tshark finds', async () => {
    const file = 'arkime__sctp-www.pcap';
    const { id } = await one.store.importFile(corpusPath(file));
    const fields = ['frame.number', 'sctp.data_sid', 'sctp.chunk_length', 'sctp.chunk_type'];
    const rows = tshark(
      corpusPath(file),
      '-T',
      'fields',
      ...fields.flatMap((one) => ['-e', one]),
      '-Y',
      'sctp.chunk_type == 0',
    );
    const theirs = rows.flatMap((row) => {
      const [number, stream, lengths, types] = row.split('\t');
      // The DATA chunks; each header has 16 octets.
      return types
        .split(',')
        .flatMap((type, index) =>
          type === '0' ? `${number} ${Number(stream.split(',')[0])} ${Number(lengths.split(',')[index]) - 16}` : [],
        );
    });
    const ours: string[] = [];
    for (const flow of (await one.queries.flows(id, { limit: 1000 })).flows) {
      if (flow.transport !== 'sctp') continue;
      const page = await one.queries.stream(id, { flow: flow.id, limit: 10_000, running: false });
      for (const said of page.segments) if ('packet' in said) ours.push(`${said.packet} ${said.stream} ${said.length}`);
    }
    expect(ours.length).toBeGreaterThan(30);
    expect(ours.sort()).toEqual(theirs.sort());
  });
});
