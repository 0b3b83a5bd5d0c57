/** A run: its steps, the chosen one with its code and packets, and the ladder beside them. */

import { useCallback, useEffect } from 'react';
import { ServiceError } from '../api/client';
import type { LabRun } from '../api/types';
import { isMark, type Step } from '../flows/ladder-layout';
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

function choose({ demo, id }: LabRun, step: number): void {
  show({ part: partText({ demo, run: id, step }) }, true);
}

/** Goes to the step of the run that the ladder's step is, or that has made its packet. */
function chooseOf(run: LabRun, one: Step): void {
  const at = run.steps.findIndex((step) => (isMark(one) ? step.mark === one.mark : step.packets.includes(one.packet)));
  if (at >= 0) choose(run, at + 1);
}

function Run({ run, chosen }: { readonly run: LabRun; readonly chosen: number | null }) {
  const capture = useView((view) => view.capture);
  const { packets, state } = run;
  const made = packets.length;
  useEffect(() => {
    // A demo without packets of its own shows a stored capture; and the links below are of the run's capture alone.
    if (run.capture !== capture) show({ capture: run.capture, packet: null, flow: null }, true);
  }, [run.capture, capture]);
  const number = lookedAt(run, chosen);
  const step = run.steps[number - 1];
  const isLit = useCallback(
    (one: Step) =>
      isMark(one)
        ? one.mark === step?.mark
        : step?.packets.includes(one.packet) === true || step?.received.includes(one.packet) === true,
    [step],
  );
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
        <StepList run={run} chosen={number} onChoose={(to) => choose(run, to)} />
        <StepDetail run={run} number={number} />
        {made > 0 && (
          <section className="lab-ladder" aria-label={words.ladder}>
            <LadderView
              flow={null}
              filter={filter}
              isLit={isLit}
              // The ladder has what the run says it has, also when the capture has ended meanwhile.
              news={`${made} ${state}`}
              onChoose={(one) => chooseOf(run, one)}
            />
          </section>
        )}
      </div>
    </>
  );
}
