/** A row of the packet list, and the marks that stand before it. */

import type { MouseEvent } from 'react';
import type { Mark, PacketRow } from '../api/types';
import { plain } from '../parts/plain';
import { HIDDEN, isToldBy, useChallenge } from '../room/challenge';
import { text } from '../text';
import type { Column } from './columns';
import { kindOf } from './kinds';

const words = text.packets;

interface Props {
  readonly place: number;
  readonly row: PacketRow | undefined;
  readonly columns: readonly Column[];
  readonly selected: boolean;
  readonly colours: boolean;
  readonly marks: readonly Mark[];
  /** CSS pixels of a line. */
  readonly line: number;
  readonly style: React.CSSProperties;
  readonly onPoint: (event: MouseEvent, place: number) => void;
  readonly onOpen: (row: PacketRow | undefined) => void;
  readonly onMenu: (event: MouseEvent, place: number) => void;
}

export function GridRow(props: Props) {
  const { place, row, columns, selected, colours, marks, line, style, onPoint, onOpen, onMenu } = props;
  const hidden = useChallenge((challenge) => challenge.hidden);
  const marked = marks.length * line;
  return (
    <div
      role="row"
      id={`packet-row-${place}`}
      aria-rowindex={place + 2}
      aria-selected={selected}
      className="packet-row"
      style={{ ...style, height: line + marked, paddingTop: marked }}
      onClick={(event) => onPoint(event, place)}
      onDoubleClick={() => onOpen(row)}
      onContextMenu={(event) => onMenu(event, place)}
    >
      <span
        className="packet-ground"
        role="presentation"
        data-kind={colours && row !== undefined ? kindOf(row) : undefined}
        style={{ top: marked }}
      />
      {marks.map((mark, at) => (
        <MarkBand key={mark.id} mark={mark} line={line} at={at} />
      ))}
      {columns.map((column) => (
        <span
          role="gridcell"
          key={column.name}
          data-column={column.name}
          className={column.align === 'end' ? 'packet-cell align-end' : 'packet-cell'}
        >
          {column.name === 'info' && row !== undefined && <Flags row={row} marks={marks} />}
          {row === undefined ? '' : isToldBy(column.name, hidden, row) ? HIDDEN : column.value(row)}
        </span>
      ))}
    </div>
  );
}

/** What is remarkable, in words: colour alone tells nobody. */
function Flags({ row, marks }: { readonly row: PacketRow; readonly marks: readonly Mark[] }) {
  const problems = row.problems.filter((problem) => problem !== 'analysis');
  // Marks are comments of the packet behind them; these stand before it already.
  const comments = row.comments?.filter((comment) => !marks.some(({ text }) => text === comment)) ?? [];
  return (
    <>
      {problems.map((problem) => (
        <span className="packet-flag" data-problem={problem} key={problem} title={words.problems[problem].title}>
          {words.problems[problem].word}
        </span>
      ))}
      {comments.length > 0 && (
        <span className="packet-flag" data-problem="comment" title={plain(comments.join('\n'), 500)}>
          {words.comment}
        </span>
      )}
    </>
  );
}

export function MarkBand({ mark, line, at }: { readonly mark: Mark; readonly line: number; readonly at: number }) {
  return (
    <span className="packet-mark" role="gridcell" style={{ top: at * line, height: line }}>
      <span className="packet-mark-words">
        <span className="visually-hidden">{words.mark.spoken} </span>
        {plain(mark.text, 200)}
      </span>
    </span>
  );
}
