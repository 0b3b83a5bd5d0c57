/** The tools above the packet list. */

import { useState } from 'react';
import { useLive } from '../state/live';
import { text } from '../text';
import { ColumnDialog } from './column-dialog';
import { setFind } from './find';
import { KeysDialog, useKeys } from './keys-dialog';
import { Legend } from './legend';
import { setFollow, useChosen, useList } from './list-state';
import './list-tools.css';
import { useRows } from './packet-grid';

const words = text.packets;
type Opened = 'columns' | 'keys' | undefined;

export function ListTools() {
  const { rows, follow, chosen } = useList();
  useRows(rows);
  const running = useLive((live) => live.capture?.state === 'running');
  const [opened, setOpened] = useState<Opened>();
  const [showKeys] = useState(() => () => setOpened('keys'));
  useKeys(showKeys);
  const selected = useChosen();
  return (
    <div role="toolbar" aria-label={words.tools} className="packet-tools">
      {running && (
        <button
          type="button"
          className="small"
          aria-pressed={follow}
          title={words.followTitle}
          onClick={() => setFollow(!follow)}
        >
          {follow ? words.unfollow : words.follow}
        </button>
      )}
      {rows !== null && rows.skipped > 0 && (
        <span className="packet-told" title={words.skippedTitle}>
          {words.skipped(rows.skipped)}
        </span>
      )}
      {chosen.length > 0 && (
        <>
          <span className="packet-told">{words.chosen(selected?.count ?? null)}</span>
          <button type="button" className="small" onClick={() => useList.setState({ chosen: [], anchor: null })}>
            {words.unchoose}
          </button>
        </>
      )}
      <span className="packet-tools-rest" />
      <button type="button" className="small" title="Ctrl + F" onClick={() => setFind({ open: true })}>
        {words.find.open}
      </button>
      <button type="button" className="small" aria-haspopup="dialog" onClick={() => setOpened('columns')}>
        {words.columnSettings.open}
      </button>
      <Legend />
      <button type="button" className="small" aria-haspopup="dialog" title="?" onClick={() => setOpened('keys')}>
        {words.keys.open}
      </button>
      <ColumnDialog open={opened === 'columns'} onClose={() => setOpened(undefined)} />
      <KeysDialog open={opened === 'keys'} onClose={() => setOpened(undefined)} />
    </div>
  );
}
