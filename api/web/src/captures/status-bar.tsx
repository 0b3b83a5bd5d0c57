/** The capture's counters and losses, always in sight. */

import type { Capture, Loss } from '../api/types';
import { reveal } from '../packets/list-state';
import { plain } from '../parts/plain';
import { useLive } from '../state/live';
import { show } from '../state/view';
import { text } from '../text';
import { bytes } from '../text/app';

const words = text.app;

/** Packets lost anywhere; null: that cannot be known. */
export function lostOf({ kernel, interface: card, daemon }: Loss): number | null {
  if (kernel === null && card === null && daemon === null) return null;
  return (kernel ?? 0) + (card ?? 0) + (daemon ?? 0);
}

export function StatusBar() {
  const { capture, rates, connection } = useLive();
  return (
    <>
      <div role="status" aria-label={words.status} className="status-bar">
        {capture === null ? connection === 'none' ? '' : words.loading : <Counters capture={capture} rates={rates} />}
        {capture !== null && <Trigger capture={capture} />}
      </div>
      {connection === 'lost' && (
        <p className="notice bad" role="alert">
          {words.connection.lost}
        </p>
      )}
      {connection === 'missing' && (
        <p className="notice warn" role="alert">
          {words.connection.missing}
        </p>
      )}
    </>
  );
}

/** The packet that a trigger has found, as a way to it. */
function Trigger({ capture: { trigger } }: { readonly capture: Capture }) {
  if (trigger === undefined || trigger.packet === null) return null;
  const { packet, filter } = trigger;
  return (
    <button
      type="button"
      className="status-trigger"
      onClick={() => {
        show({ tab: 'packets' });
        void reveal(packet);
      }}
    >
      {text.captures.trigger(plain(filter, 60), packet)}
    </button>
  );
}

type Counted = Pick<ReturnType<typeof useLive.getState>, 'rates'> & {
  capture: NonNullable<ReturnType<typeof useLive.getState>['capture']>;
};

function Counters({ capture, rates }: Counted) {
  const lost = lostOf(capture.loss);
  const { kernel, interface: card, daemon } = capture.loss;
  const [one, two, three] = [kernel, card, daemon].map((value) => String(value ?? words.lost.notKnown));
  return (
    <>
      <strong>{plain(capture.name, 60)}</strong> · {words.states[capture.state]} · {words.packets(capture.packets)} ·{' '}
      {bytes(capture.bytes)}
      {rates !== null && ` · ${words.rate(rates.packetsPerSecond)}`} ·{' '}
      <span className={lost === null || lost === 0 ? undefined : 'lost'} title={words.lost.detail(one, two, three)}>
        {lost === null ? words.lost.unknown : lost === 0 ? words.lost.none : words.lost.some(lost)}
      </span>
    </>
  );
}
