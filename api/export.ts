/** Captures out: a file to download, and a file that goes on while the capture runs. */

import { z } from 'zod';
import type { ExportFormat, ExportQuery } from '../captures/query/query-types.js';
import { captureOf } from './context.js';
import { route } from './route.js';
import { captureId, filter } from './schemas.js';
import { sendPieces } from './stream.js';

const mediaTypes: Readonly<Record<ExportFormat, string>> = {
  pcapng: 'application/x-pcapng',
  pcap: 'application/vnd.tcpdump.pcap',
  csv: 'text/csv; charset=utf-8',
  json: 'application/json',
};

/**
 * A Content-Disposition for a name that somebody typed (RFC 6266): for old clients in harmless ASCII, for all others as
 * it is, but for what a file's name cannot have.
 */
export function attachment(name: string, extension: string): string {
  const stem = name.replace(/\.(pcapng|pcap|cap|ntar)(\.gz)?$/i, '');
  const kept = Array.from(stem, (character) => (/[\p{L}\p{N} ._()+=,-]/u.test(character) ? character : '_')).join('');
  const full = `${kept.replace(/^[. ]+|[. ]+$/g, '').slice(0, 120) || 'capture'}.${extension}`;
  const ascii = full.replace(/[^\x20-\x7e]/g, '_');
  const encoded = encodeURIComponent(full).replace(
    /['()*]/g,
    (one) => `%${one.charCodeAt(0).toString(16).toUpperCase()}`,
  );
  return `attachment; filename="${ascii}"; filename*=UTF-8''${encoded}`;
}

const withFilter = (query: { filter?: string | undefined }): Pick<ExportQuery, 'filter'> =>
  query.filter === undefined ? {} : { filter: query.filter };

export const exportRoutes = [
  route({
    method: 'get',
    path: '/api/captures/{id}/export',
    tag: 'packets',
    summary: 'Download packets as a file',
    params: captureId,
    query: z.strictObject({ format: z.enum(['pcapng', 'pcap', 'csv', 'json']).default('pcapng'), filter }),
    responses: {
      200: {
        description: 'The file, streamed.',
        other: {
          'application/x-pcapng': 'pcapng, with every interface, comment and count of lost packets',
          'application/vnd.tcpdump.pcap': 'pcap with nanoseconds, for captures of one link type',
          'text/csv': 'one line a packet, with a header',
          'application/json': 'a list of the rows of the packet list',
        },
        headers: { 'Content-Disposition': 'The file’s name.' },
      },
    },
    handle: async ({ params, query, request, response }, context) => {
      const record = captureOf(context, params.id);
      const pieces = context.queries.export(params.id, { format: query.format, ...withFilter(query) });
      await sendPieces(request, response, pieces, () => {
        response.set('Content-Type', mediaTypes[query.format]);
        response.set('Content-Disposition', attachment(record.name, query.format));
      });
      return undefined;
    },
  }),
  route({
    method: 'get',
    path: '/api/captures/{id}/live.pcapng',
    tag: 'packets',
    summary: 'All packets from the first one on, and new ones as they come',
    description: 'Ends when the capture stops. Into Wireshark: `curl -N ADDRESS | wireshark -k -i -`.',
    params: captureId,
    query: z.strictObject({ filter }),
    responses: { 200: { description: 'A pcapng file that goes on.', other: { 'application/x-pcapng': 'pcapng' } } },
    handle: async ({ params, query, request, response }, context) => {
      const record = captureOf(context, params.id);
      const pieces = context.queries.export(params.id, { format: 'pcapng', follow: true, ...withFilter(query) });
      await sendPieces(request, response, pieces, () => {
        response.set('Content-Type', mediaTypes.pcapng);
        response.set('Content-Disposition', attachment(record.name, 'pcapng'));
      });
      return undefined;
    },
  }),
];
