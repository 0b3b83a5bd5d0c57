/** Which end of a flow is the client: the opening says it, then the ports do, then whoever speaks first is. */
import { expect, test } from '@jest/globals';
import { FlowTable } from '../../decoders/conversations/flow-table.js';
import { TcpFlag } from '../../decoders/conversations/tcp-flags.js';
import { AddressFamily, Columns } from '../../decoders/core/index.js';
import { registry } from '../../decoders/protocols/index.js';

const TCP = 6;
const UDP = 17;
const SCTP = 132;
const { syn: SYN, ack: ACK } = TcpFlag;

/** `octet`: TCP's control bits, or the type of SCTP's first chunk. */
test.each([
  ['a SYN, whatever the ports', TCP, 80, 40000, SYN, false],
  ['a SYN with ACK, whatever the ports', TCP, 40000, 80, SYN | ACK, true],
  ['from the middle, from a system port', TCP, 443, 40000, ACK, true],
  ['from the middle, to a system port', TCP, 40000, 443, ACK, false],
  ['from the middle, from a port that a decoder is for', TCP, 5432, 40000, ACK, true],
  ['from the middle, between ports that nobody knows', TCP, 50001, 50002, ACK, false],
  ['an answer of DNS', UDP, 53, 33000, 0, true],
  ['a question of DNS', UDP, 33000, 53, 0, false],
  ['between servers', UDP, 53, 53, 0, false],
  ['from SIP’s port', UDP, 5060, 33000, 0, true],
  ['INIT, whatever the ports', SCTP, 80, 40000, 1, false],
  ['INIT ACK, whatever the ports', SCTP, 40000, 80, 2, true],
  ['other chunks, from a system port', SCTP, 80, 40000, 3, true],
] as const)('%s', (_, transport, sourcePort, destinationPort, octet, fromServer) => {
  const columns = new Columns(1);
  columns.rows = 1;
  columns.addressFamily[0] = AddressFamily.ipv4;
  columns.transport[0] = transport;
  columns.source[0] = 1;
  columns.destination[0] = 2;
  columns.sourcePort[0] = sourcePort;
  columns.destinationPort[0] = destinationPort;
  columns.transportEnd[0] = 20;
  columns.networkOffset[0] = -1;
  const view = new DataView(new ArrayBuffer(20));
  view.setUint8(transport === SCTP ? 12 : 13, octet);
  const table = new FlowTable(registry);
  table.track(columns, view, 1);
  expect(table.entries.client[0]).toBe(fromServer ? 2 : 1);
  expect(table.entries.serverPort[0]).toBe(fromServer ? sourcePort : destinationPort);
});
