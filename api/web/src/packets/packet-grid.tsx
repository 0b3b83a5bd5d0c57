/** The packet list: a grid of any length, of which the rows that are seen are drawn. */

import {
  type KeyboardEvent,
  type MouseEvent,
  useEffect,
  useLayoutEffect,
  useMemo,
  useRef,
  useState,
  useSyncExternalStore,
} from 'react';
import type { PacketRow } from '../api/types';
import { type At, below } from '../parts/context-menu';
import { placeByKey } from '../parts/list-keys';
import { useLive } from '../state/live';
import { useSettings } from '../state/settings';
import { text } from '../text';
import { columnsOf, tracksOf } from './columns';
import { GridHead } from './grid-head';
import { GridRow, MarkBand } from './grid-row';
import './kinds.css';
import { openFlow, select, setFollow, toggle, useList } from './list-state';
import { marksAfter, marksBetween, useMarks } from './marks';
import './packet-grid.css';
import { has } from './ranges';
import { RowMenu } from './row-menu';
import type { RowStore } from './row-store';
import { type Extent, heightOf, isMapped, lastTop, scrollTopOf, topAt } from './scroll';

const noChange = () => () => undefined;

/** The rows of a store as they are now. */
export function useRows(rows: RowStore | null): void {
  useSyncExternalStore(rows?.subscribe ?? noChange, () => rows?.version ?? 0);
}

