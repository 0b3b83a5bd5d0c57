/** The list of conversations. */

import { useVirtualizer } from '@tanstack/react-virtual';
import { type KeyboardEvent, useEffect, useMemo, useRef, useState } from 'react';
import { type At, below } from '../parts/context-menu';
import { placeByKey } from '../parts/list-keys';
import { ProblemNotice } from '../parts/problem-notice';
import { useChallenge } from '../room/challenge';
import { useLive } from '../state/live';
import { useSettings } from '../state/settings';
import { effectiveFilter, show, useView } from '../state/view';
import { text } from '../text';
import { FlowMenu } from './flow-menu';
import { FlowRow } from './flow-row';
import './flow-grid.css';
import { hiddenBy } from './hidden';
import { SORTS, type Sort, sortBy, useFlowPlace, useFlows } from './use-flows';
import { useNarrow } from './use-narrow';

const words = text.flows;
/** Pixels that browsers lay out, with room to spare. */
const TALLEST = 12_000_000;
/** What a column's head sorts by. */
const SORT_OF: Partial<Record<keyof typeof words.columns, Sort>> = {
  packets: 'packets',
  bytes: 'bytes',
  duration: 'duration',
  when: 'firstTime',
};

export function FlowGrid() {
  const { sort, at: place, chosen, top } = useFlowPlace();
  const filter = useView(effectiveFilter);
  const growing = useLive(({ capture }) => capture?.state === 'running' || capture?.state === 'importing');
  const hiddenNames = useChallenge(({ hidden }) => hidden);
  const hidden = useMemo(() => hiddenBy(hiddenNames), [hiddenNames]);
  const [sight, setSight] = useState<readonly [number, number]>([0, 0]);
  const flows = useFlows(sight);
  const [menu, setMenu] = useState<{ at: At | undefined; index: number }>({ at: undefined, index: 0 });
  const box = useRef<HTMLDivElement>(null);
  const large = useSettings((settings) => settings.large);
  const narrow = useNarrow();
  const height = (narrow ? 108 : 46) * (large ? 1.45 : 1);
  const most = Math.floor(TALLEST / height);
  const count = Math.min(flows.count, most);
  const selected = Math.min(place, count - 1);
  // While a capture grows the order may change: what was chosen stays chosen.
  const moved = chosen === null || flows.row(selected)?.id === chosen ? undefined : flows.placeOf(chosen);
  useEffect(() => {
    if (moved !== undefined) useFlowPlace.setState({ at: moved });
  }, [moved]);
  const rows = useVirtualizer({
    count,
    getScrollElement: () => box.current,
    estimateSize: () => height,
    overscan: 6,
    scrollPaddingStart: 32,
    initialOffset: top,
  });
  // biome-ignore lint/correctness/useExhaustiveDependencies: all rows have another height when the type has another size
  useEffect(() => rows.measure(), [height]);
  const items = rows.getVirtualItems();
  const [first, last] = [items[0]?.index ?? 0, items.at(-1)?.index ?? 0];
  useEffect(() => setSight([first, last]), [first, last]);

  const select = (at: number) => useFlowPlace.setState({ at, chosen: flows.row(at)?.id ?? null });
  const openMenu = (index: number, point?: { x: number; y: number }) => {
    select(index);
    const row = document.getElementById(`flow-row-${index}`);
    setMenu({ at: point === undefined ? below(row, box.current) : { ...point, back: box.current }, index });
  };
  const key = (event: KeyboardEvent) => {
    if (event.target !== event.currentTarget || event.ctrlKey || event.altKey || event.metaKey || count === 0) return;
    const page = Math.max(1, Math.floor((box.current?.clientHeight ?? 0) / height) - 2);
    const to = placeByKey(event.key, selected, page, count);
    const flow = flows.row(selected);
    if (to !== undefined) {
      select(to);
      rows.scrollToIndex(to);
    } else if (event.key === 'Enter' && flow !== undefined) show({ flow: flow.id, part: 'stream' });
    else if (event.key === 'ContextMenu' || (event.key === 'F10' && event.shiftKey)) openMenu(selected);
    else return;
    event.preventDefault();
  };

  const { loading, error, more } = flows;
  return (
    <div className="flows">
      <div className="flow-tools">
        <strong role="status">
          {loading && count === 0 ? '' : more ? words.atLeast(flows.count) : words.all(flows.count)}
        </strong>
        <label>
          {words.sort}{' '}
          <select value={sort} onChange={(event) => sortBy(event.target.value as Sort)}>
            {SORTS.map((name) => (
              <option key={name} value={name}>
                {words.sorts[name]}
              </option>
            ))}
          </select>
        </label>
        <button type="button" disabled={count === 0} onClick={() => show({ part: 'sequence' })}>
          {words.showLadder}
        </button>
        <span className="quiet flow-about">{words.about}</span>
      </div>
      <ProblemNotice error={error} />
      {loading && count === 0 && <p className="notice">{text.app.loading}</p>}
      {!loading && count === 0 && error === null && (
        <p className="notice">{filter !== '' ? words.noneMatches : growing ? words.none : words.noneAtAll}</p>
      )}
      {flows.count > most && <p className="notice">{words.most(most)}</p>}
      <div
        className="flow-grid"
        role="grid"
        aria-label={words.grid}
        aria-description={words.gridHelp}
        aria-rowcount={more ? -1 : flows.count + 1}
        aria-activedescendant={count > 0 && selected >= first && selected <= last ? `flow-row-${selected}` : undefined}
        tabIndex={0}
        ref={box}
        onKeyDown={key}
        onScroll={() => useFlowPlace.setState({ top: box.current?.scrollTop ?? 0 })}
      >
        <Head sort={sort} />
        <div role="presentation" className="flow-rows" style={{ height: rows.getTotalSize() }}>
          {items.map(({ index, start }) => (
            <FlowRow
              key={index}
              flow={flows.row(index)}
              index={index}
              selected={index === selected}
              hidden={hidden}
              style={{ height, transform: `translateY(${start}px)` }}
              onSelect={select}
              onMenu={(at, { clientX, clientY }) => openMenu(at, { x: clientX, y: clientY })}
            />
          ))}
        </div>
      </div>
      <FlowMenu
        flow={flows.row(menu.index)}
        at={menu.at}
        secret={hidden.words}
        onClose={() => setMenu({ ...menu, at: undefined })}
      />
    </div>
  );
}

function Head({ sort }: { readonly sort: Sort }) {
  return (
    <div role="row" aria-rowindex={1} className="flow-head flow-columns">
      {(Object.keys(words.columns) as (keyof typeof words.columns)[]).map((name) => {
        const by = SORT_OF[name];
        const sorted = by !== undefined && by === sort;
        const down = by !== 'firstTime';
        return (
          <span
            role="columnheader"
            key={name}
            className={`flow-${name}${/packets|bytes|rtt|duration/.test(name) ? ' align-end' : ''}`}
            aria-sort={sorted ? (down ? 'descending' : 'ascending') : undefined}
          >
            {by === undefined ? (
              words.columns[name]
            ) : (
              // A second click goes back to the order in which they came: the service sorts each way only once.
              <button type="button" className="flow-sort" onClick={() => sortBy(sorted ? 'id' : by)}>
                {words.columns[name]}
                <span aria-hidden="true">{sorted ? (down ? ' ↓' : ' ↑') : ''}</span>
              </button>
            )}
          </span>
        );
      })}
    </div>
  );
}
