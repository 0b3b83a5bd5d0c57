/** "Follow stream": what the two ends said, each in its colour, as it is said. */

import { useVirtualizer } from '@tanstack/react-virtual';
import { useEffect, useMemo, useRef, useState } from 'react';
import { address } from '../api/client';
import type { Flow } from '../api/types';
import { ProblemNotice } from '../parts/problem-notice';
import { useLive } from '../state/live';
import { useSettings } from '../state/settings';
import { show, useView } from '../state/view';
import { text } from '../text';
import { count } from '../text/app';
import { clientOf, serverOf } from './flow-words';
import { type Line, type Look, linesOf } from './stream-lines';
import './stream-view.css';
import { type From, type Segment, useStream } from './use-stream';

const words = text.flows.stream;

export function StreamView({ flow }: { readonly flow: Flow }) {
  const id = useView((view) => view.capture) ?? '';
  const running = useLive(({ capture }) => capture?.state === 'running');
  const [look, setLook] = useState<Look>('text');
  const [from, setFrom] = useState<From>(undefined);
  const [decode, setDecode] = useState<readonly string[]>(['http']);
  const { said, problem, loading, live, loadMore } = useStream({ id, flow: flow.id, from, decode, running });
  const segments = said?.segments;
  const lines = useMemo(() => linesOf(segments ?? [], look, words), [segments, look]);
  const path = { id, flow: flow.id };
  const toggle = (what: string, on: boolean) =>
    setDecode(on ? [...decode, what] : decode.filter((one) => one !== what));
  return (
    <section className="stream" aria-label={words.title}>
      <div className="stream-tools">
        <fieldset className="segmented">
          <legend className="visually-hidden">{words.look}</legend>
          {(['text', 'hex'] as const).map((one) => (
            <button type="button" key={one} aria-pressed={look === one} onClick={() => setLook(one)}>
              {words.looks[one]}
            </button>
          ))}
        </fieldset>
        <label>
          {words.who}{' '}
          <select value={from ?? ''} onChange={(event) => setFrom((event.target.value || undefined) as From)}>
            <option value="">{words.both}</option>
            <option value="client">{words.client(clientOf(flow))}</option>
            <option value="server">{words.server(serverOf(flow))}</option>
          </select>
        </label>
        {(['tls', 'http'] as const).map((what) => (
          <label key={what}>
            <input
              type="checkbox"
              checked={decode.includes(what)}
              onChange={(event) => toggle(what, event.target.checked)}
            />{' '}
            {words.decode[what]}
          </label>
        ))}
        <a href={address('/api/captures/{id}/flows/{flow}/stream', path, { format: 'raw', from, decode })} download>
          {words.save}
        </a>
        {live && (
          <span className="stream-live" role="status">
            {words.live}
          </span>
        )}
      </div>
      <ProblemNotice error={problem} />
      {said !== null && said.left > 0 && <p className="notice">{words.left(said.left)}</p>}
      {lines.length === 0 && problem === null && <p className="notice">{loading ? text.app.loading : words.nothing}</p>}
      <Lines lines={lines} onPick={(line) => pick(segments?.[line.segment])} live={live} />
      {said?.more === true && (
        <button type="button" disabled={loading} onClick={loadMore}>
          {loading ? text.app.loading : text.flows.more}
        </button>
      )}
    </section>
  );
}

/** Goes to the packet that brought it. */
function pick(segment: Segment | undefined): void {
  if (segment !== undefined && 'packet' in segment) show({ tab: 'packets', packet: segment.packet }, false);
}

interface LinesProps {
  readonly lines: readonly Line[];
  readonly onPick: (line: Line) => void;
  readonly live: boolean;
}

function Lines({ lines, onPick, live }: LinesProps) {
  const box = useRef<HTMLDivElement>(null);
  const large = useSettings((settings) => settings.large);
  const height = large ? 30 : 20;
  /** Whether the end is in sight: then what is said next comes into sight by itself. */
  const atEnd = useRef(true);
  const rows = useVirtualizer({
    count: lines.length,
    getScrollElement: () => box.current,
    estimateSize: () => height,
    overscan: 10,
  });
  useEffect(() => {
    if (live && atEnd.current && lines.length > 0) rows.scrollToIndex(lines.length - 1);
  }, [lines, live, rows]);
  const scrolled = () => {
    const { scrollTop = 0, clientHeight = 0, scrollHeight = 0 } = box.current ?? {};
    atEnd.current = scrollTop + clientHeight >= scrollHeight - height;
  };
  return (
    <section
      className="stream-lines"
      ref={box}
      aria-label={words.said(count(lines.length))}
      // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls has to be reached by keyboard
      tabIndex={0}
      onScroll={scrolled}
    >
      <div style={{ height: rows.getTotalSize(), position: 'relative' }}>
        {rows.getVirtualItems().map(({ index, start }) => {
          const line = lines[index];
          const style = { height, transform: `translateY(${start}px)` };
          const name = `stream-line ${line.from} ${line.kind}`;
          if (line.kind !== 'head')
            return (
              <div key={index} className={name} style={style}>
                {line.text}
              </div>
            );
          return (
            <button type="button" key={index} className={name} style={style} onClick={() => onPick(line)}>
              {line.text}
            </button>
          );
        })}
      </div>
    </section>
  );
}
