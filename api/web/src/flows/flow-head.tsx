/** What an opened conversation is, and the ways to look at it. */

import type { Flow } from '../api/types';
import { plain } from '../parts/plain';
import { HIDDEN } from '../room/challenge';
import { show } from '../state/view';
import { text } from '../text';
import { bytes } from '../text/app';
import { duration } from '../text/flows';
import { clientName, clientOf, serverName, serverOf, stateOf, whatOf } from './flow-words';
import type { Hidden } from './hidden';

const words = text.flows;
export const PARTS = ['stream', 'sequence', 'packets', 'about'] as const;
export type Part = (typeof PARTS)[number];

interface Props {
  readonly flow: Flow | undefined;
  readonly part: Part;
  readonly hidden: Hidden;
}

export function FlowHead({ flow, part, hidden }: Props) {
  return (
    <div className="flow-tools">
      <button type="button" onClick={() => show({ flow: null, part: null })}>
        ← {words.back}
      </button>
      <fieldset className="segmented">
        <legend className="visually-hidden">{words.partsLabel}</legend>
        {PARTS.map((name) => (
          <button type="button" key={name} aria-pressed={name === part} onClick={() => show({ part: name })}>
            {words.parts[name]}
          </button>
        ))}
      </fieldset>
      {flow !== undefined && <Summary flow={flow} hidden={hidden} />}
    </div>
  );
}

function Summary({ flow, hidden }: { readonly flow: Flow; readonly hidden: Hidden }) {
  const secret = hidden.addresses || hidden.ports || hidden.words;
  const state = stateOf(flow);
  const told = [
    hidden.protocols ? HIDDEN : whatOf(flow),
    text.app.packets(flow.packets),
    ...(hidden.lengths ? [] : [bytes(flow.bytes)]),
    ...(state === undefined || hidden.flags ? [] : [state[0]]),
    ...(flow.handshakeRtt === null ? [] : [words.rtt(duration(flow.handshakeRtt))]),
    ...(flow.process === null ? [] : [`${plain(flow.process.name, 40)} (${flow.process.pid})`]),
  ];
  return (
    <>
      <h2 className="flow-name">
        <bdi>{secret ? HIDDEN : (clientName(flow) ?? clientOf(flow))}</bdi> →{' '}
        <bdi>{secret ? HIDDEN : (serverName(flow) ?? serverOf(flow))}</bdi>
      </h2>
      <span className="quiet">{told.join(' · ')}</span>
    </>
  );
}
