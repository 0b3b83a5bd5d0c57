/** Messages with borders, in order: SCTP through SOCK_SEQPACKET (RFC 9260, RFC 6458). */

import { z } from 'zod';
import { demo } from './demo.js';
import { address, bpfHost, familyOf, networkInterface, port } from './parameters.js';
import { snippets } from './snippets.js';
import { openSocket } from './sockets.js';
import type { Stage } from './stage.js';
import { dataText, type Telling } from './step.js';

const IPPROTO_SCTP = 132;
/** What socket() says where the kernel has no SCTP. */
const MISSING = ['EPROTONOSUPPORT', 'ESOCKTNOSUPPORT', 'EAFNOSUPPORT', 'EINVAL'];
const EPHEMERAL = 40_132;

const FIRST = Buffer.from('one');
const SECOND = Buffer.from('two, three');
const ANSWER = Buffer.from('heard');

export const seqpacket = demo({
  name: 'seqpacket',
  title: 'SOCK_SEQPACKET: messages in order, with SCTP',
  shows:
    'Between the stream and the datagram: SCTP delivers reliably and in order, as TCP does, but whole messages, as UDP does: two sends are two receives. One socket talks to many others (no accept); the association is made by the first message, with four packets, INIT, INIT ACK, COOKIE ECHO, COOKIE ACK, so that a server keeps no state for somebody who only pretends to be there. DATA chunks carry messages, SACK acknowledges them, and SHUTDOWN ends the association. Where the kernel has no SCTP, the demo says so and shows the same conversation as netglass writes it.',
  parameters: z.strictObject({ address, port: port(7013), interface: networkInterface }),
  capture: ({ interface: name, address }) => ({ interfaces: [name], filter: `${bpfHost(address)} and sctp` }),
  view: ({ port }) => `sctp.port == ${port}`,

  async run(stage, { address, port }) {
    const server = await openSocket(stage, 'server', 'SOCK_SEQPACKET', address, {
      protocol: IPPROTO_SCTP,
      mayFail: MISSING,
      note: 'Linux has SCTP as a module; many kernels of containers and virtual machines come without it.',
    });
    if (server.error !== undefined) return showStored(stage, address, port);

    await server.bind(address, port);
    await server.listen(5, { note: 'There is no accept: one socket has all associations.' });
    const client = await openSocket(stage, 'client', 'SOCK_SEQPACKET', address, { protocol: IPPROTO_SCTP });
    await client.sendto(FIRST, address, port, { note: NOTES.open, look: 'sctp.chunk_type in {1, 2, 10, 11}' });
    await client.sendto(SECOND, address, port, { note: NOTES.second, look: 'sctp.chunk_type == 0' });
    const { from } = await server.recvfrom(2048, { note: NOTES.receive });
    await server.recvfrom(2048, { note: NOTES.again });
    if (from !== undefined) await server.sendto(ANSWER, from.address, from.port, { look: 'sctp.chunk_type == 0' });
    await client.recvfrom(2048);
    await client.close({ note: NOTES.close, look: 'sctp.chunk_type in {7, 8, 14}' });
    await stage.seen('sctp.chunk_type == 14', 1, 1000);
    await server.close();
  },
});

const NOTES = {
  open: 'The first message makes the association: INIT, INIT ACK, COOKIE ECHO, COOKIE ACK; the message may go with the third.',
  second: 'Another message: a DATA chunk of its own, which SACK acknowledges.',
  receive: 'One message, whole: the second one waits, unlike in a stream.',
  again: 'And the second.',
  close: 'SHUTDOWN, SHUTDOWN ACK, SHUTDOWN COMPLETE.',
};

/** The same calls, with packets that were written instead of sent. */
async function showStored(stage: Stage, address: string, port: number): Promise<void> {
  const { SctpConversation } = await import('./sctp-packets.js');
  const steps: [Telling, string, bigint, number | undefined][] = [];
  const conversation = new SctpConversation(address, EPHEMERAL, port, stage.now());
  const tell = (step: Telling, result: string, play?: () => void, octets?: number): void => {
    const at = conversation.time - 1000n;
    play?.();
    // What receives has the packet before it.
    steps.push([step, result, step.does === 'receives' ? conversation.time : at, octets]);
  };
  const server = (
    call: string,
    given: readonly (string | number)[],
    more: Omit<Telling, 'end' | 'call' | 'arguments'>,
  ): Telling => ({
    end: 'server',
    call,
    arguments: ['fd=3', ...given.map(String)],
    ...more,
  });
  const client = (...given: Parameters<typeof server>): Telling => ({ ...server(...given), end: 'client' });
  const to = [JSON.stringify(address), port];
  const socketStep: Telling = {
    end: 'client',
    call: 'socket',
    arguments: [familyOf(address), 'SOCK_SEQPACKET', 'IPPROTO_SCTP'],
    code: snippets.socket(familyOf(address), 'SOCK_SEQPACKET', IPPROTO_SCTP),
    note: 'From here on the packets were written by netglass, as an implementation of SCTP would send them; nobody sent them.',
  };
  tell(socketStep, '3');
  tell({ ...socketStep, end: 'server', note: 'The server’s.' }, '3');
  tell(server('bind', to, { code: snippets.bind('SOCK_SEQPACKET', address, port) }), '0');
  tell(
    server('listen', [5], { code: snippets.listen(5), note: 'There is no accept: one socket has all associations.' }),
    '0',
  );
  const sendto = (data: Buffer) => ({
    code: snippets.sendto(data, address, port),
    does: 'sends' as const,
    look: 'sctp.chunk_type == 0',
  });
  tell(client('sendto', [dataText(FIRST), ...to], { ...sendto(FIRST), note: NOTES.open }), String(FIRST.length), () =>
    conversation.openWith(FIRST),
  );
  tell(
    client('sendto', [dataText(SECOND), ...to], { ...sendto(SECOND), note: NOTES.second }),
    String(SECOND.length),
    () => conversation.say('client', SECOND),
  );
  const receive = { code: snippets.recvfrom(2048), does: 'receives' as const };
  const took = (data: Buffer): string => `${data.length} ${dataText(data)}`;
  tell(server('recvfrom', [2048], { ...receive, note: NOTES.receive }), took(FIRST), undefined, FIRST.length);
  tell(server('recvfrom', [2048], { ...receive, note: NOTES.again }), took(SECOND), undefined, SECOND.length);
  const back = [dataText(ANSWER), JSON.stringify(address), EPHEMERAL];
  tell(server('sendto', back, sendto(ANSWER)), String(ANSWER.length), () => conversation.say('server', ANSWER));
  tell(client('recvfrom', [2048], receive), took(ANSWER), undefined, ANSWER.length);
  const close = { code: snippets.close(), does: 'sends' as const };
  tell(client('close', [], { ...close, note: NOTES.close, look: 'sctp.chunk_type in {7, 8, 14}' }), '0', () =>
    conversation.close(),
  );
  tell(server('close', [], close), '0');

  await stage.show(conversation.file(), 'lab: seqpacket (written by netglass)');
  const ends = { client: { address, port: EPHEMERAL }, server: { address, port } };
  for (const [step, result, at, octets] of steps) {
    const [local, remote] = step.end === 'client' ? [ends.client, ends.server] : [ends.server, ends.client];
    const touch = step.does === undefined ? {} : { touch: { local, remote } };
    await stage.step(step, () => ({
      value: undefined,
      result,
      began: at,
      ended: at,
      ...touch,
      ...(octets === undefined ? {} : { octets }),
    }));
  }
}
