/** Above each kind of statistics: what it is, what it counts, how far it has come, and what went wrong. */

import type { ReactNode } from 'react';
import { plain } from '../parts/plain';
import { ProblemNotice } from '../parts/problem-notice';
import { useLive } from '../state/live';
import { useView } from '../state/view';
import { text } from '../text';

const words = text.statistics;
/** Characters of the filter that are shown. */
const SHOWN = 200;

interface Props {
  readonly intro: string;
  readonly progress: { readonly complete: boolean; readonly scannedTo: number; readonly omitted?: number } | undefined;
  readonly error: Error | null;
  /** How many there are; undefined: not known yet. */
  readonly rows: number | undefined;
  /** Buttons. */
  readonly children?: ReactNode;
}

export function StatisticHead({ intro, progress, error, rows, children }: Props) {
  const { filter, from, to } = useView();
  const isLimited = from !== null || to !== null;
  const packets = useLive(({ capture }) => capture?.packets ?? 0);
  const share = packets === 0 ? 0 : Math.min(1, (progress?.scannedTo ?? 0) / packets);
  return (
    <>
      <div className="stat-tools">
        <p className="stat-intro">
          {intro}{' '}
          {(filter !== '' || isLimited) && (
            <span className="stat-under">
              {words.under} {filter !== '' && <code>{plain(filter, SHOWN)}</code>} {isLimited && words.underTime}
            </span>
          )}
        </p>
        {children}
      </div>
      <ProblemNotice error={error} />
      {progress === undefined && error === null && <p className="stat-intro stat-alone">{text.app.loading}</p>}
      {progress !== undefined && !progress.complete && (
        <p className="stat-progress" role="status">
          <progress
            value={share}
            max={1}
            aria-label={words.counting(words.share(share), progress.scannedTo, packets)}
          />
          {words.counting(words.share(share), progress.scannedTo, packets)}
        </p>
      )}
      {progress?.omitted !== undefined && progress.omitted > 0 && (
        <p className="notice warn">{words.omitted(progress.omitted)}</p>
      )}
      {progress?.complete === true && rows === 0 && (
        <p className="notice">{filter === '' && !isLimited ? words.nothing : words.nothingFiltered}</p>
      )}
    </>
  );
}
