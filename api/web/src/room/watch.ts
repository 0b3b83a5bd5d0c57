/** The page of somebody who watches: it shows the capture of its token, and goes where the presenter goes. */

import { create } from 'zustand';
import { address, get, ServiceError, watchToken } from '../api/client';
import type { Answers } from '../api/types';
import { show, TABS, useView } from '../state/view';
import { useChallenge } from './challenge';
import { follow as followReplay } from './replay';

export interface Watch {
  /** null: this page is not one that watches. */
  readonly token: string | null;
  /** Whether this page goes where the presenter goes. */
  readonly following: boolean;
  /** Whether the presenter's page has said what it shows. */
  readonly presented: boolean;
  readonly ended: boolean;
  readonly problem: string | null;
}

export const useWatch = create<Watch>(() => ({
  token: watchToken,
  following: true,
  presented: false,
  ended: false,
  problem: null,
}));

type Shown = Answers['GET /api/watch']['view'];
const AGAIN_MS = 1000;
let newest: Shown = null;

function apply(view: Shown): void {
  newest = view;
  if (view === null) return;
  useWatch.setState({ presented: true });
  useChallenge.setState({ hidden: new Set(view.hidden ?? []) });
  if (!useWatch.getState().following) return;
  const { filter = '', packet = null, flow = null, part = null, from = null, to = null } = view;
  const tab = TABS.find((name) => name === view.tab) ?? 'packets';
  show({ filter, packet, flow, part, from, to, tab: tab === 'captures' || tab === 'lab' ? 'packets' : tab }, true);
  followReplay(view.replay ?? null);
}

/** Goes where the presenter goes, or looks around alone. */
export function setFollowing(following: boolean): void {
  useWatch.setState({ following });
  if (following) apply(newest);
}

/** Begins, once, on a page below `/watch/`. */
export function startWatching(): () => void {
  let over = false;
  let source: EventSource | undefined;
  let timer: ReturnType<typeof setTimeout> | undefined;
  const begin = async () => {
    try {
      const { capture, view } = await get('/api/watch');
      if (over) return;
      useView.setState({ capture });
      useWatch.setState({ problem: null, ended: false });
      apply(view);
      source = new EventSource(address('/api/captures/{id}/view', { id: capture }));
      source.addEventListener('view', ({ data }: MessageEvent<string>) =>
        apply((JSON.parse(data) as { view: Shown }).view),
      );
      source.addEventListener('ended', () => {
        source?.close();
        useWatch.setState({ ended: true });
      });
      source.addEventListener('error', () => {
        if (source?.readyState === EventSource.CLOSED) again();
      });
    } catch (error) {
      if (over) return;
      if (error instanceof ServiceError && (error.status === 401 || error.status === 404))
        useWatch.setState({ ended: true, problem: error.message });
      else again();
    }
  };
  const again = () => {
    if (over) return;
    clearTimeout(timer);
    timer = setTimeout(() => void begin(), AGAIN_MS);
  };
  void begin();
  return () => {
    over = true;
    clearTimeout(timer);
    source?.close();
  };
}
