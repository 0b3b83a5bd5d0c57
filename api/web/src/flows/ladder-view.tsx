/** The ladder of one conversation, or of everything that the filter shows: zoom, more, and pictures to take away. */

import { useInfiniteQuery } from '@tanstack/react-query';
import { useEffect, useMemo, useRef, useState } from 'react';
import { get } from '../api/client';
import { ProblemNotice } from '../parts/problem-notice';
import { useLive } from '../state/live';
import { useSettings } from '../state/settings';
import { effectiveFilter, show, useView } from '../state/view';
import { text } from '../text';
import { count } from '../text/app';
import { Ladder } from './ladder';
import './ladder.css';
import { layoutOf } from './ladder-layout';
import { savePng, saveSvg } from './ladder-picture';

const words = text.flows.ladder;
const PAGE = 200;
/** Steps of a picture that one can still take in, and a browser can still draw. */
const MOST_PAGES = 10;
const ZOOMS = [0.5, 0.75, 1, 1.25, 1.5, 2] as const;

interface Props {
  /** Id of the conversation; null: everything that the filter shows. */
  readonly flow: number | null;
  /** Another display filter than the view's. */
  readonly filter?: string;
  /** Packets that are to be seen at once: the ladder goes to the first of them. */
  readonly lit?: ReadonlySet<number>;
  /** The mark that is to be seen with them. */
  readonly litMark?: number | null;
  readonly onPickMark?: (mark: number) => void;
  /** What choosing a packet does, instead of looking at it. */
  readonly onPick?: (packet: number) => void;
}

const NONE: ReadonlySet<number> = new Set();

export function LadderView({ flow, filter: given, lit = NONE, litMark = null, onPickMark, onPick }: Props) {
  const id = useView((view) => view.capture) ?? '';
  const shown = useView(effectiveFilter);
  const filter = given ?? shown;
  const packet = useView((view) => view.packet);
  const live = useLive(({ connection }) => connection === 'live');
  const [zoom, setZoom] = useState(() => (useSettings.getState().large ? 1.5 : 1));
  const box = useRef<HTMLDivElement>(null);
  const { data, error, isPending, hasNextPage, fetchNextPage, isFetchingNextPage } = useInfiniteQuery({
    queryKey: ['sequence', id, flow, flow === null ? filter : ''],
    queryFn: ({ pageParam: after, signal }) =>
      flow === null
        ? get('/api/captures/{id}/sequence', { id }, { filter, limit: PAGE, after }, signal)
        : get('/api/captures/{id}/flows/{flow}/sequence', { id, flow }, { limit: PAGE, after }, signal),
    initialPageParam: undefined as number | undefined,
    getNextPageParam: ({ next }, pages) => (pages.length >= MOST_PAGES ? undefined : (next ?? undefined)),
    refetchInterval: ({ state }) => (live && (state.data?.pages.length ?? 0) <= 2 ? 1000 : false),
  });
  const { hosts, steps } = useMemo(() => merged(data?.pages ?? []), [data]);
  const layout = useMemo(() => layoutOf(steps, hosts.length), [steps, hosts]);
  // biome-ignore lint/correctness/useExhaustiveDependencies: they are looked for in the drawing that they change
  useEffect(() => {
    const first = box.current?.querySelector('.lit');
    if (box.current === null || first == null || steps.length === 0) return;
    const { top } = box.current.getBoundingClientRect();
    box.current.scrollTop += first.getBoundingClientRect().top - top - box.current.clientHeight / 3;
  }, [lit, litMark, steps]);
  const picture = (save: (svg: SVGSVGElement, name: string) => void) => {
    const svg = box.current?.querySelector('svg');
    if (svg !== null && svg !== undefined) save(svg, flow === null ? 'ladder' : `ladder-flow-${flow}`);
  };
  return (
    <section className="stream" aria-label={words.region}>
      <div className="stream-tools">
        <label>
          {words.zoom}{' '}
          <select value={zoom} onChange={(event) => setZoom(Number(event.target.value))}>
            {ZOOMS.map((one) => (
              <option key={one} value={one}>
                {Math.round(one * 100)} %
              </option>
            ))}
          </select>
        </label>
        <span>{words.steps(count(steps.length), hasNextPage)}</span>
        <button type="button" disabled={steps.length === 0} onClick={() => picture(saveSvg)}>
          {words.svg}
        </button>
        <button type="button" disabled={steps.length === 0} onClick={() => picture(savePng)}>
          {words.png}
        </button>
      </div>
      <ProblemNotice error={error} />
      {steps.length === 0 && error === null && <p className="notice">{isPending ? text.app.loading : words.nothing}</p>}
      {steps.length > 0 && (
        <div className="ladder-box" ref={box}>
          <Ladder
            hosts={hosts}
            layout={layout}
            zoom={zoom}
            selected={packet}
            lit={lit}
            litMark={litMark}
            onPickMark={onPickMark}
            onPick={onPick ?? ((number) => show({ packet: number }))}
          />
          {hasNextPage && (
            <button type="button" disabled={isFetchingNextPage} onClick={() => void fetchNextPage()}>
              {text.flows.more}
            </button>
          )}
        </div>
      )}
    </section>
  );
}

type Page = Awaited<ReturnType<typeof get<'/api/captures/{id}/sequence'>>>;

/** Pages put together. Of several conversations each page has its own lifelines: they become one list. */
function merged(pages: readonly Page[]): Pick<Page, 'hosts' | 'steps'> {
  const hosts: Page['hosts'] = [];
  const places = new Map<string, number>();
  const steps = pages.flatMap((page) => {
    const here = page.hosts.map((host) => {
      const key = `${host.address} ${host.port}`;
      const known = places.get(key) ?? hosts.push(host) - 1;
      places.set(key, known);
      return known;
    });
    return page.steps.map((step) => ('mark' in step ? step : { ...step, from: here[step.from], to: here[step.to] }));
  });
  return { hosts, steps };
}
