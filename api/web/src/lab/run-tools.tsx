/** How a run is doing, and what can be done with it. */

import type { LabRun } from '../api/types';
import { ProblemNotice } from '../parts/problem-notice';
import { show } from '../state/view';
import { text } from '../text';
import { isOver, useBegin, useRunActions } from './use-lab';

const words = text.lab.page;

export function RunTools({ run }: { readonly run: LabRun }) {
  const { step, rest, end, error } = useRunActions(run.id);
  const again = useBegin();
  const over = isOver(run);
  const busy = step.isPending || rest.isPending;
  const waits = run.state === 'waiting' && !busy;
  return (
    <>
      <span role="status" className={`lab-state ${run.state}`}>
        {words.states[run.state]}
      </span>
      <div className="lab-buttons">
        {run.stepwise && !over && (
          <>
            <button type="button" className="primary" aria-disabled={!waits} onClick={() => waits && step.mutate()}>
              {words.next}
            </button>
            <button type="button" aria-disabled={!waits} onClick={() => waits && rest.mutate()}>
              {words.rest}
            </button>
          </>
        )}
        {!over && (
          <button type="button" className="danger" disabled={end.isPending} onClick={() => end.mutate()}>
            {words.stop}
          </button>
        )}
        {over && (
          <button
            type="button"
            disabled={again.isPending}
            onClick={() => again.mutate({ demo: run.demo, parameters: run.parameters, stepwise: run.stepwise })}
          >
            {words.again}
          </button>
        )}
        {run.packets.length > 0 && (
          <>
            <button
              type="button"
              title={words.packetsTitle}
              onClick={() => show({ tab: 'packets', filter: run.filter, packet: null })}
            >
              {words.packets(run.packets.length)}
            </button>
            <button
              type="button"
              onClick={() =>
                show(
                  run.flows.length === 1
                    ? { tab: 'flows', flow: run.flows[0], part: 'sequence' }
                    : { tab: 'flows', flow: null, part: 'sequence', filter: run.filter },
                )
              }
            >
              {words.ladder}
            </button>
          </>
        )}
      </div>
      <ProblemNotice error={error ?? again.error} />
    </>
  );
}
