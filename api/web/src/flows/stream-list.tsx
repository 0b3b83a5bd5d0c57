/** The lines of a stream, of which those in sight are in the page. */

import { useVirtualizer } from '@tanstack/react-virtual';
import { useEffect, useLayoutEffect, useRef } from 'react';
import { useSettings } from '../state/settings';
import { show, useView } from '../state/view';
import { text } from '../text';
import { count } from '../text/app';
import type { Match, Span } from './stream-find';
import type { Line } from './stream-lines';

const words = text.flows.stream;
/** Lines before the end at which what comes next is asked for. */
const NEAR = 100;
const RULER = '0000000000';
/** What stands beside a line: padding, border, the server's indent, as the style sheet has them. */
const BESIDE_REMS = 4.5;

interface Props {
  readonly lines: readonly Line[];
  /** What was found, to be shown. */
  readonly match: Match | undefined;
  readonly live: boolean;
  readonly more: boolean;
  readonly onMore: () => void;
  /** Told how many characters have room beside each other. */
  readonly onColumns: (columns: number) => void;
}

export function StreamLines({ lines, match, live, more, onMore, onColumns }: Props) {
  const box = useRef<HTMLDivElement>(null);
  const ruler = useRef<HTMLSpanElement>(null);
  const large = useSettings((settings) => settings.large);
  const packet = useView((view) => view.packet);
  const height = large ? 30 : 20;
  /** Whether the end is in sight: then what is said next comes into sight by itself. */
  const atEnd = useRef(true);
  const rows = useVirtualizer({
    count: lines.length,
    getScrollElement: () => box.current,
    estimateSize: () => height,
    overscan: 10,
  });
  // biome-ignore lint/correctness/useExhaustiveDependencies: all lines have another height when the type has another size
  useEffect(() => rows.measure(), [height]);
  const items = rows.getVirtualItems();
  const last = items.at(-1)?.index ?? -1;

  useEffect(() => {
    const element = box.current;
    if (element === null) return;
    const measure = () => {
      const character = (ruler.current?.getBoundingClientRect().width ?? 0) / RULER.length;
      if (character <= 0) return;
      const rem = Number.parseFloat(getComputedStyle(document.documentElement).fontSize);
      onColumns(Math.floor((element.clientWidth - BESIDE_REMS * rem) / character));
    };
    const observer = new ResizeObserver(measure);
    observer.observe(element);
    return () => observer.disconnect();
  }, [onColumns]);

  useEffect(() => {
    if (more && last >= lines.length - NEAR) onMore();
  }, [more, last, lines, onMore]);

  // What is let go at the beginning must not move what somebody reads.
  const before = useRef(lines);
  useLayoutEffect(() => {
    const gone = before.current === lines || lines.length === 0 ? 0 : before.current.indexOf(lines[0]);
    before.current = lines;
    if (gone > 0 && box.current !== null && !(live && atEnd.current)) box.current.scrollTop -= gone * height;
  }, [lines, live, height]);
  useEffect(() => {
    if (live && atEnd.current && lines.length > 0) rows.scrollToIndex(lines.length - 1);
  }, [lines, live, rows]);
  useEffect(() => {
    if (match !== undefined) rows.scrollToIndex(match[0].line, { align: 'auto' });
  }, [match, rows]);

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
      <span ref={ruler} className="stream-ruler" aria-hidden="true">
        {RULER}
      </span>
      <div className="stream-all" style={{ height: rows.getTotalSize() }}>
        {items.map(({ index, start }) => {
          const line = lines[index];
          const style = { height, transform: `translateY(${start}px)` };
          const name = `stream-line ${line.from} ${line.kind}`;
          if (line.kind === 'head' && line.packet !== undefined)
            return (
              <button
                type="button"
                key={index}
                className={name}
                style={style}
                title={words.headTitle}
                data-chosen={line.packet === packet}
                onClick={() => show({ tab: 'packets', packet: line.packet ?? null }, false)}
              >
                {line.text}
              </button>
            );
          return (
            <div key={index} className={name} style={style}>
              {marked(
                line.text,
                match?.find((span) => span.line === index),
              )}
            </div>
          );
        })}
      </div>
    </section>
  );
}

function marked(line: string, span: Span | undefined) {
  if (span === undefined) return line;
  return (
    <>
      {line.slice(0, span.from)}
      <mark>{line.slice(span.from, span.to)}</mark>
      {line.slice(span.to)}
    </>
  );
}
