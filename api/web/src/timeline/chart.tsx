/** The drawing: bars on top of one another, what was lost in red, and the time that is looked at. */

import { useEffect, useLayoutEffect, useRef } from 'react';
import uPlot from 'uplot';
import 'uplot/dist/uPlot.min.css';
import { text } from '../text';
import { seconds } from '../text/timeline';
import type { Drawn } from './buckets';
import { dragged } from './drag';
import { paintLimits, paintLosses } from './paint';

const words = text.timeline;

/** Seconds between marks of the axis: those that are round on a clock, and below a second decimal ones. */
const STEPS: readonly number[] = [
  ...[-6, -5, -4, -3, -2, -1].flatMap((power) => [1, 2, 5].map((step) => step * 10 ** power)),
  ...[1, 2, 5, 10, 20, 30, 60, 120, 300, 600, 1200, 1800, 3600, 7200, 14_400, 21_600, 43_200, 86_400],
  ...[2, 7, 30, 365].map((days) => days * 86_400),
];

interface Props {
  readonly drawn: Drawn;
  /** Names of the custom properties with the colours of `edges`. */
  readonly colours: readonly string[];
  readonly from: number | null;
  readonly to: number | null;
  /** Place of the bucket that the keyboard is at. */
  readonly at: number | null;
  /** Changes when colours or sizes do. */
  readonly look: string;
  readonly onHover: (bucket: number | null) => void;
  readonly onGo: (time: number) => void;
  readonly onLimit: (from: number, to: number) => void;
}

const colour = (element: Element, name: string): string => getComputedStyle(element).getPropertyValue(name).trim();

function dataOf({ times, edges }: Drawn): uPlot.AlignedData {
  // The highest edge is drawn first, so that the lower ones cover it.
  return [[...times], ...[...edges].reverse().map((edge) => [...edge])];
}

export function Chart(props: Props) {
  const box = useRef<HTMLDivElement>(null);
  const chart = useRef<uPlot>(null);
  /** What uPlot's callbacks read: they are made once, and see what there is now. */
  const now = useRef(props);
  now.current = props;
  const { drawn, colours, look, from, to, at } = props;
  const palette = colours.join();

  // biome-ignore lint/correctness/useExhaustiveDependencies: another look is another chart
  useLayoutEffect(() => {
    const element = box.current;
    if (element === null) return;
    const made = new uPlot(
      optionsFor(element, palette === '' ? [] : palette.split(','), now),
      dataOf(now.current.drawn),
      element,
    );
    chart.current = made;
    const stop = dragged(
      made,
      (time) => now.current.onGo(time),
      (begin, end) => now.current.onLimit(begin, end),
    );
    const observer = new ResizeObserver(() => made.setSize(sizeOf(element)));
    observer.observe(element);
    return () => {
      observer.disconnect();
      stop();
      made.destroy();
      chart.current = null;
    };
  }, [palette, look]);

  useEffect(() => chart.current?.setData(dataOf(drawn)), [drawn]);
  // biome-ignore lint/correctness/useExhaustiveDependencies: these are what is painted over the bars
  useEffect(() => chart.current?.redraw(false, false), [from, to]);
  useEffect(() => {
    const made = chart.current;
    if (made === null || at === null) return;
    const { times, interval } = now.current.drawn;
    made.setCursor({ left: made.valToPos((times[at] ?? 0) + interval / 2, 'x'), top: 0 }, false);
  }, [at]);

  return <div className="timeline-chart" ref={box} aria-hidden="true" />;
}

const sizeOf = (element: HTMLElement) => ({
  width: Math.max(60, element.clientWidth),
  height: Math.max(50, element.clientHeight),
});

function optionsFor(element: HTMLElement, palette: string[], now: { readonly current: Props }): uPlot.Options {
  const size = Number.parseFloat(colour(element, '--size-data')) || 13;
  const font = `${size - 1}px ${colour(element, '--sans')}`;
  const [quiet, line] = [colour(element, '--quiet'), colour(element, '--line')];
  const axis = { stroke: quiet, font, ticks: { show: false }, grid: { stroke: line, width: 1 } };
  const bars = uPlot.paths.bars?.({ size: [1, Number.POSITIVE_INFINITY], align: 1, gap: 0 });
  return {
    ...sizeOf(element),
    padding: [6, size * 1.4, 0, 0],
    legend: { show: false },
    cursor: { y: false, points: { show: false }, drag: { x: false, y: false } },
    scales: {
      x: {
        time: false,
        range: () => {
          const { times, interval } = now.current.drawn;
          return [times[0] ?? 0, (times.at(-1) ?? 0) + interval];
        },
      },
      y: { range: (_, __, most) => [0, Math.max(most, 1) * 1.08] },
    },
    axes: [
      {
        ...axis,
        size: size * 1.7,
        gap: 3,
        incrs: [...STEPS],
        values: (_, splits, ___, ____, step) => splits.map((at) => seconds(at, step, splits.at(-1))),
      },
      {
        ...axis,
        size: size * 4.4,
        gap: 4,
        space: 24,
        values: (_, splits) => splits.map((value) => now.current.drawn.format(value)),
      },
    ],
    series: [
      {},
      ...[...palette].reverse().map((name): uPlot.Series => {
        const fill = colour(element, name);
        return {
          fill,
          stroke: fill,
          width: 0,
          points: { show: false },
          ...(bars === undefined ? {} : { paths: bars }),
        };
      }),
    ],
    hooks: {
      draw: [
        (made) => {
          const { drawn, from, to } = now.current;
          paintLosses(
            made,
            drawn,
            { red: colour(element, '--bad'), ground: colour(element, '--ground'), font },
            words.lost,
          );
          paintLimits(made, from, to, { veil: colour(element, '--ground'), edge: colour(element, '--focus') });
        },
      ],
      setCursor: [
        ({ cursor: { left = -1 }, posToVal }) => {
          const { times, interval } = now.current.drawn;
          const bucket = left < 0 ? -1 : Math.floor((posToVal(left, 'x') - (times[0] ?? 0)) / interval);
          now.current.onHover(bucket >= 0 && bucket < times.length ? bucket : null);
        },
      ],
    },
  };
}