export function PacketGrid() {
  const { rows, top, selected, chosen } = useList();
  // A capture that has ended is read from its beginning.
  const running = useLive(({ capture }) => capture?.state === 'running');
  const follow = useList((list) => list.follow) && running;
  useRows(rows);
  const { columns: names, widths, colours, large } = useSettings();
  const columns = useMemo(() => columnsOf(names), [names]);
  const marks = useMarks();
  const rowHeight = large ? 36 : 23;
  const head = rowHeight + 4;
  const box = useRef<HTMLDivElement>(null);
  const [viewport, setViewport] = useState(480);
  const [menu, setMenu] = useState<{ place: number; column: string | undefined; at: At | undefined }>();
  /** Where the scroll bar was put, so that the event of it is not taken for a person's. */
  const put = useRef(0);
  const count = rows?.count ?? 0;
  const extent: Extent = { rows: count, rowHeight, viewport };

  useLayoutEffect(() => {
    const element = box.current;
    if (element === null) return;
    const measure = () => {
      const height = Math.max(rowHeight, element.clientHeight - head);
      setViewport(height);
      useList.setState({ visible: Math.max(1, Math.floor(height / rowHeight)) });
    };
    measure();
    const observer = new ResizeObserver(measure);
    observer.observe(element);
    return () => observer.disconnect();
  }, [rowHeight, head]);

  // Before the frame is drawn: the newest row is seen in the same one.
  useLayoutEffect(() => {
    if (follow) useList.setState({ top: lastTop({ rows: count, rowHeight, viewport }) });
  }, [follow, count, rowHeight, viewport]);

  useLayoutEffect(() => {
    const element = box.current;
    if (element === null) return;
    const wanted = scrollTopOf(top, { rows: count, rowHeight, viewport });
    if (Math.abs(element.scrollTop - wanted) >= 1) element.scrollTop = wanted;
    put.current = element.scrollTop;
  }, [top, count, rowHeight, viewport]);

  const first = Math.max(0, Math.floor(top));
  const seen = Math.ceil(viewport / rowHeight) + 1;
  // With the row before the first one, for the marks between them.
  useEffect(() => rows?.want(Math.max(0, first - 1), Math.min(first + seen, count)), [rows, first, seen, count]);

  useEffect(() => {
    const element = box.current;
    if (element === null) return;
    // Where a pixel of the scroll bar is many rows, the wheel still moves row by row.
    const wheel = (event: WheelEvent) => {
      if (event.deltaY < 0) setFollow(false);
      const height = Math.max(rowHeight, element.clientHeight - head);
      const extent = { rows: useList.getState().rows?.count ?? 0, rowHeight, viewport: height };
      if (!isMapped(extent) || event.ctrlKey || event.deltaY === 0) return;
      event.preventDefault();
      const lines = event.deltaMode === WheelEvent.DOM_DELTA_LINE ? event.deltaY * 3 : event.deltaY / rowHeight;
      const { top } = useList.getState();
      useList.setState({ top: Math.min(lastTop(extent), Math.max(0, top + lines)) });
    };
    element.addEventListener('wheel', wheel, { passive: false });
    return () => element.removeEventListener('wheel', wheel);
  }, [rowHeight, head]);

  const scrolled = () => {
    const element = box.current;
    if (element === null || Math.abs(element.scrollTop - put.current) < 1) return;
    put.current = element.scrollTop;
    const to = topAt(element.scrollTop, extent);
    const atEnd = to >= lastTop(extent) - 0.5;
    // Whoever scrolls up wants to read; whoever scrolls to the end wants the newest.
    useList.setState({ top: to, follow: atEnd && count > 0 });
  };

  const key = (event: KeyboardEvent) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const page = Math.max(1, Math.floor(viewport / rowHeight) - 1);
    const from = selected < 0 ? first - 1 : selected;
    const to = placeByKey(event.key, from, page, count);
    if (to !== undefined) select(to, event.shiftKey);
    else if (event.key === 'Enter') openFlow(rows?.row(selected));
    else if (event.key === 'ContextMenu' || (event.key === 'F10' && event.shiftKey)) {
      const element = document.getElementById(`packet-row-${selected}`);
      if (selected >= 0) setMenu({ place: selected, column: undefined, at: below(element, box.current) });
    } else return;
    event.preventDefault();
  };

  const point = (event: MouseEvent, place: number) => {
    if (event.ctrlKey || event.metaKey) toggle(place);
    else select(place, event.shiftKey);
  };
  const openMenu = (event: MouseEvent, place: number) => {
    event.preventDefault();
    if (place !== selected) select(place);
    const column = (event.target as Element).closest<HTMLElement>('[data-column]')?.dataset['column'];
    setMenu({ place, column, at: { x: event.clientX, y: event.clientY, back: box.current } });
  };

  const { template, least } = useMemo(() => tracksOf(columns, widths), [columns, widths]);
  const tracks = { gridTemplateColumns: template, minWidth: least };
  const lines = layOut(rows, marks, first, Math.min(count, first + seen), rowHeight);
  const height = lines.reduce((sum, line) => sum + line.height, 0);
  const after = first + seen >= count ? marksAfter(marks, rows?.row(count - 1)) : [];
  // Lines of marks take room: at the end of the list, the last packet has to be seen all the same.
  const atEnd = top >= lastTop(extent) - 0.01 && count > 0;
  const over = Math.max(0, height + after.length * rowHeight - viewport);
  let y = -(top - first) * (lines[0]?.height ?? rowHeight);
  if (atEnd) y = Math.min(y, -over);
  const starts = lines.map((line) => {
    const start = y;
    y += line.height;
    return start;
  });

  return (
    <div className="packet-grid">
      <div
        ref={box}
        className="packet-grid-scroll"
        role="grid"
        aria-label={text.packets.grid}
        aria-rowcount={count + 1}
        aria-colcount={columns.length}
        aria-multiselectable="true"
        aria-busy={rows !== null && !rows.ready}
        aria-activedescendant={selected >= first && selected < first + seen ? `packet-row-${selected}` : undefined}
        tabIndex={0}
        onKeyDown={key}
        onScroll={scrolled}
      >
        <GridHead columns={columns} style={{ ...tracks, height: head }} />
        <div role="presentation" style={{ height: heightOf(extent), minWidth: least }}>
          <div
            className="packet-grid-rows"
            role="presentation"
            style={{ top: head, height: Math.min(viewport, heightOf(extent) + after.length * rowHeight) }}
          >
            {lines.map(({ place, row, marks }, at) => (
              <GridRow
                key={place}
                place={place}
                row={row}
                columns={columns}
                selected={chosen.length === 0 ? place === selected : row !== undefined && has(chosen, row.number)}
                colours={colours}
                marks={marks}
                line={rowHeight}
                style={{ ...tracks, transform: `translateY(${starts[at]}px)` }}
                onPoint={point}
                onOpen={openFlow}
                onMenu={openMenu}
              />
            ))}
            {after.length > 0 && (
              <div role="row" className="packet-row" style={{ transform: `translateY(${y}px)` }}>
                {after.map((mark, at) => (
                  <MarkBand key={mark.id} mark={mark} line={rowHeight} at={at} />
                ))}
              </div>
            )}
          </div>
        </div>
      </div>
      <RowMenu
        row={menu === undefined ? undefined : rows?.row(menu.place)}
        column={columns.find(({ name }) => name === menu?.column)}
        at={menu?.at}
        onClose={() => setMenu((last) => last && { ...last, at: undefined })}
      />
    </div>
  );
}

interface Line {
  readonly place: number;
  readonly row: PacketRow | undefined;
  readonly marks: ReturnType<typeof marksBetween>;
  /** CSS pixels, with its marks. */
  readonly height: number;
}

/** The rows that are drawn, each with the marks before it. */
function layOut(
  rows: RowStore | null,
  marks: ReturnType<typeof useMarks>,
  from: number,
  to: number,
  rowHeight: number,
): readonly Line[] {
  const lines: Line[] = [];
  for (let place = from; place < to; place++) {
    const row = rows?.row(place);
    const before = marksBetween(marks, place === 0 ? undefined : rows?.row(place - 1), row, place === 0);
    lines.push({ place, row, marks: before, height: rowHeight * (1 + before.length) });
  }
  return lines;
}
