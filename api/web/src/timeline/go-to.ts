/** From a moment to the packet list. */

import { get } from '../api/client';
import { combine } from '../filter/combine';
import { select } from '../packets/list-state';
import { effectiveFilter, show, useView } from '../state/view';

/**
 * Selects the first packet of those in the list that came at a time or later.
 *
 * @param time seconds since the capture's first packet
 * @throws as `get`
 */
export async function goTo(time: number): Promise<void> {
  const { capture, tab } = useView.getState();
  if (capture === null) return;
  const filter = effectiveFilter(useView.getState());
  const before = combine(filter, `frame.time_relative < ${Math.max(0, time).toFixed(6)}`, 'and');
  const { count } = await get('/api/captures/{id}/packets/count', { id: capture }, { filter: before });
  if (useView.getState().capture !== capture) return;
  if (tab !== 'packets') show({ tab: 'packets' });
  select(count);
}
