/** The packets: their list, and below it the one that is selected. */

import { useEffect, useRef } from 'react';
import { ProblemNotice } from '../parts/problem-notice';
import { Splitter, useShare } from '../parts/splitter';
import { useView } from '../state/view';
import { text } from '../text';
import { DetailPanes } from './detail/detail-panes';
import { FindBar } from './find-bar';
import { keepUp, useList } from './list-state';
import { ListTools } from './list-tools';
import { MarkDialog } from './mark-dialog';
import { PacketGrid, useRows } from './packet-grid';
import './packets-tab.css';

const words = text.packets;

export function PacketsTab() {
  const box = useRef<HTMLDivElement>(null);
  const share = useShare('list', 0.44);
  const packet = useView((view) => view.packet);
  useEffect(() => keepUp(packet), [packet]);
  return (
    <div ref={box} className="packets" data-detail={packet !== null}>
      <div className="packets-list" style={{ '--share': `${share * 100}%` } as React.CSSProperties}>
        <List />
      </div>
      {packet !== null && (
        <>
          <Splitter name="list" label={text.detail.dividers.list} upright={false} box={box} share={share} />
          <DetailPanes />
        </>
      )}
    </div>
  );
}

function List() {
  const { rows } = useList();
  useRows(rows);
  return (
    <>
      <ListTools />
      <FindBar />
      <PacketGrid />
      {rows?.ready && rows.count === 0 && (
        <p className="notice">
          {rows.unfiltered ? words.nothing : rows.complete ? words.nothingMatches : words.looking}
        </p>
      )}
      <ProblemNotice error={rows?.problem} />
      <MarkDialog />
    </>
  );
}
