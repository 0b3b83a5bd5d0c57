/** The packets of one conversation: the first of them here, all of them in the packet list. */

import { useInfiniteQuery } from '@tanstack/react-query';
import { get } from '../api/client';
import type { Flow, PacketRow } from '../api/types';
import { applyFilter } from '../filter/apply';
import { plain } from '../parts/plain';
import { ProblemNotice } from '../parts/problem-notice';
import { HIDDEN, isToldBy, useChallenge } from '../room/challenge';
import { useLive } from '../state/live';
import { show, useView } from '../state/view';
import { text } from '../text';
import { count } from '../text/app';
import './flow-parts.css';
import { useFlowFilter } from './use-stream-number';

const words = text.flows.packets;
const PAGE = 100;
const MOST_PAGES = 5;
const REFRESH_MS = 2000;

export function FlowPackets({ flow }: { readonly flow: Flow }) {
  const id = useView((view) => view.capture) ?? '';
  const growing = useLive(({ capture }) => capture?.state === 'running' || capture?.state === 'importing');
  const filter = useFlowFilter(flow);
  const secret = useChallenge(({ hidden }) => hidden.size > 0);
  const { data, error, isPending, hasNextPage, fetchNextPage, isFetchingNextPage } = useInfiniteQuery({
    queryKey: ['flow-packets', id, flow.id],
    queryFn: ({ pageParam: after, signal }) =>
      get('/api/captures/{id}/flows/{flow}/packets', { id, flow: flow.id }, { limit: PAGE, after }, signal),
    initialPageParam: undefined as number | undefined,
    getNextPageParam: ({ next }) => next ?? undefined,
    gcTime: 10_000,
    // Only a short list changes: what comes is at the end of a long one.
    refetchInterval: ({ state }) => (growing && state.data?.pages.length === 1 ? REFRESH_MS : false),
  });
  const pages = data?.pages ?? [];
  const packets = pages.flatMap((page) => page.packets);
  const full = pages.length >= MOST_PAGES;
  return (
    <div className="flow-part">
      <p>
        <button
          type="button"
          className="primary"
          onClick={() => applyFilter(filter, { tab: 'packets', flow: null, part: null })}
        >
          {words.open}
        </button>{' '}
        {!secret && <code>{filter}</code>}
      </p>
      <ProblemNotice error={error} />
      {isPending && error === null && <p className="notice">{text.app.loading}</p>}
      {data !== undefined && packets.length === 0 && <p className="notice">{words.none}</p>}
      {packets.length > 0 && (
        // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls sideways has to be reached by keyboard
        <section className="flow-table" aria-label={words.label} tabIndex={0}>
          <table>
            <thead>
              <tr>
                {(['number', 'time', 'way', 'length', 'info'] as const).map((name) => (
                  <th key={name} scope="col" className={name === 'way' || name === 'info' ? undefined : 'align-end'}>
                    {words.columns[name]}
                  </th>
                ))}
              </tr>
            </thead>
            <tbody>
              {packets.map((row) => (
                <Row key={row.number} row={row} flow={flow} />
              ))}
            </tbody>
          </table>
        </section>
      )}
      {hasNextPage && !full && (
        <button type="button" disabled={isFetchingNextPage} onClick={() => void fetchNextPage()}>
          {words.more}
        </button>
      )}
      {hasNextPage && full && <p className="notice">{words.most(packets.length)}</p>}
    </div>
  );
}

function Row({ row, flow }: { readonly row: PacketRow; readonly flow: Flow }) {
  const hidden = useChallenge((challenge) => challenge.hidden);
  const { number, relativeTime, source, sourcePort, length, protocol, info } = row;
  const isClient = source === flow.client && (source !== flow.server || sourcePort === flow.clientPort);
  const cell = (column: string, shown: string) => (isToldBy(column, hidden, row) ? HIDDEN : shown);
  return (
    <tr>
      <td className="align-end">
        <button type="button" className="flow-open" onClick={() => show({ tab: 'packets', packet: number }, false)}>
          {number}
        </button>
      </td>
      <td className="align-end">{relativeTime?.toFixed(6) ?? ''}</td>
      <td className={isClient ? 'client-side' : 'server-side'}>{isClient ? words.client : words.server}</td>
      <td className="align-end">{cell('length', count(length))}</td>
      <td className="flow-info">
        {cell('protocol', plain(protocol, 30))} {cell('info', plain(info, 200))}
      </td>
    </tr>
  );
}
