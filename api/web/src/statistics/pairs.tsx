/** Endpoints and conversations: who took part, and who talked to whom. */

import { useCallback, useMemo, useState } from 'react';
import type { Conversation, Endpoint } from '../api/types';
import { show, useView } from '../state/view';
import { text } from '../text';
import { bytes, count } from '../text/app';
import { Bar } from './bar';
import { hasPorts, ofConversation, ofEndpoint, type PairType, TYPES } from './conditions';
import { CopyRows } from './copy-rows';
import { Grid, type GridColumn, MOST_ROWS, type Sorted } from './grid';
import { Name, wantNames } from './names';
import { sortRows } from './sort';
import { StatisticHead } from './statistic-head';
import { useStatistic } from './use-statistic';

const words = text.statistics;
const { columns: titles } = words;

type Column<R> = GridColumn<R>;

function numeric<R>(name: keyof typeof titles, of: (row: R) => number, write: (value: number) => string): Column<R> {
  return { name, title: titles[name], width: '10em', align: 'end', value: of, show: (row) => write(of(row)) };
}

function shared<R extends { packets: number }>(all: number): Column<R> {
  return {
    name: 'packets',
    title: titles.packets,
    width: 'minmax(8em, 12em)',
    align: 'end',
    value: (row) => row.packets,
    show: (row) => <Bar share={row.packets / all}>{count(row.packets)}</Bar>,
  };
}

function address<R>(name: 'address' | 'addressA' | 'addressB', of: (row: R) => string): Column<R> {
  return {
    name,
    title: titles[name],
    width: 'minmax(10em, 20em)',
    value: of,
    show: (row) => (
      <>
        <span className="stat-mono">{of(row)}</span>{' '}
        <span className="stat-title">
          <Name address={of(row)} />
        </span>
      </>
    ),
  };
}

function port<R>(name: 'port' | 'portA' | 'portB', of: (row: R) => number | undefined): Column<R> {
  return { name, title: titles[name], width: '5em', align: 'end', value: of };
}

function endpointColumns(type: PairType, most: number): readonly Column<Endpoint>[] {
  return [
    address('address', (row) => row.address),
    ...(hasPorts(type) ? [port<Endpoint>('port', (row) => row.port)] : []),
    shared(most),
    numeric('bytes', (row) => row.bytes, bytes),
    numeric('sent', (row) => row.txPackets, count),
    numeric('sentBytes', (row) => row.txBytes, bytes),
    numeric('received', (row) => row.rxPackets, count),
    numeric('receivedBytes', (row) => row.rxBytes, bytes),
  ];
}

type Pair = Conversation & { readonly packets: number; readonly bytes: number };

function pairColumns(type: PairType, most: number): readonly Column<Pair>[] {
  const ports = hasPorts(type);
  const time = (name: 'start' | 'duration'): Column<Pair> => ({
    name,
    title: titles[name],
    width: '8em',
    align: 'end',
    value: (row) => row[name],
    show: (row) => row[name]?.toFixed(6) ?? '',
  });
  return [
    address('addressA', (row) => row.addressA),
    ...(ports ? [port<Pair>('portA', (row) => row.portA)] : []),
    address('addressB', (row) => row.addressB),
    ...(ports ? [port<Pair>('portB', (row) => row.portB)] : []),
    shared(most),
    numeric('bytes', (row) => row.bytes, bytes),
    numeric('packetsAB', (row) => row.packetsAB, count),
    numeric('bytesAB', (row) => row.bytesAB, bytes),
    numeric('packetsBA', (row) => row.packetsBA, count),
    numeric('bytesBA', (row) => row.bytesBA, bytes),
    time('start'),
    time('duration'),
  ];
}

/** The layer that is chosen: `?part=endpoints/tcp`. */
function useType(): PairType {
  const part = useView((view) => view.part);
  return TYPES.find((type) => type === part?.split('/')[1]) ?? 'ip';
}

