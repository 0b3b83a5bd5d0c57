/** The number that Wireshark gives to a conversation, by which a filter means it alone. */

import { useQuery } from '@tanstack/react-query';
import { get } from '../api/client';
import type { Flow } from '../api/types';
import { useView } from '../state/view';
import { flowFilter } from './flow-words';

const NUMBERED = /^(tcp|udp)$/;

/** `tcp.stream == 3`; where there is no such number, both ends' addresses and ports, which others may have had too. */
export function useFlowFilter(flow: Flow): string {
  const id = useView((view) => view.capture) ?? '';
  const name = `${flow.transport}.stream`;
  const { data } = useQuery({
    queryKey: ['stream-number', id, flow.id],
    queryFn: async ({ signal }) => {
      const query = { limit: 1, fields: name };
      const { packets } = await get('/api/captures/{id}/flows/{flow}/packets', { id, flow: flow.id }, query, signal);
      return packets[0]?.fields?.[name]?.[0] ?? null;
    },
    enabled: NUMBERED.test(flow.transport),
    staleTime: Number.POSITIVE_INFINITY,
    gcTime: 60_000,
  });
  return data === undefined || data === null || !/^\d+$/.test(data) ? flowFilter(flow) : `${name} == ${data}`;
}
