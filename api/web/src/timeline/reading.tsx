/** What the chart has at a moment, in words; otherwise what one can do with it, and what was lost. */

import { text } from '../text';
import { seconds } from '../text/timeline';
import { type Drawn, lostIn, type Measure, valueIn } from './buckets';
import type { Timeline } from './use-timeline';

const words = text.timeline;
/** Protocols that are named. */
const NAMED = 4;

interface Props {
  readonly drawn: Drawn;
  readonly timeline: Timeline;
  readonly at: number | null;
  readonly measure: Measure;
  readonly protocols: readonly string[];
}

export function Reading({ drawn, timeline: { buckets }, at, measure, protocols }: Props) {
  const bucket = at === null ? undefined : buckets[at];
  if (at === null || bucket === undefined) {
    const lost = lostIn(buckets) ?? 0;
    return (
      <p className="timeline-reading">
        {lost > 0 ? (
          <strong className="timeline-lost">
            {words.lost(lost)}. {words.lostHelp}
          </strong>
        ) : (
          words.hint
        )}
      </p>
    );
  }
  const parts = protocols
    .map((name) => ({ name: name === '' ? words.others : name, value: valueIn(bucket, name, protocols, measure) }))
    .filter(({ value }) => value > 0)
    .sort((a, b) => b.value - a.value)
    .slice(0, NAMED)
    .map(({ name, value }) => `${name} ${words.axis[measure](value)}`);
  return (
    <p className="timeline-reading">
      <strong>{seconds(drawn.times[at], drawn.interval)}</strong>{' '}
      {[words.value[measure](bucket[measure]), ...parts].join(' · ')}
      {bucket.drops !== null && bucket.drops > 0 && (
        <strong className="timeline-lost"> · {words.lost(bucket.drops)}</strong>
      )}
    </p>
  );
}
