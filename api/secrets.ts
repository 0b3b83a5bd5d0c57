/** The secrets with which a capture's TLS and QUIC are decrypted. They go in, and never come out. */

import { z } from 'zod';
import { addTaken } from '../captures/secrets/capture-secrets.js';
import type { Taken } from '../captures/secrets/key-log.js';
import { MAXIMUM_KEY_LOG } from '../captures/secrets/key-log-file.js';
import type { CaptureStore } from '../captures/store/capture-store.js';
import { captureOf } from './context.js';
import { ApiError } from './problem.js';
import { route } from './route.js';
import { captureId } from './schemas.js';

const count = z.int().min(0);
const labels = z.record(z.string(), count).describe('How many of each label of the key log.');

const LONGEST_REST = 4096;

const stored = {
  labels,
  sessions: count.describe('TLS sessions of which there are secrets: different client randoms.'),
};

export const secretRoutes = [
  route({
    method: 'get',
    path: '/api/captures/{id}/secrets',
    tag: 'secrets',
    summary: 'How many secrets a capture has',
    description: 'Only their numbers: the secrets themselves are in no answer but an exported pcapng.',
    params: captureId,
    responses: { 200: { description: 'Their numbers.', schema: z.object(stored) } },
    handle: async ({ params }, context) => {
      captureOf(context, params.id);
      return { status: 200, body: await context.store.secretCounts(params.id) };
    },
  }),
  route({
    method: 'post',
    path: '/api/captures/{id}/secrets',
    tag: 'secrets',
    summary: 'Give the secrets of TLS sessions',
    description:
      'The body is the text of an SSLKEYLOGFILE, as browsers, curl and Node’s `--tls-keylog` write it. Lines that are no secrets are counted and ignored. They are kept in this capture’s folder only, readable by its owner; from then on what they decrypt is in packets, filters and streams, and exported pcapng files carry them. Deleting the capture deletes them. With curl: `--data-binary @keys.log`',
    params: captureId,
    streamedBody: 'A key log.',
    responses: {
      200: {
        description: 'What became of the lines.',
        schema: z.object({
          taken: z.object({
            labels: labels.describe('Secrets of the body by label.'),
            known: count.describe('Of these, secrets that the capture had already.'),
            ignored: count.describe('Lines that are neither secrets, nor comments, nor empty.'),
            refused: count.describe('Secrets of sessions for which there was no room.'),
          }),
          ...stored,
        }),
      },
    },
    handle: async ({ params, request }, context) => {
      captureOf(context, params.id);
      const taken = await takeLines(context.store, params.id, request);
      return { status: 200, body: { taken, ...(await context.store.secretCounts(params.id)) } };
    },
  }),
];

/** Takes a body piece by piece: a large one does not hold up others. */
async function takeLines(store: CaptureStore, id: string, body: AsyncIterable<Uint8Array>): Promise<Taken> {
  const taken: Taken = { labels: {}, known: 0, ignored: 0, refused: 0 };
  let rest = '';
  let octets = 0;
  for await (const piece of body) {
    octets += piece.length;
    if (octets > MAXIMUM_KEY_LOG)
      throw new ApiError(413, 'too-large', `The key log is larger than ${MAXIMUM_KEY_LOG} octets.`, {
        hint: 'Give only the lines of connections that are in the capture.',
      });
    const whole = rest + Buffer.from(piece.buffer, piece.byteOffset, piece.length).toString('latin1');
    const end = whole.lastIndexOf('\n') + 1;
    rest = whole.slice(end);
    // What is this long and has no end is no line of a key log, but counts as one.
    if (rest.length > LONGEST_REST) rest = rest.slice(0, LONGEST_REST);
    if (end > 0) addTaken(taken, await store.addSecrets(id, whole.slice(0, end)));
  }
  if (rest !== '') addTaken(taken, await store.addSecrets(id, rest));
  if (octets === 0)
    throw new ApiError(400, 'no-secrets', 'The body is empty: it must be the text of an SSLKEYLOGFILE.', {
      hint: 'With curl: --data-binary @keys.log',
    });
  return taken;
}
