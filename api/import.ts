/** Capture files in: the body is the file. */

import { z } from 'zod';
import { captureJson } from './present.js';
import { ApiError } from './problem.js';
import { route } from './route.js';
import { capture } from './schemas.js';

export const importRoutes = [
  route({
    method: 'post',
    path: '/api/captures/import',
    tag: 'captures',
    summary: 'Import a capture file',
    description:
      'The body is the file itself, of any size: pcap (µs, ns, either byte order, modified) or pcapng, each also gzip-compressed. Of a damaged file every packet before the damage is kept, and `error` says where and what. With curl: `curl -T FILE -X POST …`, or `--data-binary @FILE`.',
    query: z.strictObject({
      name: z.string().trim().min(1).max(200).default('import').describe('What to call the capture.'),
    }),
    streamedBody: 'A pcap or pcapng file.',
    responses: {
      201: {
        description: 'Every packet is stored and indexed.',
        schema: capture,
        headers: { Location: 'The capture’s address.' },
      },
    },
    handle: async ({ query, request }, { store }) => {
      if (
        request.headers['content-length'] === '0' ||
        (request.headers['content-length'] ?? request.headers['transfer-encoding']) === undefined
      )
        throw new ApiError(400, 'not-a-capture', 'The body is empty: it must be the capture file.', {
          hint: 'With curl: --data-binary @FILE',
        });
      // The socket must outlive a file that is refused half-way, or the client would never read why.
      const chunks = request.iterator({ destroyOnReturn: false }) as AsyncIterable<Uint8Array>;
      const record = await store.importStream(chunks, query.name);
      return { status: 201, body: captureJson(record), headers: { Location: `/api/captures/${record.id}` } };
    },
  }),
];
