/** The field reference: asked for once, when somebody wants to know. */

import { useQuery } from '@tanstack/react-query';
import { useMemo } from 'react';
import { get } from '../../api/client';
import type { FieldInfo } from '../../api/types';

export function useFields(wanted: boolean) {
  const { data, error } = useQuery({
    queryKey: ['fields'],
    queryFn: ({ signal }) => get('/api/fields', {}, {}, signal),
    enabled: wanted,
    staleTime: Number.POSITIVE_INFINITY,
    gcTime: Number.POSITIVE_INFINITY,
  });
  const fields = useMemo(() => new Map<string, FieldInfo>(data?.fields.map((field) => [field.name, field])), [data]);
  const protocols = useMemo(() => new Map(data?.protocols.map((protocol) => [protocol.name, protocol])), [data]);
  return { fields, protocols, ready: data !== undefined, error };
}
