/** The capture that is looked at, as it goes on: its counters, its newest rows, and whether the service still answers. */

import { create } from 'zustand';
import { address, get, ServiceError } from '../api/client';
import type { Answers, Capture, Matches, PacketRow } from '../api/types';

export interface Rates {
  readonly packetsPerSecond: number;
  readonly bytesPerSecond: number;
}

/** What an event `packets` brings. */
export interface News {
  readonly packets: readonly PacketRow[];
  /** Rows before these that were left out; null: not known. */
  readonly skipped: number | null;
  readonly matches: Matches;
}

/**
 * `live`: events come. `still`: the capture has ended, and what is shown is all there is. `lost`: the service does not
 * answer, and is asked again every second. `missing`: there is no such capture.
 */
export type Connection = 'none' | 'connecting' | 'live' | 'still' | 'lost' | 'missing';

export interface Live {
  readonly id: string | null;
  readonly capture: Capture | null;
  readonly rates: Rates | null;
  readonly connection: Connection;
  /** What the service said is wrong with following, for example with the filter. */
  readonly problem: string | null;
}

const NONE: Live = { id: null, capture: null, rates: null, connection: 'none', problem: null };
const AGAIN_MS = 1000;
/** How often a capture that has ended is looked at: whether it and the service are still there. */
const STILL_MS = 3000;

export const useLive = create<Live>(() => NONE);

type Listener = (news: News) => void;
const listeners = new Set<Listener>();

/** Calls back with new rows. @returns what ends that */
export function onNews(listener: Listener): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

type Handler = (data: unknown) => void;
const handlers = new Map<string, Set<Handler>>();

/** Calls back with the data of an event of another kind than `progress` and `packets`. @returns what ends that */
export function onEvent(name: string, handler: Handler): () => void {
  const known = handlers.get(name) ?? new Set();
  handlers.set(name, known.add(handler));
  return () => known.delete(handler);
}

/** Event names that a capture's stream may have besides those that this file understands. */
const OTHER_EVENTS = ['trigger', 'view', 'mark'];

/** Follows a capture until the returned function is called. `filter` decides which rows `onNews` tells. */
export function follow(id: string, filter: string): () => void {
  let over = false;
  let source: EventSource | undefined;
  let timer: ReturnType<typeof setTimeout> | undefined;
  const before = useLive.getState();
  useLive.setState({ ...NONE, ...(before.id === id ? before : {}), id, connection: 'connecting', problem: null });

  const again = (after = AGAIN_MS) => {
    if (over) return;
    clearTimeout(timer);
    timer = setTimeout(() => void begin(), after);
  };
  const still = () => {
    useLive.setState({ connection: 'still', rates: null });
    again(STILL_MS);
  };

  const begin = async () => {
    try {
      const capture = await get('/api/captures/{id}', { id });
      if (over) return;
      useLive.setState({ capture });
      if (capture.state === 'running' || capture.state === 'importing') listen(capture);
      else still();
    } catch (error) {
      if (over) return;
      if (error instanceof ServiceError) {
        useLive.setState({ connection: error.status === 404 ? 'missing' : 'lost', problem: error.message });
        if (error.status === 404) return;
      } else useLive.setState({ connection: 'lost' });
      again();
    }
  };

  const listen = (capture: Capture) => {
    source?.close();
    source = new EventSource(address('/api/captures/{id}/events', { id }, { filter, after: capture.packets }));
    source.addEventListener('open', () => useLive.setState({ connection: 'live', problem: null }));
    source.addEventListener('packets', ({ data }: MessageEvent<string>) => {
      const news = JSON.parse(data) as News;
      for (const listener of listeners) listener(news);
    });
    source.addEventListener('progress', ({ data }: MessageEvent<string>) => {
      const { rates, ...told } = JSON.parse(data) as Answers['GET /api/captures/{id}'] & { rates: Rates };
      useLive.setState({ capture: told, rates });
    });
    for (const name of OTHER_EVENTS) {
      source.addEventListener(name, ({ data }: MessageEvent<string>) => {
        for (const handler of handlers.get(name) ?? []) handler(JSON.parse(data));
      });
    }
    source.addEventListener('ended', () => {
      source?.close();
      still();
    });
    source.addEventListener('deleted', () => {
      source?.close();
      useLive.setState({ connection: 'missing', problem: null });
    });
    source.addEventListener('problem', ({ data }: MessageEvent<string>) => {
      source?.close();
      useLive.setState({ problem: (JSON.parse(data) as { detail: string }).detail });
      again();
    });
    source.addEventListener('error', () => {
      if (over) return;
      useLive.setState({ connection: 'lost' });
      // The browser asks again by itself, except when the answer was no stream of events: then the capture tells why.
      if (source?.readyState === EventSource.CLOSED) again();
    });
  };

  void begin();
  return () => {
    over = true;
    clearTimeout(timer);
    source?.close();
  };
}
