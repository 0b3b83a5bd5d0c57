/** The same as the chart, in numbers. */

import { text } from '../text';
import { count } from '../text/app';
import { seconds } from '../text/timeline';
import type { Timeline } from './use-timeline';

const { columns, region } = text.timeline;

interface Props {
  /** At most some hundred buckets: see `intervalOf`. */
  readonly timeline: Timeline;
  readonly times: readonly number[];
}

export function TimelineTable({ timeline: { buckets, interval }, times }: Props) {
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls has to be reached by keyboard
    <div className="timeline-table" tabIndex={0} role="group" aria-label={region}>
      <table>
        <thead>
          <tr>
            <th scope="col">{columns.time}</th>
            <th scope="col">{columns.packets}</th>
            <th scope="col">{columns.bytes}</th>
            <th scope="col">{columns.lost}</th>
            <th scope="col">{columns.protocols}</th>
          </tr>
        </thead>
        <tbody>
          {buckets.map(({ time, packets, bytes, drops, byProtocol }, at) => (
            <tr key={time}>
              <th scope="row">{seconds(times[at], interval)}</th>
              <td>{count(packets)}</td>
              <td>{count(bytes)}</td>
              <td className={drops === null || drops === 0 ? undefined : 'timeline-lost'}>
                {drops === null ? '' : count(drops)}
              </td>
              <td className="timeline-protocols">
                {Object.entries(byProtocol)
                  .sort((a, b) => b[1].packets - a[1].packets)
                  .map(([name, value]) => `${name} ${count(value.packets)}`)
                  .join(', ')}
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
