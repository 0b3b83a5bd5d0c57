/** Presenter mode: what this page looks at is told to everybody who watches the capture. */

import { create } from 'zustand';
import { change, get, queryClient, ServiceError } from '../api/client';
import type { Bodies, Watching } from '../api/types';
import { useView, type View } from '../state/view';
import { useChallenge } from './challenge';
import { useReplay } from './replay';

/** The watch of the capture that is presented; null: nobody can watch. */
export const usePresenter = create<{ capture: string | null; watch: Watching | null; problem: Error | null }>(() => ({
  capture: null,
  watch: null,
  problem: null,
}));

/** Several changes in short order are one for the viewers. */
const TOGETHER_MS = 80;
const VIEWERS_MS = 3000;

type Told = Bodies['PUT /api/captures/{id}/view'];

function told({ filter, packet, flow, tab, part, from, to }: View): Told {
  const { hidden } = useChallenge.getState();
  const { on, time, speed, playing } = useReplay.getState();
  const replay = on ? { time, speed, playing } : null;
  return { filter, packet, flow, tab, part, from, to, hidden: [...hidden], replay };
}

let stop: (() => void) | undefined;

/** Opens a capture for viewers, and tells them from now on what this page shows. */
export async function present(capture: string): Promise<void> {
  stop?.();
  try {
    const watch = await change('POST', '/api/captures/{id}/watch', { id: capture });
    usePresenter.setState({ capture, watch, problem: null });
  } catch (error) {
    usePresenter.setState({ problem: asError(error) });
    return;
  }
  let timer: ReturnType<typeof setTimeout> | undefined;
  const tell = () => {
    clearTimeout(timer);
    timer = setTimeout(() => {
      const view = useView.getState();
      // Another capture is nobody else's business: viewers stay where they are.
      if (view.capture !== capture) return;
      change('PUT', '/api/captures/{id}/view', { id: capture }, told(view)).catch(report);
    }, TOGETHER_MS);
  };
  const report = (error: unknown) => {
    // A filter that is just being typed wrong is seen here, and not by the viewers.
    if (error instanceof ServiceError && error.status === 400) return;
    usePresenter.setState({ problem: asError(error) });
    if (error instanceof ServiceError && error.status === 404) stop?.();
  };
  const count = setInterval(() => {
    get('/api/captures/{id}/watch', { id: capture })
      .then((watch) => usePresenter.setState({ watch, problem: null }))
      .catch(report);
  }, VIEWERS_MS);
  const ends = [useView.subscribe(tell), useChallenge.subscribe(tell), useReplay.subscribe(tell)];
  stop = () => {
    for (const end of ends) end();
    clearInterval(count);
    clearTimeout(timer);
    stop = undefined;
    usePresenter.setState({ capture: null, watch: null });
  };
  tell();
}

/** Lets nobody watch any more. */
export async function endPresenting(): Promise<void> {
  const { capture } = usePresenter.getState();
  stop?.();
  if (capture === null) return;
  try {
    await change('DELETE', '/api/captures/{id}/watch', { id: capture });
    void queryClient.invalidateQueries({ queryKey: ['captures'] });
  } catch (error) {
    usePresenter.setState({ problem: asError(error) });
  }
}

const asError = (error: unknown): Error => (error instanceof Error ? error : new Error(String(error)));
