/** `conn_state` and `history` as Zeek's documentation defines them: a table of connections, a line each. */
import { describe, expect, test } from '@jest/globals';
import { connectionState } from '../../decoders/conversations/connection-state.js';
import { HISTORY_LETTERS } from '../../decoders/conversations/flow-entries.js';
import { historyText, restoreHistory } from '../../decoders/conversations/flow-history.js';
import { FlowTable } from '../../decoders/conversations/flow-table.js';
import { TcpFlag } from '../../decoders/conversations/tcp-flags.js';
import { AddressFamily, Columns, PacketFlag } from '../../decoders/core/index.js';
import { registry } from '../../decoders/protocols/index.js';

const FLAGS: Readonly<Record<string, number>> = {
  S: TcpFlag.syn,
  A: TcpFlag.ack,
  F: TcpFlag.fin,
  R: TcpFlag.rst,
  P: TcpFlag.psh,
};

interface Segment {
  readonly fromServer: boolean;
  readonly flags: number;
  readonly sequence: number;
  readonly acknowledgment: number;
  readonly length: number;
  readonly window: number;
  readonly badChecksum: boolean;
}

/**
 * `>` or `<`, flags, and in any order `s` sequence number, `a` acknowledgment, `l` octets, `w` window, `!` for a wrong
 * checksum: `>PA s101 a301 l10`.
 */
function parse(text: string): Segment {
  const [head, ...rest] = text.split(' ');
  const value = (name: string, otherwise: number) =>
    Number(rest.find((part) => part.startsWith(name))?.slice(1) ?? otherwise);
  return {
    fromServer: head.startsWith('<'),
    flags: [...head.slice(1)].reduce((sum, letter) => sum + FLAGS[letter], 0),
    sequence: value('s', head.startsWith('<') ? 301 : 101),
    acknowledgment: value('a', 0),
    length: value('l', 0),
    window: value('w', 1000),
    badChecksum: rest.includes('!'),
  };
}

const CLIENT = [0x0a000001, 40000] as const;
const SERVER = [0x0a000002, 80] as const;

/** Each segment into a table, one millisecond after the other. */
function track(segments: readonly string[], transport = 6): FlowTable {
  const table = new FlowTable(registry);
  const columns = new Columns(1);
  const view = new DataView(new ArrayBuffer(20));
  segments.map(parse).forEach((segment, index) => {
    const [from, to] = segment.fromServer ? [SERVER, CLIENT] : [CLIENT, SERVER];
    columns.rows = 1;
    columns.addressFamily[0] = AddressFamily.ipv4;
    columns.transport[0] = transport;
    columns.source[0] = from[0];
    columns.destination[0] = to[0];
    columns.sourcePort[0] = from[1];
    columns.destinationPort[0] = to[1];
    columns.transportOffset[0] = 0;
    columns.transportEnd[0] = 20 + segment.length;
    columns.networkOffset[0] = -1;
    columns.time[0] = index * 1e6;
    columns.flags[0] = segment.badChecksum ? PacketFlag.badTransportChecksum : 0;
    view.setUint32(4, segment.sequence);
    view.setUint32(8, segment.acknowledgment);
    view.setUint8(12, 5 << 4);
    view.setUint8(13, segment.flags);
    view.setUint16(14, segment.window);
    table.track(columns, view, index + 1);
  });
  return table;
}

function told(table: FlowTable, entry = 0): [state: string | null, history: string] {
  const history = historyText(table.entries, entry);
  return [connectionState(table.entries.transport[entry], table.entries.states[entry], history), history];
}

const SHAKE = ['>S s100', '<SA s300 a101', '>A a301'];
const TALK = ['>PA a301 l10', '<A a111', '<PA a111 l20', '>A s111 a321'];
const CLIENT_FIN = '>FA s111 a321';
const SERVER_FIN = '<FA s321 a112';

