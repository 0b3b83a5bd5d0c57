/** Who talked with whom: the list, or one conversation. */

import { useQuery } from '@tanstack/react-query';
import { get } from '../api/client';
import { ProblemNotice } from '../parts/problem-notice';
import { useLive } from '../state/live';
import { show, useView } from '../state/view';
import { text } from '../text';
import { FlowGrid } from './flow-grid';
import { FlowHead } from './flow-head';
import './flows.css';
import { LadderView } from './ladder-view';
import { StreamView } from './stream-view';

const words = text.flows;

export function FlowsTab() {
  const flow = useView((view) => view.flow);
  const part = useView((view) => view.part);
  if (flow !== null) return <OneFlow id={flow} />;
  if (part !== 'sequence') return <FlowGrid />;
  return (
    <>
      <div className="flow-tools">
        <button type="button" onClick={() => show({ part: null })}>
          {words.back}
        </button>
        <h2>{words.ladder.all}</h2>
      </div>
      <LadderView flow={null} />
    </>
  );
}

function OneFlow({ id: flow }: { readonly id: number }) {
  const id = useView((view) => view.capture) ?? '';
  const part = useView((view) => view.part);
  const live = useLive(({ connection }) => connection === 'live');
  const { data, error, isPending } = useQuery({
    queryKey: ['flow', id, flow],
    queryFn: ({ signal }) => get('/api/captures/{id}/flows/{flow}', { id, flow }, {}, signal),
    refetchInterval: live ? 1000 : false,
  });
  return (
    <>
      <FlowHead flow={data} />
      <ProblemNotice error={error} />
      {isPending && error === null && <p className="notice">{text.app.loading}</p>}
      {data !== undefined && (part === 'sequence' ? <LadderView flow={flow} /> : <StreamView flow={data} />)}
    </>
  );
}
