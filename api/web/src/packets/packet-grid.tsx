/** The packet list: a grid of any length, of which the rows that are seen are drawn. */

import { type KeyboardEvent, useEffect, useLayoutEffect, useMemo, useRef, useState, useSyncExternalStore } from 'react';
import type { PacketRow } from '../api/types';
import { useLive } from '../state/live';
import { useSettings } from '../state/settings';
import { text } from '../text';
import { type Column, columnsOf } from './columns';
import { select, setFollow, useList } from './list-state';
import './packet-grid.css';
import type { RowStore } from './row-store';
import { type Extent, heightOf, isMapped, lastTop, scrollTopOf, topAt } from './scroll';

const noChange = () => () => undefined;

/** The rows of a store as they are now. */
export function useRows(rows: RowStore | null): void {
  useSyncExternalStore(rows?.subscribe ?? noChange, () => rows?.version ?? 0);
}

function useRowHeight(): number {
  const large = useSettings((settings) => settings.large);
  return large ? 36 : 24;
}

export function PacketGrid() {
  const { rows, top, selected } = useList();
  // A capture that has ended is read from its beginning.
  const running = useLive(({ capture }) => capture?.state === 'running');
  const follow = useList((list) => list.follow) && running;
  useRows(rows);
  const names = useSettings((settings) => settings.columns);
  const widths = useSettings((settings) => settings.widths);
  const columns = useMemo(() => columnsOf(names), [names]);
  const rowHeight = useRowHeight();
  const box = useRef<HTMLDivElement>(null);
  const [viewport, setViewport] = useState(480);
  /** Where the scroll bar was put, so that the event of it is not taken for a person's. */
  const put = useRef(0);
  const count = rows?.count ?? 0;
  const extent: Extent = { rows: count, rowHeight, viewport };

  useLayoutEffect(() => {
    const element = box.current;
    if (element === null) return;
    const measure = () => {
      setViewport(element.clientHeight);
      useList.setState({ visible: Math.max(1, Math.floor(element.clientHeight / rowHeight)) });
    };
    measure();
    const observer = new ResizeObserver(measure);
    observer.observe(element);
    return () => observer.disconnect();
  }, [rowHeight]);

  useEffect(() => {
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
  useEffect(() => rows?.want(first, Math.min(first + seen, count)), [rows, first, seen, count]);

  useEffect(() => {
    const element = box.current;
    if (element === null) return;
    // Where a pixel of the scroll bar is many rows, the wheel still moves row by row.
    const wheel = (event: WheelEvent) => {
      if (event.deltaY < 0) setFollow(false);
      const extent = { rows: useList.getState().rows?.count ?? 0, rowHeight, viewport: element.clientHeight };
      if (!isMapped(extent) || event.ctrlKey || event.deltaY === 0) return;
      event.preventDefault();
      const lines = event.deltaMode === WheelEvent.DOM_DELTA_LINE ? event.deltaY * 3 : event.deltaY / rowHeight;
      const { top } = useList.getState();
      useList.setState({ top: Math.min(lastTop(extent), Math.max(0, top + lines)) });
    };
    element.addEventListener('wheel', wheel, { passive: false });
    return () => element.removeEventListener('wheel', wheel);
  }, [rowHeight]);

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
    const moves: Record<string, number> = {
      ArrowDown: from + 1,
      ArrowUp: from - 1,
      PageDown: from + page,
      PageUp: from - page,
      Home: 0,
      End: count - 1,
    };
    const to = moves[event.key];
    if (to === undefined) return;
    event.preventDefault();
    select(to);
  };

  const template = columns.map(({ name, width }) => {
    const set = widths[name] ?? width;
    return set === undefined ? 'minmax(12rem, 1fr)' : `${set}px`;
  });
  const grid = { gridTemplateColumns: template.join(' ') };
  const drawn: number[] = [];
  for (let place = first; place < Math.min(count, first + seen); place++) drawn.push(place);

  return (
    <div
      className="packet-grid"
      role="grid"
      aria-label={text.packets.grid}
      aria-rowcount={count + 1}
      aria-colcount={columns.length}
      aria-busy={rows !== null && !rows.ready}
      aria-activedescendant={selected >= first && selected < first + seen ? `packet-row-${selected}` : undefined}
      tabIndex={0}
      onKeyDown={key}
    >
      <div role="row" aria-rowindex={1} className="packet-grid-head" style={grid}>
        {columns.map((column) => (
          <span role="columnheader" key={column.name} className={column.align === 'end' ? 'align-end' : undefined}>
            {column.title}
          </span>
        ))}
      </div>
      <div className="packet-grid-scroll" ref={box} onScroll={scrolled} role="presentation">
        <div role="presentation" style={{ height: heightOf(extent) }}>
          <div
            className="packet-grid-rows"
            role="presentation"
            style={{ height: Math.min(viewport, heightOf(extent)) }}
          >
            {drawn.map((place) => (
              <Row
                key={place}
                place={place}
                row={rows?.row(place)}
                columns={columns}
                selected={place === selected}
                style={{ ...grid, height: rowHeight, transform: `translateY(${(place - top) * rowHeight}px)` }}
              />
            ))}
          </div>
        </div>
      </div>
    </div>
  );
}

interface RowProps {
  readonly place: number;
  readonly row: PacketRow | undefined;
  readonly columns: readonly Column[];
  readonly selected: boolean;
  readonly style: React.CSSProperties;
}

function Row({ place, row, columns, selected, style }: RowProps) {
  return (
    <div
      role="row"
      id={`packet-row-${place}`}
      aria-rowindex={place + 2}
      aria-selected={selected}
      className="packet-row"
      style={style}
      onClick={() => select(place)}
    >
      {columns.map((column) => (
        <span role="gridcell" key={column.name} className={column.align === 'end' ? 'align-end' : undefined}>
          {row === undefined ? '' : column.value(row)}
        </span>
      ))}
    </div>
  );
}