function Types({ kind, type }: { readonly kind: 'endpoints' | 'conversations'; readonly type: PairType }) {
  return (
    <label className="stat-type">
      {words.type}{' '}
      <select value={type} onChange={({ target }) => show({ part: `${kind}/${target.value}` })}>
        {TYPES.map((one) => (
          <option key={one} value={one}>
            {words.types[one]}
          </option>
        ))}
      </select>
    </label>
  );
}

const busiest = (rows: readonly { readonly packets: number }[]): number =>
  rows.reduce((most, { packets }) => Math.max(most, packets), 1);

export function Endpoints() {
  const type = useType();
  const { data, error } = useStatistic('endpoints', type);
  const found = data?.answer.endpoints;
  const [sorted, setSorted] = useState<Sorted>({ by: 'packets', down: true });
  const columns = useMemo(() => endpointColumns(type, busiest(found ?? [])), [type, found]);
  const rows = useMemo(() => sortRows(found ?? [], columns, sorted), [found, columns, sorted]);
  const sight = useSight<Endpoint>(useCallback((row) => [row.address], []));
  const name = ({ address, port }: Endpoint) => (port === undefined ? address : `${address} ${port}`);
  return (
    <>
      <StatisticHead intro={words.intro.endpoints} progress={data?.answer} error={error} rows={found?.length}>
        <Types kind="endpoints" type={type} />
        <Count rows={found?.length} />
        <CopyRows rows={rows} columns={columns} />
      </StatisticHead>
      {rows.length > 0 && (
        <Grid
          label={words.names.endpoints}
          rows={rows}
          columns={columns}
          keyOf={name}
          nameOf={name}
          conditionOf={(row) => ofEndpoint(type, row)}
          sorted={sorted}
          onSort={setSorted}
          onSight={sight}
        />
      )}
    </>
  );
}

export function Conversations() {
  const type = useType();
  const { data, error } = useStatistic('conversations', type);
  const answered = data?.answer.conversations;
  const found = useMemo(
    () =>
      answered?.map(
        (pair): Pair => ({
          ...pair,
          packets: pair.packetsAB + pair.packetsBA,
          bytes: pair.bytesAB + pair.bytesBA,
        }),
      ),
    [answered],
  );
  const [sorted, setSorted] = useState<Sorted>({ by: 'packets', down: true });
  const columns = useMemo(() => pairColumns(type, busiest(found ?? [])), [type, found]);
  const rows = useMemo(() => sortRows(found ?? [], columns, sorted), [found, columns, sorted]);
  const sight = useSight<Pair>(useCallback((row) => [row.addressA, row.addressB], []));
  const name = ({ addressA, portA, addressB, portB }: Pair) =>
    [addressA, portA, '–', addressB, portB].filter((part) => part !== undefined).join(' ');
  return (
    <>
      <StatisticHead intro={words.intro.conversations} progress={data?.answer} error={error} rows={found?.length}>
        <Types kind="conversations" type={type} />
        <Count rows={found?.length} />
        <CopyRows rows={rows} columns={columns} />
      </StatisticHead>
      {rows.length > 0 && (
        <Grid
          label={words.names.conversations}
          rows={rows}
          columns={columns}
          keyOf={(row) => `${name(row)} ${row.start}`}
          nameOf={name}
          conditionOf={(row) => ofConversation(type, row)}
          sorted={sorted}
          onSort={setSorted}
          onSight={sight}
        />
      )}
    </>
  );
}

/** Asks for the names of the rows in sight. */
function useSight<R>(addresses: (row: R) => readonly string[]): (rows: readonly R[]) => void {
  const capture = useView((view) => view.capture);
  return useCallback(
    (rows: readonly R[]) => {
      if (capture !== null) wantNames(capture, rows.flatMap(addresses));
    },
    [capture, addresses],
  );
}

function Count({ rows }: { readonly rows: number | undefined }) {
  if (rows === undefined) return null;
  return <span className="stat-count">{rows > MOST_ROWS ? words.cut(MOST_ROWS, rows) : words.rows(rows)}</span>;
}
