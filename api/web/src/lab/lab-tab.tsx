/** The socket lab: all demos, one of them, or a run of it. */

import { useEffect } from 'react';
import { ProblemNotice } from '../parts/problem-notice';
import { show, useView } from '../state/view';
import { text } from '../text';
import { DemoCards } from './demo-cards';
import { DemoPage } from './demo-page';
import './lab.css';
import { labPart } from './lab-part';
import { RunPage } from './run-page';
import { useLab } from './use-lab';

/** Where somebody was who looks at packets or a ladder in between: the tab comes back to it. */
let last: string | null = null;

export function showDemos(): void {
  last = null;
  show({ part: null });
}

export function LabTab() {
  const part = useView((view) => view.part);
  const { data, error, isPending } = useLab();
  const demos = data?.demos ?? [];
  const at = labPart(part, demos);
  const known = at !== undefined;
  useEffect(() => {
    // Once, when the tab opens: Back goes from a demo to all of them.
    if (last !== null && useView.getState().part !== last) show({ part: last }, true);
  }, []);
  useEffect(() => {
    if (known) last = part;
  }, [part, known]);
  const demo = demos.find(({ name }) => name === at?.demo);
  return (
    <div className="lab">
      <ProblemNotice error={error} />
      {isPending && <p className="notice">{text.app.loading}</p>}
      {data !== undefined && demo === undefined && <DemoCards demos={data.demos} runs={data.runs} />}
      {at !== undefined &&
        demo !== undefined &&
        (at.run === null ? (
          <DemoPage key={demo.name} demo={demo} runs={data?.runs ?? []} />
        ) : (
          <RunPage key={at.run} demo={demo} id={at.run} chosen={at.step} />
        ))}
    </div>
  );
}
