/** The list of conversations. */

import { useVirtualizer } from '@tanstack/react-virtual';
import { type KeyboardEvent, useMemo, useRef, useState } from 'react';
import type { Flow } from '../api/types';
import { openFilterMenu } from '../filter/filter-menu';
import { plain } from '../parts/plain';
import { ProblemNotice } from '../parts/problem-notice';
import { useLive } from '../state/live';
import { useSettings } from '../state/settings';
import { show, useView } from '../state/view';
import { text } from '../text';
import { bytes, count } from '../text/app';
import { clientName, clientOf, flowFilter, secondsBetween, serverName, serverOf } from './flow-words';
import './flows.css';
import { SORTS, type Sort, useFlows } from './use-flows';

const words = text.flows;

export function FlowGrid() {
  const [sort, setSort] = useState<Sort>('id');
  const filter = useView((view) => view.filter);
  const { data, error, isPending, hasNextPage, fetchNextPage, isFetchingNextPage } = useFlows(sort);
  const flows = useMemo(() => data?.pages.flatMap((page) => page.flows) ?? [], [data]);
  const [selected, setSelected] = useState(0);
  const box = useRef<HTMLDivElement>(null);
  const large = useSettings((settings) => settings.large);
  const height = large ? 64 : 46;
  const rows = useVirtualizer({
    count: flows.length,
    getScrollElement: () => box.current,
    estimateSize: () => height,
    overscan: 6,
  });
  const last = rows.getVirtualItems().at(-1)?.index ?? 0;
  if (hasNextPage && !isFetchingNextPage && flows.length > 0 && last >= flows.length - 20) void fetchNextPage();

  const select = (to: number) => {
    const at = Math.min(flows.length - 1, Math.max(0, to));
    setSelected(at);
    rows.scrollToIndex(at);
  };
  const key = (event: KeyboardEvent) => {
    const page = Math.max(1, Math.floor((box.current?.clientHeight ?? 0) / height) - 1);
    const moves: Record<string, number> = {
      ArrowDown: selected + 1,
      ArrowUp: selected - 1,
      PageDown: selected + page,
      PageUp: selected - page,
      Home: 0,
      End: flows.length - 1,
    };
    const flow = flows[selected];
    if (event.key === 'Enter' && flow !== undefined) show({ flow: flow.id, part: 'stream' });
    else if (moves[event.key] === undefined) return;
    else select(moves[event.key]);
    event.preventDefault();
  };

  return (
    <>
      <div className="flow-tools">
        <label>
          {words.sort}{' '}
          <select value={sort} onChange={(event) => setSort(event.target.value as Sort)}>
            {SORTS.map((name) => (
              <option key={name} value={name}>
                {words.sorts[name]}
              </option>
            ))}
          </select>
        </label>
        <span>{hasNextPage ? words.atLeast(flows.length) : words.all(flows.length)}</span>
        <button type="button" disabled={flows.length === 0} onClick={() => show({ part: 'sequence' })}>
          {words.showLadder}
        </button>
        <span className="quiet">{words.about}</span>
      </div>
      <ProblemNotice error={error} />
      {isPending && error === null && <p className="notice">{text.app.loading}</p>}
      {!isPending && flows.length === 0 && error === null && (
        <p className="notice">{filter === '' ? words.none : words.noneMatches}</p>
      )}
      <div
        className="flow-grid"
        role="grid"
        aria-label={words.grid}
        aria-rowcount={hasNextPage ? -1 : flows.length + 1}
        aria-activedescendant={flows.length > 0 ? `flow-row-${selected}` : undefined}
        tabIndex={0}
        onKeyDown={key}
      >
        <div role="row" aria-rowindex={1} className="flow-head flow-columns">
          {Object.entries(words.columns).map(([name, title]) => (
            <span role="columnheader" key={name} className={`flow-${name}`}>
              {title}
            </span>
          ))}
        </div>
        <div className="flow-scroll" ref={box} role="presentation">
          <div role="presentation" style={{ height: rows.getTotalSize(), position: 'relative' }}>
            {rows.getVirtualItems().map(({ index, start }) => (
              <FlowRow
                key={flows[index].id}
                flow={flows[index]}
                index={index}
                selected={index === selected}
                onSelect={() => setSelected(index)}
                style={{ height, transform: `translateY(${start}px)` }}
              />
            ))}
          </div>
        </div>
      </div>
    </>
  );
}

