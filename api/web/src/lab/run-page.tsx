/** A run: its steps, the chosen one with its code and packets, and the ladder beside them. */

import { useQueryClient } from '@tanstack/react-query';
import { useEffect, useMemo } from 'react';
import { ServiceError } from '../api/client';
import type { LabRun } from '../api/types';
import { LadderView } from '../flows/ladder-view';
import { ProblemNotice } from '../parts/problem-notice';
import { show, useView } from '../state/view';
import { text } from '../text';
import { partText } from './lab-part';
import { showDemos } from './lab-tab';
import './run.css';
import { RunTools } from './run-tools';
import { StepDetail } from './step-detail';
import { StepList } from './step-list';
import { isOver, type LabDemo, useRun } from './use-lab';

const words = text.lab;

interface Props {
  readonly demo: LabDemo;
  readonly id: string;
  /** Number of the step that is looked at; null: the newest. */
  readonly chosen: number | null;
}

export function RunPage({ demo, id, chosen }: Props) {
  const { data: run, error, isPending } = useRun(id);
  return (
    <>
      <div className="lab-head">
        <button type="button" onClick={showDemos}>
          {words.back}
        </button>
        <h2>{demo.title}</h2>
        {run !== undefined && <RunTools run={run} />}
      </div>
      <ProblemNotice error={error} />
      {error instanceof ServiceError && error.status === 404 && (
        <div className="lab-gone">
          <p>{words.page.gone}</p>
          <button type="button" className="primary" onClick={() => show({ part: demo.name })}>
            {words.page.again}
          </button>
        </div>
      )}
      {isPending && error === null && <p className="notice">{text.app.loading}</p>}
      {run !== undefined && <Run run={run} chosen={chosen} />}
    </>
  );
}

/**
 * The number of the step that is looked at: the chosen one, or the newest; of a run without any, the one that comes. A run
 * that was made at once is read from its beginning.
 */
function lookedAt(run: LabRun, chosen: number | null): number {
  const { steps, next } = run;
  const last = steps.length + (next === null ? 0 : 1);
  if (chosen !== null && chosen <= last) return chosen;
  return isOver(run) && !run.stepwise ? 1 : Math.max(1, steps.length);
}

function Run({ run, chosen }: { readonly run: LabRun; readonly chosen: number | null }) {
  const queries = useQueryClient();
  const capture = useView((view) => view.capture);
  const { packets, state } = run;
  const made = packets.length;
  useEffect(() => {
    // A demo without packets of its own shows a stored capture; and the links below are of the run's capture alone.
    if (run.capture !== capture) show({ capture: run.capture, packet: null, flow: null }, true);
  }, [run.capture, capture]);
  useEffect(() => {
    // The ladder has what the run says it has, also when the capture has ended meanwhile.
    if (made >= 0 && state !== undefined) void queries.invalidateQueries({ queryKey: ['sequence', run.capture] });
  }, [queries, made, state, run.capture]);
  const number = lookedAt(run, chosen);
  const step = run.steps[number - 1];
  const lit = useMemo(() => new Set([...(step?.packets ?? []), ...(step?.received ?? [])]), [step]);
  const choose = (to: number | null) => show({ part: partText({ demo: run.demo, run: run.id, step: to }) }, true);
  const first = packets[0]?.number ?? 1;
  const filter = first > 1 ? `(${run.filter}) && frame.number >= ${first}` : run.filter;
  return (
    <>
      {run.error !== undefined && (
        <div className="notice bad" role="alert">
          {run.error.detail}
          {run.error.hint !== undefined && <p className="notice-hint">{run.error.hint}</p>}
        </div>
      )}
      {run.warnings.map((warning) => (
        <p className="notice warn" key={warning}>
          {warning}
        </p>
      ))}
      <div className="lab-run">
        <StepList run={run} chosen={number} onChoose={choose} />
        <StepDetail run={run} number={number} />
        {made > 0 && (
          <section className="lab-ladder" aria-label={words.ladder}>
            <LadderView
              flow={null}
              filter={filter}
              lit={lit}
              litMark={step?.mark ?? null}
              onPickMark={(mark) => {
                const of = run.steps.findIndex((one) => one.mark === mark);
                if (of >= 0) choose(of + 1);
              }}
              onPick={(packet) => {
                show({ packet });
                const of = run.steps.findIndex((one) => one.packets.includes(packet));
                if (of >= 0) choose(of + 1);
              }}
            />
          </section>
        )}
      </div>
    </>
  );
}
