/** The captures of this service, as they are every few seconds. */

import { useQuery } from '@tanstack/react-query';
import { get } from '../api/client';

/** @param wanted a page that only watches may not ask */
export const useCaptures = (wanted = true) =>
  useQuery({
    queryKey: ['captures'],
    queryFn: ({ signal }) => get('/api/captures', {}, {}, signal),
    refetchInterval: 5000,
    enabled: wanted,
  });
