/** What an opened conversation is, and the ways to look at it. */

import type { Flow } from '../api/types';
import { applyFilter } from '../filter/apply';
import { plain } from '../parts/plain';
import { show, useView } from '../state/view';
import { text } from '../text';
import { bytes, count } from '../text/app';
import { clientName, clientOf, flowFilter, serverName, serverOf } from './flow-words';

const words = text.flows;
const PARTS = ['stream', 'sequence'] as const;

export function FlowHead({ flow }: { readonly flow: Flow | undefined }) {
  const part = useView((view) => view.part);
  return (
    <div className="flow-tools">
      <button type="button" onClick={() => show({ flow: null, part: null })}>
        {words.back}
      </button>
      <div className="segmented">
        {PARTS.map((name) => (
          <button
            type="button"
            key={name}
            aria-pressed={name === (part === 'sequence' ? 'sequence' : 'stream')}
            onClick={() => show({ part: name })}
          >
            {words.parts[name]}
          </button>
        ))}
      </div>
      {flow !== undefined && (
        <>
          <span>
            <bdi className="client-name">{clientName(flow) ?? clientOf(flow)}</bdi> →{' '}
            <bdi className="server-name">{serverName(flow) ?? serverOf(flow)}</bdi>
          </span>
          <span className="quiet">
            {(flow.application ?? flow.transport).toUpperCase()} · {text.app.packets(flow.packets)} ·{' '}
            {bytes(flow.bytes)}
            {flow.transport === 'tcp' && flow.connState !== null && ` · ${words.connStates[flow.connState]}`}
            {flow.handshakeRtt !== null && ` · ${words.rtt((flow.handshakeRtt * 1000).toFixed(3))}`}
            {flow.process !== null && ` · ${plain(flow.process.name, 40)} (${count(flow.process.pid)})`}
          </span>
          <button
            type="button"
            onClick={() => applyFilter(flowFilter(flow), { tab: 'packets', flow: null, part: null })}
          >
            {words.packets}
          </button>
        </>
      )}
    </div>
  );
}
