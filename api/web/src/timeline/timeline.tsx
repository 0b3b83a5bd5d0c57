/** What came when: over the whole capture, with what was lost, and the part of the time that is looked at. */

import { useMemo, useRef, useState } from 'react';
import { ProblemNotice } from '../parts/problem-notice';
import { set, useSettings } from '../state/settings';
import { show, useView } from '../state/view';
import { text } from '../text';
import { seconds } from '../text/timeline';
import { type Drawn, lostIn, type Measure, protocolsOf, stacked } from './buckets';
import { Chart } from './chart';
import { Legend } from './legend';
import { Reading } from './reading';
import './timeline.css';
import { goTo } from './go-to';
import { TimelineTable } from './timeline-table';
import { useLook } from './use-look';
import { useMoment } from './use-moment';
import { type Course, useTimeline } from './use-timeline';

const words = text.timeline;
const MEASURES: readonly Measure[] = ['packets', 'bytes'];
/** Filters take seconds with six decimals. */
const rounded = (value: number): number => Math.max(0, Number(value.toFixed(6)));

/** Looks at a part of the time only. */
function limit(from: number, to: number): void {
  show({ from: rounded(from), to: rounded(to) });
}

export function Timeline() {
  const capture = useView((view) => view.capture);
  // Whoever has no capture is told so below.
  return capture === null ? null : <Shown />;
}

function Shown() {
  const shown = useSettings((settings) => settings.timeline);
  const { data, error } = useTimeline(shown);
  const [measure, setMeasure] = useState<Measure>('packets');
  const [table, setTable] = useState(false);
  return (
    <section className="timeline" aria-label={words.region}>
      <div className="timeline-head">
        <button
          type="button"
          className="timeline-toggle"
          aria-expanded={shown}
          title={shown ? words.hide : words.show}
          onClick={() => set({ timeline: !shown })}
        >
          {shown ? '▾' : '▸'} {words.region}
        </button>
        <Limits course={data} />
        {shown && data !== undefined && (
          <>
            <fieldset className="timeline-measure">
              <legend className="visually-hidden">{words.measure}</legend>
              {MEASURES.map((name) => (
                <button type="button" key={name} aria-pressed={name === measure} onClick={() => setMeasure(name)}>
                  {words.measures[name]}
                </button>
              ))}
            </fieldset>
            <span className="timeline-quiet">{words.per(data.timeline.interval)}</span>
            <button type="button" aria-pressed={table} onClick={() => setTable(!table)}>
              {words.table}
            </button>
          </>
        )}
      </div>
      {shown && <ProblemNotice error={error} />}
      {shown && data !== undefined && data.timeline.buckets.length > 0 && (
        <Body course={data} measure={measure} table={table} />
      )}
      {shown && error === null && (data === undefined || data.timeline.buckets.length === 0) && (
        <p className="timeline-empty">{data === undefined ? text.app.loading : words.empty}</p>
      )}
    </section>
  );
}

function Limits({ course }: { readonly course: Course | undefined }) {
  const { from, to } = useView();
  if (from === null && to === null) return null;
  const step = course === undefined ? 0.001 : course.timeline.interval / 10;
  return (
    <span className="timeline-limits">
      {words.limits(from === null ? words.start : seconds(from, step), to === null ? words.end : seconds(to, step))}
      <button type="button" className="primary" onClick={() => show({ from: null, to: null })}>
        {words.whole}
      </button>
    </span>
  );
}

interface BodyProps {
  readonly course: Course;
  readonly measure: Measure;
  readonly table: boolean;
}

function Body({ course: { timeline, offset }, measure, table }: BodyProps) {
  const { buckets, interval, complete } = timeline;
  const { from, to } = useView();
  const look = useLook();
  const [hidden, setHidden] = useState<ReadonlySet<string>>(new Set());
  const [hovered, setHovered] = useState<number | null>(null);
  const before = useRef<readonly string[]>([]);
  const protocols = useMemo(() => {
    before.current = protocolsOf(
      buckets,
      before.current.filter((name) => name !== ''),
    );
    return before.current;
  }, [buckets]);
  const drawn = useMemo(
    (): Drawn => ({
      times: buckets.map((_, at) => offset + at * interval),
      interval,
      edges: stacked(buckets, protocols, hidden, measure),
      drops: buckets.map(({ drops }) => drops),
      format: words.axis[measure],
    }),
    [buckets, offset, interval, protocols, hidden, measure],
  );
  const colours = protocols.map((name, place) => (name === '' ? '--series-others' : `--series-${place + 1}`));
  const [problem, setProblem] = useState<unknown>();
  const go = (time: number) => void goTo(time).then(() => setProblem(undefined), setProblem);
  const moment = useMoment(drawn, limit, go);
  const at = hovered ?? moment.at;
  return (
    <>
      <div
        role="slider"
        tabIndex={0}
        className="timeline-box"
        aria-label={words.chart}
        aria-description={words.chartHelp}
        aria-valuemin={0}
        aria-valuemax={buckets.length - 1}
        aria-valuenow={moment.at ?? 0}
        aria-valuetext={summaryOf(moment.at, drawn, timeline)}
        {...moment.keys}
      >
        <Chart
          drawn={drawn}
          colours={colours}
          from={moment.marked?.from ?? from}
          to={moment.marked?.to ?? to}
          at={moment.at}
          look={look}
          onHover={setHovered}
          onGo={go}
          onLimit={limit}
        />
      </div>
      <div className="timeline-foot">
        <Legend protocols={protocols} colours={colours} hidden={hidden} onChange={setHidden} />
        <Reading drawn={drawn} timeline={timeline} at={at} measure={measure} protocols={protocols} />
      </div>
      <ProblemNotice error={problem} />
      {!complete && (
        <p className="timeline-quiet" role="status">
          {words.looking}
        </p>
      )}
      {table && <TimelineTable timeline={timeline} times={drawn.times} />}
    </>
  );
}

/** What a screen reader says: of a moment, or of everything. */
function summaryOf(at: number | null, { times, interval }: Drawn, { buckets }: Course['timeline']): string {
  if (at !== null && buckets[at] !== undefined) {
    const { packets, drops } = buckets[at];
    const said = [seconds(times[at], interval), words.value.packets(packets)];
    return [...said, ...(drops === null || drops === 0 ? [] : [words.lost(drops)])].join(', ');
  }
  let [all, most] = [0, 0];
  buckets.forEach(({ packets }, place) => {
    all += packets;
    if (packets > buckets[most].packets) most = place;
  });
  const duration = seconds((times.at(-1) ?? 0) + interval - (times[0] ?? 0), interval);
  return words.summary(all, duration, buckets[most].packets, seconds(times[most], interval), lostIn(buckets));
}
