/** Start and stop, in reach from everywhere. */

import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { change } from '../api/client';
import { ProblemNotice } from '../parts/problem-notice';
import { useLive } from '../state/live';
import { text } from '../text';
import { StartDialog } from './start-dialog';

const words = text.captures;

export function CaptureButtons() {
  const [open, setOpen] = useState(false);
  const { capture, connection } = useLive();
  const queries = useQueryClient();
  const stop = useMutation({
    mutationFn: (id: string) => change('POST', '/api/captures/{id}/stop', { id }),
    onSuccess: () => queries.invalidateQueries({ queryKey: ['captures'] }),
  });
  const running = capture?.state === 'running' && connection !== 'missing';
  return (
    <div className="capture-buttons">
      <button type="button" className={running ? undefined : 'primary'} onClick={() => setOpen(true)}>
        {words.start}
      </button>
      {running && (
        <button type="button" onClick={() => stop.mutate(capture.id)} disabled={stop.isPending}>
          {stop.isPending ? words.stopping : words.stop}
        </button>
      )}
      <ProblemNotice error={stop.error} />
      {open && <StartDialog onClose={() => setOpen(false)} />}
    </div>
  );
}
