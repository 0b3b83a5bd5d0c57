/** The chart by keyboard: a moment that the arrow keys move, and with Shift a time that they mark. */

import { type KeyboardEvent, useState } from 'react';
import { show } from '../state/view';
import type { Drawn } from './buckets';

interface Marked {
  readonly from: number;
  readonly to: number;
}

/**
 * @param limit is called when what was marked is to be looked at: when Shift is let go
 * @param go is called when the moment's first packet is wanted: Enter
 */
export function useMoment(
  { times, interval }: Drawn,
  limit: (from: number, to: number) => void,
  go: (time: number) => void,
) {
  const [at, setAt] = useState<number | null>(null);
  /** The bucket at which Shift was first held. */
  const [anchor, setAnchor] = useState<number | null>(null);
  const last = times.length - 1;
  const place = at === null ? null : Math.min(at, last);

  const marked = (): Marked | undefined => {
    if (anchor === null || place === null) return undefined;
    const [first, second] = [Math.min(anchor, place), Math.max(anchor, place)];
    return { from: times[Math.min(first, last)], to: times[second] + interval };
  };

  const down = (event: KeyboardEvent) => {
    if (event.ctrlKey || event.altKey || event.metaKey) return;
    if (event.key === 'Escape') {
      setAnchor(null);
      show({ from: null, to: null });
      return;
    }
    if (event.key === 'Enter' && place !== null) {
      go(times[place]);
      return;
    }
    const now = place ?? 0;
    const far = Math.max(1, Math.round(times.length / 20));
    const moves: Record<string, number> = {
      ArrowRight: now + 1,
      ArrowLeft: now - 1,
      PageUp: now + far,
      PageDown: now - far,
      Home: 0,
      End: last,
    };
    const to = moves[event.key];
    if (to === undefined) return;
    event.preventDefault();
    if (event.shiftKey && anchor === null) setAnchor(now);
    if (!event.shiftKey) setAnchor(null);
    setAt(Math.min(last, Math.max(0, to)));
  };

  const up = (event: KeyboardEvent) => {
    const found = marked();
    if (event.key !== 'Shift' || found === undefined) return;
    setAnchor(null);
    limit(found.from, found.to);
  };

  return {
    at: place,
    marked: marked(),
    keys: {
      onKeyDown: down,
      onKeyUp: up,
      onBlur: () => {
        setAnchor(null);
        setAt(null);
      },
    },
  };
}
