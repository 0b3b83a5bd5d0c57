/** Replay of a capture that has ended: its packets come again at their own pace, slower, faster or one by one. */

import { create } from 'zustand';
import { scrollTo, select, useList } from '../packets/list-state';
import type { RowStore } from '../packets/row-store';

export interface Replay {
  readonly on: boolean;
  readonly playing: boolean;
  /** 1: as it was. */
  readonly speed: number;
  /** Seconds since the capture's first packet that have been played. */
  readonly time: number;
  /** Packets that are shown. */
  readonly shown: number;
}

export const SPEEDS = [0.1, 0.25, 0.5, 1, 2, 10, 100] as const;

const OFF: Replay = { on: false, playing: false, speed: 1, time: 0, shown: 0 };
const TICK_MS = 40;
/** Rows shown at one tick: a faster capture plays as fast as its rows can be fetched. */
const MOST_AT_ONCE = 5000;
/** Rows that are asked for ahead. */
const AHEAD = 200;

export const useReplay = create<Replay>(() => OFF);

let timer: ReturnType<typeof setInterval> | undefined;
let last = 0;
/** The list that is played: under another filter it is another one, and goes on at the same time. */
let played: RowStore | null = null;

/** Begins before the first packet. */
export function startReplay(): void {
  useReplay.setState({ ...OFF, on: true });
  showUpTo(0);
  play();
}

/** Shows everything again. */
export function endReplay(): void {
  clearInterval(timer);
  useReplay.setState(OFF);
  useList.getState().rows?.limitTo(Number.POSITIVE_INFINITY);
}

export function play(): void {
  clearInterval(timer);
  last = performance.now();
  timer = setInterval(tick, TICK_MS);
  useReplay.setState({ playing: true });
}

export function pause(): void {
  clearInterval(timer);
  useReplay.setState({ playing: false });
}

export function setSpeed(speed: number): void {
  useReplay.setState({ speed });
}

/** Shows one packet more, or one less, and selects the last one. */
export function step(by: 1 | -1): void {
  pause();
  const { rows } = useList.getState();
  if (rows === null) return;
  const shown = Math.min(rows.total, Math.max(0, useReplay.getState().shown + by));
  showUpTo(shown);
  const time = rows.row(shown - 1)?.relativeTime;
  useReplay.setState({ time: shown === 0 ? 0 : (time ?? useReplay.getState().time) });
  if (shown > 0) select(shown - 1);
}

/** What a presenter's replay is at. The rows of a viewer follow by the times of its own list. */
export function follow(told: { time: number; speed: number; playing: boolean } | null): void {
  if (told === null) {
    if (useReplay.getState().on) endReplay();
    return;
  }
  const { on, time } = useReplay.getState();
  if (!on || told.time < time) {
    useReplay.setState({ ...OFF, on: true });
    showUpTo(0);
  }
  useReplay.setState({ speed: told.speed, time: told.time });
  if (told.playing) play();
  else pause();
  advance(told.time);
}

function showUpTo(shown: number): void {
  const { rows, visible } = useList.getState();
  if (rows === null) return;
  played = rows;
  rows.limitTo(shown);
  rows.want(Math.max(0, shown - visible), shown + AHEAD);
  useReplay.setState({ shown });
  if (shown > 0) scrollTo(shown - 1);
}

function tick(): void {
  const now = performance.now();
  const { time, speed } = useReplay.getState();
  const { rows } = useList.getState();
  const to = time + ((now - last) / 1000) * speed;
  last = now;
  if (rows === null) return;
  if (useReplay.getState().shown >= rows.total && rows.complete && rows.total > 0) {
    pause();
    return;
  }
  // The clock stands still while the next rows are on their way: nothing is passed over.
  if (advance(to)) useReplay.setState({ time: to });
}

/** Shows every packet up to a time. @returns whether all of them were here */
function advance(to: number): boolean {
  const { rows } = useList.getState();
  if (rows === null) return false;
  if (rows !== played) showUpTo(0);
  let { shown } = useReplay.getState();
  const most = Math.min(rows.total, shown + MOST_AT_ONCE);
  const before = shown;
  let row = rows.row(shown);
  while (shown < most && row !== undefined && (row.relativeTime ?? 0) <= to) {
    shown++;
    row = rows.row(shown);
  }
  if (shown !== before || row === undefined) showUpTo(shown);
  return row !== undefined || shown >= rows.total;
}
