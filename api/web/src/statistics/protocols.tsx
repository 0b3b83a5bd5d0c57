/** The protocol hierarchy as a tree, each with its share. */

import { useQuery } from '@tanstack/react-query';
import { useMemo, useState } from 'react';
import { get } from '../api/client';
import type { ProtocolNode } from '../api/types';
import { text } from '../text';
import { bytes, count } from '../text/app';
import { Bar } from './bar';
import { CopyRows } from './copy-rows';
import { Grid, type GridColumn } from './grid';
import { StatisticHead } from './statistic-head';
import { useStatistic } from './use-statistic';

const words = text.statistics;

interface Row {
  readonly protocol: string;
  /** The protocols around it, and itself. */
  readonly path: string;
  readonly packets: number;
  readonly bytes: number;
  readonly level: number;
  readonly open: boolean | undefined;
}

/** The nodes that are to be seen, in order. */
function rowsOf(nodes: readonly ProtocolNode[], closed: ReadonlySet<string>, around = '', level = 1): Row[] {
  return [...nodes]
    .sort((a, b) => b.packets - a.packets)
    .flatMap(({ protocol, packets, bytes, children }) => {
      const path = around === '' ? protocol : `${around} ${protocol}`;
      const open = children.length === 0 ? undefined : !closed.has(path);
      const row = { protocol, path, packets, bytes, level, open };
      return open === true ? [row, ...rowsOf(children, closed, path, level + 1)] : [row];
    });
}

const sum = (nodes: readonly ProtocolNode[], by: 'packets' | 'bytes') => nodes.reduce((all, node) => all + node[by], 0);

export function Protocols() {
  const { data, error } = useStatistic('protocols');
  const [closed, setClosed] = useState<ReadonlySet<string>>(new Set());
  const nodes = data?.answer.protocols;
  const rows = useMemo(() => rowsOf(nodes ?? [], closed), [nodes, closed]);
  const toggle = ({ path }: Row, open: boolean) => {
    const changed = new Set(closed);
    if (open) changed.delete(path);
    else changed.add(path);
    setClosed(changed);
  };
  const columns = useMemo((): readonly GridColumn<Row>[] => {
    const all = { packets: Math.max(1, sum(nodes ?? [], 'packets')), bytes: Math.max(1, sum(nodes ?? [], 'bytes')) };
    const { columns } = words;
    return [
      { name: 'protocol', title: columns.protocol, width: 'minmax(10rem, 18rem)', value: (row) => row.protocol },
      {
        name: 'title',
        title: columns.title,
        width: 'minmax(17rem, 1fr)',
        value: (row) => row.protocol,
        show: (row) => <Title protocol={row.protocol} />,
      },
      {
        name: 'packets',
        title: columns.packets,
        width: '7em',
        align: 'end',
        value: (row) => row.packets,
        show: (row) => count(row.packets),
      },
      {
        name: 'packetShare',
        title: columns.packetShare,
        width: 'minmax(8rem, 14rem)',
        value: (row) => row.packets / all.packets,
        show: (row) => <Bar share={row.packets / all.packets}>{words.share(row.packets / all.packets)}</Bar>,
      },
      {
        name: 'bytes',
        title: columns.bytes,
        width: '7em',
        align: 'end',
        value: (row) => row.bytes,
        show: (row) => bytes(row.bytes),
      },
      {
        name: 'byteShare',
        title: columns.byteShare,
        width: 'minmax(8rem, 14rem)',
        value: (row) => row.bytes / all.bytes,
        show: (row) => <Bar share={row.bytes / all.bytes}>{words.share(row.bytes / all.bytes)}</Bar>,
      },
    ];
  }, [nodes]);
  const nested = columns.map((column) =>
    column.name === 'protocol'
      ? { ...column, show: (row: Row) => <Name row={row} onToggle={() => toggle(row, row.open === false)} /> }
      : column,
  );
  return (
    <>
      <StatisticHead intro={words.intro.protocols} progress={data?.answer} error={error} rows={data && rows.length}>
        <CopyRows rows={rows} columns={columns} />
      </StatisticHead>
      {rows.length > 0 && (
        <Grid
          label={words.names.protocols}
          rows={rows}
          columns={nested}
          keyOf={({ path }) => path}
          nameOf={({ protocol }) => protocol}
          conditionOf={({ protocol }) => protocol}
          nestingOf={({ level, open }) => ({ level, open })}
          onOpen={toggle}
        />
      )}
    </>
  );
}

function Name({ row: { protocol, level, open }, onToggle }: { readonly row: Row; readonly onToggle: () => void }) {
  return (
    <span className="stat-nested" style={{ paddingInlineStart: `${(Math.min(level, 20) - 1) * 1.2}em` }}>
      {open === undefined ? (
        <span className="stat-twist" />
      ) : (
        <button
          type="button"
          className="stat-twist"
          tabIndex={-1}
          aria-label={open ? words.collapse(protocol) : words.expand(protocol)}
          onClick={onToggle}
        >
          {open ? '▾' : '▸'}
        </button>
      )}
      <span className="stat-mono">{protocol}</span>
    </span>
  );
}

/** A protocol's name in words: the filter language knows it. */
function Title({ protocol }: { readonly protocol: string }) {
  const { data } = useQuery({
    queryKey: ['title', protocol],
    queryFn: ({ signal }) => get('/api/filters/complete', {}, { prefix: protocol, limit: 1 }, signal),
    staleTime: Number.POSITIVE_INFINITY,
  });
  const [found] = data?.completions ?? [];
  return <span className="stat-title">{found?.text === protocol ? found.title : ''}</span>;
}
