/** What the two ends of a conversation said: read page by page, and live from the end on while the capture runs. */

import { useCallback, useEffect, useRef, useState } from 'react';
import { address, get, ServiceError } from '../api/client';
import type { StreamPage } from '../api/types';
import { octetsOf, type Part } from './stream-lines';

export interface Said {
  readonly parts: readonly Part[];
  /** Octets of them. */
  readonly octets: number;
  /** What each end had said before the next part. */
  readonly offsets: Readonly<Record<'client' | 'server', number>>;
  /** Whether something before them is not kept: the memory is bounded. */
  readonly cut: boolean;
  /** Whether there is more to be asked for. */
  readonly more: boolean;
}

export interface StreamState {
  /** null: nothing has been answered yet. */
  readonly said: Said | null;
  readonly problem: unknown;
  readonly loading: boolean;
  /** What is said next comes by itself. */
  readonly live: boolean;
  /** It would, but the service does not answer. */
  readonly gone: boolean;
  readonly loadMore: () => void;
}

/** What one end said: undefined for both. */
export type From = 'client' | 'server' | undefined;

/** What is kept: a browser shows that much without trouble, and nobody reads more. */
const MOST_OCTETS = 4_000_000;
const MOST_PARTS = 20_000;
const PAGE = 500;
/** What is said in short order is drawn at once. */
const TOGETHER_MS = 50;
const AGAIN_MS = 1000;

const NOTHING: Said = { parts: [], octets: 0, offsets: { client: 0, server: 0 }, cut: false, more: false };

const sizeOf = (part: Part): number => ('gap' in part ? 0 : part.octets.length);

/** Adds segments, and lets go of the oldest when it is too much. */
function joined(before: Said, segments: StreamPage['segments'], more: boolean): Said {
  const offsets = { ...before.offsets };
  const added = segments.map((segment): Part => {
    const { from } = segment;
    const offset = offsets[from];
    if ('gap' in segment) {
      offsets[from] += segment.gap;
      return segment;
    }
    const { data, ...rest } = segment;
    const octets = octetsOf(data);
    offsets[from] += octets.length;
    return { ...rest, octets, offset };
  });
  const parts = [...before.parts, ...added];
  let octets = added.reduce((sum, part) => sum + sizeOf(part), before.octets);
  let cut = Math.max(0, parts.length - MOST_PARTS);
  for (let at = 0; at < cut; at++) octets -= sizeOf(parts[at]);
  while (octets > MOST_OCTETS && cut < parts.length - 1) octets -= sizeOf(parts[cut++]);
  return { parts: parts.slice(cut), octets, offsets, cut: before.cut || cut > 0, more };
}

interface Asked {
  readonly id: string;
  readonly flow: number;
  readonly from: From;
  readonly decode: readonly string[];
  /** Whether the capture runs; undefined: not known yet. */
  readonly running: boolean | undefined;
  /** What could be read only after this packet; 0: everything. */
  readonly start: number;
  /** Another number begins again. */
  readonly turn: number;
}

export function useStream({ id, flow, from, decode, running, start, turn }: Asked): StreamState {
  const [said, setSaid] = useState<Said | null>(null);
  const [problem, setProblem] = useState<unknown>(null);
  const [loading, setLoading] = useState(true);
  const [link, setLink] = useState<'none' | 'live' | 'gone'>('none');
  const ask = useRef<() => void>(() => undefined);
  // That it ends while somebody reads is told by the events themselves.
  const runs = useRef(running);
  runs.current = running;
  const wanted = decode.join(',');
  const known = running !== undefined;

  // biome-ignore lint/correctness/useExhaustiveDependencies: another turn is what begins again
  useEffect(() => {
    if (!known) return;
    const path = { id, flow };
    const over = new AbortController();
    let busy = false;
    let next: number | undefined = start === 0 ? undefined : start;
    let source: EventSource | undefined;
    let timer: ReturnType<typeof setTimeout> | undefined;
    let waiting: StreamPage['segments'] = [];
    setSaid(start === 0 ? null : { ...NOTHING, cut: true });
    setProblem(null);
    setLink('none');
    setLoading(true);

    const flush = () => {
      timer = undefined;
      const segments = waiting;
      waiting = [];
      setSaid((before) => joined(before ?? NOTHING, segments, false));
    };
    const listen = (after: number) => {
      let position = after;
      const mine = new EventSource(
        address('/api/captures/{id}/flows/{flow}/stream', path, { from, decode: wanted, after }),
      );
      source = mine;
      mine.addEventListener('open', () => setLink('live'));
      mine.addEventListener('segments', ({ data, lastEventId }: MessageEvent<string>) => {
        position = Number.parseInt(lastEventId, 10) || position;
        waiting.push(...(JSON.parse(data) as StreamPage).segments);
        timer ??= setTimeout(flush, TOGETHER_MS);
      });
      mine.addEventListener('ended', () => {
        mine.close();
        setLink('none');
      });
      mine.addEventListener('error', () => {
        setLink('gone');
        // The browser asks again by itself from the last event on, except when the answer was no stream of events.
        if (mine.readyState !== EventSource.CLOSED || over.signal.aborted) return;
        setTimeout(() => !over.signal.aborted && listen(position), AGAIN_MS);
      });
    };
    ask.current = () => {
      if (busy || source !== undefined || over.signal.aborted) return;
      busy = true;
      setLoading(true);
      const query = { from, decode: wanted, limit: PAGE, after: next };
      get('/api/captures/{id}/flows/{flow}/stream', path, query, over.signal)
        .then((page) => {
          next = page.next ?? undefined;
          setSaid((before) => joined(before ?? NOTHING, page.segments, page.next !== null));
          setProblem(null);
          if (page.next === null && runs.current === true) listen(page.position);
        })
        .catch((error: unknown) => {
          if (over.signal.aborted) return;
          setProblem(error);
          // A service that is away is asked again; one that says no is not.
          if (!(error instanceof ServiceError)) setTimeout(() => ask.current(), AGAIN_MS);
        })
        .finally(() => {
          busy = false;
          if (!over.signal.aborted) setLoading(false);
        });
    };
    ask.current();
    return () => {
      over.abort();
      source?.close();
      clearTimeout(timer);
    };
  }, [id, flow, from, wanted, start, turn, known]);

  const loadMore = useCallback(() => ask.current(), []);
  return { said, problem, loading, live: link === 'live', gone: link === 'gone', loadMore };
}