/** The states in the order of the documentation. */
const CONNECTIONS: readonly (readonly [what: string, segments: readonly string[], state: string, history: string])[] = [
  ['attempt without an answer', ['>S s100'], 'S0', 'S'],
  ['the same SYN again is no other letter', ['>S s100', '>S s100'], 'S0', 'S'],
  ['established, not closed', [...SHAKE, ...TALK], 'S1', 'ShADad'],
  ['closed by the client first', [...SHAKE, ...TALK, CLIENT_FIN, SERVER_FIN, '>A s112 a322'], 'SF', 'ShADadFf'],
  [
    'closed by the server first',
    [...SHAKE, ...TALK, '<FA s321 a111', '>FA s111 a322', '<A s322 a112'],
    'SF',
    'ShADadfF',
  ],
  ['refused', ['>S s100', '<RA s0 a101'], 'REJ', 'Sr'],
  ['refused twice', ['>S s100', '<RA s0 a101', '>S s100', '<RA s0 a101'], 'REJ', 'Sr'],
  ['closed by the client alone', [...SHAKE, ...TALK, CLIENT_FIN, '<A s321 a112'], 'S2', 'ShADadF'],
  ['closed by the server alone', [...SHAKE, ...TALK, '<FA s321 a111', '>A s111 a322'], 'S3', 'ShADadf'],
  ['broken off by the client', [...SHAKE, ...TALK, '>R s111'], 'RSTO', 'ShADadR'],
  ['broken off by the server', [...SHAKE, ...TALK, '<R s321'], 'RSTR', 'ShADadr'],
  ['SYN and RST of the client, nothing of the server', ['>S s100', '>R s101'], 'RSTOS0', 'SR'],
  ['SYN and ACK, then RST of the server, without a SYN', ['<SA s300 a101', '<R s301'], 'RSTRH', '^hr'],
  ['SYN and FIN of the client, nothing of the server', ['>S s100', '>FA s101'], 'SH', 'SF'],
  ['SYN and ACK, then FIN of the server, without a SYN', ['<SA s300 a101', '<FA s301 a101'], 'SHR', '^hf'],
  ['from its middle', ['>PA a301 l10', '<A a111'], 'OTH', 'Da'],
  ['from its middle, the server first', ['<PA a101 l10', '>A s101 a311'], 'OTH', '^dA'],
  ['a RST from its middle', ['>R s100'], 'OTH', 'R'],
  [
    'a FIN and then a RST of the client, before the other FIN',
    [...SHAKE, CLIENT_FIN, '>R s112', '<FA a112'],
    'SF',
    'ShAFRf',
  ],
  ['a RST after both FINs', [...SHAKE, ...TALK, CLIENT_FIN, SERVER_FIN, '>R s112'], 'SF', 'ShADadFfR'],
  ['an ACK before the SYN and ACK', ['>S s100', '<A s300 a101', '<SA s300 a101', '>A a301'], 'S1', 'SahA'],
  ['the SYN and ACK is captured before the SYN', ['<SA s300 a101', '>S s100', '>A a301'], 'S1', '^hSA'],
  ['both open', ['>S s100', '<S s300', '>SA s100 a301', '<SA s300 a101'], 'S1', 'Ss'],
  ['FIN with data has no letter for it', [...SHAKE, '>FPA s101 a301 l10'], 'S2', 'ShAF'],
  ['data with the first ACK', ['>S s100', '<SA s300 a101', '>PA a301 l10'], 'S1', 'ShD'],
  ['FIN and RST in one', [...SHAKE, '>FR s101'], 'RSTO', 'ShAI'],
  ['SYN and FIN in one', ['>SF s100'], 'SH', 'Q'],
  ['a second FIN with another number', [...SHAKE, '>FA s101', '>FA s101', '>FA s105'], 'S2', 'ShAFF'],
  ['a wrong checksum tells nothing else', ['>S s100 !', '>S s100'], 'S0', 'CS'],
  ['data sent again', [...SHAKE, '>PA l10', '>PA l10'], 'S1', 'ShADT'],
  ['zero window', [...SHAKE, '>PA l10', '<A a111 w0'], 'S1', 'ShADaw'],
  ['no zero window with a RST', [...SHAKE, '<R s301 w0'], 'RSTR', 'ShAr'],
  ['no zero window behind the other’s FIN', [...SHAKE, '>FA s101', '<A s301 a102 w0'], 'S2', 'ShAFa'],
  ['an ACK of what was not captured', [...SHAKE, '>PA l10', '<A a2000'], 'S1', 'ShADaG'],
  ['an ACK over a hole', [...SHAKE, '>PA l10', '>PA s121 l10', '<A a131'], 'S1', 'ShADaG'],
  ['a hole that is filled', [...SHAKE, '>PA l10', '>PA s121 l10', '>PA s111 l10', '<A a131'], 'S1', 'ShADTa'],
  [
    'sequence numbers that wrap',
    ['>S s4294967290', '<SA s300 a4294967291', '>A s4294967291 a301', '>PA s4294967291 l10', '>PA s5 l10'],
    'S1',
    'ShAD',
  ],
];

