/** A file from peer to peer, in pieces that are verified, as BitTorrent does it; and the same from one server. */

import { createHash } from 'node:crypto';
import { z } from 'zod';
import { CaptureError } from '../captures/sources/source.js';
import { demo } from './demo.js';
import { networkInterface, port } from './parameters.js';
import { Peer, Pieces, servedTable, Tracker } from './peers.js';
import type { Stage } from './stage.js';

const TRACKER = '127.0.0.10';
const SERVER = '127.0.0.20';
const PEERS = ['127.0.0.11', '127.0.0.12', '127.0.0.13'] as const;

export const p2p = demo({
  name: 'p2p',
  title: 'Peer to peer: a file in verified pieces, against one server',
  shows:
    'Three peers that are client and server at once, each at an address of its own. The first has a file; a tracker tells who has which pieces, and the SHA-256 of each. The second and the third take different pieces from the first, and then the missing ones from each other: every piece leaves its owner once, and whoever has it serves it on. A piece that does not have its hash is not taken, so that nobody has to be trusted. Then the same file goes from one server to two clients: the server sends everything twice. With --dies the third peer dies in the middle of a piece; the second notices, and takes the rest from the first.',
  parameters: z.strictObject({
    port: port(7020),
    pieces: z.int().min(2).max(40).default(6).describe('Pieces of the file.'),
    pieceSize: z.int().min(1).max(16_384).default(1024).describe('Octets of a piece.'),
    dies: z.boolean().default(false).describe('The third peer dies in the middle of a piece.'),
    interface: networkInterface,
  }),
  capture: ({ interface: name, port }) => ({ interfaces: [name], filter: `tcp port ${port} and net 127.0.0.0/27` }),
  view: ({ port }) => `tcp.port == ${port} && ip.addr == 127.0.0.0/27`,
  needs: ({ port }) => [TRACKER, SERVER, ...PEERS].map((address) => ({ transport: 'tcp', address, port })),

  async run(stage, { port, pieces: count, pieceSize, dies }) {
    const file = new Pieces(count, pieceSize);
    const tracker = await Tracker.start(stage, TRACKER, port);
    const peers: Peer[] = [];
    for (const [index, address] of PEERS.entries())
      peers.push(await Peer.start(stage, `peer ${index + 1}`, address, port, index === 0 ? file.all : []));
    const [first, second, third] = peers;
    for (const peer of peers) await tracker.announce(peer, file);

    const half = (odd: number): number[] => file.numbers.filter((number) => number % 2 === odd);
    await second.fetch(first, half(0), file);
    await third.fetch(first, half(1), file);
    for (const peer of [second, third]) await tracker.announce(peer, file);
    const middle = dies ? Math.floor(half(1).length / 2) : undefined;
    const lost = await second.fetch(third, half(1), file, middle);
    if (lost.length > 0) {
      await third.die();
      await second.fetch(first, lost, file);
    } else await third.fetch(second, half(0), file);
    for (const peer of peers) await peer.close();
    await tracker.close();
    const complete = dies ? [second] : [second, third];
    await verify(stage, complete, file);

    const server = await Peer.start(stage, 'server', SERVER, port, file.all);
    const clients: Peer[] = [];
    for (const [index, address] of PEERS.slice(1).entries()) {
      const client = Peer.client(stage, `client ${index + 1}`, address, port);
      await client.fetch(server, file.numbers, file);
      clients.push(client);
    }
    await server.close();
    await verify(stage, clients, file);
    await compare(stage, [...peers, server]);
  },
});

/** Whether each has the file that the first one had. */
async function verify(stage: Stage, peers: readonly Peer[], file: Pieces): Promise<void> {
  for (const peer of peers)
    await stage.step(
      {
        end: peer.name,
        call: 'sha256',
        arguments: ['the whole file'],
        code: {
          python: 'hashlib.sha256(b"".join(pieces)).hexdigest()',
          c: 'SHA256(file, length, digest); // OpenSSL',
          typescript: "createHash('sha256').update(Buffer.concat(pieces)).digest('hex');",
        },
        note: 'All pieces, in their order: the file.',
      },
      () => {
        const got = createHash('sha256').update(peer.file()).digest('hex');
        if (got !== file.hash) throw new CaptureError('io', `${peer.name} does not have the file that it was sent.`);
        return { value: undefined, result: `${got.slice(0, 16)}… as it should be` };
      },
    );
}

async function compare(stage: Stage, peers: readonly Peer[]): Promise<void> {
  await stage.step(
    {
      end: 'lecturer',
      call: 'compare',
      arguments: ['octets served'],
      code: {
        python: '# netglass: GET /api/captures/ID/statistics/endpoints?type=ip',
        c: '/* Statistics, endpoints, IPv4: what each address has sent. */',
        typescript: '// GET /api/captures/ID/statistics/endpoints?type=ip',
      },
      note: 'Peer to peer, the first owner sends the file once in all; a server sends it once to every client.',
      look: 'tcp.len > 0',
    },
    () => ({ value: undefined, result: 'see the table', output: servedTable(peers) }),
  );
}
