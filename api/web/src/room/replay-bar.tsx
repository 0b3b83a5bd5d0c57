/** The buttons of a replay. */

import { useEffect } from 'react';
import { useList } from '../packets/list-state';
import { useRows } from '../packets/packet-grid';
import { onKey } from '../state/keys';
import { text } from '../text';
import { endReplay, pause, play, SPEEDS, setSpeed, step, useReplay } from './replay';
import './room.css';

const words = text.room.replay;

export function ReplayBar() {
  const { on, playing, speed, time, shown } = useReplay();
  const rows = useList((list) => list.rows);
  useRows(rows);
  useEffect(() => {
    if (!on) return;
    const toggle = () => (useReplay.getState().playing ? pause() : play());
    const ends = [onKey(' ', toggle), onKey('.', () => step(1)), onKey(',', () => step(-1))];
    return () => {
      for (const end of ends) end();
    };
  }, [on]);
  if (!on) return null;
  return (
    <section className="replay" aria-label={words.title}>
      <strong>{words.title}</strong>
      <button type="button" onClick={() => step(-1)}>
        {words.back}
      </button>
      <button type="button" className="primary" onClick={() => (playing ? pause() : play())}>
        {playing ? words.pause : words.play}
      </button>
      <button type="button" onClick={() => step(1)}>
        {words.step}
      </button>
      <label>
        {words.speed}{' '}
        <select value={speed} onChange={(event) => setSpeed(Number(event.target.value))}>
          {SPEEDS.map((one) => (
            <option key={one} value={one}>
              {one}×
            </option>
          ))}
        </select>
      </label>
      <span className="replay-time">{words.at(time, shown, rows?.total ?? 0)}</span>
      <button type="button" onClick={endReplay}>
        {words.end}
      </button>
    </section>
  );
}
