/** The ways out: files of packets, and lines that ask for the same elsewhere. */

import { Dialog, DialogDismiss, DialogHeading, Menu, MenuButton, MenuItem, MenuProvider } from '@ariakit/react';
import { type FormEvent, useState } from 'react';
import { address } from '../api/client';
import { plain } from '../parts/plain';
import { effectiveFilter, useView } from '../state/view';
import { text } from '../text';
import { COPIES, copy, copyOf, useCopied } from './copy';
import './out.css';

const words = text.out;
type Scope = 'all' | 'filtered' | 'selected';

export interface OutProps {
  /** The packets that are selected; null: none is. */
  readonly selected: { readonly count: number | null; readonly filter: string } | null;
}

export function OutMenu({ selected }: OutProps) {
  const [open, setOpen] = useState(false);
  const view = useView();
  return (
    <div className="out">
      <button type="button" disabled={view.capture === null} onClick={() => setOpen(true)}>
        {words.export}
      </button>
      <MenuProvider>
        <MenuButton className="button">{words.copy} ▾</MenuButton>
        <Menu gutter={4} className="menu" portal>
          {COPIES.map((kind) => {
            const copied = copyOf(kind, view, window.location.origin);
            return (
              <MenuItem
                key={kind}
                className="menu-item"
                disabled={copied === undefined || copied === ''}
                onClick={() => void copy(kind)}
              >
                {words.copies[kind]}
                {copied !== undefined && copied !== '' && <small>{plain(copied, 300)}</small>}
                {kind === 'bpf' && copied === undefined && <small>{words.noBpf}</small>}
              </MenuItem>
            );
          })}
        </Menu>
      </MenuProvider>
      <Copied />
      {open && view.capture !== null && (
        <ExportDialog capture={view.capture} selected={selected} onClose={() => setOpen(false)} />
      )}
    </div>
  );
}

function Copied() {
  const { what, text: copied, failed } = useCopied();
  if (what === null) return null;
  if (!failed)
    return (
      <span role="status" className="copied">
        {words.copied(what)}
      </span>
    );
  return (
    <label className="field copied">
      <span>{words.notCopied}</span>
      <input readOnly className="code" value={copied} onFocus={(event) => event.target.select()} />
    </label>
  );
}

interface DialogProps extends OutProps {
  readonly capture: string;
  readonly onClose: () => void;
}

function ExportDialog({ capture, selected, onClose }: DialogProps) {
  const filter = useView(effectiveFilter);
  const first: Scope = selected !== null && selected.count !== 1 ? 'selected' : filter === '' ? 'all' : 'filtered';
  const scopes: readonly { readonly scope: Scope; readonly title: string; readonly filter: string }[] = [
    { scope: 'all', title: words.scopes.all, filter: '' },
    ...(filter === '' ? [] : [{ scope: 'filtered' as const, title: words.scopes.filtered, filter }]),
    ...(selected === null
      ? []
      : [
          {
            scope: 'selected' as const,
            title: words.scopes.selected(selected.count),
            filter: selected.filter,
          },
        ]),
  ];
  const submit = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    const form = new FormData(event.currentTarget);
    const chosen = scopes.find(({ scope }) => scope === form.get('scope'));
    const query = { format: String(form.get('format')), filter: chosen?.filter ?? '' };
    // A link, so that the browser streams the file to the disk: nothing of it is in this page's memory.
    const link = document.createElement('a');
    link.href = address('/api/captures/{id}/export', { id: capture }, query);
    link.download = '';
    link.click();
    onClose();
  };
  return (
    <Dialog open onClose={onClose} className="dialog" backdrop={<div className="backdrop" />}>
      <DialogHeading className="dialog-title">{words.export}</DialogHeading>
      <form className="dialog-form" onSubmit={submit}>
        <fieldset className="choices">
          <legend>{words.what}</legend>
          {scopes.map(({ scope, title }) => (
            <label key={scope} className="check">
              <input type="radio" name="scope" value={scope} defaultChecked={scope === first} /> {title}
            </label>
          ))}
        </fieldset>
        <fieldset className="choices">
          <legend>{words.download}</legend>
          {Object.entries(words.formats).map(([format, title]) => (
            <label key={format} className="check">
              <input type="radio" name="format" value={format} defaultChecked={format === 'pcapng'} /> {title}
            </label>
          ))}
        </fieldset>
        <div className="dialog-buttons">
          <DialogDismiss>{text.captures.cancel}</DialogDismiss>
          <button type="submit" className="primary">
            {words.download}
          </button>
        </div>
      </form>
    </Dialog>
  );
}
