/** The list's head: titles, and borders between them that can be dragged. */

import { type PointerEvent, useRef, useState } from 'react';
import { type At, ContextMenu } from '../parts/context-menu';
import { plain } from '../parts/plain';
import { set, useSettings } from '../state/settings';
import { text } from '../text';
import { move, remove } from './column-settings';
import { type Column, NARROWEST, WIDEST } from './columns';

const words = text.packets.head;

interface Props {
  readonly columns: readonly Column[];
  readonly style: React.CSSProperties;
}

export function GridHead({ columns, style }: Props) {
  const [menu, setMenu] = useState<{ readonly name: string; readonly at: At | undefined }>();
  const names = columns.map(({ name }) => name);
  const place = menu === undefined ? -1 : names.indexOf(menu.name);
  return (
    <div role="row" aria-rowindex={1} className="packet-grid-head" style={style}>
      {columns.map((column) => (
        <span
          role="columnheader"
          key={column.name}
          className={column.align === 'end' ? 'align-end' : undefined}
          onContextMenu={(event) => {
            event.preventDefault();
            setMenu({ name: column.name, at: { x: event.clientX, y: event.clientY } });
          }}
        >
          <span className="packet-cell">{plain(column.title, 100)}</span>
          <Border name={column.name} />
        </span>
      ))}
      <ContextMenu
        at={menu?.at}
        label={words.menu}
        onClose={() => setMenu((last) => last && { ...last, at: undefined })}
        groups={[
          {
            actions: [
              { label: words.left, disabled: place <= 0, run: () => move(names[place], -1) },
              { label: words.right, disabled: place >= names.length - 1, run: () => move(names[place], 1) },
              { label: words.remove, disabled: names.length < 2, run: () => remove(names[place]) },
            ],
          },
        ]}
      />
    </div>
  );
}

/** The right border of a column; its width can also be typed among the columns' settings. */
function Border({ name }: { readonly name: string }) {
  const from = useRef<{ readonly x: number; readonly width: number } | undefined>(undefined);
  const down = (event: PointerEvent) => {
    const width = event.currentTarget.parentElement?.getBoundingClientRect().width;
    if (width === undefined) return;
    event.preventDefault();
    from.current = { x: event.clientX, width };
    event.currentTarget.setPointerCapture(event.pointerId);
  };
  const drag = (event: PointerEvent) => {
    if (from.current === undefined) return;
    const width = Math.round(from.current.width + event.clientX - from.current.x);
    const { widths } = useSettings.getState();
    set({ widths: { ...widths, [name]: Math.min(WIDEST, Math.max(NARROWEST, width)) } });
  };
  const up = () => {
    from.current = undefined;
  };
  const reset = () => {
    const { [name]: _, ...rest } = useSettings.getState().widths;
    set({ widths: rest });
  };
  return (
    <span
      className="packet-border"
      aria-hidden="true"
      title={words.border}
      onPointerDown={down}
      onPointerMove={drag}
      onPointerUp={up}
      onPointerCancel={up}
      onDoubleClick={reset}
    />
  );
}
