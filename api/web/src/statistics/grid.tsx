/** A table of any number of rows, of which only those in sight are in the page: sorted by its heads, walked by keys. */

import { useVirtualizer } from '@tanstack/react-virtual';
import { type KeyboardEvent, type ReactNode, useEffect, useRef, useState } from 'react';
import { openFilterMenu } from '../filter/filter-menu';
import { below } from '../parts/context-menu';
import { placeByKey } from '../parts/list-keys';
import { useSettings } from '../state/settings';
import { text } from '../text';
import './grid.css';

const words = text.statistics;
/** Rows that are shown: more would be taller than what browsers lay out. */
export const MOST_ROWS = 400_000;

export interface GridColumn<R> {
  readonly name: string;
  readonly title: string;
  /** A track of a CSS grid. */
  readonly width: string;
  readonly align?: 'end';
  readonly value: (row: R) => string | number | null | undefined;
  /** Where it is not simply the value. */
  readonly show?: (row: R) => ReactNode;
}

export interface Sorted {
  readonly by: string;
  readonly down: boolean;
}

/** Of rows of a tree. */
export interface Nesting {
  /** 1 for the outermost. */
  readonly level: number;
  /** undefined: there is nothing in it. */
  readonly open: boolean | undefined;
}

interface Props<R> {
  readonly label: string;
  readonly rows: readonly R[];
  readonly columns: readonly GridColumn<R>[];
  readonly keyOf: (row: R) => string;
  readonly conditionOf: (row: R) => string;
  readonly nameOf: (row: R) => string;
  readonly sorted?: Sorted | undefined;
  readonly onSort?: (sorted: Sorted) => void;
  readonly nestingOf?: (row: R) => Nesting;
  readonly onOpen?: (row: R, open: boolean) => void;
  /** Called with the rows in sight. */
  readonly onSight?: (rows: readonly R[]) => void;
}

export function Grid<R>(props: Props<R>) {
  const { label, rows, columns, keyOf, conditionOf, nameOf, sorted, onSort, nestingOf, onOpen, onSight } = props;
  const box = useRef<HTMLDivElement>(null);
  const large = useSettings((settings) => settings.large);
  const height = large ? 38 : 27;
  const [active, setActive] = useState(0);
  const count = Math.min(rows.length, MOST_ROWS);
  const at = Math.min(active, count - 1);
  const virtual = useVirtualizer({
    count,
    getScrollElement: () => box.current,
    estimateSize: () => height,
    overscan: 6,
    scrollPaddingStart: height + 4,
  });
  const items = virtual.getVirtualItems();
  // biome-ignore lint/correctness/useExhaustiveDependencies: all rows have another height when the type has another size
  useEffect(() => virtual.measure(), [height]);
  const [first, last] = [items[0]?.index ?? 0, items.at(-1)?.index ?? -1];
  useEffect(() => onSight?.(rows.slice(first, last + 1)), [onSight, rows, first, last]);

  const id = (place: number) => `${label}-row-${place}`.replace(/\s+/g, '-');
  const menu = (place: number, back: HTMLElement | null, point?: { x: number; y: number }) => {
    setActive(place);
    const row = rows[place];
    if (row === undefined) return;
    openFilterMenu(
      conditionOf(row),
      point === undefined ? below(document.getElementById(id(place)), back) : { ...point, back },
    );
  };
  const key = (event: KeyboardEvent<HTMLElement>) => {
    if (event.target !== event.currentTarget || event.ctrlKey || event.altKey || event.metaKey || count === 0) return;
    const page = Math.max(1, Math.floor((box.current?.clientHeight ?? 0) / height) - 2);
    const to = placeByKey(event.key, at, page, count);
    const nesting = nestingOf?.(rows[at]);
    if (to !== undefined) {
      setActive(to);
      virtual.scrollToIndex(to);
    } else if (event.key === 'Enter' || event.key === ' ' || event.key === 'ContextMenu') menu(at, event.currentTarget);
    else if (event.key === 'ArrowRight' && nesting?.open === false) onOpen?.(rows[at], true);
    else if (event.key === 'ArrowLeft' && nesting?.open === true) onOpen?.(rows[at], false);
    else return;
    event.preventDefault();
  };

  const tracks = { gridTemplateColumns: ['2.6em', ...columns.map(({ width }) => width)].join(' ') };
  const outer = {
    role: nestingOf === undefined ? 'grid' : 'treegrid',
    'aria-label': label,
    'aria-description': words.gridHelp,
    'aria-rowcount': rows.length + 1,
    'aria-activedescendant': at >= first && at <= last ? id(at) : undefined,
    tabIndex: 0,
    onKeyDown: key,
  };
  return (
    <div className="stat-grid" ref={box} {...outer}>
      <div role="row" aria-rowindex={1} className="stat-head" style={tracks}>
        <span role="columnheader">
          <span className="visually-hidden">{words.columns.filter}</span>
        </span>
        {columns.map(({ name, title, align }) => (
          <span
            role="columnheader"
            key={name}
            aria-sort={sorted?.by !== name ? undefined : sorted.down ? 'descending' : 'ascending'}
            className={align === 'end' ? 'align-end' : undefined}
          >
            {onSort === undefined ? (
              title
            ) : (
              <button
                type="button"
                className="stat-sort"
                // Numbers are asked for by the greatest, names by the alphabet.
                onClick={() => onSort({ by: name, down: sorted?.by === name ? !sorted.down : align === 'end' })}
              >
                {title}
                <span aria-hidden="true">{sorted?.by === name ? (sorted.down ? ' ↓' : ' ↑') : ''}</span>
              </button>
            )}
          </span>
        ))}
      </div>
      <div role="presentation" className="stat-rows" style={{ height: virtual.getTotalSize() }}>
        {items.map(({ index, start }) => {
          const row = rows[index];
          const nesting = nestingOf?.(row);
          return (
            <div
              role="row"
              key={keyOf(row)}
              id={id(index)}
              aria-rowindex={index + 2}
              aria-selected={index === at}
              aria-level={nesting?.level}
              aria-expanded={nesting?.open}
              className="stat-row"
              style={{ ...tracks, height, transform: `translateY(${start}px)` }}
              onClick={() => setActive(index)}
              onContextMenu={(event) => {
                event.preventDefault();
                menu(index, box.current, { x: event.clientX, y: event.clientY });
              }}
            >
              <span role="gridcell">
                <button
                  type="button"
                  className="stat-filter"
                  tabIndex={-1}
                  aria-label={words.filterRow(nameOf(row))}
                  title={words.filterRow(nameOf(row))}
                  onClick={(event) => {
                    const { left, bottom } = event.currentTarget.getBoundingClientRect();
                    menu(index, box.current, { x: left, y: bottom });
                  }}
                >
                  ⋯
                </button>
              </span>
              {columns.map((column) => (
                <span role="gridcell" key={column.name} className={column.align === 'end' ? 'align-end' : undefined}>
                  {column.show === undefined ? (column.value(row) ?? '') : column.show(row)}
                </span>
              ))}
            </div>
          );
        })}
      </div>
    </div>
  );
}
