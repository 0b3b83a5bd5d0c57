/** Which columns the list has: in what order, how wide, and any field by its name. */

import {
  Combobox,
  ComboboxItem,
  ComboboxPopover,
  ComboboxProvider,
  Dialog,
  DialogDismiss,
  DialogHeading,
} from '@ariakit/react';
import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { get } from '../api/client';
import { plain } from '../parts/plain';
import { ProblemNotice } from '../parts/problem-notice';
import { DEFAULTS, set, useSettings } from '../state/settings';
import { text } from '../text';
import { add, MOST_COLUMNS, move, remove } from './column-settings';
import { COLUMNS, columnsOf, NARROWEST, WIDEST } from './columns';

const words = text.packets.columnSettings;

interface Props {
  readonly open: boolean;
  readonly onClose: () => void;
}

export function ColumnDialog({ open, onClose }: Props) {
  return (
    <Dialog open={open} onClose={onClose} className="dialog" backdrop={<div className="backdrop" />} unmountOnHide>
      <DialogHeading className="dialog-title">{words.title}</DialogHeading>
      <Shown />
      <FieldInput />
      <Hidden />
      <div className="dialog-buttons">
        <button type="button" onClick={() => set({ columns: DEFAULTS.columns, widths: DEFAULTS.widths })}>
          {words.reset}
        </button>
        <DialogDismiss className="button primary">{words.close}</DialogDismiss>
      </div>
    </Dialog>
  );
}

function Shown() {
  const { columns: names, widths } = useSettings();
  const columns = columnsOf(names);
  const widen = (name: string, value: string) => {
    const width = Math.round(Number(value));
    if (width >= NARROWEST && width <= WIDEST) set({ widths: { ...useSettings.getState().widths, [name]: width } });
  };
  return (
    <ol className="column-list">
      {columns.map(({ name, title, width }, at) => {
        const shown = plain(title, 100);
        const set = widths[name] ?? width;
        return (
          <li key={name}>
            <span className="column-title">{shown}</span>
            <input
              type="number"
              aria-label={words.width(shown)}
              key={set}
              defaultValue={set}
              placeholder={words.fills}
              min={NARROWEST}
              max={WIDEST}
              step={10}
              onBlur={(event) => widen(name, event.target.value)}
              onKeyDown={(event) => event.key === 'Enter' && widen(name, event.currentTarget.value)}
            />
            <button type="button" aria-label={words.left(shown)} disabled={at === 0} onClick={() => move(name, -1)}>
              ↑
            </button>
            <button
              type="button"
              aria-label={words.right(shown)}
              disabled={at === columns.length - 1}
              onClick={() => move(name, 1)}
            >
              ↓
            </button>
            <button
              type="button"
              aria-label={words.remove(shown)}
              disabled={columns.length === 1}
              onClick={() => remove(name)}
            >
              ×
            </button>
          </li>
        );
      })}
    </ol>
  );
}

/** The list's own columns that are not shown. */
function Hidden() {
  const names = useSettings((settings) => settings.columns);
  const hidden = COLUMNS.filter(({ name }) => !names.includes(name));
  if (hidden.length === 0) return null;
  return (
    <p className="column-hidden">
      {words.hidden}:{' '}
      {hidden.map(({ name, title }) => (
        <button type="button" key={name} aria-label={words.show(title)} onClick={() => add(name)}>
          + {title}
        </button>
      ))}
    </p>
  );
}

function FieldInput() {
  const [typed, setTyped] = useState('');
  const full = useSettings((settings) => settings.columns.length >= MOST_COLUMNS);
  const prefix = typed.trim();
  const { data, error } = useQuery({
    queryKey: ['complete', prefix],
    queryFn: ({ signal }) => get('/api/filters/complete', {}, { prefix }, signal),
    enabled: prefix !== '',
  });
  const found = prefix === '' ? [] : (data?.completions.filter(({ kind }) => kind === 'field') ?? []);
  if (full) return <p className="pane-note">{words.most(MOST_COLUMNS)}</p>;
  const take = (name: string) => {
    add(name);
    setTyped('');
  };
  return (
    <ComboboxProvider value={typed} setValue={setTyped}>
      <div className="field">
        <span>{words.add}</span>
        <Combobox
          className="code"
          aria-label={words.add}
          placeholder={words.placeholder}
          autoSelect
          spellCheck={false}
          maxLength={200}
        />
      </div>
      <ComboboxPopover className="popover column-fields" sameWidth gutter={2} portal={false}>
        {found.map(({ text: name, title }) => (
          <ComboboxItem
            key={name}
            value={name}
            setValueOnClick={false}
            className="action-item"
            onClick={() => take(name)}
          >
            <code>{name}</code>
            <span>{title}</span>
          </ComboboxItem>
        ))}
        {found.length === 0 && prefix !== '' && data !== undefined && <p className="pane-note">{words.none}</p>}
      </ComboboxPopover>
      <ProblemNotice error={error} />
    </ComboboxProvider>
  );
}