interface RowProps {
  readonly flow: Flow;
  readonly index: number;
  readonly selected: boolean;
  readonly onSelect: () => void;
  readonly style: React.CSSProperties;
}

function FlowRow({ flow, index, selected, onSelect, style }: RowProps) {
  const { process, application, service, transport, connState } = flow;
  const open = () => show({ flow: flow.id, part: 'stream' });
  return (
    <div
      role="row"
      id={`flow-row-${index}`}
      aria-rowindex={index + 2}
      aria-selected={selected}
      className="flow-row flow-columns"
      style={style}
      onClick={onSelect}
      onDoubleClick={open}
      onContextMenu={(event) => {
        event.preventDefault();
        onSelect();
        openFilterMenu(flowFilter(flow), { x: event.clientX, y: event.clientY });
      }}
    >
      <End side="client" address={clientOf(flow)} name={clientName(flow)} />
      <End side="server" address={serverOf(flow)} name={serverName(flow)} />
      <span role="gridcell" className="flow-application">
        <button
          type="button"
          className="link"
          tabIndex={-1}
          aria-label={words.open(clientOf(flow), serverOf(flow))}
          onClick={open}
        >
          {(application ?? transport).toUpperCase()}
        </button>
        <small>{plain(service ?? transport, 40)}</small>
      </span>
      <span role="gridcell" className="flow-program" title={process === null ? '' : plain(process.command)}>
        {process === null ? <small>{words.unknownProgram}</small> : plain(process.name, 40)}
        {process !== null && (
          <small>
            {process.pid} · {plain(process.user, 30)}
          </small>
        )}
      </span>
      <span role="gridcell" className="flow-packets align-end">
        {count(flow.packets)}
      </span>
      <span role="gridcell" className="flow-bytes align-end">
        {bytes(flow.bytes)}
      </span>
      <span role="gridcell" className="flow-sides">
        <Sides flow={flow} />
      </span>
      <span role="gridcell" className="flow-state" title={connState === null ? '' : connState}>
        {connState === null ? '' : words.connStates[connState]}
      </span>
      <span role="gridcell" className="flow-when">
        <When flow={flow} />
      </span>
    </div>
  );
}

function End({
  side,
  address,
  name,
}: {
  readonly side: 'client' | 'server';
  readonly address: string;
  readonly name: string | undefined;
}) {
  return (
    <span role="gridcell" className={`flow-${side} flow-end`}>
      <bdi>{name ?? address}</bdi>
      {name !== undefined && <small>{address}</small>}
    </span>
  );
}

/** How much each end said, as a bar of two parts. */
function Sides({ flow: { clientBytes, serverBytes } }: { readonly flow: Flow }) {
  const all = Math.max(1, clientBytes + serverBytes);
  const title = words.sides(bytes(clientBytes), bytes(serverBytes));
  return (
    <svg className="flow-bar" viewBox="0 0 100 10" preserveAspectRatio="none" role="img" aria-label={title}>
      <title>{title}</title>
      <rect className="by-client" width={(100 * clientBytes) / all} height="10" />
      <rect className="by-server" x={(100 * clientBytes) / all} width={(100 * serverBytes) / all} height="10" />
    </svg>
  );
}

/** When it was, within the time of the capture. */
function When({ flow }: { readonly flow: Flow }) {
  const capture = useLive((live) => live.capture);
  const start = secondsBetween(capture?.firstTime ?? null, flow.firstTime);
  const whole = secondsBetween(capture?.firstTime ?? null, capture?.lastTime ?? null);
  const duration = secondsBetween(flow.firstTime, flow.lastTime);
  if (start === null || whole === null || duration === null) return null;
  const scale = 100 / Math.max(whole, 1e-6);
  const title = words.lasted(start.toFixed(3), duration.toFixed(3));
  return (
    <svg className="flow-bar" viewBox="0 0 100 10" preserveAspectRatio="none" role="img" aria-label={title}>
      <title>{title}</title>
      <rect className="whole" width="100" height="10" />
      <rect className="span" x={Math.min(99, start * scale)} width={Math.max(1, duration * scale)} height="10" />
    </svg>
  );
}
