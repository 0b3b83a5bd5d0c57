/** Who talked with whom: the list, or one conversation. */

import { useQuery } from '@tanstack/react-query';
import { useMemo } from 'react';
import { get } from '../api/client';
import { ProblemNotice } from '../parts/problem-notice';
import { useChallenge } from '../room/challenge';
import { useLive } from '../state/live';
import { show, useView } from '../state/view';
import { text } from '../text';
import { FlowAbout } from './flow-about';
import { FlowGrid } from './flow-grid';
import { FlowHead, PARTS } from './flow-head';
import { FlowPackets } from './flow-packets';
import './flows.css';
import { hiddenBy } from './hidden';
import { LadderView } from './ladder-view';
import { StreamView } from './stream-view';

const words = text.flows;
/** Transports whose octets the service puts in order. */
const STREAMED = /^(tcp|udp|udplite|sctp)$/;

export function FlowsTab() {
  const flow = useView((view) => view.flow);
  const part = useView((view) => view.part);
  if (flow !== null) return <OneFlow id={flow} />;
  if (part !== 'sequence') return <FlowGrid />;
  return (
    <div className="flows">
      <div className="flow-tools">
        <button type="button" onClick={() => show({ part: null })}>
          ← {words.back}
        </button>
        <h2 className="flow-name">{words.ladder.all}</h2>
      </div>
      <LadderView flow={null} />
    </div>
  );
}

function OneFlow({ id: flow }: { readonly id: number }) {
  const id = useView((view) => view.capture) ?? '';
  const wanted = useView((view) => view.part);
  const growing = useLive(({ capture }) => capture?.state === 'running' || capture?.state === 'importing');
  const names = useChallenge((challenge) => challenge.hidden);
  const hidden = useMemo(() => hiddenBy(names), [names]);
  const { data, error, isPending } = useQuery({
    queryKey: ['flow', id, flow],
    queryFn: ({ signal }) => get('/api/captures/{id}/flows/{flow}', { id, flow }, {}, signal),
    refetchInterval: growing ? 1000 : false,
  });
  const part = PARTS.find((name) => name === wanted) ?? 'stream';
  return (
    <div className="flows">
      <FlowHead flow={data} part={part} hidden={hidden} />
      <ProblemNotice error={error} />
      {isPending && error === null && <p className="notice">{text.app.loading}</p>}
      {data !== undefined && part === 'sequence' && <LadderView flow={flow} />}
      {data !== undefined && part === 'packets' && <FlowPackets flow={data} />}
      {data !== undefined && part === 'about' && <FlowAbout flow={data} hidden={hidden} />}
      {data !== undefined &&
        part === 'stream' &&
        (STREAMED.test(data.transport) ? (
          <StreamView flow={data} />
        ) : (
          <p className="notice">{words.noStream(data.transport)}</p>
        ))}
    </div>
  );
}
