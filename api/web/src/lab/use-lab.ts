/** The demos and their runs, as the service tells them; and what begins, steps and ends a run. */

import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useRef } from 'react';
import { change, get } from '../api/client';
import type { LabRun } from '../api/types';
import { showCapture } from '../state/view';
import { partText } from './lab-part';

/** How often a run is asked for: one that makes steps, and one that waits for somebody. */
const RUNNING_MS = 500;
const WAITING_MS = 3000;

export const isOver = ({ state }: { readonly state: string }): boolean => state !== 'running' && state !== 'waiting';

export const useLab = () =>
  useQuery({
    queryKey: ['lab'],
    queryFn: ({ signal }) => get('/api/lab', {}, {}, signal),
    refetchInterval: 5000,
  });

type Told = NonNullable<ReturnType<typeof useLab>['data']>;
export type LabDemo = Told['demos'][number];
export type LabRuns = Told['runs'];

export const useRun = (id: string) =>
  useQuery({
    queryKey: ['lab-run', id],
    queryFn: ({ signal }) => get('/api/lab/runs/{run}', { run: id }, {}, signal),
    refetchInterval: ({ state: { data, error } }) =>
      error !== null
        ? WAITING_MS
        : data === undefined || isOver(data)
          ? false
          : data.state === 'running'
            ? RUNNING_MS
            : WAITING_MS,
  });

export interface Beginning {
  readonly demo: string;
  readonly parameters: Record<string, unknown>;
  readonly stepwise: boolean;
  /** Id of a running capture; undefined: one of the run's own. */
  readonly capture?: string | undefined;
}

/** Begins a run, and shows it. */
export function useBegin() {
  const queries = useQueryClient();
  return useMutation({
    mutationFn: ({ demo, parameters, stepwise, capture }: Beginning) =>
      change(
        'POST',
        '/api/lab/{demo}',
        { demo },
        { parameters, stepwise, wait: 0, ...(capture === undefined ? {} : { capture }) },
      ),
    onSuccess: (run) => {
      queries.setQueryData(['lab-run', run.id], run);
      void queries.invalidateQueries({ queryKey: ['lab'] });
      void queries.invalidateQueries({ queryKey: ['captures'] });
      showCapture(run.capture, { tab: 'lab', filter: '', part: partText({ demo: run.demo, run: run.id, step: null }) });
    },
  });
}

/** What can be done with a run; each answers with the run as it then is. */
export function useRunActions(id: string) {
  const queries = useQueryClient();
  const stopped = useRef(false);
  const keep = (run: LabRun) => queries.setQueryData(['lab-run', id], run);
  const one = async () => {
    // An answer to an older question must not overtake this one.
    await queries.cancelQueries({ queryKey: ['lab-run', id] });
    return keep(await change('POST', '/api/lab/runs/{run}/step', { run: id })) as LabRun;
  };
  const step = useMutation({ mutationFn: one });
  const rest = useMutation({
    mutationFn: async () => {
      stopped.current = false;
      for (let run = await one(); run.state === 'waiting' && !stopped.current; ) run = await one();
    },
  });
  const end = useMutation({
    mutationFn: async () => {
      stopped.current = true;
      keep(await change('POST', '/api/lab/runs/{run}/end', { run: id }));
    },
  });
  return { step, rest, end, error: step.error ?? rest.error ?? end.error };
}
