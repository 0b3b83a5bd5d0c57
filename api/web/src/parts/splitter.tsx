/** A divider between two panes that can be moved, by pointer and by keyboard, and stays where it was put. */

import { type KeyboardEvent, type PointerEvent, type RefObject, useRef } from 'react';
import { set, useSettings } from '../state/settings';
import './splitter.css';

/** Share that either pane keeps. */
const LEAST = 0.1;
const STEP = 0.02;

/** The first pane's share of the room that two panes divide. */
export function useShare(name: string, otherwise: number): number {
  const kept = useSettings((settings) => settings.splits[name]);
  return typeof kept === 'number' && kept >= LEAST && kept <= 1 - LEAST ? kept : otherwise;
}

function keep(name: string, share: number): void {
  const { splits } = useSettings.getState();
  set({ splits: { ...splits, [name]: Math.min(1 - LEAST, Math.max(LEAST, share)) } });
}

interface Props {
  /** By which the place is remembered. */
  readonly name: string;
  readonly label: string;
  /** Whether the panes are side by side, so that the divider stands upright. */
  readonly upright: boolean;
  /** The element that both panes are in. */
  readonly box: RefObject<HTMLElement | null>;
  readonly share: number;
}

export function Splitter({ name, label, upright, box, share }: Props) {
  const dragging = useRef(false);
  const move = (event: PointerEvent) => {
    const room = box.current?.getBoundingClientRect();
    if (!dragging.current || room === undefined) return;
    keep(
      name,
      upright ? (event.clientX - room.left) / room.width : (event.clientY - room.top) / Math.max(1, room.height),
    );
  };
  const key = (event: KeyboardEvent) => {
    const steps: Record<string, number> = upright
      ? { ArrowLeft: -STEP, ArrowRight: STEP }
      : { ArrowUp: -STEP, ArrowDown: STEP };
    const step = steps[event.key];
    const to =
      event.key === 'Home' ? LEAST : event.key === 'End' ? 1 - LEAST : step === undefined ? step : share + step;
    if (to === undefined) return;
    event.preventDefault();
    event.stopPropagation();
    keep(name, to);
  };
  return (
    <div
      role="separator"
      className="splitter"
      aria-label={label}
      aria-orientation={upright ? 'vertical' : 'horizontal'}
      aria-valuenow={Math.round(share * 100)}
      aria-valuemin={LEAST * 100}
      aria-valuemax={(1 - LEAST) * 100}
      tabIndex={0}
      onKeyDown={key}
      onPointerDown={(event) => {
        event.preventDefault();
        dragging.current = true;
        event.currentTarget.setPointerCapture(event.pointerId);
      }}
      onPointerMove={move}
      onPointerUp={() => {
        dragging.current = false;
      }}
      onPointerCancel={() => {
        dragging.current = false;
      }}
    />
  );
}
