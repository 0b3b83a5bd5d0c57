/** One demo: what it shows, what it runs with, and the two ways to run it. */

import { type FormEvent, useState } from 'react';
import { ServiceError } from '../api/client';
import { ProblemNotice } from '../parts/problem-notice';
import { useLive } from '../state/live';
import { useView } from '../state/view';
import { text } from '../text';
import { showDemos } from './lab-tab';
import { ParameterInput } from './parameter-input';
import { parametersOf, valuesOf } from './parameters';
import { RunLinks } from './run-links';
import { isOver, type LabDemo, type LabRuns, useBegin } from './use-lab';

const words = text.lab;

interface Props {
  readonly demo: LabDemo;
  readonly runs: LabRuns;
}

export function DemoPage({ demo, runs }: Props) {
  const open = runs.filter((run) => run.demo === demo.name && !isOver(run));
  const parameters = parametersOf(demo.parameters);
  const capture = useLive(({ capture: one }) => (one?.state === 'running' ? one : null));
  const shown = useView((view) => view.capture);
  const joinable = capture !== null && capture.id === shown ? capture : null;
  const [joins, setJoins] = useState(false);
  const begin = useBegin();
  const submit = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    const { submitter } = event.nativeEvent as SubmitEvent;
    begin.mutate({
      demo: demo.name,
      parameters: valuesOf(parameters, new FormData(event.currentTarget)),
      stepwise: submitter?.getAttribute('value') === 'stepwise',
      capture: joins && joinable !== null ? joinable.id : undefined,
    });
  };
  return (
    <>
      <div className="lab-head">
        <button type="button" onClick={showDemos}>
          {words.back}
        </button>
        <h2>{demo.title}</h2>
        <code className="lab-name">{demo.name}</code>
      </div>
      {open.length > 0 && (
        <div className="notice warn">
          {words.unfinished}
          <RunLinks runs={open} titleOf={() => demo.title} />
        </div>
      )}
      <div className="lab-demo">
        <p className="lab-shows">{demo.shows}</p>
        <form onSubmit={submit} className="lab-form" aria-label={words.parameters}>
          <h3>{words.parameters}</h3>
          {parameters.length === 0 && <p>{words.noParameters}</p>}
          {parameters.map((parameter) => (
            <ParameterInput key={parameter.name} parameter={parameter} />
          ))}
          {joinable !== null && (
            <label className="check lab-joins">
              <input type="checkbox" checked={joins} onChange={({ target }) => setJoins(target.checked)} />
              <span>{words.joins(joinable.name)}</span>
            </label>
          )}
          {begin.error instanceof ServiceError && begin.error.status === 403 ? (
            <div className="notice bad" role="alert">
              {begin.error.message} {words.permission}
              <pre className="command">{begin.error.hint}</pre>
            </div>
          ) : (
            <ProblemNotice error={begin.error} />
          )}
          <div className="lab-buttons">
            <button type="submit" name="how" value="stepwise" className="primary" disabled={begin.isPending}>
              {begin.isPending ? words.beginning : words.stepwise}
            </button>
            <button type="submit" name="how" value="once" disabled={begin.isPending}>
              {words.atOnce}
            </button>
          </div>
        </form>
      </div>
    </>
  );
}
