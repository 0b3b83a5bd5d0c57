/** What the two ends of a conversation said: read page by page, and live while the capture runs. */

import { useCallback, useEffect, useRef, useState } from 'react';
import { address, get } from '../api/client';
import type { StreamPage } from '../api/types';

export type Segment = StreamPage['segments'][number];

export interface Said {
  readonly client: StreamPage['client'];
  readonly server: StreamPage['server'];
  readonly segments: readonly Segment[];
  /** Segments from the beginning that are not kept: the memory is bounded. */
  readonly left: number;
  /** Whether there is more to be asked for. */
  readonly more: boolean;
}

export interface StreamState {
  readonly said: Said | null;
  readonly problem: unknown;
  readonly loading: boolean;
  readonly live: boolean;
  readonly loadMore: () => void;
}

/** What one end said: undefined for both. */
export type From = 'client' | 'server' | undefined;

/** Octets of data that are kept; a browser shows a text of this size without trouble. */
const MOST_OCTETS = 8_000_000;
const PAGE = 500;

const octetsOf = (segment: Segment): number => ('gap' in segment ? 0 : segment.length);

/** Adds a page, and lets go of the oldest segments when it is too much. */
function joined(before: Said | null, page: StreamPage): Said {
  let segments = [...(before?.segments ?? []), ...page.segments];
  let octets = segments.reduce((sum, segment) => sum + octetsOf(segment), 0);
  let cut = 0;
  while (octets > MOST_OCTETS && cut < segments.length - 1) octets -= octetsOf(segments[cut++]);
  segments = segments.slice(cut);
  const { client, server, next } = page;
  return { client, server, segments, left: (before?.left ?? 0) + cut, more: next !== null };
}

interface Asked {
  readonly id: string;
  readonly flow: number;
  readonly from: From;
  readonly decode: readonly string[];
  readonly running: boolean;
}

export function useStream({ id, flow, from, decode, running }: Asked): StreamState {
  const [said, setSaid] = useState<Said | null>(null);
  const [problem, setProblem] = useState<unknown>(null);
  const [loading, setLoading] = useState(true);
  const [live, setLive] = useState(false);
  const next = useRef<number | undefined>(undefined);
  const question = useRef<AbortController | undefined>(undefined);
  const wanted = decode.join(',');

  const ask = useCallback(async () => {
    if (question.current !== undefined) return;
    const mine = new AbortController();
    question.current = mine;
    setLoading(true);
    try {
      const query = { from, decode: wanted, limit: PAGE, after: next.current };
      const page = await get('/api/captures/{id}/flows/{flow}/stream', { id, flow }, query, mine.signal);
      next.current = page.next ?? undefined;
      setSaid((before) => joined(before, page));
      setProblem(null);
    } catch (error) {
      if (!mine.signal.aborted) setProblem(error);
    } finally {
      if (question.current === mine) {
        question.current = undefined;
        setLoading(false);
      }
    }
  }, [id, flow, from, wanted]);

  useEffect(() => {
    next.current = undefined;
    setSaid(null);
    setProblem(null);
    if (!running) {
      void ask();
      return () => {
        question.current?.abort();
        question.current = undefined;
      };
    }
    // While it runs everything comes as events: what there is first, and then what is said.
    const source = new EventSource(
      address('/api/captures/{id}/flows/{flow}/stream', { id, flow }, { from, decode: wanted }),
    );
    setLoading(true);
    source.addEventListener('open', () => setLive(true));
    source.addEventListener('segments', ({ data }: MessageEvent<string>) => {
      setLoading(false);
      setSaid((before) => joined(before, { next: null, ...(JSON.parse(data) as Omit<StreamPage, 'next'>) }));
    });
    source.addEventListener('ended', () => {
      source.close();
      setLive(false);
      setLoading(false);
    });
    source.addEventListener('error', () => setLive(false));
    return () => {
      source.close();
      setLive(false);
    };
  }, [id, flow, from, wanted, running, ask]);

  return { said, problem, loading, live, loadMore: () => void ask() };
}
