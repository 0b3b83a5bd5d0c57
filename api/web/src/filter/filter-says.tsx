/** The line below the filter: what is wrong with it, or how many packets match and how they were found. */

import { useList } from '../packets/list-state';
import { useRows } from '../packets/packet-grid';
import type { RowStore } from '../packets/row-store';
import { plain } from '../parts/plain';
import { useLive } from '../state/live';
import { useView } from '../state/view';
import { text } from '../text';
import type { Verdict } from './use-check';

const words = text.filter;

interface Props {
  readonly id: string;
  readonly verdict: Verdict;
  readonly isApplied: boolean;
}

export function FilterSays({ id, verdict, isApplied }: Props) {
  const rows = useList((list) => list.rows);
  useRows(rows);
  const isLimited = useView(({ from, to }) => from !== null || to !== null);
  const last = useLive(({ capture }) => capture?.packets ?? 0);
  const first = useLive(({ capture }) => Math.max(1, capture?.firstPacket ?? 1));
  const isBad = verdict.state === 'bad' || rows?.problem !== undefined;
  return (
    // What counts while packets come is read when it is asked for; it would never be silent otherwise.
    <p id={id} className={isBad ? 'filter-says bad' : 'filter-says'} aria-live={isBad || !isApplied ? 'polite' : 'off'}>
      {verdict.state === 'bad' && plain(verdict.error)}
      {verdict.state === 'checking' && words.checking}
      {verdict.state === 'unreachable' && words.unchecked}
      {verdict.state === 'good' && words.good}
      {verdict.state === 'unknown' && isApplied && found(rows, first, last, isLimited)}
    </p>
  );
}

/** @param first number of the first packet that there is, and of the last */
function found(rows: RowStore | null, first: number, last: number, isLimited: boolean): string {
  const packets = last - first + 1;
  if (rows === null) return words.none;
  if (rows.problem !== undefined) return rows.problem.message;
  if (rows.unfiltered) return packets === 0 ? words.none : words.all(packets);
  if (!rows.ready) return words.checking;
  if (!rows.complete)
    return words.looking(Math.min(1, (rows.scannedTo - first + 1) / Math.max(1, packets)), rows.count);
  const said = words.matches(rows.count, Math.max(packets, rows.count));
  return [isLimited ? `${said}, ${words.limited}` : said, words.plans[rows.plan]]
    .filter((part) => part !== '')
    .join(' · ');
}