describe('TCP', () => {
  test.each(CONNECTIONS)('%s', (_, segments, state, history) => {
    const table = track(segments);
    expect(table.size).toBe(1);
    expect(told(table)).toEqual([state, history]);
  });

  test.each(CONNECTIONS)('after a restart: %s', (_, segments, state, history) => {
    const { entries } = track([segments[0]]);
    const again = new FlowTable(registry);
    again.restore((entry, flows) => {
      flows.transport[entry] = entries.transport[0];
      restoreHistory(flows, entry, history);
    });
    // What the text does not tell is only which end spoke in a SYN without an answer.
    expect(told(again)).toEqual([state, history]);
  });

  test('what comes often is told the first, the tenth and the hundredth time', () => {
    const again = Array.from({ length: 100 }, () => '>PA l10');
    expect(told(track([...SHAKE, ...again.slice(0, 10)]))[1]).toBe('ShADT');
    expect(told(track([...SHAKE, ...again.slice(0, 11)]))[1]).toBe('ShADTT');
    expect(told(track([...SHAKE, ...again, '>PA l10']))[1]).toBe('ShADTTT');
  });

  test('a history has an end', () => {
    const resets = Array.from({ length: 1000 }, (_, index) => `>R s${index + 500}`);
    const [state, history] = told(track(['>S s100', ...resets]));
    expect(state).toBe('RSTOS0');
    expect(history).toBe(`S${'R'.repeat(HISTORY_LETTERS - 2)}X`);
  });

  test('the handshake takes from the client’s last SYN to its ACK', () => {
    const { entries } = track(['>S s100', '>S s100', '<SA s300 a101', '>A a301', '>A a301']);
    expect(entries.handshake[0]).toBe(2e6);
    expect(track(['>S s100', '<RA s0 a101']).entries.handshake[0]).toBeNaN();
    expect(track(['<SA s300 a101', '>A a301']).entries.handshake[0]).toBeNaN();
  });

  test('a SYN with another number is another connection, whether or not the one before was closed', () => {
    expect(track([...SHAKE, '>R s101', '>S s9000']).size).toBe(2);
    expect(track([...SHAKE, '>FA s101', '<FA s301 a102', '>S s9000']).size).toBe(2);
    expect(track([...SHAKE, '>S s9000']).size).toBe(2);
    expect(track(['>PA l10', '>S s9000']).size).toBe(2);
    expect(track([...SHAKE, '>R s101', '>S s100']).size).toBe(1);
    const turned = track([...SHAKE, '<R s301', '<S s9000']);
    expect(turned.size).toBe(2);
    expect(turned.entries.clientPort[1]).toBe(80);
  });
});

describe('UDP', () => {
  test.each([
    [['>'], 'S0', 'D'],
    [['>', '>', '<', '<', '>'], 'SF', 'Dd'],
    [['<'], 'SHR', '^d'],
    [['<', '>'], 'SF', '^dD'],
    [['> !', '>'], 'S0', 'CD'],
    [['> !'], 'OTH', 'C'],
  ] as const)('%j', (datagrams, state, history) => {
    expect(told(track(datagrams, 17))).toEqual([state, history]);
  });
});

test('transports that Zeek does not know have neither', () => {
  expect(told(track(['>'], 132))).toEqual([null, '']);
});
