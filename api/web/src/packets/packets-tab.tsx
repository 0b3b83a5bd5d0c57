/** The packets: their list. */

import { useLive } from '../state/live';
import { text } from '../text';
import { setFollow, useList } from './list-state';
import { PacketGrid, useRows } from './packet-grid';

const words = text.packets;

export function PacketsTab() {
  const { rows, follow } = useList();
  useRows(rows);
  const running = useLive((live) => live.capture?.state === 'running');
  return (
    <>
      {running && (
        <div className="packet-tools">
          <button type="button" aria-pressed={follow} onClick={() => setFollow(!follow)}>
            {follow ? words.unfollow : words.follow}
          </button>
        </div>
      )}
      <PacketGrid />
      {rows?.ready && rows.count === 0 && (
        <p className="notice">
          {rows.unfiltered ? words.nothing : rows.complete ? words.nothingMatches : words.looking}
        </p>
      )}
      {rows?.problem !== undefined && (
        <p className="notice bad" role="alert">
          {rows.problem.message}
        </p>
      )}
    </>
  );
}
